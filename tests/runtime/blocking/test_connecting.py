from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from qapigen.runtime.addresses import FdAddress, TcpAddress, UnixAddress
from qapigen.runtime.blocking.connecting import Deadline, attach, open_stream
from qapigen.runtime.errors import ConnectionLost, QapiError
from tests.runtime.scripted_peer import Peer, Visit


def hello(visit: Visit) -> None:
    visit.say(b"hello")


NEVER = Deadline(None)


class TestDeadline:
    def test_it_passes(self) -> None:
        now = 10.0
        deadline = Deadline(2.5, lambda: now)
        assert deadline.remaining() == 2.5
        now = 12.0
        assert deadline.remaining() == 0.5
        assert not deadline.passed
        now = 13.0
        assert deadline.remaining() == 0.0
        assert deadline.passed

    def test_never(self) -> None:
        assert NEVER.remaining() is None
        assert not NEVER.passed


@pytest.mark.parametrize("how", ["text", "value", "tcp", "ipv4", "fd"])
def test_addresses(tmp_path: Path, how: str) -> None:
    with Peer(None if how in ("tcp", "ipv4") else tmp_path / "s", hello) as peer:
        address: object = peer.address
        if how == "value":
            address = UnixAddress(str(tmp_path / "s"))
        elif how == "ipv4":
            address = TcpAddress("localhost", int(peer.address.rpartition(":")[2]), "ipv4")
        elif how == "fd":
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(tmp_path / "s"))
            address = FdAddress(connection.detach())
        stream = open_stream(address, NEVER)  # type: ignore[arg-type]
        assert stream.receive(wait=True) == b"hello"
        stream.close()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("unix:/nowhere/at/all", "No such file"),
        ("tcp:127.0.0.1:1", "refused"),
        ("fd:987654", "Bad file descriptor"),
        ("tcp:no.such.host.invalid:1", "no connection to tcp:no.such.host.invalid:1"),
    ],
)
def test_nobody_there(address: str, reason: str) -> None:
    with pytest.raises(ConnectionLost, match=reason) as caught:
        open_stream(address, Deadline(20))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("address", ["stdio", "nonsense"])
def test_no_place_to_connect_to(address: str) -> None:
    with pytest.raises(QapiError) as caught:
        open_stream(address, NEVER)
    assert not isinstance(caught.value, ConnectionLost)


def test_a_listener_with_too_many_guests(tmp_path: Path) -> None:
    where = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(where))
        listener.listen(0)
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(str(where))
            with pytest.raises(TimeoutError):
                open_stream(str(where), Deadline(0.03))
            late = threading.Timer(0.03, lambda: listener.accept()[0].close())
            late.start()
            open_stream(str(where), Deadline(20)).close()
            late.join()


def test_what_is_no_socket_is_left_alone() -> None:
    reading, writing = os.pipe()
    with pytest.raises(ConnectionLost):
        open_stream(FdAddress(reading), NEVER)
    os.close(reading)
    os.close(writing)


def test_a_socket_that_cannot_be_used_is_closed() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with pytest.raises(OSError):
        attach(ours, NEVER, tls=_NoTls())  # type: ignore[arg-type]
    assert ours.fileno() == -1


class _NoTls:
    def wrap_socket(self, connection: socket.socket, **others: object) -> socket.socket:
        raise OSError("no")


def test_a_host_that_cannot_be_looked_up() -> None:
    with pytest.raises(ConnectionLost, match="no connection to tcp:"):
        open_stream("tcp:" + "x" * 70 + ".invalid:1", Deadline(20))
