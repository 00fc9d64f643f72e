"""Definitions in the making, and the way their problems are reported.

In: an expression and what is found out about it.  Out: :class:`Draft`.
Must not know: any rule of the language.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..codes import CODES
from ..diagnostics import Definition as Subject
from ..diagnostics import Diagnostic, Note
from ..ir import Alternative, Definition, Doc, EnumValue, Feature, Member
from ..source import Span
from ..syntax.tree import Array, Expression, Object, Value
from .context import Context
from .names import Problem

__all__ = ["Draft", "Part", "Place"]

#: What the documentation of a definition describes by name.
Part = Member | EnumValue | Alternative


class Place(Protocol):
    """Anything that stands somewhere in the text of its file."""

    @property
    def start(self) -> int:
        """Offset of the first character."""
        ...

    @property
    def end(self) -> int:
        """Offset behind the last character."""
        ...


class Draft:
    """An expression on its way to a definition.

    ``index`` counts expressions in source order.  ``kind`` and ``name`` are empty until they
    are known, and for good where they cannot be known.  A ``broken`` draft has a problem of
    its own, so nobody may conclude anything from it; its ``definition`` may be missing.

    ``parts`` are the definition's own members, values or alternatives, ``features`` its own and
    theirs; ``described`` and ``described_features`` are the names that its documentation has.
    """

    __slots__ = (
        "broken",
        "context",
        "definition",
        "described",
        "described_features",
        "expression",
        "features",
        "index",
        "kind",
        "name",
        "parts",
    )

    def __init__(self, context: Context, expression: Expression, index: int) -> None:
        self.context = context
        self.expression = expression
        self.index = index
        self.kind = ""
        self.name = ""
        self.definition: Definition | None = None
        self.broken = False
        self.parts: tuple[Part, ...] = ()
        self.features: tuple[Feature, ...] = ()
        self.described: frozenset[str] = frozenset()
        self.described_features: frozenset[str] = frozenset()

    @property
    def brace(self) -> Span:
        """The opening brace: where the language puts the problems of a definition."""
        start = self.expression.value.start
        return Span(self.expression.file, start, start + 1)

    @property
    def subject(self) -> Subject | None:
        """What diagnostics are about; None until the name is known."""
        return Subject(self.kind, self.name) if self.kind and self.name else None

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'" if self.subject else "this definition"

    @property
    def doc(self) -> Doc | None:
        """Its documentation; a block for another name is not."""
        doc = self.expression.doc
        return doc if doc is not None and doc.symbol == self.name else None

    def span(self, place: Place) -> Span:
        """A part of this expression as a span."""
        return Span(self.expression.file, place.start, place.end)

    def value(self, *path: str) -> Value:
        """The value under nested keys, or the innermost that exists.

        For messages; it may cost a little.
        """
        value = self.expression.value
        for key in path:
            if not isinstance(value, Object) or key not in value.entries:
                break
            value = value.entries[key].value
        return value

    def type_node(self, *path: str) -> Value:
        """The type name under nested keys, in short or long form, inside an array or not."""
        value = self.value(*path, "type")
        return value.items[0] if isinstance(value, Array) and value.items else value

    def error(
        self,
        slug: str,
        message: str,
        *,
        focus: Place | None = None,
        at: Span | None = None,
        notes: Iterable[Note] = (),
        hint: str | None = None,
    ) -> None:
        """Report a problem; ``at`` replaces the opening brace as its place.

        Problems of documentation leave the definition usable, all others break it.
        """
        if not slug.startswith("doc-"):
            self.broken = True
        shown = None if focus is None else self.span(focus)
        found = Diagnostic(
            CODES[slug], message, at or self.brace, shown, self.subject, tuple(notes), hint
        )
        self.context.findings.add(found, self.index)

    def bad_name(self, problem: Problem, what: str, focus: Place) -> None:
        """Report what naming rules say; ``what`` is the subject of the message."""
        self.error(problem.slug, f"{what} {problem.text}", focus=focus, hint=problem.hint)
