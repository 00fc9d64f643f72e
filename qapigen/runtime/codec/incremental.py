"""A stream of JSON texts, cut anywhere, as values in order.

In: bytes as they come from a peer.  Out: parsed values, and errors as values.
Must not know: what the values mean, connections, who answers.

Texts are framed by their structure and never by lines (QMP, transport and framing).  Tokens,
and errors are QEMU's (QMP, lexer); a bad text never makes the reader unusable.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .backends import active
from .framing import DEFAULT_LIMITS, Framer, Limits
from .grammar import parse
from .lexer import OBJECT
from .strict import MAX_DEPTH, JsonError

__all__ = ["DEFAULT_LIMITS", "JsonError", "Limits", "Parsed", "TextReader"]

# What may be the UTF-8 of a code point that is no character, and what may be its escape.
_NON_CHARACTER = re.compile(
    rb"\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]|[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]"
)
_ESCAPED_NON_CHARACTER = re.compile(rb"\\u(?:[fF][dDfF]|[dD][89abAB])")


class Parsed(NamedTuple):
    """The value of a text that took ``size_bytes`` in the stream."""

    value: object
    size_bytes: int


# How a backend refuses a text; parse() has the last word.
_REFUSED = (ValueError, RecursionError, JsonError)

_BACKSLASH = ord("\\")  # to look for a number in bytes is faster than for other bytes

_parsed = tuple.__new__  # to make one; faster than the class's own way


class TextReader:
    """Reads a stream of JSON texts.

    ``feed(data)`` gives all that is complete.  A shell that may have to stop between two texts
    calls ``push(data)`` and then ``take()`` as often as it likes, until that gives None.
    Integers that neither int64 nor uint64 can hold are floats.

    A broken text is one error; with ``repeat_errors`` it may be several, as QEMU up to 10.2 has
    it (QMP, recovery).
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, repeat_errors: bool = False) -> None:
        self._framer = Framer(limits, repeat_errors=repeat_errors)
        self.set_limits(limits)
        # What texts seem to end with (see _mark); b"" if that is not clear.  A guess that is
        # wrong costs one look at the bytes up to the mark, and is not made again before it.
        self._mark = b"\n"

    def set_limits(self, limits: Limits) -> None:
        """Take texts of other sizes from now on, the one that is half read included."""
        self._framer.set_limits(limits)
        # No text of this many bytes and brackets breaks a limit; 0: other readers know.
        self._small = min(limits.tokens, limits.text_bytes - 1)
        self._shallow = limits.depth if limits.depth < MAX_DEPTH else 0

    def feed(self, data: bytes) -> list[Parsed | JsonError]:
        """Take more bytes; all texts and errors that are complete now, in order."""
        self.push(data)
        found: list[Parsed | JsonError] = []
        while (each := self.take()) is not None:
            found.append(each)
        return found

    def push(self, data: bytes) -> None:
        """Take more bytes, and leave them for :meth:`take`."""
        self._framer.push(data)

    def take(self) -> Parsed | JsonError | None:
        """The next value or error; None when that needs more bytes."""
        framer = self._framer
        if framer.resting:
            if framer.at == len(framer.data):
                return None
            if self._mark and (parsed := self._marked(framer)):
                return parsed
            if parsed := self._object(framer):
                return parsed
        frame = framer.take()
        if frame is None or isinstance(frame, JsonError):
            return frame
        try:
            parsed = _parsed(Parsed, (self._value(frame.text), frame.size_bytes))
        except JsonError as error:
            # It is a value from here on, which should not keep alive where it came from.
            error.__context__ = error.__traceback__ = None
            if not frame.balanced:
                framer.recover()
            return error
        self._mark = _mark(framer.data, framer.at)
        framer.skip_blanks()
        return parsed

    def eof(self) -> None:
        """The stream has ended: drop what is incomplete, and be ready for another stream."""
        self._framer.reset()
        self._mark = b"\n"

    @property
    def at_rest(self) -> bool:
        """Nothing is held: no text is half read, and no byte waits for :meth:`take`."""
        framer = self._framer
        return framer.resting and framer.at == len(framer.data)

    def _marked(self, framer: Framer) -> Parsed | None:
        """Read up to the mark, or all that is there; None unless that is one usual object.

        No beginning of an object is one itself, so what can be read was framed rightly.
        """
        data, at, mark = framer.data, framer.at, self._mark
        end = data.find(mark, at) + 1 or len(data)  # behind a newline or brace
        text = data[at:end]
        if text.startswith(b"{") and self._is_usual(text):
            try:
                value = active().loads(text)
            except _REFUSED:
                pass
            else:
                framer.at = end
                return _parsed(Parsed, (value, len(text.rstrip())))
        self._mark = b""
        return None

    def _object(self, framer: Framer) -> Parsed | None:
        """Read an object that is not deep; None unless there is a usual one."""
        data = framer.data
        match = OBJECT.match(data, framer.at)
        if match is None:
            return None
        text = match[1]
        if not self._is_usual(text):
            return None
        try:
            value = active().loads(text)
        except _REFUSED:
            return None
        framer.at = match.end()
        self._mark = _mark(data, match.end(1))
        return _parsed(Parsed, (value, len(text)))

    def _value(self, text: bytes) -> object:
        """The value of a text that keeps the limits; JsonError where it has none."""
        if self._is_usual(text, limited=True):
            try:
                return active().loads(text)
            except _REFUSED:
                pass
        return parse(text)

    def _is_usual(self, text: bytes, *, limited: bool = False) -> bool:
        """Whether other readers of JSON take the text as this one does, if they take it.

        They do not know of code points that are no characters; nor, unless the text is
        known to be ``limited``, of limits.
        """
        if not text.isascii() and _NON_CHARACTER.search(text):
            return False
        if _BACKSLASH in text and _ESCAPED_NON_CHARACTER.search(text):
            return False
        if limited:
            return True
        if len(text) > self._small:
            return False
        return not self._shallow or text.count(b"{") + text.count(b"[") <= self._shallow


def _mark(data: bytes, at: int) -> bytes:
    """What the next text may end with, as the one that ends at ``at`` does.

    Some clients end texts with a line, others put one behind the other.
    """
    if at == len(data) or data.startswith((b"\r\n", b"\n"), at):
        return b"\n"
    return b"}{" if data.startswith(b"}{", at - 1) else b""
