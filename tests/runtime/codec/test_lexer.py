"""The table of the lexer, and that the shortcuts say the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec.lexer import ATOMS, GROUPS, OBJECT, RUNS, SKIPPED, TABLE, State

from .wire_texts import ROWS

STREAMS = st.lists(
    st.sampled_from([row.given for row in ROWS if len(row.given) < 100])
    | st.sampled_from(
        [bytes([each]) for each in b"{}[]:,\"'\\ \t\n0123.eE+-abtrufalsn\x00\x7f\xff\xc3"]
    ),
    max_size=15,
).map(b"".join)


def tokens(data: bytes) -> tuple[list[bytes], State]:
    """The tokens of some bytes, by the table alone, and the state behind them."""
    found: list[bytes] = []
    state, start, at = State.START, 0, 0
    while at < len(data):
        if state is State.START and data[at] in b" \t\n\r":
            at += 1
            continue
        start = at if state is State.START else start
        follows = TABLE[state][data[at]]
        if follows is State.ERROR:
            return found, State.ERROR
        at += follows is not State.END_BEFORE
        if follows in (State.END, State.END_BEFORE):
            found.append(data[start:at])
            follows = State.START
        state = follows
    return found, state


@pytest.mark.parametrize(
    ("data", "expected", "state"),
    [
        (b"{\"a\":[1,'b']} ", [b"{", b'"a"', b":", b"[", b"1", b",", b"'b'", b"]", b"}"], "START"),
        (b"truenope ", [b"truenope"], "START"),
        (b"0x10 ", [b"0", b"x", b"10"], "START"),
        (b"-0.5e-7,1E3 ", [b"-0.5e-7", b",", b"1E3"], "START"),
        (b'"\\"\\\\"', [b'"\\"\\\\"'], "START"),
        (b'1"2"', [b"1", b'"2"'], "START"),
        (b"1-2", [b"1"], "INTEGER"),
        (b'"a\\', [], "DOUBLE_ESCAPE"),
        (b"01", [], "ERROR"),
        (b"1. ", [], "ERROR"),
        (b"[A", [b"["], "ERROR"),
        (b'"\t"', [], "ERROR"),
        (b'"\\\n"', [], "ERROR"),
        (b'"\xfe"', [], "ERROR"),
    ],
)
def test_tokens(data: bytes, expected: list[bytes], state: str) -> None:
    assert tokens(data) == (expected, State[state])


@given(STREAMS)
def test_runs_stay_in_their_state(data: bytes) -> None:
    for state, run in RUNS.items():
        taken = run.match(data)
        assert taken is not None
        if state is State.START:
            assert not taken[0].strip(b" \t\n\r")
            continue
        for byte in taken[0]:
            state = TABLE[state][byte]
        assert state in RUNS


@given(STREAMS)
def test_shortcuts_take_whole_tokens(data: bytes) -> None:
    for shortcut in (ATOMS, GROUPS, OBJECT):
        match = shortcut.match(data)
        if match is not None:
            # As they stand in the stream: with what follows, which may go on with a number.
            following = data[match.end() : match.end() + 1]
            found, state = tokens(match[0] + following)
            taken, after = tokens(match[0])
            # A number or keyword at the end is complete because of what follows.
            complete = after is State.START or TABLE[after][following[0]] is State.END_BEFORE
            assert complete, shortcut
            assert found[: len(taken)] == taken
            assert state is not State.ERROR or len(found) >= len(taken)


@given(STREAMS)
def test_shortcuts_are_balanced(data: bytes) -> None:
    match = GROUPS.match(data)
    assert match is not None
    open_brackets: list[bytes] = []
    for token in tokens(match[0])[0]:
        if token in (b"{", b"["):
            open_brackets.append(token)
        elif token in (b"}", b"]"):
            assert open_brackets.pop() == {b"}": b"{", b"]": b"["}[token]
    assert not open_brackets
    flat = ATOMS.match(data)
    assert flat is not None
    assert not {b"{", b"}", b"[", b"]"} & set(tokens(flat[0])[0])


@pytest.mark.parametrize("text", [b'{"a": {"b": [1, "x"]}, "c": -1.5e3}', b"{}", b'{"a":"}"}'])
def test_object(text: bytes) -> None:
    match = OBJECT.match(b" \n" + text + b"\r\n{")
    assert match is not None
    assert match[1] == text
    assert match[0] == b" \n" + text + b"\r\n"


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b"{]", b'{"a": 01}', b'{"a": "\n"}', b"{'a': 1}", b'{"a": tru', b"{@}"]
)
def test_no_object(text: bytes) -> None:
    assert OBJECT.match(text) is None


def test_skipped() -> None:
    stops = {each for each in range(256) if not re.fullmatch(SKIPPED, bytes([each]))}
    assert stops == {*b"{}[]:,", *range(0x20), 0xFE, 0xFF} - {ord("\t")}
