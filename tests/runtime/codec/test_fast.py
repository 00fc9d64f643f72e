"""orjson by itself: what is its own; :mod:`.test_backends` compares the backends."""

from __future__ import annotations

import pytest

pytest.importorskip("orjson", reason="not installed: orjson")

from qapigen.runtime.codec import fast, standard


@pytest.mark.parametrize("escape", ["\\u003a", "\\u003A"])
def test_an_escaped_colon_hides_no_member(escape: str) -> None:
    text = f'{{"a": 1, "a": "{escape}"}}'
    for form in (text, text.encode()):
        with pytest.raises(standard.Suspect):
            fast.loads(form)


def test_colons_in_strings_are_no_members() -> None:
    assert fast.loads('{"a": "::", "b:": ["\\":"]}') == {"a": "::", "b:": ['":']}


def test_integers_beyond_64_bits_are_floats() -> None:
    assert repr(fast.loads("[18446744073709551616, -9223372036854775809]")) == (
        "[1.8446744073709552e+19, -9.223372036854776e+18]"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.5, True]}, b'{"a":[1,2.5,true]}'),
        (["\u20ac"], b'["\\u20ac"]'),
        ([None, "null"], b'[null,"null"]'),
        ((1, 2), b"[1,2]"),
        (2**64, b"18446744073709551616"),
    ],
)
def test_output_is_ascii_without_blanks(value: object, text: bytes) -> None:
    assert fast.encode(value) == text
