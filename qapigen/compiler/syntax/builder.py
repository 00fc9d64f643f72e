"""Tokens to tree nodes and documentation blocks, rule by rule.

In: the parts of a rule: tokens, and what was built of inner rules.  Out: what the rule stands for.
Must not know: lark, in which order rules are reduced.
"""

from __future__ import annotations

from typing import Any

from ..diagnostics import Note
from ..ir import Doc, Section
from ..source import Span
from .lexer import Source
from .sections import DocStart
from .tree import Array, Broken, Entry, Object, Value

__all__ = ["Builder", "Item"]

#: A documentation block, a top-level value, or the place of something that was left out.
Item = Doc | Value | Broken


class Builder:
    """A method for each rule of the grammar, called while a parser runs: there is no other tree.

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
