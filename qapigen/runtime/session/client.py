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
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final, Literal, NamedTuple, TypeAlias

from .. import codec
from ..errors import ProtocolError, QapiError, RemoteError
from ..messages import ABSENT, Event, Failure, Greeting, Success, parse_message
from .reading import MessageReader

__all__ = [
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


class Ready(NamedTuple):
    """The server takes commands now; these capabilities are enabled."""

    enabled: tuple[str, ...]


class Answer(NamedTuple):
    """The reply to a request: a value, or the error in its place."""

    id: str
    value: object
    error: RemoteError | None = None


#: What :meth:`ClientSession.receive` gives; nothing comes behind a :class:`ProtocolError`.
Received: TypeAlias = Ready | Answer | Event | ProtocolError


class Outgoing(NamedTuple):
    """Bytes to send, and file descriptors that go with the first of them.

    ``finished``: the ids of requests among them that get no answer if all goes well.
    """

    data: bytes
    fds: tuple[int, ...] = ()
    finished: tuple[str, ...] = ()


class _Request:
    """A command on its way."""

    __slots__ = ("abandoned", "data", "fds", "id", "name", "oob", "success_response")

    def __init__(self, name: str, request_id: str, data: bytes) -> None:
        self.name = name
        self.id = request_id
        self.data = data
        self.oob = False
        self.fds: tuple[int, ...] = ()
        self.success_response = True
        self.abandoned = False


class ClientSession:
    """What was said on a connection, and what has to be said next.

    ``oob``: enable out-of-band execution where the server offers it.  ``entropy`` gives random
    bytes: ids are different on each connection, so that a late reply to an earlier client of
    the same server (QMP, disconnect) is not taken for one's own.
    """

    def __init__(
        self,
        *,
        mode: Mode = "qmp",
        oob: bool = True,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.mode: Mode = mode
        self.greeting: Greeting | None = None
        self.enabled: tuple[str, ...] = ()
        self.phase = ClientPhase.GREETING
        self._oob = oob
        self._entropy = entropy
        self._token = entropy(2).hex()
        self._numbers = count(1)
        self._reader = MessageReader(noisy=mode == "guest-agent")
        self._control = b""  # to be sent before any request
        self._control_id = ""
        self._sync_number = 0
        self._queue: deque[_Request] = deque()
        self._sent: dict[str, _Request] = {}  # without an answer so far, the oldest first
        self._silent: deque[str] = deque(maxlen=64)  # sent, answered only if they fail
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
        request_id = f"{self._token}-{next(self._numbers)}"
        message: dict[str, object] = {"exec-oob" if oob else "execute": name}
        if arguments:
            message["arguments"] = arguments if type(arguments) is dict else dict(arguments)
        message["id"] = request_id
        # No blank is wasted: QEMU takes its time with each byte.
        request = _Request(name, request_id, _line(message))
        request.oob = oob
        request.fds = tuple(fds)
        request.success_response = success_response
        self._queue.append(request)
        return request_id

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

    def _next_batch(self) -> list[_Request]:
        """Take from the queue what may go out with one write."""
        urgent = [request for request in self._queue if request.oob] if self.enabled else []
        if urgent:
            self._queue = deque(request for request in self._queue if not request.oob)
            return urgent
        batch: list[_Request] = []
        while self._queue and self._inband + len(batch) < self._window:
            if self._queue[0].fds:
                # A server keeps only the file descriptors that came last.
                if not batch and not self._carrier:
                    batch.append(self._queue.popleft())
                    self._carrier = batch[0].id
                break
            batch.append(self._queue.popleft())
        return batch

    def _note_sent(self, request: _Request) -> None:
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
        try:
            if isinstance(value, codec.JsonError):
                raise value
            message = parse_message(value)
        except QapiError as error:
            if self.mode == "guest-agent":
                _drop("what is no message", error)
                return None
            return ProtocolError(f"the server sent what is no QMP: {error.desc}")
        if isinstance(message, Event):
            return message
        if isinstance(message, Greeting):
            return self._greeted(message)
        return self._replied(message)

    def _greeted(self, greeting: Greeting) -> ProtocolError | None:
        if self.mode == "guest-agent":
            _drop("a greeting", greeting)
            return None
        if self.phase is not ClientPhase.GREETING:
            return ProtocolError("the server greeted twice: it was restarted")
        self.greeting = greeting
        arguments: dict[str, object] = {}
        if self._oob and "oob" in greeting.capabilities:
            arguments["enable"] = ["oob"]
        self._control_id = f"{self._token}-0"
        self._control = _line(
            {"execute": "qmp_capabilities", "arguments": arguments, "id": self._control_id}
        )
        self._move(ClientPhase.NEGOTIATION)
        return None

    def _replied(self, reply: Success | Failure) -> Received | None:
        if self._control_id and reply.id == self._control_id:
            return self._negotiated(reply) if self.mode == "qmp" else self._synchronised(reply)
        if self.phase is ClientPhase.SYNCHRONISATION and reply.id is ABSENT:
            return self._synchronised(reply)
        request = self._request_of(reply)
        if request is None:
            self._drop_stray(reply)
            return None
        del self._sent[request.id]
        if not request.oob:
            self._inband -= 1
        if self._carrier == request.id:
            self._carrier = ""
        if request.abandoned:
            return None
        if isinstance(reply, Success):
            return Answer(request.id, reply.value)
        return Answer(request.id, None, _remote(reply, request))

    def _request_of(self, reply: Success | Failure) -> _Request | None:
        if isinstance(reply.id, str):
            return self._sent.get(reply.id)
        if reply.id is not ABSENT or self.phase is not ClientPhase.READY:
            return None
        if isinstance(reply, Success) and self.mode == "qmp":
            return None
        # An error without an id: the server could not even read the command, or is too old to
        # send ids back with such errors.  Commands are looked at in order, so it is the oldest.
        return next((request for request in self._sent.values() if not request.oob), None)

    def _drop_stray(self, reply: Success | Failure) -> None:
        if isinstance(reply.id, str) and reply.id in self._silent:
            self._silent.remove(reply.id)
            _drop("the failure of a command that has no reply", reply)
        else:
            _drop("a reply to something else", reply)

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

    def _synchronise(self) -> None:
        """Ask for a number; a delimiter in front ends whatever an earlier client began."""
        self._sync_number = int.from_bytes(self._entropy(4)) >> 1
        self._control_id = f"{self._token}-{next(self._numbers)}"
        self._control = b"\xff" + _line(
            {
                "execute": "guest-sync-delimited",
                "arguments": {"id": self._sync_number},
                "id": self._control_id,
            }
        )
        self._move(ClientPhase.SYNCHRONISATION)

    def _synchronised(self, reply: Success | Failure) -> Ready | ProtocolError | None:
        if isinstance(reply, Failure):
            if reply.id is ABSENT:
                return None  # what the delimiter provoked, or something older
            return ProtocolError(f"the guest agent refused to synchronise: {reply.desc}")
        if reply.value != self._sync_number:
            return None
        # The agent does one thing after the other: nothing older can come any more.
        self._sent.clear()
        self._inband = 0
        self._control_id = self._carrier = ""
        self._in_step = True
        self._move(ClientPhase.READY)
        return Ready(())

    def _move(self, phase: ClientPhase) -> None:
        assert phase in _MOVES[self.phase], f"{self.phase} does not lead to {phase}"
        self.phase = phase


def _line(message: Mapping[str, object]) -> bytes:
    data = codec.encode(message) + b"\n"
    if len(data) > codec.MAX_TEXT_BYTES:
        raise QapiError(f"the command is too long: {len(data)} bytes")
    return data


def _remote(reply: Failure, request: _Request) -> RemoteError:
    return RemoteError(reply.desc, reply.error_class, id=request.id, command=request.name)


def _drop(what: str, message: object) -> None:
    import logging  # slow to import, and most programs never come here

    logging.getLogger("qapigen.runtime").info("ignored %s: %s", what, message)
