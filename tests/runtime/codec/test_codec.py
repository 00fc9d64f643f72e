"""JSON text to values and back."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapigen.runtime.codec import MAX_DEPTH, MAX_TEXT_BYTES, JsonError, dumps, loads
from qapigen.runtime.codec.strict import read
from qapigen.runtime.errors import GENERIC_ERROR, QapiError

from .json_values import VALUES

pytestmark = pytest.mark.usefixtures("each_backend")


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    text = dumps(value)
    assert text.isascii()
    assert "\n" not in text
    assert loads(text) == value
    assert loads(text.encode()) == value


def outcome(function: Callable[[Any], object], text: str | bytes) -> object:
    """The value of a text, or the JsonError that it deserves."""
    try:
        return function(text)
    except JsonError as error:
        return error


@settings(max_examples=400)
@given(st.text(alphabet='{}[]:,"\\u0d8e1-.+ \n\ttrufalsn\x01\u20ac', max_size=25))
def test_whatever_the_text_it_is_a_value_or_a_json_error(text: str) -> None:
    value = outcome(loads, text)
    if isinstance(value, JsonError):
        assert value.error_class == GENERIC_ERROR
        assert 0 <= value.offset <= len(text)
        assert isinstance(outcome(read, text), JsonError)
    else:
        assert read(text) == value
        assert loads(dumps(value)) == value


@given(st.binary(max_size=20))
def test_whatever_the_bytes_they_are_a_value_or_a_json_error(data: bytes) -> None:
    value = outcome(loads, data)
    assert isinstance(value, JsonError) or loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" \t\r\n1 ", 1),
        ("-0", 0),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("0e1", 0.0),
        ("9223372036854775808", 2**63),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2.0**63)),
        (r'"\u0000\ud83d\ude00\/"', "\0\U0001f600/"),
        (r'"\\ud800"', "\\ud800"),
        ('"\x7f"', "\x7f"),
        ('{"": {}, "a": []}', {"": {}, "a": []}),
    ],
)
def test_what_is_json(text: str, value: object) -> None:
    result = loads(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("", 1, 1, "expected a value, got the end of the text"),
        ("  ", 1, 3, "expected a value, got the end of the text"),
        ("\ufeff{}", 1, 1, "expected a value"),
        ("[1,\n2,]", 2, 3, "expected a value"),
        ("{,}", 1, 2, "expected a member name in double quotes"),
        ("{'a': 1}", 1, 2, "expected a member name in double quotes"),
        ("{1: 2}", 1, 2, "expected a member name in double quotes"),
        ('{"a" 1}', 1, 6, "expected ':'"),
        ('{"a": 1 "b": 2}', 1, 9, "expected ',' or '}'"),
        ("[1 2]", 1, 4, "expected ',' or ']'"),
        ("[1}", 1, 3, "expected ',' or ']'"),
        ("]", 1, 1, "expected a value"),
        ("1 2", 1, 3, "expected the end of the text"),
        ("01", 1, 2, "expected the end of the text"),
        ("-", 1, 1, "expected a number"),
        (".5", 1, 1, "expected a value"),
        ("[1.]", 1, 3, "expected ',' or ']'"),
        ("\u0661", 1, 1, "expected a value"),
        ("nul", 1, 1, "expected a value"),
        ("True", 1, 1, "expected a value"),
        ("NaN", 1, 1, "expected a value"),
        ("[-Infinity]", 1, 2, "expected a number"),
        ("1e400", 1, 1, "number too large"),
        ("-" + "9" * 400, 1, 1, "number too large"),
        ("9" * 5000, 1, 1, "number too large"),
        ('{"a": 1, "b": {"a": 1, "a": 2}}', 1, 24, "member 'a' is there twice"),
        ('"a\nb"', 1, 3, "control character in a string"),
        (r'"a\x"', 1, 3, "escape that JSON does not have"),
        (r'"\u12"', 1, 2, "escape that JSON does not have"),
        (r'["\ud800"]', 1, 2, "lone surrogate in a string"),
        (r'["\udc00\ud800"]', 1, 2, "lone surrogate in a string"),
        ('["\ud800"]', 1, 3, "lone surrogate"),
        ('"abc', 1, 5, "expected the closing quote of a string, got the end of the text"),
        ("[" * 1025, 1, 1025, "nested more than 1024 levels deep"),
    ],
)
def test_what_is_not_json(text: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(JsonError) as caught:
        loads(text)
    error = caught.value
    assert (error.line, error.column, error.problem) == (line, column, problem)
    assert error.desc == f"JSON text, line {line}, column {column}: {problem}"
    assert error.to_wire()["class"] == "GenericError"


@pytest.mark.parametrize(
    ("data", "column"), [(b'"\xff"', 2), (b'"\xc3\xa9\xed\xa0\x80"', 3), (b'["\xc0\x80"]', 3)]
)
def test_bytes_must_be_utf8(data: bytes, column: int) -> None:
    with pytest.raises(JsonError, match="not UTF-8") as caught:
        loads(data)
    assert caught.value.column == column


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [1, 300, 990, MAX_DEPTH])
def test_deep_values_are_read_and_written(depth: int) -> None:
    assert dumps(loads(nested(depth))) == nested(depth)
    mixed = '{"a": [' * (depth // 2) + "1" + "]}" * (depth // 2)
    assert dumps(loads(mixed)) == mixed


def test_the_limit_does_not_depend_on_the_interpreters() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        assert dumps(loads(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
        with pytest.raises(JsonError, match="nested more than"):
            loads(nested(MAX_DEPTH + 1))
        with pytest.raises(QapiError, match="nested more than"):
            dumps([json.loads(nested(MAX_DEPTH))])
    finally:
        sys.setrecursionlimit(before)


def test_broad_values_are_not_deep() -> None:
    text = "[" + ", ".join(["[{}]"] * 2000) + "]"
    assert dumps(loads(text)) == text


def test_a_text_may_be_long_but_not_too_long() -> None:
    assert loads('"' + "a" * 10**6 + '"') == "a" * 10**6
    with pytest.raises(JsonError, match="too long"):
        loads(b" " * MAX_TEXT_BYTES)


def test_output_is_spaced_as_qemu_does() -> None:
    assert dumps({"a": [1, 2.5, None, True], "b": "\u20ac"}) == (
        '{"a": [1, 2.5, null, true], "b": "\\u20ac"}'
    )


def endless() -> object:
    loop: list[object] = []
    loop.append(loop)
    return loop


def too_deep() -> object:
    value: object = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        [math.inf],
        {"a": -math.inf},
        "\ud800",
        {"\udc00": 1},
        object(),
        {("a",): 1},
        [{1, 2}],
        10**5000,
        endless(),
        too_deep(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises(QapiError) as caught:
        dumps(value)
    assert caught.value.error_class == GENERIC_ERROR


@pytest.mark.parametrize("leaf", [math.nan, object(), "\ud800", {1.5: 2, (): 3}])
def test_what_json_cannot_say_at_depth(leaf: object) -> None:
    value = leaf
    for _ in range(1000):
        value = [value]
    with pytest.raises(QapiError):
        dumps(value)
