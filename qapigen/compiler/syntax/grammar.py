"""The grammar, read by lark: a parser that can tell what is wrong, and the table it works by.

In: ``schema.lark``.  Out: lark's parser; its table as plain data, kept in ``table.json``.
Making the table takes longer than reading most schemas, and so does importing lark: what is right
is read with the table alone (:mod:`.parse`), and only what is not comes here.

``python -m qapigen.compiler.syntax.grammar`` prints the table; a test compares it with the file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from lark import Lark, UnexpectedToken
from lark.lexer import Lexer

from .builder import Builder
from .lexer import KEY, tokens

__all__ = ["UnexpectedToken", "parser", "table", "table_text"]


class _Lexer(Lexer):
    """Gives lark our tokens; a :class:`~.lexer.Source` takes the place of a text."""

    def __init__(self, lexer_conf: object) -> None:
        """lark hands over its configuration, none of which concerns our lexer."""

    def lex(self, source: Any) -> Iterator[Any]:  # type: ignore[override]  # lark: interface 0
        token: Any
        for token in tokens(source):
            if token.type == KEY:  # lark reads what is wrong, and tells of its smallest parts
                yield from token.parts(source.file.text)
            else:
                yield token


@cache
def parser() -> Lark:
    """The one parser for all dialects: what differs is in the tokens and in later checks."""
    builder: Any = Builder()
    return Lark.open(
        "schema.lark",
        rel_to=__file__,
        parser="lalr",
        lexer=_Lexer,
        transformer=builder,
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def table() -> list[dict[str, Any]]:
    """The moves of each state, the first state being the start.

    A move leads to a state by its number, or ends a rule: ``[size, rule]``.
    """
    lark: Any = parser()
    conf = lark.parse_interactive().parser_state.parse_conf
    order = _reached(conf.start_state, conf.states)
    numbers = {state: number for number, state in enumerate(order)}
    return [
        {str(symbol): _move(conf.states[state][symbol][1], numbers) for symbol in _sorted(moves)}
        for state in order
        for moves in [conf.states[state]]
    ]


def _reached(start: int, states: Mapping[int, Mapping[str, tuple[object, Any]]]) -> list[int]:
    """All states in an order that lark's own numbers have no part in."""
    order = [start]
    for state in order:
        for symbol in _sorted(states[state]):
            target = states[state][symbol][1]
            if isinstance(target, int) and target not in order:
                order.append(target)
    return order


def _sorted(moves: Mapping[str, object]) -> list[str]:
    return sorted(moves, key=str)


def _move(target: Any, numbers: Mapping[int, int]) -> int | list[object]:
    if isinstance(target, int):
        return numbers[target]
    return [len(target.expansion), str(target.origin.name)]


def table_text() -> str:
    """The table as it is kept: a line for each state."""
    return "[\n" + ",\n".join(json.dumps(row) for row in table()) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(table_text())
