"""JSON text through orjson, where it is installed: the same values, several times faster.

In: one whole JSON text, or plain data.  Out: the value, or the text.
Must not know: what exactly is wrong with a text.

orjson refuses whatever JSON does not allow (lone surrogates and byte order marks too), and
takes integers beyond 64 bits as floats, as QMP does.  What it does not see is a member that is
there twice; the number of colons tells.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from . import standard
from .strict import MAX_DEPTH

__all__ = ["BARE_OPTIONS", "bare_dumps", "bare_loads", "encode", "loads"]

_BACKSLASH = ord("\\")  # to look for a number in bytes is faster than for other bytes
_DEL = 0x7F

# What a float may have that the standard library writes in another way; strings may have it too.
_EXPONENT = re.compile(rb"e(?<=[0-9]e)-?[0-9]")
_SMALL = b"0.0000"

# What is no plain data is an error here as it is for the standard library.
_PLAIN = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)

# Ints of more than 53 bits are refused, which leaves no range of 64 bits to be checked.
BARE_OPTIONS = orjson.OPT_STRICT_INTEGER
bare_loads, bare_dumps = orjson.loads, orjson.dumps


def _check_depth() -> None:
    """ImportError for a version of orjson that reads what is nested too deeply."""
    try:
        orjson.loads("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    except ValueError:
        return
    raise ImportError("this version of orjson knows no limit of nesting")


_check_depth()


def loads(text: str | bytes) -> object:
    """The value of a text that is surely right; ValueError for any other."""
    value: object = orjson.loads(text)
    if value.__class__ is dict and _is_plain(value, text):
        return value
    try:
        again = orjson.dumps(value)
    except TypeError:
        # More than 254 levels: further than orjson writes, maybe further than allowed.
        raise standard.Suspect from None
    # Written again, a value has as many colons as before: one for each member, and those in
    # strings.  Fewer means that a member was there twice, unless an escape stands for a colon.
    # (To look for one character is much faster than to look for two.)
    if isinstance(text, str):
        same = again.count(b":") == text.count(":")
        same = same and ("\\" not in text or "\\u003" not in text)
    else:
        same = again.count(b":") == text.count(b":")
        same = same and (_BACKSLASH not in text or b"\\u003" not in text)
    if not same:
        raise standard.Suspect
    return value


def _is_plain(value: Any, text: str | bytes) -> bool:
    """Whether a text has just the colons of an object and of those directly in it.

    Then no member was there twice.  Most of what QMP says is as plain as this.
    """
    found = text.count(":") if isinstance(text, str) else text.count(b":")
    found -= len(value)
    if found:
        for each in value.values():
            if each.__class__ is dict:
                found -= len(each)
    return not found


def encode(value: object, alike: bool = False) -> bytes:
    """The shortest line of ASCII for a JSON value; QapiError for what JSON cannot say.

    ``value`` is plain data as visitors write it.  Of other objects, UUIDs and enums would pass.
    ``alike`` says that all of its numbers are known to be such as any library writes alike.
    The bytes are those of the standard library.
    """
    try:
        text = orjson.dumps(value, option=_PLAIN)
    except TypeError:  # also for what is merely unusual: deep values, strings of a subclass
        return standard.encode(value)
    # orjson writes null for what is no finite number, and other characters as they are.
    if _DEL in text or not text.isascii() or not (alike or _has_usual_numbers(text)):
        return standard.encode(value)
    return text


def _has_usual_numbers(text: bytes) -> bool:
    """Whether the numbers in a text are surely right, and as the standard library writes them."""
    return b"null" not in text and _SMALL not in text and _EXPONENT.search(text) is None
