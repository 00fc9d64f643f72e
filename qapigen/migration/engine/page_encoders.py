"""What stands between the choice of pages and the wire: the form in which each page goes out.

In: pages of a block, some of them zero, and the stage of the migration.  Out: their records.
Must not know: which pages are due, channels, statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from qapi_migration.types.migration import MigrationCapability

from ..pages.xbzrle import TOO_LONG, DeltaEncoder
from ..stream.format import PAGE_SIZE
from ..stream.writer import MOST_PAGES, PageWriter, RecordKind
from .page_cache import PageCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..guest.ram import RamBlock
    from ..progress import Counters
    from ..settings import Capabilities, Parameters

__all__ = ["PageEncoder", "PlainPages", "Stage", "XbzrlePages", "page_encoder"]

_RATE_SECONDS: Final = 1.0  # that a rate of misses is measured over, at least
_ZERO: Final = np.zeros((1, PAGE_SIZE), np.uint8)


class Stage(Enum):
    """How far the migration is, as far as it matters for the form of a page."""

    FIRST = "first pass"
    LATER = "later passes"
    LAST = "guest stopped"


class PageEncoder(Protocol):
    """A form of pages; for one thread."""

    def records(
        self, block: RamBlock, pages: NDArray[np.int64], filled: NDArray[np.bool_], stage: Stage
    ) -> Iterator[memoryview]:
        """Records of pages, ascending, at most MOST_PAGES of them ``filled``, the others zero.

        Each piece is valid until the next one is asked for.  Counts what was made.
        """

    def synced(self, now: float) -> None:
        """The log of written pages was looked at, at that time in seconds."""


def page_encoder(
    capabilities: Capabilities,
    parameters: Callable[[], Parameters],
    counters: Counters,
    blocks: Sequence[RamBlock],
) -> PageEncoder:
    """The form that the capabilities want; ``parameters`` are asked for all the time."""
    writer = PageWriter()
    if not capabilities[MigrationCapability.XBZRLE]:
        return PlainPages(counters, writer)
    return XbzrlePages(
        counters, writer, cache_bytes=lambda: parameters().xbzrle_cache_size, blocks=blocks
    )


class PlainPages:
    """Each page as it is."""

    def __init__(self, counters: Counters, writer: PageWriter) -> None:
        self._counters = counters
        self._writer = writer

    def records(
        self, block: RamBlock, pages: NDArray[np.int64], filled: NDArray[np.bool_], stage: Stage
    ) -> Iterator[memoryview]:
        """See :class:`PageEncoder`."""
        records = self._writer.records(block.name, pages, block.pages, filled=filled)
        normal = int(np.count_nonzero(filled))
        self._counters.normal += normal
        self._counters.duplicate += len(filled) - normal
        self._counters.transferred += len(records)
        yield records

    def synced(self, now: float) -> None:
        """See :class:`PageEncoder`."""


class XbzrlePages:
    """From the second pass on, pages as what differs from their last state there (xbzrle).

    ``cache_bytes`` is asked all the time; another size than before means an empty cache.
    """

    def __init__(
        self,
        counters: Counters,
        writer: PageWriter,
        *,
        cache_bytes: Callable[[], int],
        blocks: Sequence[RamBlock],
    ) -> None:
        self._counters = counters
        self._cache_bytes = cache_bytes
        ends = list(accumulate(map(len, blocks)))
        #: The number of each block's first page among all pages.
        self._numbers = {
            block.name: end - len(block) for block, end in zip(blocks, ends, strict=True)
        }
        self._page_count = ends[-1]
        self._cache = PageCache(cache_bytes(), self._page_count)
        self._plain = PlainPages(counters, writer)
        self._writer = writer
        self._deltas = DeltaEncoder(MOST_PAGES)
        self._lookups = 0
        self._rated: tuple[float, int, int] | None = None  # time, lookups, misses

    def records(
        self, block: RamBlock, pages: NDArray[np.int64], filled: NDArray[np.bool_], stage: Stage
    ) -> Iterator[memoryview]:
        """See :class:`PageEncoder`."""
        if stage is Stage.FIRST:
            yield from self._plain.records(block, pages, filled, stage)
            return
        size = self._cache_bytes()
        if size != self._cache.size:
            self._cache = PageCache(size, self._page_count)
        numbers = pages + self._numbers[block.name]
        # Pages that share a place in the cache are looked at one after the other.
        cuts = np.flatnonzero(np.diff(numbers // self._cache.places)) + 1
        for start, end in pairwise([0, *cuts.tolist(), len(pages)]):
            part = slice(start, end)
            yield self._part(block, pages[part], filled[part], numbers[part], stage)

    def _part(
        self,
        block: RamBlock,
        pages: NDArray[np.int64],
        filled: NDArray[np.bool_],
        numbers: NDArray[np.int64],
        stage: Stage,
    ) -> memoryview:
        """Records of pages whose places in the cache differ."""
        syncs = self._counters.dirty_sync_count
        self._cache.insert(numbers[~filled], _ZERO, syncs)
        kinds = np.full(len(pages), RecordKind.ZERO)
        # A copy, so that what goes out and what is kept are the same, whatever the guest writes.
        contents = block.pages[pages[filled]]
        numbers = numbers[filled]
        known = self._cache.known(numbers, syncs)
        deltas = self._deltas.encode(self._cache.contents(numbers[known]), contents[known])
        found = np.full(len(numbers), RecordKind.PAGE)
        found[known] = np.where(deltas.lengths == TOO_LONG, RecordKind.PAGE, RecordKind.DELTA)
        found[np.flatnonzero(known)[deltas.lengths == 0]] = RecordKind.NONE
        if stage is not Stage.LAST:
            changed = known & (found != RecordKind.NONE)
            self._cache.replace(numbers[changed], contents[changed])
            self._cache.insert(numbers[~known], contents[~known], syncs)
        kinds[filled] = found
        records, delta_bytes = self._writer.mixed(
            block.name, pages, kinds, contents[found == RecordKind.PAGE], deltas
        )
        self._count(kinds, known, deltas.lengths, len(records), delta_bytes)
        return records

    def _count(
        self,
        kinds: NDArray[np.int64],
        known: NDArray[np.bool_],
        lengths: NDArray[np.int64],
        record_bytes: int,
        delta_bytes: int,
    ) -> None:
        counters = self._counters
        counters.transferred += record_bytes
        counters.duplicate += int(np.count_nonzero(kinds == RecordKind.ZERO))
        counters.normal += int(np.count_nonzero(kinds == RecordKind.PAGE))
        counters.xbzrle_pages += int(np.count_nonzero(kinds == RecordKind.DELTA))
        counters.xbzrle_bytes += delta_bytes
        counters.xbzrle_overflow += int(np.count_nonzero(lengths == TOO_LONG))
        counters.xbzrle_cache_miss += len(known) - int(np.count_nonzero(known))
        self._lookups += len(known)

    def synced(self, now: float) -> None:
        """See :class:`PageEncoder`; the rate of misses is that of a second or more."""
        counters = self._counters
        lookups, misses = self._lookups, counters.xbzrle_cache_miss
        if self._rated is not None:
            then, lookups_then, misses_then = self._rated
            if now - then < _RATE_SECONDS:
                return
            if lookups > lookups_then:
                rate = (misses - misses_then) / (lookups - lookups_then)
                counters.xbzrle_cache_miss_rate = rate
        self._rated = (now, lookups, misses)
