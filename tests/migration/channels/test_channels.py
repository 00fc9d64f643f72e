"""What every channel does, whatever it is made of."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from qapigen.migration.channels import ChannelError
from tests.migration.channels.pairs import (
    ONE_WAY,
    TWO_WAY,
    Background,
    Pair,
    connected,
    open_descriptors,
    received,
)

KINDS = TWO_WAY + ONE_WAY
MUCH = 32 * 1024 * 1024  # more than any transport keeps


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest, folder: Path) -> Iterator[Pair]:
    with connected(request.param, folder) as pair:
        yield pair


@pytest.fixture(params=TWO_WAY)
def two_way(request: pytest.FixtureRequest, folder: Path) -> Iterator[Pair]:
    with connected(request.param, folder) as pair:
        yield pair


def test_bytes_arrive(pair: Pair) -> None:
    data = random.Random(1).randbytes(3_000_000)
    arrived = Background(lambda: received(pair.destination))
    pair.source.write(data[:5])
    assert pair.source.position == 5
    pair.source.write(memoryview(data)[5:2_000_000])
    pair.source.write(bytearray(data[2_000_000:]))
    assert pair.source.position == len(data)
    pair.source.close()
    assert arrived.result() == data


def test_pieces_arrive_in_order(pair: Pair) -> None:
    """More of them than a system call takes, some of them empty, some of numpy."""
    numbers = np.arange(300_000, dtype=np.uint32).reshape(100, 3000)
    pieces = [bytes([number % 251]) * (number % 300) for number in range(3000)]
    arrived = Background(lambda: received(pair.destination))
    pair.source.write([b"", *pieces, numbers.data, b"", memoryview(numbers.data)[:1], b"end"])
    pair.source.write([])
    pair.source.write(b"")
    whole = b"".join(pieces) + numbers.tobytes() + numbers[:1].tobytes() + b"end"
    assert pair.source.position == len(whole)
    pair.source.close()
    assert arrived.result() == whole


def test_return_path(two_way: Pair) -> None:
    assert two_way.source.two_way
    assert two_way.destination.two_way
    two_way.source.write(b"ping")
    assert received(two_way.destination, 4) == b"ping"
    two_way.destination.write([b"po", b"ng"])
    assert two_way.source.read(3) == b"pon"
    assert two_way.source.read(100) == b"g"
    assert two_way.source.position == 4


def test_return_path_ends(two_way: Pair) -> None:
    two_way.destination.write(b"last")
    closed = Background(two_way.destination.close)
    assert two_way.source.read(100) == b"last"
    assert two_way.source.read(100) == b""
    assert two_way.source.read(100) == b""
    two_way.source.close()
    closed.result()


def test_peer_that_writes_before_it_reads(two_way: Pair) -> None:
    """Both directions are full; a reader beside the writer has to get through."""
    forth, back = random.Random(2).randbytes(1024), random.Random(3).randbytes(1024)

    def destination() -> bytes:
        two_way.destination.write(back * (MUCH // 1024))
        return received(two_way.destination)

    seen = bytearray()

    def read_all() -> None:
        while len(seen) < MUCH:
            data = two_way.source.read(1 << 20)
            assert data
            seen.extend(data)

    reading, there = Background(read_all), Background(destination)
    for _ in range(MUCH // 1024 // 512):
        two_way.source.write(forth * 512)
    reading.result()
    two_way.source.close()
    assert there.result() == forth * (MUCH // 1024)
    assert seen == back * (MUCH // 1024)


def test_reader_that_waits_keeps_nobody_from_writing(two_way: Pair) -> None:
    """Nothing comes back until everything has gone forth."""
    reading = Background(lambda: two_way.source.read(10))

    def forth() -> None:
        for number in range(100):
            two_way.source.write(b"%3d" % number)
            assert received(two_way.destination, 3) == b"%3d" % number

    Background(forth).result()
    two_way.destination.write(b"SHUT")
    assert reading.result() == b"SHUT"


def test_shutdown_ends_writing(pair: Pair) -> None:
    writing = Background(lambda: pair.source.write(bytes(MUCH)))
    pair.source.shutdown()
    with pytest.raises(ChannelError):
        writing.result()
    with pytest.raises(ChannelError, match="shut down"):
        pair.source.write(b"more")


def test_shutdown_ends_full_writing(pair: Pair) -> None:
    """Once the transport is full, and the writer waits for sure."""
    full = bytes(MUCH)
    writing = Background(lambda: pair.source.write(full))
    first = received(pair.destination, 1)  # it has begun
    assert first == b"\0"
    pair.source.shutdown()
    with pytest.raises(ChannelError):
        writing.result()
    assert pair.source.position < MUCH


def test_shutdown_ends_reading(pair: Pair) -> None:
    reading = Background(lambda: pair.destination.read_into(memoryview(bytearray(10))))
    pair.destination.shutdown()
    with pytest.raises(ChannelError, match="shut down"):
        reading.result()
    with pytest.raises(ChannelError, match="shut down"):
        pair.destination.read_into(memoryview(bytearray(10)))


def test_shutdown_ends_return_path(two_way: Pair) -> None:
    """Both at once: one thread writes, another one reads."""
    reading = Background(lambda: two_way.source.read(10))
    writing = Background(lambda: two_way.source.write(bytes(MUCH)))
    two_way.source.shutdown()
    for call in (reading, writing):
        with pytest.raises(ChannelError):
            call.result()


def test_peer_goes(pair: Pair) -> None:
    pair.destination.shutdown()
    pair.destination.close()
    with pytest.raises(ChannelError, match=r"failed: \w"):
        pair.source.write(bytes(MUCH))


def test_end_of_input(pair: Pair) -> None:
    closed = Background(pair.source.close)
    assert received(pair.destination) == b""
    assert received(pair.destination) == b""
    pair.destination.close()
    closed.result()


def test_close_is_the_end(pair: Pair) -> None:
    pair.source.shutdown()
    pair.source.close()
    pair.source.close()
    pair.source.shutdown()
    with pytest.raises(ChannelError):
        pair.source.write(b"x")


def test_close_ends_waiting(two_way: Pair) -> None:
    """A reader that was forgotten does not keep the channel open, and touches nothing later."""
    reading = Background(lambda: two_way.source.read(10))
    closing = Background(two_way.source.close)
    two_way.destination.close()
    closing.result()
    with suppress(ChannelError):
        assert reading.result() == b""


@pytest.mark.parametrize("kind", ONE_WAY)
def test_one_way(kind: str, folder: Path) -> None:
    with connected(kind, folder) as pair:
        assert not pair.source.two_way
        assert not pair.destination.two_way
        with pytest.raises(ChannelError, match="one way"):
            pair.source.read(1)
        with pytest.raises(ChannelError, match="one way"):
            pair.destination.write(b"x")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaks(kind: str, folder: Path) -> None:
    gc.collect()
    before = open_descriptors()
    with connected(kind, folder) as pair:
        pair.source.write(b"x")
        assert received(pair.destination, 1) == b"x"
    assert open_descriptors() == before
