"""The source: one attempt to move the guest away, from the connection to one of its ends.

In: a guest, settings, a connector.  Out: a guest that has left, or one that is as it was, and the
status that says so.
Must not know: commands, events, sockets, what a stream consists of.

The guest must not run on both sides.  So the byte that lets the destination start it is the
point of no return.  Without a return path the attempt completes then.  With one it completes or
fails as the destination says; one that has been cancelled waits for its answer a while longer.  A
guest that is taken back goes on when the connection has been broken: a destination that comes to
its end later finds nobody to answer and does not start it.  What remains is a connection that
breaks between the start of the guest there and the answer here; the guest goes on then.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState

from ..channels.channel import ChannelError
from ..guest.machine import IllegalRunState
from ..progress import Counters, OutgoingReport
from ..status import BUSY
from .iterables import RamSection
from .outlet import Outlet
from .pace import Pace
from .pacing import elapsed_ms
from .page_encoders import page_encoder
from .precopy import Precopy
from .ram_sender import RamSender
from .return_path import ReturnPath

if TYPE_CHECKING:
    from ..channels.channel import OutgoingChannel
    from ..channels.opening import Connector
    from ..guest.machine import Guest
    from ..settings import Capabilities, Parameters
    from ..status import StatusHolder

__all__ = ["OutgoingMigration"]

_log = logging.getLogger(__name__)

#: So long the end of the stream is held back from a destination that has not said a word.
_WORD_SECONDS: Final = 3.0
#: So long an attempt that was cancelled waits for a destination that may have the guest.
_ANSWER_SECONDS: Final = 2.0
#: So long the reason is waited for when writing to a destination has failed.
_REASON_SECONDS: Final = 1.0


class _Cancelled(Exception):
    """Somebody has cancelled; the status says so already."""


class OutgoingMigration:
    """One attempt, in a thread of its own; the status is ``setup`` when it is made.

    ``capabilities`` count as they are now, ``parameters`` are asked for all the time.  ``clock``
    gives seconds that never go back.  ``passed(n)`` is called after the n-th look at the log of
    written pages, in the attempt's thread.
    """

    def __init__(
        self,
        guest: Guest,
        *,
        connector: Connector,
        status: StatusHolder,
        capabilities: Capabilities,
        parameters: Callable[[], Parameters],
        clock: Callable[[], float],
        passed: Callable[[int], None],
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._guest = guest
        self._connector = connector
        self._status = status
        self._capabilities = capabilities
        self._clock = clock
        self._passed = passed
        self._wake = threading.Event()  # cancelled: no reason to wait any longer
        self._wait = wait or self._wake.wait
        self._released = threading.Event()  # migrate-continue, or cancelled
        self._gate = threading.Lock()
        self._committed = False  # the destination may start the guest
        self._unwanted = False  # cancelled after that
        self._abandoned = False  # the process ends, and so does the guest
        self._left: RunState | None = None  # the state from which the guest was stopped
        self._channel: OutgoingChannel | None = None
        self._returns: ReturnPath | None = None
        self._counters = Counters()
        self._started = clock()
        self._stopped_at = 0.0
        self._setup_ms = 0
        self._downtime_ms = 0
        self._total_ms: int | None = None  # once it is over
        self._parameters = parameters
        self._pace = Pace(parameters, self._counters)
        encoder = page_encoder(capabilities, parameters, self._counters, guest.ram.blocks)
        sender = RamSender(guest.ram, encoder=encoder, clock=clock)
        # Until it is over, because what is kept of pages to compare with may be much.
        self._ram: RamSection | None = RamSection(sender, self._counters, self._synced)
        self._remaining_bytes = 0  # when it was over
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="outgoing", daemon=True)

    # --- for other threads ---

    def start(self) -> None:
        """Begin to connect and to send."""
        self._thread.start()

    def join(self) -> None:
        """Wait until all is over."""
        if self._thread.ident is not None:
            self._thread.join()

    def cancel(self) -> None:
        """Give it up, if that is still possible; returns at once (``migrate_cancel``)."""
        with self._gate:
            if self._committed:
                self._cancel_late()
                return
            if not self._leave_busy(MigrationStatus.CANCELLING):
                return
        self._connector.cancel()
        if self._channel is not None:
            self._channel.shutdown()
        self._wake.set()
        self._released.set()

    def _cancel_late(self) -> None:
        """The destination may have the guest: it gets time to say so.

        Without a return path it will not say anything.  What has not left yet never will then;
        if all has left, a command at the far end is not waited for any longer.
        """
        first, self._unwanted = not self._unwanted, True
        if self._returns is None:
            assert self._channel is not None
            self._channel.shutdown()
        elif first and not self._abandoned:
            patience = threading.Timer(_ANSWER_SECONDS, self._take_back, [self._returns])
            patience.daemon = True
            patience.start()

    def _take_back(self, returns: ReturnPath) -> None:
        """The destination had its time."""
        assert self._channel is not None
        with self._gate:
            if returns.over or not self._leave_busy(MigrationStatus.CANCELLING):
                return
        self._channel.shutdown()

    def abandon(self) -> None:
        """Give it up in any case, because the process ends; the guest may be elsewhere then."""
        self._abandoned = True
        self.cancel()
        if self._channel is not None:
            self._channel.shutdown()

    def release(self) -> None:
        """Go on after the pause before the switchover (``migrate-continue``)."""
        self._released.set()

    def report(self) -> OutgoingReport:
        """The numbers of this moment."""
        total, ram = self._total_ms, self._ram
        xbzrle = self._capabilities[MigrationCapability.XBZRLE]
        return OutgoingReport(
            status=self._status.status,
            counters=self._counters.snapshot(),
            remaining_bytes=self._remaining_bytes if ram is None else ram.remaining_bytes,
            total_bytes=self._guest.ram.size,
            mbps=self._pace.mbps,
            total_time_ms=elapsed_ms(self._started, self._clock()) if total is None else total,
            setup_time_ms=self._setup_ms,
            expected_downtime_ms=self._pace.expected_downtime_ms,
            downtime_ms=self._downtime_ms,
            throttle=self._guest.cpus.throttle,
            xbzrle_cache_size=self._parameters().xbzrle_cache_size if xbzrle else None,
            error=self._problem,
        )

    # --- in the thread ---

    def _run(self) -> None:
        with ExitStack() as ending:  # the last one first, and each whatever becomes of another
            ending.callback(
                self._status.swap, MigrationStatus.CANCELLING, MigrationStatus.CANCELLED
            )
            ending.callback(self._fail)
            ending.callback(self._restore)
            ending.callback(self._cleanup)
            self._attempt()

    def _attempt(self) -> None:
        """Nothing is raised by what can go wrong; ``_problem`` tells of it."""
        try:
            self._channel = channel = self._connector.connect()
            self._proceed()  # a cancel just before has not seen the channel
            self._open_return_path(channel)
            self._transfer(channel)
        except _Cancelled:
            pass
        except ChannelError as error:
            self._problem = self._refusal() or str(error)
        except IllegalRunState as error:
            self._problem = str(error)
        except Exception as error:
            self._problem = f"a defect of this program: {error!r}"
            raise

    def _refusal(self) -> str | None:
        """What the destination says of its own failure, which breaks the connection as well."""
        if self._returns is None or self._status.status is MigrationStatus.CANCELLING:
            return None
        self._returns.wait(_REASON_SECONDS)
        return self._returns.refusal

    def _open_return_path(self, channel: OutgoingChannel) -> None:
        if not self._capabilities[MigrationCapability.RETURN_PATH]:
            return
        if not channel.two_way:
            raise ChannelError("the return path cannot be opened: the connection goes one way")
        blocks = {block.name: block.size for block in self._guest.ram.blocks}
        self._returns = ReturnPath(channel, blocks=blocks, counters=self._counters)
        self._returns.start()

    def _transfer(self, channel: OutgoingChannel) -> None:
        assert self._ram is not None
        began = self._clock()
        self._pace.begin(began)
        precopy = Precopy(
            self._guest,
            Outlet(channel, self._pace.room),
            iterables=[self._ram],
            pace=self._pace,
            clock=self._clock,
            wait=self._wait,
            proceed=self._proceed,
        )
        try:
            precopy.setup(
                return_path=self._returns is not None,
                bitmaps=self._capabilities[MigrationCapability.DIRTY_BITMAPS],
            )
        except ChannelError:
            self._status.swap(MigrationStatus.SETUP, MigrationStatus.ACTIVE)
            raise
        self._setup_ms = elapsed_ms(began, self._clock())
        self._move(MigrationStatus.SETUP, MigrationStatus.ACTIVE)
        precopy.iterate()
        self._stop_guest()
        self._pause()
        self._pace.lift()
        precopy.complete()
        self._commit()
        self._finish(precopy, channel)
        self._wait_for_destination()
        self._complete(channel)

    def _stop_guest(self) -> None:
        """The guest stands still; what it did before is what the destination will know."""
        self._stopped_at = self._clock()
        self._left = self._guest.leave()

    def _pause(self) -> None:
        """With pause-before-switchover, wait until somebody says that it may go on."""
        if not self._capabilities[MigrationCapability.PAUSE_BEFORE_SWITCHOVER]:
            return
        self._released.clear()
        self._move(MigrationStatus.ACTIVE, MigrationStatus.PRE_SWITCHOVER)
        self._released.wait()
        self._move(MigrationStatus.PRE_SWITCHOVER, MigrationStatus.DEVICE)

    def _commit(self) -> None:
        """The point of no return.

        With a return path, one who has failed already is not let past it.  Who has said nothing
        after a while may be one who answers all at once, or nobody at all: the end is sent.
        """
        if self._returns is not None:
            self._returns.wait_for_word(_WORD_SECONDS)
            if self._returns.over:
                raise ChannelError(
                    self._returns.problem or "the destination has ended the migration"
                )
        with self._gate:
            self._proceed()
            self._committed = True

    def _finish(self, precopy: Precopy, channel: OutgoingChannel) -> None:
        """Let the destination have the guest.  What follows the one byte for it is dispensable."""
        before = channel.position
        try:
            precopy.finish()
        except ChannelError as error:
            if channel.position == before:
                self._undo_commit()
                raise
            _log.warning("the description at the end could not be sent: %s", error)
        if self._returns is not None and not self._returns.spoken:
            # Who only listens, to the end of what comes, would wait for it for ever.
            channel.end_writing()

    def _undo_commit(self) -> None:
        """The destination cannot start the guest after all: the decisive byte was never sent."""
        with self._gate:
            self._committed = False
            if self._unwanted:
                self._leave_busy(MigrationStatus.CANCELLING)

    def _wait_for_destination(self) -> None:
        problem = None if self._returns is None else self._returns.wait()
        if problem is not None:
            raise ChannelError(problem)

    def _complete(self, channel: OutgoingChannel) -> None:
        """The numbers and the run state first: who hears of the end asks for them at once."""
        self._guest.cpus.throttle = 0
        now = self._clock()
        self._total_ms = elapsed_ms(self._started, now)
        self._downtime_ms = elapsed_ms(self._stopped_at, now)
        self._pace.summarize(channel.position, self._total_ms)
        self._let_memory_go()
        channel.close(whole=True)  # a command at the far end may say that it has failed
        self._left = None  # it is the destination's, come what may
        self._guest.set_state(RunState.POSTMIGRATE)
        paused = self._status.status is MigrationStatus.DEVICE
        self._move(
            MigrationStatus.DEVICE if paused else MigrationStatus.ACTIVE, MigrationStatus.COMPLETED
        )

    def _proceed(self) -> None:
        if self._status.status is MigrationStatus.CANCELLING:
            raise _Cancelled

    def _move(self, old: MigrationStatus, new: MigrationStatus) -> None:
        if not self._status.swap(old, new):
            raise _Cancelled

    def _leave_busy(self, new: MigrationStatus) -> bool:
        """Change to ``new`` from whatever an attempt is in; False if it is over, or cancelled."""
        while (status := self._status.status) in BUSY:
            if self._status.swap(status, new):
                return True
        return False

    def _fail(self) -> None:
        """The status ``failed``, unless it has completed or somebody has cancelled."""
        if self._leave_busy(MigrationStatus.FAILED):
            _log.warning("migration failed: %s", self._problem)

    def _restore(self) -> None:
        """The guest goes on as if nothing had been, unless it has left."""
        self._guest.cpus.throttle = 0
        left, self._left = self._left, None
        if left is None or (self._committed and self._abandoned):
            return
        if left is RunState.RUNNING:
            self._guest.cont()
        else:
            self._guest.set_state(left)

    def _cleanup(self) -> None:
        self._let_memory_go()
        self._guest.cpus.throttle = 0
        if self._channel is not None:
            if self._status.status is not MigrationStatus.COMPLETED:
                self._channel.shutdown()
            if self._returns is not None:
                self._returns.join()
            self._channel.close()

    def _let_memory_go(self) -> None:
        """Log no more of what the guest writes, and keep a number instead of pages."""
        ram = self._ram
        if ram is not None:
            self._remaining_bytes = ram.remaining_bytes
            self._ram = None
            ram.cleanup()

    # --- what is told ---

    def _synced(self, pages: int) -> None:
        self._counters.dirty_sync_count += 1
        converge = self._capabilities[MigrationCapability.AUTO_CONVERGE]
        throttle = self._pace.synced(self._clock(), pages=pages, auto_converge=converge)
        if throttle is not None:
            self._guest.cpus.throttle = throttle
        self._passed(self._counters.dirty_sync_count)
