"""The guest's memory: named blocks of pages, with a note of what was ever written.

In: writes of the guest, pages that arrive from elsewhere.  Out: views of the pages, numbers of
the dirty ones, digests.  Must not know: streams, engines, what the bytes mean.

A block is anonymous memory of the host, so pages that nobody wrote cost nothing.  For the same
reason nothing here looks at untouched pages: reading them would be slow and tells nothing.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..pages.rows import LEAST_ROW, row_ends
from ..pages.xbzrle import apply_delta
from ..pages.zero import zero_pages
from ..stream.format import MOST_NAME_BYTES, PAGE_SIZE
from .dirty import DirtyLog, Indexes, PageNumbers
from .large_pages import LargePages

__all__ = ["WORDS", "GuestRam", "Pages", "RamBlock"]

#: 64-bit words of a page.  A page is the guest's and the host's alike.
WORDS: Final = PAGE_SIZE // 8

#: Pages as rows of bytes.
Pages: TypeAlias = NDArray[np.uint8]

#: Pages that are looked at together; they fit into a processor's cache.
CHUNK = 256


def _no_reserve() -> int:
    # Python tells the flag from 3.13 on.  Without it the host refuses blocks larger than its own
    # memory, however few of their pages are ever written.
    known = getattr(mmap, "MAP_NORESERVE", None)
    if isinstance(known, int):
        return known
    generic = {"x86_64", "i686", "aarch64", "armv7l", "riscv64", "s390x"}
    return 0x4000 if sys.platform == "linux" and os.uname().machine in generic else 0


def _anonymous(size: int, hugepages: bool) -> mmap.mmap:
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, size, flags=flags | _no_reserve())
    # Fewer faults when much is written in a row; a host that cannot do it is only slower.  And
    # a host that does it unasked would have 2 MiB for each page that is written.
    advice = getattr(mmap, "MADV_HUGEPAGE" if hugepages else "MADV_NOHUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            memory.madvise(advice)
    return memory


class RamBlock:
    """One block of memory: ``size`` bytes, all zero at first.

    Writers of different pages, and writers and readers of the same page, may be different
    threads.  A reader may then see a page half written; the page is in the dirty log after that.
    Two threads that write the same words at once leave one of the two contents.  ``close`` is
    for the end, when nobody uses the block.

    ``hugepages`` asks the host for large pages: quicker to fill, but a sparse guest costs more.
    Raises ValueError for a name or size that no stream can carry, OSError if the host has not
    enough memory.
    """

    __slots__ = ("_large", "_memory", "_words", "dirty", "name", "pages", "size", "touched")

    def __init__(self, name: str, size: int, *, hugepages: bool = False) -> None:
        if not 1 <= len(name.encode()) <= MOST_NAME_BYTES:
            raise ValueError(
                f"the name of a block has 1 to {MOST_NAME_BYTES} bytes, {name!r} has not"
            )
        if size <= 0 or size % PAGE_SIZE:
            raise ValueError(f"block {name}: {size} bytes are no whole number of pages")
        self.name = name
        self.size = size
        self._memory = _anonymous(size, hugepages)
        #: The memory itself, a row for each page.  Writing here goes by the log.
        self.pages: Pages = np.frombuffer(self._memory, np.uint8).reshape(-1, PAGE_SIZE)
        self._words: NDArray[np.uint64] = self.pages.view(np.uint64)
        #: Which pages were ever written: the others are zero, and need no look.
        self.touched: NDArray[np.bool_] = np.zeros(len(self.pages), np.bool_)
        self.dirty = DirtyLog(len(self.pages))
        address: int = self.pages.__array_interface__["data"][0]
        self._large = LargePages(self._memory, self.touched, address=address)

    def __len__(self) -> int:
        """The number of pages."""
        return len(self.touched)

    def __repr__(self) -> str:
        return f"RamBlock({self.name!r}, {self.size})"

    # --- the guest writes and reads ---

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the block.  Raises ValueError outside of it."""
        self._check(offset, length)
        return self.pages.reshape(-1)[offset : offset + length].tobytes()

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Put bytes into the block, and mark the pages.  Raises ValueError outside of it."""
        source = np.frombuffer(data, np.uint8)
        self._check(offset, len(source))
        if not len(source):
            return
        pages = slice(offset // PAGE_SIZE, (offset + len(source) - 1) // PAGE_SIZE + 1)
        self.touched[pages] = True
        self.pages.reshape(-1)[offset : offset + len(source)] = source
        self.dirty.mark(pages)

    def write_pages(self, pages: PageNumbers, data: Pages) -> None:
        """Put whole pages (rows of bytes, or one row for all of them), and mark them."""
        self.touched[pages] = True
        self.pages[pages] = data
        self.dirty.mark(pages)

    def count_up(self, pages: PageNumbers, word: int) -> None:
        """Add one to the 64-bit word of this number in each page, and mark the pages.

        So every write changes the page, whatever was in it.  A page that is named twice counts
        up once.  Threads that use different words do not disturb each other.
        """
        self.touched[pages] = True
        self._words[pages, word] += np.uint64(1)
        self.dirty.mark(pages)

    def fill_random(self, rng: np.random.Generator, pages: slice = slice(None)) -> None:
        """Give a range of pages (all of them if none is named) contents that do not compress."""
        first, end, _ = pages.indices(len(self))
        for start in range(first, end, CHUNK):
            part = slice(start, min(start + CHUNK, end))
            rows = part.stop - part.start
            random = np.frombuffer(rng.bytes(rows * PAGE_SIZE), np.uint8)
            self.write_pages(part, random.reshape(rows, PAGE_SIZE))

    # --- pages arrive and leave ---

    def load_pages(self, indexes: Indexes, data: Pages) -> None:
        """Put pages that came from elsewhere: row i of ``data`` becomes page ``indexes[i]``.

        Memory is had in large pieces for it, so nobody else may be writing to the block before
        :meth:`settle` has been called at the end.
        """
        ends = row_ends(indexes)
        if len(ends) * LEAST_ROW > len(indexes) > 1:
            self.write_pages(indexes, data)
            return
        self.touched[indexes] = True
        start = 0
        for end in ends:
            first = int(indexes[start])
            behind = first + end - start
            self._large.expect(first, behind)
            self.pages[first:behind] = data[start:end]
            start = end
        self.dirty.mark(indexes)

    def load_deltas(self, indexes: Sequence[int], deltas: Sequence[memoryview]) -> None:
        """Change pages by the differences that came for them (xbzrle), one after the other.

        Raises ValueError for one that is no delta of a page, which stays as it is.
        """
        changed = np.array(indexes, np.int64)
        self.touched[changed] = True
        for index, delta in zip(indexes, deltas, strict=True):
            try:
                apply_delta(self.pages[index], delta)
            except ValueError as error:
                raise ValueError(f"page {index} of block {self.name}: {error}") from None
        self.dirty.mark(changed)

    def settle(self) -> None:
        """All pages have been loaded: memory that none of them needs goes back to the host."""
        self._large.settle()

    def load_zeros(self, indexes: Indexes, fill: int = 0) -> None:
        """Fill pages with one byte, as a stream may ask for.

        Pages that are zero already are not written, so they stay free of memory.
        """
        if fill:
            self.write_pages(indexes, np.full((1, PAGE_SIZE), fill, np.uint8))
            return
        used = indexes[self.touched[indexes]]
        for start in range(0, len(used), CHUNK):
            part = used[start : start + CHUNK]
            filled = part[~zero_pages(self.pages[part])]
            if len(filled):
                self.pages[filled] = 0
                self.dirty.mark(filled)

    def discard(self, first: int, count: int) -> None:
        """Give the memory of ``count`` pages back to the host: they are zero and untouched.

        Nobody may be writing them.  That is no write of the guest, so the log does not tell it.
        Raises ValueError outside of the block.
        """
        self._check(first * PAGE_SIZE, count * PAGE_SIZE)
        if not count:
            return
        pages = slice(first, first + count)
        advice = getattr(mmap, "MADV_DONTNEED", None)
        if sys.platform == "linux" and advice is not None:
            self._memory.madvise(advice, first * PAGE_SIZE, count * PAGE_SIZE)
        else:  # elsewhere the advice may leave the content
            self.pages[pages] = 0
        self.touched[pages] = False
        self._large.discarded(pages.start, pages.stop)

    # --- what is in it ---

    @property
    def touched_bytes(self) -> int:
        """Bytes of the pages that were ever written."""
        return int(np.count_nonzero(self.touched)) * PAGE_SIZE

    def digest(self) -> str:
        """A digest of the size and all content, for comparing two blocks that stand still.

        A page that was written and is zero counts as one that never was.
        """
        found = sha256(self.size.to_bytes(8, "big"))
        for indexes, pages in self._filled():
            # Chunks begin at fixed places, so this depends on contents alone.
            found.update(indexes.astype(">i8").data)
            found.update(pages.reshape(-1).data)
        return found.hexdigest()

    def _filled(self) -> Iterator[tuple[Indexes, Pages]]:
        """The pages that are not zero, chunk by chunk in ascending order."""
        used = np.flatnonzero(self.touched)
        if not len(used):
            return
        for part in np.split(used, np.flatnonzero(np.diff(used // CHUNK)) + 1):
            pages = self.pages[_as_range(part)]
            filled = ~zero_pages(pages)
            if not filled.all():
                part, pages = part[filled], pages[filled]
            if len(part):
                yield part, pages

    def close(self) -> None:
        """Give all memory back; views of the pages that are still around read as empty."""
        self.dirty.stop()
        if self._memory.closed:
            return
        self.discard(0, len(self))
        self.pages = np.empty((0, PAGE_SIZE), np.uint8)
        self._words = self.pages.view(np.uint64)
        self.touched = np.zeros(0, np.bool_)
        with suppress(BufferError):  # somebody keeps a view; the mapping goes with it
            self._memory.close()

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ValueError(
                f"block {self.name}: {length} bytes at {offset} are not within {self.size} bytes"
            )


def _as_range(indexes: Indexes) -> PageNumbers:
    """The same pages as a slice if they follow each other: a plain copy is quicker then."""
    first, last = int(indexes[0]), int(indexes[-1])
    if last - first == len(indexes) - 1 and bool((indexes[1:] > indexes[:-1]).all()):
        return slice(first, last + 1)
    return indexes


class GuestRam:
    """All blocks of a guest, by name, the largest first (equal ones in the order given).

    Threads: as for :class:`RamBlock`.  Raises ValueError for no block at all, or two of a name.
    """

    __slots__ = ("_by_name", "blocks")

    def __init__(self, blocks: Sequence[RamBlock]) -> None:
        if not blocks:
            raise ValueError("a guest has at least one block of memory")
        #: The blocks in the order in which a stream announces them.
        self.blocks = tuple(sorted(blocks, key=lambda block: -block.size))
        self._by_name = {block.name: block for block in self.blocks}
        if len(self._by_name) != len(blocks):
            raise ValueError("two blocks of memory have the same name")

    def __getitem__(self, name: str) -> RamBlock:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[RamBlock]:
        return iter(self.blocks)

    def __len__(self) -> int:
        """The number of blocks."""
        return len(self.blocks)

    @property
    def main(self) -> RamBlock:
        """The largest block, where the guest's programs run."""
        return self.blocks[0]

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each block in bytes."""
        return {block.name: block.size for block in self}

    @property
    def size(self) -> int:
        """Bytes of all blocks."""
        return sum(block.size for block in self)

    @property
    def touched_bytes(self) -> int:
        """Bytes of all pages that were ever written."""
        return sum(block.touched_bytes for block in self)

    def start_logging(self) -> None:
        """Begin to note writes to any block."""
        for block in self:
            block.dirty.start()

    def stop_logging(self) -> None:
        """Note no writes any more."""
        for block in self:
            block.dirty.stop()

    def take_dirty(self) -> dict[str, Indexes]:
        """The pages of each block that were written since the last call."""
        return {block.name: block.dirty.take() for block in self}

    def settle(self) -> None:
        """See :meth:`RamBlock.settle`."""
        for block in self:
            block.settle()

    def digests(self) -> dict[str, str]:
        """The digest of each block."""
        return {block.name: block.digest() for block in self}

    def close(self) -> None:
        """Give all memory back, when nobody uses it any more."""
        for block in self:
            block.close()
