"""Documentation text of the 2018 dialect to blocks.

In: the text of a section.  Out: blocks.
Must not know: the schema, Markdown.

The markup is made of line starts, without nesting: ``= `` and ``== `` for headings, ``| `` for
lines of an example, ``* ``, ``- `` and numbers for items.  A list ends at the first other line
behind a blank one.  In a line there are ``*strong*``, ``_emphasis_`` and ``@name``.  Indentation
means nothing.  (QAPI language, documentation comments.)
"""

from __future__ import annotations

import re

from .blocks import (
    Block,
    Emphasis,
    Fence,
    Heading,
    Inline,
    Link,
    Listing,
    Name,
    Paragraph,
    Strong,
    Text,
)
from .text_lines import guess_language

__all__ = ["inlines", "parse"]

_HEADING = re.compile(r"(==?) (\S.*)")
_ITEM = re.compile(r"(?:[*-]|(\d{1,8})\.) (.*)")
_MARKUP = re.compile(
    r"""
      (?<!\w) \* (?P<strong> (?=\S) [^*\n]+ (?<=\S) ) \* (?!\w)
    | (?<!\w) _ (?P<emphasis> (?=[^\s_]) [^_\n]+ (?<=\S) ) _ (?!\w)
    | (?<![\w@]) @ (?P<name> \w (?: [\w-]* \w )? )
    | (?<!\w) (?P<url> (?:https?|ftp):// [^\s<>"`]* [^\s<>"`.,;:!?'*\]})] )
    """,
    re.VERBOSE,
)


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of ``text``."""
    reader = _Reader()
    for line in text.split("\n"):
        reader.add(line.strip())
    reader.end_list()
    return tuple(reader.blocks)


class _Reader:
    """Collects lines; at most one of ``example`` and ``paragraph`` has any."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.paragraph: list[str] = []
        self.example: list[str] = []
        self.item: list[Block] = []  # the blocks of the item at hand
        self.items: list[tuple[Block, ...]] = []
        self.number: str | None = None  # of the first item
        self.in_list = False
        self.blank = False

    def add(self, line: str) -> None:
        """Take the next line, stripped."""
        if line == "|" or line.startswith("| "):
            if not self.example:
                self.end_paragraph()
            self.example.append(line[2:])
            self.blank = False
            return
        self.end_example()
        if not line:
            self.end_paragraph()
        elif heading := _HEADING.fullmatch(line):
            self.end_list()
            self.blocks.append(Heading(heading[1], inlines(heading[2])))
        elif item := _ITEM.fullmatch(line):
            self.begin_item(item)
        else:
            if self.in_list and self.blank:
                self.end_list()
            self.paragraph.append(line)
        self.blank = not line

    def begin_item(self, found: re.Match[str]) -> None:
        """Start an item, of a new list if the kind of item changes."""
        number: str | None = found[1]
        if self.in_list and (number is None) == (self.number is None):
            self.end_item()
        else:
            self.end_list()
            self.in_list = True
            self.number = number
        self.paragraph.append(found[2])

    def end_paragraph(self) -> None:
        self.end_example()
        if any(self.paragraph):
            self.put(Paragraph(inlines("\n".join(self.paragraph))))
        self.paragraph.clear()

    def end_example(self) -> None:
        if self.example:
            text = "\n".join(self.example)
            self.put(Fence(text, guess_language(text)))
        self.example.clear()

    def put(self, block: Block) -> None:
        (self.item if self.in_list else self.blocks).append(block)

    def end_item(self) -> None:
        self.end_paragraph()
        self.items.append(tuple(self.item))
        self.item.clear()

    def end_list(self) -> None:
        """End whatever is open."""
        self.end_paragraph()
        if self.in_list:
            self.end_item()
            start = None if self.number is None else int(self.number)
            self.blocks.append(Listing(start, tuple(self.items)))
        self.items.clear()
        self.in_list = False


def inlines(text: str) -> tuple[Inline, ...]:
    """The parts of a paragraph's text."""
    out: list[Inline] = []
    at = 0
    for found in _MARKUP.finditer(text):
        if found.start() > at:
            out.append(Text(text[at : found.start()]))
        at = found.end()
        out.append(_part(found))
    if at < len(text):
        out.append(Text(text[at:]))
    return tuple(out)


def _part(found: re.Match[str]) -> Inline:
    text = found[found.lastgroup or 0]
    match found.lastgroup:
        case "strong":
            return Strong(text)
        case "emphasis":
            return Emphasis(text)
        case "name":
            return Name(text, text, True)
        case _:
            return Link(text, text)
