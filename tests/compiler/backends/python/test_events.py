"""Generated events at work: constructors, emitters, reading them as a client."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.events import parse_event
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.model import missing_members

NOW = Timestamp(5, 7)


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_events")


@pytest.fixture(scope="module")
def events(demo: Any) -> Any:
    return import_module("demo_events.events.demo")


@pytest.fixture(scope="module")
def specs(demo: Any) -> Any:
    return import_module("demo_events.events").SPECS


def wire(name: str, data: object = None) -> dict[str, object]:
    message: dict[str, object] = {"event": name}
    if data is not None:
        message["data"] = data
    return message | {"timestamp": {"seconds": 5, "microseconds": 7}}


def test_constructors(demo: Any, events: Any) -> None:
    assert events.stopped(timestamp=NOW).to_wire() == wire("STOPPED")
    job = demo.Job(id="a", class_="b")
    done = events.job_done(id="a", timestamp_=1, results=[job], timestamp=NOW)
    assert done.to_wire() == wire(
        "JOB_DONE", {"id": "a", "timestamp": 1, "results": [{"id": "a", "class": "b"}]}
    )
    assert events.job_added(id="a", timestamp=NOW).to_wire() == wire("JOB_ADDED", {"id": "a"})
    started = events.started(demo.Start_Petrol(), timestamp=NOW)
    assert started.to_wire() == wire("STARTED", {"engine": "petrol"})
    assert events.import_(make_event_=1, timestamp=NOW).to_wire() == wire(
        "IMPORT", {"make-event": 1}
    )
    with pytest.raises(VisitError, match="data.id"):
        events.job_added(id=1, timestamp=NOW)
    with pytest.raises(TypeError):
        events.job_added(timestamp=NOW)


def test_emitter(demo: Any, events: Any) -> None:
    sent: list[Event] = []
    emitter = events.DemoEvents(sent.append, lambda: NOW)
    emitter.stopped()
    emitter.job_done(id="a", results=[])
    emitter.job_added(id="a", class_="b")
    emitter.started(demo.Start_Steam(id="a"))
    emitter.import_(self_="a", make_event_=2)
    assert [event.to_wire() for event in sent] == [
        wire("STOPPED"),
        wire("JOB_DONE", {"id": "a", "results": []}),
        wire("JOB_ADDED", {"id": "a", "class": "b"}),
        wire("STARTED", {"engine": "steam", "id": "a"}),
        wire("IMPORT", {"self": "a", "make-event": 2}),
    ]
    with pytest.raises(VisitError):
        emitter.started(demo.Job(id="a"))
    assert len(sent) == 5


def test_the_clock_is_the_hosts(events: Any) -> None:
    sent: list[Event] = []
    events.DemoEvents(sent.append).stopped()
    assert sent[0].timestamp.seconds > 1_700_000_000


def test_parsing(demo: Any, specs: Any) -> None:
    assert list(specs) == [
        *("STOPPED", "JOB_DONE", "JOB_ADDED", "STARTED", "IMPORT", "A_VERY_LONG_EVENT"),
    ]
    assert specs["JOB_DONE"].features == ("unstable",)
    event, data = parse_event(specs, wire("JOB_DONE", {"id": "a", "results": [{"id": "b"}]}))
    assert event.timestamp == NOW
    assert data == demo.JobDoneEventData(id="a", results=[demo.Job(id="b")])
    assert parse_event(specs, wire("STARTED", {"engine": "petrol"}))[1] == demo.Start_Petrol()
    assert parse_event(specs, wire("STOPPED"))[1] is None
    assert parse_event(specs, wire("IMPORT"))[1] == demo.ImportEventData()
    with pytest.raises(VisitError, match="data.id"):
        parse_event(specs, wire("JOB_ADDED", {"id": 1}))
    with pytest.raises(QapiError):
        parse_event(specs, {"event": "STOPPED"})


def test_newer_servers(demo: Any, specs: Any) -> None:
    assert parse_event(specs, wire("JOB_LOST", {"id": "a"}))[1] is None
    newer = wire("JOB_ADDED", {"id": "a", "colour": "red"})
    assert parse_event(specs, newer)[1] == demo.Job(id="a")
    older: Any = parse_event(specs, wire("JOB_ADDED"))[1]
    assert missing_members(older) == ("id",)


def test_there_and_back(demo: Any, events: Any, specs: Any) -> None:
    sent = events.job_done(id="a", timestamp_=1, results=[], timestamp=NOW)
    event, data = parse_event(specs, sent.to_wire())
    assert event == sent
    assert data == demo.JobDoneEventData(id="a", timestamp=1, results=[])


def test_data_of_another_module(constructs_folder: Path) -> None:
    events = import_module("demo_far_union.events.demo")
    day = import_module("demo_far_union")
    over = events.day_over(hours=3, timestamp=NOW)
    assert over.to_wire() == wire("DAY_OVER", {"hours": 3})
    sent: list[Event] = []
    emitter = events.DemoEvents(sent.append, lambda: NOW)
    emitter.day_over(hours=3, days=[day.Day_Rain()])
    emitter.day_begins(day.Day_Rain(types=[1]))
    assert [event.data for event in sent] == [
        {"hours": 3, "days": [{"weather": "rain"}]},
        {"weather": "rain", "types": [1]},
    ]
    specs = import_module("demo_far_union.events").SPECS
    far = import_module("demo_far_union.types.far_tags")
    assert parse_event(specs, over.to_wire())[1] == far.Sunshine(hours=3)


def test_odd_names(constructs_folder: Path) -> None:
    events, names = import_module("demo_names.events.demo"), import_module("demo_names")
    visit = import_module("demo_names.visit.demo")
    assert visit.visit_Any_ is not None
    event = events._2d_x_print(timestamp_=1, list_=[], timestamp=NOW)
    assert event.to_wire() == wire("__2d.x_PRINT", {"timestamp": 1, "list": []})
    sent: list[Event] = []
    events.DemoEvents(sent.append, lambda: NOW)._2d_x_print(timestamp_=1, list_=[])
    assert sent == [event]
    assert names._2dXPRINTEventData(timestamp=1, list_=[]) is not None
