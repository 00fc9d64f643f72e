"""One client of a server: moves bytes and jobs between a transport and a session.

In: what the transport tells, events.  Out: bytes, running handlers.
Must not know: what QMP says (that is the session's), sockets, who else is connected.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, cast

from ..commands import Reply
from ..errors import QapiError
from ..messages import Event, error_reply
from ..session.phases import Phase
from ..session.server import Job, ServerSession
from .context import CommandContext, enter
from .eager import start
from .gate import CommandGate
from .traffic import TrafficLog

__all__ = ["Host", "ServerConnection"]

_JOBS_A_WRITE: Final = 32  # few writes, and memory for few replies
# Then others have their turn, whichever comes first.
_WRITES_A_TURN: Final = 8
_TURN_SECONDS: Final = 0.005
_EVENTS_A_WRITE: Final = 64

_log = logging.getLogger(__name__)


class Host(Protocol):
    """What a connection needs from its server."""

    gate: CommandGate
    backlog_bytes: int

    @property
    def stopping(self) -> bool:
        """Whether nothing new is started."""

    def connection_ended(self, connection: ServerConnection, /) -> None:
        """It is gone, and nothing of it is left."""


class ServerConnection(asyncio.Protocol):
    """The shell of one :class:`~..session.server.ServerSession`.

    A client that does not read what it gets is not read from, either.  If events are then too
    much for ``Host.backlog_bytes``, the connection ends: no message is ever left out.
    ``clock`` gives seconds that never go back, by default those of the event loop.
    """

    def __init__(
        self,
        session: ServerSession,
        context: CommandContext,
        host: Host,
        *,
        traffic: TrafficLog | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.context = context
        self._session = session
        self._host = host
        self._traffic = traffic
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self._transport: asyncio.Transport | None = None
        self._variables = contextvars.copy_context()
        self._variables.run(enter, context)
        self._tasks: set[asyncio.Task[Reply]] = set()
        self._pumping = False
        self._stalled = False  # the client does not read
        self._reading = True
        self._ended = False  # nothing comes any more
        self._events_waiting = 0
        self._turn_ends = 0.0  # by the clock
        self.handshake: asyncio.Task[None] | None = None  # with TLS, before there is a transport

    # --- what the transport tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        # It is one by its methods; uvloop's for TLS does not inherit them.
        self._transport = cast("asyncio.Transport", transport)
        self.handshake = None
        self._session.connection_made()
        self._note("connected")
        if self._host.stopping:
            self._session.close()
        self._settle()

    def descriptors_received(self, descriptors: list[int]) -> None:
        """Keep what came along with the next bytes, for the command that claims it.

        If no command is in flight, nobody can claim what came before.
        """
        self.context.descriptors.receive(descriptors, replace=self._session.idle)

    def data_received(self, data: bytes) -> None:
        """Run what came, as far as its turn has come."""
        if self._ended:
            return
        if self._traffic is not None:
            self._traffic.received(data)
        self._session.receive(data)
        self._pump()

    def eof_received(self) -> bool:
        """Answer what has come, then close; with TLS only what is answered by now."""
        assert self._transport is not None
        if not self._ended:
            self._ended = True
            self._session.eof_received()
            self._pump()
        return self._transport.get_extra_info("sslcontext") is None

    def pause_writing(self) -> None:
        """The client does not read: start nothing more for it."""
        self._stalled = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = False
        if not self._pumping:
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop what was not started; what runs goes on, its reply is dropped."""
        self._ended = True
        self._transport = None
        self._session.connection_lost()
        self.context.descriptors.close()
        self._note(f"lost: {exc}" if exc is not None else "closed")
        self._host.connection_ended(self)

    # --- what the server tells ---

    def send_event(self, event: Event, line: bytes) -> None:
        """Tell the client soon, together with what else there is by then."""
        if self._transport is None or not self._session.takes_events:
            return
        self._session.send_event(event, line=line)
        self._events_waiting += 1
        if self._events_waiting == 1 and not self._pumping:
            self._loop.call_soon(self._flush_events)
        elif self._events_waiting >= _EVENTS_A_WRITE:
            self._flush_events()

    def close(self) -> None:
        """Start nothing more; close when what runs is answered and all is sent."""
        if self._transport is None:
            return
        self._ended = True
        self._session.close()
        self._settle()

    def abort(self) -> None:
        """Close now; commands that run are cancelled, and end soon afterwards."""
        for task in self._tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.abort()
        elif self.handshake is not None:
            self.handshake.cancel()

    @property
    def negotiating(self) -> bool:
        """Whether the client still has to negotiate, or with TLS to come so far."""
        return self._session.phase is Phase.NEGOTIATION or self.handshake is not None

    @property
    def tasks(self) -> frozenset[asyncio.Task[Reply]]:
        """Commands that wait for something; they may be left over after the connection."""
        return frozenset(self._tasks)

    # --- commands ---

    def _pump(self) -> None:
        """Run what can run now, and write what there is to say."""
        self._turn_ends = self._clock() + _TURN_SECONDS
        for _ in range(_WRITES_A_TURN):
            if self._pumping or self._transport is None:
                return
            self._pumping = True
            try:
                more = self._run_some()
            finally:
                self._pumping = False
            self._settle()
            if not more:
                return
            if self._clock() >= self._turn_ends:
                break
        self._loop.call_soon(self._pump)

    def _run_some(self) -> bool:
        """Run a few commands; whether there may be more."""
        host, session = self._host, self._session
        gate, next_job = host.gate, session.next_job
        for _ in range(_JOBS_A_WRITE):
            if self._stalled or host.stopping:
                return False
            if self._clock() >= self._turn_ends:
                return True
            job = next_job()
            if job is None:
                return session.pending
            if gate.free or job.oob:
                self._run(job)
            else:
                gate.wait(partial(self._run_in_turn, job))
        return True

    def _run_in_turn(self, job: Job) -> None:
        """Run a command that had to let others go first, unless it is too late for it."""
        if self._transport is None:
            return
        if self._host.stopping:
            self._finish(job, None)
        else:
            self._run(job)

    def _run(self, job: Job) -> None:
        variables = self._variables.copy()
        try:
            reply = variables.run(job.run)
            if not (reply is None or isinstance(reply, dict)):
                outcome = start(reply, self._loop, variables)
                if isinstance(outcome, asyncio.Task):
                    self._go_on(job, outcome)
                    return
                reply = outcome.result
        except asyncio.CancelledError:
            reply = _cancelled(job)
        self._finish(job, reply)

    def _go_on(self, job: Job, task: asyncio.Task[Reply]) -> None:
        """The handler waits for something: let its task finish the job."""
        self._tasks.add(task)
        if not job.oob:
            self._host.gate.hold()
        task.add_done_callback(partial(self._task_done, job))

    def _task_done(self, job: Job, task: asyncio.Task[Reply]) -> None:
        self._tasks.discard(task)
        try:
            self._finish(job, _cancelled(job) if task.cancelled() else task.result())
        finally:
            if not job.oob:
                self._host.gate.release()

    def _finish(self, job: Job, reply: Reply) -> None:
        self._session.finish(job, reply)
        if not self._pumping:
            self._pump()

    # --- what there is to say ---

    def _settle(self) -> None:
        """Write, close if that was all, and read only if there is room for more."""
        if self._transport is None:
            return
        data = self._session.outgoing()
        self._events_waiting = 0
        if data:
            self._transport.write(data)
            if self._traffic is not None:
                self._traffic.sent(data)
        if self._session.closing:
            self._ended = True
            self._transport.close()
            return
        wanted = self._session.may_read and not self._stalled
        if wanted != self._reading:
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _flush_events(self) -> None:
        if self._transport is None or not self._events_waiting:
            return
        if self._transport.get_write_buffer_size() > self._host.backlog_bytes:
            _log.warning("%s does not read its events: it is disconnected", self.context.name)
            self._note("disconnected, because it does not read its events")
            self._transport.abort()
            return
        self._settle()

    def _note(self, what: str) -> None:
        if self._traffic is not None:
            self._traffic.note(f"{what} ({self.context.peer})")


def _cancelled(job: Job) -> Reply:
    """The reply of a command whose handler was cancelled; there is one for each command."""
    return error_reply(QapiError(f"command '{job.name}' was cancelled"), job.command.id)
