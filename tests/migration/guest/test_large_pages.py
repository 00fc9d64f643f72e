"""Large pages where memory fills in a row, and nowhere else."""

from __future__ import annotations

import mmap
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qapigen.migration.guest.large_pages import HOST_LARGE_PAGES, LargePages
from qapigen.migration.guest.ram import RamBlock
from qapigen.migration.stream.format import PAGE_SIZE

if sys.platform != "linux":
    pytest.skip("the advice is Linux's", allow_module_level=True)

SIZE = 32  # pages of a large one here
FIRST = 5  # the page where the first large one can be
PAGES = FIRST + 8 * SIZE + 3
NAMES = {
    mmap.MADV_HUGEPAGE: "large",
    mmap.MADV_NOHUGEPAGE: "small",
    mmap.MADV_DONTNEED: "back",
}


class Host:
    """Memory that notes what it was advised: what, the first page, how many."""

    def __init__(self, *, willing: bool = True) -> None:
        self._willing = willing
        self._heard: list[tuple[str, int, int]] = []

    def madvise(self, option: int, start: int, length: int, /) -> None:
        assert start % PAGE_SIZE == length % PAGE_SIZE == 0
        assert length > 0
        self._heard.append((NAMES[option], start // PAGE_SIZE, length // PAGE_SIZE))
        if not self._willing and option != mmap.MADV_DONTNEED:
            raise OSError("no large pages")

    def heard(self) -> list[tuple[str, int, int]]:
        """All since the last call."""
        heard, self._heard = self._heard, []
        return heard


class Filling:
    """A block that fills."""

    def __init__(self, *, size: int = SIZE, willing: bool = True) -> None:
        self.host = Host(willing=willing)
        self.touched = np.zeros(PAGES, np.bool_)
        address = (1 << 40) - FIRST * PAGE_SIZE
        self.large = LargePages(self.host, self.touched, address=address, size=size)

    def row(self, first: int, end: int) -> list[tuple[str, int, int]]:
        """A row of pages arrives; the advice that it causes."""
        self.touched[first:end] = True
        self.large.expect(first, end)
        return self.host.heard()

    def settle(self) -> list[tuple[str, int, int]]:
        self.large.settle()
        return self.host.heard()


@pytest.fixture
def block() -> Filling:
    return Filling()


def start(stretch: int) -> int:
    return FIRST + stretch * SIZE


def test_all_in_one_row(block: Filling) -> None:
    """Each stretch once; at the ends there is none, and nothing is left over."""
    assert block.row(0, PAGES) == [("large", start(each), SIZE) for each in range(8)]
    assert block.settle() == []
    assert block.row(0, PAGES) == []


def test_row_after_row(block: Filling) -> None:
    """Where rows end does not matter."""
    heard = [each for at in range(0, PAGES, 9) for each in block.row(at, min(at + 9, PAGES))]
    assert heard == [("large", start(each), SIZE) for each in range(8)]
    assert block.settle() == []


def test_a_row_that_ends_early(block: Filling) -> None:
    assert block.row(0, start(0) + 10) == [("large", start(0), SIZE)]
    assert block.settle() == [("small", start(0), SIZE), ("back", start(0) + 10, SIZE - 10)]
    assert block.settle() == []


def test_holes_go_back(block: Filling) -> None:
    block.row(0, start(0) + 8)
    block.row(start(0) + 16, start(0) + 24)
    assert block.settle() == [
        ("small", start(0), SIZE),
        ("back", start(0) + 8, 8),
        ("back", start(0) + 24, 8),
    ]


def test_one_stretch_at_a_time(block: Filling) -> None:
    """What a stretch has too much goes back before the next one gets anything."""
    block.row(0, start(0) + 20)
    assert block.row(start(0) + 24, start(1) + 1) == [
        ("small", start(0), SIZE),
        ("back", start(0) + 20, 4),
        ("large", start(1), SIZE),
    ]
    assert block.settle() == [("small", start(1), SIZE), ("back", start(1) + 1, SIZE - 1)]


def test_pages_one_by_one(block: Filling) -> None:
    """As well as rows too short to promise anything."""
    assert [block.row(at, at + 1) for at in range(0, PAGES, 3)] == [[]] * len(range(0, PAGES, 3))
    assert [block.row(at, at + 7) for at in range(0, PAGES - 7, 7)] == [[]] * ((PAGES - 1) // 7)
    assert block.settle() == []


def test_rows_that_begin_no_stretch(block: Filling) -> None:
    assert block.row(start(2) + 1, start(3)) == []
    assert block.settle() == []


def test_a_stretch_that_nothing_led_to(block: Filling) -> None:
    """It may be the only row for a long way."""
    assert block.row(start(3), start(4)) == []
    assert block.row(start(4), start(4) + 8) == [("large", start(4), SIZE)]


@pytest.mark.parametrize(("before", "advised"), [(SIZE // 2 - 1, False), (SIZE // 2, True)])
def test_half_of_the_stretch_before(block: Filling, before: int, advised: bool) -> None:
    block.touched[start(2) : start(2) + before] = True
    assert bool(block.row(start(3), start(3) + 8)) is advised


def test_a_discarded_stretch_begins_anew(block: Filling) -> None:
    block.row(0, PAGES)
    first, end = start(2) + 1, start(4) + 1
    block.touched[first:end] = False
    block.large.discarded(first, end)
    assert block.host.heard() == [("small", start(each), SIZE) for each in (2, 3, 4)]
    assert block.settle() == []
    assert block.row(start(3), start(4)) == []  # one of 32 pages before it is touched
    assert block.row(start(4), start(5)) == [("large", start(4), SIZE)]


def test_discarding_what_never_filled(block: Filling) -> None:
    block.large.discarded(0, PAGES)
    assert block.host.heard() == []


def test_a_host_that_cannot() -> None:
    assert Filling(size=0).row(0, PAGES) == []


def test_a_host_that_will_not() -> None:
    """It goes on as if it did, and gives back what there may be."""
    block = Filling(willing=False)
    assert len(block.row(0, start(0) + 8)) == 1
    assert block.settle()[-1] == ("back", start(0) + 8, SIZE - 8)


def test_a_block_smaller_than_a_large_page() -> None:
    for pages in (1, FIRST, FIRST + SIZE - 1):
        host = Host()
        touched = np.ones(pages, np.bool_)
        LargePages(host, touched, address=(1 << 40) - FIRST * PAGE_SIZE, size=SIZE).expect(0, pages)
        assert host.heard() == []


# --- with the host's memory ---


@pytest.fixture
def ram() -> Iterator[RamBlock]:
    if not HOST_LARGE_PAGES:
        pytest.skip("the host has no large pages")
    found = RamBlock("pc.ram", 64 << 20)
    yield found
    found.close()


def kib(ram: RamBlock, what: str) -> int:
    """A figure of the memory map about the block, in all parts that it has."""
    first = ram.pages.__array_interface__["data"][0]
    total, inside = 0, False
    for line in Path(f"/proc/{os.getpid()}/smaps").read_text().splitlines():
        if place := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = first <= int(place[1], 16) < first + ram.size
            # A neighbour with the same properties may be one with it.
            inside |= int(place[1], 16) <= first < int(place[2], 16)
        elif inside and line.startswith(f"{what}:"):
            total += int(line.split()[1])
    return total


def load(ram: RamBlock, rows: list[tuple[int, int]]) -> None:
    for first, end in rows:
        data = np.full((end - first, PAGE_SIZE), 7, np.uint8)
        ram.load_pages(np.arange(first, end), data)
    ram.settle()


@pytest.mark.parametrize(("row", "gap"), [(100, 0), (64, 64), (200, 1000), (9, 600), (1, 511)])
def test_memory_is_what_was_touched(ram: RamBlock, row: int, gap: int) -> None:
    load(ram, [(at, at + row) for at in range(0, len(ram) - row, row + gap)])
    assert kib(ram, "Rss") <= ram.touched_bytes // 1024 + 256
    assert bool(ram.pages[ram.touched].all())
    assert not ram.pages[~ram.touched].any()


def test_a_host_that_gives_them_unasked_is_told_not_to(ram: RamBlock) -> None:
    """Pages one by one are small ones, whatever the host's settings are."""
    for page in range(0, len(ram), HOST_LARGE_PAGES):
        ram.write(page * PAGE_SIZE, b"x")
    assert kib(ram, "Rss") <= ram.touched_bytes // 1024 + 256
