"""Running lark's parse table in a loop of our own.

In: the table that lark made of the grammar, tokens.  Out: the items, or None as soon as a token
does not fit; then lark's own loop reads the same tokens, for it can tell what it expected.
Must not know: the grammar, what is built, lark's modules.

lark's loop looks up the callback, the symbol and the size of a rule at each reduction; they are
looked up here once.  A state is its row of moves, so that no number of a state is looked up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["Reduction", "Row", "linked", "run"]

#: What to do at each type of token, and behind each symbol: go to a state, or reduce.
Row = dict[str, Any]


class Reduction(NamedTuple):
    """The end of a rule: how many parts it has, what is made of them, the symbol it stands for."""

    size: int
    build: Callable[[list[Any]], Any]
    symbol: str


def linked(
    states: Mapping[int, Mapping[str, tuple[object, Any]]],
    callbacks: Mapping[Any, Callable[[list[Any]], Any]],
) -> dict[int, Row]:
    """The rows of lark's states, each of which holds those that it leads to."""
    rows: dict[int, Row] = {state: {} for state in states}
    for state, moves in states.items():
        for symbol, (_, target) in moves.items():
            rows[state][_plain(symbol)] = (
                rows[target]
                if isinstance(target, int)
                else Reduction(len(target.expansion), callbacks[target], _plain(target.origin.name))
            )
    return rows


def _plain(symbol: str) -> str:
    """A string that a dictionary finds by identity: lark's own ones compare in Python."""
    return sys.intern(str(symbol))


def run(start: Row, tokens: Iterable[Any]) -> list[Any] | None:
    """What was built of all tokens but the last, which ends the text; None if one does not fit.

    No rule of the grammar is empty.
    """
    row, rows, values = start, [start], list[Any]()
    for token in tokens:
        kind = token.type
        move = row.get(kind)
        while type(move) is Reduction:
            size, build, symbol = move
            parts = values[-size:]
            del values[-size:], rows[-size:]
            row = rows[-1][symbol]
            rows.append(row)
            values.append(build(parts))
            move = row.get(kind)
        if move is None:
            return None
        row = move
        rows.append(row)
        values.append(token)
    return values[:-1]
