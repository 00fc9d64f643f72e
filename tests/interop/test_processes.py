"""Programs are started with their socket, and are gone afterwards, whatever happened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.interop.processes import activated, serving
from tests.interop.raw_client import Refused, connected

# A server of a few lines: it greets, sends an event, repeats each command, refuses one.
SERVER = """
import json, os, socket, sys
fd = int(sys.argv[1]) if sys.argv[1:] else 3
if not sys.argv[1:]:
    assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDS"] == "1"
connection, _ = socket.socket(fileno=fd).accept()
lines = connection.makefile("rb")
def send(**message): connection.sendall(json.dumps(message).encode() + b"\\r\\n")
send(QMP={})
for line in lines:
    request = json.loads(line)
    if request["execute"] == "fail":
        send(error={"class": "GenericError", "desc": "no"})
    elif request["execute"] == "die":
        sys.exit("killed by a test")
    else:
        send(event="SEEN", data={"name": request["execute"]})
        connection.sendall(b"\\xff")
        send(**{"return": request})
"""


def command(fd: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(fd)]


def test_a_conversation(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with serving(command, path) as process, connected(path) as client:
        assert client.negotiate() == {"QMP": {}}
        assert client.execute("ask", {"a": 1}) == {"execute": "ask", "arguments": {"a": 1}}
        with pytest.raises(Refused, match="GenericError: no"):
            client.execute("fail")
        assert [event["data"]["name"] for event in client.events] == ["qmp_capabilities", "ask"]
        fits = client.wait_for("SEEN", lambda data: bool(data["name"] == "ask"))
        assert fits == client.events[1]
    assert process.returncode is not None


def test_activation(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with activated([sys.executable, "-c", SERVER], path), connected(path) as client:
        assert client.receive() == {"QMP": {}}


def test_a_program_that_dies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.sock"
    with serving(command, path) as process, connected(path) as client:
        client.negotiate()
        with pytest.raises(EOFError):
            client.execute("die")
        process.wait()
    assert process.returncode == 1
    assert "killed by a test" in capsys.readouterr().err


def test_a_program_that_never_starts(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"

    def useless(fd: int) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit('no such option')"]

    started = serving(useless, path)
    with started as process, pytest.raises((EOFError, OSError)), connected(path) as client:
        client.receive()
    assert process.wait() == 1


def test_a_test_that_fails(tmp_path: Path) -> None:
    """The program does not outlive the test."""
    started = serving(command, tmp_path / "a.sock")
    with pytest.raises(ValueError), started as process:
        raise ValueError
    assert process.returncode is not None


def test_unasked_answers_are_noticed(tmp_path: Path) -> None:
    """Whoever waits for an event gets no answer instead; here the greeting comes first."""
    path = tmp_path / "a.sock"
    unasked = pytest.raises(AssertionError, match="nobody asked")
    with serving(command, path), connected(path) as client, unasked:
        client.wait_for("NEVER")
