"""Events: made by servers, read by clients."""

from __future__ import annotations

import time
from typing import Any

import pytest

from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.events import EventSpec, LazySpecs, make_event, parse_event, wall_clock
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
