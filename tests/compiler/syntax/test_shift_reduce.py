"""The loop over a parse table: right input is built, anything else is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.syntax.shift_reduce import Reduction, linked, run


@dataclass(frozen=True)
class Symbol:
    name: str


@dataclass(frozen=True)
class Rule:
    origin: Symbol
    expansion: tuple[str, ...]


@dataclass(frozen=True)
class Token:
    type: str


# list: ITEM | list COMMA ITEM, then END
FIRST, MORE = Rule(Symbol("list"), ("ITEM",)), Rule(Symbol("list"), ("list", "COMMA", "ITEM"))
SHIFT, REDUCE = object(), object()
STATES: dict[int, dict[str, tuple[object, Any]]] = {
    0: {"ITEM": (SHIFT, 1), "list": (SHIFT, 2)},
    1: {"COMMA": (REDUCE, FIRST), "END": (REDUCE, FIRST)},
    2: {"COMMA": (SHIFT, 3), "END": (SHIFT, 5)},
    3: {"ITEM": (SHIFT, 4)},
    4: {"COMMA": (REDUCE, MORE), "END": (REDUCE, MORE)},
    5: {},
}
ROWS = linked(STATES, {FIRST: lambda parts: [parts[0]], MORE: lambda p: [*p[0], p[2]]})


def built(kinds: list[str]) -> list[Any] | None:
    return run(ROWS[0], map(Token, kinds))


def test_rows_lead_to_rows() -> None:
    assert ROWS[0]["ITEM"] is ROWS[1]
    assert ROWS[2]["END"] is ROWS[5]
    move = ROWS[4]["COMMA"]
    assert isinstance(move, Reduction)
    assert (move.size, move.symbol) == (3, "list")


@pytest.mark.parametrize("count", [1, 2, 5, 1000])
def test_what_fits_is_built(count: int) -> None:
    kinds = [*(["ITEM", "COMMA"] * count)[:-1], "END"]
    assert built(kinds) == [[Token("ITEM")] * count]


@given(st.lists(st.sampled_from(["ITEM", "COMMA", "END", "list", "OTHER"]), max_size=6))
def test_what_does_not_fit_is_none(kinds: list[str]) -> None:
    """Names of symbols are no types of tokens; behind the end nothing fits."""
    words = [kind for kind in kinds if kind != "list"]
    count = (len(words) + 1) // 2
    right = [*(["ITEM", "COMMA"] * count)[:-1]]
    found = built([*words, "END"])
    assert found == ([[Token("ITEM")] * count] if words and words == right else None)
