"""How fast pages become differences (xbzrle), by how much of them has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from qapigen.migration.pages.xbzrle import DeltaEncoder, apply_delta
from qapigen.migration.stream.format import PAGE_SIZE
from tests.bench.table import Table
from tests.bench.timing import milliseconds

__all__ = ["run"]

_Pages = NDArray[np.uint8]
_COUNT = 128  # as many as go out in one piece
_ROUNDS = 200


def _scattered(pages: _Pages) -> None:
    pages[np.random.default_rng(2).random(pages.shape) < 0.02] ^= 1


def _row(start: int, end: int) -> Callable[[_Pages], None]:
    def change(pages: _Pages) -> None:
        pages[:, start:end] ^= 0xFF

    return change


#: What has changed in each page.
CHANGES: Mapping[str, Callable[[_Pages], None]] = {
    "nothing": lambda pages: None,
    "one word": _row(800, 808),
    "64 bytes in a row": _row(800, 864),
    "2 % of all bytes, scattered": _scattered,
    "half of it, in a row": _row(1000, 3048),
    "all of it": _row(0, PAGE_SIZE),
}


def run() -> Table:
    """Encode and apply batches of pages, each again and again."""
    title = f"Differences of {_COUNT} pages with random contents"
    table = Table(title, ("bytes a delta", "encode GiB/s", "apply GiB/s"))
    old = np.random.default_rng(1).integers(0, 256, (_COUNT, PAGE_SIZE), np.uint8)
    encoder = DeltaEncoder(_COUNT)
    for name, change in CHANGES.items():
        new = old.copy()
        change(new)
        lengths, data = encoder.encode(old, new)
        ends = np.cumsum(np.maximum(lengths, 0)).tolist()
        deltas = [
            data[end - length : end].data
            for end, length in zip(ends, lengths.tolist(), strict=True)
            if length > 0
        ]
        target = old.copy()

        def encode(new: _Pages = new) -> None:
            encoder.encode(old, new)

        def apply(deltas: list[memoryview] = deltas, target: _Pages = target) -> None:
            for page, delta in zip(target, deltas, strict=False):
                apply_delta(page, delta)

        size = f"{len(data) / len(deltas):.0f}" if deltas else "-"
        table.add(name, size, _speed(encode), _speed(apply) if deltas else None)
    table.notes.append("of guest pages; a page whose delta would be longer than itself has none")
    return table


def _speed(function: Callable[[], object]) -> float:
    return _COUNT * PAGE_SIZE / (milliseconds(function, _ROUNDS) / 1000) / (1 << 30)
