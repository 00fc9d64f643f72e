"""Lines of documentation text: indentation, blank ends, what literal text is written in.

In: lines without tabs and trailing blanks.  Out: the same.
Must not know: any markup.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MAX_DEPTH", "dedent", "depth_of", "guess_language", "strip_blank"]

#: How deep blocks may lie in each other; the text of deeper ones runs on as a paragraph.
MAX_DEPTH = 8

_ARROWS = ("-> ", "<- ")


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
    """The language of an example: ``json`` if it looks like QMP and nothing is left out."""
    start = text.lstrip()
    if start.startswith(_ARROWS):
        start = start[3:].lstrip()
    return "json" if start.startswith(("{", "[")) and "..." not in text else "text"
