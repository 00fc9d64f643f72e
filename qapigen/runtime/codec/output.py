"""JSON values as messages on the wire, in the form in which QEMU writes them.

In: a JSON value.  Out: the bytes of one message with its line end.
Must not know: what the message says, connections.

The form (QMP, output encoding): ASCII on one line, a blank behind commas and colons, hex digits
of escapes in upper case, CR LF at the end, which some clients wait for.  Floats are written as
short as they can be and come back as the same floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from ..errors import QapiError
from .strict import MAX_DEPTH, write

__all__ = ["CR_LF", "message_bytes"]

CR_LF: Final = b"\r\n"

_INDENT = "    "

# An escape, in the way that Python writes it; a pair of surrogates is one.
_ESCAPE = re.compile(r"\\(?:ud[89ab]..\\ud[c-f]..|u....|.)")


def message_bytes(value: object, *, pretty: bool = False, newline: bytes = CR_LF) -> bytes:
    """The bytes that say ``value`` on the wire, ended by ``newline``.

    ``pretty`` puts each member and item on its own line, for people: most clients cannot read
    that.  A lone surrogate becomes U+FFFD.  Raises :class:`QapiError` for what JSON cannot
    say: NaN and infinities, Python objects, cycles, and more than 1024 levels of nesting
    (fewer than that are never too many).
    """
    text = _pretty_text(value) if pretty else _text(value)
    if "\\u" in text:
        text = _ESCAPE.sub(_as_qemu, text)
    if "\x7f" in text:  # in strings only
        text = text.replace("\x7f", "\\u007F")
    line = text.encode("ascii")
    return (line.replace(b"\n", newline) if pretty else line) + newline


def _make_encoder() -> Callable[[object, int], Iterable[str]]:
    """What writes a value: C code that is set up once, which takes longer than to use it."""
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        encoder = json.JSONEncoder(allow_nan=False)
        return lambda value, _: encoder.encode(value)
    escape = json.encoder.encode_basestring_ascii
    # No memory of containers that are open: a cycle becomes a RecursionError.
    encode: Callable[[object, int], Iterable[str]] = make(
        None, _no_json, escape, None, ": ", ", ", False, False, False
    )
    return encode


def _no_json(value: object) -> object:
    raise TypeError(f"a {type(value).__name__} has no JSON form")


_encode: Final = _make_encoder()


def _text(value: object) -> str:
    try:
        return "".join(_encode(value, 0))
    except RecursionError:
        pass  # outside of the handler, so that errors do not show this one as their context
    except (ValueError, TypeError) as error:
        raise QapiError("the value has no JSON form") from error
    return write(value)


def _as_qemu(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[1] != "u":
        return escape
    if len(escape) == 6 and escape[2] == "d" and escape[3] in "89abcdef":
        return "\\uFFFD"
    return escape.replace("u", "U").upper().replace("U", "u")


def _pretty_text(value: object) -> str:
    """The lines of a value; an empty container has two of them, as in QEMU."""
    parts: list[str] = []
    # What is still to be written, last first: pieces of text, and values with their depth.
    todo: list[str | tuple[object, int]] = [(value, 0)]
    while todo:
        piece = todo.pop()
        if isinstance(piece, str):
            parts.append(piece)
            continue
        each, depth = piece
        if not isinstance(each, (dict, list, tuple)):
            parts.append(_text(each))
            continue
        if depth == MAX_DEPTH:
            raise QapiError(f"the value is nested more than {MAX_DEPTH} levels deep")
        todo.extend(reversed(_lines(each, depth + 1)))
    return "".join(parts)


def _lines(
    container: dict[Any, object] | list[object] | tuple[object, ...], depth: int
) -> list[str | tuple[object, int]]:
    """The pieces of a container: text, and the values in it with their depth."""
    start = "\n" + _INDENT * depth
    named = isinstance(container, dict)
    pieces: list[str | tuple[object, int]] = ["{" if named else "["]
    if isinstance(container, dict):
        for key, value in container.items():
            if not isinstance(key, str):
                raise QapiError("a member name is not a string")
            pieces += [start, _text(key), ": ", (value, depth), ","]
    else:
        for value in container:
            pieces += [start, (value, depth), ","]
    if len(pieces) > 1:
        pieces.pop()
    pieces.append("\n" + _INDENT * (depth - 1) + ("}" if named else "]"))
    return pieces
