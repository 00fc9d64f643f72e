"""qmp-shell, as people use it, against our example server."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.example import example_server, example_tcp_server

pytest.importorskip("qemu.qmp", reason="not installed: qemu.qmp")

PROMPT = "(QEMU) "


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A server of the test's own, to be changed."""
    with example_server(tmp_path) as path:
        yield path


def shell(home: Path, *options: str, lines: tuple[str, ...]) -> list[str]:
    """What the shell prints after its banner, by the lines that are typed."""
    result = subprocess.run(
        [sys.executable, "-m", "qemu.qmp.qmp_shell", *options],
        env=os.environ | {"HOME": str(home)},  # it keeps a history there
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    # It is surprised by the end of the connection behind quit, also with QEMU.
    assert "Traceback" not in result.stderr or lines[-1] == "quit", result.stderr
    banner, *answers = result.stdout.split(PROMPT)
    assert "Welcome to the QMP low-level shell!" in banner
    assert "Connected to QEMU 2.12.50" in banner
    assert len(answers) == len(lines) + 1  # the last one is for the end of the input
    return [answer.strip() for answer in answers[:-1]]


def reply(text: str) -> Any:
    """A message as the shell prints it."""
    return json.loads(text)


def test_typed_commands(own: Path, tmp_path: Path) -> None:
    status, bad, unknown, version = shell(
        tmp_path,
        str(own),
        lines=("query-status", "query-status a=1", "no-such-command", "query-version"),
    )
    assert reply(status)["return"]["status"] == "running"
    assert reply(bad)["error"]["class"] == "GenericError"
    assert reply(unknown)["error"]["class"] == "CommandNotFound"
    assert reply(version)["return"]["qemu"] == {"major": 2, "minor": 12, "micro": 50}


def test_values(own: Path, tmp_path: Path) -> None:
    """The shell guesses types; what it guesses wrong is refused by name."""
    number, text, listed, literal = shell(
        tmp_path,
        str(own),
        lines=(
            "closefd fdname=5",
            "closefd fdname=nobody",
            "closefd fdname=[1,2]",
            'closefd fdname={"a":true}',
        ),
    )
    assert "fdname: expected a string, got number 5" in reply(number)["error"]["desc"]
    assert "nobody" in reply(text)["error"]["desc"]
    assert "fdname: expected a string, got an array" in reply(listed)["error"]["desc"]
    assert "fdname: expected a string, got an object" in reply(literal)["error"]["desc"]


def test_events(own: Path, tmp_path: Path) -> None:
    """An empty line shows the events that came."""
    stop, events, again, none = shell(tmp_path, str(own), lines=("stop", "", "stop", ""))
    assert reply(stop) == reply(again) == {"return": {}}
    assert ast.literal_eval(events)["event"] == "STOP"  # this is how it prints them
    assert none == ""


def test_quit(own: Path, tmp_path: Path) -> None:
    (answer,) = shell(tmp_path, str(own), lines=("quit",))
    assert reply(answer) == {"return": {}}


def test_pretty(own: Path, tmp_path: Path) -> None:
    (answer,) = shell(tmp_path, "--pretty", str(own), lines=("query-status",))
    assert reply(answer)["return"]["running"] is True
    assert answer.count("\n") > 3


def test_commands_carry_no_id(own: Path, tmp_path: Path) -> None:
    """Nor do their answers then; ``--verbose`` shows both."""
    (text,) = shell(tmp_path, "--verbose", str(own), lines=("query-status",))
    sent, answer = map(reply, text.splitlines())
    assert sent == {"execute": "query-status", "arguments": {}}
    assert set(answer) == {"return"}


def test_tcp(tmp_path: Path) -> None:
    with example_tcp_server() as (host, port):
        (answer,) = shell(tmp_path, f"{host}:{port}", lines=("query-status",))
    assert reply(answer)["return"]["running"] is True
