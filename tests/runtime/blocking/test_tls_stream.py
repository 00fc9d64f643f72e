from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qapigen.runtime.aio.tls import client_context
from qapigen.runtime.blocking import Client
from qapigen.runtime.errors import ConnectionLost, QapiError
from tests.runtime.certificates import make_certificates, server_side
from tests.runtime.scripted_peer import Peer, Visit, event

SIZE = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_certificates(tmp_path)


class TlsVisit(Visit):
    """TLS has no file descriptors."""

    def _receive(self) -> bytes:
        return self.socket.recv(65536)


def tls_peer(folder: Path, script: Callable[[Visit], object], *, tcp: bool = False) -> Peer:
    context = server_side(folder)

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    return Peer(
        None if tcp else folder / "s",
        lambda plain: script(TlsVisit(plain.socket)),
        wrap=wrap,
        forgiven=(ssl.SSLError, BrokenPipeError),
    )


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("timeout", [None, 20])
def test_commands_and_events(folder: Path, tcp: bool, timeout: float | None) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.say(*(event("BIG", text="x" * 1024) for _ in range(SIZE // 1024)))
        assert len(visit.answer("y" * SIZE)["arguments"]["text"]) == SIZE
        visit.answer(2)
        visit.say(event("LAST"))
        visit.see_end()

    context = client_context(folder)
    with tls_peer(folder, script, tcp=tcp) as peer:
        address = peer.address.replace("127.0.0.1", "localhost")
        with Client.connect(address, tls=context, timeout=20) as client:
            answer = client.execute("echo", {"text": "x" * SIZE}, timeout=timeout)
            assert answer == "y" * SIZE
            assert client.execute("two", timeout=timeout) == 2
            assert client.wait_event("LAST", timeout=timeout).name == "LAST"
            with pytest.raises(TimeoutError):
                client.wait_event("LAST", timeout=0.01)
            with pytest.raises(QapiError, match="TLS"):
                client.execute("getfd", fds=[0])


def test_the_end(folder: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()

    with (
        tls_peer(folder, script) as peer,
        Client.connect(peer.address, tls=client_context(folder)) as client,
        pytest.raises(ConnectionLost, match="server closed"),
    ):
        client.execute("quit")


def test_another_name(folder: Path) -> None:
    with (
        tls_peer(folder, lambda visit: None) as peer,
        pytest.raises(ConnectionLost, match="(?i)hostname mismatch|not valid for"),
    ):
        Client.connect(peer.address, tls=client_context(folder), tls_hostname="other.example")


def test_no_tls_there(folder: Path) -> None:
    with (
        Peer(folder / "s", lambda visit: visit.say({"QMP": {}})) as peer,
        pytest.raises(ConnectionLost, match="no connection to unix:"),
    ):
        Client.connect(peer.address, tls=client_context(folder))


def test_closed_by_another_thread(folder: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        visit.say(event("BEGUN"))
        visit.see_end()

    context = client_context(folder)
    with (
        tls_peer(folder, script, tcp=False) as peer,
        Client.connect(peer.address, tls=context, timeout=20) as client,
    ):
        found: list[str] = []
        begun = threading.Event()
        client.on_event(lambda each: begun.set())

        def wait() -> None:
            with pytest.raises(ConnectionLost) as caught:
                client.wait_event("NEVER")
            found.append(caught.value.desc)

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        go_on.set()
        assert begun.wait(20)
        closing = threading.Thread(target=client.close, daemon=True)
        closing.start()
        closing.join(20)
        waiting.join(20)
        assert found == ["this client was closed"]
