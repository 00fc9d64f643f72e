"""Pages as the destination has them, kept to send differences against: the cache of xbzrle.

In: numbers of pages over all blocks, contents, the count of syncs.  Out: which pages are known, and
what they were.
Must not know: streams, deltas, counters.

The cache is direct-mapped, as QEMU's: a page has one place, its number modulo the number of places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..stream.format import PAGE_SIZE

__all__ = ["PageCache"]

_NOBODY = -1

#: A page of which nothing was heard for so many syncs makes room for another one.
_FRESH_SYNCS = 2


class PageCache:
    """Room for ``size`` bytes of pages, a power of two, of a guest that has ``pages`` of them.

    More places than pages are of no use, so no memory is had for them.  What is never used costs
    no memory either.  All methods take page numbers that have different places; see
    :attr:`places`.
    """

    def __init__(self, size: int, pages: int) -> None:
        self.size = size
        #: Page numbers that lie closer together than that have different places.
        self.places = min(size // PAGE_SIZE, 1 << (pages - 1).bit_length())
        self._owners = np.full(self.places, _NOBODY, np.int64)
        self._ages = np.zeros(self.places, np.int64)
        self._contents = np.zeros((self.places, PAGE_SIZE), np.uint8)

    def known(self, numbers: NDArray[np.int64], syncs: int) -> NDArray[np.bool_]:
        """Which of the pages are here; those are fresh from now on."""
        places = numbers % self.places
        known: NDArray[np.bool_] = self._owners[places] == numbers
        self._ages[places[known]] = syncs
        return known

    def contents(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """A copy of pages that are here, as rows of bytes."""
        return self._contents[numbers % self.places]

    def replace(self, numbers: NDArray[np.int64], contents: NDArray[np.uint8]) -> None:
        """New contents of pages that are here."""
        self._contents[numbers % self.places] = contents

    def insert(self, numbers: NDArray[np.int64], contents: NDArray[np.uint8], syncs: int) -> None:
        """Take pages in, except where the place belongs to another one that is fresh.

        ``contents`` has a row for each page, or one row for all of them.
        """
        places = numbers % self.places
        owners = self._owners[places]
        free = (owners == _NOBODY) | (owners == numbers)
        free |= self._ages[places] + _FRESH_SYNCS <= syncs
        taken = places[free]
        self._owners[taken] = numbers[free]
        self._ages[taken] = syncs
        self._contents[taken] = contents[free] if len(contents) == len(numbers) else contents
