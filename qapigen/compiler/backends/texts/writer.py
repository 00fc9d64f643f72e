"""Blocks to Markdown (CommonMark with GitHub's extensions in mind).

In: blocks, and a way to find out where a name leads.  Out: lines of Markdown.
Must not know: the markup the blocks came from, the schema.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from .blocks import (
    Block,
    Code,
    Emphasis,
    Fence,
    Heading,
    Inline,
    Link,
    Listing,
    Name,
    Paragraph,
    Quote,
    Strong,
    Text,
    Titled,
)
from .escape import clean, code_span, destination, fence_marks, line_starts, one_line, plain

__all__ = ["Known", "Resolve", "Writer", "is_seen", "joined_code"]

#: Gives the place a name leads to, as it is written in a link; None if it leads nowhere.
Resolve = Callable[[Name], str | None]

#: What is known of a part: a link to a name is Markdown already, since it was looked up.
Known: TypeAlias = Text | Code | Emphasis | Strong | Link | str

_STRESS = (Emphasis, Strong)


class Writer:
    """Prints blocks; ``resolve`` belongs to the page, or the definition, they are printed for."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve

    # Inline parts.

    def inline(self, inlines: Sequence[Inline]) -> str:
        """The parts of a paragraph, line starts not yet escaped."""
        if len(inlines) == 1 and isinstance(inlines[0], Text):  # as in most paragraphs
            return plain(inlines[0].text)
        parts = joined_code(self.known(part) for part in inlines if is_seen(part))
        shown = [_part(part) for part in parts]
        if any(isinstance(part, _STRESS) for part in parts):
            _add_stress(parts, shown)
        return "".join(shown)

    def known(self, part: Inline) -> Known:
        """The part; of a name the link, or just code if it leads nowhere."""
        if not isinstance(part, Name):
            return part
        target = self.resolve(part)
        is_name = part.text == part.name
        if target is None:
            return Code(part.text) if is_name else Text(part.text)
        shown = code_span(part.text) if is_name else plain(one_line(part.text))
        return f"[{shown}]({target})"

    def line(self, inlines: Sequence[Inline]) -> str:
        """The parts on one line, for use behind something else on that line."""
        return one_line(self.inline(inlines))

    # Blocks.

    def text(self, blocks: Sequence[Block]) -> str:
        """The blocks, without a newline at the end."""
        only = _only_paragraph(blocks)
        return "\n".join(self.lines(blocks)) if only is None else self.paragraph(only)

    def lines(self, blocks: Iterable[Block]) -> list[str]:
        """The lines of the blocks, with blank lines between blocks only."""
        out: list[str] = []
        for block in blocks:
            lines = self.block(block, out)
            if lines and out:
                out.append("")
            out += lines
        return out

    def paragraph(self, block: Paragraph) -> str:
        """Its lines, of which none is blank; empty if it has none."""
        return line_starts(self.inline(block.inlines))

    def block(self, block: Block, before: list[str]) -> list[str]:
        """The lines of a block; ``before`` are those that it follows."""
        match block:
            case Paragraph():
                text = self.paragraph(block)
                return text.split("\n") if text else []
            case Heading(_, inlines):  # one that has no place in the page's outline
                text = self.line(_unstressed(inlines))
                return [f"**{text}**"] if text else []
            case Listing(start, items):
                return self._listing(start, items, avoid=_list_mark(before))
            case Fence(text, language):
                return _fence(text, language)
            case Quote(title, blocks):
                return [f"> {line}".rstrip() for line in self._titled(title, blocks)]
            case Titled(title, blocks):
                return self._titled(title, blocks)

    def _titled(self, title: tuple[Inline, ...], blocks: tuple[Block, ...]) -> list[str]:
        head = self.line(_unstressed(title))
        body = self.lines(blocks)
        if not head:
            return body
        return [f"**{head}**", "", *body] if body else [f"**{head}**"]

    def _listing(
        self, start: int | None, items: tuple[tuple[Block, ...], ...], *, avoid: str
    ) -> list[str]:
        loose = not all(_is_tight(item) for item in items)
        out: list[str] = []
        for index, item in enumerate(items):
            if out and loose:
                out.append("")
            if start is None:
                mark = "* " if avoid == "-" else "- "
            else:
                mark = f"{start + index}{')' if avoid == '.' else '.'} "
            # Python-Markdown asks for four blanks; where a text comes first, others permit them.
            width = max(4, len(mark)) if self.starts_with_text(item) else len(mark)
            out += _item(mark, self._item_lines(item, loose=loose), width)
        return out

    def starts_with_text(self, blocks: Sequence[Block]) -> bool:
        """Whether a paragraph comes first, and there is something in it."""
        first = blocks[0] if blocks else None
        return isinstance(first, Paragraph) and bool(self.paragraph(first))

    def _item_lines(self, item: tuple[Block, ...], *, loose: bool) -> list[str]:
        if loose or len(item) < 2:
            return self.lines(item)
        return self.lines(item[:1]) + self.lines(item[1:])  # a list right below its text

    def entry(
        self, head: str, blocks: Sequence[Block], *, joint: str = ": ", indent: str = ""
    ) -> str:
        """``head``, the first paragraph of the blocks behind it, the rest below.

        ``joint`` goes between head and paragraph; all lines but the first are indented.
        """
        only = _only_paragraph(blocks)
        if only is not None:
            text = self.paragraph(only).replace("\n", f"\n{indent}")
            return f"{head}{joint}{text}" if text else head
        lines = self.lines(blocks)
        if not lines:
            return head
        if self.starts_with_text(blocks):
            lines[0] = f"{head}{joint}{lines[0]}"
        else:
            lines = [head, "", *lines]
        return "\n".join([lines[0], *(f"{indent}{line}".rstrip() for line in lines[1:])])


