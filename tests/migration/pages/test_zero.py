"""Zero pages are found wherever they lie, and no other page is taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qapigen.migration.pages.zero import zero_among, zero_pages

PAGE = 4096


def rows(count: int) -> NDArray[np.uint8]:
    return np.zeros((count, PAGE), np.uint8)


def full(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(1, 256, (count, PAGE), dtype=np.uint8)


def test_nothing() -> None:
    assert zero_pages(rows(0)).tolist() == []


def test_all_zero() -> None:
    assert zero_pages(rows(5)).tolist() == [True] * 5


def test_none_zero() -> None:
    assert zero_pages(full(5)).tolist() == [False] * 5


@pytest.mark.parametrize("at", [0, 1, 7, 8, 2048, 4088, 4095])
@pytest.mark.parametrize("count", [1, 3, 64])
def test_one_byte_counts(at: int, count: int) -> None:
    """Whichever byte it is, with zero pages around it or none."""
    pages = rows(count)
    pages[count // 2, at] = 1
    assert zero_pages(pages).tolist() == [index != count // 2 for index in range(count)]


@pytest.mark.parametrize("step", [2, 3, 9, 31])
def test_scattered(step: int) -> None:
    pages = full(100)
    pages[::step] = 0
    pages[::step, 4095] = np.arange(len(pages[::step])) % 2
    expected = [index % step == 0 and not (index // step) % 2 for index in range(100)]
    assert zero_pages(pages).tolist() == expected


def test_input_stays_as_it_is() -> None:
    pages = full(4)
    pages[1] = 0
    before = pages.copy()
    pages.flags.writeable = False
    zero_pages(pages)
    assert (pages == before).all()


def test_rows_need_not_follow_each_other() -> None:
    """As in a stream, where a word stands in front of each page."""
    raw = np.zeros((3, PAGE + 8), np.uint8)
    raw[:, :8] = 9
    raw[1, 100] = 1
    assert zero_pages(raw[:, 8:]).tolist() == [True, False, True]


@given(st.lists(st.one_of(st.none(), st.integers(0, PAGE - 1)), max_size=40))
def test_is_what_a_slow_look_says(places: list[int | None]) -> None:
    pages = rows(len(places))
    for row, at in zip(pages, places, strict=True):
        if at is not None:
            row[at] = 255
    assert zero_pages(pages).tolist() == [not any(bytes(row)) for row in pages]


@given(st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)))
def test_some_of_the_pages(written: set[int], asked: set[int]) -> None:
    """Whether what is asked for lies in a row or not, with zero pages in a row or not."""
    pages = rows(40)
    for page in written:
        pages[page, -1 if page % 2 else 0] = 1
    indexes = np.array(sorted(asked), np.int64)
    assert zero_among(pages, indexes).tolist() == [page not in written for page in sorted(asked)]
