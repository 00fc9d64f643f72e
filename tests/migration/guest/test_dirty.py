"""The log of written pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.guest.dirty import DirtyLog

PAGES = 100
BLOCKED = 0.2  # seconds after which a thread that has not ended is taken to wait for us


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.fixture
def busy_switching() -> Iterator[None]:
    """The interpreter goes from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_off_at_first() -> None:
    log = DirtyLog(PAGES)
    assert not log.logging
    log.mark(numbers(1))
    assert log.take().tolist() == []


def test_what_was_marked_is_taken_once_in_order() -> None:
    log = DirtyLog(PAGES)
    log.start()
    log.mark(numbers(7, 3, 3))
    log.mark(slice(98, 100))
    assert log.take().tolist() == [3, 7, 98, 99]
    assert log.take().tolist() == []
    log.mark(numbers(3))
    assert log.take().tolist() == [3]


def test_numbers_are_page_numbers() -> None:
    log = DirtyLog(PAGES)
    log.start()
    assert log.take().dtype == np.int64


def test_a_full_log_is_clean_afterwards() -> None:
    log = DirtyLog(PAGES)
    log.start()
    for _ in range(3):
        log.mark(slice(None))
        assert len(log.take()) == PAGES
        assert len(log.take()) == 0


def test_stop_forgets_and_start_begins_anew() -> None:
    log = DirtyLog(PAGES)
    log.start()
    log.mark(numbers(1))
    log.stop()
    log.stop()
    assert not log.logging
    log.mark(numbers(2))
    assert log.take().tolist() == []
    log.start()
    assert log.take().tolist() == []
    log.mark(numbers(4))
    log.start()
    assert log.take().tolist() == []


def test_pages_outside_are_an_error() -> None:
    log = DirtyLog(PAGES)
    log.start()
    with pytest.raises(IndexError):
        log.mark(numbers(PAGES))


@given(st.lists(st.one_of(st.none(), st.sets(st.integers(0, PAGES - 1)))))
def test_like_a_set(steps: list[set[int] | None]) -> None:
    """None stands for a take."""
    log = DirtyLog(PAGES)
    log.start()
    marked: set[int] = set()
    for step in steps:
        if step is None:
            assert log.take().tolist() == sorted(marked)
            marked = set()
        else:
            log.mark(numbers(*step))
            marked |= step
    assert log.take().tolist() == sorted(marked)


@pytest.mark.usefixtures("busy_switching")
def test_no_write_is_lost() -> None:
    """Writers change data and mark it; a taker that copies what it is told has everything."""
    log = DirtyLog(PAGES)
    data = np.zeros((2, PAGES), np.int64)  # a row for each writer
    copy = data.copy()
    log.start()

    def write(row: int) -> None:
        rng = np.random.default_rng(row)
        for _ in range(2000):
            pages = rng.integers(0, PAGES, 5)
            data[row, pages] += 1
            log.mark(pages)

    writers = [Thread(target=write, args=(row,)) for row in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        taken = log.take()
        copy[:, taken] = data[:, taken]
    for writer in writers:
        writer.join()
    taken = log.take()
    copy[:, taken] = data[:, taken]
    assert data.sum() > PAGES
    assert (copy == data).all()


class Slow:
    """A page number that lets another thread run while it is being looked up."""

    def __init__(self, page: int, other: Thread) -> None:
        self._page = page
        self._other = other

    def __index__(self) -> int:
        self._other.start()
        self._other.join(BLOCKED)
        return self._page


def test_a_take_waits_for_a_mark() -> None:
    """A mark that has begun is not made in a map that was taken meanwhile."""
    log = DirtyLog(PAGES)
    log.start()
    found: list[int] = []
    taker = Thread(target=lambda: found.extend(log.take().tolist()))
    log.mark(slice(Slow(7, taker), 8))
    taker.join()
    assert [*found, *log.take().tolist()] == [7]


def test_a_mark_during_a_take_is_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    log = DirtyLog(PAGES)
    log.start()
    log.mark(numbers(3))
    search = np.flatnonzero

    def late(found: np.ndarray) -> np.ndarray:
        pages = search(found)
        log.mark(numbers(3, 4))
        return pages

    with monkeypatch.context() as patch:
        patch.setattr(np, "flatnonzero", late)
        assert log.take().tolist() == [3]
    assert log.take().tolist() == [3, 4]


def test_a_take_waits_for_a_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would find the first one's map, and clear marks that nobody has seen."""
    log = DirtyLog(PAGES)
    log.start()
    log.mark(numbers(3))
    search = np.flatnonzero
    found: list[int] = []
    second = Thread(target=lambda: found.extend(log.take().tolist()))

    def late(marks: np.ndarray) -> np.ndarray:
        pages = search(marks)
        if second.ident is None:
            log.mark(slice(0, 50))  # so many that a map is cleared in a sweep
            second.start()
            second.join(BLOCKED)
        else:
            log.mark(numbers(70))
        return pages

    with monkeypatch.context() as patch:
        patch.setattr(np, "flatnonzero", late)
        assert log.take().tolist() == [3]
        second.join()
    assert sorted([*found, *log.take().tolist()]) == [*range(50), 70]


@pytest.mark.usefixtures("busy_switching")
def test_two_takers_share_the_marks() -> None:
    """Each mark is in one take of one of them, whatever else happens."""
    log = DirtyLog(PAGES)
    log.start()
    found: list[list[int]] = [[], []]
    done = False

    def take(number: int) -> None:
        while not done:
            found[number] += log.take().tolist()

    takers = [Thread(target=take, args=(number,)) for number in range(2)]
    for taker in takers:
        taker.start()
    for page in [*range(PAGES)] * 5:
        log.mark(numbers(page))
    done = True
    for taker in takers:
        taker.join()
    last = log.take().tolist()
    assert set(found[0]) | set(found[1]) | set(last) == set(range(PAGES))
    assert len(found[0]) + len(found[1]) + len(last) <= 5 * PAGES


@pytest.mark.usefixtures("busy_switching")
def test_start_and_stop_under_way() -> None:
    """Marks while the log goes on and off do no harm, and the last of them is there."""
    log = DirtyLog(PAGES)
    done = False

    def write() -> None:
        while not done:
            log.mark(numbers(1, 2))

    writer = Thread(target=write)
    writer.start()
    for _ in range(500):
        log.start()
        assert set(log.take().tolist()) <= {1, 2}
        log.stop()
    log.start()
    done = True
    writer.join()
    log.mark(numbers(3))
    assert 3 in log.take().tolist()
