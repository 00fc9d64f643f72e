"""A client's side of a connection, without the connection.

In: bytes that a server sent, commands to execute.  Out: answers and events, bytes to send.
Must not know: sockets, event loops, who waits for what.

A session negotiates by itself: commands may be requested at any time and go out when the
server is ready for them.  With a guest agent there is no negotiation, but the need to find out
where in its output one is (QMP, guest agent), again after each command that was given up.
"""

from __future__ import annotations

import enum
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Final, Literal, TypeAlias

from .. import codec
from ..errors import ProtocolError, QapiError, cut
from ..messages import ABSENT, Event, Failure, Greeting, Success, parse_message
from ..secrets import redacted_text
from .reading import MessageReader, TooLong
from .requests import Answer, Outgoing, Ready, Received, Request, line, remote_error
from .strays import note_stray, warn_of_stray
from .synchronising import Synchronisation, patience

__all__ = [
    "ANSWER_BYTES",
    "Answer",
    "ClientPhase",
    "ClientSession",
    "Mode",
    "Outgoing",
    "Ready",
    "Received",
]

#: Which of the two dialects a server speaks.
Mode: TypeAlias = Literal["qmp", "guest-agent"]

#: How long an answer may be by default.  The most that a guest agent reads from a file
#: at once, 48 MiB, makes a text of more than 64 MiB.
ANSWER_BYTES: Final[Mapping[Mode, int]] = {
    "qmp": codec.MAX_TEXT_BYTES - 1,
    "guest-agent": 80 * 1024 * 1024,
}

_WITHOUT_LIMIT = 2**63

#: With out-of-band execution, a server reads on while at most so many commands wait for it.
_QUEUE_LENGTH = 8


class ClientPhase(enum.Enum):
    """Where a session stands."""

    GREETING = "greeting"
    """The server has not greeted yet."""
    NEGOTIATION = "negotiation"
    """The server has been asked for capabilities and has not answered."""
    SYNCHRONISATION = "synchronisation"
    """The guest agent has been asked for a number and has not answered with it."""
    READY = "ready"
    """Commands go out as they are requested."""
    FAILED = "failed"
    """The server does not speak the protocol; nothing is read or sent any more."""


_MOVES: Final = {
    ClientPhase.GREETING: {ClientPhase.NEGOTIATION, ClientPhase.FAILED},
    ClientPhase.NEGOTIATION: {ClientPhase.READY, ClientPhase.FAILED},
    ClientPhase.SYNCHRONISATION: {ClientPhase.READY, ClientPhase.FAILED},
    ClientPhase.READY: {ClientPhase.SYNCHRONISATION, ClientPhase.FAILED},
    ClientPhase.FAILED: set[ClientPhase](),
}


