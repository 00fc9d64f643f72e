from __future__ import annotations

from collections.abc import Callable

import pytest

from qapigen.runtime.blocking.subscription import Subscription
from qapigen.runtime.errors import ConnectionLost
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.listeners import Listeners


def event(name: str) -> Event:
    return Event(name, None, Timestamp(0, 0))


class Source:
    """Publishes an event each time somebody waits."""

    def __init__(self, *names: str) -> None:
        self.listeners = Listeners()
        self.names = list(names)

    def wait(self, find: Callable[[], Event | None], timeout: float | None, failure: str) -> Event:
        while (found := find()) is None:
            if not self.names:
                raise TimeoutError(failure)
            self.listeners.publish(event(self.names.pop(0)))
        return found


def test_waits_for_its_names() -> None:
    source = Source("A", "B", "C", "B")
    with Subscription(source.listeners, source.wait, ("B",)) as events:
        assert events.get() == event("B")
        assert events.get() == event("B")
        with pytest.raises(TimeoutError, match="no event of B"):
            events.get()
    source.listeners.publish(event("B"))
    assert len(events) == 0


def test_what_is_wanted() -> None:
    source = Source("A", "B", "C")
    events = Subscription(source.listeners, source.wait)
    assert events.get(lambda each: each.name == "C") == event("C")
    assert [next(events).name, next(events).name] == ["A", "B"]
    events.close()
    assert list(events) == []
    with pytest.raises(ConnectionLost, match="subscription was closed"):
        events.get()
