"""Connecting and listening over TCP and Unix sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.interrupt import Interrupt
from qapigen.migration.channels.sockets import (
    SocketChannel,
    TcpListener,
    TcpOpener,
    UnixListener,
    UnixOpener,
)
from qapigen.migration.channels.uri import TcpUri, UnixUri
from tests.migration.channels.pairs import Background, open_descriptors, received

HERE = "127.0.0.1"
requires_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")


def talk(listener: TcpListener | UnixListener, opener: TcpOpener | UnixOpener) -> None:
    """Connect the two and send something over."""
    interrupt = Interrupt()
    source = opener.open(interrupt)
    destination = listener.accept(interrupt)
    source.write(b"hello")
    source.close()
    assert received(destination) == b"hello"
    destination.close()
    listener.close()
    interrupt.close()


def test_tcp() -> None:
    before = open_descriptors()
    listener = TcpListener(TcpUri(HERE, 0))
    assert listener.port
    assert listener.address == f"tcp:{HERE}:{listener.port}"
    talk(listener, TcpOpener(TcpUri(HERE, listener.port)))
    assert open_descriptors() == before


@pytest.mark.parametrize("host", [HERE, "localhost", ""])
def test_every_address(host: str) -> None:
    """Empty: all of them, and this machine to connect to."""
    listener = TcpListener(TcpUri("", 0))
    assert listener.address == f"tcp::{listener.port}"
    talk(listener, TcpOpener(TcpUri(host, listener.port or 0)))


@pytest.mark.may_skip
@requires_ipv6
def test_ipv6() -> None:
    try:
        listener = TcpListener(TcpUri("::1", 0))
    except ChannelError as error:
        pytest.skip(f"no IPv6 here: {error}")
    assert listener.address == f"tcp:[::1]:{listener.port}"
    talk(listener, TcpOpener(TcpUri("::1", listener.port or 0)))


def test_family_is_kept() -> None:
    listener = TcpListener(TcpUri("", 0, ipv6=False))
    talk(listener, TcpOpener(TcpUri("localhost", listener.port or 0, ipv4=True)))
    with pytest.raises(ChannelError, match="cannot listen at tcp:127.0.0.1:0,ipv6=on"):
        TcpListener(TcpUri(HERE, 0, ipv6=True))


def test_tcp_sends_at_once() -> None:
    listener = TcpListener(TcpUri(HERE, 0))
    interrupt = Interrupt()
    source = TcpOpener(TcpUri(HERE, listener.port or 0)).open(interrupt)
    destination = listener.accept(interrupt)
    for channel in (source, destination):
        assert channel._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not channel._socket.get_inheritable()
        channel.close()
    listener.close()
    interrupt.close()


@pytest.mark.parametrize(("host", "near"), [(HERE, True), ("127.0.0.2", False)])
def test_little_is_on_its_way_within_a_host(host: str, near: bool) -> None:
    """Else megabytes lie in buffers, and have left the processor's cache when they are read."""
    closing = contextlib.closing
    with closing(TcpListener(TcpUri(host, 0))) as listener, closing(Interrupt()) as interrupt:
        plain = socket.create_connection((host, listener.port))
        channel = TcpOpener(TcpUri(host, listener.port or 0)).open(interrupt)
        usual, found = (
            each.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            for each in (plain, channel._socket)
        )
        plain.close()
        channel.close()
    assert (found < usual) is near


def test_port_that_is_taken() -> None:
    taken = TcpListener(TcpUri(HERE, 0))
    port = taken.port or 0
    with pytest.raises(ChannelError, match=f"cannot listen at tcp:{HERE}:{port}: Address already"):
        TcpListener(TcpUri(HERE, port))
    upwards = TcpListener(TcpUri(HERE, port, to=65535))
    assert (upwards.port or 0) > port
    assert upwards.address == f"tcp:{HERE}:{upwards.port}"
    upwards.close()
    taken.close()


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    interrupt = Interrupt()
    with pytest.raises(ChannelError, match="no connection to tcp:nowhere:1: Name or service"):
        TcpOpener(TcpUri("nowhere", 1)).open(interrupt)
    with pytest.raises(ChannelError, match="cannot listen at tcp:nowhere:1: Name or service"):
        TcpListener(TcpUri("nowhere", 1))
    interrupt.close()


