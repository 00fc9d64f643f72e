"""Documentation blocks to tokens.

In: the extent of a block.  Out: tokens for ``doc.lark``, one for each run of sections of a kind.
Regular blocks are cut by :mod:`.sections_regular`, the others line by line.  There the two
families of dialects differ: in :mod:`.sections_modern` indentation and blank lines tell where a
section ends, in :mod:`.sections_classic` it ends where the next one starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from ..diagnostics import Report
from ..dialect import Dialect
from ..ir import Section, SectionKind
from ..source import SourceFile, Span
from .comments import Line, check_format, read_lines, read_open_lines
from .sections_classic import ClassicCutter
from .sections_modern import ModernCutter
from .sections_regular import cut_regular

__all__ = ["DocEnd", "DocStart", "SectionRun", "cut", "cut_open"]

_TYPES = {
    SectionKind.TEXT: "DOC_TEXT",
    SectionKind.MEMBER: "DOC_MEMBERS",
    SectionKind.FEATURE: "DOC_FEATURES",
    SectionKind.TAGGED: "DOC_TAGGED",
}
_KIND = attrgetter("kind")


class DocStart(NamedTuple):
    """The start of a block.  ``name`` is the documented name, empty if there is none."""

    type: str
    start: int
    end: int
    name: str


class SectionRun(NamedTuple):
    """Sections of one kind in a row; never empty.  A token for all of them saves time."""

    type: str
    sections: list[Section]

    @property
    def start(self) -> int:
        """Offset of the first section."""
        return self.sections[0].span.start

    @property
    def end(self) -> int:
        """Offset behind the first line of the last section."""
        return self.sections[-1].span.end


class DocEnd(NamedTuple):
    """The end of a block; it knows where the whole of it stands."""

    span: Span
    type: str = "DOC_END"

    @property
    def start(self) -> int:
        """Offset of the block."""
        return self.span.start

    @property
    def end(self) -> int:
        """Offset behind the block."""
        return self.span.end


def cut(
    file: SourceFile, start: int, end: int, dialect: Dialect, report: Report
) -> Iterator[DocStart | SectionRun | DocEnd]:
    """The tokens of the block from ``start`` to ``end``, DOC_END last."""
    block = Span(file, start, end)
    if dialect.docs != "modern":
        regular = cut_regular(file, start, end, dialect)
        if regular is not None:
            return _tokens(block, *regular)
    cutter = _cutter(block, dialect, report)
    symbol = cutter.symbol()
    return _tokens(block, symbol, _sections(cutter, symbol))


def _tokens(
    block: Span, symbol: str | None, sections: Iterable[Section]
) -> Iterator[DocStart | SectionRun | DocEnd]:
    start = block.start
    kind = "DOC_FREE_FORM" if symbol is None else "DOC_SYMBOL"
    yield DocStart(kind, start, start + 2, symbol or "")
    for of_run, run in groupby(sections, _KIND):
        yield SectionRun(_TYPES[of_run], list(run))
    yield DocEnd(block)


def cut_open(
    file: SourceFile, start: int, end: int, dialect: Dialect, report: Report
) -> Iterator[DocStart | SectionRun | DocEnd]:
    """The tokens of a block that nothing closes before ``end``, as far as there are any.

    What is wrong with its lines is reported; what its end would tell, is not.
    """
    block, found = Span(file, start, end), Report()
    lines = read_open_lines(file, start, end, found)
    cutter = _cutter_of(lines, Span(file, end, end), dialect, found)
    symbol = cutter.symbol()
    for _ in _sections(cutter, symbol):
        pass
    for each in found.sorted():
        if each.span is not None and (each.reached or each.span).start < end:
            report.add(each)
    return _tokens(block, symbol, [])


def _cutter(block: Span, dialect: Dialect, report: Report) -> ModernCutter | ClassicCutter:
    """The cutter of a block that is cut line by line."""
    file, end = block.file, block.end
    lines = read_lines(file, block.start, end, report)
    return _cutter_of(lines, Span(file, end - 2, end), dialect, report)


def _cutter_of(
    lines: list[Line], closing: Span, dialect: Dialect, report: Report
) -> ModernCutter | ClassicCutter:
    file = closing.file
    if dialect.docs == "modern":
        if dialect.style:
            check_format(file, lines, report)
        return ModernCutter(closing, lines, dialect, report)
    return ClassicCutter(closing, lines, dialect, report)


def _sections(cutter: ModernCutter | ClassicCutter, symbol: str | None) -> Iterator[Section]:
    """The sections; none is cut, nor anything said about it, where the block has no place."""
    yield from cutter.free_form() if symbol is None else cutter.definition()
