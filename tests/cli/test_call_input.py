"""``qapigen call`` with arguments from elsewhere: nobody sees them on the command line."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from qapigen.cli.status import FINE, TROUBLE
from tests.cli.conftest import Call, one_error
from tests.cli.scripted_server import Request, failure, scripted, success


def echo(request: Request) -> bytes:
    if request["execute"] == "query-qmp-schema":
        return failure(request, "CommandNotFound", "not here")
    return success(request, request.get("arguments", {}))


def stdin_has(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"id": "s", "data": "hush"}', {"id": "s", "data": "hush"}),
        ('\n {"n": [1, {"ü": null}]}\n', {"n": [1, {"ü": None}]}),
        ("id=s\n\ndata=hush, hush\r\nn.0=5\n", {"id": "s", "data": "hush, hush", "n": [5]}),
        ("", {}),
    ],
)
@pytest.mark.parametrize("words", [["-"], ["@args"], ["--json", "-"], ["--json", "@args"]])
def test_arguments_from_elsewhere(
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    arguments: object,
    words: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "args").write_bytes(text.encode())
    stdin_has(monkeypatch, text.encode())
    if words[0] == "--json" and not text.strip().startswith("{"):
        assert "hush" not in one_error(call("call", "unix:nobody", "x-test", *words), TROUBLE)
        return
    with scripted(tmp_path, echo) as (address, _):
        found = call("call", address, "x-test", *words)
    assert (found.status, found.err) == (FINE, "")
    assert json.loads(found.out) == arguments


def test_words_and_lines_together(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin_has(monkeypatch, b"props.data=hush\n")
    with scripted(tmp_path, echo) as (address, _):
        found = call("call", address, "x-test", "qom-type=secret", "id=s", "-")
    assert json.loads(found.out) == {"qom-type": "secret", "id": "s", "props": {"data": "hush"}}


def test_a_pipe(call: Call, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"a": 1}')
    os.close(writing)
    with scripted(tmp_path, echo) as (address, _):
        assert json.loads(call("call", address, "x-test", f"@/dev/fd/{reading}").out) == {"a": 1}
    os.close(reading)


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (b"hush\n", ["-"], "-, line 1: expected key=value"),
        (b"a=1\nhush\n", ["-"], "-, line 2: expected key=value"),
        (b'["hush"]', ["--json", "-"], "-: expected an object, got an array"),
        (b'"hush"', ["--json", "-"], "-: expected an object, got a string"),
        (b'{"password": "hush"', ["-"], "-: JSON text, line 1"),
        (b'{"a": "hush"}', ["-", "b=1"], "no other word fits"),
        (b"\xff\xfe", ["-"], "standard input: not UTF-8 at byte 0"),
        (b"", ["@missing"], "missing: No such file or directory"),
        (b"", ["@."], ".: Is a directory"),
        (b"", ["@\0"], "null byte|null character"),
    ],
)
def test_what_cannot_be_taken(
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: bytes,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    stdin_has(monkeypatch, text)
    error = one_error(call("call", "unix:nobody", "x-test", *words), TROUBLE)
    assert any(each in error for each in message.split("|"))
    assert "hush" not in error


def test_no_standard_input(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "it is closed" in one_error(call("call", "unix:nobody", "x-test", "-"), TROUBLE)


def test_a_socket_that_is_waited_for(call: Call, tmp_path: Path) -> None:
    missing = f"unix:{tmp_path}/s"
    error = one_error(call("call", missing, "x-test", "--timeout", "30"), TROUBLE)
    assert "No such file" in error and "within" not in error
    error = one_error(call("call", missing, "x-test", "--wait", "--timeout", "0.1"), TROUBLE)
    assert re.search(r"within 0\.\d+ s: No such file", error)
