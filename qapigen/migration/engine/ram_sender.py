"""The guest's memory as a source sends it: which pages are due, and their records.

In: memory with its log of written pages, what may be sent.  Out: sections of the stream, in pieces
that a channel takes.
Must not know: when to send, the other iterables, statuses, events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from ..pages.zero import zero_among
from ..stream import writer
from ..stream.format import PAGE_SIZE
from ..stream.writer import MOST_PAGES, PageWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..guest.ram import GuestRam, RamBlock
    from ..progress import Counters

__all__ = ["MOST_ANNOUNCED_BYTES", "PageOutput", "RamSender"]

#: Up to so much memory, the first pass sends every page, as QEMU does.  In a larger guest it
#: leaves out what nobody ever wrote: a fresh destination is zero there, and 64 GiB of nothing
#: are 150 MB of records.
MOST_ANNOUNCED_BYTES: Final = 4 << 30

_WINDOW_PAGES: Final = 4096  # looked at in one go for pages that are due
_BATCH_PAGES: Final = 4 * MOST_PAGES
_RECORD_BYTES: Final = PAGE_SIZE + 8
_PAGES_BETWEEN_LOOKS: Final = 64  # at the clock
_MOST_SECONDS: Final = 0.05  # of one section


class PageOutput(Protocol):
    """Where records go."""

    def write(self, data: bytes | memoryview) -> None:
        """Send all of it, after what was added before; ``data`` is not kept."""

    def room(self) -> int | None:
        """Bytes that may be sent before the rate limit is reached; None where there is none."""


class RamSender:
    """Sends one guest's memory, in as many passes as it takes.

    For one thread; only the log of written pages is shared with the guest's processors.
    """

    def __init__(
        self,
        ram: GuestRam,
        *,
        counters: Counters,
        clock: Callable[[], float],
    ) -> None:
        self._blocks: Sequence[RamBlock] = ram.blocks
        self._everything = ram.size <= MOST_ANNOUNCED_BYTES
        self._counters = counters
        self._clock = clock
        self._records = PageWriter()
        self._due = [np.zeros(block.size // PAGE_SIZE, dtype=np.bool_) for block in ram.blocks]
        self._due_pages = 0
        self._block = 0  # where the search goes on
        self._page = 0

    @property
    def remaining_bytes(self) -> int:
        """What is due, as far as is known since the last :meth:`sync`."""
        return self._due_pages * PAGE_SIZE

    # --- the log of written pages ---

    def begin(self) -> None:
        """Log what the guest writes from now on; all of its pages are due."""
        self._due_pages = 0
        for block, due in zip(self._blocks, self._due, strict=True):
            block.dirty.start()
            due[:] = True if self._everything else block.touched
            self._due_pages += int(np.count_nonzero(due))
        self._block = self._page = 0

    def end(self) -> None:
        """Log no more; may be called again, and without :meth:`begin`."""
        for block in self._blocks:
            block.dirty.stop()

    def sync(self) -> int:
        """Take what the guest wrote since the last time; how many pages the log had."""
        logged = 0
        for block, due in zip(self._blocks, self._due, strict=True):
            written = block.dirty.take()
            if written.size:
                logged += int(written.size)
                self._due_pages += int(written.size) - int(np.count_nonzero(due[written]))
                due[written] = True
        return logged

    # --- sending ---

    def send(self, out: PageOutput, *, everything: bool = False) -> bool:
        """Send pages that are due; whether none is left.

        Stops when the rate limit is reached or after 50 ms, but not with ``everything``.
        """
        deadline = self._clock() + _MOST_SECONDS
        since_look = sent = 0
        while self._due_pages:
            room = None if everything else out.room()
            if room == 0 and sent:
                return False
            most = _BATCH_PAGES if room is None else min(_BATCH_PAGES, room // _RECORD_BYTES + 1)
            block, pages = self._next(most)
            self._send_pages(block, pages, out)
            since_look += len(pages)
            sent += len(pages)
            if since_look >= _PAGES_BETWEEN_LOOKS and not everything:
                since_look = 0
                if self._clock() >= deadline:
                    break
        return not self._due_pages

    def _send_pages(self, block: RamBlock, pages: NDArray[np.int64], out: PageOutput) -> None:
        """One batch of a block: its zero pages first, then the others."""
        is_filled = block.touched[pages]
        is_filled[is_filled] = ~zero_among(block.pages, pages[is_filled])
        filled, zero = pages[is_filled], pages[~is_filled]
        if zero.size:
            records = self._records.zeros(block.name, zero)
            self._counters.duplicate += len(zero)
            self._counters.transferred += len(records)
            out.write(records)
        for start in range(0, filled.size, MOST_PAGES):
            batch = filled[start : start + MOST_PAGES]
            records = self._records.pages(block.name, batch, block.pages)
            self._counters.normal += len(batch)
            self._counters.transferred += len(records)
            out.write(records)

    def _next(self, most: int) -> tuple[RamBlock, NDArray[np.int64]]:
        """The next pages that are due, of one block; they are no longer due then."""
        self._seek()
        due = self._due[self._block]
        window = due[self._page : self._page + most]
        if not window.all():
            window = due[self._page : self._page + _WINDOW_PAGES]
        found = window.nonzero()[0][:most] + self._page
        due[found] = False
        self._due_pages -= int(found.size)
        self._page = int(found[-1]) + 1
        return self._blocks[self._block], found

    def _seek(self) -> None:
        """Go to the next page that is due, from where the last search ended, once around."""
        for _ in range(len(self._blocks) + 1):
            rest = self._due[self._block][self._page :]
            first = int(rest.argmax()) if rest.size else 0
            if rest.size and rest[first]:
                self._page += first
                return
            self._page = 0
            self._block = (self._block + 1) % len(self._blocks)
        raise AssertionError("pages are due, and none was found")

    def list_of_blocks(self) -> bytes:
        """What the section's start tells: which blocks there are, and how large."""
        return writer.ram_list([(block.name, block.size) for block in self._blocks])
