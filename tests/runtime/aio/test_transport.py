"""The transport does what asyncio promises to protocols."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from qapigen.runtime.aio.channels import PipeChannel, SocketChannel, close_descriptors
from qapigen.runtime.aio.transport import ChannelTransport

from .conftest import Play
from .serving import null, until


class Recorder(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self, *, keep_open: bool = False) -> None:
        self.keep_open = keep_open
        self.seen: list[str] = []
        self.data = b""
        self.lost = asyncio.Event()
        self.ended = asyncio.Event()
        self.error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.seen.append("made")

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        self.seen.append("eof")
        self.ended.set()
        return self.keep_open

    def pause_writing(self) -> None:
        self.seen.append("pause")

    def resume_writing(self) -> None:
        self.seen.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append("lost")
        self.error = exc
        self.lost.set()


def pair(protocol: Recorder) -> tuple[ChannelTransport, socket.socket]:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    transport = ChannelTransport(
        asyncio.get_running_loop(), channel, protocol, extra={"socket": ours}
    )
    return transport, theirs


def test_all_bytes_come_and_go(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        with theirs:
            assert transport.get_extra_info("socket") is not None
            theirs.setblocking(False)
            wanted = bytes(range(256)) * 10_000
            transport.write(wanted)
            assert transport.get_write_buffer_size() > 0
            assert protocol.seen == ["made", "pause"]
            transport.close()  # sends what is left
            transport.close()  # again
            transport.write(b"")
            assert transport.is_closing()
            loop, got = asyncio.get_running_loop(), b""
            while len(got) < len(wanted):
                got += await loop.sock_recv(theirs, 100_000)
            assert got == wanted
            await protocol.lost.wait()
            assert protocol.seen == ["made", "pause", "resume", "lost"]
            assert await loop.sock_recv(theirs, 10) == b""
            transport.write(b"too late")
            transport.abort()

    play(scenario())


def test_reading_can_be_paused(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        with theirs:
            transport.pause_reading()
            transport.pause_reading()
            assert not transport.is_reading()
            theirs.sendall(b"abc")
            for _ in range(5):
                await asyncio.sleep(0)
            assert protocol.data == b""
            transport.resume_reading()
            assert transport.is_reading()
            await until(lambda: protocol.data)
            assert protocol.data == b"abc"
            transport.abort()
            await protocol.lost.wait()

    play(scenario())


@pytest.mark.parametrize("keep_open", [False, True])
def test_the_end_of_the_input(play: Play, keep_open: bool) -> None:
    async def scenario() -> None:
        protocol = Recorder(keep_open=keep_open)
        transport, theirs = pair(protocol)
        with theirs:
            theirs.setblocking(False)
            theirs.shutdown(socket.SHUT_WR)
            await protocol.ended.wait()
            assert transport.is_closing() != keep_open
            if keep_open:
                transport.write(b"answer")
                assert await asyncio.get_running_loop().sock_recv(theirs, 10) == b"answer"
                transport.close()
            await protocol.lost.wait()
            assert protocol.seen == ["made", "eof", "lost"] and protocol.error is None

    play(scenario())


def test_a_peer_that_is_gone(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder(keep_open=True)
        transport, theirs = pair(protocol)
        theirs.close()
        await protocol.lost.wait()
        assert protocol.seen == ["made", "lost"]
        assert transport.is_closing()

    play(scenario())


@pytest.mark.parametrize("sends", [b"", b"x"], ids=["silent", "unread"])
def test_a_peer_that_goes_while_reading_is_paused(play: Play, sends: bytes) -> None:
    """What it has sent stays unread: nobody waits for what would come of it."""

    async def scenario() -> None:
        protocol = Recorder(keep_open=True)
        transport, theirs = pair(protocol)
        transport.pause_reading()
        theirs.sendall(sends)
        for _ in range(5):
            await asyncio.sleep(0)
        assert protocol.seen == ["made"]
        theirs.close()
        await protocol.lost.wait()
        assert protocol.seen == ["made", "lost"] and protocol.data == b""
        assert transport.is_closing()

    play(scenario())


def test_pausing_again_and_again(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        for number in range(1, 4):
            transport.pause_reading()
            theirs.sendall(b"x")
            for _ in range(5):
                await asyncio.sleep(0)
            assert len(protocol.data) == number - 1
            transport.resume_reading()
            await until(lambda: len(protocol.data) == number)  # noqa: B023 - called here only
        theirs.close()
        await protocol.lost.wait()

    play(scenario())


def test_a_peer_that_goes_in_two_steps(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder(keep_open=True)
        _, theirs = pair(protocol)
        theirs.shutdown(socket.SHUT_WR)
        await protocol.ended.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        assert protocol.seen == ["made", "eof"]
        theirs.close()
        await protocol.lost.wait()
        assert protocol.seen == ["made", "eof", "lost"]

    play(scenario())


def test_a_peer_that_breaks_off_behind_its_last_bytes(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder(keep_open=True)
        transport, theirs = pair(protocol)
        transport.write(b"never read")
        theirs.sendall(b"last")
        theirs.close()
        await protocol.lost.wait()
        assert protocol.data == b"last"
        assert isinstance(protocol.error, ConnectionResetError)

    play(scenario())


def test_descriptors_wait_for_room(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        with theirs, null() as file:
            assert transport.write_with_descriptors(b"now", [file.fileno()])
            data, descriptors, _, _ = socket.recv_fds(theirs, 10, 3)
            assert data == b"now" and len(descriptors) == 1
            with suppress(BlockingIOError):
                while transport.get_extra_info("socket").send(b"x" * 10_000):
                    pass
            assert not transport.write_with_descriptors(b"then", [file.fileno()])
            assert protocol.seen == ["made", "pause"]
            got = b""
            theirs.setblocking(False)
            while "resume" not in protocol.seen:
                with suppress(BlockingIOError):
                    got += theirs.recv(100_000)
                await asyncio.sleep(0)
            assert set(got) == {ord("x")}
            transport.abort()
            assert transport.write_with_descriptors(b"late", [file.fileno()])  # to nobody
            await protocol.lost.wait()
            close_descriptors(descriptors)

    play(scenario())


def test_writing_to_a_peer_that_is_gone(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        transport.pause_reading()
        theirs.close()
        transport.write(b"x")
        assert protocol.seen == ["made"]  # never from within a call
        await protocol.lost.wait()
        assert isinstance(protocol.error, BrokenPipeError)

    play(scenario())


def test_a_peer_that_goes_while_much_is_left(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        transport.pause_reading()
        transport.write(b"x" * 10_000_000)
        theirs.close()
        await protocol.lost.wait()
        assert isinstance(protocol.error, OSError)
        assert transport.get_write_buffer_size() == 0

    play(scenario())


def test_limits(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        transport.set_write_buffer_limits(400)
        assert transport.get_write_buffer_limits() == (100, 400)
        transport.set_write_buffer_limits()
        assert transport.get_write_buffer_limits() == (16384, 65536)
        transport.write(b"x" * 10_000_000)
        assert protocol.seen[-1] == "pause"
        transport.set_write_buffer_limits(high=20_000_000)
        assert protocol.seen[-1] == "pause"  # above the lower limit still
        transport.set_write_buffer_limits(high=20_000_000, low=15_000_000)
        assert protocol.seen[-1] == "resume"
        transport.abort()
        await protocol.lost.wait()
        theirs.close()

    play(scenario())


def test_a_protocol_that_takes_no_descriptors(play: Play) -> None:
    async def scenario() -> None:
        protocol = Recorder()
        transport, theirs = pair(protocol)
        with theirs, null() as file:
            before = os.listdir("/proc/self/fd")
            socket.send_fds(theirs, [b"x"], [file.fileno()])
            await until(lambda: protocol.data)
            assert os.listdir("/proc/self/fd") == before
            transport.abort()
            await protocol.lost.wait()

    play(scenario())


def test_pipes(play: Play) -> None:
    async def scenario() -> None:
        there, back = os.pipe(), os.pipe()
        protocol = Recorder()
        channel = PipeChannel(there[0], back[1])
        transport = ChannelTransport(asyncio.get_running_loop(), channel, protocol)
        os.write(there[1], b"ping")
        await until(lambda: protocol.data)
        transport.write(b"pong")
        assert os.read(back[0], 10) == b"pong"
        os.close(there[1])
        await protocol.lost.wait()
        assert protocol.data == b"ping" and protocol.seen == ["made", "eof", "lost"]
        close_descriptors([there[0], *back])

    play(scenario())


def test_files_and_devices_are_always_ready(play: Play, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 200_000)

    async def scenario() -> None:
        for path, size in ((tmp_path / "in", 200_000), (Path(os.devnull), 0)):
            protocol = Recorder()
            read = os.open(path, os.O_RDONLY)
            write = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
            channel = PipeChannel(read, write, owned=True)
            transport = ChannelTransport(asyncio.get_running_loop(), channel, protocol)
            transport.pause_reading()
            transport.resume_reading()
            transport.write(b"answer")
            await protocol.lost.wait()
            assert len(protocol.data) == size
        assert (tmp_path / "out").read_bytes() == b"answer"

    play(scenario())
