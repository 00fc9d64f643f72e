"""Channels over descriptors that are open already."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.descriptors import (
    DescriptorChannel,
    DescriptorListener,
    DescriptorOpener,
    open_descriptor,
)
from qapigen.migration.channels.interrupt import Interrupt
from qapigen.migration.channels.sockets import SocketChannel
from tests.migration.channels.pairs import Background, open_descriptors, received


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


@pytest.fixture
def interrupt() -> Iterator[Interrupt]:
    interrupt = Interrupt()
    yield interrupt
    interrupt.close()


def test_file(tmp_path: Path, interrupt: Interrupt) -> None:
    path = tmp_path / "saved"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    source = DescriptorOpener(fd).open(interrupt)
    assert not source.two_way
    source.write([b"the ", b"stream"])
    assert source.position == 10
    source.close()
    listener = DescriptorListener(os.open(path, os.O_RDONLY), "fd:7")
    assert (listener.address, listener.port, listener.lasting) == ("fd:7", None, False)
    destination = listener.accept(interrupt)
    listener.close()  # its channel stays
    assert received(destination) == b"the stream"
    destination.close()


@pytest.mark.parametrize("writing", [True, False])
def test_socket(*, writing: bool) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    channel = open_descriptor(ours.detach(), writing=writing)
    assert isinstance(channel, SocketChannel)
    assert channel.two_way
    reading = Background(lambda: channel.read(4))
    theirs.sendall(b"ping")
    assert reading.result() == b"ping"
    channel.write(b"pong")
    assert theirs.recv(4) == b"pong"
    channel.close()
    theirs.close()


def test_never_opened() -> None:
    """What is not used is closed."""
    reader, writer = os.pipe()
    DescriptorOpener(writer).drop()
    assert os.read(reader, 1) == b""
    DescriptorListener(reader, "").close()


def wrong_ends() -> Iterator[tuple[int, bool, str]]:
    reader, writer = os.pipe()
    yield reader, True, "cannot be written"
    yield writer, False, "cannot be read"
    yield os.open("/", os.O_RDONLY), False, "is a directory"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        yield datagrams.detach(), True, "no stream socket"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.detach(), False, "a socket that listens"


def test_of_no_use() -> None:
    """Those of a name are closed, those of a number are left alone."""
    for fd, writing, problem in wrong_ends():
        with pytest.raises(ChannelError, match=f"descriptor {fd} .*{problem}"):
            open_descriptor(fd, writing=writing)
        os.fstat(fd)
        if writing:
            with pytest.raises(ChannelError, match=problem):
                DescriptorOpener(fd)
            with pytest.raises(OSError, match="Bad file"):
                os.fstat(fd)
        else:
            with pytest.raises(ChannelError, match=problem):
                DescriptorListener(fd, "")
            os.close(fd)


@pytest.mark.parametrize("fd", [-1, 2**31 - 1, 2**31, 2**100])
def test_no_descriptor(fd: int) -> None:
    with pytest.raises(ChannelError, match=f"descriptor {fd}: "):
        DescriptorListener(fd, "")
    with pytest.raises(ChannelError, match=f"descriptor {fd}: "):
        DescriptorOpener(fd)


def test_blocking_is_restored() -> None:
    """Others may have the same file open, such as a terminal."""
    reader, writer = os.pipe()
    other = os.dup(reader)
    channel = DescriptorChannel(reader, None)
    assert not os.get_blocking(other)
    channel.close()
    assert os.get_blocking(other)
    channel = DescriptorChannel(None, writer)
    channel.write(b"x")
    channel.close()
    assert os.read(other, 2) == b"x"
    os.close(other)


def test_device_that_refuses(interrupt: Interrupt) -> None:
    channel = DescriptorOpener(os.open("/dev/full", os.O_WRONLY)).open(interrupt)
    with pytest.raises(ChannelError, match="writing failed: No space left on device"):
        channel.write(b"x")
    assert channel.position == 0
    channel.write_now(b"x")
    channel.close()


def test_what_was_inside_does_not_count_as_a_wish() -> None:
    """A reader that has to leave is none who wants the command to be ended."""
    fired = []
    (our_in, their_out), (their_in, our_out) = os.pipe(), os.pipe()

    def ended(interrupt: Interrupt, whole: bool) -> None:
        fired.append(interrupt.fired)
        assert os.read(their_in, 1) == b""  # the end to write is closed, that to read is not
        os.fstat(our_in)

    def finished(interrupt: Interrupt) -> None:
        fired.append(interrupt.fired)
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(our_in)

    channel = DescriptorChannel(our_in, our_out, ended=ended, finished=finished)
    reading = Background(lambda: channel.read(1))
    channel.close()
    with pytest.raises(ChannelError):
        reading.result()
    assert fired == [False, False]
    os.close(their_out)
    os.close(their_in)
    (our_in, their_out), (their_in, our_out) = os.pipe(), os.pipe()
    channel = DescriptorChannel(our_in, our_out, ended=ended, finished=finished)
    channel.shutdown()
    channel.close()
    assert fired == [False, False, True, True]
    os.close(their_out)
    os.close(their_in)
