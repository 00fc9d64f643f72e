from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from qapigen.runtime.aio.subscription import Subscription
from qapigen.runtime.errors import ConnectionLost, ProtocolError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.listeners import Listeners

Play = Callable[[Coroutine[Any, Any, object]], None]


def event(name: str) -> Event:
    return Event(name, None, Timestamp(0, 0))


def test_every_event_is_given_once(play: Play) -> None:
    async def scenario() -> None:
        listeners = Listeners()
        with Subscription(listeners, ("A",)) as events:
            waiting = [asyncio.create_task(events.get()) for _ in range(3)]
            await asyncio.sleep(0)
            for name in "ABA":
                listeners.publish(event(name))
            await asyncio.sleep(0)
            listeners.publish(event("A"))
            assert await asyncio.gather(*waiting) == [event("A")] * 3
            assert len(events) == 0
        listeners.publish(event("A"))
        assert len(events) == 0

    play(scenario())


def test_one_who_is_cancelled_takes_nothing(play: Play) -> None:
    async def scenario() -> None:
        listeners = Listeners()
        events = Subscription(listeners)
        waiting = asyncio.create_task(events.get())
        await asyncio.sleep(0)
        listeners.publish(event("A"))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await events.get(timeout=10) == event("A")

    play(scenario())


def test_what_is_wanted_and_timeouts(play: Play) -> None:
    async def scenario() -> None:
        listeners = Listeners()
        events = Subscription(listeners, ("A", "B"))
        listeners.publish(event("A"))
        with pytest.raises(TimeoutError, match="no event of A, B within 0.01 s"):
            await events.get(lambda each: each.name == "B", timeout=0.01)
        listeners.publish(event("B"))
        assert await events.get(lambda each: each.name == "B") == event("B")
        assert await events.get(timeout=0) == event("A")

    play(scenario())


def test_the_end(play: Play) -> None:
    async def scenario() -> None:
        listeners = Listeners()
        events, closed = Subscription(listeners), Subscription(listeners)
        waiting = asyncio.create_task(closed.get())
        last = asyncio.create_task(anext(closed, None))
        await asyncio.sleep(0)
        closed.close()
        with pytest.raises(ConnectionLost, match="subscription was closed"):
            await waiting
        assert await last is None
        listeners.publish(event("A"))
        reason = ProtocolError("nonsense")
        reason.__cause__ = OSError("x")
        listeners.end(reason)
        assert await anext(events) == event("A")
        with pytest.raises(ProtocolError, match="nonsense") as caught:
            await anext(events)
        assert caught.value is not reason
        assert caught.value.__cause__ is reason.__cause__

    play(scenario())
