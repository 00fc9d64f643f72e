"""From a uri to a channel, and the wish not to get there."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.opening import Acceptor, incoming, outgoing
from qapigen.migration.channels.sockets import TcpListener
from qapigen.migration.channels.tls import TlsClient, TlsServer
from qapigen.migration.channels.uri import TcpUri, UnknownProtocol
from qapigen.runtime.errors import QapiError
from tests.migration.channels.pairs import (
    DEADLINE_SECONDS,
    Background,
    client_tls,
    no_descriptor,
    open_descriptors,
    received,
    server_tls,
)

HERE = "tcp:127.0.0.1:0"


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


def test_wrong_uris() -> None:
    with pytest.raises(UnknownProtocol):
        outgoing("ftp:x", getfd=no_descriptor)
    with pytest.raises(UnknownProtocol):
        incoming("ftp:x")
    with pytest.raises(ChannelError, match="tells nothing to listen at"):
        incoming("defer")


def test_unknown_name() -> None:
    def refuse(name: str) -> int:
        raise QapiError(f"nothing is called {name}")

    with pytest.raises(ChannelError, match="uri 'fd:x': no descriptor has this name"):
        outgoing("fd:x", getfd=no_descriptor)
    with pytest.raises(ChannelError, match="nothing is called x"):
        outgoing("fd:x", getfd=refuse)
    with pytest.raises(ChannelError, match="nothing is called x"):
        incoming("fd:x", getfd=refuse)
    with pytest.raises(ChannelError, match="'fd:x': expected the number"):
        incoming("fd:x")


def test_name_of_no_use() -> None:
    """It is used up all the same."""
    reader, writer = os.pipe()
    with pytest.raises(ChannelError, match="cannot be written"):
        outgoing("fd:x", getfd={"x": reader}.__getitem__)
    with pytest.raises(ChannelError, match="cannot be read"):
        incoming("fd:x", getfd={"x": writer}.__getitem__)


def test_incoming_name() -> None:
    reader, writer = os.pipe()
    acceptor = incoming("fd:x", getfd={"x": reader}.__getitem__)
    assert (acceptor.address, acceptor.port) == ("fd:x", None)
    os.write(writer, b"x")
    os.close(writer)
    channel = acceptor.accept()
    assert received(channel) == b"x"
    channel.close()


def test_address() -> None:
    acceptor = incoming(HERE)
    assert acceptor.port
    assert acceptor.address == f"tcp:127.0.0.1:{acceptor.port}"
    acceptor.cancel()


def test_once() -> None:
    """The listener closes after the first connection."""
    acceptor = incoming(HERE)
    connector = outgoing(acceptor.address, getfd=no_descriptor)
    source = connector.connect()
    destination = acceptor.accept()
    with pytest.raises(ChannelError, match="Connection refused"):
        outgoing(acceptor.address, getfd=no_descriptor).connect()
    for again in (connector.connect, acceptor.accept):
        with pytest.raises(ChannelError, match="there is a channel already"):
            again()
    source.close()
    destination.close()


UNUSED = ["tcp:127.0.0.1:1", "unix:/nowhere", "exec:exec sleep 1000", "fd:pipe"]


@pytest.mark.parametrize("uri", UNUSED)
def test_cancel_before_connecting(uri: str) -> None:
    reader, writer = os.pipe()
    connector = outgoing(uri, getfd=lambda _: os.dup(writer))
    connector.cancel()
    connector.cancel()
    with pytest.raises(ChannelError, match="cancelled"):
        connector.connect()
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("kind", ["tcp", "unix", "exec", "fd"])
def test_cancel_before_accepting(kind: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    uris = {"tcp": HERE, "unix": f"unix:{tmp_path}/x", "exec": "exec:exec sleep 1000"}
    acceptor = incoming(uris.get(kind, f"fd:{reader}"))
    acceptor.cancel()
    acceptor.cancel()
    with pytest.raises(ChannelError, match="cancelled"):
        acceptor.accept()
    assert not list(tmp_path.iterdir())
    os.close(writer)
    if kind != "fd":
        os.close(reader)


def test_cancel_accepting() -> None:
    acceptor = incoming(HERE)
    accepting = Background(acceptor.accept)
    acceptor.cancel()
    with pytest.raises(ChannelError, match="cancelled"):
        accepting.result()


def test_cancel_handshake_of_the_source(certificates: Path) -> None:
    """The peer accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uri = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        connector = outgoing(uri, getfd=no_descriptor, tls=lambda: client_tls(certificates))
        connecting = Background(connector.connect)
        peer, _ = listener.accept()
        assert peer.recv(1)  # the handshake has begun
        connector.cancel()
        with pytest.raises(ChannelError, match="connecting was cancelled"):
            connecting.result()
        peer.close()


