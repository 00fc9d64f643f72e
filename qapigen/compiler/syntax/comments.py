"""The lines of documentation comments: finding a block, taking off the ``#``, format rules.

In: the extent of a block.  Out: its lines, each with its offset; problems go to the report.
Must not know: sections, see :mod:`.sections`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..diagnostics import Report
from ..source import SourceFile, Span

__all__ = [
    "DOC_BLOCK",
    "Line",
    "check_format",
    "read_lines",
    "read_open_lines",
    "unterminated_block",
]

#: A whole block, from ``##`` to the line of the next ``##``; blank source lines may lie between.
DOC_BLOCK = re.compile(r"##[^\n]*+\n(?:[^\S\n]*+(?:#(?!#)[^\n]*+)?\n|(?!))*+[^\S\n]*+##[^\n]*+")

_COMMENT_RUN = re.compile(r"##[^\n]*+(?:\s*+#[^\n]*+|(?!))*+\s*+")
_WORD = re.compile(r"[^\s'\[\]{}:,]+|.|\Z", re.DOTALL)


class Line(NamedTuple):
    """A line of documentation: its text behind ``# ``, the offset of its ``#``, its end."""

    text: str
    start: int
    end: int


def unterminated_block(file: SourceFile, start: int, report: Report) -> int:
    """Report the block at ``start``, which something else ends; give the offset of that."""
    run = _COMMENT_RUN.match(file.text, start)
    assert run is not None  # the text at start is '##'
    found = _WORD.match(file.text, run.end())
    assert found is not None  # the pattern matches anywhere
    what = "the end of the file" if not found[0] else repr(found[0][:40])
    report.error(
        "doc-unterminated",
        Span(file, found.start(), found.end()),
        f"the documentation block must end with '##' before {what}",
        focus=Span(file, start, start + 2),
        hint="add a line '##', or start ordinary comments with '# '",
    )
    return run.end()


def read_lines(file: SourceFile, start: int, end: int, report: Report) -> list[Line]:
    """The lines between the first and the last of a block, which are checked to be ``##``."""
    raw = file.text[start:end].split("\n")
    _check_marker(file, start, raw[0], "opening", report)
    lines = _inner_lines(file, start + len(raw[0]) + 1, raw[1:-1], report)
    last = raw[-1].lstrip()
    _check_marker(file, end - len(last), last, "closing", report)
    return lines


def read_open_lines(file: SourceFile, start: int, end: int, report: Report) -> list[Line]:
    """The lines behind the first of a block that has no last one."""
    text = file.text[start:end]
    last = text.find("\n", text.rindex("#"))
    raw = (text[:last] if last >= 0 else text).split("\n")
    _check_marker(file, start, raw[0], "opening", report)
    return _inner_lines(file, start + len(raw[0]) + 1, raw[1:], report)


def _inner_lines(file: SourceFile, at: int, raw: list[str], report: Report) -> list[Line]:
    """The lines of a block, the first of which is at the offset ``at``."""
    lines: list[Line] = []
    for text in raw:
        line_end = at + len(text)
        if text[:2] == "# ":
            lines.append(Line(text[2:].rstrip(), at, line_end))
        elif text == "#":
            lines.append(Line("", at, line_end))
        else:
            body = text.lstrip()
            if body:
                begin = line_end - len(body)
                lines.append(Line(_body(file, body, begin, report), begin, line_end))
        at = line_end + 1
    return lines


def _body(file: SourceFile, comment: str, start: int, report: Report) -> str:
    """The text of a comment line that may be indented, bare or wrong."""
    if comment == "#":
        return ""
    if comment[1] != " ":
        instead = ", not a tab" if comment[1] == "\t" else ""
        report.error(
            "doc-no-space",
            Span(file, start, start + len(comment)),
            f"documentation wants a space after '#'{instead}",
            focus=Span(file, start + 1, start + 2),
        )
        return comment[1:].strip()
    return comment[2:].rstrip()


def _check_marker(file: SourceFile, start: int, line: str, which: str, report: Report) -> None:
    if line != "##":
        report.error(
            f"doc-{which}",
            Span(file, start, start + len(line)),
            f"the {which} line of a documentation block is '##' and nothing else",
            hint="a line that starts with '##' ends the block" if which == "closing" else None,
        )


# Format rules of the modern dialect.

_LONGEST = 70 - len("# ")
_URL = re.compile(r" *(?:https?|ftp)://[^ ]*\Z")
_LITERAL = re.compile(r"(?:\.\. +qmp-example)? *::\Z")
#: Whatever breaks a rule has it; most blocks have nothing like it, and are not looked at by line.
_SUSPECT = re.compile(r"\n[^\n]{71}|[.!?] [A-Z0-9(]")
#: What may stand before a single blank; the group is what may not.
_SENTENCE = re.compile(r"(?:\be\.g\.|^ *\d\.|([.!?])) [A-Z0-9(]")


def check_format(file: SourceFile, lines: list[Line], report: Report) -> None:
    """Report lines that are too long, and single spaces between sentences.

    Text in literal mode is left alone: what is indented below a line that is just ``::`` or
    starts an example.
    """
    if not lines:
        return
    before = file.text.rfind("\n", 0, lines[0].start)
    if _SUSPECT.search(file.text, before, lines[-1].end) is None:
        return
    literal, indent = False, 0
    for text, start, _ in lines:
        if _LITERAL.match(text):  # within literal text, too, where it begins anew
            literal, indent = True, 0
            continue
        if literal and text:
            depth = len(text) - len(text.lstrip(" "))
            if not indent:
                indent = depth
            if depth >= indent:
                continue
            literal = False
        if len(text) > _LONGEST and not _URL.match(text):
            report.error(
                "doc-long-line",
                Span(file, start, start + 2 + len(text)),
                "documentation lines have at most 70 columns",
                focus=Span(file, start + 70, start + 2 + len(text)),
            )
        _check_sentences(file, text, start, report)


def _check_sentences(file: SourceFile, text: str, start: int, report: Report) -> None:
    for found in _SENTENCE.finditer(text):
        if found[1] is None:
            continue
        at = start + 2 + found.end(1)
        report.error(
            "doc-sentence-space",
            Span(file, at, at + 1),
            "two spaces stand between sentences",
        )
        return
