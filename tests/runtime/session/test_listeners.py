from __future__ import annotations

import gc

import pytest

from qapigen.runtime.errors import ConnectionLost
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.listeners import EventQueue, Listeners


def event(name: str, **data: object) -> Event:
    return Event(name, data, Timestamp(0, 0))


def test_a_queue_keeps_events_of_its_names_in_order() -> None:
    queue = EventQueue(("STOP", "RESUME"))
    for name in ("STOP", "SHUTDOWN", "RESUME"):
        queue.offer(event(name))
    assert len(queue) == 2
    assert [queue.take(), queue.take(), queue.take()] == [event("STOP"), event("RESUME"), None]


def test_without_names_all_events() -> None:
    queue = EventQueue()
    queue.offer(event("A"))
    queue.offer(event("B"))
    queue.clear()
    queue.offer(event("C"))
    assert queue.take() == event("C")


def test_taking_what_is_wanted_leaves_the_others() -> None:
    queue = EventQueue()
    for number in range(4):
        queue.offer(event("A", number=number))
    assert queue.take(lambda each: each.data == {"number": 2}) == event("A", number=2)
    assert queue.take(lambda each: each.name == "B") is None
    assert queue.take() == event("A", number=0)
    assert len(queue) == 2


def test_the_oldest_are_dropped() -> None:
    queue = EventQueue(limit=2)
    for number in range(5):
        queue.offer(event("A", number=number))
    assert (len(queue), queue.dropped) == (2, 3)
    assert queue.take() == event("A", number=3)


def test_everybody_is_told() -> None:
    listeners = Listeners()
    all_events, some = EventQueue(), EventQueue(("B",))
    listeners.add(all_events)
    listeners.add(some)
    heard: list[str] = []
    listeners.call(lambda each: heard.append("any " + each.name))
    stop = listeners.call(lambda each: heard.append(each.name), ("B",))
    listeners.publish(event("A"))
    listeners.publish(event("B"))
    stop()
    stop()
    listeners.remove(some)
    listeners.remove(some)
    listeners.publish(event("B"))
    assert heard == ["any A", "any B", "B", "any B"]
    assert (len(all_events), len(some)) == (3, 1)


def test_a_function_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    listeners = Listeners()
    heard: list[Event] = []

    def fail(each: Event) -> None:
        raise KeyError(each.name)

    listeners.call(fail)
    listeners.call(heard.append)
    listeners.publish(event("A"))
    assert heard == [event("A")]
    assert "KeyError: 'A'" in caplog.text


def test_the_end() -> None:
    listeners, queue = Listeners(), EventQueue()
    listeners.add(queue)
    listeners.publish(event("A"))
    reason = ConnectionLost("gone")
    listeners.end(reason)
    assert queue.ended is reason
    assert queue.take() == event("A")


def test_a_queue_that_nobody_has_is_forgotten() -> None:
    listeners = Listeners()
    listeners.add(EventQueue())
    gc.collect()
    assert not listeners._queues
