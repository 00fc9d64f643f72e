"""Conditions under a configuration."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.ir import All, Any, Cond, Not, Symbol
from qapigen.compiler.passes.select import KEEP_ALL, NONE_DEFINED, Config, evaluate, remaining

A, B, C = Symbol("A"), Symbol("B"), Symbol("C")
A_ON = Config(frozenset({"A"}))
A_OFF = Config(undefined=frozenset({"A"}))
ONLY_A = Config(frozenset({"A"}), complete=True)


@pytest.mark.parametrize(
    ("cond", "config", "left"),
    [
        (None, KEEP_ALL, True),
        (None, NONE_DEFINED, True),
        (A, KEEP_ALL, A),
        (A, A_ON, True),
        (A, A_OFF, False),
        (A, NONE_DEFINED, False),
        (B, A_ON, B),
        (B, ONLY_A, False),
        (Not(A), A_ON, False),
        (Not(A), A_OFF, True),
        (Not(B), A_ON, Not(B)),
        (Not(A), NONE_DEFINED, True),
        (All((A, B)), A_ON, B),
        (All((A, B)), A_OFF, False),
        (All((A, B)), ONLY_A, False),
        (All((B, A, C)), A_ON, All((B, C))),
        (All((A,)), A_ON, True),
        (Any((A, B)), A_ON, True),
        (Any((A, B)), A_OFF, B),
        (Any((B, A, C)), A_OFF, Any((B, C))),
        (Any((A,)), A_OFF, False),
        (Any((Not(A), All((A, B)))), A_ON, B),
        (Not(All((A, Not(B)))), A_ON, Not(Not(B))),
    ],
)
def test_what_is_left(cond: Cond | None, config: Config, left: Cond | bool) -> None:
    assert remaining(cond, config) == left
    assert evaluate(cond, config) is (left if isinstance(left, bool) else None)


def test_values_of_symbols() -> None:
    assert [A_ON.value(name) for name in "AB"] == [True, None]
    assert [A_OFF.value(name) for name in "AB"] == [False, None]
    assert [ONLY_A.value(name) for name in "AB"] == [True, False]
    assert KEEP_ALL.value("A") is None
    assert NONE_DEFINED.value("A") is False


SYMBOLS = ("A", "B", "C")
CONDS: st.SearchStrategy[Cond] = st.recursive(
    st.sampled_from(SYMBOLS).map(Symbol),
    lambda inner: inner.map(Not)
    | st.lists(inner, min_size=1, max_size=3).map(tuple).map(All)
    | st.lists(inner, min_size=1, max_size=3).map(tuple).map(Any),
    max_leaves=8,
)


def holds(cond: Cond, defined: frozenset[str]) -> bool:
    """A plain evaluation to compare with."""
    match cond:
        case Symbol(name):
            return name in defined
        case Not(inner):
            return not holds(inner, defined)
        case All(conds):
            return all(holds(c, defined) for c in conds)
        case Any(conds):
            return any(holds(c, defined) for c in conds)


@given(CONDS, st.sampled_from(SYMBOLS), st.booleans())
def test_deciding_in_two_steps_is_deciding_at_once(cond: Cond, first: str, value: bool) -> None:
    known = Config(frozenset({first})) if value else Config(undefined=frozenset({first}))
    left = remaining(cond, known)
    for chosen in itertools.product((False, True), repeat=3):
        defined = frozenset(name for name, on in zip(SYMBOLS, chosen, strict=True) if on)
        if (first in defined) is not value:
            continue
        complete = Config(defined, complete=True)
        assert evaluate(cond, complete) is holds(cond, defined)
        assert (left if isinstance(left, bool) else evaluate(left, complete)) is holds(
            cond, defined
        )