class ClientSession:
    """What was said on a connection, and what has to be said next.

    ``oob``: enable out-of-band execution where the server offers it.  ``answer_bytes``: how long
    an answer may be (None: :data:`ANSWER_BYTES`).  ``entropy`` gives random bytes: ids are
    different on each connection, so that a late reply to an earlier client of the same server
    (QMP, disconnect) is not taken for one's own.  ``delays`` are the seconds after which a guest
    agent that does not answer is asked again for a number.
    """

    def __init__(
        self,
        *,
        mode: Mode = "qmp",
        oob: bool = True,
        answer_bytes: int | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
        delays: Callable[[], Iterator[float]] = patience,
    ) -> None:
        self.mode: Mode = mode
        self.greeting: Greeting | None = None
        self.enabled: tuple[str, ...] = ()
        self.phase = ClientPhase.GREETING
        self._oob = oob
        self._entropy = entropy
        self._token = entropy(2).hex()
        self._numbers = count(1)
        self._limit_bytes = ANSWER_BYTES[mode] if answer_bytes is None else answer_bytes
        self._reader = MessageReader(noisy=mode == "guest-agent", limit_bytes=self._limit_bytes)
        self._control = b""  # to be sent before any request
        self._control_id = ""
        self._delays = delays
        self._sync = Synchronisation(entropy, self._next_id, delays)
        self._queue: deque[Request] = deque()
        self._sent: dict[str, Request] = {}  # without an answer so far, the oldest first
        self._silent: deque[str] = deque(maxlen=64)  # sent, answered only if they fail
        self._failed: deque[str] = deque(maxlen=64)  # by something else than their answer
        self._inband = 0  # how many of the requests in _sent are no oob ones
        self._window = _WITHOUT_LIMIT
        self._carrier = ""  # the request whose file descriptors the server may not have taken yet
        self._in_step = True
        if mode == "guest-agent":
            self._window = 1  # it does one thing at a time, and old ones send no ids back
            self.phase = ClientPhase.READY
            self._synchronise()

    # --- requests ---

    def request(
        self,
        name: str,
        arguments: Mapping[str, object] | None = None,
        *,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> str:
        """Queue a command; its id, which the answer will carry.

        ``success_response`` false: the command has no reply unless it fails.  Raises
        :class:`QapiError` for arguments that have no JSON form or are too long, and for
        ``oob`` where it is not enabled.
        """
        if oob and "oob" not in self.enabled:
            raise QapiError(f"{name}: out-of-band execution is not enabled on this connection")
        request_id = self._next_id()
        message: dict[str, object] = {"exec-oob" if oob else "execute": name}
        if arguments:
            message["arguments"] = arguments if type(arguments) is dict else dict(arguments)
        message["id"] = request_id
        # No blank is wasted: QEMU takes its time with each byte.
        request = Request(name, request_id, line(message))
        request.oob = oob
        request.fds = tuple(fds)
        request.success_response = success_response
        self._queue.append(request)
        return request_id

    def _next_id(self) -> str:
        return f"{self._token}-{next(self._numbers)}"

    def abandon(self, request_id: str) -> bool:
        """Nobody waits for an answer any more; True if the command was never sent, nor will be."""
        request = self._sent.get(request_id)
        if request is not None:
            request.abandoned = True
            self._in_step = self.mode == "qmp"
            return False
        for queued in self._queue:
            if queued.id == request_id:
                self._queue.remove(queued)
                return True
        return False

    def outgoing(self) -> Outgoing | None:
        """What to send now; call it again until it gives None."""
        if not self._in_step and self._queue and self.phase is ClientPhase.READY:
            self._synchronise()
        if self._control:
            data, self._control = self._control, b""
            return Outgoing(data)
        if not self._queue or self.phase is not ClientPhase.READY:
            return None
        batch = self._next_batch()
        if not batch:
            return None
        for request in batch:
            self._note_sent(request)
        if len(batch) == 1 and batch[0].success_response:
            return Outgoing(batch[0].data, batch[0].fds)
        finished = tuple(request.id for request in batch if not request.success_response)
        return Outgoing(b"".join(request.data for request in batch), batch[0].fds, finished)

    def _next_batch(self) -> list[Request]:
        """Take from the queue what may go out with one write."""
        urgent = [request for request in self._queue if request.oob] if self.enabled else []
        if urgent:
            self._queue = deque(request for request in self._queue if not request.oob)
            return urgent
        batch: list[Request] = []
        while self._queue and self._inband + len(batch) < self._window:
            if self._queue[0].fds:
                # A server keeps only the file descriptors that came last.
                if not batch and not self._carrier:
                    batch.append(self._queue.popleft())
                    self._carrier = batch[0].id
                break
            batch.append(self._queue.popleft())
        return batch

    def _note_sent(self, request: Request) -> None:
        if not request.success_response:
            self._silent.append(request.id)
            self._carrier = "" if self._carrier == request.id else self._carrier
            return
        self._sent[request.id] = request
        if not request.oob:
            self._inband += 1

    # --- what the server says ---

    def receive(self, data: bytes) -> list[Received]:
        """What has come with some more bytes, in order."""
        received: list[Received] = []
        if self.phase is ClientPhase.FAILED:
            return received
        for value in self._reader.feed(data):
            found = self._take(value)
            if found is not None:
                received.append(found)
                if isinstance(found, ProtocolError):
                    self._move(ClientPhase.FAILED)
                    break
        return received

    def _take(self, value: object) -> Received | None:
        if isinstance(value, TooLong):
            return self._too_long()
        try:
            if isinstance(value, codec.JsonError):
                raise value
            message = parse_message(value)
        except QapiError as error:
            if self.mode == "guest-agent":
                note_stray("what is no message")
                return None
            return ProtocolError(f"the server sent what is no QMP: {error.desc}")
        if isinstance(message, Event):
            return message
        if isinstance(message, Greeting):
            return self._greeted(message)
        return self._replied(message)

    def _too_long(self) -> Received | None:
        """An answer that is too long; where the next one begins is known with an agent alone."""
        text = f"the server's answer is longer than {self._limit_bytes} bytes"
        if self.mode != "guest-agent":
            return ProtocolError(f"{text}; 'answer_bytes' of the client is the limit")
        request = next(iter(self._sent.values()), None)
        if request is None or self.phase is not ClientPhase.READY:
            note_stray("what is longer than an answer may be")
            return None
        way_out = "ask for less, or give the client a larger 'answer_bytes'"
        return self._answered(request, QapiError(f"{cut(request.name)}: {text}; {way_out}"))

    def _greeted(self, greeting: Greeting) -> ProtocolError | None:
        if self.mode == "guest-agent":
            note_stray("a greeting")
            return None
        if self.phase is not ClientPhase.GREETING:
            return ProtocolError("the server greeted twice: it was restarted")
        self.greeting = greeting
        arguments: dict[str, object] = {}
        if self._oob and "oob" in greeting.capabilities:
            arguments["enable"] = ["oob"]
        self._control_id = f"{self._token}-0"
        self._control = line(
            {"execute": "qmp_capabilities", "arguments": arguments, "id": self._control_id}
        )
        self._move(ClientPhase.NEGOTIATION)
        return None

    def _replied(self, reply: Success | Failure) -> Received | None:
        if self.phase is ClientPhase.SYNCHRONISATION:
            return self._synchronised(reply)
        if self._control_id and reply.id == self._control_id:
            return self._negotiated(reply)
        request = self._request_of(reply)
        if request is None:
            return self._assigned(reply)
        if reply.id is ABSENT and self.mode == "qmp":
            warn_of_stray(reply, request.name)
        if isinstance(reply, Success):
            return self._answered(request, None, reply.value)
        return self._answered(request, remote_error(reply, request))

    def _answered(
        self, request: Request, error: QapiError | None, value: object = None
    ) -> Answer | None:
        """The answer to a request that was sent, unless nobody waits for it any more."""
        del self._sent[request.id]
        if not request.oob:
            self._inband -= 1
        if self._carrier == request.id:
            self._carrier = ""
        return None if request.abandoned else Answer(request.id, value, error)

    def _request_of(self, reply: Success | Failure) -> Request | None:
        if isinstance(reply.id, str):
            return self._sent.get(reply.id)
        if reply.id is not ABSENT or self.phase is not ClientPhase.READY:
            return None
        if isinstance(reply, Success) and self.mode == "qmp":
            return None
        # An error without an id: the server could not even read the command, or is too old to
        # send ids back with such errors.  Commands are looked at in order, so it is the oldest.
        return next((request for request in self._sent.values() if not request.oob), None)

    def _assigned(self, reply: Success | Failure) -> Answer | None:
        """What a reply means that has the id of no request that waits for one."""
        if isinstance(reply.id, str) and reply.id in self._silent:
            self._silent.remove(reply.id)
            detail = redacted_text(reply.desc) if isinstance(reply, Failure) else ""
            note_stray("the failure of a command that has no reply", detail=detail)
            return None
        if isinstance(reply.id, str) and reply.id in self._failed:
            self._failed.remove(reply.id)
            note_stray("the answer to a command that has failed before")
            return None
        if self.phase is not ClientPhase.READY:
            note_stray("a reply to an earlier client")
            return None
        pending = list(self._sent.values()) if len(self._sent) == 1 else []
        if not pending or pending[0].abandoned:
            warn_of_stray(reply)
            return None
        # It may be the answer, from a server that has lost the id: nothing else is due.
        (request,) = pending
        self._failed.append(request.id)
        words = warn_of_stray(reply, request.name)
        text = f"{cut(request.name)}: the server sent {words} in place of an answer"
        if isinstance(reply, Failure):
            text = f"{text}: {reply.desc}"
        return self._answered(request, QapiError(text))

    # --- negotiation and synchronisation ---

    def _negotiated(self, reply: Success | Failure) -> Ready | ProtocolError:
        self._control_id = ""
        if isinstance(reply, Failure):
            return ProtocolError(f"the server refused to negotiate: {reply.desc}")
        if self._oob and self.greeting is not None and "oob" in self.greeting.capabilities:
            self.enabled = ("oob",)
            self._window = _QUEUE_LENGTH
        self._move(ClientPhase.READY)
        return Ready(self.enabled)

    @property
    def repeats_after(self) -> float | None:
        """Seconds after which to call :meth:`repeat`; None: there is nothing to repeat."""
        return self._sync.waits if self.phase is ClientPhase.SYNCHRONISATION else None

    def repeat(self) -> None:
        """So long nothing has come: ask the guest agent again, unless the last is not sent."""
        if self.phase is ClientPhase.SYNCHRONISATION and not self._control:
            self._control = self._sync.question()

    def _synchronise(self) -> None:
        """Ask for a number."""
        self._sync = Synchronisation(self._entropy, self._next_id, self._delays)
        self._control = self._sync.question()
        self._move(ClientPhase.SYNCHRONISATION)

    def _synchronised(self, reply: Success | Failure) -> Ready | ProtocolError | None:
        mine = reply.id is ABSENT or reply.id == self._sync.request_id
        if isinstance(reply, Failure):
            if not mine or reply.id is ABSENT:
                return None  # what a delimiter provoked, or something older
            return ProtocolError(f"the guest agent refused to synchronise: {reply.desc}")
        if not mine or not self._sync.is_answered_by(reply.value):
            return None
        # The agent does one thing after the other: nothing older can come any more.
        self._sent.clear()
        self._inband = 0
        self._carrier = ""
        self._in_step = True
        self._move(ClientPhase.READY)
        return Ready(())

    def _move(self, phase: ClientPhase) -> None:
        assert phase in _MOVES[self.phase], f"{self.phase} does not lead to {phase}"
        self.phase = phase
