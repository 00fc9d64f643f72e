"""Rows of page numbers."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.pages.rows import row_ends


@pytest.mark.parametrize(
    ("indexes", "ends"),
    [
        ([], []),
        ([7], [1]),
        ([7, 8, 9], [3]),
        ([7, 9], [1, 2]),
        ([1, 2, 5, 6, 7], [2, 5]),
        ([3, 2, 1], [1, 2, 3]),
        ([4, 4], [1, 2]),
        ([0, 1, 0, 1], [2, 4]),
    ],
)
def test_ends(indexes: list[int], ends: list[int]) -> None:
    assert row_ends(np.array(indexes, np.int64)) == ends


@given(st.lists(st.integers(0, 20), min_size=1))
def test_rows_are_as_long_as_they_can_be(indexes: list[int]) -> None:
    ends = row_ends(np.array(indexes, np.int64))
    rows = [indexes[start:end] for start, end in pairwise([0, *ends])]
    assert list(chain.from_iterable(rows)) == indexes
    for row in rows:
        assert row == list(range(row[0], row[0] + len(row)))
    for row, following in pairwise(rows):
        assert following[0] != row[-1] + 1
