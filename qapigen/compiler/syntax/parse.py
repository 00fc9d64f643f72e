"""Text of a file to syntax trees and documentation blocks.

In: a :class:`~.lexer.Source`.  Out: the top-level items in order; problems go to the report.
Only this room knows lark; its exceptions become diagnostics here.

After a syntax error reading goes on at the next line that starts a definition or a
documentation block, so that one run tells about all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from lark import Lark, Transformer, UnexpectedToken
from lark.lexer import Lexer

from ..diagnostics import Note
from ..ir import Doc, Section
from ..source import Span
from .lexer import END, KEY, Source, tokens
from .sections import DocStart
from .shift_reduce import Row, linked, run
from .tree import Array, Bool, Broken, Entry, Null, Object, Str, Value

__all__ = ["Item", "parse"]

#: A documentation block, a top-level value, or the place of something that was left out.
Item = Doc | Value | Broken

_ITEMS = (Doc, Str, Bool, Null, Array, Object)
_RESUME = re.compile(r"^(?:\{|##)", re.MULTILINE)
_SHOWN = {
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LBRACKET": "'['",
    "RBRACKET": "']'",
    "COLON": "':'",
    "COMMA": "','",
    END: "the end of the file",
}


class _Builder(Transformer[Any, Any]):
    """Makes tree nodes of the parts of a rule, called while lark parses: there is no lark tree.

    Rules for lists are left recursive: their first part is the list so far, but for the first.
    """

    def start(self, parts: list[Any]) -> list[Item]:
        return parts[0] if len(parts) == 2 else []

    def items(self, parts: list[Any]) -> list[Item]:
        if len(parts) == 1:
            return parts
        parts[0].append(parts[1])
        found: list[Item] = parts[0]
        return found

    def object(self, parts: list[Any]) -> Object:
        if len(parts) == 2:
            return Object({}, parts[0].start, parts[1].end)
        brace, members, end = parts
        entries = {entry.key.text: entry for entry in members}
        if len(entries) != len(members):
            entries = _first_of_each(members, brace.source)
        return Object(entries, brace.start, end.end)

    def members(self, parts: list[Any]) -> list[Entry]:
        if len(parts) < 4:
            return [Entry(parts[0], parts[-1])]
        found: list[Entry] = parts[0]
        found.append(Entry(parts[2], parts[-1]))
        return found

    def array(self, parts: list[Any]) -> Array:
        elements = parts[1] if len(parts) == 3 else ()
        return Array(tuple(elements), parts[0].start, parts[-1].end)

    def elements(self, parts: list[Any]) -> list[Value]:
        if len(parts) == 1:
            return parts
        found: list[Value] = parts[0]
        found.append(parts[2])
        return found

    def doc(self, parts: list[Any]) -> Doc:
        head: DocStart = parts[0]
        sections: list[Section] = parts[1] if len(parts) == 3 else []
        symbol = head.name if head.type == "DOC_SYMBOL" else None
        span: Span = parts[-1].span
        return Doc(symbol, span.file.module, span, tuple(sections))

    def sections(self, parts: list[Any]) -> list[Section]:
        if len(parts) == 1:
            return list(parts[0].sections)
        found: list[Section] = parts[0]
        found += parts[1].sections
        return found


def _first_of_each(pairs: list[Entry], source: Source) -> dict[str, Entry]:
    """The entries without those whose key was there before, which are reported."""
    entries: dict[str, Entry] = {}
    for entry in pairs:
        first = entries.setdefault(entry.key.text, entry)
        if first is not entry:
            value = entry.value
            source.report.error(
                "duplicate-key",
                source.span(value.start, value.start + 1),
                f"the key '{entry.key.text}' is given twice",
                focus=source.span(entry.key.start, entry.key.end),
                notes=[Note("first given here", source.span(first.key.start, first.key.end))],
            )
    return entries


class _Lexer(Lexer):
    """Gives lark our tokens; a :class:`Source` takes the place of a text."""

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
def _parser() -> Lark:
    """The one parser for all dialects: what differs is in the tokens and in later checks."""
    return Lark.open(
        "schema.lark",
        rel_to=__file__,
        parser="lalr",
        lexer=_Lexer,
        transformer=_Builder(visit_tokens=False),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


@cache
def _start() -> Row:
    """The first state of the parser's table, which leads to all others.

    lark makes the table, the loop is ours: it is quicker.
    """
    parser: Any = _parser()
    conf = parser.parse_interactive().parser_state.parse_conf
    return linked(conf.states, conf.callbacks)[conf.start_state]


def parse(source: Source) -> list[Item]:
    """The items of a source, those that are not well formed as :class:`~.tree.Broken`."""
    # What is right is read once.  What is not is read again by lark, from the start: problems
    # that the tokens have told before are not told twice.
    built = run(_start(), tokens(source))
    items = _parse_wrong(source) if built is None else _flat(built)
    _check_top_level(items, source)
    return items


def _flat(built: list[Any]) -> list[Item]:
    """The list of items; there is none if there are no items."""
    return built[0] if built else []


def _parse_wrong(source: Source) -> list[Item]:
    """The items of a source with syntax errors, which are reported."""
    items: list[Item] = []
    parser: Any = _parser()
    while True:
        try:
            items += parser.parse(source)
            break
        except UnexpectedToken as error:
            items += _items_before(error)
            items.append(Broken(error.token.start, error.token.end))
            _report(error, source)
            resume = _resume(error.token, source)
            if resume is None or source.report.full:
                break
            source = replace(source, start=resume)
    return items


def _items_before(error: UnexpectedToken) -> list[Item]:
    """The complete items that were read before the error, found on the parser's stack."""
    parser: Any = error.interactive_parser
    items: list[Item] = []
    for value in parser.parser_state.value_stack:
        found = value if isinstance(value, list) else [value]  # the items, or the last of them
        if not all(isinstance(item, _ITEMS) for item in found):
            break
        items += found
    return items


