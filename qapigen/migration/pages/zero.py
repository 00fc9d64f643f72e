"""Which pages hold nothing but zeros.

In: pages as rows of bytes.  Out: a truth value for each.
Must not know: blocks, streams.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["zero_pages"]

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
