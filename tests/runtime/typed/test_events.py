from __future__ import annotations

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.typed.events import EventReader, TypedEvent
from tests.runtime.sample_commands import RunPassData
from tests.runtime.sample_types import RunState
from tests.runtime.typed.samples import RunPassEvent, StopEvent

NOW = Timestamp(1, 2)


def test_data_are_typed() -> None:
    event = RunPassEvent.from_message(Event("RUN_PASS", {"pass": 3, "state": "active"}, NOW))
    assert event.data == RunPassData(pass_=3, state=RunState.ACTIVE)
    assert event.timestamp == NOW
    assert RunPassEvent.NAME == "RUN_PASS"


def test_data_that_were_left_out() -> None:
    """Data without a member to show are absent from the message."""
    assert RunPassEvent.from_message(Event("RUN_PASS", None, NOW)).data == RunPassData()
    assert StopEvent.from_message(Event("STOP", None, NOW)).data is None
    assert StopEvent.from_message(Event("STOP", {"new": 1}, NOW)).data is None


def test_a_newer_server() -> None:
    event = RunPassEvent.from_message(Event("RUN_PASS", {"state": "resting", "new": 1}, NOW))
    assert event.data.state == "resting"
    assert not event.data.state.is_known


def test_wrong_data() -> None:
    with pytest.raises(VisitError, match=r"^data\.pass: expected an integer, got string 'x'"):
        RunPassEvent.from_message(Event("RUN_PASS", {"pass": "x"}, NOW))


def test_equality_and_repr() -> None:
    one, same = (RunPassEvent(RunPassData(pass_=1), NOW) for _ in range(2))
    assert one == same
    assert one != RunPassEvent(RunPassData(pass_=2), NOW)
    assert one != RunPassEvent(RunPassData(pass_=1), Timestamp(1, 3))
    assert StopEvent(None, NOW) != TypedEvent(None, NOW)
    assert StopEvent(None, NOW) != NOW
    assert repr(one) == f"RunPassEvent(data=RunPassData(pass_=1), timestamp={NOW!r})"
    assert repr(StopEvent(None, NOW)) == f"StopEvent(timestamp={NOW!r})"


def test_match() -> None:
    event: TypedEvent = RunPassEvent(RunPassData(pass_=5), NOW)
    match event:
        case RunPassEvent(RunPassData(pass_=number)):
            assert number == 5
        case _:
            raise AssertionError


def test_a_variety_keeps_its_name() -> None:
    class Mine(RunPassEvent):
        """With something more."""

    event = EventReader((Mine,)).read(Event("RUN_PASS", {"pass": 1}, NOW))
    assert isinstance(event, Mine)
    assert event.data == RunPassData(pass_=1)


def test_reader() -> None:
    reader = EventReader((RunPassEvent, StopEvent))
    assert reader.names == ("RUN_PASS", "STOP")
    assert reader.read(Event("STOP", None, NOW)) == StopEvent(None, NOW)
    with pytest.raises(KeyError):
        reader.read(Event("OTHER", None, NOW))
    with pytest.raises(TypeError, match="which classes"):
        EventReader(())