def _resume(token: Any, source: Source) -> int | None:
    """Where reading goes on: the next line that starts like a top-level item.

    It may be the line of the offending token itself, when an item before it was left open.
    """
    at = max(token.start, source.start + 1)
    found = _RESUME.search(source.file.text, at)
    return found.start() if found else None


# What was expected, told by what the parser would have accepted.


def _report(error: UnexpectedToken, source: Source) -> None:
    token: Any = error.token
    parser: Any = error.interactive_parser
    stack = parser.parser_state.value_stack
    before = stack[-1] if stack else None
    if _is_told(before, token, source):
        return
    # Behind a closing bracket the parser has yet to find out what it closes.
    expected = frozenset(error.accepts if token.type == "COLON" else error.expected) - {KEY}
    slug, message, hint = _explain(expected, token, source)
    if hint == _TRAILING and getattr(before, "type", None) != "COMMA":
        hint = None
    start = token.start
    span = source.span(start, max(token.end, start + 1) if token.type != END else start)
    source.report.error(slug, span, f"{message}, not {_show(token)}", hint=hint)


def _is_told(before: Any, token: Any, source: Source) -> bool:
    """Whether something that is no token, and was reported, stands in place of what is missing."""
    start = getattr(before, "start" if isinstance(before, Str) else "end", None)
    if not isinstance(start, int) or start >= token.start:
        return False
    return source.report.has_inside(source.span(start, token.start - 1))


_TRAILING = "take the comma before it away"


def _explain(expected: frozenset[str], token: Any, source: Source) -> tuple[str, str, str | None]:
    """The diagnostic, the start of its message and a hint."""
    literal = token.type in ("STRING", "TRUE", "FALSE", "LBRACE", "LBRACKET")
    comma = "put a comma before it" if literal else None
    if expected == {"COLON"}:
        return "expected-colon", "expected ':' behind the key", None
    if expected == {"COMMA", "RBRACE"}:
        return "expected-comma-or-brace", "expected ',' or '}'", comma
    if expected == {"COMMA", "RBRACKET"}:
        return "expected-comma-or-bracket", "expected ',' or ']'", comma
    trailing = _TRAILING if token.type in ("RBRACE", "RBRACKET") else None
    if expected == {"STRING"}:
        return "expected-key", "expected a key behind ','", trailing
    if expected == {"STRING", "RBRACE"}:
        return "expected-key-or-brace", "expected a key or '}'", None
    if "RBRACKET" in expected:
        return "expected-value-or-bracket", "expected a value or ']'", None
    if END in expected and not source.dialect.any_top_level:
        return "top-level-not-object", "expected '{'", None
    return "expected-value", "expected a value", trailing


def _show(token: Any) -> str:
    if token.type == "STRING":
        text = token.text if len(token.text) <= 40 else token.text[:40] + "..."
        return f"'{text}'"
    if token.type.startswith("DOC_"):
        return "a documentation block"
    return _SHOWN.get(token.type, f"'{token.type.lower()}'")


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
