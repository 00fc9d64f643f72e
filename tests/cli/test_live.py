"""Programs that are asked what they have of their schema."""

from __future__ import annotations

import argparse
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from qapigen.cli import live as live_module
from qapigen.cli.live import Live, is_address, parse_answer, read_live
from qapigen.cli.status import Trouble
from tests.cli.scripted_server import Request, Script, failure, line, scripted, success

ROWS: list[dict[str, Any]] = [
    {"meta-type": "command", "name": "go", "arg-type": "0", "ret-type": "0"},
    {"meta-type": "object", "name": "0", "members": []},
]
INFO = {"version": "9", "supported_commands": [{"name": "guest-ping", "enabled": False}]}
OPTIONS = argparse.Namespace(schema=None)


def answering(value: object) -> Script:
    def answer(request: Request) -> bytes:
        if request["execute"] == "guest-sync-delimited":
            return b"\xff" + success(request, request["arguments"]["id"])
        return success(request, value)

    return answer


def trouble(word: str) -> str:
    with pytest.raises(Trouble) as caught:
        read_live(word, OPTIONS)
    return str(caught.value)


@pytest.mark.parametrize("prefix", ["qmp:", ""])
def test_a_program(tmp_path: Path, prefix: str) -> None:
    with scripted(tmp_path, answering(ROWS)) as (address, requests):
        assert read_live(prefix + address, OPTIONS) == Live(prefix + address, ROWS)
    assert requests[-1]["execute"] == "query-qmp-schema"


def test_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is enough, a name of the current folder too: it leads to a socket."""
    monkeypatch.chdir(tmp_path)
    with scripted(tmp_path, answering(ROWS)):
        assert read_live("scripted.sock", OPTIONS).rows == ROWS


def test_a_guest_agent(tmp_path: Path) -> None:
    with scripted(tmp_path, answering(INFO), greeting=b"") as (address, requests):
        assert read_live(f"qga:{address}", OPTIONS).commands == ("guest-ping",)
    assert requests[-1]["execute"] == "guest-info"


@pytest.mark.parametrize("value", [ROWS, {"return": ROWS, "id": 1}])
def test_a_file(tmp_path: Path, value: object) -> None:
    path = tmp_path / "answer.json"
    path.write_text(f"\n{json.dumps(value)}\n")
    assert read_live(str(path), OPTIONS) == Live(str(path), ROWS)


def test_what_an_agent_answered(tmp_path: Path) -> None:
    assert parse_answer(json.dumps({"return": INFO}), "x") == Live("x", commands=("guest-ping",))


@pytest.mark.parametrize("text", ["", "CONFIG_X=y\n", "#define CONFIG_X 1\n"])
def test_no_answer_at_all(tmp_path: Path, text: str) -> None:
    """What is no JSON may be something else, but not where only an answer will do."""
    assert parse_answer(text, "x") is None
    (tmp_path / "x").write_text(text)
    assert "x: error: neither JSON nor qmp:ADDRESS" in trouble(str(tmp_path / "x"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[", "x: error: no JSON: "),
        ("[" * 100_000, "x: error: no JSON: "),
        ('{"return": {}}', "x: error: no answer to query-qmp-schema: no list"),
        ("[{}]", "x: error: no answer to query-qmp-schema: element 1 is no object"),
        ('{"supported_commands": 1}', "x: error: no answer to guest-info: commands without a name"),
        ('{"supported_commands": [{}]}', "without a name"),
        ('{"supported_commands": [{"name": 1}]}', "without a name"),
    ],
)
def test_wrong_answers(text: str, error: str) -> None:
    with pytest.raises(Trouble) as caught:
        parse_answer(text, "x")
    assert error in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert trouble(f"{tmp_path}/nothing").endswith("nothing: error: No such file or directory")


def test_standard_input_is_one_thing() -> None:
    with pytest.raises(Trouble, match="standard input is the schema already"):
        read_live("-", argparse.Namespace(schema="-"))


def test_nobody_listens(tmp_path: Path) -> None:
    """It is not waited for."""
    assert f"qmp:unix:{tmp_path}/a: error: " in trouble(f"qmp:unix:{tmp_path}/a")
    assert "is no address" in trouble("qmp:here")


def test_a_program_without_introspection(tmp_path: Path) -> None:
    def refuse(request: Request) -> bytes:
        return failure(request, "CommandNotFound", "no such thing")

    with scripted(tmp_path, refuse) as (address, _):
        text = trouble(address)
    assert text == f"{address}: error: query-qmp-schema: CommandNotFound: no such thing"


@pytest.mark.parametrize("value", [{}, [1], [{"name": "x", "meta-type": "y"}]])
def test_a_program_that_answers_something_else(tmp_path: Path, value: Any) -> None:
    with scripted(tmp_path, answering(value)) as (address, _):
        assert f"{address}: error: no answer to query-qmp-schema: " in trouble(address)


def test_somebody_else_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a monitor takes the connection, and says nothing."""
    monkeypatch.setattr(live_module, "_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/qmp")
        listener.listen()
        assert "no answer within 0.05 s; perhaps somebody else" in trouble(f"{tmp_path}/qmp")


def test_no_program(tmp_path: Path) -> None:
    with scripted(tmp_path, answering(ROWS), greeting=line({"HELLO": 1})) as (address, _):
        assert f"{address}: error: " in trouble(address)


def test_addresses(tmp_path: Path) -> None:
    for word in ("qmp:unix:a", "qmp:tcp:h:1", "qga:unix:a", "unix:a", "tcp:h:1", "fd:3"):
        assert is_address(word)
    (tmp_path / "file").touch()
    for word in ("file", "config.h", "a:b", "-", "", "qmp", "\0", str(tmp_path / "file")):
        assert not is_address(word)
