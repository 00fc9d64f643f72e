"""The destination: a stream is loaded into the guest, and the guest is handed its run state.

In: an acceptor, a guest that waits (``inmigrate``).  Out: a guest that runs or rests as it did on
the source, or a status ``failed`` and a reason.
Must not know: sockets, commands, whether the process survives a failure.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from qapi_migration.types.migration import MigrationStatus
from qapi_migration.types.run_state import RunState

from ..channels.channel import ChannelError
from ..guest.machine import IllegalRunState
from ..run_states import state_after_load
from ..stream import returnpath
from ..stream.format import IGNORABLE_COMMANDS, CommandNumber, StreamError
from ..stream.reader import (
    Command,
    Deltas,
    Description,
    Device,
    EndOfStream,
    Expected,
    Item,
    Pages,
    StreamReader,
    Zeros,
)

if TYPE_CHECKING:
    from ..channels.channel import IncomingChannel
    from ..channels.opening import Acceptor
    from ..guest.machine import Guest
    from ..status import StatusHolder

__all__ = ["IncomingMigration"]

#: Larger buffers lose more to the processor's cache than they gain in calls.
_BUFFER_BYTES: Final = 1 << 20

_log = logging.getLogger(__name__)


class IncomingMigration:
    """Serves the one incoming migration of a process, in a thread of its own.

    ``autostart`` is asked when the guest has arrived: whether one that ran may run again.
    ``ended(reason)`` is called in that thread after all is over, with None if the guest is here;
    not if it was abandoned.
    """

    def __init__(
        self,
        guest: Guest,
        *,
        acceptor: Acceptor,
        status: StatusHolder,
        autostart: Callable[[], bool],
        ended: Callable[[str | None], None],
    ) -> None:
        self._guest = guest
        self._acceptor = acceptor
        self._status = status
        self._autostart = autostart
        self._ended = ended
        self._channel: IncomingChannel | None = None
        self._returns = False
        self._closing = False
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="incoming", daemon=True)

    @property
    def problem(self) -> str | None:
        """Why the guest has not come, once that is certain."""
        return self._problem

    def start(self) -> None:
        """Wait for a source, then load what it sends."""
        self._thread.start()

    def abandon(self) -> None:
        """End it, because the process ends; from any thread."""
        self._closing = True
        self._acceptor.cancel()
        channel = self._channel
        if channel is not None:
            channel.shutdown()

    def join(self) -> None:
        """Wait for the thread."""
        if self._thread.ident is not None:
            self._thread.join()

    # --- in the thread ---

    def _run(self) -> None:
        reason: str | None = "load of migration failed: a defect of this program"
        try:
            reason = self._receive()
        finally:
            if reason is not None:
                self._problem = reason  # before the status: who sees that asks for this
                self._give_up()
            if self._channel is not None:
                self._channel.close()
            if reason is None or not self._closing:  # who ends it knows why nobody comes
                self._ended(reason)

    def _receive(self) -> str | None:
        """Wait for a source and serve it; why the guest has not come, or None."""
        try:
            self._channel = channel = self._acceptor.accept()
        except ChannelError as error:
            return str(error)
        if self._closing:
            return "the process ends"
        self._status.swap(MigrationStatus.NONE, MigrationStatus.ACTIVE)
        return self._serve(channel)

    def _serve(self, channel: IncomingChannel) -> str | None:
        """Load, hand over, and tell the source; why that was not possible, or None."""
        try:
            self._load(channel)
            if self._returns and channel.deserted:
                # One who keeps the guest until it has the answer still has it.
                raise ChannelError("the source did not wait for the answer that it wants")
            self._hand_over()
        except (ChannelError, StreamError, ValueError, IllegalRunState) as error:
            return f"load of migration failed: {error}"
        except MemoryError:
            return "load of migration failed: out of memory"
        self._status.swap(MigrationStatus.ACTIVE, MigrationStatus.COMPLETED)
        self._shut(channel, 0)
        return None

    def _give_up(self) -> None:
        if self._channel is not None:
            self._shut(self._channel, 1)
        self._status.swap(MigrationStatus.ACTIVE, MigrationStatus.FAILED)

    def _load(self, channel: IncomingChannel) -> None:
        """Read the whole stream into the guest."""
        reader = StreamReader(self._expected())
        buffer = memoryview(bytearray(_BUFFER_BYTES))
        complete = False
        while not complete:
            piece = buffer[: reader.convenient(_BUFFER_BYTES)]
            count = self._read(channel, piece, complete=reader.done)
            if count == 0:
                reader.finish()
                break
            for item in reader.feed(buffer[:count]):
                complete = isinstance(item, Description)
                self._take(item, channel)
        self._guest.ram.settle()

    def _read(self, channel: IncomingChannel, buffer: memoryview, *, complete: bool) -> int:
        """Bytes that came, 0 at the end.

        Behind the end of the stream a connection may end or break: the source has given the
        guest away.  Not so if it waits for an answer: what ends between the two may be the link,
        and the source keeps the guest then.
        """
        try:
            count = channel.read_into(buffer)
        except ChannelError:
            if not complete or self._returns or self._closing:
                raise
            return 0
        if not count and complete and self._returns:
            raise ChannelError("the source did not wait for the answer that it wants")
        return count

    def _expected(self) -> Expected:
        return Expected(
            machine=self._guest.machine,
            blocks={block.name: block.size for block in self._guest.ram.blocks},
            devices=self._guest.devices.descriptions,
        )

    def _take(self, item: Item, channel: IncomingChannel) -> None:
        match item:
            case Pages(block=block, indexes=indexes, data=data):
                self._guest.ram[block].load_pages(indexes, data)
            case Zeros(block=block, indexes=indexes, fill=fill):
                self._guest.ram[block].load_zeros(indexes, fill)
            case Deltas(block=block, indexes=changed, data=deltas):
                self._guest.ram[block].load_deltas(changed, deltas)
            case Device(name=name, instance=instance, version=version, values=values):
                self._guest.devices.load(name, instance, version, values)
            case Command():
                self._obey(item, channel)
            case EndOfStream():
                _log.debug("the guest's state is complete")

    def _obey(self, command: Command, channel: IncomingChannel) -> None:
        """Commands of a precopy; the others belong to engines that this machine lacks."""
        match command.number:
            case CommandNumber.OPEN_RETURN_PATH:
                if not channel.two_way:
                    raise ChannelError("the source wants answers on a one-way connection")
                self._returns = True
            case CommandNumber.PING:
                if not self._returns:
                    raise ChannelError("the source wants an answer without a return path")
                channel.write(returnpath.pong(int.from_bytes(command.data, "big")))
            case CommandNumber.POSTCOPY_ADVISE if not command.data:
                pass  # bitmaps of disks may follow late; whoever has none sends none
            case number if number in IGNORABLE_COMMANDS:
                pass
            case number:
                raise ChannelError(f"command {number} of postcopy is not supported here")

    def _hand_over(self) -> None:
        """Let the guest be what it was; up to that moment, a command may say it is not to run."""
        with self._guest.alone():
            state = state_after_load(self._guest.devices.arrived_state, self._autostart())
            if state is RunState.RUNNING:
                self._guest.cont()
            else:
                self._guest.set_state(state)

    def _shut(self, channel: IncomingChannel, status: int) -> None:
        """Tell the source how it went, as far as it still listens."""
        if self._returns:
            with suppress(ChannelError):
                channel.write(returnpath.shut(status))
