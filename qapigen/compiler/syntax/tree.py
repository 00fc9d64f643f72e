"""What was written: JSON-ish values, top-level expressions, documentation blocks.

In: nothing.  Out: the node types, immutable and light (a schema has tens of thousands).
Must not know: lark, what any of it means.

``start`` and ``end`` are offsets into the text of the file the node stands in.
"""

from __future__ import annotations

from typing import NamedTuple

from ..ir import Doc, Module
from ..source import SourceFile, Span

__all__ = [
    "Array",
    "Bool",
    "Broken",
    "Entry",
    "Expression",
    "Null",
    "Object",
    "Pragmas",
    "SourceTree",
    "Str",
    "Value",
]


class Str(NamedTuple):
    """A string, escapes decoded."""

    text: str
    start: int
    end: int


class Bool(NamedTuple):
    """``true`` or ``false``."""

    value: bool
    start: int
    end: int


class Null(NamedTuple):
    """``null`` (dialect 2018)."""

    start: int
    end: int


class Array(NamedTuple):
    """``[ ... ]``."""

    items: tuple[Value, ...]
    start: int
    end: int


class Entry(NamedTuple):
    """A key of an object and its value."""

    key: Str
    value: Value


class Object(NamedTuple):
    """``{ ... }``.  ``entries`` keep the order of the source; keys are distinct."""

    entries: dict[str, Entry]
    start: int
    end: int


Value = Str | Bool | Null | Array | Object


class Broken(NamedTuple):
    """The place of a top-level item that is not well formed: where it goes wrong."""

    start: int
    end: int


class Expression(NamedTuple):
    """A top-level value of a file: a definition, or something that wants to be one.

    Directives are not among them; loading has followed those.  ``doc`` is the definition
    documentation block directly before it.
    """

    file: SourceFile
    value: Value
    doc: Doc | None

    def span(self, node: Value | None = None) -> Span:
        """Where ``node``, or the whole expression, stands."""
        at = self.value if node is None else node
        return Span(self.file, at.start, at.end)


class Pragmas(NamedTuple):
    """The settings in force for the whole schema: of each key, the last one in source order.

    ``lists`` holds the names given to each list pragma; a key that no file sets is absent.
    ``places`` says where each name stands.
    """

    doc_required: bool
    lists: dict[str, frozenset[str]]
    places: dict[str, dict[str, Span]] = {}  # noqa: RUF012 - never changed

    def names(self, pragma: str | None) -> frozenset[str]:
        """The names that ``pragma`` lists; none for a pragma that the dialect lacks."""
        return self.lists.get(pragma, frozenset()) if pragma else frozenset()


class SourceTree(NamedTuple):
    """All files of a schema as written.

    ``expressions`` and ``docs`` are in source order: the root's text with each included file in
    place of the first include that names it.  ``modules``: the root first.
    """

    modules: tuple[Module, ...]
    expressions: tuple[Expression, ...]
    docs: tuple[Doc, ...]
    pragmas: Pragmas
