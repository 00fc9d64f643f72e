"""The guest's memory as a source sends it: which pages are due, and their records.

In: memory with its log of written pages, what may be sent.  Out: sections of the stream, in pieces
that a channel takes.
Must not know: when to send, the other iterables, statuses, events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from ..pages.zero import zero_among
from ..stream import writer
from ..stream.format import PAGE_SIZE
from ..stream.writer import MOST_PAGES, record_bytes
from .page_encoders import PageEncoder, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..guest.ram import GuestRam, RamBlock

__all__ = ["MOST_ANNOUNCED_BYTES", "PageOutput", "RamSender"]

#: Up to so much memory, the first pass sends every page, as QEMU does.  In a larger guest it
#: leaves out what nobody ever wrote: a fresh destination is zero there, and 64 GiB of nothing
#: are 150 MB of records.
MOST_ANNOUNCED_BYTES: Final = 4 << 30

_WINDOW_PAGES: Final = 4096  # looked at in one go for pages that are due
_BATCH_PAGES: Final = 4 * MOST_PAGES
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
        encoder: PageEncoder,
        clock: Callable[[], float],
    ) -> None:
        self._blocks: Sequence[RamBlock] = ram.blocks
        self._everything = ram.size <= MOST_ANNOUNCED_BYTES
        self._encoder = encoder
        self._clock = clock
        self._due = [np.zeros(block.size // PAGE_SIZE, dtype=np.bool_) for block in ram.blocks]
        self._due_pages = 0
        self._block = 0  # where the search goes on
        self._page = 0
        self._stage = Stage.FIRST

    @property
    def remaining_bytes(self) -> int:
        """What is due and has not gone out, as far as is known since the last :meth:`sync`."""
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
        self._stage = Stage.FIRST

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
        self._encoder.synced(self._clock())
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
            block, pages, filled = self._take(room)
            stage = Stage.LAST if everything and self._stage is Stage.LATER else self._stage
            self._write(out, block, pages, filled, stage)
            since_look += len(pages)
            sent += len(pages)
            if since_look >= _PAGES_BETWEEN_LOOKS and not everything:
                since_look = 0
                if self._clock() >= deadline:
                    break
        return not self._due_pages

    def _take(self, room: int | None) -> tuple[RamBlock, NDArray[np.int64], NDArray[np.bool_]]:
        """The next pages of one block, ascending, and which have content; no longer due then."""
        self._seek()
        block, pages = self._blocks[self._block], self._found()
        filled = _filled(block, pages)
        if room is not None:
            # The record that exceeds the room is the last one: a limit may be overrun by one.
            most = int(record_bytes(filled).cumsum().searchsorted(room, "right")) + 1
            pages, filled = pages[:most], filled[:most]
        self._due[self._block][pages] = False
        self._page = int(pages[-1]) + 1
        return block, pages, filled

    def _found(self) -> NDArray[np.int64]:
        """Pages that are due, from where the search stands; at most a batch of them."""
        due = self._due[self._block]
        window = due[self._page : self._page + _BATCH_PAGES]
        if not window.all():
            window = due[self._page : self._page + _WINDOW_PAGES]
        return window.nonzero()[0][:_BATCH_PAGES] + self._page

    def _write(
        self,
        out: PageOutput,
        block: RamBlock,
        pages: NDArray[np.int64],
        filled: NDArray[np.bool_],
        stage: Stage,
    ) -> None:
        """Records of one batch, in the order of its pages."""
        # As many pages with content in each write as the records are made for.
        cuts = filled.nonzero()[0][MOST_PAGES::MOST_PAGES].tolist()
        for start, end in pairwise([0, *cuts, len(pages)]):
            part = slice(start, end)
            for records in self._encoder.records(block, pages[part], filled[part], stage):
                out.write(records)
            self._due_pages -= end - start

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
            if self._block == 0:
                self._stage = Stage.LATER
        raise AssertionError("pages are due, and none was found")

    def list_of_blocks(self) -> bytes:
        """What the section's start tells: which blocks there are, and how large."""
        return writer.ram_list([(block.name, block.size) for block in self._blocks])


def _filled(block: RamBlock, pages: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the pages have content."""
    filled = block.touched[pages]
    filled[filled] = ~zero_among(block.pages, pages[filled])
    return filled
