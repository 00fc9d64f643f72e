"""A server's side of one connection, without the connection.

In: bytes that came, events that happen, replies of commands that have run.  Out: commands to
run, bytes to write.
Must not know: sockets, event loops, threads, time, which commands there are.

A shell does this whenever something happened::

    session.receive(data)                        # or eof_received(), or finish(job, reply)
    while (job := session.next_job()) is not None:
        reply = job.run()                        # perhaps an awaitable: finish it later
        session.finish(job, reply)
    transport.write(session.outgoing())
    # and then looks at session.may_read and session.closing
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from ..codec.incremental import DEFAULT_LIMITS, Limits, Parsed, TextReader
from ..codec.strict import JsonError
from ..commands import Answer, CommandPolicy, Registry, Reply, not_out_of_band
from ..errors import COMMAND_NOT_FOUND, QapiError
from ..messages import (
    ABSENT,
    Command,
    Event,
    Greeting,
    error_reply,
    parse_command,
    request_id,
    return_reply,
)
from .capabilities import NEGOTIATE, OOB, check_offered, wanted_capabilities
from .dialects import QMP, Dialect, message_line, reply_line
from .phases import Action, Input, Phase, step

__all__ = ["NEGOTIATION_LIMITS", "QUEUE_LENGTH", "SYNC_BYTE", "Job", "ServerSession"]

#: What a client may send before it has negotiated: no text of that time is long.
NEGOTIATION_LIMITS: Final = Limits(text_bytes=64 * 1024, tokens=8 * 1024)

# What one call may refuse.  Each takes as long as a small command, and longer if it is long.
_REFUSALS_A_CALL: Final = 32
_BYTES_A_REFUSAL: Final = 32

#: In-band texts that wait behind the running one with out-of-band execution (QMP, flow control).
QUEUE_LENGTH: Final = 8

_COMMAND: Final = Phase.COMMAND  # looked up for each text, which takes an enum some time

#: Stands in front of the answer to a client of the guest agent that resynchronizes.
SYNC_BYTE: Final = b"\xff"


class Job:
    """A command to run now, and then to hand back to :meth:`ServerSession.finish`."""

    __slots__ = ("_session", "command")

    def __init__(self, session: ServerSession, command: Command) -> None:
        self._session = session
        self.command = command

    @property
    def name(self) -> str:
        """The name of the command, which need not exist."""
        return self.command.name

    @property
    def oob(self) -> bool:
        """It is to run at once, whatever else runs."""
        return self.command.oob

    def run(self) -> Answer[Reply]:
        """Check the command and call its handler: the reply, or an awaitable of the reply.

        None is the reply of a command that succeeds in silence.  Raises only BaseExceptions
        that are no Exceptions, such as KeyboardInterrupt and asyncio's CancelledError.
        """
        return self._session.execute(self.command)

    def __repr__(self) -> str:
        return f"Job({self.name!r}, oob={self.oob})"


class ServerSession:
    """What one client and the server say to each other (QMP, modes and flow control).

    ``greeting`` is what the client is greeted with; a dialect without negotiation has none.
    ``preconfig`` tells whether the machine still waits for its configuration.  ``policy`` is
    None where everything is accepted and shown.  A text that is no JSON gets one error; with
    ``repeat_errors`` it may get several, see :class:`~..codec.incremental.TextReader`.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        greeting: Greeting | None = None,
        dialect: Dialect = QMP,
        limits: Limits = DEFAULT_LIMITS,
        policy: CommandPolicy | None = None,
        preconfig: Callable[[], bool] | None = None,
        repeat_errors: bool = False,
    ) -> None:
        if (greeting is not None) != dialect.negotiates:
            raise ValueError("a dialect with a negotiation needs a greeting, others have none")
        self._registry = registry
        self._greeting = greeting
        self._dialect = dialect
        self._policy = policy
        self._preconfig = preconfig
        self._phase = Phase.GREETING
        self._plain = dialect is QMP  # what nearly all sessions are
        self._oob = False  # out-of-band execution is enabled
        self._limits = limits
        first = limits if greeting is None else limits.at_most(NEGOTIATION_LIMITS)
        self._reader = TextReader(first, repeat_errors=repeat_errors)
        self._pending = False  # there is more to do than one call should
        self._drained = True  # the reader has no whole text
        self._ended = False  # no input comes any more
        self._queue: deque[Parsed | JsonError] = deque()  # texts in their order
        self._urgent: list[Parsed] = []  # at most one, to be executed out of band
        self._running: Job | None = None
        self._running_oob: Job | None = None
        self._out: list[bytes] = []

    # --- what the shell tells ---

    def connection_made(self) -> None:
        """A client is there; it is greeted, if the dialect has that."""
        plain = self._greeting is None
        happened, self._phase = step(
            self._phase, Input.CONNECTED_PLAIN if plain else Input.CONNECTED
        )
        if happened is Action.GREET and self._greeting is not None:
            self._out.append(message_line(self._greeting.to_wire(), self._dialect))

    def receive(self, data: bytes) -> None:
        """Take bytes that came, cut anywhere.

        They are kept even while :attr:`may_read` is False, but better stay in the socket then.
        After the end of the input, and after :meth:`close`, they are dropped.  Raises
        RuntimeError before :meth:`connection_made`.
        """
        if self._phase is Phase.GREETING:
            raise RuntimeError("a session takes no bytes before there is a connection")
        if self._ended:
            return
        self._reader.push(data)
        self._drained = False
        self._take()

    def eof_received(self) -> None:
        """The client sends nothing more; what it has sent is still answered."""
        if self._phase is Phase.GREETING:
            raise RuntimeError("input cannot end before there is a connection")
        self._ended = True
        self._take()
        self._maybe_end()

    def close(self) -> None:
        """Say goodbye: nothing more is started, what runs is answered, then :attr:`closing`."""
        self._queue.clear()
        self._urgent.clear()
        self._pending = False
        self._drained = self._ended = True
        self._reader.eof()
        self._maybe_end()

    def connection_lost(self) -> None:
        """The client is gone: what was not started never is, replies of the rest are dropped."""
        self.close()
        self._running = self._running_oob = None
        self._maybe_end()
        self._out.clear()

    def send_event(self, event: Event, *, line: bytes | None = None) -> None:
        """Tell the client about an event, if it is in command mode; else it is dropped.

        ``line`` is the same as bytes (:func:`~..codec.output.message_bytes`), for those who tell
        many sessions.  What a policy hides must not come here.  Raises :class:`QapiError` for an
        event that JSON cannot say.
        """
        if not self.takes_events:
            return
        if line is None or self._dialect is not QMP:
            line = message_line(event.to_wire(), self._dialect)
        self._out.append(line)

    # --- what the shell asks ---

    def next_job(self) -> Job | None:
        """A command to run now, None if there is none at the moment.

        Ask again until it is None, each time something was received or finished.  Commands run
        one at a time, out-of-band ones also beside them.  It is also None when many texts in a
        row were no commands: :attr:`pending` tells, and others should have their turn then.
        """
        refused = 0
        self._pending = False
        while (entry := self._next_text()) is not None:
            job = self._begin(entry)
            if not self._drained and (self._oob or job is None):
                self._take()  # there is room for one more now
            if job is not None:
                return job
            looked_at = entry.size_bytes if isinstance(entry, Parsed) else entry.offset
            refused += 1 + looked_at // _BYTES_A_REFUSAL
            if refused >= _REFUSALS_A_CALL:
                self._pending = True
                return None
        if self._ended:
            self._maybe_end()
        return None

    @property
    def pending(self) -> bool:
        """Whether :meth:`next_job` stopped before all was done, and is to be asked again soon."""
        return self._pending

    def finish(self, job: Job, reply: Reply) -> None:
        """Send the reply of a job that has run; dropped if the connection is lost by now.

        Raises ValueError for a job that is not running here.
        """
        if job is self._running:
            self._running = None
        elif job is self._running_oob:
            self._running_oob = None
        elif self._phase is Phase.CLOSED:
            return
        else:
            raise ValueError(f"{job!r} does not run in this session")
        if reply is not None:
            if (
                not self._plain
                and job.name == self._dialect.delimited_command
                and "return" in reply
            ):
                self._out.append(SYNC_BYTE)
            self._send(reply)
        if not self._drained:
            self._take()
        if self._ended:
            self._maybe_end()

    def outgoing(self) -> bytes:
        """The bytes to write by now; each byte is given once."""
        out, self._out = self._out, []
        return out[0] if len(out) == 1 else b"".join(out)

    @property
    def may_read(self) -> bool:
        """Whether more input is welcome; else leave it in the socket and ask again later.

        One text is in flight at a time, with out-of-band execution one and a queue.
        """
        return not self._ended and self._has_room()

    @property
    def closing(self) -> bool:
        """Write what is :meth:`outgoing`, then close the connection."""
        return self._phase is Phase.CLOSED

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def takes_events(self) -> bool:
        """Whether the client is told about events now."""
        if not self._dialect.negotiates:
            return False
        return step(self._phase, Input.EVENT).action is Action.SEND

    @property
    def oob_enabled(self) -> bool:
        """Whether the client has enabled out-of-band execution."""
        return self._oob

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing waits."""
        return not (self._queue or self._urgent or self._running or self._running_oob)

    def execute(self, command: Command) -> Answer[Reply]:
        """Run a command as this connection is to see it; :meth:`Job.run` is the way here."""
        preconfig = self._preconfig is not None and self._preconfig()
        return self._registry.execute(command, preconfig=preconfig, policy=self._policy)

    # --- texts, in their order ---

    def _has_room(self) -> bool:
        """Whether another text may be looked at."""
        if self._urgent or self._running_oob is not None:
            return False  # these must not pile up
        if self._oob:
            return len(self._queue) < QUEUE_LENGTH
        return not self._queue and self._running is None

    def _take(self) -> None:
        """Take texts out of the reader as long as there is room for them."""
        if not self._oob:
            if not self._drained and not self._queue and self._running is None:
                text = self._reader.take()
                if text is None:
                    self._drained = True
                else:
                    self._queue.append(text)  # and one is all there is room for
            return
        while not self._drained and self._has_room():
            text = self._reader.take()
            if text is None:
                self._drained = True
            elif isinstance(text, Parsed) and _is_urgent(text.value):
                self._urgent.append(text)
            else:
                # Errors wait for their turn: they have no id, so only their place tells.
                self._queue.append(text)

    def _next_text(self) -> Parsed | JsonError | None:
        if self._urgent:
            return self._urgent.pop()
        if self._queue and self._running is None:
            return self._queue.popleft()
        return None

    def _begin(self, text: Parsed | JsonError) -> Job | None:
        """Answer a text, or make a job of it that others have to run."""
        if isinstance(text, JsonError):
            self._report(text)
            return None
        try:
            command = parse_command(text.value, oob_enabled=self._oob)
        except QapiError as error:
            self._report(error, request_id(text.value))
            return None
        if self._dialect.negotiates and command.name == NEGOTIATE:
            self._negotiate(command)
            return None
        # A command in command mode is what nearly all texts are: no look at the table for it.
        if self._phase is not _COMMAND and step(self._phase, Input.COMMAND).action is Action.REFUSE:
            desc = f"the capabilities have to be negotiated first, with '{NEGOTIATE}'"
            self._send(error_reply(QapiError(desc, COMMAND_NOT_FOUND), command.id))
            return None
        job = Job(self, command)
        if command.oob:
            self._running_oob = job
        else:
            self._running = job
        return job

    def _negotiate(self, command: Command) -> None:
        """Answer the command that ends the negotiation."""
        try:
            if command.oob:
                raise not_out_of_band(command.name)
            wanted = wanted_capabilities(command.arguments)
            todo, phase = step(self._phase, Input.CAPABILITIES)
            if todo is Action.REFUSE:
                raise QapiError("the negotiation is over already", COMMAND_NOT_FOUND)
            check_offered(wanted, self._greeting)
        except QapiError as error:
            self._send(error_reply(error, command.id))
            return
        self._phase = phase
        self._oob = OOB in wanted
        self._reader.set_limits(self._limits)
        self._send(return_reply({}, command.id))

    def _report(self, error: QapiError, reply_id: object = ABSENT) -> None:
        """Answer something that is no command."""
        self._phase = step(self._phase, Input.BAD_TEXT).phase
        self._send(error_reply(error, reply_id))

    # --- the end, and the way out ---

    def _maybe_end(self) -> None:
        """Close when the input has ended and all that came is answered."""
        if self._ended and self._drained and self.idle:
            self._phase = step(self._phase, Input.END).phase

    def _send(self, reply: dict[str, object]) -> None:
        self._out.append(reply_line(reply, self._dialect))


def _is_urgent(value: object) -> bool:
    """Whether a text is executed out of band, even if something in it is wrong."""
    return isinstance(value, dict) and "exec-oob" in value and "execute" not in value
