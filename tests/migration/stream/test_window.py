"""Bytes come out as they went in, wherever the input is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream.window import Reading, Window


def finish(reading: Reading[object], window: Window, pieces: list[bytes]) -> object:
    """Run a reading; each piece is overwritten when it has been asked for the next."""
    left = list(pieces)
    piece = bytearray()
    while True:
        try:
            next(reading)
        except StopIteration as stopped:
            return stopped.value
        window.release()
        piece[:] = b"\xee" * len(piece)
        piece = bytearray(left.pop(0))
        window.feed(piece)


def collect(window: Window, sizes: list[int]) -> Reading[list[bytes]]:
    found: list[bytes] = []
    for size in sizes:
        found.append(bytes((yield from window.take(size))))
    return found


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(0, 60)))
def test_take(pieces: list[bytes], sizes: list[int]) -> None:
    whole = b"".join(pieces)
    while sum(sizes) > len(whole):
        sizes.pop()
    expected, at = [], 0
    for size in sizes:
        expected.append(whole[at : at + size])
        at += size
    window = Window()
    assert finish(collect(window, sizes), window, pieces) == expected
    assert window.offset == at


def test_pieces_may_change_after_release() -> None:
    window = Window()
    piece = bytearray(b"abc")
    window.feed(piece)
    assert not window.has(4)
    window.release()
    piece[:] = b"xyz"
    window.feed(b"def")
    assert window.has(4)
    assert bytes(window.view[window.pos : window.pos + 4]) == b"abcd"


def test_little_is_copied() -> None:
    """Of a new piece, only what the record across the cut needs; then the piece itself is read."""
    window = Window()
    window.feed(b"ab")
    window.release()
    piece = bytes(1000)
    window.feed(piece)
    assert window.has(4)
    assert window.end == 4
    window.pos = 4
    assert window.has(500)
    assert window.view.obj is piece
    assert (window.pos, window.offset) == (2, 4)


def test_a_piece_is_read_before_the_next() -> None:
    window = Window()
    window.feed(b"ab")
    window.feed(b"cd")
    with pytest.raises(AssertionError):
        window.feed(b"ef")


def test_numbers_and_names() -> None:
    window = Window()
    window.feed(b"\x01\x02\x03abc")

    def reading() -> Reading[object]:
        number = yield from window.number(2)
        return number, (yield from window.counted())

    assert finish(reading(), window, []) == (0x102, b"abc")


def test_other_arrays_are_bytes() -> None:
    window = Window()
    window.feed(memoryview(b"\1\2\3\4").cast("H"))
    assert window.has(4)
    assert not window.has(5)


def test_empty_pieces() -> None:
    window = Window()
    window.feed(b"")
    assert not window.has(1)
    window.release()
    window.feed(b"a")
    window.release()
    window.feed(b"")
    assert window.has(1)
    assert not window.has(2)
