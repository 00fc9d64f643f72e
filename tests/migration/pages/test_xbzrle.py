"""Deltas of pages: byte by byte what the format says, and back."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qapigen.migration.pages.xbzrle import TOO_LONG, DeltaEncoder, Deltas, apply_delta
from qapigen.migration.stream.format import PAGE_SIZE

MOST = 8


def number(value: int) -> bytes:
    return bytes((value,)) if value < 128 else bytes((value & 127 | 128, value >> 7))


def by_the_book(old: bytes, new: bytes) -> bytes:
    """The delta of a page, run by run."""
    made = b""
    at = 0
    for differs, run in groupby(zip(old, new, strict=True), lambda pair: pair[0] != pair[1]):
        size = len(list(run))
        if not differs:
            stays = number(size)
        else:
            made += (stays if at else number(0)) + number(size) + new[at : at + size]
        at += size
    return made


def pages(*contents: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(contents), np.uint8).reshape(-1, PAGE_SIZE).copy()


def split(deltas: Deltas) -> list[bytes | None]:
    """Each delta; None where there is none."""
    found: list[bytes | None] = []
    at = 0
    for length in deltas.lengths.tolist():
        found.append(None if length == TOO_LONG else deltas.data[at : at + length].tobytes())
        at += max(length, 0)
    assert at == len(deltas.data)
    return found


def encoded(old: bytes, new: bytes) -> bytes | None:
    (delta,) = split(DeltaEncoder(MOST).encode(pages(old), pages(new)))
    return delta


def page(*changes: tuple[int, bytes]) -> bytes:
    made = bytearray(PAGE_SIZE)
    for at, data in changes:
        made[at : at + len(data)] = data
    return bytes(made)


ZERO = page()


@pytest.mark.parametrize(
    ("new", "delta"),
    [
        (page((5, b"\xaa"), (200, b"\1\2\3")), "05 01 aa c2 01 03 01 02 03"),
        (page((0, b"\1")), "00 01 01"),
        (page((16, b"\xaa\xbb\xcc\xdd"), (4000, b"\x9c")), "10 04 aa bb cc dd 8c 1f 01 9c"),
        (page((4095, b"\7")), "ff 1f 01 07"),
        (page((127, b"\1"), (256, b"\2")), "7f 01 01 80 01 01 02"),
        (page((0, b"\1" * 127)), "00 7f" + "01" * 127),
        (page((0, b"\1" * 128)), "00 80 01" + "01" * 128),
        (ZERO, ""),
    ],
)
def test_examples(new: bytes, delta: str) -> None:
    assert encoded(ZERO, new) == bytes.fromhex(delta) == by_the_book(ZERO, new)


@pytest.mark.parametrize(
    ("every", "size"),
    [(4, 3 * 1024), (3, None), (2, None), (1, None)],
    ids=lambda value: str(value),
)
def test_what_is_longer_than_a_page_is_none(every: int, size: int | None) -> None:
    new = bytes(1 if at % every == 0 else 0 for at in range(PAGE_SIZE))
    delta = encoded(ZERO, new)
    assert (None if delta is None else len(delta)) == size


@pytest.mark.parametrize("changed", [4093, 4094])
def test_a_delta_may_be_just_as_long_as_a_page(changed: int) -> None:
    delta = encoded(ZERO, page((0, b"\1" * changed)))
    assert (None if delta is None else len(delta)) == (PAGE_SIZE if changed == 4093 else None)


def test_runs_end_with_their_page() -> None:
    old = pages(ZERO, ZERO, ZERO)
    new = pages(page((4094, b"\1\2")), page((0, b"\3\4")), page((4095, b"\5")))
    expected = [bytes.fromhex(text) for text in ("fe 1f 02 01 02", "00 02 03 04", "ff 1f 01 05")]
    assert split(DeltaEncoder(MOST).encode(old, new)) == expected


@st.composite
def states(draw: st.DrawFn) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two states of some pages: changed nowhere, here and there, or throughout."""
    count = draw(st.integers(1, MOST))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    old = rng.integers(0, 256, (count, PAGE_SIZE), np.uint8)
    new = old.copy()
    for row in new:
        share = draw(st.sampled_from([0, 0.001, 0.05, 0.5, 1]))
        chosen = rng.random(PAGE_SIZE) < share
        row[chosen] = rng.integers(0, 256, int(np.count_nonzero(chosen)), np.uint8)
        start, length = draw(st.integers(0, PAGE_SIZE)), draw(st.sampled_from([0, 1, 200, 4000]))
        row[start : start + length] ^= 0xFF
    return old, new


@given(states())
def test_any_change(both: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    old, new = both
    found = split(DeltaEncoder(MOST).encode(old, new))
    for before, after, delta in zip(old, new, found, strict=True):
        expected = by_the_book(before.tobytes(), after.tobytes())
        assert delta == (expected if len(expected) <= PAGE_SIZE else None)
        if delta is not None:
            there = before.copy()
            apply_delta(there, delta)
            assert there.tobytes() == after.tobytes()


def test_an_encoder_keeps_nothing_of_the_last_pages() -> None:
    encoder = DeltaEncoder(MOST)
    dense = pages(*[page((0, bytes(range(1, 251)) * 15))] * MOST)
    encoder.encode(pages(*[ZERO] * MOST), dense)
    assert split(encoder.encode(dense[:2], dense[:2])) == [b"", b""]
    assert split(encoder.encode(pages(ZERO), pages(page((1, b"\1"))))) == [b"\1\1\1"]


@pytest.mark.parametrize(
    ("delta", "problem"),
    [
        ("05", "cut off"),
        ("05 02 aa", "cut off"),
        ("85", "cut off"),
        ("05 81", "cut off"),
        ("05 00", "no new bytes"),
        ("00 00", "no new bytes"),
        ("05 01 aa 00 01 bb", "no bytes that stay"),
        ("85 80 01 01 aa", "more than two bytes"),
        ("ff 1f 02 01 02", "beyond the end"),
        ("fe 1f 01 01 01 01 02", "beyond the end"),
    ],
)
def test_what_is_no_delta_changes_nothing(delta: str, problem: str) -> None:
    there = pages(page((3, b"\3")))[0]
    with pytest.raises(ValueError, match=problem):
        apply_delta(there, bytes.fromhex(delta))
    assert there.tobytes() == page((3, b"\3"))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_delta_or_refused(delta: bytes) -> None:
    there = pages(ZERO)[0]
    try:
        apply_delta(there, delta)
    except ValueError:
        assert not there.any()
