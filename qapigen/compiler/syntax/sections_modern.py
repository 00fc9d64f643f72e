"""Sections of documentation blocks in the modern dialect.

A section is recognised at the start of a paragraph only.  Descriptions and tagged sections go on
as long as lines are indented; untagged text goes on up to a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ir import Section, SectionKind
from .section_cutter import SectionCutter

__all__ = ["ModernCutter"]

_DESCRIPTION = re.compile(r"@([^:]*):\s*(.*)\Z")
_TAG = re.compile(r"(Returns|Errors|Since|TODO):(?!:)\s*(.*)\Z")
_TAG_9_0 = re.compile(r"(Returns|Errors|Since|TODO|Notes?|Examples?):\s*(.*)\Z")
_OBSOLETE = re.compile(r"(Notes?|Examples?):(?!:)")
_SINGLE = ("Returns", "Errors", "Since")
_INSTEAD = {"N": "'.. note::'", "E": "'.. qmp-example::'"}


class ModernCutter(SectionCutter):
    """Cuts one block; ``at`` is the line to look at next."""

    at = 0
    features_seen = False

    def free_form(self) -> Iterator[Section]:
        """The sections of a block that documents no definition: one, if there is any text."""
        for index, line in enumerate(self.lines):
            if index and line.text.startswith("=") and self.dialect.markup == "headings":
                self.misplaced_heading(index, "a heading is the first line of its block")
            if _DESCRIPTION.match(line.text):
                self.error(
                    "doc-free-form-name",
                    index,
                    "descriptions have no place in free-form documentation",
                    "start the block with the name of the definition, '@NAME:'",
                )
        texts = [line.text for line in self.lines]
        if any(texts):
            yield self.section(SectionKind.TEXT, "", index=0, body=["", *texts])

    def definition(self) -> Iterator[Section]:
        """The sections behind the line of the documented name."""
        self.at = 1
        match_tag = (_TAG_9_0 if self.dialect.old_sections else _TAG).match
        if self.dialect.intro and self.skip_blanks() and self.lines[self.at].text[0].isspace():
            self.at = 0
            yield self.indented(SectionKind.TEXT, "", "")
        late = False  # whether a description group, features or a tagged section has ended
        plain: tuple[int, list[str]] | None = None
        while self.skip_blanks():
            text = self.lines[self.at].text
            if text == "Features:":
                found, late = self.features(), True
            elif _DESCRIPTION.match(text):
                found, late = self.descriptions(SectionKind.MEMBER, late=late), True
            elif tag := match_tag(text):
                found, late = self.tagged(tag), True
            elif _OBSOLETE.match(text):
                self.obsolete(text)
                continue
            else:
                if text[0] == "=" and self.dialect.markup == "headings":
                    self.misplaced_heading(self.at, "headings stand in free-form documentation")
                plain = self.paragraph(plain)
                continue
            if plain is not None:
                yield self.section(SectionKind.TEXT, "", index=plain[0], body=plain[1])
                plain = None
            yield from found
        if plain is not None:
            yield self.section(SectionKind.TEXT, "", index=plain[0], body=plain[1])

    def skip_blanks(self) -> bool:
        """Go to the next line with text; False at the end."""
        while self.at < len(self.lines) and not self.lines[self.at].text:
            self.at += 1
        return self.at < len(self.lines)

    def paragraph(self, plain: tuple[int, list[str]] | None) -> tuple[int, list[str]]:
        """Read up to a blank line, without looking for markers; paragraphs in a row are one."""
        if plain is None:
            plain = (self.at, [""])
        else:
            # All blank lines between two paragraphs count: examples may lie around them.
            gap = self.at - 1
            while not self.lines[gap].text:
                plain[1].append("")
                gap -= 1
        while self.at < len(self.lines) and self.lines[self.at].text:
            plain[1].append(self.lines[self.at].text)
            self.at += 1
        return plain

    def features(self) -> list[Section]:
        """``Features:`` and the descriptions behind it."""
        index = self.at
        if self.features_seen:
            self.error("doc-second-features", index, "a second 'Features:' line")
        self.features_seen = True
        self.at += 1
        more = self.skip_blanks()
        if not (more and _DESCRIPTION.match(self.lines[self.at].text)):
            self.report.error(
                "doc-no-features",
                self.line_span(self.at) if more else self.closing,
                "'Features:' wants descriptions behind it",
                focus=self.line_span(index),
                hint="write '@NAME: ...' for each feature, or take 'Features:' away",
            )
            return []
        return self.descriptions(SectionKind.FEATURE, late=False)

    def descriptions(self, kind: SectionKind, *, late: bool) -> list[Section]:
        """A group of ``@name: ...``, blank lines between them or not."""
        sections: list[Section] = []
        if late:
            self.error(
                "doc-late-description",
                self.at,
                "a description after other sections",
                "members come first, then features, then 'Returns:', 'Errors:' and 'Since:'",
            )
        while self.skip_blanks():
            found = _DESCRIPTION.match(self.lines[self.at].text)
            if found is None:
                break
            index = self.at
            self.check_name(kind, found[1], index)
            sections.append(self.indented(kind, found[1], found[2]))
        return sections

    def tagged(self, found: re.Match[str]) -> list[Section]:
        """``Returns:`` and its like."""
        self.check_tag(found[1], self.at, _SINGLE)
        return [self.indented(SectionKind.TAGGED, found[1], found[2])]

    def obsolete(self, text: str) -> None:
        """``Note:`` and its like; the text behind it is passed over."""
        tag = text.partition(":")[0]
        self.error(
            "doc-obsolete-section",
            self.at,
            f"the dialect has no '{tag}:' sections",
            f"use {_INSTEAD[tag[0]]}",
        )
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].text:
            self.at += 1

    def indented(self, kind: SectionKind, name: str, first: str) -> Section:
        """A section of a first line and what is indented below it."""
        start = self.at
        body = [first]
        self.at += 1
        indent = 0
        begun = 0  # the first indented line
        while self.at < len(self.lines):
            text = self.lines[self.at].text
            if text:
                depth = len(text) - len(text.lstrip())
                if not indent:
                    if not depth:
                        self.warn_unindented(start, text)
                        break
                    indent, begun = depth, self.at
                elif depth < indent:
                    if self.at > begun + 1 or (depth == 0 and _DESCRIPTION.match(text)):
                        break
                    self.bad_indent(depth, indent)  # and taken as it was meant
            body.append(text)
            self.at += 1
        section = self.section(kind, name, index=start, body=body)
        if not section.text:
            self.empty(kind, name, start)
        return section

    def warn_unindented(self, start: int, text: str) -> None:
        """Text right below a section's first line, not indented, is hardly meant to end it."""
        marker = text == "Features:" or _DESCRIPTION.match(text) or _TAG.match(text)
        if self.at == start + 1 and not marker:
            self.error(
                "doc-unindented-text",
                self.at,
                "this line is not indented, so it does not belong to the section above",
                "indent it, or put a blank line before it",
            )

    def bad_indent(self, depth: int, indent: int) -> None:
        self.error(
            "doc-indentation",
            self.at,
            f"this line is indented by {depth}, but the one before it by {indent}",
            "indent the whole text of a section alike, or put a blank line before this one",
        )

    def empty(self, kind: SectionKind, name: str, index: int) -> None:
        if self.report.has_inside(self.line_span(index)):
            return
        what = f"'{name}:'" if kind is SectionKind.TAGGED else f"the description of '{name}'"
        hint = "text on the next lines must be indented" if index + 1 < len(self.lines) else None
        self.report.error(
            "doc-empty-section",
            self.line_span(index),
            f"{what} has no text",
            hint=hint,
            reached=self.closing,  # where texts are looked at
        )
