"""Text of a file to syntax trees and documentation blocks.

In: a :class:`~.lexer.Source`.  Out: the top-level items in order; problems go to the report.

What is right is read here, with the table that lark made of the grammar.  What is not is read
again, from the start, by lark itself (:mod:`.wrong`): problems that the tokens have told before
are not told twice.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from ..ir import Doc
from .builder import Builder, Item
from .lexer import Source, tokens
from .shift_reduce import Row, linked, run
from .tree import Broken, Object

__all__ = ["Item", "parse"]


@cache
def _start() -> Row:
    """The first state of the parser's table, which leads to all others."""
    with open(os.path.join(os.path.dirname(__file__), "table.json"), encoding="ascii") as file:
        return linked(json.load(file), Builder())[0]


def parse(source: Source) -> list[Item]:
    """The items of a source, those that are not well formed as :class:`~.tree.Broken`."""
    built = run(_start(), tokens(source))
    items = _wrong(source) if built is None else _flat(built)
    _check_top_level(items, source)
    return items


def _flat(built: list[Any]) -> list[Item]:
    """The list of items; there is none if there are no items."""
    return built[0] if built else []


def _wrong(source: Source) -> list[Item]:
    from .wrong import parse_wrong  # imports lark, which takes longer than reading a schema

    return parse_wrong(source)


def _check_top_level(items: list[Item], source: Source) -> None:
    """Other values than objects parse, so that reading can go on behind them."""
    slug = "top-level-not-definition" if source.dialect.any_top_level else "top-level-not-object"
    for item in items:
        if not isinstance(item, Doc | Object | Broken):
            source.report.error(
                slug,
                source.span(item.start, item.start + 1),
                "expected '{': a schema is a sequence of objects",
                focus=source.span(item.start, item.end),
            )
