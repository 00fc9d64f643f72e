"""Running lark's parse table in a loop of our own.

In: the table that lark made of the grammar, tokens.  Out: the items, or None as soon as a token
does not fit; then lark's own loop reads the same tokens, for it can tell what it expected.
Must not know: the grammar, what is built, lark's modules.

A state is its row of moves, and a move holds all that is needed to follow it, so that the loop
looks up one thing for each token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Reduction", "Row", "linked", "run"]

#: What to do at each type of token, and behind each symbol: go to a state, or reduce.
Row = dict[str, Any]


class Reduction(NamedTuple):
    """The end of a rule: how many parts it has, what is made of them, the symbol it stands for."""

    size: int
    build: Callable[[list[Any]], Any]
    symbol: str


def linked(table: Sequence[Mapping[str, Any]], builder: object) -> list[Row]:
    """The rows of a table's states, each of which holds those that it leads to.

    A move is the number of a state, or the size and the name of a rule, for which ``builder`` has
    a method.
    """
    rows: list[Row] = [{} for _ in table]
    for row, moves in zip(rows, table, strict=True):
        for symbol, move in moves.items():
            if isinstance(move, int):
                row[sys.intern(symbol)] = rows[move]
            else:
                size, rule = move
                row[sys.intern(symbol)] = Reduction(size, getattr(builder, rule), sys.intern(rule))
    return rows


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
