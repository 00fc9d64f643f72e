"""A broken message has one error, and what follows it is served."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec.incremental import JsonError, Limits, Parsed, TextReader
from qapigen.runtime.codec.recovery import Recovery

#: What is skipped, behind an error with so many open brackets in a string or in none, and the rest.
ROWS: list[tuple[int, int, bytes, bytes]] = [
    # outside of brackets: the rest of the line
    (0, 0, b" nope }}],:#\n{}", b"{}"),
    (0, 0, b" nope {}", b"{}"),
    (0, 0, b"}}}} [1]", b"[1]"),
    (0, 0, b" \"'{", b"{"),
    (0, 0, b"x\xffnope", b"nope"),
    (0, 0x22, b'x"{}', b"{}"),
    # inside: until the brackets balance
    (1, 0, b'x, "a": 1} nope', b" nope"),
    (2, 0, b"{[]} ] } {}", b" {}"),
    (1, 0, b"{}{}{[}]} } 1", b" } 1"),
    (1, 0, b'"}" }1', b"1"),
    (1, 0, b"'}\"' }1", b"1"),
    (1, 0, b'"\\"}" }1', b"1"),
    (1, 0, b'"\\\\"}1', b"1"),
    (1, 0x22, b'x}"}1', b"1"),
    (1, 0x22, b"x'}\"}1", b"1"),
    (1, 0x27, b"x\"}'}1", b"1"),
    # and early at what is no part of the message
    (9, 0, b"x\xff1", b"1"),
    (9, 0, b"'x\xff1", b"1"),
    (9, 0, b'"x\\\xff1', b"1"),
    (9, 0, b'"x\n1', b"1"),
    (9, 0x27, b"x\n1", b"1"),
    (9, 0, b"x\r\n\n1\n2\n{}", b"{}"),
    (9, 0, b'x\n {"a": [1]}\n{}', b"{}"),
]


@pytest.mark.parametrize(("depth", "quote", "data", "rest"), ROWS)
def test_what_is_skipped(depth: int, quote: int, data: bytes, rest: bytes) -> None:
    for cut in range(len(data)):
        recovery = Recovery(depth, quote)
        at, over = recovery.skip(data[:cut], 0)
        if not over:
            assert at == cut
            at, over = recovery.skip(data, cut)
        assert (over, data[at:]) == (True, rest), cut


@pytest.mark.parametrize("data", [b"", b"x", b"{[", b'"}', b"'\\", b"\n"])
def test_what_goes_on(data: bytes) -> None:
    assert Recovery(1).skip(data, 0) == (len(data), False)


def outcomes(data: bytes, *cuts: int, limits: Limits | None = None) -> list[object]:
    """The values and errors."""
    reader = TextReader(limits or Limits())
    found: list[object] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        for each in reader.feed(data[start:end]):
            found.append(each.value if isinstance(each, Parsed) else each)
    return found


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        (b"} ] , : nope", 1),
        (b"}}}}}}}}", 1),
        (b"nope nope nope", 1),
        (b"#\n#\n#", 3),
        (b"{]}]}]", 1),
        (b"{'a': #, 'b': 01, 'c': \x01}", 1),
        (b"{'a': 'x\ty', 'b': [1, {'c': 2}]}", 1),
        (b'{"a": "x\n', 1),
        (b'{"a": [[[#', 1),
        (b"{'a' 1}{'a' 1}", 2),
        (b"{'a': +1}", 1),
        (b"\xff", 1),
        (b"\xff\xff", 2),
        (b"{'a': \xff", 1),
        (b"[" * 9 + b"]" * 9, 1),
        (b"[" * 2000, 1),
        (b'"' + b"x" * 500 + b'"', 1),
        (b"[" + b"1," * 100 + b"1]", 1),
    ],
)
@pytest.mark.parametrize("behind", [b"\n{'good': 1}", b"\n{'good': 1}\n"])
def test_one_error_and_the_next_message(data: bytes, errors: int, behind: bytes) -> None:
    limits = Limits(depth=8, text_bytes=400, tokens=64)
    whole = data + behind
    found = outcomes(whole, limits=limits)
    assert found[-1] == {"good": 1}
    assert sum(isinstance(each, JsonError) for each in found) == errors == len(found) - 1
    for cut in range(1, len(whole), max(1, len(whole) // 50)):
        assert repr(outcomes(whole, cut, limits=limits)) == repr(found), cut


PIECES = (
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\\", b"\n", b"\t", b"0", b"1", b"nope"),
    *(b"\x00", b"\xff", b"#", b'{"a":1}', b'"a":', b"[1,2]", b"\n{", b" "),
)
junk = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40).map(b"".join)


@given(junk, st.lists(st.integers(0, 200), max_size=6))
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    places = sorted({cut for cut in cuts if 0 < cut < len(data)})
    assert repr(outcomes(data, *places)) == repr(outcomes(data))


@given(junk)
def test_after_any_junk_a_client_can_make_itself_understood(data: bytes) -> None:
    *_, last = outcomes(data + b'\xff{"good":1}')
    assert last == {"good": 1}


@given(junk)
def test_errors_are_few(data: bytes) -> None:
    """They need lines, or what looks like messages, which may have something behind them."""
    errors = sum(isinstance(each, JsonError) for each in outcomes(data))
    begun = sum(data.count(each) for each in (b"\n", b"{", b"[", b"\xff"))
    assert errors <= 1 + 2 * begun
