from __future__ import annotations

import os
import socket

import pytest

from qapigen.runtime.blocking.stream import MOST_SECONDS, Stream, milliseconds


@pytest.fixture
def pair() -> tuple[Stream, socket.socket]:
    ours, theirs = socket.socketpair()
    return Stream(ours), theirs


def test_bytes(pair: tuple[Stream, socket.socket]) -> None:
    stream, other = pair
    assert stream.receive() is None
    assert not stream.wait(sending=False, timeout=0)
    assert stream.wait(sending=True, timeout=None)
    assert stream.send(memoryview(b"abc")) == 3
    assert other.recv(10) == b"abc"
    other.sendall(b"def")
    assert stream.wait(sending=False, timeout=0)
    assert stream.receive(wait=True) == b"def"
    other.close()
    assert stream.wait(sending=False, timeout=None)
    assert stream.receive() == b""
    stream.close()


def test_no_room(pair: tuple[Stream, socket.socket]) -> None:
    stream, other = pair
    data = memoryview(bytes(1 << 20))
    while stream.send(data):
        pass
    assert not stream.wait(sending=True, timeout=0)
    reading, writing = os.pipe()
    assert stream.send(data, (writing,)) == 0
    os.close(reading)
    os.close(writing)
    other.close()
    with pytest.raises(OSError):
        stream.send(data)
    stream.close()


def test_file_descriptors(pair: tuple[Stream, socket.socket]) -> None:
    stream, other = pair
    assert stream.takes_fds
    reading, writing = os.pipe()
    assert stream.send(memoryview(b"x"), (reading, writing)) == 1
    data, (first, second), _, _ = socket.recv_fds(other, 10, 5)
    assert data == b"x"
    os.write(second, b"y")
    assert os.read(first, 5) == b"y"
    for each in (reading, writing, first, second):
        os.close(each)
    other.close()
    stream.close()


def test_shutting_down_wakes_who_waits(pair: tuple[Stream, socket.socket]) -> None:
    stream, other = pair
    stream.shut_down()
    assert stream.wait(sending=False, timeout=None)
    assert stream.receive(wait=True) == b""
    assert other.recv(10) == b""
    stream.close()
    stream.shut_down()  # too late, and no harm
    other.close()


def test_milliseconds() -> None:
    assert milliseconds(None) is None
    assert [milliseconds(each) for each in (-1, 0, 0.0001, 2.5)] == [0, 0, 1, 2500]
    assert milliseconds(1e12) == MOST_SECONDS * 1000 < 2**31
