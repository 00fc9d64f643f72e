"""Descriptors that the process was started with, and those that clients send."""

from __future__ import annotations

import asyncio
import os
import pty
import selectors
import socket
from pathlib import Path

import pytest

from qapigen.runtime.addresses import FdAddress, UnixAddress
from qapigen.runtime.aio.inherited import open_descriptor
from qapigen.runtime.aio.listeners import open_unix
from qapigen.runtime.errors import QapiError

from .conftest import Play
from .serving import NEGOTIATE, RawClient, command, null, raw_socket, sample_server, until


def test_what_is_no_way_to_talk() -> None:
    read, write = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        for fd in (read, write, datagrams.fileno(), 10_000):
            with pytest.raises(QapiError, match=f"fd:{fd}"):
                open_descriptor(FdAddress(fd))
    os.close(read)
    os.close(write)


def test_a_descriptor_that_is_served_already(play: Play) -> None:
    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        address = f"fd:{theirs.detach()}"
        server, _ = sample_server()
        async with server:
            await server.serve(address)
            with pytest.raises(QapiError, match="served already"):
                await server.serve(address)
            async with RawClient(*await asyncio.open_connection(sock=ours)) as client:
                assert "QMP" in await client.message()
                assert await client.ask(NEGOTIATE) == {"return": {}}

    play(scenario())


@pytest.mark.skipif(not hasattr(selectors, "EpollSelector"), reason="the system has no epoll")
def test_a_descriptor_that_cannot_be_watched() -> None:
    """The one that an event loop watches all others with."""
    selector = selectors.EpollSelector()
    address = f"fd:{os.dup(selector.fileno())}"

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            with pytest.raises(QapiError, match=f"{address}: "):
                await server.serve(address)
            assert server.clients == []

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(scenario())


def test_a_listening_socket(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        (listening,) = open_unix(UnixAddress(f"{tmp_path}/s"), mode=0o600)
        server, _ = sample_server()
        async with server:
            await server.serve(f"fd:{listening.detach()}")
            for _ in range(2):
                async with await RawClient.ready(f"{tmp_path}/s") as client:
                    assert await client.call("echo", {}) == {}

    play(scenario())


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_a_connected_socket(play: Play, family: socket.AddressFamily) -> None:
    async def scenario() -> None:
        ours, theirs = connected_pair(family)
        server, _ = sample_server()
        async with server:
            await server.serve(f"fd:{theirs.detach()}")
            async with RawClient(*await asyncio.open_connection(sock=ours)) as client:
                assert "QMP" in await client.message()
                assert await client.ask(NEGOTIATE) == {"return": {}}
                assert await client.call("echo", {"x": 1}) == {"x": 1}
            await server.wait_closed()

    play(scenario())


def connected_pair(family: socket.AddressFamily) -> tuple[socket.socket, socket.socket]:
    if family == socket.AF_UNIX:
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        return ours, listening.accept()[0]


def test_a_terminal(play: Play) -> None:
    async def scenario() -> None:
        import tty

        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        server, _ = sample_server()
        async with server:
            await server.serve(f"fd:{theirs}")
            os.write(ours, NEGOTIATE + command("echo", {}))
            loop, seen = asyncio.get_running_loop(), b""
            while seen.count(b"\n") < 3:
                seen += await loop.run_in_executor(None, os.read, ours, 1000)
            assert b'{"return": {}, "id": "echo"}\r\n' in seen
        os.close(ours)

    play(scenario())


def test_clients_send_descriptors(play: Play, tmp_path: Path) -> None:
    """With the command, before it, several in a row, with a slow command in front."""

    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            loop = asyncio.get_running_loop()
            with raw_socket(tmp_path / "s") as client, null() as file:
                lines = client.makefile("rb")

                async def line() -> bytes:
                    return await loop.run_in_executor(None, lines.readline)

                client.sendall(NEGOTIATE)
                assert b"QMP" in await line() and b"return" in await line()
                get = [command("getfd", {"fdname": name}, id=name) for name in "abc"]
                socket.send_fds(client, [get[0]], [file.fileno()])
                assert b'"return"' in await line()
                client.sendall(get[1])
                assert b"SCM_RIGHTS" in await line()
                socket.send_fds(client, [b" "], [file.fileno()])
                client.sendall(get[1])
                assert b'"return"' in await line()
                client.sendall(command("wait"))
                socket.send_fds(client, [get[1]], [file.fileno()])
                socket.send_fds(client, [get[2]], [file.fileno()])
                await samples.waiting.wait()
                samples.go.set()
                for _ in range(3):
                    assert b'"return"' in await line()
                (context,) = server.clients
                assert context.named_descriptors.names() == ["a", "b", "c"]
                client.sendall(command("closefd", {"fdname": "a"}) * 2)
                assert b'"return"' in await line() and b"GenericError" in await line()
                assert context.named_descriptors.names() == ["b", "c"]
                lines.close()
            await until(lambda: not server.clients)

    play(scenario())
