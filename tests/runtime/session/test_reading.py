from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime import codec
from qapigen.runtime.codec import JsonError
from qapigen.runtime.session.reading import MessageReader

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


def test_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_TEXT_BYTES", 100)
    reader = MessageReader()
    assert reader.feed(b"x" * 60) == []
    (error,) = reader.feed(b"x" * 60)
    assert isinstance(error, JsonError)
    noisy = MessageReader(noisy=True)
    assert noisy.feed(b"x" * 120) == []
    assert noisy.feed(b"\n1\n") == [1]
