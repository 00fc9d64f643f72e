"""Which pages of a block were written since somebody last asked.

In: page numbers of writes.  Out: the numbers written since the last :meth:`DirtyLog.take`.
Must not know: what is in the pages, who writes them or why somebody asks.

The rule that keeps every write: a writer changes the data first and marks the page then.  A
taker may so meet a page whose new data is there and whose mark is not; the mark is in its next
take, and the page is sent once more.  The other order would lose the write.
"""

from __future__ import annotations

from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["DirtyLog", "Indexes", "PageNumbers"]

#: Page numbers, each at least 0.
Indexes: TypeAlias = NDArray[np.int64]

#: What can be marked: some page numbers, or a range of them (without a step).
PageNumbers: TypeAlias = Indexes | slice


class DirtyLog:
    """The log of one block of ``pages`` pages; off at first.

    Any thread may call anything.  Writers and takers share one lock, held for the marking of a
    batch and for the exchange of two maps; the search through a map goes on without it.
    """

    __slots__ = ("_lock", "_map", "_spare", "_taking", "pages")

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self._lock = Lock()
        self._taking = Lock()
        self._map: NDArray[np.bool_] | None = None
        self._spare: NDArray[np.bool_] | None = None

    @property
    def logging(self) -> bool:
        """Whether writes are noted at the moment."""
        return self._map is not None

    def start(self) -> None:
        """Begin to note writes, with nothing noted; a log that was on is emptied.

        Whoever reads a page after this call sees all writes that are not noted.
        """
        with self._taking:
            fresh = np.zeros(self.pages, np.bool_)
            self._spare = np.zeros(self.pages, np.bool_)
            with self._lock:
                self._map = fresh

    def stop(self) -> None:
        """Note nothing any more and forget what was noted; harmless if the log is off."""
        with self._taking, self._lock:
            self._map = self._spare = None

    def mark(self, pages: PageNumbers) -> None:
        """Note that these pages were written; call it when the data is in them.

        Costs one look at an attribute while the log is off.  A log that is being started at
        this moment need not see the mark: whoever starts it reads the data afterwards.
        """
        if self._map is None:
            return
        with self._lock:
            if self._map is not None:
                self._map[pages] = True

    def take(self) -> Indexes:
        """The pages written since the last take, in ascending order; they count as clean now.

        A page marked while this runs is in this take or in the next one.  Empty if the log is
        off.
        """
        with self._taking:
            with self._lock:
                taken, self._map = self._map, self._spare
            if taken is None:
                return np.empty(0, np.int64)
            found = np.flatnonzero(taken)
            self._clear(taken, found)
            self._spare = taken
            return found

    def _clear(self, taken: NDArray[np.bool_], found: Indexes) -> None:
        # A few bytes one by one, many in a sweep.
        if len(found) * 16 < self.pages:
            taken[found] = False
        else:
            taken.fill(False)
