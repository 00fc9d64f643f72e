"""Single texts as QMP reads them."""

from __future__ import annotations

import json
from math import isinf

import pytest
from hypothesis import assume, given

from qapigen.runtime.codec.grammar import TOKEN, parse
from qapigen.runtime.codec.strict import JsonError, read

from .json_texts import TEXTS, as_bytes
from .json_values import VALUES

FREE = {
    *range(0xFDD0, 0xFDF0),
    *(p + n for p in range(0, 2**20 + 1, 2**16) for n in (0xFFFE, 0xFFFF)),
}


@given(VALUES)
def test_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assume(not any(ord(each) in FREE for each in text))
    assert repr(parse(text.encode())) == repr(value)
    assert repr(parse(json.dumps(value, indent=1).encode())) == repr(value)


@given(TEXTS)
def test_what_strict_json_takes(text: str) -> None:
    data = as_bytes(text)
    assume(b"'" not in data)
    try:
        expected = repr(read(data.decode()))
    except (JsonError, UnicodeDecodeError):
        return
    assume(not any(ord(each) in FREE for each in json.dumps(json.loads(text), ensure_ascii=False)))
    assert repr(parse(data)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"{'a': 'b\"'}", {"a": 'b"'}),
        (b"'\\''", "'"),
        (b'"\\\'"', "'"),
        (b'"\xc0\x80"', "\0"),
        (b'"\\u0000\\u00e9\\uD83D\\uDE00"', "\0\u00e9\U0001f600"),
        (b"-0", 0),
        (b"18446744073709551615", 2**64 - 1),
        (b"18446744073709551616", 2.0**64),
        (b" [ ] ", []),
        (b"[[],{},[{}]]", [[], {}, [{}]]),
    ],
)
def test_right(text: bytes, value: object) -> None:
    assert repr(parse(text)) == repr(value)


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"9" * 400, b"-" + b"9" * 5000])
def test_numbers_stay_finite(text: bytes) -> None:
    value = parse(text)
    assert isinstance(value, float)
    assert not isinf(value)
    assert (value < 0) == text.startswith(b"-")


@pytest.mark.parametrize(
    ("text", "problem", "column"),
    [
        (b"", "expected a value, got the end of the text", 1),
        (b"[1,", "expected a value, got the end of the text", 4),
        (b"[1", "expected ',' or ']', got the end of the text", 3),
        (b'{"a":1', "expected ',' or '}', got the end of the text", 7),
        (b"{", "expected a member name, got the end of the text", 2),
        (b"[1}", "expected ',' or ']'", 3),
        (b'{"a":1]', "expected ',' or '}'", 7),
        (b"{1:2}", "expected a member name", 2),
        (b'{"a" 1}', "expected ':'", 6),
        (b"[,1]", "expected a value", 2),
        (b"[true,nope]", "unknown keyword", 7),
        (b'{"a":1, "a":2}', "member 'a' is there twice", 9),
        (b"{'a':1,\"\\u0061\":2}", "member 'a' is there twice", 8),
        (b'["\\q"]', "unknown escape in a string", 2),
        (b'["\\u12x4"]', "unknown escape in a string", 2),
        (b'["\\udc00"]', "lone surrogate in a string", 2),
        (b'["\\ud800\\ud800"]', "lone surrogate in a string", 2),
        (b'["\xed\xa0\x80"]', "the string is not UTF-8", 2),
        (b'["\xc0\xaf"]', "the string is not UTF-8", 2),
        (b"[] []", "expected the end of the text", 4),
    ],
)
def test_wrong(text: bytes, problem: str, column: int) -> None:
    with pytest.raises(JsonError) as caught:
        parse(text)
    assert (caught.value.problem, caught.value.column) == (problem, column)


def test_no_characters() -> None:
    for code in range(0x110000):
        if code & 0xFFFE == 0xFFFE or 0xFDC0 <= code < 0xFE00:
            text = b'"' + chr(code).encode() + b'"'
            if code in FREE:
                with pytest.raises(JsonError, match="no character"):
                    parse(text)
            else:
                assert parse(text) == chr(code)


def test_depth_is_no_matter() -> None:
    value = parse(b'{"a":[' * 5000 + b"]}" * 5000)
    for _ in range(5000):
        assert isinstance(value, dict)
        (value,) = value["a"] or [None]
    assert value is None


def test_tokens_of_a_text() -> None:
    text = b"{'a\\'': [-1.5e3, nope], \"\\\\\":0e1}"
    found = [match[0] for match in TOKEN.finditer(text) if not match[0].isspace()]
    assert b" ".join(found) == b"{ 'a\\'' : [ -1.5e3 , nope ] , \"\\\\\" : 0e1 }"
