from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime import codec
from qapigen.runtime.codec import JsonError
from qapigen.runtime.session.reading import MessageReader, TooLong

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.lists(st.tuples(VALUES, st.sampled_from([None, 4]), st.sampled_from(["\n", "\r\n"]))),
    st.lists(st.integers(0, 500)),
)
def test_values_in_lines_or_pretty_however_they_are_cut(
    messages: list[tuple[object, int | None, str]], cuts: list[int]
) -> None:
    texts = [
        (json.dumps(value, indent=indent) + "\n").replace("\n", end)
        for value, indent, end in messages
    ]
    data = "".join(texts).encode()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    reader = MessageReader()
    found: list[object] = []
    for start, end in pairwise(places):
        found += reader.feed(data[start:end])
    assert found == [value for value, _, _ in messages]


@pytest.mark.parametrize("text", [b"{]\n", b"nope\n", b'{"a": inf}\r\n', b'{"a": 1, "a": 2}\n'])
def test_a_wrong_text(text: bytes) -> None:
    first, *_ = MessageReader().feed(text)
    assert isinstance(first, JsonError)
    assert MessageReader(noisy=True).feed(text + b"1\n") == [1]


def test_noise_is_skipped() -> None:
    reader = MessageReader(noisy=True)
    assert reader.feed(b"junk\n{\n\xff\xff[1]\n2\xff3\n") == [[1], 3]


def test_a_line_without_end() -> None:
    reader = MessageReader(limit_bytes=100)
    assert reader.feed(b"x" * 60) == []
    (error,) = reader.feed(b"x" * 60)
    assert isinstance(error, TooLong) and "longer than 100 bytes" in error.desc
    assert reader.feed(b"y" * 1000) == [], "told once"
    assert reader.feed(b"y\n1\n") == [1]


def test_limits_are_limits_of_texts() -> None:
    exact = b'"' + b"x" * 98 + b'"'
    for data in (exact, b"\xff" + exact, exact + b"\r"):
        reader = MessageReader(limit_bytes=100, noisy=True)
        assert [*reader.feed(data), *reader.feed(b"\n")] == ["x" * 98]
    (error,) = MessageReader(limit_bytes=100).feed(b"1" + exact + b"\n")
    assert isinstance(error, TooLong)


def test_a_text_may_be_longer_than_those_of_a_server_are_by_default() -> None:
    text = b'"' + b"x" * codec.MAX_TEXT_BYTES + b'"\n'
    (error,) = MessageReader().feed(text)
    assert isinstance(error, TooLong)
    (value,) = MessageReader(limit_bytes=len(text)).feed(text)
    assert isinstance(value, str) and len(value) == codec.MAX_TEXT_BYTES


def test_noise_that_is_too_long_ends_with_a_line_or_a_delimiter() -> None:
    for end in (b"\n", b"zz\xff", b"\xffzz\xff"):
        reader = MessageReader(limit_bytes=100, noisy=True)
        (error,) = reader.feed(b"x" * 110)
        assert isinstance(error, TooLong)
        assert [*reader.feed(b"x" * 10 + end + b"1"), *reader.feed(b"\n")] == [1]


def test_a_delimiter_ends_what_is_too_long_otherwise() -> None:
    reader = MessageReader(limit_bytes=100, noisy=True)
    assert reader.feed(b"x" * 60) == []
    assert reader.feed(b"x" * 39 + b"\xff[") == []
    assert reader.feed(b"2]\n") == [[2]]


def test_pretty_texts_have_the_same_limit() -> None:
    reader = MessageReader(limit_bytes=20)
    found = reader.feed(b"[\n" + b"1,\n" * 20 + b"1]\n")
    assert isinstance(found[0], JsonError)
