"""Messages of the return path: built, read however they are cut, refused where wrong."""

from __future__ import annotations

import errno
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream.format import StreamError
from qapigen.migration.stream.returnpath import (
    Message,
    Pong,
    RequestPages,
    ReturnReader,
    Shut,
    pong,
    req_pages,
    shut,
)

U32 = st.integers(0, (1 << 32) - 1)
U64 = st.integers(0, (1 << 64) - 1)


def test_captured() -> None:
    raw = bytes.fromhex("00 02 00 04 00 00 00 01  00 01 00 04 00 00 00 00")
    assert pong(1) + shut(0) == raw
    assert list(ReturnReader().feed(raw)) == [Pong(1), Shut(0)]


def test_requests() -> None:
    first = bytes.fromhex("0003 0013 0000000000001000 00001000 06") + b"pc.ram"
    assert req_pages(0x1000, 0x1000, block="pc.ram") == first
    second = bytes.fromhex("0004 000c 0000000000003000 00001000")
    assert req_pages(0x3000, 0x1000) == second
    assert list(ReturnReader().feed(first + second)) == [
        RequestPages("pc.ram", 0x1000, 0x1000),
        RequestPages(None, 0x3000, 0x1000),
    ]


@pytest.mark.parametrize("block", ["", "x" * 256])
def test_names_that_cannot_be_sent(block: str) -> None:
    with pytest.raises(ValueError):
        req_pages(0, 0, block=block)


_MESSAGES = st.one_of(
    st.builds(Pong, U32),
    st.builds(RequestPages, st.one_of(st.none(), st.sampled_from(["a", "x" * 255, "ü"])), U64, U32),
)


def built(message: Message) -> bytes:
    match message:
        case Pong(value=value):
            return pong(value)
        case Shut(status=status):
            return shut(status)
        case RequestPages(block=block, start=start, length=length):
            return req_pages(start, length, block=block)


@given(st.lists(_MESSAGES, max_size=8), st.integers(0, 3), st.integers(1, 60))
def test_round_trip(messages: list[Message], status: int, size: int) -> None:
    whole = [RequestPages("first", 0, 0), *messages, Shut(status)]
    raw = b"".join(map(built, whole))
    reader = ReturnReader()
    found: list[Message] = []
    for at in range(0, len(raw), size):
        found += reader.feed(memoryview(raw)[at : at + size])
    assert found == whole
    reader.finish()


def head(kind: int, length: int) -> bytes:
    return struct.pack(">HH", kind, length)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (head(0, 0), "a known type of message, 0 came"),
        (head(5, 4), "a known type of message, 5 came"),
        (head(0xFFFF, 4), "65535 came"),
        (head(1, 0), "4 bytes with SHUT, 0 came"),
        (head(1, 8), "4 bytes with SHUT, 8 came"),
        (head(2, 5), "4 bytes with PONG, 5 came"),
        (head(2, 513), "at most 512 bytes with PONG, 513 came"),
        (head(3, 513), "at most 512 bytes with REQ_PAGES_ID, 513 came"),
        (head(3, 12), "12 bytes came"),
        (head(3, 13), "13 bytes came"),
        (head(4, 12), "a request that names its block"),
        (head(3, 14) + bytes(12) + b"\2a", "a name of 2 bytes, 1 bytes came"),
        (head(3, 15) + bytes(12) + b"\1ab", "a name of 1 bytes, 2 bytes came"),
        (pong(1) + head(2, 0), "4 bytes with PONG, 0 came"),
    ],
)
def test_refused(raw: bytes, text: str) -> None:
    """As soon as the head of the message is there."""
    reader = ReturnReader()
    with pytest.raises(StreamError) as caught:
        list(reader.feed(raw))
    assert text in str(caught.value)
    with pytest.raises(StreamError):
        list(reader.feed(pong(1)))
    with pytest.raises(StreamError):
        reader.finish()


@pytest.mark.parametrize(
    ("raw", "requests"),
    [
        (pong(1), 0),
        (req_pages(0, 4096, block="ram") + req_pages(4096, 4096) + shut(0), 2),
        (req_pages(0, 4096, block="ram") + req_pages(4096, 4096) + head(9, 0), 2),
        (head(4, 12), 1),  # no block was named
        (head(3, 13), 1),
        (head(3, 14) + bytes(12) + b"\2a", 1),
        (pong(1) + head(3, 30) + bytes(10), 1),  # not complete yet
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_requests_are_counted_also_wrong_ones(raw: bytes, requests: int, size: int) -> None:
    reader = ReturnReader()
    with suppress(StreamError):
        for at in range(0, len(raw), size):
            list(reader.feed(raw[at : at + size]))
    assert reader.requests == requests


def test_what_came_before_an_error_is_given() -> None:
    messages = ReturnReader().feed(pong(1) + shut(0)[:4] + pong(2) + head(9, 0))
    assert next(messages) == Pong(1)


def test_the_place_of_an_error() -> None:
    reader = ReturnReader()
    assert list(reader.feed(pong(1))) == [Pong(1)]
    with pytest.raises(StreamError) as caught:
        list(reader.feed(pong(2) + head(9, 0)))
    assert caught.value.offset == 16


@pytest.mark.parametrize("rest", [b"x", pong(1), shut(1), head(9, 9)])
def test_nothing_comes_behind_the_last(rest: bytes) -> None:
    reader = ReturnReader()
    assert list(reader.feed(shut(0) + rest)) == [Shut(0)]
    assert list(reader.feed(rest)) == []
    reader.finish()


@pytest.mark.parametrize("raw", [b"", b"\0", pong(1), pong(1) + shut(0)[:-1]])
def test_early_ends(raw: bytes) -> None:
    reader = ReturnReader()
    list(reader.feed(raw))
    with pytest.raises(StreamError) as caught:
        reader.finish()
    assert (caught.value.errno, caught.value.offset) == (errno.EIO, len(raw))


def failure(raw: bytes) -> StreamError | None:
    reader = ReturnReader()
    try:
        list(reader.feed(raw))
        reader.finish()
    except StreamError as error:
        return error
    return None


@given(st.binary(max_size=600))
def test_junk(raw: bytes) -> None:
    error = failure(raw)
    assert error is None or 0 <= error.offset <= len(raw)
