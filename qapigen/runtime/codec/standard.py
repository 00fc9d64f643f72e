"""JSON text through the standard library's C code, as long as all is well.

In: one whole JSON text, or a value.  Out: the value, or the text.
Must not know: what exactly is wrong with a text.

The C code takes a little that it must not.  Reading looks for that in the result, which is
faster than hooks that Python calls for every object and number, and raises :class:`Suspect`:
the strict reader judges then.
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Any, NoReturn

from ..errors import QapiError
from .strict import MAX_DEPTH, JsonError, decoded, read, write

__all__ = ["Suspect", "encode", "loads", "to_text"]

# The escape of half a surrogate pair without the other half next to it.  May also match behind
# an escaped backslash, where it is plain text.
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_LOW, _HIGH = -(2**63), 2**64  # what int64 or uint64 can hold, the end not included


class Suspect(ValueError):
    """A text that the strict reader must judge; it may be right."""


def loads(text: str | bytes) -> object:
    """The value of a text that is surely right.

    Raises ValueError (:class:`Suspect` is one) or RecursionError for any other.
    """
    plain = decoded(text)
    # To look for one character is much faster than to look for two.
    if "\\" in plain and ("\\u003" in plain or _LONE_SURROGATE.search(plain)):
        raise Suspect
    value: object = _DECODER.decode(plain)
    if _colons(value) != plain.count(":") or (_may_be_deep(plain) and _is_deep(value)):
        raise Suspect
    return value


def to_text(value: object, *, compact: bool = False) -> str:
    """One line of ASCII for a JSON value; see :func:`..codec.dumps`, which this is."""
    try:
        text = (_COMPACT if compact else _SPACED).encode(value)
    except RecursionError:
        text = write(value, compact=compact)
    except (ValueError, TypeError) as error:
        raise QapiError("the value has no JSON form") from error
    if _may_be_deep(text) and _is_deep(value):
        raise QapiError(f"the value is nested more than {MAX_DEPTH} levels deep")
    if "\\ud" in text and _LONE_SURROGATE.search(text):
        _read_again(text)
    return text


def encode(value: object, alike: bool = False) -> bytes:
    """The shortest line of ASCII for a JSON value; QapiError for what JSON cannot say.

    Numbers are written as Python shows them, whatever ``alike`` says about them.
    """
    return to_text(value, compact=True).encode("ascii")


def _read_again(text: str) -> None:
    try:
        read(text)
    except JsonError as error:
        raise QapiError(f"the value has no JSON form: {error.problem}") from error


def _colons(value: object) -> int:
    """How many colons the text of a value has if no member was there twice.

    A later member replaces an earlier one of the same name, so the colon of the earlier one is
    missing in this number.  Raises :class:`Suspect` for numbers that QMP reads in another way.
    """
    found = 0
    todo: list[Any] = [value]
    # The list grows while the loop goes through it: no recursion, and no second list.
    for each in todo:
        kind = each.__class__
        if kind is dict:
            found += len(each) + "".join(each).count(":")
            todo += each.values()
        elif kind is str:
            found += each.count(":")
        elif kind is list:
            todo += each
        elif (kind is int and not _LOW <= each < _HIGH) or (kind is float and isinf(each)):
            raise Suspect
    return found


def _constant(text: str) -> NoReturn:
    raise Suspect


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > MAX_DEPTH


def _is_deep(value: object) -> bool:
    """Is a value nested more deeply than allowed?  Goes through it level by level."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        if not inner:
            return False
        level = inner
    return any(isinstance(each, (dict, list)) for each in level)


_DECODER = json.JSONDecoder(parse_constant=_constant)
_SPACED = json.JSONEncoder(allow_nan=False)
_COMPACT = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
