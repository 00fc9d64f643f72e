"""A client's session on a stream: moving bytes until what is waited for is there.

In: commands, and the bytes of a stream.  Out: answers, events for whoever listens.
Must not know: addresses, how the connection was made, what the commands mean.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from ..errors import ConnectionLost, ProtocolError
from ..messages import Event
from ..session.client import Answer, ClientSession, Ready, Received
from ..session.descriptors import close_all, copied
from ..session.listeners import Listeners
from .connecting import Deadline

if TYPE_CHECKING:
    from .stream import Stream

__all__ = ["Link"]

T = TypeVar("T")


class Link:
    """One connection, used by one thread at a time; the others wait for their turn.

    ``lost`` tells why there is no connection any more.
    """

    def __init__(self, stream: Stream, session: ClientSession) -> None:
        self.session = session
        self.listeners = Listeners()
        self.lost: ConnectionLost | None = None
        self.ready = False
        self._stream = stream
        self._closing = False
        self._broken: ConnectionLost | None = None  # nothing can be sent any more
        self._asks_again = session.mode == "guest-agent"
        self._repeat_at: Deadline | None = None
        self._lock = RLock()  # taken again by a function that is called with an event
        self._inbox: deque[Received] = deque()
        self._answers: dict[str, Answer] = {}
        self._unsent = memoryview(b"")
        self._unsent_fds: tuple[int, ...] = ()  # our own copies
        self._unconfirmed: tuple[str, ...] = ()  # have no answer, and are not wholly sent
        self._queued_fds: dict[str, tuple[int, ...]] = {}

    def execute(
        self,
        name: str,
        arguments: Mapping[str, object] | None,
        deadline: Deadline,
        *,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> Answer:
        """Send a command and wait for its answer."""
        failure = f"{name}: no answer"
        with _Locked(self._lock, deadline, failure):
            request_id = self._request(name, arguments, oob, fds, success_response)
            try:
                return self._until(lambda: self._answers.pop(request_id, None), deadline, failure)
            except BaseException:
                self._forget(request_id)
                raise

    def until(self, find: Callable[[], T | None], deadline: Deadline, failure: str) -> T:
        """Move bytes until ``find`` gives something, and give that.

        Raises TimeoutError with ``failure`` as its beginning, :class:`ConnectionLost`.
        """
        with _Locked(self._lock, deadline, failure):
            return self._until(find, deadline, failure)

    def poll(self) -> None:
        """Deal with what has come; does not wait for anything."""
        if not self._lock.acquire(blocking=False):
            return  # another thread deals with it
        deadline = Deadline(0)
        try:
            while self.lost is None:
                self._turn(deadline)
        except _TooLate:
            pass  # all that had come has been read
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the connection; a thread that waits for something is told."""
        self._closing = True
        if not self._lock.acquire(blocking=False):
            self._stream.shut_down()  # wakes the thread that has the lock, if that waits
            self._lock.acquire()
        try:
            self._end(_closed())
        finally:
            self._lock.release()

    def _request(
        self,
        name: str,
        arguments: Mapping[str, object] | None,
        oob: bool,
        fds: Iterable[int],
        success_response: bool,
    ) -> str:
        if self.lost is not None or self._broken is not None:
            raise self._loss()
        copies = copied(fds, possible=self._stream.takes_fds) if fds else ()
        try:
            request_id = self.session.request(
                name, arguments, oob=oob, fds=copies, success_response=success_response
            )
        except BaseException:
            close_all(copies)
            raise
        if copies:
            self._queued_fds[request_id] = copies
        return request_id

    def _forget(self, request_id: str) -> None:
        """Nobody waits for this answer any more."""
        if self.session.abandon(request_id):
            close_all(self._queued_fds.pop(request_id, ()))
        self._answers.pop(request_id, None)

    def _until(self, find: Callable[[], T | None], deadline: Deadline, failure: str) -> T:
        """Move bytes until something is found."""
        try:
            while (found := find()) is None:
                if self.lost is not None:
                    raise self._loss()
                if deadline.passed:
                    raise _TooLate
                self._turn(deadline)
        except _TooLate:
            raise TimeoutError(f"{failure} within {deadline.timeout} s") from None
        return found

    def _turn(self, deadline: Deadline) -> None:
        """Send what can be sent, wait for what comes, and deal with it."""
        try:
            if self._broken is None:
                self._push()
                if not self._inbox and (data := self._receive(deadline)) is not None:
                    if not data:
                        self._end(ConnectionLost("the server closed the connection"))
                    self._inbox.extend(self.session.receive(data))
                if self._inbox:
                    self._deal()
                self._push()
        except OSError as error:
            self._broken = _lost_by(error)
        if self._broken is not None:
            self._read_the_rest(self._broken)

    def _deal(self) -> None:
        """Hand on what has been read.

        A function that is told of an event may execute commands and so come here again; then
        the inner call goes on where the outer one is.
        """
        while self._inbox:
            self._handle(self._inbox.popleft())

    def _read_the_rest(self, reason: ConnectionLost) -> None:
        """Deal with what had come before the connection broke, then end it."""
        with suppress(OSError):  # the first error is the one that is reported
            while self.lost is None and (data := self._stream.receive()):
                self._inbox.extend(self.session.receive(data))
        self._deal()
        self._end(reason)

    def _receive(self, deadline: Deadline) -> bytes | None:
        """Wait until something has come or could be sent; None: nothing has come."""
        if self._asks_again:
            if (seconds := self.session.repeats_after) is not None:
                return self._receive_or_repeat(deadline, seconds)
            self._repeat_at = None
        stream, sending, remaining = self._stream, bool(self._unsent), deadline.remaining()
        if remaining is None and not sending:
            data = stream.receive(wait=True)
            if data is None:
                stream.wait(sending=False, timeout=None)
            return data
        if not stream.wait(sending=sending, timeout=remaining):
            if deadline.passed:
                raise _TooLate
            return None
        self._push()
        return stream.receive()

    def _receive_or_repeat(self, deadline: Deadline, seconds: float) -> bytes | None:
        """The same while a guest agent is asked for a number, which is repeated."""
        if self._repeat_at is None:
            self._repeat_at = Deadline(seconds)
        until = min(x for x in (deadline.remaining(), self._repeat_at.remaining()) if x is not None)
        if self._stream.wait(sending=bool(self._unsent), timeout=until):
            self._push()
            return self._stream.receive()
        if deadline.passed:
            raise _TooLate
        if self._repeat_at.passed:
            self.session.repeat()
            self._repeat_at = None
            self._push()
        return None

    def _push(self) -> None:
        """Send what there is room for; the rest is sent while answers are received."""
        while self.lost is None and self._broken is None:
            if not self._unsent:
                outgoing = self.session.outgoing()
                if outgoing is None:
                    return
                self._unsent = memoryview(outgoing.data)
                self._take_fds(outgoing.fds)
                self._unconfirmed = outgoing.finished
            size = self._stream.send(self._unsent, self._unsent_fds)
            if not size:
                return
            self._unsent = self._unsent[size:]
            self._drop_fds()
            if not self._unsent:
                self._inbox.extend(Answer(each, None) for each in self._unconfirmed)

    def _take_fds(self, fds: tuple[int, ...]) -> None:
        self._unsent_fds = fds
        if fds:
            queued = self._queued_fds.items()
            self._queued_fds = {key: copies for key, copies in queued if copies != fds}

    def _drop_fds(self) -> None:
        close_all(self._unsent_fds)
        self._unsent_fds = ()

    def _handle(self, received: Received) -> None:
        if isinstance(received, Answer):
            self._answers[received.id] = received
        elif isinstance(received, Event):
            self.listeners.publish(received)
        elif isinstance(received, Ready):
            self.ready = True
        else:
            self._end(received)

    def _end(self, reason: ConnectionLost) -> None:
        if self.lost is not None:
            return
        # Whatever the thread noticed that was waiting when another one closed the client.
        self.lost = reason = _closed() if self._closing else reason
        self._stream.close()
        self._drop_fds()
        for copies in self._queued_fds.values():
            close_all(copies)
        self._queued_fds.clear()
        self.listeners.end(reason)

    def _loss(self) -> ConnectionLost:
        """Why the connection has ended, as an error of its own."""
        reason = self.lost or self._broken
        assert reason is not None
        kind = ProtocolError if isinstance(reason, ProtocolError) else ConnectionLost
        loss = kind(reason.desc)
        loss.__cause__ = reason.__cause__
        return loss


class _TooLate(Exception):
    """A deadline has passed."""


class _Locked:
    """Holds a lock, which another thread may hold for as long as there is time."""

    __slots__ = ("_deadline", "_failure", "_lock")

    def __init__(self, lock: RLock, deadline: Deadline, failure: str) -> None:
        self._lock = lock
        self._deadline = deadline
        self._failure = failure

    def __enter__(self) -> None:
        remaining = self._deadline.remaining()
        if not self._lock.acquire(timeout=-1 if remaining is None else remaining):
            raise TimeoutError(f"{self._failure} within {self._deadline.timeout} s")

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def _closed() -> ConnectionLost:
    return ConnectionLost("this client was closed")


def _lost_by(error: OSError) -> ConnectionLost:
    loss = ConnectionLost(f"the connection was lost: {error}")
    loss.__cause__ = error
    return loss
