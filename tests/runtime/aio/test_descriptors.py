"""File descriptors that came: who owns them, and when they are closed."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from qapigen.runtime.aio.client import Client
from qapigen.runtime.aio.descriptors import NamedDescriptors, ReceivedDescriptors
from qapigen.runtime.errors import QapiError, RemoteError

from .conftest import Play
from .serving import NEGOTIATE, RawClient, command, raw_socket, sample_server, until


def new() -> int:
    """A descriptor that nobody else has."""
    return os.open(os.devnull, os.O_RDONLY)


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


# --- those that came ---


def test_nothing_to_claim() -> None:
    with pytest.raises(QapiError, match="SCM_RIGHTS"):
        ReceivedDescriptors().claim()


def test_what_nobody_claimed_gives_way() -> None:
    held, first, second, third = ReceivedDescriptors(), new(), new(), new()
    held.receive([first], replace=True)
    held.receive([second], replace=False)
    assert is_open(first)
    held.receive([third], replace=True)
    assert not is_open(first) and not is_open(second)
    assert held.claim() == third
    os.close(third)


def test_a_command_takes_one_of_its_message() -> None:
    held, first, surplus, others, later = ReceivedDescriptors(), new(), new(), new(), new()
    held.receive([first, surplus, others], replace=True)
    held.receive([later], replace=False)
    assert held.claim() == first
    assert is_open(first) and not is_open(surplus) and not is_open(others)
    assert held.claim() == later  # of a message of its own
    assert is_open(later)
    with pytest.raises(QapiError, match="SCM_RIGHTS"):
        held.claim()
    os.close(first)
    os.close(later)


def test_what_nobody_claims_does_not_pile_up() -> None:
    held, first, last = ReceivedDescriptors(), [new(), new()], [new() for _ in range(253)]
    held.receive(first, replace=False)
    held.receive(last, replace=False)
    assert not any(map(is_open, first)) and all(map(is_open, last))
    held.close()
    assert not any(map(is_open, last))


# --- those that got a name ---


def test_names() -> None:
    held, fd = NamedDescriptors(), new()
    held.store("disk", fd)
    assert held.names() == ["disk"] and is_open(fd)
    assert held.take("disk") == fd
    assert held.names() == [] and is_open(fd)
    with pytest.raises(QapiError, match="'disk'"):
        held.take("disk")
    os.close(fd)


def test_a_name_must_not_begin_with_a_digit() -> None:
    held, fd = NamedDescriptors(), new()
    with pytest.raises(QapiError, match="digit"):
        held.store("1disk", fd)
    assert not is_open(fd) and not held.names()


def test_a_name_in_use_stands_for_the_new_one() -> None:
    held, old, fd = NamedDescriptors(), new(), new()
    held.store("disk", old)
    held.store("disk", fd)
    assert not is_open(old) and is_open(fd)
    held.close()
    assert not is_open(fd) and not held.names()


# --- of a server ---


class FdClient:
    """A client that sends descriptors along with its commands."""

    def __init__(self, connected: socket.socket) -> None:
        self.connected = connected
        self.raw: RawClient

    async def __aenter__(self) -> FdClient:
        self.connected.setblocking(False)
        self.raw = RawClient(*await asyncio.open_connection(sock=self.connected))
        assert "QMP" in await self.raw.message()
        assert await self.raw.ask(NEGOTIATE) == {"return": {}}
        return self

    async def __aexit__(self, *unused: object) -> None:
        await self.raw.close()

    async def getfd(self, name: str, *descriptors: int) -> bool:
        """Whether the server gave a descriptor the name."""
        text = command("getfd", {"fdname": name})
        assert socket.send_fds(self.connected, [text], descriptors) == len(text)
        return "return" in await self.raw.message()

    async def closefd(self, name: str) -> bool:
        """Whether there was one of the name."""
        return "return" in await self.raw.ask(command("closefd", {"fdname": name}))


def at(path: Path) -> FdClient:
    return FdClient(raw_socket(path))


class Disk(NamedTuple):
    """An open file to be sent."""

    path: Path
    fd: int

    @property
    def copies(self) -> int:
        """How many descriptors of it there are besides our own."""
        numbers = Path("/proc/self/fd").iterdir()
        return sum(os.path.realpath(each) == str(self.path) for each in numbers) - 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk.img"
    with path.open("w") as file:
        yield Disk(path, file.fileno())


def test_names_outlive_their_client(play: Play, tmp_path: Path, disk: Disk) -> None:
    """They are those of the address, until the server ends."""

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/a")
            await server.serve(f"unix:{tmp_path}/b")
            async with at(tmp_path / "a") as client, at(tmp_path / "b") as stranger:
                for name in ("disk", "net", "spare"):
                    assert await client.getfd(name, disk.fd)
                assert not await stranger.closefd("disk")
            await until(lambda: not server.clients)
            assert disk.copies == 3
            async with at(tmp_path / "a") as client, at(tmp_path / "a") as other:
                assert await client.closefd("disk")
                assert not await other.closefd("disk")
                taken = server.clients[0].take_fd("net")
                assert not await other.closefd("net")
                assert disk.copies == 2
                os.close(taken)
        assert disk.copies == 0

    play(scenario())


def test_a_connection_of_its_own_has_names_of_its_own(play: Play, disk: Disk) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            (ours, theirs), (beside, others) = socket.socketpair(), socket.socketpair()
            await server.serve(f"fd:{theirs.detach()}")
            await server.serve(f"fd:{others.detach()}")
            async with FdClient(beside) as stays:
                async with FdClient(ours) as client:
                    assert await client.getfd("disk", disk.fd)
                    assert not await stays.closefd("disk")
                    assert disk.copies == 1
                await until(lambda: len(server.clients) == 1)
                assert disk.copies == 0
            await server.wait_closed()

    play(scenario())


def test_one_command_takes_one_descriptor(play: Play, tmp_path: Path, disk: Disk) -> None:
    """What came with it is closed; what nobody claims is closed when its client goes."""

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            async with at(tmp_path / "s") as client:
                assert await client.getfd("a", disk.fd, disk.fd, disk.fd)
                assert disk.copies == 1
                assert not await client.getfd("b")
                assert not await client.getfd("1", disk.fd, disk.fd)
                assert disk.copies == 1
                socket.send_fds(client.connected, [command("echo", {})], [disk.fd] * 3)
                assert "return" in await client.raw.message()
                assert disk.copies == 4
            await until(lambda: not server.clients)
            assert disk.copies == 1  # the one that has a name
        assert disk.copies == 0

    play(scenario())


def test_messages_stay_apart(play: Play, tmp_path: Path, disk: Disk) -> None:
    """Each of several commands that wait for their turn takes the descriptor of its message."""

    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            async with at(tmp_path / "s") as client:
                client.connected.send(command("wait"))
                for name in ("a", "b"):
                    text = command("getfd", {"fdname": name})
                    socket.send_fds(client.connected, [text], [disk.fd, disk.fd])
                client.connected.send(command("getfd", {"fdname": "c"}))
                await samples.waiting.wait()
                samples.go.set()
                answers = [await client.raw.message() for _ in range(4)]
                assert ["return" in answer for answer in answers] == [True, True, True, False]
                assert disk.copies == 2
        assert disk.copies == 0

    play(scenario())


@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_descriptors_behind_long_texts(play: Play, tmp_path: Path, disk: Disk, size: int) -> None:
    """They come with their commands, also when neither fits into what the system buffers."""

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            async with await Client.connect(f"unix:{tmp_path}/s") as client:
                sent = []
                for name in ("a", "b", "c"):
                    sent.append(client.execute("unknown", {"text": "x" * size}))
                    sent.append(client.execute("getfd", {"fdname": name}, fds=[disk.fd]))
                answers = await asyncio.gather(*sent, return_exceptions=True)
                assert [type(each) for each in answers] == [RemoteError, dict] * 3
                assert disk.copies == 3
        assert disk.copies == 0

    play(scenario())
