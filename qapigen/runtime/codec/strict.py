"""The strict reader and writer of JSON text: exact errors, any depth.

In: one JSON text, or a value.  Out: the value, or the text.
Must not know: anything but JSON.  Nothing here recurses; it is slower than the package, which
calls it for what is wrong or deep.
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Any

from ..errors import QapiError, cut

__all__ = ["MAX_DEPTH", "JsonError", "decoded", "integer", "read", "write"]

#: Objects and arrays inside each other (QMP, limits).
MAX_DEPTH = 1024

_MOST_DIGITS = 20  # of an integer that uint64 can hold; Python's own limit is far above

_BLANKS = re.compile(r"[ \t\n\r]*+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_WORD = re.compile(r"[A-Za-z]++")
# Up to the closing quote; a control character or the end of the text stops it before.  The last
# alternative never matches: before Python 3.11.5 possessive groups need it (see lexer.py).
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|(?!))*+)"')
_STRING_START = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|(?!))*+')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_PLAIN_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_KEYWORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_CLOSERS = {"{": "}", "[": "]"}


class JsonError(QapiError):
    """A text that is not the JSON wanted; always a GenericError.

    ``problem`` says what is wrong, ``offset`` where (in characters), ``line`` and ``column``
    the same for people, both counted from 1.
    """

    def __init__(self, problem: str, *, offset: int = 0, text: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset
        self.line = text.count("\n", 0, offset) + 1
        self.column = offset - text.rfind("\n", 0, offset)

    @property
    def desc(self) -> str:
        """The position and the problem in one sentence."""
        return f"JSON text, line {self.line}, column {self.column}: {self.problem}"


def integer(text: str) -> int | float:
    """The number of an integer token; ValueError for one that even a float cannot hold."""
    if len(text) <= _MOST_DIGITS:
        value = int(text)
        if -(2**63) <= value < 2**64:
            return value
    number = float(text)
    if isinf(number):
        raise ValueError("integer too large")
    return number


def decoded(text: str | bytes) -> str:
    """The characters of a text; JsonError for bytes that are not UTF-8 and for lone surrogates."""
    if isinstance(text, bytes):
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            before = text[: error.start].decode()
            raise JsonError("the text is not UTF-8", offset=len(before), text=before) from None
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise JsonError("lone surrogate", offset=error.start, text=text) from None
    return text


def read(text: str) -> object:
    """The value of a JSON text that has no lone surrogates as characters."""
    return _Reader(text).read()


class _Reader:
    """One pass over a text, from its first character to its last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # The containers that are not closed yet, outermost first, and the member name in each
        # that waits for its value ("" in an array).
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str] = []

    def read(self) -> object:
        while True:
            value, done = self._value()
            while done:
                if not self._open:
                    return self._end(value)
                value, done = self._item(value)

    def _value(self) -> tuple[object, bool]:
        """Read a scalar or an empty container (done), or just the opening of a container."""
        char = self._peek()
        if char in _CLOSERS:
            self._open_container(char)
            if self._peek() == _CLOSERS[char]:
                self._at += 1
                return self._close(), True
            if char == "{":
                self._key()
            return None, False
        if char == '"':
            return self._string(), True
        if char and char in "-0123456789":
            return self._number(), True
        return self._keyword(), True

    def _item(self, value: object) -> tuple[object, bool]:
        """Put a value into its container; the container is the next value if it ends here."""
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
            closer = "]"
        else:
            container[self._keys[-1]] = value
            closer = "}"
        char = self._peek()
        if char not in (",", closer):
            raise self._error(f"expected ',' or '{closer}'")
        self._at += 1
        if char == closer:
            return self._close(), True
        if closer == "}":
            self._key()
        return None, False

    def _open_container(self, char: str) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} levels deep")
        self._at += 1
        self._open.append({} if char == "{" else [])
        self._keys.append("")

    def _close(self) -> object:
        self._keys.pop()
        return self._open.pop()

    def _key(self) -> None:
        if self._peek() != '"':
            raise self._error("expected a member name in double quotes")
        start = self._at
        key = self._string()
        if key in self._open[-1]:
            self._at = start
            raise self._error(f"member {cut(key)!a} is there twice")
        if self._peek() != ":":
            raise self._error("expected ':'")
        self._at += 1
        self._keys[-1] = key

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise self._string_error()
        raw: str = match[1]
        if "\\" in raw:
            raw = _ESCAPE.sub(_unescape, raw)
            try:
                # Joins the halves of a surrogate pair and refuses lone ones.
                raw = raw.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise self._error("lone surrogate in a string") from None
        self._at = match.end()
        return raw

    def _string_error(self) -> JsonError:
        match = _STRING_START.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        if self._at == len(self._text):
            return self._error("expected the closing quote of a string")
        if self._text[self._at] == "\\":
            return self._error("escape that JSON does not have")
        return self._error("control character in a string")

    def _number(self) -> int | float:
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            raise self._error("expected a number")
        fraction, exponent = match.groups()
        try:
            value = integer(match[0]) if fraction is exponent is None else float(match[0])
        except ValueError:
            value = float("inf")
        if isinf(value):
            raise self._error("number too large")
        self._at = match.end()
        return value

    def _keyword(self) -> object:
        match = _WORD.match(self._text, self._at)
        if match is None or match[0] not in _KEYWORDS:
            raise self._error("expected a value")
        self._at = match.end()
        return _KEYWORDS[match[0]]

    def _end(self, value: object) -> object:
        if self._peek():
            raise self._error("expected the end of the text")
        return value

    def _peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        match = _BLANKS.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _error(self, problem: str) -> JsonError:
        if self._at >= len(self._text):
            problem += ", got the end of the text"
        return JsonError(problem, offset=self._at, text=self._text)


def _unescape(match: re.Match[str]) -> str:
    code, char = match.groups()
    return chr(int(code, 16)) if code else _PLAIN_ESCAPES[char]


def write(value: object, *, compact: bool = False) -> str:
    """The text of a JSON value of up to :data:`MAX_DEPTH` levels; QapiError for any other.

    With blanks behind commas and colons, as QEMU writes them, or ``compact`` without.
    """
    comma, colon = (",", ":") if compact else (", ", ": ")
    parts: list[str] = []
    # What is still to be written, last first: pieces of text, and values in a 1-tuple.
    todo: list[Any] = [(value,)]
    depth = 0
    while todo:
        piece = todo.pop()
        if isinstance(piece, str):
            depth -= piece in ("]", "}")
            parts.append(piece)
            continue
        pieces = _pieces(piece[0], comma, colon)
        depth += pieces[0] in ("[", "{")
        if depth > MAX_DEPTH:
            raise QapiError(f"the value is nested more than {MAX_DEPTH} levels deep")
        todo.extend(reversed(pieces))
    return "".join(parts)


def _pieces(value: object, comma: str, colon: str) -> list[Any]:
    """A value as pieces: text, and the values in it as 1-tuples."""
    pieces: list[Any]
    if isinstance(value, dict):
        pieces = ["{"]
        for key, item in value.items():
            if not isinstance(key, str):
                raise QapiError("a member name is not a string")
            pieces += [_scalar(key), colon, (item,), comma]
    elif isinstance(value, (list, tuple)):
        pieces = ["["]
        for item in value:
            pieces += [(item,), comma]
    else:
        return [_scalar(value)]
    if len(pieces) > 1:
        pieces.pop()
    pieces.append("}" if pieces[0] == "{" else "]")
    return pieces


def _scalar(value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise QapiError("the value has no JSON form") from error
