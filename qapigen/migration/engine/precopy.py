"""Precopy: the guest's state goes out while the guest runs, until what is left can go at once.

In: an outlet, iterables, a guest's devices, measurements.  Out: the sections of a stream, in order.
Must not know: connections, statuses, how a migration ends, how time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..guest.devices import ITERABLE_IDS
from ..stream import devices, writer
from ..stream.format import PAGE_SIZE, CommandNumber, SectionType
from .iterables import IterableSection, Pending

if TYPE_CHECKING:
    from ..guest.machine import Guest
    from .outlet import Outlet
    from .pace import Pace

__all__ = ["Precopy"]


class Precopy:
    """Writes one stream.  For one thread, step by step; everything raises ChannelError.

    ``clock`` gives seconds that never go back, ``wait`` lets so many of them pass, or fewer if
    there is a reason to look up.  ``proceed`` is called between steps, to raise if the migration
    is not to go on.
    """

    def __init__(
        self,
        guest: Guest,
        out: Outlet,
        *,
        iterables: Sequence[IterableSection],
        pace: Pace,
        clock: Callable[[], float],
        wait: Callable[[float], object],
        proceed: Callable[[], None],
    ) -> None:
        self._guest = guest
        self._out = out
        self._iterables = iterables
        self._pace = pace
        self._clock = clock
        self._wait = wait
        self._proceed = proceed

    def setup(self, *, return_path: bool, bitmaps: bool = False) -> None:
        """Header, machine, early commands, and the START sections.

        ``bitmaps`` tells the destination that bitmaps of disks might follow after the guest.
        """
        out = self._out
        out.add(writer.header())
        out.add(writer.configuration(self._guest.machine))
        if return_path:
            out.add(writer.command(CommandNumber.OPEN_RETURN_PATH))
            out.add(writer.command(CommandNumber.PING, (1).to_bytes(4, "big")))
        if bitmaps:
            out.add(writer.command(CommandNumber.POSTCOPY_ADVISE))
        for each in self._iterables:
            number = ITERABLE_IDS[each.name]
            out.add(
                writer.section_start(
                    SectionType.START, number, each.name, each.instance, each.version
                )
            )
            each.start(out)
            out.add(writer.footer(number))
        out.flush()

    def iterate(self) -> None:
        """Send, measure and wait until the final stage is due."""
        while True:
            self._proceed()
            if not self._pace.exhausted(self._out.position) and self._step():
                return
            now = self._clock()
            if self._pace.window_over(now):
                self._pace.measure(now, self._out.position)
            elif self._pace.exhausted(self._out.position):
                self._out.flush()
                self._wait(self._pace.window_left(now))

    def _step(self) -> bool:
        """One step of the main loop; whether the final stage is due."""
        threshold = self._pace.threshold_bytes
        pending = sum((each.pending(threshold) for each in self._iterables), Pending())
        if pending.total == 0 or pending.total < threshold:
            return True
        for each in self._iterables:
            number = ITERABLE_IDS[each.name]
            self._out.add(writer.section_part(number))
            done = each.iterate(self._out)
            self._out.add(writer.footer(number))
            if not done or self._pace.exhausted(self._out.position):
                break
        return False

    def complete(self) -> None:
        """The END sections and the devices, with the guest stopped; all but the end itself."""
        for each in self._iterables:
            self._proceed()
            number = ITERABLE_IDS[each.name]
            self._out.add(writer.section_end(number))
            each.complete(self._out)
            self._out.add(writer.footer(number))
        for number, description, values in self._guest.devices.save():
            self._out.add(writer.device(number, description, values))
        self._out.flush()

    def finish(self) -> None:
        """The end of the stream; from here on the destination may start the guest."""
        entries = [devices.entry(each) for each in self._guest.devices.descriptions]
        self._out.add(writer.EOF)
        self._out.add(writer.vm_description(PAGE_SIZE, entries))
        self._out.flush()