def test_cancel_handshake_of_the_destination(certificates: Path) -> None:
    asked = []

    def tls() -> TlsServer:
        asked.append(True)
        return server_tls(certificates)

    acceptor = incoming(HERE, tls=tls)
    accepting = Background(acceptor.accept)
    with socket.create_connection(("127.0.0.1", acceptor.port or 0)) as client:
        client.sendall(b"\x16\x03\x01")
        acceptor.cancel()
        with pytest.raises(ChannelError, match="listening was cancelled"):
            accepting.result()


def test_cancel_at_any_moment() -> None:
    """Either there is no channel, or it is broken; and nothing stays open."""
    rng = random.Random(5)
    for _ in range(50):
        acceptor = incoming(HERE)
        connector = outgoing(acceptor.address, getfd=no_descriptor)
        connecting, accepting = Background(connector.connect), Background(acceptor.accept)
        for _ in range(rng.randrange(3000)):
            pass
        connector.cancel()
        acceptor.cancel()
        for attempt in (connecting, accepting):
            try:
                channel = attempt.result()
            except ChannelError:
                continue
            with pytest.raises(ChannelError):
                channel.write(b"x")
            channel.close()


def test_cancel_afterwards() -> None:
    """It breaks the channel: whoever cancels need not know how far things are."""
    acceptor = incoming(HERE)
    connector = outgoing(acceptor.address, getfd=no_descriptor)
    source, destination = connector.connect(), acceptor.accept()
    connector.cancel()
    with pytest.raises(ChannelError, match="shut down"):
        source.write(b"x")
    assert received(destination) == b""
    acceptor.cancel()
    with pytest.raises(ChannelError, match="shut down"):
        destination.write(b"x")
    source.close()
    destination.close()
    connector.cancel()


def test_name_to_verify(certificates: Path) -> None:
    """That of the parameter, or else the host of the uri."""
    nameless = TlsClient(client_tls(certificates).context)
    for uri, tls, problem in [
        ("tcp:localhost:{}", nameless, ""),
        ("tcp:127.0.0.1:{}", client_tls(certificates), ""),
        ("tcp:127.0.0.1:{}", nameless, "IP address mismatch"),
    ]:
        acceptor = incoming("tcp::0", tls=lambda: server_tls(certificates))
        connector = outgoing(uri.format(acceptor.port), getfd=no_descriptor, tls=[tls].pop)
        accepting = Background(acceptor.accept)
        if problem:
            with pytest.raises(ChannelError, match=problem):
                connector.connect()
            acceptor.cancel()
            with pytest.raises(ChannelError):
                accepting.result()
        else:
            source, destination = connector.connect(), accepting.result()
            destination.shutdown()
            source.close()
            destination.close()


def test_credentials_are_asked_for_when_connected() -> None:
    """Not when the uri is read: what is wrong with them is a failure of the connection."""
    asked: list[str] = []

    def missing() -> TlsClient:
        asked.append(threading.current_thread().name)
        raise QapiError("tls-creds: there is no object 'c'")

    acceptor = incoming("tcp:127.0.0.1:0")
    connector = outgoing(acceptor.address, getfd=no_descriptor, tls=missing)
    assert asked == []
    connecting = Background(connector.connect)
    with pytest.raises(ChannelError, match="tls-creds: there is no object 'c'"):
        connecting.result()
    assert asked == [connecting.thread.name]
    destination = acceptor.accept()  # it had connected
    assert received(destination) == b""
    destination.close()