def _only_paragraph(blocks: Sequence[Block]) -> Paragraph | None:
    """What the blocks consist of in most texts, which need not be taken apart into lines."""
    only = blocks[0] if len(blocks) == 1 else None
    return only if isinstance(only, Paragraph) else None


def _list_mark(lines: list[str]) -> str:
    """What marks the items of the list that ends ``lines``; a list behind it needs another."""
    item = next((line for line in reversed(lines) if line and line[0] != " "), "")
    mark = item.partition(" ")[0]
    return mark if mark in ("-", "*") else mark[-1:] if mark[:-1].isdigit() else ""


def _is_tight(item: tuple[Block, ...]) -> bool:
    """Whether an item needs no blank lines inside.

    A list may come right below a text only if it is made of bullets or starts with 1.
    """
    if len(item) < 2:
        return True
    if len(item) > 2 or not isinstance(item[0], Paragraph):
        return False
    return isinstance(item[1], Listing) and item[1].start in (None, 1)


def _item(mark: str, lines: list[str], width: int) -> list[str]:
    if not lines:
        # A mark alone can be something else: below a text a heading's line, three of them a rule.
        return [f"{mark}<!-- -->"]
    indent = " " * width
    return [mark + lines[0], *(f"{indent}{line}".rstrip() for line in lines[1:])]


def _fence(text: str, language: str) -> list[str]:
    lines = [line.rstrip() for line in clean(text).split("\n")]
    marks = fence_marks(text)
    return [f"{marks}{language}", *lines, marks]


def is_seen(part: Inline) -> bool:
    """Whether there is something to see; a blank in running text is something."""
    if isinstance(part, Text):
        return bool(part.text)
    return bool(one_line(clean(part.text)))


def _part(part: Known) -> str:
    match part:
        case str():
            return part
        case Text(text):
            return plain(text)
        case Code(text):
            return code_span(text)
        case Link(text, url):
            return f"[{plain(one_line(text))}]({destination(url)})"
        case Emphasis(text) | Strong(text):
            return plain(clean(text).strip())


def _add_stress(parts: Sequence[Known], shown: list[str]) -> None:
    """Put marks of stress, which only work next to the right characters, into ``shown``."""
    edges = ["*" if isinstance(p, _STRESS) else s for p, s in zip(parts, shown, strict=True)]
    for at, part in enumerate(parts):
        if isinstance(part, _STRESS) and shown[at]:
            before = edges[at - 1][-1:] if at else ""
            after = edges[at + 1][:1] if at + 1 < len(parts) else ""
            if _lets_mark(before) and _lets_mark(after):
                mark = "*" if isinstance(part, Emphasis) else "**"
                shown[at] = f"{mark}{shown[at]}{mark}"


def joined_code(parts: Iterable[Known]) -> list[Known]:
    """Code spans side by side as one: they would eat each other's marks."""
    out: list[Known] = []
    for part in parts:
        if isinstance(part, Code) and out and isinstance(out[-1], Code):
            out[-1] = Code(out[-1].text + part.text)
        else:
            out.append(part)
    return out


def _unstressed(inlines: Iterable[Inline]) -> list[Inline]:
    """The parts for a place that is stressed itself."""
    return [Text(part.text) if isinstance(part, _STRESS) else part for part in inlines]


def _lets_mark(neighbour: str) -> bool:
    if not neighbour or neighbour.isspace():
        return True
    if neighbour in "*_":
        return False
    return neighbour in "!\"#$%&'()+,-./:;<=>?@[\\]^`{|}~" or (
        unicodedata.category(neighbour).startswith("P")
    )
