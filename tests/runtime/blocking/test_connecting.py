from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from qapigen.runtime.addresses import FdAddress, TcpAddress, UnixAddress
from qapigen.runtime.blocking import connecting
from qapigen.runtime.blocking.connecting import Deadline, accept_stream, attach, open_stream
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

    @pytest.mark.parametrize("timeout", [1e12, float("inf"), float("nan")])
    def test_longer_than_the_system_can_wait(self, timeout: float) -> None:
        deadline = Deadline(timeout)
        assert deadline.remaining() is None
        assert not deadline.passed


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


@pytest.fixture
def port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found: int = listener.getsockname()[1]
    return found


def knock(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as connection:
        while connection.connect_ex((host, port)):
            pass
        connection.recv(1)


@pytest.mark.may_skip
@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("tcp:localhost:{},ipv4", ["127.0.0.1"]),
        ("tcp::{},ipv6", ["::1"]),
        ("tcp:[::1]:{}", ["::1"]),
        ("tcp::{}", ["127.0.0.1", "::1"]),
    ],
)
def test_accepting_over_tcp(address: str, hosts: list[str], port: int) -> None:
    if not socket.has_dualstack_ipv6() and "::1" in hosts:
        pytest.skip("no IPv6 here")
    for host in hosts:
        peer = threading.Thread(target=knock, args=(host, port), daemon=True)
        peer.start()
        stream = accept_stream(address.format(port), Deadline(20))
        assert stream._socket.getpeername()[0] == host
        stream.close()
        peer.join(20)


def test_accepting_over_a_unix_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is its owner's alone, and replaces one that a dead process has left."""
    where = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(where))
    listening = connecting._first_of

    def knocked(sockets: list[socket.socket], deadline: Deadline) -> socket.socket:
        assert where.stat().st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(where))
            return listening(sockets, deadline)

    monkeypatch.setattr(connecting, "_first_of", knocked)
    accept_stream(str(where), Deadline(20)).close()
    assert not where.exists()


def test_nobody_comes(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="no connection in time"):
        accept_stream(str(tmp_path / "s"), Deadline(0.01))
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("address", ["stdio", "fd:0", "nonsense", "tcp:127.0.0.1:0", "/dev/null"])
def test_no_place_to_listen(address: str) -> None:
    with pytest.raises(QapiError) as caught:
        accept_stream(address, Deadline(20))
    assert not isinstance(caught.value, ConnectionLost)
