from __future__ import annotations

import pytest

from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.devices import DeviceHistory, devices_of


def event(name: str, **data: object) -> Event:
    return Event(name, dict(data) or None, Timestamp(1, 2))


def deleted(device: str, turn: int = 0) -> Event:
    path = f"/machine/peripheral/{device}"
    return event("DEVICE_DELETED", device=device, path=path, turn=turn)


def test_all_that_was_heard_of_a_device() -> None:
    history = DeviceHistory()
    refused = event("MEM_UNPLUG_ERROR", device="d", msg="no")
    for each in (deleted("other"), refused, event("STOP"), deleted("d")):
        history.offer(each)
    assert history.news_of("d") == (False, [refused, deleted("d")])
    assert history.news_of("/machine/peripheral/d") == history.news_of("d")
    assert history.news_of("nobody") == (False, [])
    history.clear()
    assert history.news_of("d") == (False, [])


@pytest.mark.parametrize("named", ["d", "/machine/peripheral/d"])
def test_what_came_before_the_last_command_is_about_another_one(named: str) -> None:
    history = DeviceHistory()
    history.offer(deleted("d", 1))
    sent = history.count
    history.offer(deleted("d", 2))  # before the answer
    history.executed("device_del", {"id": named}, sent)
    assert history.news_of("d") == (True, [deleted("d", 2)])
    sent = history.count
    history.offer(deleted("d", 3))  # of the one that had to go before another could be added
    history.executed("device_add", {"id": named, "driver": "x"}, sent)
    assert history.news_of("d") == (True, [])


@pytest.mark.parametrize("arguments", [None, {}, {"id": 1}, {"driver": "x"}])
def test_commands_about_no_device(arguments: dict[str, object] | None) -> None:
    history = DeviceHistory()
    history.offer(deleted("d"))
    history.executed("device_add", arguments, 1)
    assert history.news_of("d") == (False, [deleted("d")])


def test_memory_is_bounded() -> None:
    history = DeviceHistory()
    for number in range(3000):
        history.executed("device_del", {"id": f"d{number}"}, history.count)
        history.offer(deleted(f"d{number}"))
    assert history.news_of("d0") == (False, [])
    assert history.news_of("d2999") == (True, [deleted("d2999")])
    assert max(len(history._events), len(history._since)) <= 1000


def test_ids_of_an_event() -> None:
    assert devices_of(deleted("d")) == ("d", "d")
    assert devices_of(event("DEVICE_DELETED", path="/machine/x[0]")) == (None, "/machine/x[0]")
    assert devices_of(event("DEVICE_DELETED")) == (None, None)