def test_name_that_cannot_be_one() -> None:
    """The standard library encodes names before it looks them up."""
    interrupt = Interrupt()
    with pytest.raises(ChannelError, match="no connection to"):
        TcpOpener(TcpUri("x" * 64 + ".example", 1)).open(interrupt)
    with pytest.raises(ChannelError, match="cannot listen"):
        TcpListener(TcpUri("x..example", 1))
    interrupt.close()


def test_nobody_listens() -> None:
    before = open_descriptors()
    listener = TcpListener(TcpUri(HERE, 0))
    port = listener.port or 0
    listener.close()
    interrupt = Interrupt()
    with pytest.raises(ChannelError, match=f"no connection to tcp:{HERE}:{port}: Connection ref"):
        TcpOpener(TcpUri(HERE, port)).open(interrupt)
    interrupt.close()
    assert open_descriptors() == before


def test_second_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = TcpListener(TcpUri(HERE, 0))
    refused = TcpListener(TcpUri(HERE, 0))
    refused.close()

    def both(host: str, port: int, *_: object) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kind, (HERE, refused.port)), (*kind, (HERE, listener.port))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    talk(listener, TcpOpener(TcpUri("host", 1)))


def cancelled(opener: TcpOpener | UnixOpener) -> None:
    """It waits; ending it ends the waiting."""
    before = open_descriptors()
    interrupt = Interrupt()
    opening = Background(lambda: opener.open(interrupt))
    interrupt.fire()
    with pytest.raises(ChannelError, match="cancelled"):
        opening.result()
    interrupt.close()
    assert open_descriptors() == before


def test_cancel_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on, ended = threading.Event(), threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *rest: Any) -> Any:
        if rest[-1] == socket.AI_NUMERICHOST:
            return real(host, *rest)
        begun.set()
        goes_on.wait()
        ended.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    cancelled(TcpOpener(TcpUri("slow", 1)))
    goes_on.set()  # the answer comes too late and disturbs nobody
    assert not begun.is_set() or ended.wait(60)


def test_cancel_connect() -> None:
    """Of those that connect to a listener that does not accept, the last ones wait."""
    listener = socket.create_server((HERE, 0), backlog=0)
    crowd = []
    for _ in range(8):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        crowd.append(client)
    cancelled(TcpOpener(TcpUri(HERE, listener.getsockname()[1])))
    for client in (*crowd, listener):
        client.close()


def test_cancel_accept(tmp_path: Path) -> None:
    for listener in (TcpListener(TcpUri("", 0)), UnixListener(UnixUri(str(tmp_path / "x")))):
        interrupt = Interrupt()
        accepting = Background(lambda: listener.accept(interrupt))  # noqa: B023
        interrupt.fire()
        with pytest.raises(ChannelError, match="cancelled"):
            accepting.result()
        interrupt.close()
        listener.close()


def test_unix(tmp_path: Path) -> None:
    before = open_descriptors()
    uri = UnixUri(str(tmp_path / "socket"))
    listener = UnixListener(uri)
    assert (listener.address, listener.port) == (str(uri), None)
    talk(listener, UnixOpener(uri))
    assert not (tmp_path / "socket").exists()
    assert open_descriptors() == before


def test_unix_socket_that_is_left(tmp_path: Path) -> None:
    """It is replaced, as those of a machine that crashed have to be; other files are not."""
    uri = UnixUri(str(tmp_path / "socket"))
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(uri.path)
    talk(UnixListener(uri), UnixOpener(uri))
    (tmp_path / "socket").write_text("precious")
    with pytest.raises(ChannelError, match="cannot listen at unix:.*: Address already in use"):
        UnixListener(uri)
    assert (tmp_path / "socket").read_text() == "precious"


def test_only_the_own_file_is_removed(tmp_path: Path) -> None:
    uri = UnixUri(str(tmp_path / "socket"))
    first = UnixListener(uri)
    second = UnixListener(uri)
    first.close()
    first.close()
    talk(second, UnixOpener(uri))


