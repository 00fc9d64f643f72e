"""JSON text to values and back.

In: one whole JSON text.  Out: dict, list, str, int, float, bool and None; and the other way.
Must not know: schema types, messages, connections.

The standard library's C code does the work as long as all is well.  Whatever it refuses, and
the little that it takes but must not, goes through :mod:`.strict`, which is strict, knows
positions and does not recurse; so that module alone decides what an error is.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from math import isinf
from typing import NoReturn

from ..errors import QapiError
from .strict import MAX_DEPTH, JsonError, integer, read, write

__all__ = ["MAX_DEPTH", "MAX_TEXT_BYTES", "JsonError", "dumps", "loads"]

#: Texts of this length and more are refused (QMP, limits).
MAX_TEXT_BYTES = 64 * 1024 * 1024

# The escape of half a surrogate pair without the other half next to it.  May also match behind
# an escaped backslash, where it is plain text.
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)


class _Suspect(ValueError):
    """Something that the strict reader must judge."""


def loads(text: str | bytes) -> object:
    """The value of a JSON text (RFC 8259, UTF-8 where it is bytes).

    Integers that neither int64 nor uint64 can hold become floats, as in QEMU.  Raises
    :class:`JsonError` with a position for anything that is not JSON, and also for duplicate
    member names, lone surrogates, a byte order mark, numbers too large for a float, more than
    :data:`MAX_DEPTH` levels of nesting, :data:`MAX_TEXT_BYTES` bytes (characters) or more.
    """
    if len(text) >= MAX_TEXT_BYTES:
        raise JsonError("the text is too long", offset=MAX_TEXT_BYTES)
    decoded = _decode(text)
    if not _LONE_SURROGATE.search(decoded):
        with suppress(ValueError, RecursionError):
            value: object = _DECODER.decode(decoded)
            if not (_may_be_deep(decoded) and _is_deep(value)):
                return value
    return read(decoded)


def dumps(value: object) -> str:
    """One line of ASCII for a JSON value, with ``", "`` and ``": "`` as QEMU writes it.

    Member names are strings, as everywhere in the runtime; they are not checked again here.
    Raises :class:`QapiError` for what JSON cannot say: NaN and infinities, lone surrogates,
    Python objects, cycles, and more than :data:`MAX_DEPTH` levels of nesting.
    """
    try:
        text = _ENCODER.encode(value)
    except RecursionError:
        text = write(value)
    except (ValueError, TypeError) as error:
        raise QapiError("the value has no JSON form") from error
    if _may_be_deep(text) and _is_deep(value):
        raise QapiError(f"the value is nested more than {MAX_DEPTH} levels deep")
    if _LONE_SURROGATE.search(text):
        read(text)
    return text


def _decode(text: str | bytes) -> str:
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


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Suspect
    return members


def _float(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise _Suspect
    return value


def _constant(text: str) -> NoReturn:
    raise _Suspect


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


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=integer,
    parse_float=_float,
    parse_constant=_constant,
)
_ENCODER = json.JSONEncoder(allow_nan=False)
