from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from qapigen.runtime.aio.client import Client
from qapigen.runtime.aio.connecting import attach
from qapigen.runtime.aio.tls import client_context
from qapigen.runtime.aio.tls_alerts import last_words
from qapigen.runtime.errors import ConnectionLost
from qapigen.runtime.session.client import ClientSession
from tests.runtime.certificates import make_certificates


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", None),
        (b"\x15", None),
        (b'{"QMP": {}}\r\n', "the server does not speak it"),
        (b"\x15\x03\x03\x00\x02\x02\x30", "the server sent the alert 'unknown ca'"),
        (b"\x15\x03\x01\x00\x02\x02\x28more", "the server sent the alert 'handshake failure'"),
        (b"\x15\x03\x03\x00\x02\x02\xc8", "the server sent the alert '200'"),
        (b"\x16\x03\x03\x00\x02ab", None),
        (b"\x17\x03\x03\x00\x40abcdefgh", None),
    ],
)
def test_last_words(said: bytes, words: str | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(said)
        if said:
            theirs.close()
        assert last_words(ours) == words


def test_a_server_that_says_why_and_goes(tmp_path: Path) -> None:
    """What it said is there before the client says a word, so that saying one must fail."""
    folder = make_certificates(tmp_path)

    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        theirs.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
        theirs.close()
        with pytest.raises(OSError, match="alert 'handshake failure'|handshake failure"):
            await attach(ClientSession(), ours, tls=client_context(folder))

    asyncio.run(scenario())


def test_the_error_of_a_client_has_it(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        async def scenario() -> None:
            connecting = asyncio.create_task(
                Client.connect(f"unix:{tmp_path}/s", tls=client_context(folder), timeout=20)
            )
            listener.setblocking(False)
            theirs, _ = await asyncio.get_running_loop().sock_accept(listener)
            theirs.sendall(b'{"QMP": {}}\r\n')
            theirs.close()
            with pytest.raises(ConnectionLost, match="no connection to unix:.*(?i:speak|version)"):
                await connecting

        asyncio.run(scenario())