def test_unix_without_a_listener(tmp_path: Path) -> None:
    interrupt = Interrupt()
    with pytest.raises(ChannelError, match="no connection to unix:.*: No such file"):
        UnixOpener(UnixUri(str(tmp_path / "none"))).open(interrupt)
    with pytest.raises(ChannelError, match="cannot listen at unix:.*: No such file"):
        UnixListener(UnixUri(str(tmp_path / "none" / "x")))
    interrupt.close()


def crowded(path: str) -> tuple[socket.socket, list[socket.socket]]:
    """A listener where nobody else has room to wait."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    crowd: list[socket.socket] = []
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        crowd.append(client)
        try:
            client.connect(path)
        except BlockingIOError:
            return listener, crowd


def test_crowded_unix_listener(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    listener, crowd = crowded(path)
    cancelled(UnixOpener(UnixUri(path)))
    interrupt = Interrupt()
    opening = Background(lambda: UnixOpener(UnixUri(path)).open(interrupt))
    listener.accept()[0].close()
    opening.result().close()
    for client in (*crowd, listener):
        client.close()
    interrupt.close()


def test_linger_waits_for_the_peer() -> None:
    """Bytes that nobody reads would break the connection while the peer still reads."""
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    theirs.sendall(b"unwanted")
    lingering = Background(lambda: channel.linger(1e6))
    assert theirs.recv(1) == b""  # the peer sees the end
    theirs.close()
    lingering.result()
    channel.close()


def test_linger_has_an_end() -> None:
    ours, theirs = socket.socketpair()
    times = iter([0.0, 0.0, 5.0])
    channel = SocketChannel(ours, clock=lambda: next(times))
    theirs.sendall(b"x")  # and nothing more: but the time is over
    channel.linger(5.0)
    other, gone = socket.socketpair()
    broken = SocketChannel(other)
    lingering = Background(lambda: broken.linger(1e6))
    broken.shutdown()
    lingering.result()
    for end in (channel, broken, theirs, gone):
        end.close()


def test_write_now_never_waits() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    for _ in range(100):
        channel.write_now(bytes(100_000))
    assert theirs.recv(10) == bytes(10)
    theirs.close()
    channel.write_now(b"x")
    channel.close()
    channel.write_now(b"x")


def pair_of_tcp() -> tuple[SocketChannel, SocketChannel]:
    """Two ends of one connection."""
    with socket.create_server((HERE, 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    return SocketChannel(ours), SocketChannel(theirs)


def pair_of_unix() -> tuple[SocketChannel, SocketChannel]:
    """The same in one host."""
    ours, theirs = socket.socketpair()
    return SocketChannel(ours), SocketChannel(theirs)


@pytest.mark.parametrize("pair", [pair_of_tcp, pair_of_unix])
def test_a_peer_that_ends_what_it_says_is_there(pair: Any) -> None:
    ours, theirs = pair()
    ours.write(b"x")
    assert not theirs.deserted
    ours.end_writing()
    assert received(theirs) == b"x"
    assert not theirs.deserted
    theirs.write(b"answer")
    assert ours.read(100) == b"answer"
    theirs.close()
    ours.close()


@pytest.mark.parametrize("pair", [pair_of_tcp, pair_of_unix])
def test_a_peer_that_gave_up_is_gone_whatever_it_said_before(pair: Any) -> None:
    ours, theirs = pair()
    ours.write(b"all of it")
    ours.shutdown()
    ours.close()
    buffer = memoryview(bytearray(100))
    assert theirs.read_into(buffer) == 9
    assert theirs.deserted
    theirs.close()


def test_a_whole_stream_arrives_also_if_it_was_shut_down() -> None:
    ours, theirs = pair_of_tcp()
    ours.write(b"all of it")
    ours.shutdown()
    ours.close(whole=True)
    assert received(theirs) == b"all of it"
    theirs.close()


def test_connection_that_breaks() -> None:
    listener = socket.create_server((HERE, 0))
    interrupt = Interrupt()
    channel = TcpOpener(TcpUri(HERE, listener.getsockname()[1])).open(interrupt)
    peer, _ = listener.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    with pytest.raises(ChannelError, match="reading failed: Connection reset by peer"):
        channel.read(1)
    with pytest.raises(ChannelError, match="writing failed: Broken pipe"):
        channel.write(b"x")
    channel.close()
    listener.close()
    interrupt.close()
