"""The command where libraries are missing or broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qapigen.cli.libraries import library_trouble
from qapigen.cli.status import CRASH, TROUBLE
from tests.cli.process import environment, write_files
from tests.house.floors import LIBRARIES

WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from qapigen.cli.main import main
sys.exit(main(sys.argv[2:]))
"""

GOOD = "{ 'command': 'aa' }\n"
WRONG = "{ 'command': 'aa',, }\n"

#: What needs each library, and what installs it.
NEEDED = {
    "lark": ("check {wrong}", "lark"),  # what is right is read without
    "jinja2": ("generate {schema} -o {folder}/out", "jinja2"),
    "black": ("generate {schema} -o {folder}/out --format black", "black"),
    "shtab": ("--print-completion bash", "shtab"),
    "numpy": ("vm", "'qapigen[vm]'"),
    "rich": ("vm --progress", "'qapigen[vm]'"),
}

#: What does without them, only slower.
OPTIONAL = {"msgspec", "orjson", "uvloop"}


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(),
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )


def test_all_are_tried() -> None:
    assert NEEDED.keys() | OPTIONAL == LIBRARIES.keys()


@pytest.mark.parametrize("name", NEEDED)
def test_missing(tmp_path: Path, name: str) -> None:
    words, package = NEEDED[name]
    schema = write_files(tmp_path, {"a.json": GOOD, "wrong.json": WRONG})
    wrong = tmp_path / "wrong.json"
    found = run(WITHOUT, name, *words.format(schema=schema, wrong=wrong, folder=tmp_path).split())
    assert (found.returncode, found.stdout) == (TROUBLE, "")
    text = f"it needs {name}, which is not installed; pip install {package}"
    assert found.stderr == f"qapigen: error: {text}\n"
    assert not (tmp_path / "out").exists()


def test_what_a_library_needs(tmp_path: Path) -> None:
    """The one that is missing is named, not the one that wanted it."""
    schema = write_files(tmp_path, {"a.json": GOOD})
    found = run(WITHOUT, "markupsafe", "generate", str(schema), "-o", str(tmp_path / "out"))
    assert found.returncode == TROUBLE
    assert "it needs markupsafe, which is not installed; pip install markupsafe" in found.stderr


def test_broken(tmp_path: Path) -> None:
    """A library that is there and lacks what we use, as very old ones do."""
    (tmp_path / "lark").mkdir()
    (tmp_path / "lark" / "__init__.py").touch()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + WITHOUT
    schema = write_files(tmp_path, {"wrong.json": WRONG})
    found = run(code, "no-library", "check", str(schema))
    assert found.returncode == TROUBLE
    (line,) = found.stderr.splitlines()
    assert "it needs lark, which " in line
    assert "pip install" in line


def test_a_library_that_says_itself_what_is_wrong(tmp_path: Path) -> None:
    """An error of its own need not have its name."""
    (tmp_path / "lark.py").write_text("raise ImportError('built for another Python')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + WITHOUT
    schema = write_files(tmp_path, {"wrong.json": WRONG})
    found = run(code, "no-library", "check", str(schema))
    assert found.returncode == TROUBLE
    text = "it needs lark, which cannot be used (built for another Python); pip install --upgrade"
    assert found.stderr == f"qapigen: error: {text} lark\n"


def test_our_own_faults_are_defects() -> None:
    found = run(WITHOUT, "qapigen.compiler.pipeline", "check")
    assert found.returncode == CRASH
    assert "please report it" in found.stderr


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ModuleNotFoundError("no", name="lark.parsers"), "pip install lark"),
        (ModuleNotFoundError("no", name="_ssl"), "installed without _ssl"),
        (ImportError("no name Tree", name="lark"), "(no name Tree); pip install --upgrade lark"),
        (ImportError("no name x", name="json"), None),
        (ImportError("no name x", name="qapigen.compiler"), None),
        (ModuleNotFoundError("no", name="qapi_migration.types"), None),
        (ImportError("no"), None),
    ],
)
def test_texts(error: ImportError, text: str | None) -> None:
    found = library_trouble(error)
    assert (found is None) if text is None else (found is not None and text in found)
