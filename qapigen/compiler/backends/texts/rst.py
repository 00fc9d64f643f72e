"""Documentation text in reStructuredText to blocks.

In: the text of a section.  Out: blocks.
Must not know: the schema, Markdown.

Nothing is ever an error here: what breaks a rule of the markup is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .blocks import Block, Fence, Heading, Listing, Paragraph, Quote
from .rst_directives import explicit
from .rst_inline import inlines
from .text_lines import MAX_DEPTH, dedent, guess_language, strip_blank

__all__ = ["parse"]

_BULLET = re.compile(r"([-*+\u2022\u2023\u2043])(?: +|\Z)")
_NUMBER = re.compile(r"(\()?(\d{1,8}|#)([.)])(?: +|\Z)")
_RULE = re.compile(r"([!-/:-@\[-`{-~])\1*\Z")
_TABLE = re.compile(r"=+(?: +=+)+\Z|\+[-=+]{3,}\Z")
_GRID = re.compile(r"[+|]")
_EQUALS = re.compile(r"(={1,5}) (\S.*)")
# Most texts are a paragraph and nothing else, and one match of the whole text can tell: the first
# line begins like a sentence or a version, no line is blank, indented, ends with a blank or is
# made of punctuation.
_FIRST = r"""(?:["'`@(]?[A-Za-z]|\d+\.\d)(?:.*\S)?"""
_OTHER = r"[!-/:-@\[-`{-~]?[^\W_](?:.*\S)?"
_PARAGRAPH = re.compile(rf"{_FIRST}(?:\n{_OTHER}|(?!))*+(?<!::)")


def parse(text: str, *, equals_headings: bool = False) -> tuple[Block, ...]:
    """The blocks of ``text``; ``equals_headings`` permits headings of the form ``= Title``."""
    if "\t" not in text and _PARAGRAPH.fullmatch(text) is not None:
        return (Paragraph(inlines(text)),)
    lines = [line.rstrip() for line in text.expandtabs(8).split("\n")]
    return _Reader(lines, 0, equals_headings).read()


class _Reader:
    """Reads a run of lines with the same base indentation; ``at`` is the line to look at."""

    def __init__(self, lines: Sequence[str], depth: int, equals_headings: bool = False) -> None:
        self.lines = lines
        self.depth = depth
        self.equals_headings = equals_headings
        self.at = 0
        self.blocks: list[Block] = []

    def read(self) -> tuple[Block, ...]:
        """All blocks."""
        if self.depth > MAX_DEPTH:  # nobody nests like that; each level reads its lines again
            return (Paragraph(inlines(" ".join(self.lines))),)
        attempts: tuple[Callable[[str], bool], ...] = (
            self.indented,
            self.explicit,
            self.heading,
            self.bullets,
            self.numbers,
            self.verbatim,
            self.definition,
            self.paragraph,
        )
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line:
                any(attempt(line) for attempt in attempts)
            else:
                self.at += 1
        return tuple(self.blocks)

    def nested(self, lines: Sequence[str]) -> tuple[Block, ...]:
        """The blocks of lines inside something."""
        return _Reader(strip_blank(lines), self.depth + 1).read()

    def peek(self, ahead: int = 1) -> str:
        """A line further on, empty behind the end."""
        index = self.at + ahead
        return self.lines[index] if index < len(self.lines) else ""

    def take(self, start: int) -> list[str]:
        """The blank and indented lines from ``start`` on, without blank ones at their end."""
        end = start
        while end < len(self.lines) and (not self.lines[end] or self.lines[end][0] == " "):
            end += 1
        self.at = end
        while end > start and not self.lines[end - 1]:
            end -= 1
        return list(self.lines[start:end])

    def indented(self, line: str) -> bool:
        if line[0] != " ":
            return False
        self.blocks.append(Quote((), self.nested(dedent(self.take(self.at)))))
        return True

    def explicit(self, line: str) -> bool:
        """Directives, comments and targets."""
        if line != ".." and not line.startswith(".. "):
            return False
        self.blocks += explicit([line, *self.take(self.at + 1)], self.nested)
        return True

    def heading(self, line: str) -> bool:
        if self.depth:
            return False
        equals = _EQUALS.fullmatch(line) if self.equals_headings else None
        if equals is not None:
            self.blocks.append(Heading(equals[1], inlines(equals[2])))
            self.at += 1
            return True
        over = _RULE.match(line)
        if over is not None and len(line) > 3 and not self.peek():
            self.at += 1  # a line across the page
            return True
        title = self.peek().strip()
        if over is not None and len(line) > 1 and title and self.peek(2) == line:
            self.blocks.append(Heading(f"over {line[0]}", inlines(title)))
            self.at += 3
            return True
        under = _RULE.match(self.peek())
        if under is None or over is not None or under[0] == "::":
            return False
        if len(under[0]) < min(len(line), 4):
            return False
        self.blocks.append(Heading(f"under {under[1]}", inlines(line)))
        self.at += 2
        return True

    def bullets(self, line: str) -> bool:
        first = _BULLET.match(line)
        if first is None:
            return False
        items: list[tuple[Block, ...]] = []
        while (found := _BULLET.match(self.item_line())) and found[1] == first[1]:
            items.append(self.item(found.end()))
        self.blocks.append(Listing(None, tuple(items)))
        return True

    def numbers(self, line: str) -> bool:
        first = _NUMBER.match(line)
        if first is None or (first[1] and first[3] != ")"):
            return False
        follower = self.peek()
        if follower and follower[0] != " " and not _NUMBER.match(follower):
            return False  # a paragraph that happens to begin with a number
        start = 1 if first[2] == "#" else int(first[2])
        items: list[tuple[Block, ...]] = []
        while found := _NUMBER.match(self.item_line()):
            follows = found[2] == "#" or int(found[2]) == start + len(items)
            if found.group(1, 3) != first.group(1, 3) or not follows:
                break
            items.append(self.item(found.end()))
        self.blocks.append(Listing(start, tuple(items)))
        return True

    def item_line(self) -> str:
        """The next line that is not blank; ``at`` moves there."""
        while self.at < len(self.lines) and not self.lines[self.at]:
            self.at += 1
        return self.peek(0)

    def item(self, column: int) -> tuple[Block, ...]:
        """The blocks of a list item whose text begins at ``column``."""
        first = self.lines[self.at][column:]
        below = dedent(self.take(self.at + 1), column)
        return self.nested([first, *below])

    def verbatim(self, line: str) -> bool:
        """Line blocks, tests with prompts, tables: all shown as they are typed."""
        if line == "|" or line.startswith("| "):
            lines = self.run(lambda text: text == "|" or text.startswith(("| ", " ")))
            text = "\n".join(text[2:] if text[0] == "|" else text for text in lines)
        elif line.startswith(">>> "):
            text = "\n".join(self.run(bool))
        elif _TABLE.match(line):
            grid = line[0] == "+"
            text = "\n".join(self.run(lambda t: bool(_GRID.match(t)) if grid else bool(t)))
        else:
            return False
        self.blocks.append(Fence(text, "text"))
        return True

    def run(self, belongs: Callable[[str], bool]) -> list[str]:
        """The lines from here on that are not blank and belong together."""
        start = self.at
        while self.at < len(self.lines) and self.lines[self.at] and belongs(self.lines[self.at]):
            self.at += 1
        return list(self.lines[start : self.at])

    def definition(self, line: str) -> bool:
        """A term with its indented explanation; a list of them is a list."""
        if line.endswith("::") or not self.defines():
            return False
        items: list[tuple[Block, ...]] = []
        while self.defines() and not self.lines[self.at].endswith("::"):
            term = Paragraph(inlines(self.lines[self.at]))
            items.append((term, *self.nested(dedent(self.take(self.at + 1)))))
        self.blocks.append(Listing(None, tuple(items)))
        return True

    def defines(self) -> bool:
        """Whether the lines from here to the next blank one are a term and indented lines."""
        if self.peek(0)[:1] in ("", " ") or self.peek()[:1] != " ":
            return False
        ahead = 1
        while self.peek(ahead)[:1] == " ":
            ahead += 1
        return not self.peek(ahead)

    def paragraph(self, _line: str) -> bool:
        lines = self.run(lambda _: True)
        # Literal text may follow its announcement without the blank line that it should have.
        for index, line in enumerate(lines[:-1]):
            if line.endswith("::") and lines[index + 1][0] == " ":
                self.at -= len(lines) - index - 1
                lines = lines[: index + 1]
                break
        if not lines[-1].endswith("::"):
            self.blocks.append(Paragraph(inlines("\n".join(lines))))
            return True
        self.announcement(lines)
        self.literal()
        return True

    def announcement(self, lines: list[str]) -> None:
        """A paragraph with ``::`` at its end: one colon of it is text, if text is before it."""
        last = lines[-1][:-2]
        lines[-1] = f"{last}:" if last and last[-1] != " " else last.rstrip()
        if any(lines):
            self.blocks.append(Paragraph(inlines("\n".join(lines))))

    def literal(self) -> None:
        """The indented lines behind an announcement; there need not be any."""
        if self.item_line()[:1] == " ":
            text = "\n".join(dedent(self.take(self.at)))
            self.blocks.append(Fence(text, guess_language(text)))
