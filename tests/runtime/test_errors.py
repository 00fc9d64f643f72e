"""Errors: their wire form, their paths, their words."""

from __future__ import annotations

import copy
import pickle

import pytest

from qapigen.runtime.errors import (
    DEVICE_NOT_FOUND,
    GENERIC_ERROR,
    ConnectionLost,
    ProtocolError,
    QapiError,
    RemoteError,
    VisitError,
    article,
    closest,
    cut,
    describe,
    did_you_mean,
)


def test_an_error_has_a_class_and_a_sentence() -> None:
    error = QapiError("device 'x' is not there", DEVICE_NOT_FOUND)
    assert error.to_wire() == {"class": "DeviceNotFound", "desc": "device 'x' is not there"}
    assert str(error) == "device 'x' is not there"


def test_the_default_class_is_generic_and_the_sentence_never_empty() -> None:
    error = QapiError("")
    assert error.error_class == GENERIC_ERROR
    assert error.desc


def located() -> VisitError:
    error = VisitError("expected a boolean, got null", expected="a boolean", got="null")
    for component in ("state", "", "[2]", "capabilities", "", "arguments"):
        error.prefix(component)
    return error


def test_a_path_is_put_together_from_the_inside() -> None:
    error = located()
    assert error.path == "arguments.capabilities[2].state"
    assert error.desc == "arguments.capabilities[2].state: expected a boolean, got null"


def test_an_error_at_the_root_has_no_path() -> None:
    error = VisitError("expected null, got an array")
    assert error.path == ""
    assert error.desc == "expected null, got an array"


def test_an_index_at_the_root_stands_alone() -> None:
    error = VisitError("wrong", path="x")
    error.prefix("[0]")
    assert error.path == "[0].x"


def test_a_path_is_of_bounded_length() -> None:
    error = VisitError("wrong")
    for _ in range(10_000):
        error.prefix("member")
    assert len(error.path) < 500


@pytest.mark.parametrize("error", [located(), QapiError("gone", DEVICE_NOT_FOUND)])
def test_errors_survive_pickling_and_copying(error: QapiError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert twin.to_wire() == error.to_wire()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "boolean true"),
        (False, "boolean false"),
        ("x", "string 'x'"),
        ("\x1b[1m\u20ac", r"string '\x1b[1m\u20ac'"),
        (7, "number 7"),
        (1.5, "number 1.5"),
        (2**200, "an integer of 201 bits"),
        ({}, "an object"),
        ([1], "an array"),
        (object(), "a Python object"),
    ],
)
def test_values_in_words(value: object, words: str) -> None:
    assert describe(value) == words


@pytest.mark.parametrize("value", ["x" * 10**6, 10**5000, "\U0001f600" * 10**5], ids=type)
def test_words_are_of_bounded_length(value: object) -> None:
    assert len(describe(value)) < 700


def test_short_texts_are_not_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc..."


def test_articles() -> None:
    assert article("object") == "an object"
    assert article("string") == "a string"
    assert article("uint8") == "a uint8"


def test_near_misses() -> None:
    names = ["max-bandwidth", "downtime-limit"]
    assert closest("max_bandwidth", names) == "max-bandwidth"
    assert closest("Downtime-Limt", names) == "downtime-limit"
    assert closest("colour", names) is None
    assert closest("", names) is None
    assert did_you_mean("max-bandwith", names) == "; did you mean 'max-bandwidth'?"
    assert did_you_mean("colour", names) == ""


def test_no_near_miss_is_sought_for_a_monster() -> None:
    monster = "a" * 10**6
    assert closest(monster, [monster]) is None


def test_what_a_client_meets() -> None:
    refused = RemoteError("no", "DeviceNotFound", id="7", command="device_del")
    assert (refused.desc, refused.error_class) == ("no", "DeviceNotFound")
    assert (refused.id, refused.command) == ("7", "device_del")
    assert refused.to_wire() == {"class": "DeviceNotFound", "desc": "no"}
    assert RemoteError("no").error_class == GENERIC_ERROR
    assert issubclass(ProtocolError, ConnectionLost)
    assert not issubclass(RemoteError, ConnectionLost)
    with pytest.raises(QapiError, match="gone"):
        raise ConnectionLost("gone")


def test_only_what_is_offered_is_named() -> None:
    names = ["query-status", "query-stats", "query-statuses"]
    asked: list[str] = []

    def offered(name: str) -> bool:
        asked.append(name)
        return name == "query-stats"

    assert did_you_mean("query-statu", names, offered=offered) == "; did you mean 'query-stats'?"
    assert did_you_mean("query-statu", names, offered=lambda _: False) == ""
    asked.clear()
    assert did_you_mean("unlike", names, offered=offered) == ""
    assert asked == [], "only of what is near"
