"""Documentation blocks to section tokens.

In: the extent of a block.  Out: tokens for ``doc.lark``, one for each section.
The two families of dialects cut differently: in :mod:`.sections_modern` indentation and blank
lines tell where a section ends, in :mod:`.sections_classic` it ends where the next one starts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Report
from ..dialect import Dialect
from ..source import SourceFile, Span
from .comments import check_format, read_lines
from .section_cutter import DocToken, SectionToken
from .sections_classic import ClassicCutter
from .sections_modern import ModernCutter

__all__ = ["cut"]


def cut(
    file: SourceFile, start: int, end: int, dialect: Dialect, report: Report
) -> Iterator[DocToken | SectionToken]:
    """The section tokens of the block from ``start`` to ``end``, DOC_END last."""
    lines = read_lines(file, start, end, report)
    opening = Span(file, start, start + 2)
    closing = Span(file, end - 2, end)
    if dialect.docs == "modern":
        check_format(file, lines, report)
        cutter: ModernCutter | ClassicCutter = ModernCutter(closing, lines, dialect, report)
    else:
        cutter = ClassicCutter(closing, lines, dialect, report)
    symbol = cutter.symbol()
    if symbol is None:
        yield DocToken("DOC_FREE_FORM", opening)
        yield from cutter.free_form()
    else:
        yield DocToken("DOC_SYMBOL", opening, symbol)
        yield from cutter.definition()
    yield DocToken("DOC_END", Span(file, start, end))
