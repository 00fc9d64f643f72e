"""Waiting for events, without an event loop.

In: the events of a connection.  Out: an iterator over those of some names.
Must not know: commands, sockets.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, TypeVar

from ..errors import ConnectionLost
from ..messages import Event
from ..session.listeners import UNREAD_EVENTS, EventQueue, Listeners, Predicate

__all__ = ["Subscription", "Waiter"]

T = TypeVar("T")


class Waiter(Protocol):
    """Reads from a connection until something is found."""

    def __call__(
        self, find: Callable[[], Event | None], timeout: float | None, failure: str
    ) -> Event:
        """What ``find`` gives as soon as it gives something.

        Raises TimeoutError with ``failure`` as its beginning, :class:`ConnectionLost`.
        """
        ...


class Subscription(EventQueue):
    """Events from the moment on when this was made, in order.

    An iterator, and a context manager that ends it.  Events are kept until they are taken, so
    a command may be executed before the first one is waited for.  One that nobody refers to any
    more ends by itself.
    """

    def __init__(
        self,
        listeners: Listeners,
        wait: Waiter,
        names: tuple[str, ...] = (),
        *,
        limit: int | None = None,
    ) -> None:
        super().__init__(names, limit=limit, warns=limit == UNREAD_EVENTS)
        self._listeners = listeners
        self._wait = wait
        self._closed = False
        listeners.add(self)

    def close(self) -> None:
        """End this subscription; whoever iterates over it comes to the end."""
        self._closed = True
        self._listeners.remove(self)

    def get(self, wanted: Predicate | None = None, *, timeout: float | None = None) -> Event:
        """The next event (for which ``wanted`` is true; others stay where they are).

        Raises TimeoutError after ``timeout`` seconds, :class:`ConnectionLost` when there is
        none left and none can come.
        """

        def find() -> Event | None:
            event = self.take(wanted)
            if event is None and self._closed:
                raise ConnectionLost("the subscription was closed")
            return event

        names = ", ".join(sorted(self.names)) or "any name"
        return self._wait(find, timeout, f"no event of {names}")

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Event:
        try:
            return self.get()
        except ConnectionLost:
            if self._closed:
                raise StopIteration from None
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
