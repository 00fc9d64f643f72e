"""Texts that are JSON, nearly JSON, or JSON that QMP reads in its own way."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from .json_values import VALUES

NUMBERS = (
    *("0", "-0", "-0.0", "1", "-1", "01", "1.", ".5", "1.0", "1e3", "1E+3", "1e-400", "1e400"),
    *("-1e400", "18446744073709551615", "18446744073709551616", "-9223372036854775808"),
    *("-9223372036854775809", "9" * 308, "9" * 309, "9" * 5000, "NaN", "-Infinity", "+1"),
    *("2.2250738585072011e-308", "0.1000000000000000055511151231257827021181583404541015625"),
)
STRINGS = (
    *('""', '"a"', '":"', '"a:b"', r'"\u003a"', r'"\u003A"', r'"\\u003a"', r'"\u0000"', '"\x7f"'),
    *('"\x1f"', '"\u20ac"', '"\U0001f600"', r'"\ud83d\ude00"', r'"\ud800"', r'"\udc00"'),
    *(r'"\\ud800"', r'"\ud800\ud800"', r'"\/"', r'"\x"', '"', "'a'", r'"\"', r'"\":"', r'"\u00e9"'),
)
WORDS = ("true", "false", "null", "nul", "True", "undefined", "")
SCALARS = st.sampled_from([*NUMBERS, *STRINGS, *WORDS])
# Few names, so that some come twice; the last two are the same name.
KEYS = st.sampled_from(['"a"', '"b"', '":"', '""', '"\u20ac"', r'"\u003a"', r'"\u0061"'])
SPACES = st.sampled_from(["", "", "", " ", "\n\t\r", "\x0b", "\u00a0"])
COMMAS = st.sampled_from([",", ",", ",", ",", ", ", "", ",,"])


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(KEYS, SPACES, inner).map(lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}")
    return st.one_of(
        st.tuples(st.lists(inner, max_size=4), COMMAS).map(lambda p: f"[{p[1].join(p[0])}]"),
        st.tuples(st.lists(members, max_size=4), COMMAS).map(lambda p: "{" + p[1].join(p[0]) + "}"),
    )


ASSEMBLED = st.recursive(SCALARS, containers, max_leaves=12)
NESTED = st.tuples(
    st.integers(240, 1040), st.sampled_from([("[", "]"), ('{"a":', "}"), ("[[", "]]")]), SCALARS
).map(lambda p: p[1][0] * p[0] + p[2] + p[1][1] * p[0])
RIGHT = st.tuples(VALUES, st.booleans(), st.sampled_from([None, 1])).map(
    lambda p: json.dumps(p[0], ensure_ascii=p[1], indent=p[2])
)
LOOSE = st.text(
    alphabet='{}[]:,"\\u0d8e13a-.+ \n\ttrufalsn\x01\u20ac\ud800\udc00\ufeff', max_size=30
)


def damaged(data: tuple[str, int, str]) -> str:
    text, at, piece = data
    at %= len(text) + 1
    return text[:at] + piece + text[at + 1 :]


DAMAGED = st.tuples(
    RIGHT, st.integers(0, 200), st.sampled_from(["", ":", ",", '"', "\\", "e9", "9" * 20, "\x00"])
).map(damaged)
TEXTS = st.one_of(ASSEMBLED, RIGHT, DAMAGED, LOOSE, NESTED)


def as_bytes(text: str) -> bytes:
    """UTF-8, with lone surrogates as three bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")
