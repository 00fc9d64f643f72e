"""What moves while the guest runs, and how much of it is left: one kind of section each.

In: an outlet, the guest's memory.  Out: the payloads of START, PART and END sections.
Must not know: framing, when it is whose turn, statuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from ..stream import writer
from ..stream.format import RAM_INSTANCE, RAM_NAME, RAM_VERSION

if TYPE_CHECKING:
    from ..progress import Counters
    from .outlet import Outlet
    from .ram_sender import RamSender

__all__ = ["IterableSection", "Pending", "RamSection"]

_EOS_BYTES: Final = len(writer.EOS)


@dataclass(frozen=True, slots=True)
class Pending:
    """Bytes that are left, by when they can go (migration, pending amounts)."""

    precopy_only: int = 0
    compatible: int = 0
    postcopy_only: int = 0

    def __add__(self, other: Pending) -> Pending:
        return Pending(
            self.precopy_only + other.precopy_only,
            self.compatible + other.compatible,
            self.postcopy_only + other.postcopy_only,
        )

    @property
    def total(self) -> int:
        """All of it."""
        return self.precopy_only + self.compatible + self.postcopy_only


class IterableSection(Protocol):
    """Something with START, PART and END sections."""

    @property
    def name(self) -> str:
        """As the stream names the section."""

    @property
    def instance(self) -> int:
        """The instance of that name."""

    @property
    def version(self) -> int:
        """Version of the section's payload."""

    def start(self, out: Outlet) -> None:
        """Write the payload of START; from now on changes are noticed."""

    def pending(self, threshold: float) -> Pending:
        """What is left; it is looked at again if it seems to be less than ``threshold`` bytes."""

    def iterate(self, out: Outlet) -> bool:
        """Write the payload of a PART; whether all that is known of has gone."""

    def complete(self, out: Outlet) -> None:
        """Write the payload of END, with the guest stopped: all that is left."""

    def cleanup(self) -> None:
        """Notice changes no longer.  May be called at any time, also twice."""


class RamSection:
    """The guest's memory as a section.  ``synced(pages)`` is told what a sync found."""

    name = RAM_NAME
    instance = RAM_INSTANCE
    version = RAM_VERSION

    def __init__(
        self,
        sender: RamSender,
        counters: Counters,
        synced: Callable[[int], None],
    ) -> None:
        self._sender = sender
        self._counters = counters
        self._synced = synced

    @property
    def remaining_bytes(self) -> int:
        """Memory that is due, as of the last sync."""
        return self._sender.remaining_bytes

    def start(self, out: Outlet) -> None:
        """Begin to log writes, and list the blocks."""
        self._sender.begin()
        self._sync()
        out.add(self._sender.list_of_blocks())
        out.add(writer.EOS)

    def pending(self, threshold: float) -> Pending:
        """Bytes of pages that are due, after a sync where that is little."""
        if self._sender.remaining_bytes < threshold:
            self._sync()
        return Pending(precopy_only=self._sender.remaining_bytes)

    def iterate(self, out: Outlet) -> bool:
        """Pages, until the limit or the time for one section is reached."""
        done = self._sender.send(out)
        out.add(writer.EOS)
        self._counters.transferred += _EOS_BYTES
        return done

    def complete(self, out: Outlet) -> None:
        """All that was written since the last pass."""
        self._sync()
        self._sender.send(out, everything=True)
        out.add(writer.EOS)

    def cleanup(self) -> None:
        """End the log of writes."""
        self._sender.end()

    def _sync(self) -> None:
        self._synced(self._sender.sync())
