"""The forms of pages; a destination of the tests' own puts together what they send."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qapi_migration.types.migration import MigrationCapability
from qapigen.migration.engine.page_encoders import (
    PlainPages,
    Stage,
    XbzrlePages,
    page_encoder,
)
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.progress import Counters
from qapigen.migration.settings import Capabilities, Parameters
from qapigen.migration.stream import writer
from qapigen.migration.stream.format import PAGE_SIZE, SectionType
from qapigen.migration.stream.items import Deltas, Pages, Zeros
from qapigen.migration.stream.ram_reading import RamReader
from qapigen.migration.stream.window import Window
from qapigen.migration.stream.writer import MOST_PAGES, PageWriter

FIRST, LATER, LAST = Stage


class Both:
    """A guest whose pages are sent as deltas where that is possible, and who gets them."""

    def __init__(self, *sizes: int, cache_pages: int = 64) -> None:
        self.counters = Counters()
        self.cache_bytes = cache_pages * PAGE_SIZE
        blocks = [RamBlock(f"ram{number}", size * PAGE_SIZE) for number, size in enumerate(sizes)]
        self.here = GuestRam(blocks)
        self.there = GuestRam([RamBlock(each.name, each.size) for each in blocks])
        self.encoder = XbzrlePages(
            self.counters,
            PageWriter(),
            cache_bytes=lambda: self.cache_bytes,
            blocks=self.here.blocks,
        )
        self._window = Window()
        self._reader = RamReader(self._window, self.here.sizes)

    def send(self, *pages: int, block: int = 0, stage: Stage = LATER) -> str:
        """Send pages; what each was sent as: a letter, and a number for deltas."""
        source = self.here[f"ram{block}"]
        numbers = np.array(sorted(pages), np.int64)
        filled = source.pages[numbers].max(axis=1) > 0
        records = b"".join(map(bytes, self.encoder.records(source, numbers, filled, stage)))
        return " ".join(self._take(records))

    def _take(self, records: bytes) -> list[str]:
        found: list[str] = []
        self._window.feed(records + writer.EOS)
        for item in self._reader.payload(SectionType.PART):
            match item:
                case Pages():
                    self.there[item.block].load_pages(item.indexes, item.data)
                    found += [f"page {number}" for number in item.indexes]
                case Zeros():
                    self.there[item.block].load_zeros(item.indexes, item.fill)
                    found += [f"zero {number}" for number in item.indexes]
                case Deltas():
                    self.there[item.block].load_deltas(item.indexes, item.data)
                    found += [f"delta {number}" for number in item.indexes]
        self._window.release()
        return found

    def write(self, page: int, at: int, data: bytes, block: int = 0) -> None:
        self.here[f"ram{block}"].write(page * PAGE_SIZE + at, data)

    @property
    def equal(self) -> bool:
        return self.here.digests() == self.there.digests()


@pytest.fixture
def both() -> Both:
    """A guest of eight pages with something in each of the first four; all were sent twice."""
    made = Both(8)
    for page in range(4):
        made.write(page, 10, bytes((page + 1,)) * 100)
    made.send(0, 1, 2, 3, stage=FIRST)
    made.counters.dirty_sync_count = 1
    assert made.send(0, 1, 2, 3) == "page 0 page 1 page 2 page 3"
    return made


def test_nothing_is_kept_in_the_first_pass() -> None:
    made = Both(8)
    made.write(0, 0, b"x")
    assert made.send(0, 1, stage=FIRST) == "page 0 zero 1"
    made.write(0, 1, b"y")
    assert made.send(0) == "page 0"
    assert made.counters.xbzrle_cache_miss == 1
    assert made.equal


def test_differences_from_then_on(both: Both) -> None:
    both.write(1, 500, b"abc")
    before = both.counters.transferred
    assert both.send(1) == "delta 1"
    assert both.equal
    counters = both.counters
    assert counters.xbzrle_pages == 1
    # The word, the encoding, the length of the delta; two lengths of runs, three new bytes.
    assert counters.xbzrle_bytes == counters.transferred - before == 8 + 3 + 2 + 1 + 3
    assert (counters.xbzrle_cache_miss, counters.xbzrle_overflow) == (4, 0)


def test_the_name_of_a_block_counts_where_a_delta_has_it() -> None:
    made = Both(8, 2)
    for block in (0, 1):
        made.write(0, 0, b"x", block)
        assert made.send(0, block=block) == "page 0"
        made.write(0, 1, b"y", block)
    assert made.send(0) == "delta 0"
    assert made.counters.xbzrle_bytes == 8 + 1 + len("ram0") + 3 + 3
    assert made.send(0, block=1) == "delta 0"
    assert made.counters.xbzrle_bytes == 2 * (8 + 1 + len("ram0") + 3 + 3)
    assert made.equal


def test_what_has_not_changed_is_not_sent(both: Both) -> None:
    before = dataclasses.replace(both.counters)
    assert both.send(0, 2) == ""
    assert both.counters == before


def test_what_has_changed_throughout_is_sent_as_it_is(both: Both) -> None:
    rng = np.random.default_rng(3)
    both.write(2, 0, rng.bytes(PAGE_SIZE))
    normal = both.counters.normal
    assert both.send(2) == "page 2"
    assert (both.counters.xbzrle_overflow, both.counters.normal) == (1, normal + 1)
    both.write(2, 7, b"\0\1")
    assert both.send(2) == "delta 2"  # the cache went along
    assert both.equal


def test_a_page_that_becomes_zero_and_something_again(both: Both) -> None:
    both.write(3, 0, bytes(PAGE_SIZE))
    assert both.send(3) == "zero 3"
    both.write(3, 9, b"x")
    assert both.send(3) == "delta 3"
    assert both.equal


def test_all_forms_in_one_piece(both: Both) -> None:
    both.write(0, 0, bytes(PAGE_SIZE))
    both.write(1, 0, b"x")
    both.write(3, 0, b"yz")
    both.write(5, 0, b"new")
    assert both.send(0, 1, 2, 3, 4, 5) == "zero 0 delta 1 delta 3 zero 4 page 5"
    assert both.equal


def test_the_cache_stands_still_when_the_guest_does(both: Both) -> None:
    both.write(0, 0, b"x")
    both.write(6, 0, b"y")
    assert both.send(0, 6, stage=LAST) == "delta 0 page 6"
    assert both.equal
    # Sent once more it would be another delta of the same old page.
    assert both.send(0, 6) == "delta 0 page 6"


def test_a_page_that_is_fresh_keeps_its_place() -> None:
    made = Both(8, cache_pages=2)
    for page in (0, 2):
        made.write(page, 0, b"x")
    assert made.send(0) == "page 0"
    assert made.send(2) == "page 2"
    for page in (0, 2):
        made.write(page, 1, b"y")
    assert made.send(0, 2) == "delta 0 page 2"
    made.counters.dirty_sync_count = 2
    made.write(2, 2, b"z")
    assert made.send(2) == "page 2"
    made.write(2, 3, b"!")
    assert made.send(2) == "delta 2"
    assert made.equal


def test_another_size_means_an_empty_cache(both: Both) -> None:
    both.cache_bytes *= 2
    both.write(1, 0, b"x")
    assert both.send(1) == "page 1"
    both.write(1, 1, b"x")
    assert both.send(1) == "delta 1"
    assert both.equal


def test_more_pages_than_places_in_one_batch() -> None:
    made = Both(16, cache_pages=1)
    for page in range(16):
        made.write(page, 0, b"x")
    made.counters.dirty_sync_count = 2
    assert made.send(*range(16)).count("page") == 16
    assert made.send(*range(16)).count("page") == 15  # the first one has the place
    made.write(15, 0, b"y")
    made.write(0, 1, b"z")
    assert made.send(0, 15) == "delta 0 page 15"
    assert made.equal


def test_the_rate_of_misses_is_that_of_a_second(both: Both) -> None:
    both.encoder.synced(10.0)
    both.write(0, 0, b"x")
    both.write(5, 0, b"x")
    both.write(6, 0, b"x")
    both.write(7, 0, b"x")
    both.send(0, 5, 6, 7)
    both.encoder.synced(10.5)
    assert both.counters.xbzrle_cache_miss_rate == 0
    both.encoder.synced(11.0)
    assert both.counters.xbzrle_cache_miss_rate == 0.75
    both.encoder.synced(13.0)  # nothing was looked up
    assert both.counters.xbzrle_cache_miss_rate == 0.75
    both.write(5, 1, b"x")
    both.send(5)
    both.encoder.synced(14.0)
    assert both.counters.xbzrle_cache_miss_rate == 0


@settings(max_examples=60)
@given(st.data())
def test_whatever_is_written_arrives(data: st.DataObject) -> None:
    both = Both(20, 3, cache_pages=data.draw(st.sampled_from([1, 2, 8, 64])))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    for syncs in range(1, 6):
        both.counters.dirty_sync_count = syncs
        for block, size in enumerate((20, 3)):
            written: NDArray[np.int64] = rng.permutation(size)[: rng.integers(1, size + 1)]
            for page in written.tolist():
                start = int(rng.integers(0, PAGE_SIZE))
                length = int(rng.integers(0, rng.choice([4, 200, PAGE_SIZE])))
                fill = rng.bytes(length) if rng.random() < 0.8 else bytes(length)
                both.write(page, start, fill[: PAGE_SIZE - start], block)
            both.send(*written.tolist(), block=block, stage=FIRST if syncs == 1 else LATER)
    for block, size in enumerate((20, 3)):
        both.send(*range(size), block=block, stage=LAST)
    assert both.equal


@pytest.mark.parametrize("stage", Stage)
def test_plain_pages_are_the_same_in_each_stage(stage: Stage) -> None:
    counters = Counters()
    block = RamBlock("a", 4 * PAGE_SIZE)
    block.write(PAGE_SIZE, b"x")
    numbers = np.arange(4)
    encoder = PlainPages(counters, PageWriter())
    encoder.synced(1.0)
    (records,) = encoder.records(block, numbers, block.touched.copy(), stage)
    expected = PageWriter().records("a", numbers, block.pages, filled=block.touched)
    assert bytes(records) == bytes(expected)
    assert (counters.normal, counters.duplicate) == (1, 3)
    assert counters.transferred == len(records)


@pytest.mark.parametrize("on", [False, True])
def test_the_capabilities_choose(on: bool) -> None:
    capabilities = Capabilities().changed({MigrationCapability.XBZRLE: on})
    blocks = [RamBlock("a", PAGE_SIZE)]
    encoder = page_encoder(capabilities, Parameters, Counters(), blocks)
    assert isinstance(encoder, XbzrlePages if on else PlainPages)


def test_as_many_pages_as_a_writer_takes() -> None:
    both = Both(MOST_PAGES, cache_pages=256)
    both.here["ram0"].fill_random(np.random.default_rng(1))
    pages = range(MOST_PAGES)
    assert both.send(*pages).count("page") == MOST_PAGES
    both.here["ram0"].fill_random(np.random.default_rng(2))
    assert both.send(*pages).count("page") == MOST_PAGES
    both.here["ram0"].count_up(slice(None), 5)
    assert both.send(*pages).count("delta") == MOST_PAGES
    assert both.equal
