"""Which markup the documentation of a dialect is written in.

In: the name of a dialect, and the blocks of free-form documentation.
Out: the parser for it; how deep headings lie.
Must not know: the schema, Markdown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...dialect import DIALECTS
from . import classic, rst
from .blocks import Block, Heading

__all__ = ["Outline", "Parse", "parser_for"]

#: Makes blocks of the text of a section.
Parse = Callable[[str], tuple[Block, ...]]

_PARSERS: dict[str, Parse] = {
    "texinfo": classic.parse,
    "headings": partial(rst.parse, equals_headings=True),
    "rst": rst.parse,
}


def parser_for(dialect: str) -> Parse:
    """The parser for sections in ``dialect``; what it does not know is modern."""
    known = DIALECTS.get(dialect)
    return _PARSERS["rst" if known is None else known.markup]


class Outline:
    """Levels of headings: a style ranks below all that the schema has used before it.

    That is how reStructuredText sees it, taking the whole schema for one document.  ``=`` and
    ``==`` have their level from the start.
    """

    def __init__(self) -> None:
        self._levels = {"=": 0, "==": 1}

    def level(self, heading: Heading) -> int:
        """The level, from 0.  Ask in source order."""
        return self._levels.setdefault(heading.style, len(self._levels))
