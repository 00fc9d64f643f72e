"""Sockets and pipes: bytes, descriptors, and leaving things as they were."""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path

import pytest

from qapigen.runtime.aio.channels import PipeChannel, SocketChannel, close_descriptors

from .serving import null


def test_a_socket() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    with theirs:
        with pytest.raises(BlockingIOError):
            channel.receive(10)
        assert channel.send(b"abc") == 3 and theirs.recv(10) == b"abc"
        theirs.sendall(b"defg")
        assert channel.receive(3) == (b"def", [])
        assert channel.receive(3) == (b"g", [])
        assert not channel.is_gone()
        theirs.shutdown(socket.SHUT_WR)
        assert channel.receive(3) == (b"", [])
        assert not channel.is_gone()
    assert channel.is_gone()
    channel.close()


def test_descriptors_go_with_their_bytes() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    with null() as file, theirs:
        assert channel.send_with(b"abc", (file.fileno(),)) == 3
        data, descriptors, _, _ = socket.recv_fds(theirs, 10, 3)
        assert data == b"abc" and len(descriptors) == 1
        close_descriptors(descriptors)
    channel.close()


def test_descriptors_that_nobody_takes() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours, takes_descriptors=False)
    with null() as file, theirs:
        before = os.listdir("/proc/self/fd")
        socket.send_fds(theirs, [b"abc"], [file.fileno()])
        assert channel.receive(10) == (b"abc", [])
        assert os.listdir("/proc/self/fd") == before
    channel.close()


def test_the_end_is_told_though_input_waits() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    told = channel.watch_end()
    assert told is not None and channel.watch_end() == told
    with theirs:
        theirs.sendall(b"x")
        theirs.shutdown(socket.SHUT_WR)
        assert not select.select([told], [], [], 0)[0]
    assert select.select([told], [], [], 0)[0] == [told]
    channel.close()
    with pytest.raises(OSError):
        os.fstat(told)


def test_a_reset_is_told_though_input_waits() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    channel.send(b"never read")
    channel.check()
    theirs.sendall(b"x")
    theirs.close()
    with pytest.raises(ConnectionResetError):
        channel.check()
    channel.close()


def test_descriptors_come_with_their_bytes_and_are_not_inherited() -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours)
    with null() as one, null() as two, theirs:
        theirs.sendall(b"before ")
        socket.send_fds(theirs, [b"first"], [one.fileno(), two.fileno()])
        socket.send_fds(theirs, [b"second"], [one.fileno()])
        data, descriptors = channel.receive(100)
        assert data == b"before first" and len(descriptors) == 2
        assert not any(os.get_inheritable(fd) for fd in descriptors)
        more, others = channel.receive(100)
        assert more == b"second" and len(others) == 1
        close_descriptors(descriptors + others)
        close_descriptors(others)  # closed already
    channel.close()


def test_no_socket_of_unix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        other, _ = listening.accept()
    channel = SocketChannel(client)
    with other:
        other.sendall(b"x")
        while True:
            try:
                assert channel.receive(5) == (b"x", [])
                break
            except BlockingIOError:
                continue
    channel.close()


def test_pipes_are_left_as_they_were() -> None:
    there, back = os.pipe(), os.pipe()
    channel = PipeChannel(there[0], back[1])
    with pytest.raises(BlockingIOError):
        channel.receive(10)
    os.write(there[1], b"ping")
    assert channel.receive(10) == (b"ping", [])
    assert channel.send(b"pong") == 4 and os.read(back[0], 10) == b"pong"
    assert not channel.is_gone()
    assert channel.watch_end() is None
    channel.check()
    with pytest.raises(OSError, match="socket"):
        channel.send_with(b"x", [0])
    channel.close()
    assert os.get_blocking(there[0]) and os.get_blocking(back[1])
    close_descriptors([*there, *back])


def test_owned_descriptors_are_closed() -> None:
    read, write = os.pipe()
    channel = PipeChannel(read, write, owned=True)
    channel.close()
    channel.close()  # again
    with pytest.raises(OSError):
        os.fstat(read)


def test_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"text")
    read = os.open(tmp_path / "in", os.O_RDONLY)
    write = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    channel = PipeChannel(read, write, owned=True)
    assert channel.receive(10) == (b"text", []) and channel.receive(10) == (b"", [])
    assert channel.send(b"answer") == 6
    channel.close()
    assert (tmp_path / "out").read_bytes() == b"answer"
