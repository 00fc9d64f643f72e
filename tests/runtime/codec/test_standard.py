"""The standard library's code by itself; :mod:`.test_backends` compares the backends."""

from __future__ import annotations

import math

import pytest

from qapigen.runtime.codec.standard import Suspect, encode, loads, to_text
from qapigen.runtime.codec.strict import JsonError
from qapigen.runtime.errors import QapiError


@pytest.mark.parametrize(
    "text", ['{"a": [1, {"b:": "c:d"}, 2.5, null]}', r'"\u00e9\ud83d\ude00"', "{}"]
)
def test_what_is_surely_right(text: str) -> None:
    assert loads(to_text(loads(text))) == loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "b": ""}}',
        r'"\u003a"',
        r'["\ud800"]',
        r'"\udc00\ud800"',
        "18446744073709551616",
        "[-9223372036854775809]",
        '{"a": 1e400}',
        "[NaN]",
        "-Infinity",
    ],
)
def test_what_the_library_takes_and_must_not_is_suspect(text: str) -> None:
    with pytest.raises(Suspect):
        loads(text)


@pytest.mark.parametrize("text", ["", "[1,]", "\ufeff1", "'a'", "9" * 5000])
def test_what_it_refuses_is_not_worded_here(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize("text", [b"\xff", '"\ud800"'])
def test_what_is_no_unicode_is_known_at_once(text: str | bytes) -> None:
    with pytest.raises(JsonError):
        loads(text)


def test_two_ways_of_writing() -> None:
    value = {"a": [1, {"b": "\u20ac: ,"}], "c": {}}
    assert to_text(value) == '{"a": [1, {"b": "\\u20ac: ,"}], "c": {}}'
    assert encode(value) == b'{"a":[1,{"b":"\\u20ac: ,"}],"c":{}}'


@pytest.mark.parametrize("value", [math.nan, "\udc00", {"a": [object()]}, {"\ud800": 1}])
def test_what_json_cannot_say(value: object) -> None:
    for write in (to_text, encode):
        with pytest.raises(QapiError):
            write(value)
