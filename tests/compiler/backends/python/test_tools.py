"""Generated code satisfies the tools that hand-written code has to: mypy, pyright, ruff.

Each tool looks at all packages in one run, for it is slow to start; the settings are those of the
project for its own generated code.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import Options, compile_schema
from tests.compiler.backends.python.packages import (
    PYTHON,
    corpus_files,
    files_of,
    run_python,
    write,
)
from tests.outside import REPOSITORY, unpack_release

PROJECT = str(REPOSITORY / "pyproject.toml")

#: A union of more branches than pyright would take in one chain of ``|``.
WIDE = f"""
{{ 'enum': 'Number', 'data': {[f"value-{number}" for number in range(300)]} }}
{{ 'union': 'Wide', 'base': {{ 'tag': 'Number' }}, 'discriminator': 'tag', 'data': {{}} }}
{{ 'command': 'choose', 'data': {{ 'first': 'Wide', 'others': [ 'Wide' ] }} }}
"""


@pytest.fixture(scope="session")
def workplace(
    constructs_folder: Path, schemas: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with ``generated`` in it, as in the project: own schemas, all constructs."""
    folder = tmp_path_factory.mktemp("tools")
    shutil.copytree(
        constructs_folder, folder / "generated", ignore=shutil.ignore_patterns("__pycache__")
    )
    options = Options(package="own", backends=PYTHON)
    files = compile_schema(str(schemas / "qapi-schema.json"), read_source, options).files
    assert files
    write(folder / "generated", files)
    write(folder / "generated", files_of({"wide.json": WIDE}, "wide", backends=("types",)))
    return folder


@pytest.fixture(scope="session")
def corpus_workplace(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with all of QEMU: 2.12, 6.1 (whose conditions are C), 7.2 and 10.2."""
    folder = tmp_path_factory.mktemp("corpus_tools")
    for package in ("qemu_7_2", "qemu_2_12"):
        write(folder / "generated", corpus_files(corpus, package))
    for release in ("6.1", "10.2"):
        root = unpack_release(corpus, release, folder / "schemas") / "qapi/qapi-schema.json"
        package = f"qemu_{release.replace('.', '_')}"
        options = Options(dialect=release, package=package, backends=PYTHON)
        files = compile_schema(str(root), read_source, options).files
        assert files
        write(folder / "generated", files)
    return folder


def need(tool: str) -> None:
    """Skip without the tool: who only runs the tests may not have it."""
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"not installed: {tool}")


def mypy(folder: Path) -> str:
    need("mypy")
    options = ("--config-file", PROJECT, "--cache-dir", str(folder / "mypy"), "--no-pretty")
    result = run_python(
        *("-m", "mypy", *options, "generated"),
        cwd=folder,
        environment={"MYPYPATH": str(folder / "generated")},
    )
    return result.stdout + result.stderr


def pyright(folder: Path) -> list[str]:
    need("pyright")
    # Its package on PyPI fetches the program itself from npm's registry on first use.
    if run_python("-m", "pyright", "--version").returncode != 0:
        pytest.skip("pyright could not be fetched: no npm registry")
    config = {
        "include": ["generated"],
        "strict": ["generated"],
        "extraPaths": [str(REPOSITORY), "generated"],
        "pythonVersion": "3.11",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    result = run_python("-m", "pyright", "--threads", "2", "--outputjson", cwd=folder)
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] > 20
    return [f"{found['file']}: {found['message']}" for found in report["generalDiagnostics"]]


def ruff(folder: Path) -> str:
    need("ruff")
    result = run_python(
        *("-m", "ruff", "check", "--no-cache", "--output-format", "concise"),
        *("--config", PROJECT, "generated"),
        cwd=folder,
    )
    return result.stdout + result.stderr


def test_mypy(workplace: Path) -> None:
    assert mypy(workplace).startswith("Success: no issues found")


def test_pyright(workplace: Path) -> None:
    assert pyright(workplace) == []


def test_ruff(workplace: Path) -> None:
    assert ruff(workplace) == "All checks passed!\n"


def test_tools_do_look(tmp_path: Path) -> None:
    """A package with a mistake in it does not pass."""
    write(tmp_path / "generated" / "bad", {"__init__.py": '"""Bad."""\n\nx: int = "1"\n'})
    assert "Incompatible types in assignment" in mypy(tmp_path)
    assert "I002" in ruff(tmp_path)


@pytest.mark.slow
def test_mypy_on_corpus(corpus_workplace: Path) -> None:
    assert mypy(corpus_workplace).startswith("Success: no issues found")


@pytest.mark.slow
def test_pyright_on_corpus(corpus_workplace: Path) -> None:
    assert pyright(corpus_workplace) == []


@pytest.mark.slow
def test_ruff_on_corpus(corpus_workplace: Path) -> None:
    assert ruff(corpus_workplace) == "All checks passed!\n"


@pytest.mark.slow
def test_all_modules_of_corpus_are_imported(corpus_workplace: Path) -> None:
    code = """
import pkgutil, importlib
for package in sorted(found.name for found in pkgutil.iter_modules(["generated"])):
    path = importlib.import_module(package).__path__
    names = [found.name for found in pkgutil.walk_packages(path, f"{package}.")]
    print(package, len([importlib.import_module(name) for name in names]) > 80)
"""
    generated = corpus_workplace / "generated"
    done = run_python("-c", code, cwd=corpus_workplace, paths=(generated,))
    assert done.stderr == ""
    packages = ("qemu_10_2", "qemu_2_12", "qemu_6_1", "qemu_7_2")
    assert done.stdout.splitlines() == [f"{package} True" for package in packages]
