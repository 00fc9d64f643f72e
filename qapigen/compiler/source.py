"""Source files and places in them.

In: the text of a schema file, newlines already normalised to ``\\n``.
Out: :class:`SourceFile` and :class:`Span`, which every later stage carries along.
Must not know: the file system, the language, diagnostics.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["ReadError", "Reader", "SourceFile", "Span", "source_order"]


class ReadError(Exception):
    """A source that cannot be read; ``str()`` is the reason, without the path."""


#: Gives the text of a path, with ``\n`` as the only line end; raises :class:`ReadError`.
Reader = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One schema file.

    ``path`` is how messages show it: the root as the user wrote it, an included file as the
    directory of its includer joined with the written path.  ``module`` is its name in the
    schema: the path relative to the directory of the root.  ``included_from`` is the
    include directive that first named it, None for the root.  Files compare by identity.
    """

    path: str
    module: str
    text: str = field(repr=False)
    included_from: Span | None = None

    @cached_property
    def line_starts(self) -> list[int]:
        """Offsets of the first character of each line."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, a tab as one column.

        The end of the text belongs to the last line that has any, one column past its last
        character (QAPI language, positions).
        """
        if offset >= len(self.text) and self.text.endswith("\n"):
            offset = len(self.text) - 1
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line (counted from 1), without its newline."""
        start = self.line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` up to, not including, ``end`` of a file."""

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.file.position(self.start)[1]

    @property
    def end_line(self) -> int:
        """Line of the place just behind the last character, from 1."""
        return self.file.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """Column of the place just behind the last character, from 1."""
        return self.file.position(self.end)[1]

    @property
    def include_trail(self) -> tuple[Span, ...]:
        """The include directives that led to this file, the root's first."""
        trail: list[Span] = []
        at = self.file.included_from
        while at is not None:
            trail.append(at)
            at = at.file.included_from
        return tuple(reversed(trail))

    def __str__(self) -> str:
        line, column = self.file.position(self.start)
        return f"{self.file.path}:{line}:{column}"


def source_order(span: Span) -> tuple[Any, ...]:
    """A sort key: the order of the text with each file in place of the include that named it."""
    return (*(place.start for place in span.include_trail), span.start)
