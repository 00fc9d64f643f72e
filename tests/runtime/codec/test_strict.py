"""The strict reader and writer by themselves: they must agree with the fast ones."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import pytest
from hypothesis import given

from qapigen.runtime.codec import dumps, loads
from qapigen.runtime.codec.strict import MAX_DEPTH, JsonError, integer, read, write
from qapigen.runtime.errors import QapiError

from .json_values import VALUES

pytestmark = pytest.mark.usefixtures("each_backend")


@given(VALUES)
def test_the_strict_reader_and_writer_agree_with_the_fast_ones(value: object) -> None:
    assert write(value) == dumps(value)
    assert write(value, compact=True) == json.dumps(value, separators=(",", ":"))
    loose = json.dumps(value, ensure_ascii=False, indent=1)
    assert loads(loose) == value
    assert loads(loose.encode()) == value
    strict = read(loose)
    assert strict == value
    assert repr(strict) == repr(loads(loose))


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2.0**63)),
        ("1" + "0" * 308, 1e308),
    ],
)
def test_integers_beyond_64_bits_are_floats(token: str, value: float) -> None:
    assert repr(integer(token)) == repr(value)


@pytest.mark.parametrize("token", ["9" * 309, "-" + "9" * 5000])
def test_integers_beyond_floats_are_refused(token: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        integer(token)
    with pytest.raises(JsonError, match="number too large"):
        read(token)


def test_a_position_is_told_in_lines_and_columns() -> None:
    error = JsonError("wrong", offset=5, text="ab\ncd\nef")
    assert (error.line, error.column) == (2, 3)
    twin = pickle.loads(pickle.dumps(error))
    assert twin.desc == error.desc == "JSON text, line 2, column 3: wrong"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_the_depth_is_bounded_exactly() -> None:
    text = write(nested(MAX_DEPTH))
    assert text == "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert write(read(text)) == text
    with pytest.raises(QapiError, match="nested more than"):
        write(nested(MAX_DEPTH + 1))
    with pytest.raises(JsonError, match="nested more than"):
        read(f"[{text}]")


def test_siblings_are_not_nested() -> None:
    value: list[Any] = [{"a": [{}, []]}] * 2000
    assert write(value) == json.dumps(value)
    assert read(write(value)) == value


@pytest.mark.parametrize("value", [math.nan, object(), {1: 2}, [{None: 1}], {"a": {1}}])
def test_what_has_no_json_form(value: object) -> None:
    with pytest.raises(QapiError):
        write(value)
