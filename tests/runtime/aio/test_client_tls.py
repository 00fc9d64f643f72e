from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.aio.client import Client
from qapigen.runtime.aio.tls import client_context
from qapigen.runtime.errors import ConnectionLost, QapiError
from tests.runtime.certificates import make_certificates, server_side
from tests.runtime.scripted_peer import Peer, Visit, event

Play = Callable[[Coroutine[Any, Any, object]], None]


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
        forgiven=(ssl.SSLError,),
    )


@pytest.mark.parametrize("tcp", [False, True])
def test_commands_and_events(play: Play, tmp_path: Path, tcp: bool) -> None:
    folder = make_certificates(tmp_path)

    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(2, before=(event("FIRST"),))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address, tls=client_context(folder), timeout=20) as client:
            assert await client.execute("two") == 2
            assert (await client.wait_event("FIRST")).name == "FIRST"
            with pytest.raises(QapiError, match="TLS"):
                await client.execute("getfd", fds=[0])

    with tls_peer(folder, script, tcp=tcp) as peer:
        play(scenario(peer.address.replace("127.0.0.1", "localhost")))


def test_another_name(play: Play, tmp_path: Path) -> None:
    folder = make_certificates(tmp_path)

    async def scenario(address: str) -> None:
        with pytest.raises(ConnectionLost, match=r"(?i)hostname mismatch|not valid for"):
            await Client.connect(
                address, tls=client_context(folder), tls_hostname="other.example", timeout=20
            )

    with tls_peer(folder, lambda visit: None) as peer:
        play(scenario(peer.address))
