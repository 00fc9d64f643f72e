"""Blocks to Markdown for docstrings, which people read as it is, and editors show.

In: blocks.  Out: Markdown.
Must not know: the markup the blocks came from, Python's literals.

Editors guess what a docstring is written in.  What pyright, Pylance and their kin show as it is
meant are paragraphs, lists, fences and code; they show marks of stress, quotes and backslashes as
characters.  So a note is a paragraph that begins with "Note:", and nothing is escaped but what
would swallow the lines below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .blocks import (
    Block,
    Code,
    Emphasis,
    Heading,
    Inline,
    Link,
    Paragraph,
    Quote,
    Strong,
    Text,
    Titled,
)
from .escape import clean, code_span, destination, one_line
from .writer import Known, Writer, is_seen, joined_code

__all__ = ["DocstringWriter"]

_FENCE = re.compile(r"^(?=```|~~~)", re.MULTILINE)


class DocstringWriter(Writer):
    """Prints blocks of any definition: names lead nowhere."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)

    def inline(self, inlines: Sequence[Inline]) -> str:
        """The parts of a paragraph."""
        if len(inlines) == 1 and isinstance(inlines[0], Text):  # as in most paragraphs
            return clean(inlines[0].text)
        return "".join(map(_part, joined_code(self.known(p) for p in inlines if is_seen(p))))

    def paragraph(self, block: Paragraph) -> str:
        """Its lines, of which none is blank; empty if it has none."""
        text = self.inline(block.inlines)
        if "\n " in text or " \n" in text or "\n\n" in text or text != text.strip():
            text = "\n".join(line.strip() for line in text.split("\n") if line.strip())
        return _FENCE.sub(r"\\", text) if "```" in text or "~~~" in text else text

    def block(self, block: Block, before: list[str]) -> list[str]:
        """The lines of a block."""
        match block:
            case Heading(_, inlines):
                return list(filter(None, [self.line(inlines)]))
            case Quote(title, blocks):
                head = self.line(title)
                return self.labelled(head, blocks).split("\n") if head else self.lines(blocks)
            case Titled(title, blocks):
                head, body = self.line(title), self.lines(blocks)
                return [head, "", *body] if head and body else [head] if head else body
            case _:
                return super().block(block, before)

    def labelled(self, label: str, blocks: Sequence[Block]) -> str:
        """``Label: text``.  A label on a line of its own has no colon.

        With one, ``Example:`` or ``Note:`` would make it a docstring in Google's style for some
        editors, which then take the lines below apart.
        """
        if self.starts_with_text(blocks):
            return self.entry(f"{label}:", blocks, joint=" ")
        return self.entry(label, blocks)


def _part(part: Known) -> str:
    match part:
        case str():
            return part
        case Code(text):
            return code_span(text)
        case Emphasis(text):
            return f"*{one_line(clean(text))}*"
        case Strong(text):
            return f"**{one_line(clean(text))}**"
        case Link(text, url):
            shown = one_line(clean(text))
            return shown if shown == url else f"[{shown}]({destination(url)})"
        case _:
            return clean(part.text)
