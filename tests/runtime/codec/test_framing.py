"""Texts are found in a stream, with all that is inside them."""

from __future__ import annotations

import pytest

from qapigen.runtime.codec.framing import Frame, Framer, Limits
from qapigen.runtime.codec.strict import JsonError


def frames(*parts: bytes, limits: Limits | None = None) -> list[bytes | str]:
    """The texts, and what the errors say."""
    framer = Framer(limits or Limits(), repeat_errors=True)
    found: list[bytes | str] = []
    for part in parts:
        framer.push(part)
        while (each := framer.take()) is not None:
            found.append(each.text if isinstance(each, Frame) else each.problem)
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a":[1]} [2]\n3 "x"', [b'{"a":[1]}', b"[2]", b"3", b'"x"']),
        (b"{nope:[}", []),  # brackets and braces are counted apart
        (b"{nope:[}]", [b"{nope:[}]"]),
        (b"{]}", [b"{]", b"}"]),
        (b",:nope ", [b",", b":", b"nope"]),
        (b"[1,\x00[2]", ["stray byte 0x00", b"[2]"]),
        (b"[1,~[2]", ["stray '~'", b"[2]"]),
    ],
)
def test_frames(data: bytes, expected: list[bytes | str]) -> None:
    assert frames(data) == expected
    assert frames(*(data[at : at + 1] for at in range(len(data)))) == expected


def test_a_frame_is_what_was_sent() -> None:
    text = b'{ "a" :\t[ 1 ,\n{"b": null}, "x  y" ] }'
    for at in range(1, len(text)):
        framer = Framer()
        framer.push(text[:at])
        assert framer.take() is None
        assert not framer.resting
        framer.push(text[at:])
        frame = framer.take()
        assert isinstance(frame, Frame)
        assert frame.text == text
        assert frame.size_bytes == len(text)
        assert framer.resting


@pytest.mark.parametrize("size", [1, 40, 64, 65, 1000])
@pytest.mark.parametrize("step", [1, 7, 50, 3000])
def test_long_blanks_are_shortened(size: int, step: int) -> None:
    blanks = (b" \n" * size)[:size]
    data = b"[1," + blanks + b"[2" + blanks + b'3]%s,"' % blanks + b" " * size + b'"]'
    kept = blanks[:64]
    expected = b"[1," + kept + b"[2" + kept + b'3]%s,"' % kept + b" " * size + b'"]'
    for limits in (Limits(), Limits(tokens=11), Limits(text_bytes=1100)):
        framer = Framer(limits)
        for at in range(0, len(data), step):
            framer.push(data[at : at + step])
            frame = framer.take()
        assert frame == Frame(expected, len(data), balanced=True)


def test_caller_may_go_on_behind_a_text() -> None:
    framer = Framer()
    framer.push(b"[1]\n[2]")
    assert framer.resting
    framer.at = 4
    frame = framer.take()
    assert isinstance(frame, Frame)
    assert frame.text == b"[2]"


def test_resting() -> None:
    framer = Framer()
    for data, resting in (
        (b" \n", True),
        (b"[", False),
        (b"]", True),
        (b"@", False),
        (b"\n", True),
    ):
        framer.push(data)
        while framer.take() is not None:
            pass
        assert framer.resting == resting, data


def test_reset() -> None:
    framer = Framer()
    framer.push(b'[{"a')
    assert framer.take() is None
    framer.reset()
    framer.push(b"[]")
    assert framer.take() == Frame(b"[]", 2, balanced=True)


def test_place_of_an_error() -> None:
    framer = Framer()
    framer.push(b"[1] [2,\n")
    assert framer.take() == Frame(b"[1]", 3, balanced=True)
    assert framer.take() is None
    framer.push(b" \xc3\xa9")
    error = framer.take()
    assert isinstance(error, JsonError)
    assert (error.line, error.column) == (2, 2)


@pytest.mark.parametrize(
    ("limits", "data", "expected"),
    [
        (Limits(depth=2), b"[[1]] [[[1]]]", [b"[[1]]", "nested more than 2 levels deep", b"1"]),
        (Limits(tokens=3), b"[1] [1,2]", [b"[1]", "more than 3 tokens"]),
        (Limits(text_bytes=6), b"[123] [1234]", [b"[123]", "longer than 5 bytes"]),
        (Limits(text_bytes=6), b"1234567 8 ", ["longer than 5 bytes", b"8"]),
    ],
)
def test_limits(limits: Limits, data: bytes, expected: list[bytes | str]) -> None:
    assert frames(data, limits=limits)[: len(expected)] == expected
    pieces = [data[at : at + 1] for at in range(len(data))]
    assert frames(*pieces, limits=limits)[: len(expected)] == expected
