"""Who hears of which events on the client's side.

In: events, in the order in which they came.  Out: queues that keep them for whoever asked, and
calls of functions.
Must not know: sockets, event loops, how one waits for an event.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import TypeAlias
from weakref import WeakSet

from ..errors import ConnectionLost
from ..messages import Event

__all__ = ["KEPT_EVENTS", "UNREAD_EVENTS", "Callback", "EventQueue", "Listeners", "Predicate"]

#: So many of the events that nobody has waited for yet are kept for ``wait_event``.
KEPT_EVENTS = 1000

#: So many events are kept in a subscription that nobody reads, by default.
UNREAD_EVENTS = 10_000

#: Tells whether an event is the one that is waited for.
Predicate: TypeAlias = Callable[[Event], bool]

#: Is called with each event.
Callback: TypeAlias = Callable[[Event], object]


class EventQueue:
    """Events of some names, kept until they are taken; without names: all events.

    At most ``limit`` are kept (None: no limit); the oldest are left out and counted.  Where
    nobody asked for that limit, a warning is logged when it begins.
    """

    def __init__(
        self, names: tuple[str, ...] = (), *, limit: int | None = None, warns: bool = False
    ) -> None:
        self.names = frozenset(names)
        self.ended: ConnectionLost | None = None
        self._limit = limit
        self._warns = warns
        self._kept: deque[Event] = deque()
        self._left_out: Counter[str] = Counter()

    @property
    def dropped(self) -> int:
        """How many events were left out."""
        return self._left_out.total()

    @property
    def left_out(self) -> dict[str, int]:
        """How many events of each name were left out, because too many were not read."""
        return dict(self._left_out)

    def offer(self, event: Event) -> None:
        """Keep an event if it has one of the names."""
        if self.names and event.name not in self.names:
            return
        self._kept.append(event)
        if self._limit is not None and len(self._kept) > self._limit:
            if self._warns and not self._left_out:
                _warn_of_unread(self._limit, event)
            self._left_out[self._kept.popleft().name] += 1

    def peek(self) -> list[Event]:
        """The events that are kept, the oldest first; they stay where they are."""
        return list(self._kept)

    def take(self, wanted: Predicate | None = None) -> Event | None:
        """The oldest event that is wanted, which is then no longer kept; None: there is none."""
        if wanted is None:
            return self._kept.popleft() if self._kept else None
        for position, event in enumerate(self._kept):
            if wanted(event):
                del self._kept[position]
                return event
        return None

    def end(self, reason: ConnectionLost) -> None:
        """Nothing will be offered any more; what is kept can still be taken."""
        self.ended = reason

    def clear(self) -> None:
        """Forget all events that were kept."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


class Listeners:
    """All queues and functions that hear of a connection's events.

    A queue that nobody refers to any more is forgotten by itself.
    """

    def __init__(self) -> None:
        self._queues: WeakSet[EventQueue] = WeakSet()
        self._callbacks: dict[object, tuple[frozenset[str], Callback]] = {}

    def add(self, queue: EventQueue) -> None:
        """Offer all further events to a queue."""
        self._queues.add(queue)

    def remove(self, queue: EventQueue) -> None:
        """Offer nothing to a queue any more; it may be unknown."""
        self._queues.discard(queue)

    def call(self, callback: Callback, names: tuple[str, ...] = ()) -> Callable[[], None]:
        """Call a function with all further events of the names; the result ends that."""
        key = object()
        self._callbacks[key] = (frozenset(names), callback)

        def forget() -> None:
            self._callbacks.pop(key, None)

        return forget

    def end(self, reason: ConnectionLost) -> None:
        """Tell all queues that no event will come any more."""
        for queue in list(self._queues):
            queue.end(reason)

    def publish(self, event: Event) -> None:
        """Tell everybody; what a function raises is logged and ends nothing."""
        for queue in list(self._queues):
            queue.offer(event)
        for names, callback in list(self._callbacks.values()):
            if not names or event.name in names:
                try:
                    callback(event)
                except Exception as error:  # noqa: BLE001 - whoever listens must not end the rest
                    _log_failure(event, error)


def _log_failure(event: Event, error: Exception) -> None:
    import logging  # slow to import, and most programs never fail here

    logger = logging.getLogger("qapigen.runtime")
    logger.error("a function that was told of event %s failed", event.name, exc_info=error)


def _warn_of_unread(limit: int, event: Event) -> None:
    import logging

    logging.getLogger("qapigen.runtime").warning(
        "nobody reads %d events of a subscription: the oldest are left out from now on "
        "(its 'left_out' counts them, its 'limit' changes that), the newest is %s",
        limit,
        event.name,
    )
