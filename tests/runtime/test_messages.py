"""Commands, replies and events as messages."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.errors import DEVICE_NOT_FOUND, GENERIC_ERROR, QapiError
from qapigen.runtime.messages import (
    ABSENT,
    Command,
    Event,
    Failure,
    Greeting,
    Message,
    Success,
    Timestamp,
    VersionTriple,
    error_reply,
    parse_command,
    parse_message,
    request_id,
    return_reply,
)

OOB_TOO = {"oob_enabled": True}


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ({"execute": "stop"}, Command("stop", {})),
        ({"execute": "stop", "arguments": {}}, Command("stop", {})),
        ({"id": None, "execute": "x", "arguments": {"a": 1}}, Command("x", {"a": 1}, None)),
        ({"execute": "", "id": [1, {}]}, Command("", {}, [1, {}])),
    ],
)
def test_commands_of_the_right_shape(value: object, command: Command) -> None:
    assert parse_command(value) == command
    assert parse_command(value, oob_enabled=True) == command


def test_out_of_band_commands() -> None:
    command = parse_command({"exec-oob": "x", "id": 1}, oob_enabled=True)
    assert command == Command("x", {}, 1, oob=True)


def test_a_command_without_id_has_none_not_null() -> None:
    assert parse_command({"execute": "x"}).id is ABSENT
    assert parse_command({"execute": "x", "id": None}).id is None
    assert repr(ABSENT) == "ABSENT"


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (None, {}, "a command must be a JSON object, got null"),
        ([], {}, "a command must be a JSON object, got an array"),
        ({}, {}, "command: member 'execute' is missing"),
        ({"id": 1}, {}, "command: member 'execute' is missing"),
        ({"execute": None}, {}, "command: 'execute' must be a string, got null"),
        ({"execute": 5}, {}, "command: 'execute' must be a string, got number 5"),
        (
            {"execute": "x", "arguments": None},
            {},
            "command: 'arguments' must be an object, got null",
        ),
        (
            {"execute": "x", "arguments": []},
            {},
            "command: 'arguments' must be an object, got an array",
        ),
        ({"execute": "x", "Id": 1}, {}, "command: member 'Id' is unexpected; did you mean 'id'?"),
        (
            {"execut": "x"},
            {},
            "command: member 'execut' is unexpected; did you mean 'execute'?",
        ),
        ({"execute": "x", "__com.example": 1}, {}, "command: member '__com.example' is unexpected"),
        ({"exec-oob": "x"}, {}, "command: member 'exec-oob' is unexpected"),
        (
            {"execute": "x", "exec-oob": "x"},
            OOB_TOO,
            "command: 'exec-oob' and 'execute' exclude each other",
        ),
        (
            {"exec-oob": "x", "execute": "x"},
            OOB_TOO,
            "command: 'execute' and 'exec-oob' exclude each other",
        ),
        ({"exec-oob": {}}, OOB_TOO, "command: 'exec-oob' must be a string, got an object"),
        ({"control": {}, "execute": 1}, OOB_TOO, "command: member 'control' is unexpected"),
    ],
)
def test_commands_of_the_wrong_shape(value: object, options: dict[str, bool], text: str) -> None:
    with pytest.raises(QapiError) as caught:
        parse_command(value, **options)
    assert caught.value.desc == text
    assert caught.value.error_class == GENERIC_ERROR


def test_members_are_checked_in_the_order_in_which_they_came() -> None:
    with pytest.raises(QapiError, match="'arguments' must be an object"):
        parse_command({"arguments": 1, "bogus": 1, "execute": 1})
    with pytest.raises(QapiError, match="'bogus' is unexpected"):
        parse_command({"bogus": 1, "arguments": 1, "execute": 1})


def test_the_id_of_a_request() -> None:
    assert request_id({"id": 5}) == 5
    assert request_id({"id": None}) is None
    assert request_id({}) is ABSENT
    assert request_id([]) is ABSENT


@given(st.none() | st.booleans() | st.integers() | st.text() | st.just([{}]))
def test_replies_echo_the_id_they_got(identity: object) -> None:
    error = QapiError("gone", DEVICE_NOT_FOUND)
    assert return_reply({}, identity) == {"return": {}, "id": identity}
    assert error_reply(error, identity) == {
        "error": {"class": "DeviceNotFound", "desc": "gone"},
        "id": identity,
    }


def test_replies_without_an_id() -> None:
    assert return_reply([1]) == {"return": [1]}
    assert error_reply(QapiError("x")) == {"error": {"class": "GenericError", "desc": "x"}}


NOW = Timestamp(1700000000, 250_000)
NOW_WIRE = {"seconds": 1700000000, "microseconds": 250_000}


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        (Event("STOP", None, NOW), {"event": "STOP", "timestamp": NOW_WIRE}),
        (Event("X", {"a": 1}, NOW), {"event": "X", "data": {"a": 1}, "timestamp": NOW_WIRE}),
        (
            Event("X", {}, Timestamp(-1, -1)),
            {"event": "X", "data": {}, "timestamp": {"seconds": -1, "microseconds": -1}},
        ),
    ],
)
def test_events(event: Event, wire: dict[str, object]) -> None:
    assert event.to_wire() == wire
    assert list(event.to_wire()) == list(wire)
    assert Event.from_wire(wire) == event
    assert Event.from_wire({**wire, "new": 1}) == event


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ([], "an event must be an object, got an array"),
        ({"timestamp": NOW_WIRE}, "event: its name must be a string, got null"),
        ({"event": "X", "data": None, "timestamp": NOW_WIRE}, "event: data must be an object"),
        ({"event": "X"}, "event: timestamp must be an object, got null"),
        ({"event": "X", "timestamp": {}}, "event: seconds must be an integer, got null"),
        (
            {"event": "X", "timestamp": {"seconds": 1, "microseconds": 1.0}},
            "event: microseconds must be an integer, got number 1.0",
        ),
        (
            {"event": "X", "timestamp": {"seconds": True, "microseconds": 1}},
            "event: seconds must be an integer, got boolean true",
        ),
    ],
)
def test_what_is_no_event(wire: object, text: str) -> None:
    with pytest.raises(QapiError) as caught:
        Event.from_wire(wire)
    assert caught.value.desc.startswith(text)


@pytest.mark.parametrize("message", [NOW, Event("X", None, NOW), Command("x", {})])
def test_messages_cannot_be_changed(message: Timestamp | Event | Command) -> None:
    name = dataclasses.fields(message)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(message, name, "other")


GREETING = Greeting(VersionTriple(7, 2, 22), "Debian", ("oob", "new"))
GREETING_WIRE = {
    "QMP": {
        "version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"},
        "capabilities": ["oob", "new"],
    }
}


def test_greetings() -> None:
    assert GREETING.to_wire() == GREETING_WIRE
    assert Greeting.from_wire(GREETING_WIRE) == GREETING
    assert Greeting.from_wire({**GREETING_WIRE, "more": 1}) == GREETING
    assert Greeting(VersionTriple(1, 0, 0)).to_wire()["QMP"] == {
        "version": {"qemu": {"micro": 0, "minor": 0, "major": 1}, "package": ""},
        "capabilities": [],
    }


def test_versions_compare_as_versions() -> None:
    versions = [VersionTriple(2, 12, 50), VersionTriple(7, 2, 9), VersionTriple(7, 2, 22)]
    assert versions[0] < versions[1] < versions[2]
    assert str(versions[0]) == "2.12.50"


@pytest.mark.parametrize(
    "version", [{}, {"qemu": 7}, {"qemu": {"major": "7", "minor": True}, "package": None}]
)
def test_a_greeting_may_tell_little_of_the_version(version: object) -> None:
    wire = {"QMP": {"version": version, "capabilities": [1, "oob"]}}
    assert Greeting.from_wire(wire) == Greeting(VersionTriple(0, 0, 0), "", ("oob",))


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (None, "a greeting must be an object with an object 'QMP'"),
        ({"QMP": []}, "a greeting must be an object with an object 'QMP'"),
        ({"QMP": {"capabilities": []}}, "greeting: version must be an object, got null"),
        ({"QMP": {"version": {}}}, "greeting: capabilities must be an array, got null"),
    ],
)
def test_what_is_no_greeting(wire: object, text: str) -> None:
    with pytest.raises(QapiError) as caught:
        Greeting.from_wire(wire)
    assert caught.value.desc == text


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ({"return": {}}, Success({})),
        ({"return": None, "id": None}, Success(None, None)),
        ({"id": "a", "return": [1], "new": 1}, Success([1], "a")),
        ({"error": {"class": "New", "desc": ""}}, Failure("New", "")),
        (
            {"error": {"class": "GenericError", "desc": "x", "new": 1}, "id": 1},
            Failure("GenericError", "x", 1),
        ),
        ({"event": "STOP", "timestamp": NOW_WIRE}, Event("STOP", None, NOW)),
        (GREETING_WIRE, GREETING),
    ],
)
def test_what_a_server_says(wire: object, message: Message) -> None:
    assert parse_message(wire) == message


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (1, "a message must be an object, got number 1"),
        ({}, "a message must be one of return, error, event, QMP, got none of them"),
        ({"id": 1}, "a message must be one of return, error, event, QMP, got none of them"),
        (
            {"error": {}, "return": 1},
            "a message must be one of return, error, event, QMP, got return and error",
        ),
        ({"error": "x"}, "reply: error must be an object, got string 'x'"),
        ({"error": {"desc": "x"}}, "reply: class must be a string, got null"),
        ({"error": {"class": "x", "desc": 1}}, "reply: desc must be a string, got number 1"),
        ({"event": 1}, "event: its name must be a string, got number 1"),
        ({"QMP": 1}, "a greeting must be an object with an object 'QMP'"),
    ],
)
def test_what_no_server_says(wire: object, text: str) -> None:
    with pytest.raises(QapiError) as caught:
        parse_message(wire)
    assert caught.value.desc == text


@given(st.none() | st.booleans() | st.integers() | st.text() | st.just([{}]))
def test_replies_come_back(identity: object) -> None:
    error = QapiError("gone", DEVICE_NOT_FOUND)
    assert parse_message(return_reply({"a": 1}, identity)) == Success({"a": 1}, identity)
    assert parse_message(error_reply(error, identity)) == Failure(
        DEVICE_NOT_FOUND, "gone", identity
    )
    assert parse_message(return_reply(1)) == Success(1, ABSENT)
