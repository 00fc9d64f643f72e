"""Blocks of memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.guest.dirty import DirtyLog, PageNumbers
from qapigen.migration.guest.ram import CHUNK, WORDS, GuestRam, RamBlock
from qapigen.migration.stream.format import PAGE_SIZE

PAGES = 20
SIZE = PAGES * PAGE_SIZE


@pytest.fixture
def block() -> Iterator[RamBlock]:
    """A block of 20 pages that logs writes."""
    found = RamBlock("pc.ram", SIZE)
    found.dirty.start()
    yield found
    found.close()


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def rows(*fills: int) -> np.ndarray:
    """Pages, each of one byte."""
    return np.repeat(np.array(fills, np.uint8)[:, None], PAGE_SIZE, axis=1)


def touched(block: RamBlock) -> list[int]:
    found: list[int] = np.flatnonzero(block.touched).tolist()
    return found


def dirty(block: RamBlock) -> list[int]:
    found: list[int] = block.dirty.take().tolist()
    return found


# --- the block itself ---


def test_a_new_block_is_zero_and_untouched(block: RamBlock) -> None:
    assert len(block) == PAGES
    assert block.size == SIZE
    assert block.pages.shape == (PAGES, PAGE_SIZE)
    assert block.pages.dtype == np.uint8
    assert not block.pages.any()
    assert block.touched_bytes == 0
    assert repr(block) == f"RamBlock('pc.ram', {SIZE})"


@pytest.mark.parametrize("size", [0, -PAGE_SIZE, 1, PAGE_SIZE + 1])
def test_a_size_that_is_no_pages(size: int) -> None:
    with pytest.raises(ValueError, match="no whole number of pages"):
        RamBlock("pc.ram", size)


@pytest.mark.parametrize("name", ["", "x" * 256, "\u00e9" * 128])
def test_a_name_that_no_stream_can_carry(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 bytes"):
        RamBlock(name, SIZE)


def test_the_longest_name() -> None:
    assert RamBlock("x" * 255, SIZE).name == "x" * 255


@pytest.mark.parametrize("hugepages", [False, True])
def test_a_sparse_block_may_be_larger_than_the_host(hugepages: bool) -> None:
    block = RamBlock("pc.ram", 1 << 38, hugepages=hugepages)
    block.write((1 << 38) - 1, b"x")
    assert block.touched_bytes == PAGE_SIZE
    assert block.read((1 << 38) - 2, 2) == b"\0x"
    block.close()


# --- writing ---


def test_write_across_pages(block: RamBlock) -> None:
    block.write(PAGE_SIZE - 1, b"abc")
    assert block.read(PAGE_SIZE - 2, 5) == b"\0abc\0"
    assert touched(block) == [0, 1]
    assert dirty(block) == [0, 1]


@pytest.mark.parametrize(
    ("offset", "length", "pages"),
    [
        (0, 1, [0]),
        (0, PAGE_SIZE, [0]),
        (PAGE_SIZE, PAGE_SIZE, [1]),
        (SIZE - 1, 1, [PAGES - 1]),
        (0, SIZE, [*range(PAGES)]),
        (5, 0, []),
        (SIZE, 0, []),
    ],
)
def test_write_marks_what_it_touches(
    block: RamBlock, offset: int, length: int, pages: list[int]
) -> None:
    block.write(offset, b"x" * length)
    assert block.read(offset, length) == b"x" * length
    assert touched(block) == dirty(block) == pages


@pytest.mark.parametrize(("offset", "length"), [(SIZE, 1), (SIZE - 1, 2), (-1, 1), (-1, 0)])
def test_outside_is_refused(block: RamBlock, offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        block.write(offset, b"x" * length)
    with pytest.raises(ValueError, match="not within"):
        block.read(offset, length)
    assert touched(block) == dirty(block) == []


def test_a_negative_length_is_refused(block: RamBlock) -> None:
    with pytest.raises(ValueError, match="not within"):
        block.read(5, -1)


def test_write_pages(block: RamBlock) -> None:
    block.write_pages(numbers(5, 2), rows(1, 2))
    block.write_pages(slice(8, 10), rows(3))
    assert [int(block.pages[page, 9]) for page in (5, 2, 8, 9)] == [1, 2, 3, 3]
    assert touched(block) == dirty(block) == [2, 5, 8, 9]


def test_count_up_changes_one_word(block: RamBlock) -> None:
    block.count_up(numbers(3, 1), 1)
    block.count_up(slice(1, 2), 1)
    block.count_up(numbers(1), WORDS - 1)
    words = block.pages.view(np.uint64)
    assert words[1, 1] == 2
    assert words[3, 1] == 1
    assert words[1, WORDS - 1] == 1
    assert words.sum() == 4
    assert touched(block) == dirty(block) == [1, 3]


def test_count_up_changes_the_page_whatever_is_in_it(block: RamBlock) -> None:
    block.write_pages(numbers(0), rows(255))
    block.count_up(numbers(0), 0)
    assert block.read(0, 9) == bytes(8) + b"\xff"


class Watching(DirtyLog):
    """A log that looks at the data when it is told of it."""

    def __init__(self, block: RamBlock) -> None:
        super().__init__(len(block))
        self.block = block
        self.before = block.pages.copy()
        self.seen = 0

    def mark(self, pages: PageNumbers) -> None:
        assert (self.block.pages[pages] != self.before[pages]).any(axis=1).all()
        assert self.block.touched[pages].all()
        self.before = self.block.pages.copy()
        self.seen += 1


def test_the_mark_comes_after_the_data(block: RamBlock) -> None:
    block.dirty = log = Watching(block)
    block.write(1, b"abc")
    block.write_pages(numbers(2, 4), rows(9))
    block.count_up(numbers(2, 7), 0)
    block.load_pages(numbers(5, 6), rows(7, 8))
    block.load_zeros(numbers(5), 1)
    block.load_zeros(numbers(5, 2), 0)
    block.fill_random(np.random.default_rng(0), slice(10, 12))
    assert log.seen == 7


def test_fill_random_is_seeded_and_does_not_repeat() -> None:
    blocks = [RamBlock("pc.ram", (CHUNK + 2) * PAGE_SIZE) for _ in range(2)]
    for block in blocks:
        block.fill_random(np.random.default_rng(5))
    one, other = blocks
    assert (one.pages == other.pages).all()
    assert len(np.unique(one.pages.view(f"V{PAGE_SIZE}"))) == CHUNK + 2
    assert one.touched.all()


def test_fill_random_of_a_range(block: RamBlock) -> None:
    block.fill_random(np.random.default_rng(5), slice(3, 6))
    assert touched(block) == dirty(block) == [3, 4, 5]


# --- pages come and go ---


@pytest.mark.parametrize(
    "pages",
    [(4,), (4, 5, 6), (6, 5, 4), (4, 6, 8), (4, 6, 5, 7), (4, 4), (4, 6, 6, 7), (19, 0)],
    ids=str,
)
def test_load_pages_in_any_order(block: RamBlock, pages: tuple[int, ...]) -> None:
    fills = range(1, len(pages) + 1)
    block.load_pages(numbers(*pages), rows(*fills))
    # The last one wins.
    for page, fill in dict(zip(pages, fills, strict=True)).items():
        assert (block.pages[page] == fill).all()
    assert touched(block) == sorted({*pages})
    assert np.count_nonzero(block.pages.any(axis=1)) == len({*pages})


def test_load_pages_out_of_records(block: RamBlock) -> None:
    """The rows may lie apart, as they do between the records of a stream."""
    records = np.zeros((3, PAGE_SIZE + 8), np.uint8)
    records[:, 8:] = rows(1, 2, 3)
    block.load_pages(numbers(1, 2, 3), records[:, 8:])
    assert block.read(PAGE_SIZE, 3 * PAGE_SIZE) == rows(1, 2, 3).tobytes()


@given(st.lists(st.integers(0, 199), max_size=150), st.booleans())
def test_load_pages_is_writing_one_by_one(pages: list[int], in_rows: bool) -> None:
    """In rows long and short, over places where large pages begin, the last of a page wins."""
    if in_rows:
        pages = [page + step for page in pages[:10] for step in range(page % 30)]
    loaded = RamBlock("pc.ram", 256 * PAGE_SIZE)
    data = np.repeat(np.arange(len(pages), dtype=np.uint32)[:, None], PAGE_SIZE // 4, axis=1)
    loaded.load_pages(np.array(pages, np.int64), data.view(np.uint8))
    loaded.settle()
    last = {page: value for value, page in enumerate(pages)}
    found = loaded.pages.view(np.uint32)[:, [0, -1]].tolist()
    assert found == [[last.get(page, 0)] * 2 for page in range(256)]
    assert touched(loaded) == sorted(last)
    loaded.close()


def test_load_no_pages(block: RamBlock) -> None:
    block.load_pages(numbers(), rows()[:0])
    block.load_zeros(numbers())
    block.load_zeros(numbers(), 5)
    assert touched(block) == []


def test_zeros_for_untouched_pages_write_nothing(block: RamBlock) -> None:
    block.load_zeros(np.arange(PAGES))
    assert touched(block) == dirty(block) == []


def test_zeros_for_pages_that_were_zero_again_write_nothing(block: RamBlock) -> None:
    block.write(0, b"\0")
    dirty(block)
    block.load_zeros(numbers(0))
    assert dirty(block) == []


def test_zeros_replace_content(block: RamBlock) -> None:
    block.write_pages(numbers(1, 2, 3), rows(1))
    dirty(block)
    block.load_zeros(numbers(0, 3, 1))
    assert dirty(block) == [1, 3]
    assert np.flatnonzero(block.pages.any(axis=1)).tolist() == [2]


def test_zeros_of_many_pages() -> None:
    block = RamBlock("pc.ram", 3 * CHUNK * PAGE_SIZE)
    block.write_pages(slice(None), rows(1))
    block.load_zeros(np.arange(len(block)))
    assert not block.pages.any()


def test_another_fill(block: RamBlock) -> None:
    block.load_zeros(numbers(2, 5), 0x41)
    assert (block.pages[[2, 5]] == 0x41).all()
    assert touched(block) == dirty(block) == [2, 5]


def test_discard(block: RamBlock) -> None:
    block.write_pages(slice(None), rows(1))
    dirty(block)
    block.discard(3, 2)
    block.discard(PAGES, 0)
    assert not block.pages[3:5].any()
    assert block.pages[[2, 5]].all()
    assert block.touched_bytes == SIZE - 2 * PAGE_SIZE
    assert dirty(block) == []


@pytest.mark.parametrize(("first", "count"), [(-1, 1), (PAGES, 1), (0, PAGES + 1), (1, -1)])
def test_discard_outside(block: RamBlock, first: int, count: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        block.discard(first, count)


# --- digests ---


def test_the_digest_tells_contents() -> None:
    found = set()
    for page, fill in [(0, 1), (1, 1), (1, 2)]:
        block = RamBlock("pc.ram", SIZE)
        found.add(block.digest())
        block.write_pages(numbers(page), rows(fill))
        found.add(block.digest())
    assert len(found) == 4


def test_the_digest_tells_the_size() -> None:
    assert RamBlock("a", SIZE).digest() != RamBlock("a", SIZE + PAGE_SIZE).digest()


def test_a_touched_zero_page_is_like_an_untouched_one(block: RamBlock) -> None:
    fresh = block.digest()
    block.write_pages(slice(None), rows(1))
    assert block.digest() != fresh
    block.write_pages(slice(None), rows(0))
    assert block.touched.all()
    assert block.digest() == fresh


@given(st.dictionaries(st.integers(0, 2 * CHUNK), st.integers(0, 2)))
def test_the_digest_does_not_tell_how_it_came_about(fills: dict[int, int]) -> None:
    one, other = (RamBlock("pc.ram", (2 * CHUNK + 1) * PAGE_SIZE) for _ in range(2))
    for page, fill in fills.items():
        one.write_pages(numbers(page), rows(fill))
    other.touched[:] = True
    for page, fill in sorted(fills.items()):
        other.pages[page] = fill
    assert one.digest() == other.digest()
    one.count_up(numbers(CHUNK), 0)
    assert one.digest() != other.digest()


# --- the end ---


def test_close_gives_the_memory_back_under_a_view() -> None:
    block = RamBlock("pc.ram", SIZE)
    block.dirty.start()
    block.write(0, b"abc")
    view = block.pages
    block.close()
    block.close()
    assert not view.any()
    assert len(block) == len(block.pages) == 0
    assert not block.dirty.logging
    assert block.touched_bytes == 0


def test_close_ends_the_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[mmap.mmap] = []
    original = mmap.mmap

    def remember(*args: int, **kwargs: int) -> mmap.mmap:
        made.append(original(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(mmap, "mmap", remember)
    RamBlock("pc.ram", SIZE).close()
    assert [memory.closed for memory in made] == [True]


# --- all blocks of a guest ---


def test_blocks_from_the_largest_to_the_smallest() -> None:
    small, large, other = (RamBlock(*it) for it in [("a", SIZE), ("b", 2 * SIZE), ("c", SIZE)])
    ram = GuestRam([small, large, other])
    assert list(ram) == list(ram.blocks) == [large, small, other]
    assert ram.main is large
    assert ram.sizes == {"b": 2 * SIZE, "a": SIZE, "c": SIZE}
    assert len(ram) == 3
    assert ram.size == 4 * SIZE
    assert ram["a"] is small
    assert "c" in ram
    assert "d" not in ram
    with pytest.raises(KeyError):
        ram["d"]


def test_no_block_and_two_of_a_name() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GuestRam([])
    with pytest.raises(ValueError, match="same name"):
        GuestRam([RamBlock("a", SIZE), RamBlock("a", SIZE)])


def test_the_whole_memory() -> None:
    ram = GuestRam([RamBlock("a", SIZE), RamBlock("b", 2 * SIZE)])
    ram["a"].write(0, b"x")
    ram.start_logging()
    ram["b"].write(PAGE_SIZE, b"x")
    taken = {name: pages.tolist() for name, pages in ram.take_dirty().items()}
    assert taken == {"b": [1], "a": []}
    assert ram.touched_bytes == 2 * PAGE_SIZE
    assert ram.digests() == {"b": ram["b"].digest(), "a": ram["a"].digest()}
    ram.stop_logging()
    assert not any(block.dirty.logging for block in ram)
    ram.close()
    assert not any(len(block) for block in ram)
