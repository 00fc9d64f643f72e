"""Schemas on standard input."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from qapigen.cli.standard_input import STDIN, read_bytes, reader, root_path
from qapigen.cli.status import FINDINGS, FINE, TROUBLE
from qapigen.compiler.source import ReadError
from tests.cli.process import COMMAND, environment, run, write_files

GOOD = "{ 'struct': 'Tea', 'data': { 'cups': 'int' } }\n{ 'command': 'brew', 'data': 'Tea' }\n"
WRONG = "{ 'struct': 'Tea', 'data': { 'cups': 'Milk' } }\n"


@pytest.mark.parametrize("dialect", ["auto", "7.2"])
@pytest.mark.parametrize("verb", ["check", "ir", "introspect", "generate"])
def test_verbs(tmp_path: Path, verb: str, dialect: str) -> None:
    """Each gives what it gives for the file."""
    write_files(tmp_path, {"stdin": GOOD})
    more = ["--dialect", dialect, *(["-o", "-", "--package", "tea"] if verb == "generate" else [])]
    piped = run(verb, "-", *more, input=GOOD, cwd=tmp_path)
    named = run(verb, "stdin", *more, stdin=subprocess.DEVNULL, cwd=tmp_path)
    assert piped.returncode == named.returncode == FINE
    assert piped.stdout == named.stdout
    assert (piped.stdout != "") is (verb != "check")


def test_includes_start_from_here(tmp_path: Path) -> None:
    write_files(tmp_path, {"sub/tea.json": WRONG.replace("Milk", "int")})
    root = "{ 'include': 'sub/tea.json' }\n{ 'command': 'brew', 'data': 'Tea' }\n"
    found = run("ir", "-", input=root, cwd=tmp_path)
    modules = [each["name"] for each in json.loads(found.stdout)["modules"]]
    assert modules == [STDIN, "sub/tea.json"]


def test_places(tmp_path: Path) -> None:
    found = run("check", "-", input=WRONG, cwd=tmp_path)
    assert found.returncode == FINDINGS
    assert found.stderr.startswith("stdin:1:1: error: ")
    assert "'Milk'" in found.stderr


def test_a_package(tmp_path: Path) -> None:
    """It has a name, and so have its modules."""
    found = run("generate", "-", "-o", "out", input=GOOD, cwd=tmp_path)
    assert found.returncode == FINE, found.stderr
    assert (tmp_path / "out" / "qapi" / "types" / "stdin.py").is_file()
    assert (tmp_path / "out" / "docs" / "qapi" / "stdin.md").is_file()


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"# \xff\n", "not UTF-8: byte 0xff in line 1"), (b"", "")],
    ids=["encoding", "empty"],
)
def test_what_cannot_be_read(tmp_path: Path, data: bytes, text: str) -> None:
    result = subprocess.run(
        [*COMMAND, "check", "-"], input=data, env=environment(), capture_output=True, cwd=tmp_path
    )
    assert text in result.stderr.decode()
    assert result.returncode == (TROUBLE if text else FINE)


def test_closed() -> None:
    found = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "check", "-"],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert found.returncode == TROUBLE
    assert found.stderr.startswith("stdin: error: cannot read the schema: it is closed")


def test_paths() -> None:
    assert root_path("-") == STDIN
    assert root_path("stdin") == "./stdin"
    assert root_path("a-b.json") == "a-b.json"


def test_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts of a verb have the same reader."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\r\nb")))
    options = argparse.Namespace()
    assert reader(options)(STDIN) == "a\nb"
    assert reader(options)(STDIN) == "a\nb"


def test_no_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="closed"):
        read_bytes(1)
    with pytest.raises(ReadError, match="closed"):
        reader(argparse.Namespace())(STDIN)
