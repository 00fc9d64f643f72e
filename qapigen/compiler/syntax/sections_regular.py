"""Sections of blocks that are wholly regular, in the dialects 2018 and 7.2.

In: the extent of a block.  Out: its name and sections, or None for a block with anything in it
that is wrong, may be wrong or is rare; :mod:`.sections_classic` reads that line by line, and tells.
Must not know: diagnostics, for it never has any.

Nearly all blocks of a real schema are regular, and cutting them line by line would be a third of
the time that reading takes.  Here one expression matches a whole section at a time.
"""

from __future__ import annotations

import re

from ..dialect import Dialect
from ..ir import Section, SectionKind
from ..source import SourceFile, Span
from .section_cutter import dedent

__all__ = ["cut_regular"]

_TAGS = "Returns|Since|Notes?|Examples?|TODO"
_NAME = r"[^\s:]++"
# A comment line is matched with the newline before it.  Of text lines those are left out that
# begin a section, look like it or end in blanks.
_NO_TEXT = rf"(?![^\S\n]*+@[^ \n]*:|(?:{_TAGS}):[ \n]|Features:\n)"
_TEXT = rf"\n# {_NO_TEXT}[^\n]*+(?<!\s)"
_INDENTED = rf"\n# (?=[^\S\n]){_NO_TEXT}[^\n]*+(?<!\s)"
_BLANK = r"\n#(?=\n)"
_REST = r"((?: [^\n]*+)?)(?=\n)"
_MORE = rf"(?:{_TEXT}|(?:{_BLANK}|(?!))++{_TEXT}|(?!))*+"  # blank lines at the end are left out

#: The line of the documented name, and the text before the first marker.
_OPENING = re.compile(rf"##\n# @({_NAME}):(?=\n)({_MORE})(?:{_BLANK}|(?!))*+")
_SECTION = re.compile(
    rf"\n# @({_NAME}):{_REST}((?:{_TEXT}|(?:{_BLANK}|(?!))++{_INDENTED}|(?!))*+)(?:{_BLANK}|(?!))*+"
    rf"|\n# ({_TAGS}):{_REST}({_MORE})(?:{_BLANK}|(?!))*+"
    rf"|\n# (Features:)(?:{_BLANK}|(?!))*+(?=\n# @{_NAME}:[ \n])"
    rf"|({_TEXT}{_MORE})(?:{_BLANK}|(?!))*+"
)
# A marker since 8.1, and text before that.
_LOOSE = re.compile(rf"\n# (?:@[^:\n ]*+ [^:\n]*+:|(?:@[^:\n]*+|{_TAGS}):[^\s])")
_DESCRIPTION, _TAGGED, _HEADING, _TEXT_ONLY = 3, 6, 7, 8  # the last group of each alternative
_MARGIN = re.compile(r"\n# [^\S\n]*+")
_SINGLE = ("Returns", "Since")
# To look up a member of an enum takes longer than to match a line.
_PLAIN, _MEMBER = SectionKind.TEXT, SectionKind.MEMBER
_FEATURE, _TAG = SectionKind.FEATURE, SectionKind.TAGGED
_CLOSING = "\n##"


def cut_regular(
    file: SourceFile, start: int, end: int, dialect: Dialect
) -> tuple[str, list[Section]] | None:
    """The documented name and the sections of a definition's block, if the block is regular."""
    text = file.text
    if dialect.markup == "headings" and text.find("\n# =", start, end) >= 0:
        return None
    if dialect.loose_markers and _LOOSE.search(text, start, end) is not None:
        return None
    opening = _OPENING.match(text, start, end)
    if opening is None:
        return None
    symbol, intro = opening.groups()
    sections: list[Section] = []
    if intro:
        sections.append(_plain(file, opening.start(2), intro))
    at = _cut(file, opening.end(), end, dialect, sections)
    return (symbol, sections) if text[at:end] == _CLOSING else None


def _cut(file: SourceFile, at: int, end: int, dialect: Dialect, sections: list[Section]) -> int:
    """Add the sections from ``at`` on; give the offset behind the last one that is regular."""
    features = closed = False
    seen = set[str]()  # tags, and names behind '@' or, of features, 'f@'
    for found in _SECTION.finditer(file.text, at, end):
        begin = found.start()
        if begin != at:
            break
        alternative = found.lastindex
        if alternative == _DESCRIPTION:
            name, first, more = found.group(1, 2, 3)
            body = _text(first, more, dialect.dedents, found.start(2) - begin - 3)
            key = f"f@{name}" if features else f"@{name}"
            if closed or not body or key in seen:
                break
            seen.add(key)
            span = Span(file, begin + 1, found.end(2))
            sections.append(Section(_FEATURE if features else _MEMBER, name, body, span))
        elif alternative == _TAGGED:
            name, first, more = found.group(4, 5, 6)
            body = _text(first, more, dialect.dedents, found.start(5) - begin - 3)
            if not body or (name in _SINGLE and name in seen):
                break
            seen.add(name)
            closed = True
            sections.append(Section(_TAG, name, body, Span(file, begin + 1, found.end(5))))
        elif alternative == _HEADING:
            blank = file.text[begin - 2 : begin] == "\n#"
            if closed or features or not dialect.features or (seen and not blank):
                break
            features = True
        else:
            closed = True
            sections.append(_plain(file, begin, found[_TEXT_ONLY]))
        at = found.end()
    return at


def _least(first: str, column: int) -> int:
    text = first.lstrip()
    return column + len(first) - len(text) if text else 0


def _plain(file: SourceFile, newline: int, lines: str) -> Section:
    """Text without a marker; ``newline`` is right before its first line."""
    span = Span(file, newline + 1, file.text.index("\n", newline + 1))
    return Section(_PLAIN, "", _text("", lines), span)


def _text(first: str, more: str, dedents: str = "free", column: int = 0) -> str:
    """The text of a section, given that of its first line and the comment lines below that.

    It is empty where lines may be indented less than ``dedents`` has it; ``column`` is where the
    text of the first line begins, blanks included.
    """
    if not more:
        return first.strip()
    found = _MARGIN.search(more)
    assert found is not None  # a line with text ends it
    margin = found[0]
    if dedents == "column" and len(margin) - 3 < _least(first, column):
        return ""
    if more.count(margin) != more.count("\n# "):  # a line is indented less than the first
        if dedents != "free":
            return ""
        return dedent([first, *[line[2:] for line in more[1:].split("\n")]])
    if "\n#\n" in more:  # of blank lines in a row one pass finds every other
        more = more.replace("\n#\n", "\n\n").replace("\n#\n", "\n\n")
    return (first.strip() + more.replace(margin, "\n")).lstrip("\n")
