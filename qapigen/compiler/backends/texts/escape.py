"""Foreign text made harmless: whatever it holds, Markdown shows it as it is.

In: raw text.  Out: Markdown for it.
Must not know: blocks, the schema.

The aim is what CommonMark, GitHub's dialect of it, MyST and MkDocs (Python-Markdown) agree upon.
All but the last take a backslash before any ASCII punctuation as "the next character is itself";
that one shows the backslash before characters that mean nothing to it.  Those are written by
number, and only where another tool would see more in them than text.
"""

from __future__ import annotations

import re
from urllib.parse import quote

__all__ = [
    "clean",
    "code_span",
    "destination",
    "fence_marks",
    "heading_text",
    "is_url",
    "line_starts",
    "one_line",
    "plain",
]

# Characters that would end a line, or that nobody can see.  A tab is a blank; lines end with
# '\n' only, or else a line could begin where no indentation or quote mark is put before it.
# Surrogates are bytes of a file name that are no text.
_CONTROLS = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), "\N{REPLACEMENT CHARACTER}"
)
# What nobody sees, or what changes the direction of text, stands for nothing that it is.
_INVISIBLE = (
    *(0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F)),
    *(*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)),
)
_CONTROLS |= dict.fromkeys(_INVISIBLE, "\N{REPLACEMENT CHARACTER}")
_CONTROLS |= {ord(c): " " for c in "\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"}
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]

_SPECIAL = re.compile(
    r"[\\`*\[\]~]"
    r"|\$(?=[^$]*\$)"  # mathematics stand between two
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # between letters it is never markup
    r"|&(?=[#A-Za-z0-9])"
    r"|<(?![\s\d]|\Z)"
    r"|[!}](?=\Z)"  # a link may follow, and make an image of it, or code, and be a role of MyST
)
_WITH_BACKSLASH = "\\`*_{}[]()>#+-.!"  # for all tools
_ENTITIES = {"<": "&lt;", "&": "&amp;"}
# At the start of a line: lists, headings (also underlines), quotes, rows of tables; comments and
# targets of MyST.
_LINE_START = re.compile(r"^(?:[-+>#:|%]|=(?==*$)|\((?=[^()]*\)=))", re.MULTILINE)
_LINE_NUMBER = re.compile(r"^(\d{1,9})(?=[.)](?:\s|\Z))", re.MULTILINE)
# Most text has nothing to change.  One scan for a set of characters, or one match of the whole
# text, finds that out before any text is taken apart.  Control characters here include the tab.
_CONTROL = (
    r"\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    r"\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_NOT_CLEAN = re.compile(f"[{_CONTROL}]")
_NOT_PLAIN = re.compile(rf"[\\`*\[\]<~$_&!}}{_CONTROL}]")
_HARMLESS_LINE = r"[^\s\d=>#:+|%(-](?:.*\S)?"
_HARMLESS_LINES = re.compile(rf"{_HARMLESS_LINE}(?:\n{_HARMLESS_LINE}|(?!))*+")
_BACKTICKS = re.compile(r"`+")
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"`]+|mailto:[^\s<>\"`]+", re.IGNORECASE)


def clean(text: str) -> str:
    """``text`` without control characters; newlines stay, tabs become blanks."""
    if _NOT_CLEAN.search(text) is None:
        return text
    return text.translate(_CONTROLS).expandtabs(8)


def plain(text: str) -> str:
    """Markdown that shows ``text``, except at the start of lines: see :func:`line_starts`."""
    if _NOT_PLAIN.search(text) is None:
        return text
    return _SPECIAL.sub(_as_text, clean(text))


def line_starts(markdown: str) -> str:
    """Markdown of a paragraph whose lines begin with nothing that would end it.

    All that needs a backslash there comes from text; markup never begins with it.
    """
    if _HARMLESS_LINES.fullmatch(markdown) is not None:
        return markdown
    lines = "\n".join(line.strip() for line in markdown.split("\n") if line.strip())
    return _LINE_NUMBER.sub(r"\1\\", _LINE_START.sub(_as_text, lines))


def _as_text(found: re.Match[str]) -> str:
    character = found[0]
    if character in _WITH_BACKSLASH:
        return f"\\{character}"
    return _ENTITIES.get(character) or f"&#{ord(character)};"


def one_line(markdown: str) -> str:
    """The same on one line."""
    return " ".join(markdown.split())


def heading_text(markdown: str) -> str:
    """Markdown for the rest of a heading's line: a ``#`` at its end is text."""
    line = one_line(markdown)
    return f"{line[:-1]}\\#" if line.endswith("#") else line


def code_span(text: str) -> str:
    """``text`` as code within a line."""
    if "`" not in text and " " not in text and text.isprintable():  # a name, that is
        return text and f"`{text}`"
    text = one_line(clean(text))
    if not text:
        return ""
    marks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def fence_marks(text: str) -> str:
    """Backticks that can go around a block of ``text``."""
    return "`" * max(3, _longest_run(text) + 1)


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def is_url(text: str) -> bool:
    """Whether ``text`` is an absolute URL of a kind that is only ever fetched, never run."""
    return _URL.fullmatch(text) is not None


def destination(url: str) -> str:
    """``url`` as it is written between the parentheses of a link."""
    return quote(clean(url), safe=":/?#@!$&'+,;=%~-._").replace("&", "&amp;")
