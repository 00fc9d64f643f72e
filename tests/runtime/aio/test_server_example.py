"""The example server as people start it: on a socket, on pipes, on files."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.outside import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "examples" / "qmp_server.py"
NEGOTIATE = b'{"execute": "qmp_capabilities"}'


def start(*addresses: str, closes: int | None = None, **options: Any) -> subprocess.Popen[bytes]:
    """The example, in a Python that complains about everything; perhaps without a stream."""
    path = os.pathsep.join(str(REPOSITORY / each) for each in (".", "generated"))
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-W", "error", str(EXAMPLE), *addresses]
    if closes is not None:
        command = ["sh", "-c", f'exec "$@" {closes}>&-', "sh", *command]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **options)


def finish(server: subprocess.Popen[bytes]) -> bytes:
    """Wait for the end; what was said on stderr."""
    with server:
        assert server.stderr is not None
        said = server.stderr.read()
        assert server.wait(60) == 0, said
    return said


def test_on_a_socket(tmp_path: Path) -> None:
    server = start(f"unix:{tmp_path}/qmp.sock", "tcp:127.0.0.1:0")
    assert server.stderr is not None
    assert server.stderr.readline() == f"serving unix:{tmp_path}/qmp.sock\n".encode()
    port = int(server.stderr.readline().rpartition(b":")[2])
    names = ("stop", "query-status", "cont", "query-version", "query-commands")
    with socket.socket(socket.AF_UNIX) as client, socket.create_connection(("127.0.0.1", port)):
        client.connect(f"{tmp_path}/qmp.sock")
        commands = [json.dumps({"execute": name, "id": name}).encode() for name in names]
        client.sendall(NEGOTIATE + b"".join(commands) + b'{"execute": "query-qmp-schema"}')
        lines = client.makefile("rb")
        assert json.loads(lines.readline())["QMP"]["version"]["package"] == "example"
        said = [json.loads(lines.readline()) for _ in range(9)]
        assert [line.get("event", line.get("id")) for line in said] == [
            *(None, "STOP", "stop", "query-status", "RESUME", "cont", "query-version"),
            *("query-commands", None),
        ]
        assert said[3]["return"]["status"] == "paused"
        named = {each["name"] for each in said[7]["return"]}
        schema = {row["name"] for row in said[8]["return"] if row["meta-type"] == "command"}
        assert named == schema and "qmp_capabilities" in named
        client.sendall(b'{"execute": "quit"}')
        assert [b"SHUTDOWN" in lines.readline(), b"return" in lines.readline()] == [True, True]
        assert lines.readline() == b""
    assert finish(server) == b""
    assert not (tmp_path / "qmp.sock").exists()


@pytest.mark.parametrize("ending", [b'{"execute": "quit"}', b""])
def test_on_pipes(ending: bytes) -> None:
    server = start("stdio", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = server.communicate(NEGOTIATE + b'{"execute": "query-status"}' + ending, 60)
    assert b'"running"' in out and out.endswith(b"\r\n")
    assert server.returncode == 0


@pytest.mark.parametrize(("fd", "name"), [(0, b"input"), (1, b"output")])
def test_without_a_standard_stream(fd: int, name: bytes) -> None:
    server = start("stdio", stdin=subprocess.PIPE, stdout=subprocess.PIPE, closes=fd)
    out, said = server.communicate(NEGOTIATE, 60)
    assert (server.returncode, out) == (1, b"")
    assert said == b"qmp_server: stdio: standard " + name + b" is closed\n"


@pytest.mark.parametrize("other", ["stdio", "fd:0"])
def test_standard_streams_are_served_once(other: str) -> None:
    server = start("stdio", other, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, said = server.communicate(timeout=60)
    assert server.returncode == 1 and out.count(b'"QMP"') == 1
    assert said.endswith(f"qmp_server: {other}: it is served already\n".encode())


def test_on_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(NEGOTIATE + b'{"execute": "query-status"}')
    with open(tmp_path / "in", "rb") as stdin, open(tmp_path / "out", "wb") as stdout:
        finish(start(stdin=stdin, stdout=stdout))
    assert (tmp_path / "out").read_bytes().count(b"\r\n") == 3


def test_on_a_socket_that_was_inherited() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        server = start(f"fd:{theirs.fileno()}", pass_fds=[theirs.fileno()])
        theirs.close()
        ours.sendall(NEGOTIATE + b'{"execute": "quit"}')
        lines = ours.makefile("rb").read().split(b"\r\n")
        assert len(lines) == 5
        finish(server)


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    server = start(f"unix:{tmp_path}/qmp.sock")
    assert server.stderr is not None
    server.stderr.readline()
    server.send_signal(signal.SIGINT)
    with server:
        assert b"Traceback" not in server.stderr.read()
    assert server.returncode == 1
    assert not (tmp_path / "qmp.sock").exists()


def test_a_bad_address_is_one_line() -> None:
    server = start("localhost:4444")
    _, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert b"tcp:localhost:4444" in said and said.count(b"\n") == 1
