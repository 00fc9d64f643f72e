"""The loop over a parse table: right input is built, anything else is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.syntax.shift_reduce import Reduction, linked, run


@dataclass(frozen=True)
class Token:
    type: str


# list: ITEM | list COMMA ITEM, then END
TABLE: list[dict[str, Any]] = [
    {"ITEM": 1, "list": 2},
    {"COMMA": [1, "list"], "END": [1, "list"]},
    {"COMMA": 3, "END": 5},
    {"ITEM": 4},
    {"COMMA": [3, "list"], "END": [3, "list"]},
    {},
]


class Lists:
    def list(self, parts: list[Any]) -> list[Any]:
        return parts if len(parts) == 1 else [*parts[0], parts[2]]


ROWS = linked(TABLE, Lists())


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