def test_credentials_are_not_asked_for_in_vain() -> None:
    def missing() -> TlsClient:
        raise AssertionError("nobody is connected")

    connector = outgoing("unix:/nowhere/at/all", getfd=no_descriptor, tls=missing)
    with pytest.raises(ChannelError, match="No such file"):
        connector.connect()


@pytest.mark.parametrize("uri", ["unix:{}/x", "exec:cat > {}/y", "fd:x"])
def test_no_name_to_verify(certificates: Path, tmp_path: Path, uri: str) -> None:
    ours, theirs = socket.socketpair()
    acceptor = incoming(f"unix:{tmp_path}/x")
    nameless = TlsClient(client_tls(certificates).context)
    connector = outgoing(
        uri.format(tmp_path), getfd=lambda _: os.dup(ours.fileno()), tls=lambda: nameless
    )
    with pytest.raises(ChannelError, match="set 'tls-hostname'"):
        connector.connect()
    acceptor.cancel()
    ours.close()
    theirs.close()


def until_gone(peer: socket.socket) -> None:
    """Wait for the end, whichever way it comes."""
    try:
        while peer.recv(1000):
            pass
    except ConnectionResetError:
        pass


def test_failed_handshakes_are_told(certificates: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And the next one may come: also when the credentials were missing before."""
    answers: Iterator[TlsServer | QapiError] = iter(
        [server_tls(certificates), QapiError("no such object"), server_tls(certificates)]
    )

    def tls() -> TlsServer:
        answer = next(answers)
        if isinstance(answer, QapiError):
            raise answer
        return answer

    acceptor = incoming("tcp::0", tls=tls)
    accepting = Background(acceptor.accept)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", acceptor.port or 0)) as stranger:
                stranger.sendall(b"QEVM\0\0\0\3\7")
                until_gone(stranger)
    uri = f"tcp:localhost:{acceptor.port}"
    source = outgoing(uri, getfd=no_descriptor, tls=lambda: client_tls(certificates)).connect()
    destination = accepting.result()
    source.write(b"x")
    assert received(destination, 1) == b"x"
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith(f"{acceptor.address}: a connection was refused: TLS handshake: ")
    assert second == f"{acceptor.address}: a connection was refused: no such object"
    destination.shutdown()
    source.close()
    destination.close()


class Bell(logging.Handler):
    """Rings when something is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.rung.set()


def test_silent_client(certificates: Path) -> None:
    """It keeps others away for a while only."""
    bell, log = Bell(), logging.getLogger("qapigen.migration.channels.opening")
    log.addHandler(bell)
    acceptor = Acceptor(
        TcpListener(TcpUri("", 0)), lambda: server_tls(certificates), handshake_seconds=0.05
    )
    accepting = Background(acceptor.accept)
    with socket.create_connection(("127.0.0.1", acceptor.port or 0)) as silent:
        until_gone(silent)
        assert bell.rung.wait(DEADLINE_SECONDS)
    log.removeHandler(bell)
    acceptor.cancel()
    with pytest.raises(ChannelError, match="cancelled"):
        accepting.result()


def test_one_chance(certificates: Path) -> None:
    """Where nobody else can come, a failure is one."""
    ours, theirs = socket.socketpair()
    ours.sendall(b"QEVM\0\0\0\3\7")
    acceptor = incoming(f"fd:{theirs.detach()}", tls=lambda: server_tls(certificates))
    with pytest.raises(ChannelError, match="TLS handshake: "):
        acceptor.accept()
    ours.close()


def test_plain_meets_encrypted(certificates: Path) -> None:
    """The source fails in the handshake; the destination sees what is no stream."""
    acceptor = incoming("tcp::0")
    uri = f"tcp:localhost:{acceptor.port}"
    connector = outgoing(uri, getfd=no_descriptor, tls=lambda: client_tls(certificates))
    connecting = Background(connector.connect)
    destination = acceptor.accept()
    assert received(destination, 2) == b"\x16\x03"
    destination.shutdown()
    destination.close()
    with pytest.raises(ChannelError):
        connecting.result()
