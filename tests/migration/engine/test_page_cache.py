"""The cache of xbzrle: whose page is where, and who has to make room."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qapigen.migration.engine.page_cache import PageCache
from qapigen.migration.stream.format import PAGE_SIZE


def numbers(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def contents(*fills: int) -> NDArray[np.uint8]:
    return np.repeat(np.array(fills, np.uint8)[:, None], PAGE_SIZE, axis=1)


def fills(cache: PageCache, *values: int) -> list[int]:
    found: list[int] = cache.contents(numbers(*values))[:, 0].tolist()
    return found


@pytest.fixture
def cache() -> PageCache:
    """Four places, of which page 1 and page 6 have one each."""
    made = PageCache(4 * PAGE_SIZE, 100)
    made.insert(numbers(1, 6), contents(11, 66), syncs=5)
    return made


def test_what_was_put_in_is_there(cache: PageCache) -> None:
    assert cache.known(numbers(0, 1, 2, 5, 6), 5).tolist() == [False, True, False, False, True]
    assert fills(cache, 6, 1) == [66, 11]


def test_nothing_is_known_of_an_empty_one() -> None:
    assert not PageCache(4 * PAGE_SIZE, 100).known(numbers(0, 1, 2, 3), 0).any()


def test_new_contents(cache: PageCache) -> None:
    cache.replace(numbers(6), contents(67))
    assert fills(cache, 1, 6) == [11, 67]


def test_a_copy_is_given(cache: PageCache) -> None:
    cache.contents(numbers(1))[:] = 0
    assert fills(cache, 1) == [11]


@pytest.mark.parametrize(("syncs", "makes_room"), [(5, False), (6, False), (7, True)])
def test_a_page_that_is_fresh_stays(cache: PageCache, syncs: int, makes_room: bool) -> None:
    cache.insert(numbers(5), contents(55), syncs)
    assert cache.known(numbers(5), syncs).tolist() == [makes_room]
    assert fills(cache, 1) == [55 if makes_room else 11]  # the same place


def test_to_be_looked_up_keeps_a_page_fresh(cache: PageCache) -> None:
    cache.known(numbers(1), 9)
    cache.insert(numbers(5, 2), contents(55, 22), 10)
    assert cache.known(numbers(1, 2), 10).tolist() == [True, True]


def test_a_page_replaces_itself_at_any_age(cache: PageCache) -> None:
    cache.insert(numbers(1), contents(12), 5)
    assert fills(cache, 1) == [12]


def test_one_row_for_many(cache: PageCache) -> None:
    cache.insert(numbers(0, 6, 3), contents(0), 9)
    assert fills(cache, 0, 6, 3) == [0, 0, 0]


@pytest.mark.parametrize(
    ("size", "pages", "places"),
    [(PAGE_SIZE, 100, 1), (64 << 20, 100, 128), (1 << 62, 1 << 20, 1 << 20), (1 << 62, 1, 1)],
)
def test_no_more_places_than_pages(size: int, pages: int, places: int) -> None:
    assert PageCache(size, pages).places == places
