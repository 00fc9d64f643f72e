"""Templates print what black would print: black has nothing to change.

Most of the output is printed so by construction; where a name is too long for that, the backend
asks black itself.  Both are looked at here, on schemas of all sizes.
"""

from __future__ import annotations

from pathlib import Path

import black
import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import Options, compile_schema
from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.compiler.backends.python.packages import (
    CORPUS_ROOTS,
    PYTHON,
    construct_files,
    corpus_files,
    files_of,
    run_python,
    write,
)


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_constructs(name: str) -> None:
    for path, text in construct_files(name).items():
        if path.endswith(".py"):
            assert black.format_str(text, mode=black.Mode()) == text, path


def test_own_schemas(schemas: Path) -> None:
    options = Options(package="own", backends=PYTHON)
    files = compile_schema(str(schemas / "qapi-schema.json"), read_source, options).files
    assert files
    for path, text in files.items():
        if path.endswith(".py"):
            assert black.format_str(text, mode=black.Mode()) == text, path


@pytest.mark.slow
def test_corpus(corpus: Path, tmp_path: Path) -> None:
    """The real schemas; what differs from other packages in a schema's path is looked at once.

    ruff's formatter, which lays out code as black does and is a hundred times as fast, sees all
    files; black itself a part of them.
    """
    found: dict[str, tuple[str, str]] = {}
    for package in CORPUS_ROOTS:
        for path, text in corpus_files(corpus, package).items():
            if path.endswith(".py"):
                found.setdefault(text.replace("../../qapi/", ""), (path, text))
    assert len(found) > 150
    write(tmp_path, dict(found.values()))
    result = run_python("-m", "ruff", "format", "--isolated", "--diff", str(tmp_path))
    assert result.returncode == 0, result.stdout
    for path, text in sorted(found.values())[::BLACK_LOOKS_AT]:
        assert black.format_str(text, mode=black.Mode()) == text, path


#: One file of so many: black takes a quarter of a second for a thousand lines.
BLACK_LOOKS_AT = 5


LONG = "x" * 80
TOO_LONG = [
    f"{{ 'enum': 'E{LONG}', 'data': [ '{LONG}' ] }}",
    f"{{ 'struct': 'S', 'data': {{ '{LONG}': [ 'str' ], 'b{LONG}': 'int' }} }}",
    f"{{ 'command': '{LONG}', 'data': {{ '{LONG}': 'int' }} }}",
    f"{{ 'event': '{LONG.upper()}', 'data': {{ '{LONG}': 'int' }} }}",
]


@pytest.mark.parametrize("text", TOO_LONG)
def test_what_fits_on_no_line(text: str) -> None:
    """Then black decides; its own choices are the form."""
    text = text.replace("'S'", "'Sx'").replace("'Ex", "'Ezx")
    for path, code in files_of({"demo.json": text}, "demo").items():
        if path.endswith(".py"):
            assert black.format_str(code, mode=black.Mode()) == code, path
