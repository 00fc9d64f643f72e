"""What both ways of cutting documentation blocks share: the lines, common rules.

In: the lines of a block.  Out: sections; problems go to the report.
Must not know: where a section ends, which is what the two ways differ in.
"""

from __future__ import annotations

from ..diagnostics import Report
from ..dialect import Dialect
from ..ir import Section, SectionKind
from ..source import Span
from .comments import Line

__all__ = ["SectionCutter", "dedent"]


class SectionCutter:
    """What both families share: the lines, the place, the sections found so far.

    ``closing`` is where the last line of the block stands.
    """

    def __init__(self, closing: Span, lines: list[Line], dialect: Dialect, report: Report) -> None:
        self.closing = closing
        self.file = closing.file
        self.lines = lines
        self.dialect = dialect
        self.report = report
        self.described: set[tuple[SectionKind, str]] = set()
        self.tags: set[str] = set()

    def line_span(self, index: int) -> Span:
        """Where the comment of a line stands."""
        line = self.lines[index]
        return Span(self.file, line.start, line.end)

    def error(self, slug: str, index: int, message: str, hint: str | None = None) -> None:
        """Report a problem with a line."""
        self.report.error(slug, self.line_span(index), message, hint=hint)

    def symbol(self) -> str | None:
        """The documented name when the first line has one; the text of the line is checked."""
        text = self.lines[0].text if self.lines else ""
        if not text.startswith("@"):
            return None
        if self.dialect.docs != "modern":  # where a blank at the end is part of the line
            text = self.file.text[self.lines[0].start + 2 : self.lines[0].end]
        if text[-1] != ":" or text == "@":
            self.error("doc-symbol-colon", 0, "the line of the documented name must end with ':'")
            return text[1:].partition(":")[0]
        if text == "@:":
            self.error("doc-empty-symbol", 0, "the documented name is empty")
        return text[1:-1]  # whatever it is: it has to be the name of a definition

    def misplaced_heading(self, index: int, hint: str) -> None:
        """Report a line that begins with ``=`` and is no heading where it stands."""
        self.error("doc-heading", index, "a line that begins with '=' has no place here", hint)

    def section(self, kind: SectionKind, name: str, *, index: int, body: list[str]) -> Section:
        """A section that starts at a line; ``body`` begins with that line's text."""
        return Section(kind, name, dedent(body), self.line_span(index))

    def check_name(self, kind: SectionKind, name: str, index: int) -> None:
        """A described name must not be empty and not be there already."""
        if not name:
            self.error("doc-empty-name", index, "a description needs a name after '@'")
        elif (kind, name) in self.described:
            self.error("doc-duplicate-name", index, f"'{name}' is described twice")
        self.described.add((kind, name))

    def check_tag(self, tag: str, index: int, single: tuple[str, ...]) -> None:
        """Some sections may stand only once."""
        if tag in single and tag in self.tags:
            self.error("doc-duplicate-section", index, f"a second '{tag}' section")
        self.tags.add(tag)


def dedent(body: list[str]) -> str:
    """The text of a section without blank ends and without its continuation's indentation."""
    if len(body) == 1:
        return body[0].strip()
    margin = min([len(line) - len(line.lstrip()) for line in body[1:] if line], default=0)
    more = [line[margin:] for line in body[1:]] if margin else body[1:]
    return "\n".join([body[0].strip(), *more]).strip("\n").rstrip()
