"""Large pages of the host under memory that fills in a row: one fault where there were 512.

In: which pages are about to be written.  Out: advice to the host; no content ever changes.
Must not know: streams, what the pages contain.

Under all of a guest's memory, they would cost 2 MiB for each page that a sparse guest ever wrote.
So a stretch of memory gets one when a row of pages reaches its beginning and the stretch before
it has filled well; and what has stayed untouched of it goes back to the host when the row has
moved on.  At most one stretch at a time has more memory than its touched pages need.
"""

from __future__ import annotations

import mmap
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from ..pages.rows import LEAST_ROW, row_ends
from ..stream.format import PAGE_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HOST_LARGE_PAGES", "LargePages", "Memory"]

_SIZE_FILE: Final = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")


def _pages_of_a_large_one() -> int:
    if sys.platform == "linux" and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError, ValueError):
            return int(_SIZE_FILE.read_text()) // PAGE_SIZE
    return 0


#: How many pages the host can have in one; 0 if it cannot.
HOST_LARGE_PAGES: Final = _pages_of_a_large_one()


class Memory(Protocol):
    """What takes the advice: an ``mmap.mmap``."""

    def madvise(self, option: int, start: int, length: int, /) -> None:
        """Advise the host about ``length`` bytes."""


class LargePages:
    """The advice for one block, whose memory is at ``address``.

    ``touched`` is its map of pages that were ever written; pages of the block that are not in it
    have to be zero.  For the one thread that fills the block, while nobody else writes to it.
    """

    __slots__ = ("_advised", "_first", "_memory", "_open", "_size", "_touched")

    def __init__(
        self,
        memory: Memory,
        touched: NDArray[np.bool_],
        *,
        address: int,
        size: int = HOST_LARGE_PAGES,
    ) -> None:
        self._memory = memory
        self._touched = touched
        self._size = size
        # Large pages lie where the host has them, whatever the block's first page is.
        self._first = -(address // PAGE_SIZE) % size if size else 0
        stretches = (len(touched) - self._first) // size if size else 0
        self._advised = np.zeros(max(0, stretches), np.bool_)
        self._open: int | None = None  # the stretch that is filling now

    def expect(self, first: int, end: int) -> None:
        """The pages from ``first`` up to ``end``, marked as touched, are about to be written."""
        if not self._size or end - first < LEAST_ROW:
            return
        stretch = -((self._first - first) // self._size)  # the next one that begins
        while stretch < len(self._advised) and self._start(stretch) < end:
            if not self._advised[stretch] and self._filled_before(stretch):
                self._begin(stretch)
            stretch += 1

    def settle(self) -> None:
        """The row has moved on: what its stretch does not need goes back to the host."""
        stretch, self._open = self._open, None
        if stretch is None:
            return
        start = self._start(stretch)
        unused = (~self._touched[start : start + self._size]).nonzero()[0] + start
        if unused.size:
            self._small(stretch)
        first = 0
        for end in row_ends(unused):
            length = (end - first) * PAGE_SIZE
            self._memory.madvise(mmap.MADV_DONTNEED, int(unused[first]) * PAGE_SIZE, length)
            first = end

    def discarded(self, first: int, end: int) -> None:
        """These pages are untouched again, and may be written one by one."""
        if not self._advised.any():
            return
        self._open = None
        low = max(0, (first - self._first) // self._size)
        high = -((self._first - end) // self._size)
        for stretch in (self._advised[low:high].nonzero()[0] + low).tolist():
            self._advised[stretch] = False
            self._small(stretch)

    def _start(self, stretch: int) -> int:
        return self._first + stretch * self._size

    def _filled_before(self, stretch: int) -> bool:
        start = self._start(stretch)
        before = self._touched[max(0, start - self._size) : start]
        return int(np.count_nonzero(before)) * 2 >= len(before)

    def _begin(self, stretch: int) -> None:
        self.settle()
        self._advised[stretch] = True
        self._open = stretch
        self._advise(mmap.MADV_HUGEPAGE, stretch)

    def _small(self, stretch: int) -> None:
        """No large page, or the host would put one there again of its own accord."""
        self._advise(mmap.MADV_NOHUGEPAGE, stretch)

    def _advise(self, advice: int, stretch: int) -> None:
        with suppress(OSError):  # the same content without it
            self._memory.madvise(advice, self._start(stretch) * PAGE_SIZE, self._size * PAGE_SIZE)
