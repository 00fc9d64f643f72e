"""Which pages hold nothing but zeros.

In: pages as rows of bytes.  Out: a truth value for each.
Must not know: blocks, streams.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["zero_among", "zero_pages"]

# Reading one page by its index costs about as much as reading so many in a row.
_GATHER_COST = 4


def zero_pages(pages: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """A row of truth values for ``pages`` of shape (n, 4096), True where all bytes are zero.

    Most pages with content show it in their first word, which is all that is read of them.
    """
    words = pages.view(np.uint64)
    zero: NDArray[np.bool_] = words[:, 0] == 0
    candidates = np.flatnonzero(zero)
    count = len(candidates)
    if not count:
        return zero
    first, end = int(candidates[0]), int(candidates[-1]) + 1
    if count * _GATHER_COST >= end - first:
        zero[first:end] = np.bitwise_or.reduce(words[first:end], axis=1) == 0
    else:
        zero[candidates] = np.bitwise_or.reduce(words[candidates], axis=1) == 0
    return zero


def zero_among(pages: NDArray[np.uint8], indexes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The same for some of the pages, by ascending indexes; others are not looked at."""
    zero: NDArray[np.bool_] = pages.view(np.uint64)[indexes, 0] == 0
    candidates = zero.nonzero()[0]
    if not len(candidates):
        return zero
    found = indexes[candidates]
    first, last = int(found[0]), int(found[-1])
    in_a_row = last - first == len(found) - 1
    zero[candidates] = zero_pages(pages[first : last + 1] if in_a_row else pages[found])
    return zero
