"""Problems as data: what a stage found, collected, and how it is told.

Stages put :class:`Diagnostic` values into a :class:`Report` and go on; words live at the place
that finds the problem, presentation lives here (terminal) and nowhere else.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import Literal

from .codes import CODES, Code, Stage
from .records import record
from .source import SourceFile, Span, source_order

__all__ = [
    "MOST_DIAGNOSTICS",
    "Definition",
    "Diagnostic",
    "Note",
    "Report",
    "in_order",
    "one_line",
    "render_text",
]


@record(frozen=True, slots=True)
class Note:
    """A related place or remark, such as where a name was first defined."""

    message: str
    span: Span | None = None


@record(frozen=True, slots=True)
class Definition:
    """The definition that a diagnostic is about: its kind (``struct`` ...) and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


@record(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    ``span`` is the place the language blames: the token for problems of reading, the opening
    brace for problems of a definition.  ``focus`` is the exact text, where that is narrower.
    ``span`` is None only when there is no text at all; ``path`` then says what could not be
    read.  ``hint`` is a way out.  ``reached`` is how far the text must be read to find it, where
    that is beyond its place.
    """

    code: Code
    message: str
    span: Span | None
    focus: Span | None = None
    definition: Definition | None = None
    notes: tuple[Note, ...] = ()
    hint: str | None = None
    path: str | None = None
    promoted: bool = False  #: a warning that counts as an error
    reached: Span | None = None

    @property
    def severity(self) -> Literal["error", "warning"]:
        """How bad it is."""
        return "warning" if self.code.is_warning and not self.promoted else "error"


#: A report takes no more errors than this, and no more warnings: nobody reads more, and a damaged
#: file could have millions.
MOST_DIAGNOSTICS = 1000


class Report:
    """Collects diagnostics.  A place and code is reported once, however often it is found.

    A report that is full takes no more errors; reading a file ends then.
    """

    __slots__ = ("_errors", "_found", "_starts")

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self._starts: dict[SourceFile, list[int]] = {}  # sorted, of each file
        self._errors = 0

    def error(
        self,
        slug: str,
        span: Span | None,
        message: str,
        *,
        focus: Span | None = None,
        definition: Definition | None = None,
        notes: Iterable[Note] = (),
        hint: str | None = None,
        path: str | None = None,
        reached: Span | None = None,
    ) -> None:
        """Add a problem, or a warning; ``slug`` is one of :data:`.codes.CODES`."""
        said = (span, focus, definition, tuple(notes), hint, path)
        self.add(Diagnostic(CODES[slug], message, *said, reached=reached))

    def add(self, found: Diagnostic) -> None:
        """Add a problem that is complete already."""
        key = (found.code.slug, found.span, found.focus, found.message)
        if key in self._found:
            return
        if found.code.is_warning:
            if len(self._found) - self._errors < MOST_DIAGNOSTICS:
                self._found[key] = found
        elif not self.full:
            self._found[key] = found
            self._errors += 1
            if found.span is not None:
                insort(self._starts.setdefault(found.span.file, []), found.span.start)

    @property
    def full(self) -> bool:
        """Whether there is no room for more errors."""
        return self._errors >= MOST_DIAGNOSTICS

    @property
    def failed(self) -> bool:
        """Whether an error was reported; warnings do not count."""
        return self._errors > 0

    def has_inside(self, span: Span) -> bool:
        """Whether an error was reported within ``span``."""
        starts = self._starts.get(span.file, [])
        at = bisect_left(starts, span.start)
        return at < len(starts) and starts[at] <= span.end

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All that was found, :func:`in_order`."""
        return in_order(self._found.values())


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Errors of reading as reading comes to them, others as found, warnings in source order."""
    return tuple(sorted(found, key=_order))


def _order(diagnostic: Diagnostic) -> tuple[object, ...]:
    warning = diagnostic.severity == "warning"
    if not warning and diagnostic.code.stage is not Stage.READ:
        return (1,)
    # Of one place the first to be found comes first: a token is wrong before it is misplaced.
    span = diagnostic.span if warning else diagnostic.reached or diagnostic.span
    return (2 if warning else 0, source_order(span) if span else ())


# Terminal rendering.

_RED, _YELLOW, _BOLD = "\x1b[31;1m", "\x1b[33;1m", "\x1b[1m"
_BLUE, _RESET = "\x1b[34;1m", "\x1b[0m"


def render_text(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """All diagnostics for a terminal, each as ``path:line:col: error: text`` and its source."""
    return "".join(_render(d, color) for d in diagnostics)


def _render(diagnostic: Diagnostic, color: bool) -> str:
    place = one_line(str(diagnostic.span) if diagnostic.span else str(diagnostic.path))
    severity = diagnostic.severity
    hue = _YELLOW if severity == "warning" else _RED
    red, bold, reset = (hue, _BOLD, _RESET) if color else ("", "", "")
    message = f"{bold}{one_line(diagnostic.message)}{reset} [{diagnostic.code.id}]"
    lines = [f"{bold}{place}: {reset}{red}{severity}: {reset}{message}"]
    if diagnostic.definition is not None:
        lines.append(f"  in {one_line(str(diagnostic.definition))}")
    shown = diagnostic.focus or diagnostic.span
    if shown is not None:
        lines += _excerpt(shown, color, named=shown.line != _line(diagnostic.span))
    for note in diagnostic.notes:
        where = f"{one_line(str(note.span))}: " if note.span else ""
        lines.append(f"  {where}note: {one_line(note.message)}")
    if diagnostic.span is not None:
        lines += [
            f"  {one_line(at.file.path)}:{at.line}: note: included from here"
            for at in reversed(diagnostic.span.include_trail)
        ]
    if diagnostic.hint is not None:
        lines.append(f"  hint: {one_line(diagnostic.hint)}")
    return "\n".join(lines) + "\n"


def _line(span: Span | None) -> int:
    return span.line if span else 0


_SHOWN_COLUMNS = 160  # a schema may hold a line of a megabyte


def _excerpt(span: Span, color: bool, *, named: bool) -> list[str]:
    """The source line and a caret under the span, cut to what a terminal can show."""
    line, column = span.file.position(span.start)
    text = span.file.line_text(line)
    end = span.end_column if span.end_line == line else len(text) + 1
    first = max(0, column - 1 - _SHOWN_COLUMNS // 2)
    cut = text[first : first + _SHOWN_COLUMNS]
    carets = max(1, min(end, first + len(cut) + 1) - column)
    gutter = f"{line:>5} | "
    # Tabs stay tabs under the line, so that the caret stands right whatever their width.
    margin = "".join("\t" if c == "\t" else " " for c in cut[: column - 1 - first])
    red, blue, reset = (_RED, _BLUE, _RESET) if color else ("", "", "")
    shown = [f"{blue}{gutter}{reset}{_visible(cut)}"]
    shown.append(f"{blue}{' ' * 5} | {reset}{margin}{red}{'^' * carets}{reset}")
    return ([f"  {blue}-->{reset} {one_line(str(span))}"] if named else []) + shown


def _visible(text: str) -> str:
    """``text`` with control characters, which could play with the terminal, made harmless."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


_LONGEST_LINE = 1000  # so may a name be


def one_line(text: str) -> str:
    """``text`` as a part of one line: what is not printable is escaped, and it is not too long."""
    if len(text) > _LONGEST_LINE:
        text = f"{text[: _LONGEST_LINE // 2]}...{text[-_LONGEST_LINE // 2 :]}"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
