"""Pieces to write, and how failures are told."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.channels.channel import (
    MOST_PIECES,
    ChannelError,
    describe_failure,
    gathered,
    rest_of,
)
from qapigen.runtime.errors import QapiError


@given(st.lists(st.binary(max_size=5), max_size=20), st.data())
def test_nothing_is_lost(pieces: list[bytes], data: st.DataObject) -> None:
    """However much of it a call takes."""
    seen = b""
    for batch in gathered(pieces):
        while batch:
            taken = data.draw(st.integers(1, sum(map(len, batch))))
            seen += b"".join(batch)[:taken]
            batch = rest_of(batch, taken)
    assert seen == b"".join(pieces)


def test_batches() -> None:
    batches = list(gathered([b"x"] * (2 * MOST_PIECES + 1)))
    assert [len(batch) for batch in batches] == [MOST_PIECES, MOST_PIECES, 1]
    assert os.sysconf("SC_IOV_MAX") >= MOST_PIECES


@pytest.mark.parametrize("piece", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_one_piece(piece: bytes) -> None:
    assert [list(map(bytes, batch)) for batch in gathered(piece)] == [[b"abc"]]


def test_arrays() -> None:
    pages = np.arange(8, dtype=">u4").reshape(2, 4)
    views = [view for batch in gathered([pages.data, pages[:0].data]) for view in batch]
    assert [bytes(view) for view in views] == [pages.tobytes()]
    assert (views[0].ndim, views[0].format) == (1, "B")


def test_scattered_bytes_are_refused() -> None:
    with pytest.raises(TypeError, match="contiguous"):
        list(gathered(np.zeros((4, 4))[:, ::2].data))


def test_failures() -> None:
    assert describe_failure(OSError(errno.EPIPE, "Broken pipe")) == "Broken pipe"
    assert describe_failure(ValueError("no")) == "no"
    assert describe_failure(ValueError()) == "ValueError"
    error = ChannelError("gone")
    assert isinstance(error, QapiError)
    assert error.to_wire() == {"class": "GenericError", "desc": "gone"}
