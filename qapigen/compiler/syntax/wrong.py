"""What is not well formed: lark reads it once more and tells what it expected.

In: a source that the table does not fit.  Out: its well-formed items, a
:class:`~.tree.Broken` for each place that is not; lark's exceptions become diagnostics here.

After a syntax error reading goes on at the next line that starts a definition or a
documentation block, so that one run tells about all of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..diagnostics import Note
from ..ir import Doc
from .builder import Item
from .grammar import UnexpectedToken
from .grammar import parser as lark_parser
from .lexer import END, KEY, Source
from .tree import Array, Bool, Broken, Null, Object, Str

__all__ = ["parse_wrong"]

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


def parse_wrong(source: Source) -> list[Item]:
    """The items of a source with syntax errors, which are reported."""
    items: list[Item] = []
    parser: Any = lark_parser()
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
    notes = _opened(stack, source) if token.type != "COLON" else []
    source.report.error(slug, span, f"{message}, not {_show(token)}", notes=notes, hint=hint)


def _opened(stack: list[Any], source: Source) -> list[Note]:
    """Where the innermost bracket that is still open was opened, if there is one."""
    for value in reversed(stack):
        kind = getattr(value, "type", None)
        if kind in ("LBRACE", "LBRACKET"):
            return [Note(f"{_SHOWN[kind]} was opened here", source.span(value.start, value.end))]
    return []


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
