"""Events: from typed data to messages and back.

In: specifications of events, typed data, a clock.  Out: :class:`Event` messages, or typed data.
Must not know: connections, who listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .messages import Event, Timestamp
from .specs import LazySpecs
from .visit import VisitFunction, from_wire, to_wire

__all__ = ["Emitter", "EventSpec", "LazySpecs", "make_event", "parse_event", "wall_clock"]


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

    A newer server may send what this schema does not know: unknown members are kept aside, and the
    typed data of an unknown event is None, as for one without data.  Raises
    :class:`QapiError` for what is no event or carries wrong data.
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
