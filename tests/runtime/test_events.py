"""Events: made by servers, read by clients."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.events import (
    LIMITED_EVENTS,
    EventSpec,
    LazySpecs,
    RateLimiter,
    limited_events,
    make_event,
    parse_event,
    wall_clock,
)
from qapigen.runtime.messages import Event, Timestamp

from .sample_commands import EVENTS, RUN_PASS, RUN_STOP, RunPassData, SampleEvents, run_pass
from .sample_types import RunState

NOW = Timestamp(5, 6)
SPECS = {spec.name: spec for spec in EVENTS}


def test_an_event_with_data() -> None:
    event = run_pass(pass_=2, state=RunState.ACTIVE, timestamp=NOW)
    assert event == Event("RUN_PASS", {"pass": 2, "state": "active"}, NOW)


def test_data_without_a_member_is_left_out() -> None:
    assert run_pass(timestamp=NOW).to_wire() == {
        "event": "RUN_PASS",
        "timestamp": {"seconds": 5, "microseconds": 6},
    }


def test_an_event_without_data() -> None:
    assert make_event(RUN_STOP, None, NOW) == Event("RUN_STOP", None, NOW)


@pytest.mark.parametrize("data", [None, {"pass": 1}, RunPassData(pass_=2**63)])
def test_wrong_data_never_goes_out(data: object) -> None:
    with pytest.raises(VisitError, match=r"^data"):
        make_event(RUN_PASS, data, NOW)


def test_an_emitter_stamps_and_hands_on() -> None:
    sent: list[Event] = []
    events = SampleEvents(sent.append, lambda: NOW)
    events.run_pass(pass_=1)
    events.run_stop()
    assert sent == [Event("RUN_PASS", {"pass": 1}, NOW), Event("RUN_STOP", None, NOW)]


def test_an_emitter_sends_nothing_wrong() -> None:
    sent: list[Event] = []
    wrong: Any = "two"
    with pytest.raises(VisitError):
        SampleEvents(sent.append).run_pass(pass_=wrong)
    assert sent == []


def test_the_wall_clock_is_the_hosts() -> None:
    before = time.time_ns() // 1000
    stamp = wall_clock()
    after = time.time_ns() // 1000
    assert before <= stamp.seconds * 1_000_000 + stamp.microseconds <= after
    assert 0 <= stamp.microseconds < 1_000_000


def test_events_come_back_as_typed_data() -> None:
    event = run_pass(pass_=3, state=RunState.NONE, timestamp=NOW)
    assert parse_event(SPECS, event.to_wire()) == (
        event,
        RunPassData(pass_=3, state=RunState.NONE),
    )
    empty = run_pass(timestamp=NOW)
    assert parse_event(SPECS, empty.to_wire()) == (empty, RunPassData())
    stop = make_event(RUN_STOP, None, NOW)
    assert parse_event(SPECS, stop.to_wire()) == (stop, None)


def test_a_newer_server_may_say_more() -> None:
    more = Event("RUN_PASS", {"pass": 1, "new": {}}, NOW)
    assert parse_event(SPECS, more.to_wire()) == (more, RunPassData(pass_=1))
    unknown = Event("RUN_NEW", {"x": 1}, NOW)
    assert parse_event(SPECS, unknown.to_wire()) == (unknown, None)


def test_wrong_data_is_an_ordinary_error() -> None:
    bad = Event("RUN_PASS", {"pass": "x"}, NOW)
    with pytest.raises(VisitError, match=r"^data\.pass: expected an integer"):
        parse_event(SPECS, bad.to_wire())
    with pytest.raises(QapiError, match="must be an object"):
        parse_event(SPECS, None)


def test_specifications_may_be_lazy() -> None:
    specs: LazySpecs[EventSpec] = LazySpecs(
        f"{__package__}", {"RUN_PASS": "sample_commands"}, attribute="EVENTS"
    )
    event, data = parse_event(specs, run_pass(pass_=1, timestamp=NOW).to_wire())
    assert event.name == "RUN_PASS"
    assert type(data).__name__ == "RunPassData"


# --- rate limits ---


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def happened(name: str, number: int = 0, **data: Any) -> Event:
    return Event(name, data or None, Timestamp(number, 0))


def numbers(events: list[Event]) -> list[int]:
    return [event.timestamp.seconds for event in events]


def test_events_without_limit() -> None:
    limiter = RateLimiter(Clock())
    for name in ("STOP", "MIGRATION", "MIGRATION_PASS", "SHUTDOWN"):
        for _ in range(3):
            event = happened(name)
            assert limiter.offer(event) is event
    assert limiter.next_release is None
    assert limiter.released() == []


def test_the_last_one_of_a_second_goes_out_at_its_end() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    first = happened("RTC_CHANGE", 1)
    assert limiter.offer(first) is first
    clock.now += 0.25
    assert limiter.offer(happened("RTC_CHANGE", 2)) is None
    clock.now += 0.25
    assert limiter.offer(happened("RTC_CHANGE", 3)) is None
    assert limiter.next_release == 101.0
    assert limiter.released() == []
    clock.now = 101.0
    assert numbers(limiter.released()) == [3]
    # and begins another second
    assert limiter.next_release == 102.0
    assert limiter.offer(happened("RTC_CHANGE", 4)) is None
    clock.now = 102.5
    assert numbers(limiter.released()) == [4]
    clock.now = 103.5
    assert limiter.released() == []
    assert limiter.next_release is None
    fresh = happened("RTC_CHANGE", 5)
    assert limiter.offer(fresh) is fresh


def test_a_second_without_another_is_over_even_if_nobody_asks() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.offer(happened("WATCHDOG"))
    limiter.offer(happened("RTC_CHANGE"))
    clock.now += 1
    assert limiter.offer(happened("WATCHDOG", 1)) is not None
    assert limiter.next_release == 101.0
    assert limiter.released() == []
    assert limiter.next_release == 102.0


def test_one_that_is_held_is_never_overtaken() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.offer(happened("WATCHDOG", 1))
    limiter.offer(happened("WATCHDOG", 2))
    clock.now += 5
    assert limiter.offer(happened("WATCHDOG", 3)) is None
    assert numbers(limiter.released()) == [3]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("QUORUM_REPORT_BAD", "node-name"),
        ("VSERPORT_CHANGE", "id"),
        ("MEMORY_DEVICE_SIZE_CHANGE", "qom-path"),
        ("BLOCK_IO_ERROR", "qom-path"),
        ("RTC_CHANGE", None),
        ("WATCHDOG", None),
        ("BALLOON_CHANGE", None),
        ("QUORUM_FAILURE", None),
        ("HV_BALLOON_STATUS_REPORT", None),
    ],
)
def test_what_is_similar(name: str, member: str | None) -> None:
    limiter = RateLimiter(Clock())
    key = member or "x"
    assert limiter.offer(happened(name, 0, **{key: "a"})) is not None
    assert limiter.offer(happened(name, 0, **{key: "a", "other": "b"})) is None
    assert (limiter.offer(happened(name, 0, **{key: "b"})) is None) == (member is None)
    assert limiter.offer(happened("RTC_CHANGE" if name != "RTC_CHANGE" else "WATCHDOG")) is not None


def test_data_that_breaks_the_schema_does_no_harm() -> None:
    limiter = RateLimiter(Clock())
    assert limiter.offer(happened("VSERPORT_CHANGE", id=[1])) is not None
    assert limiter.offer(happened("VSERPORT_CHANGE")) is None


def test_errors_that_stop_the_guest_are_not_limited() -> None:
    limiter = RateLimiter(Clock())
    for _ in range(2):
        stopped = happened("BLOCK_IO_ERROR", 0, **{"qom-path": "/x", "action": "stop"})
        assert limiter.offer(stopped) is stopped
    report = {"qom-path": "/x", "action": "report"}
    assert limiter.offer(happened("BLOCK_IO_ERROR", 0, **report)) is not None
    assert limiter.offer(happened("BLOCK_IO_ERROR", 0, **report)) is None


@pytest.mark.parametrize(("version", "count"), [((2, 12), 6), ((7, 2), 7), ((10, 2), 9)])
def test_releases_limit_more_and_more(version: tuple[int, int], count: int) -> None:
    limited = limited_events(*version)
    assert len(limited) == count
    assert set(limited) <= set(LIMITED_EVENTS)
    limiter = RateLimiter(Clock(), limited=limited)
    names = [each.name for each in LIMITED_EVENTS]
    held = 0
    for name in names:
        limiter.offer(happened(name))
        held += limiter.offer(happened(name)) is None
    assert held == count


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0, 1.5), st.booleans()), min_size=1, max_size=40
    )
)
def test_never_two_in_a_second_and_always_the_last(steps: list[tuple[str, float, bool]]) -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    out: list[tuple[float, Event]] = []
    last: dict[str, int] = {}
    for number, (port, pause, punctual) in enumerate(steps):
        clock.now += pause
        if punctual:
            out += [(clock.now, event) for event in limiter.released()]
        last[port] = number
        event = limiter.offer(happened("VSERPORT_CHANGE", number, id=port))
        out += [(clock.now, event)] if event is not None else []
    while (due := limiter.next_release) is not None:
        clock.now = max(due, clock.now)
        out += [(clock.now, event) for event in limiter.released()]
    for port, number in last.items():
        mine = [(when, event) for when, event in out if event.data == {"id": port}]
        assert mine[-1][1].timestamp.seconds == number
        stamps = numbers([event for _, event in mine])
        assert stamps == sorted(set(stamps))
        for (before, _), (after, _) in pairwise(mine):
            assert after - before >= 1.0 - 1e-9
