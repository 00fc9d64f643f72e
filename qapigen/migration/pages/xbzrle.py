"""Differences between two states of a page: XBZRLE, made and applied.

In: pages as rows of bytes.  Out: deltas, or pages with deltas applied.
Must not know: blocks, streams, caches.

A delta is a sequence of pairs of runs: so many bytes that stay, so many that are replaced, and the
new ones.  The length of a run takes one byte below 128, else two: the low seven bits, marked by the
highest one, then the others.  What stays at the end of a page is not mentioned.  A run of new
bytes ends at the first byte that is equal in both states.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["TOO_LONG", "DeltaEncoder", "Deltas", "apply_delta"]

_PAGE_BITS: Final = 12
_PAGE_SIZE: Final = 1 << _PAGE_BITS

#: The length of a delta that would be longer than the page, and so does not exist.
TOO_LONG: Final = -1

_IN_WORD: Final = np.arange(8)
_LONG: Final = 0x80  # the least length of a run that takes two bytes

#: With more changed words than one in so many, it is quicker to look at all bytes.
_DENSE: Final = 16


class Deltas(NamedTuple):
    """The deltas of some pages, one behind the other."""

    lengths: NDArray[np.int64]
    """Of each page's delta: 0 if nothing has changed, :data:`TOO_LONG` where there is none."""
    data: NDArray[np.uint8]


class _Runs(NamedTuple):
    """Runs of new bytes, ascending: their beginnings, counted over all pages, and lengths.

    ``changed`` selects the new bytes themselves: their places, or a mask of the pages.
    """

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    changed: NDArray[np.int64] | NDArray[np.bool_]

    def only(self, pages: NDArray[np.bool_]) -> _Runs:
        """Those in the selected pages."""
        kept = pages[self.starts >> _PAGE_BITS]
        if self.changed.ndim == 2:
            changed = self.changed & pages[:, None]
        else:
            changed = self.changed[pages[self.changed >> _PAGE_BITS]]
        return _Runs(self.starts[kept], self.lengths[kept], changed)


