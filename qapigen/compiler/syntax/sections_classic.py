"""Sections of documentation blocks in the dialects 2018 and 7.2.

A marker at the start of a line begins a section wherever it stands, and a section goes on to
the next marker.  Text that is not indented, behind a blank line, ends a description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ir import Section, SectionKind
from .section_cutter import SectionCutter

__all__ = ["ClassicCutter"]

_TAGS = "Returns|Since|Notes?|Examples?|TODO"
_FIRST = frozenset("@RSNETF")  # of any marker
_MARKER = re.compile(rf"(@[^ ]*|{_TAGS}):(?= |\Z)")  # a word
_LOOSE_MARKER = re.compile(rf"(@[^:]*|{_TAGS}):")
_NAME_IN_TEXT = re.compile(r"@\S+:")
_SINGLE = ("Returns", "Since")
_EXAMPLES = ("Example", "Examples")


class ClassicCutter(SectionCutter):
    """Cuts one block, line by line; ``kind``, ``name``, ``body`` are the section at hand."""

    kind = SectionKind.TEXT
    name = ""
    begun = 0
    indent: int | None = 0  # how far the text must be indented; None: as far as the next line
    closed = False  # whether something other than descriptions has begun behind the body
    featuring = False  # whether descriptions are of features

    def free_form(self) -> Iterator[Section]:
        """The sections of a block that documents no definition: one, if there is any text."""
        self.body = [""]
        for index, line in enumerate(self.lines):
            self.add(index, line.text)
        if any(self.body):
            yield self.section(SectionKind.TEXT, "", index=0, body=self.body)

    def definition(self) -> list[Section]:
        """The sections behind the line of the documented name."""
        self.sections: list[Section] = []
        self.body = [""]
        self.begun = 1
        for index in range(1, len(self.lines)):
            text = self.lines[index].text
            if text[:1] == "=" and self.dialect.markup == "headings":
                self.misplaced_heading(index, "headings stand in free-form documentation")
            # Only text in this exact column is looked at; indented markers are text.
            if not text:
                if self.indent and self.dialect.dedents == "column":
                    self.check_blanks(index)
                self.body.append("")
            elif text[0] in _FIRST and self.is_marker(text):
                self.begin_marked(index, text)
            elif not self.body[-1] and self.ends_description(text):
                self.finish(index)
                self.closed = True
                self.begin(index, SectionKind.TEXT, "", [""])
                self.add(index, text)
            else:
                if self.indent != 0:
                    self.check_indent(index, text)
                if "@" in text:
                    self.add(index, text)
                else:
                    self.body.append(text)
        self.finish(len(self.lines))
        return self.sections

    def is_marker(self, text: str) -> bool:
        """Whether a line begins a section."""
        if text == "Features:":
            return self.dialect.features and self.takes_features()
        return self.marker(text) is not None

    def marker(self, text: str) -> re.Match[str] | None:
        """What begins a section, up to its colon."""
        return (_LOOSE_MARKER if self.dialect.loose_markers else _MARKER).match(text)

    def takes_features(self) -> bool:
        """Whether ``Features:`` begins features: in the body, or a blank line behind a member."""
        if self.closed or self.featuring:
            return False
        return self.kind is not SectionKind.MEMBER or self.behind_blank()

    def behind_blank(self) -> bool:
        """Whether the section at hand has two lines or more, of which the last is blank."""
        first = 1 if self.begun == 1 and self.kind is SectionKind.TEXT else 0
        return len(self.body) > first + 1 and not self.body[-1]

    def begin_marked(self, index: int, text: str) -> None:
        """Begin the section of a marker; ``Features:`` has none, text goes on behind it."""
        found = self.marker(text)
        if found is None:
            self.featuring = True
            return
        what, rest = found[1], text[found.end() :]
        if what[0] == "@":
            self.begin_description(index, what[1:], rest)
        else:
            self.begin_tagged(index, what, rest)
        if self.dialect.dedents == "second":
            self.indent = None
        elif self.dialect.dedents == "column" and rest:
            self.indent = len(text) - len(rest.lstrip())

    def check_blanks(self, index: int) -> None:
        """A line of nothing but blanks is held to be indented by them."""
        line = self.lines[index]
        blanks = self.file.text[line.start + 2 : line.end]
        if blanks:
            self.check_indent(index, blanks + "x")

    def check_indent(self, index: int, text: str) -> None:
        """A line of a section must be indented as far as the text above it."""
        depth = len(text) - len(text.lstrip())
        if self.indent is None:
            self.indent = depth
        elif depth < self.indent:
            self.error(
                "doc-indentation",
                index,
                f"this line is indented by {depth}, but its section by {self.indent}",
                "indent the whole text of a section alike",
            )
            self.indent = 0  # once is enough

    def begin(self, index: int, kind: SectionKind, name: str, body: list[str]) -> None:
        self.kind, self.name, self.body, self.begun = kind, name, body, index
        self.indent = 0

    def begin_description(self, index: int, name: str, text: str) -> None:
        if self.closed:
            self.error(
                "doc-late-description",
                index,
                f"the description of '{name}' comes after another section",
                "describe members before all other sections",
            )
        kind = SectionKind.FEATURE if self.featuring else SectionKind.MEMBER
        self.check_name(kind, name, index)
        self.finish(index)
        self.begin(index, kind, name, [text])

    def begin_tagged(self, index: int, tag: str, text: str) -> None:
        self.check_tag(tag, index, _SINGLE)
        self.finish(index)
        self.closed = True
        self.begin(index, SectionKind.TAGGED, tag, [text])

    def ends_description(self, text: str) -> bool:
        """Whether this line, behind a blank one, no longer belongs to a description."""
        if self.kind is SectionKind.TAGGED or (
            self.kind is SectionKind.TEXT and not self.featuring
        ):
            return False
        return self.behind_blank() and not text[0].isspace()

    def add(self, index: int, text: str) -> None:
        """A line of text for the section at hand."""
        # Only the oldest rules look behind indentation, and not in examples.
        example = self.kind is SectionKind.TAGGED and self.name in _EXAMPLES
        anywhere = self.dialect.docs == "2018" and not example
        found = _NAME_IN_TEXT.match(text.strip() if anywhere else text)
        if found is not None:
            self.error(
                "doc-free-form-name",
                index,
                f"'{found[0]}' has no place in running text",
                "descriptions start right behind '# '",
            )
        self.body.append(text)

    def finish(self, index: int) -> None:
        """Take up the section at hand, which ends before ``index`` or the end of the block."""
        body, self.body = self.body, []
        kind = self.kind if self.name else SectionKind.TEXT
        if self.begun >= len(self.lines):
            return
        section = self.section(kind, self.name, index=self.begun, body=body)
        if section.text:
            self.sections.append(section)
        elif kind is not SectionKind.TEXT:
            place = self.line_span(index) if index < len(self.lines) else self.closing
            if self.report.has_inside(place) or self.report.has_inside(self.line_span(self.begun)):
                return  # one thing at a time
            self.report.error(
                "doc-empty-section",
                place,
                f"'{self.name}:' has no text",
                focus=self.line_span(self.begun),
            )
