"""What is skipped behind an error, so that a broken message has one error and no more.

In: the bytes behind the error.  Out: where the next text may begin.
Must not know: tokens, values, what the error was.

QEMU 11 skips in silence until the brackets of the broken message balance.  So does this, but it
does not wait for brackets that will not come: it ends early at what a sane client never has inside
a message, or what one sends to be understood again.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Recovery"]

_RESET: Final = 0xFF  # clients send it to get out of whatever went wrong
_NEWLINE, _OPEN, _QUOTE, _APOSTROPHE, _BACKSLASH = b"\n{\"'\\"

_OUTSIDE: Final = re.compile(rb"[^{\[\n\xff]*+")
_INSIDE: Final = re.compile(rb"[^\"'\n\xff]*+")
_IN_STRING: Final = {
    _QUOTE: re.compile(rb'[^"\\\n\xff]*+'),
    _APOSTROPHE: re.compile(rb"[^'\\\n\xff]*+"),
}
_BRACKET: Final = re.compile(rb"[{}\[\]]")


class Recovery:
    """Skips the rest of one broken message, of which ``depth`` brackets are open.

    ``quote`` is the byte that ends the string in which the error was, 0 if it was in none.

    It ends behind the bracket that closes the message; behind a byte 0xFF; behind a newline within
    a string; in front of a ``{`` that begins a line.  Without an open bracket, the message ends
    with its line, or in front of what can begin a message.
    """

    __slots__ = ("_depth", "_escaped", "_new_line", "_quote")

    def __init__(self, depth: int, quote: int = 0) -> None:
        self._depth = depth
        self._quote = quote if depth else 0
        self._escaped = False  # the next byte of the string is, too
        self._new_line = False  # the next byte begins a line

    def skip(self, data: bytes, at: int) -> tuple[int, bool]:
        """How far ``data`` is skipped from ``at`` on, and whether that is all."""
        while at < len(data):
            if not self._depth:
                at = _end(_OUTSIDE, data, at)
                over = at < len(data)
                return (at + (data[at] in (_NEWLINE, _RESET)) if over else at), over
            at, over = self._in_string(data, at) if self._quote else self._in_brackets(data, at)
            if over:
                return at, True
        return at, False

    def _in_string(self, data: bytes, at: int) -> tuple[int, bool]:
        if not self._escaped:
            at = _end(_IN_STRING[self._quote], data, at)
            if at == len(data):
                return at, False
        byte = data[at]
        if byte in (_NEWLINE, _RESET):
            return at + 1, True
        if self._escaped or byte == _BACKSLASH:
            self._escaped = not self._escaped
        else:
            self._quote = 0
        return at + 1, False

    def _in_brackets(self, data: bytes, at: int) -> tuple[int, bool]:
        new_line, self._new_line = self._new_line, False
        if new_line and data[at] == _OPEN:
            return at, True
        end = _end(_INSIDE, data, at)
        closed = self._close(data, at, end)
        if closed:
            return closed, True
        if end == len(data):
            return end, False
        byte = data[end]
        if byte == _RESET:
            return end + 1, True
        if byte == _NEWLINE:
            self._new_line = True
        else:
            self._quote = byte
        return end + 1, False

    def _close(self, data: bytes, at: int, end: int) -> int:
        """Count the brackets of a part without strings; the place behind the last one, or 0."""
        closing = data.count(b"}", at, end) + data.count(b"]", at, end)
        if closing < self._depth:  # whatever their order
            self._depth += data.count(b"{", at, end) + data.count(b"[", at, end) - closing
            return 0
        for match in _BRACKET.finditer(data, at, end):
            self._depth += 1 if match[0] in b"{[" else -1
            if not self._depth:
                return match.end()
        return 0


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    assert match is not None  # it may be empty
    return match.end()
