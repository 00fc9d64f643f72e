"""What is shipped: the exact files, and that they work where nothing else of ours is.

The source distribution is built from the checkout and the wheel from the source distribution, as
an index would.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import qapigen
from tests.house.shipped import sdist_files, wheel_files
from tests.outside import REPOSITORY

# What is built is shared by these tests: where tests run on several processes, these keep together.
pytestmark = pytest.mark.xdist_group("wheel")

SCHEMA = """\
{ 'enum': 'Colour', 'data': [ 'red', 'dark-green' ] }
{ 'struct': 'Paint', 'data': { 'colour': 'Colour', '*litres': 'int' } }
{ 'command': 'mix-paint', 'data': { 'parts': ['Paint'] }, 'returns': 'Paint' }
{ 'event': 'PAINT_SPILLED', 'data': { 'litres': 'int' } }
"""

# Where a package is found, and that what was generated works with nothing but the runtime.
PROBE = """
import json, sys
import qapigen, qapi_migration
sys.path.insert(0, sys.argv[1])
import shop
print(json.dumps([module.__file__ for module in (qapigen, qapi_migration, shop)]))
"""


def run(*command: str | Path, folder: Path, seconds: int = 300) -> str:
    """The output of a command that has to succeed."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=seconds,
    )
    assert result.returncode == 0, f"{result.args}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of the checkout."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, folder=REPOSITORY)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        # The argument ``filter`` is younger than some versions of Python 3.11.
        archive.extraction_filter = lambda member, path: member
        archive.extractall(folder / "source")
    (source,) = (folder / "source").iterdir()
    out = folder / "out"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, folder=source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    """The files of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert len(set(names)) == len(names)
        return {name: archive.read(name) for name in names}


@pytest.fixture(scope="module")
def metadata(contents: dict[str, bytes]) -> Message:
    (name,) = [name for name in contents if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(contents[name].decode())


def test_sdist_files(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = [member.name for member in archive.getmembers() if not member.isdir()]
    root = f"qapigen-{qapigen.__version__}/"
    assert all(name.startswith(root) for name in names)
    metadata = {"PKG-INFO"}
    assert {name.removeprefix(root) for name in names} - metadata == sdist_files() - metadata


def test_wheel_files(contents: dict[str, bytes]) -> None:
    assert {name for name in contents if ".dist-info/" not in name} == wheel_files()


def test_wheel_has_what_is_needed(contents: dict[str, bytes]) -> None:
    assert contents.keys() >= {
        "qapigen/py.typed",
        "qapigen/compiler/syntax/schema.lark",
        "qapigen/compiler/syntax/table.json",
        "qapigen/_data/schemas/qapi-schema.json",
        "qapigen/_data/diagnostics/E101.md",
        "qapi_migration/__init__.py",
        "qapi_migration/py.typed",
        f"qapigen-{qapigen.__version__}.dist-info/licenses/LICENSE",
        f"qapigen-{qapigen.__version__}.data/data/share/man/man1/qapigen.1",
    }


def test_wheel_name(wheel: Path) -> None:
    assert wheel.name == f"qapigen-{qapigen.__version__}-py3-none-any.whl"


def test_metadata(metadata: Message) -> None:
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split(">")[0] for line in needed) == ["black", "jinja2", "lark", "shtab"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", wheel, folder=folder)
    return programs


@pytest.mark.slow
def test_console_script_compiles(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(SCHEMA, encoding="utf-8")
    run(
        *(installed / "qapigen", "generate", "--package", "shop", "-o", "out", "shop.json"),
        folder=tmp_path,
    )
    output = run(installed / "python", "-I", "-c", PROBE, tmp_path / "out", folder=tmp_path)
    ours, migration, shop = (Path(place) for place in json.loads(output))
    assert ours.is_relative_to(installed.parent)
    assert migration.is_relative_to(installed.parent)
    assert shop.is_relative_to(tmp_path)


@pytest.mark.slow
def test_manual_page_is_installed(installed: Path) -> None:
    """Where ``man`` looks for it when the programs are on the PATH."""
    page = (installed.parent / "share" / "man" / "man1" / "qapigen.1").read_bytes()
    assert page == (REPOSITORY / "docs" / "qapigen.1").read_bytes()


@pytest.mark.slow
def test_diagnostics_are_explained(installed: Path, tmp_path: Path) -> None:
    """The pages come from the wheel, and say what the checkout's say."""
    here = run(sys.executable, "-m", "qapigen", "explain", "E101", folder=REPOSITORY)
    assert here.startswith("E101: ")
    assert run(installed / "qapigen", "explain", "E101", folder=tmp_path) == here


@pytest.mark.slow
def test_shipped_schema_compiles(installed: Path, tmp_path: Path) -> None:
    """The templates and schemas come from the wheel, and say what the checkout's say."""
    run(installed / "qapigen", "generate", "-o", "out", folder=tmp_path)
    made = {
        path.relative_to(tmp_path / "out"): path.read_bytes()
        for path in (tmp_path / "out" / "qapi_migration").rglob("*.py")
    }
    assert made
    assert made == {path: (REPOSITORY / "generated" / path).read_bytes() for path in made}
