"""Lines of documentation text: indentation, blank ends, what literal text is written in.

In: lines without tabs and trailing blanks.  Out: the same.
Must not know: any markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from json import JSONDecoder

__all__ = ["MAX_DEPTH", "dedent", "depth_of", "guess_language", "strip_blank"]

#: How deep blocks may lie in each other; the text of deeper ones runs on as a paragraph.
MAX_DEPTH = 8


def depth_of(line: str) -> int:
    """How far a line is indented."""
    return len(line) - len(line.lstrip(" "))


def dedent(lines: Sequence[str], limit: int | None = None) -> list[str]:
    """The lines without their common indentation, of which ``limit`` columns go at most.

    With a limit each line goes left on its own, as far as it can.
    """
    if limit is not None:
        return [line[min(depth_of(line), limit) :] for line in lines]
    common = min((depth_of(line) for line in lines if line), default=0)
    return [line[common:] for line in lines]


def strip_blank(lines: Sequence[str]) -> list[str]:
    """The lines without blank ones at either end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return list(lines[start:end])


def guess_language(text: str) -> str:
    """The language of an example: ``json`` if it is that and nothing else, ``text`` otherwise.

    An exchange of messages, with arrows before them, is no JSON: tools that colour it complain.
    """
    at = _next(text, 0)
    if text[at : at + 1] not in ("{", "["):
        return "text"
    try:
        while at < len(text):
            at = _next(text, _JSON.raw_decode(text, at)[1])
    except (ValueError, RecursionError):
        return "text"
    return "json"


def _next(text: str, at: int) -> int:
    """Where the next thing begins that is no blank of JSON."""
    while at < len(text) and text[at] in " \n\r\t":
        at += 1
    return at


def _no_constant(name: str) -> None:
    """Refuse what Python reads besides JSON: ``NaN`` and the like."""
    raise ValueError(name)


_JSON = JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)
