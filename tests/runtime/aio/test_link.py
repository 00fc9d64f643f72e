from __future__ import annotations

import asyncio
import os
import select
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.aio.client import Client
from qapigen.runtime.aio.connecting import attach
from qapigen.runtime.errors import ConnectionLost
from qapigen.runtime.session.client import ClientSession
from tests.runtime.scripted_peer import Peer, Visit, success

Play = Callable[[Coroutine[Any, Any, object]], None]
SIZE = 4 * 1024 * 1024


def test_descriptors_wait_for_room(play: Play, tmp_path: Path) -> None:
    """They go with their command, however much has to leave before it."""
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        visit.answer()
        command = visit.hear()
        assert command["execute"] == "getfd"
        (descriptor,) = visit.fds
        os.write(descriptor, b"x")
        os.close(descriptor)
        visit.say(success(command))
        visit.answer()
        visit.see_end()

    async def scenario(address: str) -> None:
        reading, writing = os.pipe()
        async with await Client.connect(address) as client:
            big = asyncio.create_task(client.execute("echo", {"text": "x" * SIZE}))
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                await client.execute("getfd", fds=[writing], timeout=0.3)
            getfd = asyncio.create_task(client.execute("getfd", fds=[writing]))
            await asyncio.sleep(0)
            os.close(writing)
            go_on.set()
            await asyncio.gather(big, getfd, client.execute("more"))
        assert os.read(reading, 10) == b"x"
        os.close(reading)

    with Peer(tmp_path / "s", script) as peer:
        play(scenario(peer.address))


def test_descriptors_wait_for_a_full_socket(play: Play, tmp_path: Path) -> None:
    """Also when it is the system's buffer that is full, and the transport's own is empty."""
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        assert visit.answer()["execute"] == "getfd"
        (descriptor,) = visit.fds
        os.close(descriptor)
        visit.answer()
        visit.see_end()

    async def scenario(address: str) -> None:
        connection = connected(address)
        link = await attach(ClientSession(), connection)
        await link.ready
        with suppress(BlockingIOError):
            while connection.send(b" " * 65536):  # between commands, blanks say nothing
                pass
        reading, writing = os.pipe()
        _, answer = link.send("getfd", None, fds=[writing])
        _, another = link.send("more", None)
        os.close(writing)
        assert not select.select([reading], [], [], 0)[0], "no copy is kept"
        go_on.set()
        await asyncio.gather(answer, another)
        assert os.read(reading, 1) == b"", "a copy is still open"
        os.close(reading)
        link.close()
        await link.closed

    with Peer(tmp_path / "s", script) as peer:
        play(scenario(peer.address))


def connected(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address.removeprefix("unix:"))
    return connection


def test_no_descriptor_is_left(play: Play, tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()

    async def scenario(address: str) -> None:
        reading, writing = os.pipe()
        async with await Client.connect(address) as client:
            calls = [client.execute("getfd", fds=[writing]) for _ in range(3)]
            found = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in found] == [ConnectionLost] * 3
        os.close(writing)
        assert os.read(reading, 1) == b"", "a copy is still open"
        os.close(reading)

    with Peer(tmp_path / "s", script) as peer:
        play(scenario(peer.address))


def test_commands_that_were_not_sent_are_withdrawn(play: Play, tmp_path: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        assert visit.answer()["execute"] == "echo"
        assert visit.answer()["execute"] == "last"
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            big = asyncio.create_task(client.execute("echo", {"text": "x" * SIZE}))
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                await client.execute("never", timeout=0.3)
            go_on.set()
            await asyncio.gather(big, client.execute("last"))

    with Peer(tmp_path / "s", script) as peer:
        play(scenario(peer.address))


def test_closing_does_not_wait_for_a_server_that_does_not_read(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qapigen.runtime.aio.link._LINGER_SECONDS", 0.01)
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)

    async def scenario(address: str) -> None:
        client = await Client.connect(address)
        big = asyncio.create_task(client.execute("echo", {"text": "x" * SIZE}))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(ConnectionLost, match="this client was closed"):
            await big
        go_on.set()

    with Peer(tmp_path / "s", script) as peer:
        play(scenario(peer.address))