class DeltaEncoder:
    """Makes deltas of up to ``most`` pages at once; for one thread.

    It keeps what it needs for that: to have megabytes from the host anew for each call would take
    longer than to look at them.
    """

    def __init__(self, most: int) -> None:
        self._changes = np.empty((most, _PAGE_SIZE // 8), np.uint64)
        self._words = np.empty((most, _PAGE_SIZE // 8), np.bool_)
        # A byte behind each page, which is equal, so that runs end where the page does.
        self._bytes = np.zeros((most, _PAGE_SIZE + 1), np.bool_)
        self._turns = np.empty(most * (_PAGE_SIZE + 1) - 1, np.bool_)

    def encode(self, old: NDArray[np.uint8], new: NDArray[np.uint8]) -> Deltas:
        """What turns each page of ``old`` into the one of ``new``, both of shape (n, 4096).

        The pages are contiguous, and nobody writes to them meanwhile.
        """
        count = len(new)
        changes, differs = self._changes[:count], self._words[:count]
        np.bitwise_xor(old.view(np.uint64), new.view(np.uint64), out=changes)
        np.not_equal(changes, 0, out=differs)
        if np.count_nonzero(differs) * _DENSE > differs.size:
            return _encode(self._all_runs(old, new), new)
        words = np.flatnonzero(differs)
        changed = changes.reshape(-1)[words].view(np.uint8).reshape(-1, 8) != 0
        return _encode(_runs_of((words[:, None] * 8 + _IN_WORD)[changed]), new)

    def _all_runs(self, old: NDArray[np.uint8], new: NDArray[np.uint8]) -> _Runs:
        """Runs found by a look at all bytes; best where many have changed."""
        padded = self._bytes[: len(new)]
        differs = padded[:, :_PAGE_SIZE]
        np.not_equal(old, new, out=differs)
        flat = padded.reshape(-1)
        turns = self._turns[: len(flat) - 1]
        np.not_equal(flat[1:], flat[:-1], out=turns)
        places = np.flatnonzero(turns) + 1
        if flat[0]:
            places = np.concatenate((np.zeros(1, np.int64), places))
        begins, ends = places[::2], places[1::2]
        return _Runs(begins - begins // (_PAGE_SIZE + 1), ends - begins, differs)


def _runs_of(places: NDArray[np.int64]) -> _Runs:
    """Runs of changed bytes whose places are known; best where few have changed."""
    begins = np.ones(len(places), np.bool_)
    np.not_equal(places[1:], places[:-1] + 1, out=begins[1:])
    begins |= places & (_PAGE_SIZE - 1) == 0
    firsts = np.flatnonzero(begins)
    return _Runs(places[firsts], np.diff(firsts, append=len(places)), places)


def _encode(runs: _Runs, new: NDArray[np.uint8]) -> Deltas:
    starts, fresh, changed = runs
    if not len(starts):
        return Deltas(np.zeros(len(new), np.int64), np.empty(0, np.uint8))
    page = starts >> _PAGE_BITS
    stays = starts & (_PAGE_SIZE - 1)
    follows = page[1:] == page[:-1]
    stays[1:][follows] = (starts[1:] - starts[:-1] - fresh[:-1])[follows]
    stays_two, fresh_two = stays >= _LONG, fresh >= _LONG
    heads = 2 + stays_two + fresh_two
    lengths = np.bincount(page, heads + fresh, minlength=len(new)).astype(np.int64)
    too_long = lengths > _PAGE_SIZE
    if too_long.all():
        return Deltas(np.full(len(new), TOO_LONG), np.empty(0, np.uint8))
    if too_long.any():
        short, data = _encode(runs.only(~too_long), new)
        return Deltas(np.where(too_long, TOO_LONG, short), data)
    ends = np.cumsum(heads + fresh)
    data = np.empty(int(ends[-1]), np.uint8)
    is_head = np.zeros(len(data), np.bool_)

    def put(at: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        data[at] = values
        is_head[at] = True

    at = ends - heads - fresh
    put(at, stays & 0x7F | stays_two * _LONG)
    put(at[stays_two] + 1, stays[stays_two] >> 7)
    at += 1 + stays_two
    put(at, fresh & 0x7F | fresh_two * _LONG)
    put(at[fresh_two] + 1, fresh[fresh_two] >> 7)
    data[~is_head] = new[changed] if changed.ndim == 2 else new.reshape(-1)[changed]
    return Deltas(lengths, data)


def apply_delta(page: NDArray[np.uint8], delta: bytes | memoryview) -> None:
    """Replace the bytes of one page that ``delta`` replaces.

    Raises ValueError, and leaves the page as it is, for what is no delta of a page: a length of
    more than two bytes, a run of no bytes but the first one of those that stay, bytes beyond the
    end of the page or of the delta.
    """
    runs: list[tuple[int, int, int]] = []
    end = len(delta)
    at = place = 0
    while at < end:
        stays, at = _length(delta, at, end)
        if not stays and runs:
            raise ValueError("a run of no bytes that stay")
        fresh, at = _length(delta, at, end)
        if not fresh:
            raise ValueError("a run of no new bytes")
        place += stays
        if place + fresh > len(page):
            raise ValueError("bytes beyond the end of the page")
        if at + fresh > end:
            raise ValueError("a delta that is cut off")
        runs.append((place, at, fresh))
        place += fresh
        at += fresh
    content = np.frombuffer(delta, np.uint8)
    for place, at, fresh in runs:
        page[place : place + fresh] = content[at : at + fresh]


def _length(delta: bytes | memoryview, at: int, end: int) -> tuple[int, int]:
    """The length of a run, and the place behind it."""
    if at >= end:
        raise ValueError("a delta that is cut off")
    low = delta[at]
    if low < _LONG:
        return low, at + 1
    if at + 1 >= end:
        raise ValueError("a delta that is cut off")
    high = delta[at + 1]
    if high >= _LONG:
        raise ValueError("a run whose length takes more than two bytes")
    return low & 0x7F | high << 7, at + 2
