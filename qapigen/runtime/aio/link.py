"""A client's session on an asyncio transport.

In: commands, and the bytes that a transport brings.  Out: futures of answers, events for
whoever listens.
Must not know: addresses, how the connection was made, what the commands mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, cast

from ..errors import ConnectionLost, ProtocolError
from ..messages import Event
from ..session.client import Answer, ClientSession, Outgoing, Ready
from ..session.descriptors import close_all, copied
from ..session.listeners import Listeners
from .transport import ChannelTransport

__all__ = ["Link"]

# How long what was written last may take to leave, when the connection is closed.
_LINGER_SECONDS = 1.0


class Link(asyncio.Protocol):
    """Who waits for which answer on one connection.

    ``ready`` is done when commands can be executed, ``closed`` when the connection has ended;
    then ``lost`` tells why.
    """

    def __init__(self, session: ClientSession, loop: asyncio.AbstractEventLoop) -> None:
        self.session = session
        self.listeners = Listeners()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.lost: ConnectionLost | None = None
        #: Whether file descriptors can be sent over the connection.
        self.takes_fds = False
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[str, asyncio.Future[object]] = {}
        self._descriptors: dict[str, tuple[int, ...]] = {}  # our own copies, not sent yet
        self._unsent: Outgoing | None = None  # for want of room; it has descriptors
        self._paused = False
        self._pump_due = False
        self._asks_again = session.mode == "guest-agent"
        self._silence: asyncio.TimerHandle | None = None  # of a guest agent that was asked

    # --- commands ---

    def send(
        self,
        name: str,
        arguments: Mapping[str, object] | None,
        *,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> tuple[str, asyncio.Future[object]]:
        """Send a command; its id, and its answer in the future.

        The caller calls :meth:`forget` when it does not wait any more, whatever the reason.
        """
        if self.lost is not None:
            raise self._loss()
        copies = copied(fds, possible=self.takes_fds) if fds else ()
        try:
            request_id = self.session.request(
                name, arguments, oob=oob, fds=copies, success_response=success_response
            )
        except BaseException:
            close_all(copies)
            raise
        if copies:
            self._descriptors[request_id] = copies
        future: asyncio.Future[object] = self._loop.create_future()
        alone = not self._waiting
        self._waiting[request_id] = future
        if alone:
            self._pump()
        elif not self._pump_due:
            # Others may follow before the loop goes on: all of them make one write.
            self._pump_due = True
            self._loop.call_soon(self._pump)
        return request_id, future

    def forget(self, request_id: str) -> None:
        """Nobody waits for this answer any more."""
        if self._waiting.pop(request_id, None) is not None and self.lost is None:
            if self.session.abandon(request_id):
                close_all(self._descriptors.pop(request_id, ()))
            self._pump()

    def close(self) -> None:
        """End the connection; ``closed`` tells when that is done."""
        if self.lost is None:
            self._end(ConnectionLost("this client was closed"))

    def abort(self) -> None:
        """End the connection at once, whatever has not been sent yet."""
        self.close()
        if self._transport is not None:
            self._transport.abort()

    def _pump(self) -> None:
        """Write what is to be written, until the transport wants a rest."""
        self._pump_due = False
        transport = self._transport
        while transport is not None and not self._paused and self.lost is None:
            outgoing = self._unsent or self.session.outgoing()
            if outgoing is None:
                if self._asks_again:
                    self._await_number()
                return
            self._unsent = None if self._write(transport, outgoing) else outgoing
            if self._unsent is not None:
                return
            for request_id in outgoing.finished:
                self._resolve(Answer(request_id, None))

    def _await_number(self) -> None:
        """See to it that a guest agent which says nothing is asked again."""
        seconds = self.session.repeats_after
        if seconds is not None and self._silence is None and self.lost is None:
            self._silence = self._loop.call_later(seconds, self._repeat)

    def _repeat(self) -> None:
        self._silence = None
        if self._waiting or not self.ready.done():
            self.session.repeat()
            self._pump()

    def _end_silence(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _write(self, transport: asyncio.Transport, outgoing: Outgoing) -> bool:
        """Write, unless there are descriptors and no room for them yet."""
        if not outgoing.fds:
            if not isinstance(transport, ChannelTransport):
                # TLS: QEMU 7.2 leaves what it has not read yet of one record until another one
                # comes, so the last byte makes one on its own.
                transport.write(outgoing.data[:-1])
                transport.write(outgoing.data[-1:])
                return True
            transport.write(outgoing.data)
            return True
        assert isinstance(transport, ChannelTransport)
        if not transport.write_with_descriptors(outgoing.data, outgoing.fds):
            return False
        self._release(outgoing.fds)
        return True

    def _release(self, fds: tuple[int, ...]) -> None:
        for request_id, copies in self._descriptors.items():
            if copies == fds:
                del self._descriptors[request_id]
                break
        close_all(fds)

    # --- what the transport calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast("asyncio.Transport", transport)
        # Commands that could not be sent at once wait in the session, where they can be
        # withdrawn, and where their file descriptors stay with them.
        # (With TLS, 0 would count as full.)
        plain = isinstance(transport, ChannelTransport)
        self._transport.set_write_buffer_limits(high=0 if plain else 1, low=0)
        if self.lost is not None:
            self._transport.abort()
        self._pump()

    def data_received(self, data: bytes) -> None:
        """Hand on answers and events."""
        for received in self.session.receive(data):
            if isinstance(received, Answer):
                self._resolve(received)
            elif isinstance(received, Event):
                self.listeners.publish(received)
            elif isinstance(received, Ready):
                self._end_silence()
                if not self.ready.done():
                    self.ready.set_result(None)
            elif self.lost is None:
                self._end(received)
        self._pump()

    def eof_received(self) -> None:
        """The server closes; so does the transport then."""
        if self.lost is None:
            self._end(ConnectionLost("the server closed the connection"))

    def pause_writing(self) -> None:
        """The server does not keep up."""
        self._paused = True

    def resume_writing(self) -> None:
        """All that was written has left."""
        self._paused = False
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; what had come before is still heard."""
        if isinstance(self._transport, ChannelTransport) and exc is not None and self.lost is None:
            self.data_received(self._transport.rest())
        if self.lost is None:
            self._end(_lost_by(exc))
        for copies in self._descriptors.values():
            close_all(copies)
        self._descriptors.clear()
        if not self.closed.done():
            self.closed.set_result(None)

    # --- ends ---

    def _resolve(self, answer: Answer) -> None:
        future = self._waiting.pop(answer.id, None)
        if future is None or future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.value)

    def _end(self, reason: ConnectionLost) -> None:
        """Everybody who waits is told why the connection ends."""
        self.lost = reason
        self._end_silence()
        waiting, self._waiting = self._waiting, {}
        everybody: list[asyncio.Future[Any]] = [self.ready, *waiting.values()]
        for future in everybody:
            if not future.done():
                future.set_exception(self._loss())
        # Who was given an exception and does not look is no mistake.
        with suppress(asyncio.CancelledError):
            self.ready.exception()
        self.listeners.end(reason)
        if self._transport is not None:
            self._transport.close()
            linger = self._loop.call_later(_LINGER_SECONDS, self._transport.abort)
            self.closed.add_done_callback(lambda _: linger.cancel())

    def _loss(self) -> ConnectionLost:
        """Why the connection has ended, for one who waits: a traceback belongs to one error."""
        assert self.lost is not None
        kind = ProtocolError if isinstance(self.lost, ProtocolError) else ConnectionLost
        loss = kind(self.lost.desc)
        loss.__cause__ = self.lost.__cause__
        return loss


def _lost_by(error: Exception | None) -> ConnectionLost:
    if error is None:
        return ConnectionLost("the server closed the connection")
    loss = ConnectionLost(f"the connection was lost: {error}")
    loss.__cause__ = error
    return loss
