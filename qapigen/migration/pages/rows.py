"""Page numbers that follow each other.

In: page numbers.  Out: where rows of them end.
Must not know: blocks, streams, what a row is good for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_ROW", "row_ends"]

#: Shorter rows of pages are not worth being copied one by one.
LEAST_ROW = 8


def row_ends(indexes: NDArray[np.int64]) -> list[int]:
    """The places behind the last of each row of numbers that go up by one."""
    if len(indexes) < 2:
        return [1] * len(indexes)
    ends: list[int] = ((indexes[1:] - indexes[:-1] != 1).nonzero()[0] + 1).tolist()
    return [*ends, len(indexes)]
