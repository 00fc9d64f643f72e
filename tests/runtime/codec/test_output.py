"""Messages in the form in which QEMU writes them."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec.incremental import Parsed, TextReader
from qapigen.runtime.codec.output import message_bytes
from qapigen.runtime.errors import QapiError

from .json_values import VALUES


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"return": {}, "id": 1}, b'{"return": {}, "id": 1}'),
        (
            [1, -2, 2**64 - 1, True, False, None],
            b"[1, -2, 18446744073709551615, true, false, null]",
        ),
        ([1.5, 0.1, -0.0, 1e300], b"[1.5, 0.1, -0.0, 1e+300]"),
        ("\u00e9\u20ac\uabcd", b'"\\u00E9\\u20AC\\uABCD"'),
        ("\U0001f600", b'"\\uD83D\\uDE00"'),
        ("\x7f\x00\x1f\x0b", b'"\\u007F\\u0000\\u001F\\u000B"'),
        ("\b\f\n\r\t\"\\/'", b'"\\b\\f\\n\\r\\t\\"\\\\/\'"'),
        ("\\u00e9\u00e9", b'"\\\\u00e9\\u00E9"'),
        ("\\\x7f", b'"\\\\\\u007F"'),
        ("\ud800", b'"\\uFFFD"'),
        ("\udc00\ud800x", b'"\\uFFFD\\uFFFDx"'),
        ("\\\ud800\\udc00", b'"\\\\\\uFFFD\\\\udc00"'),
        ({"\u00e9": ("a", [])}, b'{"\\u00E9": ["a", []]}'),
    ],
)
def test_form(value: object, expected: bytes) -> None:
    assert message_bytes(value) == expected + b"\r\n"


def test_line_end_of_the_guest_agent() -> None:
    assert message_bytes({"return": 1}, newline=b"\n") == b'{"return": 1}\n'
    assert message_bytes([1], pretty=True, newline=b"\n") == b"[\n    1\n]\n"


def test_pretty() -> None:
    value = {"return": {"a": [], "b": {}}, "id": [1, {"\u00e9": "x\ny"}]}
    lines = [
        *("{", '    "return": {', '        "a": [', "        ],", '        "b": {', "        }"),
        *("    },", '    "id": [', "        1,", "        {", '            "\\u00E9": "x\\ny"'),
        *("        }", "    ]", "}", ""),
    ]
    assert message_bytes(value, pretty=True) == "\r\n".join(lines).encode()
    assert message_bytes("x", pretty=True) == b'"x"\r\n'


@given(VALUES, st.booleans())
def test_comes_back(value: object, pretty: bool) -> None:
    data = message_bytes(value, pretty=pretty)
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert pretty or data.count(b"\n") == 1
    assert repr(json.loads(data)) == repr(value)


@given(st.text(st.characters(exclude_categories=[]), max_size=20))
def test_any_string_is_a_message(text: str) -> None:
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    written = json.loads(message_bytes(text))
    assert "\ufffd" in written or written == text == expected
    assert not any(0xD800 <= ord(each) < 0xE000 for each in written)


@pytest.mark.parametrize("pretty", [False, True])
def test_as_deep_as_can_be_read(pretty: bool) -> None:
    deep: object = 1
    for _ in range(512):
        deep = {"a": [deep]}
    data = message_bytes(deep, pretty=pretty)
    (parsed,) = TextReader().feed(data)
    assert isinstance(parsed, Parsed)
    assert message_bytes(parsed.value, pretty=pretty) == data


def _cycle() -> object:
    cycle: list[object] = []
    cycle.append(cycle)
    return cycle


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [float("nan"), [float("inf")], {"a": -float("inf")}, {1, 2}, b"x", object(), _cycle()],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_form(wrong: object, pretty: bool) -> None:
    with pytest.raises(QapiError):
        message_bytes(wrong, pretty=pretty)


def test_recursion_limit_is_no_matter() -> None:
    deep: object = {}
    for _ in range(1000):
        deep = [deep]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert message_bytes(deep) == b"[" * 1000 + b"{}" + b"]" * 1000 + b"\r\n"
    finally:
        sys.setrecursionlimit(before)
