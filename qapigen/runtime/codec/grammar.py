"""The JSON that QMP takes from the wire: JSON texts, and what QEMU allows beyond.

In: the bytes of one text that are made of whole tokens.  Out: its value.
Must not know: where texts end in a stream, limits, what a text means.

Beyond JSON (QMP, input): strings in single quotes, the escape ``\\'``, and the bytes C0 80 for
U+0000.  Not even all of JSON is taken: member names must differ, and neither lone surrogates
nor the code points that Unicode keeps free of characters may stand in strings.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final

from ..errors import cut
from .strict import JsonError, integer

__all__ = ["TOKEN", "error_at", "parse"]

#: One token, or blanks.  Numbers and keywords are taken for right if they start right.  About the
#: alternatives that never match see lexer.py.
TOKEN: Final = re.compile(
    rb"[ \t\n\r]++"
    rb'|[{}\[\]:,]|"(?:[^"\\]++|\\.|(?!))*+"|'
    rb"'(?:[^'\\]++|\\.|(?!))*+'"
    rb"|-?[0-9][0-9.]*+(?:[eE][+-]?[0-9]++)?|[a-z]++",
    re.DOTALL,
)

# What Unicode keeps free: U+FDD0 to U+FDEF, and the last two code points of each plane.
_NON_CHARACTER: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(
        chr(plane + last) for plane in range(0, 2**20 + 1, 2**16) for last in (0xFFFE, 0xFFFF)
    )
    + "]"
)

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN_ESCAPES = dict(zip("\"'\\/bfnrt", "\"'\\/\b\f\n\r\t", strict=True))
_KEYWORDS: dict[bytes, object] = {b"true": True, b"false": False, b"null": None}
_CLOSERS = {b"{": b"}", b"[": b"]"}


def parse(text: bytes) -> object:
    """The value of a text; :class:`JsonError` with the first thing that is wrong.

    Numbers too large for a float become the largest float: QEMU's become infinite, which could
    not be written again.
    """
    return _Parser(text).parse()


class _Parser:
    """One pass over the tokens of a text, without recursion."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0  # behind the token
        self._start = 0  # of the token
        self._token = b""
        # The containers that are not closed yet, outermost first, and the member name in each
        # that waits for its value ("" in an array).
        self._open: list[Any] = []
        self._keys: list[str] = []

    def parse(self) -> object:
        token = self._next()
        while True:
            value, done = self._value(token)
            while done:
                if not self._open:
                    if self._next():
                        raise self._error("expected the end of the text")
                    return value
                value, done = self._item(value)
            # A container was opened, or goes on; _value and _item left its next token.
            token = self._token

    def _value(self, token: bytes) -> tuple[object, bool]:
        """Read a scalar or an empty container (done), or just the opening of a container."""
        closer = _CLOSERS.get(token)
        if closer is not None:
            self._open.append({} if token == b"{" else [])
            self._keys.append("")
            if self._next() == closer:
                return self._close(), True
            if token == b"{":
                self._key()
            return None, False
        return self._scalar(token), True

    def _item(self, value: object) -> tuple[object, bool]:
        """Put a value into its container; the container is the next value if it ends here."""
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
            closer = b"]"
        else:
            container[self._keys[-1]] = value
            closer = b"}"
        token = self._next()
        if token == closer:
            return self._close(), True
        if token != b",":
            raise self._error(f"expected ',' or '{closer.decode()}'")
        self._next()
        if closer == b"}":
            self._key()
        return None, False

    def _close(self) -> object:
        self._keys.pop()
        return self._open.pop()

    def _key(self) -> None:
        """Read the rest of a member name, its colon, and the token behind it."""
        if self._token[:1] not in (b'"', b"'"):
            raise self._error("expected a member name")
        key = self._string(self._token)
        if key in self._open[-1]:
            raise self._error(f"member {cut(key)!a} is there twice")
        if self._next() != b":":
            raise self._error("expected ':'")
        self._next()
        self._keys[-1] = key

    def _scalar(self, token: bytes) -> object:
        first = token[:1]
        if first in (b'"', b"'"):
            return self._string(token)
        if first == b"-" or first.isdigit():
            return _number(token.decode())
        if token not in _KEYWORDS:
            problem = "unknown keyword" if first.isalpha() else "expected a value"
            raise self._error(problem)
        return _KEYWORDS[token]

    def _string(self, token: bytes) -> str:
        raw = token[1:-1]
        try:
            # QEMU's own way to hold a NUL in a string; elsewhere C0 is never right.
            text = (raw if raw.isascii() else raw.replace(b"\xc0\x80", b"\0")).decode()
        except UnicodeDecodeError:
            raise self._error("the string is not UTF-8") from None
        if "\\" in text:
            text = self._unescaped(text)
        if not text.isascii() and _NON_CHARACTER.search(text):
            raise self._error("code point in a string that is no character")
        return text

    def _unescaped(self, text: str) -> str:
        try:
            text = _ESCAPE.sub(_unescape, text)
        except KeyError:
            raise self._error("unknown escape in a string") from None
        try:
            # Joins the halves of a surrogate pair and refuses lone ones.
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self._error("lone surrogate in a string") from None

    def _next(self) -> bytes:
        """Go to the next token; b"" at the end of the text."""
        while True:
            self._start = self._at
            match = TOKEN.match(self._text, self._at)
            self._token = match[0] if match is not None else b""
            self._at += len(self._token)
            if not self._token.isspace():
                return self._token

    def _error(self, problem: str) -> JsonError:
        if not self._token:
            problem += ", got the end of the text"
        return error_at(problem, self._text[: self._start])


def error_at(problem: str, before: bytes) -> JsonError:
    """An error with the place where ``before`` ends."""
    text = before.decode(errors="replace")
    return JsonError(problem, offset=len(text), text=text)


def _number(text: str) -> int | float:
    try:
        value = float(text) if any(mark in text for mark in ".eE") else integer(text)
    except ValueError:
        value = float("-inf" if text[0] == "-" else "inf")
    if isinstance(value, float):
        return max(-sys.float_info.max, min(value, sys.float_info.max))
    return value


def _unescape(match: re.Match[str]) -> str:
    code, char = match.groups()
    return chr(int(code, 16)) if code else _PLAIN_ESCAPES[char]
