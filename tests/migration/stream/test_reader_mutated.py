"""Whatever comes, a reader refuses it by its own error, and takes little memory for it."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream.format import StreamError
from qapigen.migration.stream.reader import Expected, StreamReader
from tests.migration.stream.sample_streams import EXAMPLE, RICH, deltas, example, rich

STREAMS = {
    "example": (example(), EXAMPLE),
    "rich": (rich(), RICH),
    "deltas": (deltas(), EXAMPLE),
}


def failure(stream: bytes, expected: Expected, piece: int = 1 << 20) -> StreamError | None:
    """Read it; why it is refused, or None."""
    reader = StreamReader(expected)
    try:
        for at in range(0, len(stream), piece):
            for _ in reader.feed(stream[at : at + piece]):
                pass
        reader.finish()
    except StreamError as error:
        return error
    return None


def complete(stream: bytes, expected: Expected, piece: int = 1 << 20) -> bool:
    """Read it; whether it was complete.  The error is one of the stream."""
    error = failure(stream, expected, piece)
    assert error is None or (0 <= error.offset <= len(stream) and error.errno)
    return error is None


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("seed", range(20))
def test_mutated(name: str, seed: int) -> None:
    stream, expected = STREAMS[name]
    chance = random.Random(seed)
    places = [*range(min(len(stream), 0x65)), *range(len(stream) - 900, len(stream))]
    for _ in range(100):
        raw = bytearray(stream)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.choice((chance.choice(places), chance.randrange(len(raw)))) % len(raw)
            match chance.randrange(4):
                case 0:
                    raw[at] = chance.randrange(256)
                case 1:
                    raw[at] ^= 1 << chance.randrange(8)
                case 2:
                    del raw[at : at + chance.randrange(1, 10)]
                case _:
                    raw[at:at] = chance.randbytes(chance.randrange(1, 10))
        complete(bytes(raw), expected, chance.choice((1 << 20, 1000)))


@pytest.mark.parametrize("name", STREAMS)
def test_every_value_of_every_byte_of_the_front(name: str) -> None:
    """Most are refused: only numbers of sections, and a few lengths, may be others."""
    stream, expected = STREAMS[name]
    refused = 0
    for at in range(0x53):
        for value in range(256):
            raw = stream[:at] + bytes((value,)) + stream[at + 1 :]
            refused += not complete(raw, expected)
    assert refused > 0x53 * 100


@given(st.binary(max_size=400), st.integers(0, len(example())))
def test_junk(junk: bytes, at: int) -> None:
    complete(example()[:at] + junk, EXAMPLE)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"QEVM\0\0\0\3\7\xff\xff\xff\xff",
        example()[:0x46] + b"\2\0\0\0\2" + b"\xff" * 8,
        example()[:0x111B] + b"\6\xff\xff\xff\xff",
        example()[:0x11] + b"\x08\0\6\xff\xff",
        example()[:0x11] + b"\4\0\0\0\1\xff",
    ],
)
def test_memory_is_bounded(junk: bytes) -> None:
    """Lengths are promises: nothing is put aside for them before the bytes have come."""
    piece = bytes(range(256)) * 256
    tracemalloc.start()
    try:
        reader = StreamReader(EXAMPLE)
        try:
            list(reader.feed(junk))
            for _ in range(64):
                list(reader.feed(piece))
        except StreamError:
            pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
