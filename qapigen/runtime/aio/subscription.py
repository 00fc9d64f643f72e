"""Waiting for events.

In: the events of a connection.  Out: an asynchronous iterator over those of some names.
Must not know: commands, transports.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from ..errors import ConnectionLost
from ..messages import Event
from ..session.listeners import UNREAD_EVENTS, EventQueue, Listeners, Predicate

__all__ = ["Subscription"]


class Subscription(EventQueue):
    """Events from the moment on when this was made, in order.

    An asynchronous iterator, and a context manager that ends it.  Events are kept until they
    are taken, so a command may be executed before the first one is waited for; at most
    ``limit`` of them, and ``left_out`` tells which were lost.  One that nobody refers to any
    more ends by itself.
    """

    def __init__(
        self, listeners: Listeners, names: tuple[str, ...] = (), *, limit: int | None = None
    ) -> None:
        super().__init__(names, limit=limit, warns=limit == UNREAD_EVENTS)
        self._listeners = listeners
        self._sleepers: set[asyncio.Future[None]] = set()
        self._closed = False
        listeners.add(self)

    def offer(self, event: Event) -> None:
        """Keep an event, and wake who waits."""
        super().offer(event)
        self._wake()

    def end(self, reason: ConnectionLost) -> None:
        """Nothing comes any more; who waits is told."""
        super().end(reason)
        self._wake()

    def close(self) -> None:
        """End this subscription; whoever iterates over it comes to the end."""
        self._closed = True
        self._listeners.remove(self)
        self._wake()

    async def get(self, wanted: Predicate | None = None, *, timeout: float | None = None) -> Event:
        """The next event (for which ``wanted`` is true; others stay where they are).

        Raises TimeoutError after ``timeout`` seconds, :class:`ConnectionLost` when there is
        none left and none can come.
        """
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                return await self._next(wanted)
        except TimeoutError:
            if not limit.expired():
                raise  # by ``wanted``
            names = ", ".join(sorted(self.names)) or "any name"
            raise TimeoutError(f"no event of {names} within {timeout} s") from None

    async def _next(self, wanted: Predicate | None = None) -> Event:
        while (event := self.take(wanted)) is None:
            if self._closed:
                raise ConnectionLost("the subscription was closed")
            if self.ended is not None:
                raise type(self.ended)(self.ended.desc) from self.ended.__cause__
            sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._sleepers.add(sleeper)
            try:
                await sleeper
            finally:
                self._sleepers.discard(sleeper)
        return event

    def _wake(self) -> None:
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._next()
        except ConnectionLost:
            if self._closed:
                raise StopAsyncIteration from None
            raise

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
