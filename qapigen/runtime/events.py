"""Events: from typed data to messages and back.

In: specifications of events, typed data, a clock.  Out: :class:`Event` messages, or typed data;
of events that come too often, those that go out.
Must not know: connections, who listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from .messages import Event, Timestamp
from .specs import LazySpecs
from .visit import VisitFunction, from_wire, to_wire

__all__ = [
    "LIMITED_EVENTS",
    "Emitter",
    "EventSpec",
    "LazySpecs",
    "LimitedEvent",
    "RateLimiter",
    "limited_events",
    "make_event",
    "parse_event",
    "wall_clock",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """An event of the schema; without ``visit_data`` it carries no data."""

    name: str
    visit_data: VisitFunction[Any] | None = None
    features: tuple[str, ...] = ()


def wall_clock() -> Timestamp:
    """The host's time now."""
    microseconds = time.time_ns() // 1000
    return Timestamp(*divmod(microseconds, 1_000_000))


def make_event(spec: EventSpec, data: object, timestamp: Timestamp) -> Event:
    """The message of an event that happened at ``timestamp``.

    ``data`` is of the type of the event's data, None where it has none.  Data without a member
    to show is left out of the message (QMP, events).  Raises :class:`VisitError` for data that
    breaks the schema.
    """
    if spec.visit_data is None:
        return Event(spec.name, None, timestamp)
    wire = cast("dict[str, object]", to_wire(spec.visit_data, data, "data"))
    return Event(spec.name, wire or None, timestamp)


def parse_event(specs: Mapping[str, EventSpec], value: object) -> tuple[Event, object]:
    """Read an event as a client: the message and its typed data.

    A server of another release may send more or less than this schema knows: see the lenient
    :func:`from_wire`.  The typed data of an unknown event is None, as for one without data.
    Raises :class:`QapiError` for what is no event or carries wrong data.
    """
    event = Event.from_wire(value)
    spec = specs.get(event.name)
    if spec is None or spec.visit_data is None:
        return event, None
    data = event.data if event.data is not None else {}
    return event, from_wire(spec.visit_data, data, "data", lenient=True)


class Emitter:
    """Base of generated emitters: stamps events with a clock and hands them on."""

    def __init__(
        self, emit: Callable[[Event], None], clock: Callable[[], Timestamp] = wall_clock
    ) -> None:
        self._hand_on = emit
        self._clock = clock

    def _emit(self, spec: EventSpec, data: object = None) -> None:
        """Send an event that happens now; VisitError for data that breaks the schema."""
        self._hand_on(make_event(spec, data, self._clock()))


@dataclass(frozen=True, slots=True)
class LimitedEvent:
    """An event that goes out at most once a second (QMP, events).

    ``key`` is the member of its data by which events are told apart: those that differ in it do
    not limit each other.  Events whose data has the value ``unless[1]`` in the member
    ``unless[0]`` are not limited.
    """

    name: str
    key: str | None = None
    since: tuple[int, int] = (2, 0)
    """The first release of QEMU that limits it."""
    unless: tuple[str, str] | None = None

    def similar(self, event: Event) -> object:
        """What events have in common that limit each other; None for one that is not limited."""
        data = event.data or {}
        if self.unless is not None and data.get(self.unless[0]) == self.unless[1]:
            return None
        value = data.get(self.key) if self.key is not None else None
        # Of another type than the schema's it may be no key of a dict.
        return self.name, value if isinstance(value, str) else None


#: All events that some release of QEMU limits.
LIMITED_EVENTS: Final = (
    LimitedEvent("RTC_CHANGE"),
    LimitedEvent("WATCHDOG"),
    LimitedEvent("BALLOON_CHANGE"),
    LimitedEvent("QUORUM_REPORT_BAD", "node-name"),
    LimitedEvent("QUORUM_FAILURE"),
    LimitedEvent("VSERPORT_CHANGE", "id"),
    LimitedEvent("MEMORY_DEVICE_SIZE_CHANGE", "qom-path", (5, 1)),
    LimitedEvent("HV_BALLOON_STATUS_REPORT", None, (8, 2)),
    LimitedEvent("BLOCK_IO_ERROR", "qom-path", (10, 0), ("action", "stop")),
)


def limited_events(major: int, minor: int) -> tuple[LimitedEvent, ...]:
    """The events that a release of QEMU limits."""
    return tuple(each for each in LIMITED_EVENTS if each.since <= (major, minor))


@dataclass(slots=True)
class _Pause:
    """The time after an event during which similar ones wait."""

    until: float
    held: Event | None = None


class RateLimiter:
    """Lets through at most one of similar events a second; there is one for each process.

    The first goes out at once.  Of those that come during the next second the last one is held,
    goes out when the second is over, with its own timestamp, and begins another second.
    ``clock`` gives seconds that never go back; whoever owns the limiter asks it for
    :meth:`released` events when :attr:`next_release` has come.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limited: Iterable[LimitedEvent] = LIMITED_EVENTS,
        interval_s: float = 1.0,
    ) -> None:
        self._clock = clock
        self._limited = {each.name: each for each in limited}
        self._interval_s = interval_s
        # By what similar events have in common, in the order in which they end.
        self._pauses: dict[object, _Pause] = {}

    def offer(self, event: Event) -> Event | None:
        """The event, if it goes out now; None if it is held, in place of the one held so far."""
        limited = self._limited.get(event.name)
        similar = limited.similar(event) if limited is not None else None
        if similar is None:
            return event
        now = self._clock()
        pause = self._pauses.get(similar)
        if pause is not None and (pause.held is not None or now < pause.until):
            pause.held = event
            return None
        self._begin(similar, now)
        return event

    def _begin(self, similar: object, now: float) -> None:
        self._pauses.pop(similar, None)  # the new one belongs at the end
        self._pauses[similar] = _Pause(now + self._interval_s)

    @property
    def next_release(self) -> float | None:
        """When :meth:`released` is to be called, by the clock; None if nothing waits for it."""
        # Each pause is put at the end when it begins, so the first one ends first.
        return next((pause.until for pause in self._pauses.values()), None)

    def released(self) -> list[Event]:
        """The held events that go out now, those that waited longest first."""
        now = self._clock()
        events: list[Event] = []
        while self._pauses:
            similar, pause = next(iter(self._pauses.items()))
            if pause.until > now:
                break
            if pause.held is None:
                del self._pauses[similar]
            else:
                events.append(pause.held)
                self._begin(similar, now)
        return events
