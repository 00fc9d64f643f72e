"""Texts of integers, sizes, numbers and booleans, as command line options have them.

In: a text.  Out: its value, or None where it has none; and texts of values.
Must not know: visitors, ranges of integer types.

The rules are those of QEMU's options, which are those of C: blanks and a sign may stand before
a number, nothing may stand behind it.
"""

from __future__ import annotations

import re
from math import isfinite

from .kinds import wire_number

__all__ = ["boolean_text", "boolean_value", "integer_value", "number_value", "size_value"]

_BOOLEANS = {
    **dict.fromkeys(("on", "yes", "true", "y"), True),
    **dict.fromkeys(("off", "no", "false", "n"), False),
}
_BLANKS = r"[ \t\n\v\f\r]*"
_INTEGER = re.compile(
    _BLANKS
    + r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<octal>0[0-7]*)|(?P<decimal>[1-9][0-9]*))"
)
_SIZE = re.compile(
    _BLANKS
    + r"\+?(?:0[xX](?P<hex>[0-9a-fA-F]+)"
    + r"|(?P<whole>[0-9]+)(?:\.(?P<fraction>[0-9]*))?(?P<suffix>[bBkKmMgGtTpPeE]?))"
)
_WHOLE_NUMBER = re.compile(_BLANKS + r"(?P<sign>[+-]?)(?P<digits>[0-9]+)")
_NUMBER = re.compile(_BLANKS + r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEX_NUMBER = re.compile(
    _BLANKS + r"[+-]?0[xX](?:[0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?"
)
_SUFFIXES = "BKMGTPE"  # powers of 1024

# More digits than any integer type has in any base.  Longer ones are not converted: that
# takes quadratic time, and Python refuses it beyond 4300 decimal digits.
_MOST_DIGITS = 64
_BEYOND_ALL = 1 << 256

# Behind the point: every k/2**61 has at most 61 digits there, so those that follow decide
# nothing when a size is rounded.
_MOST_FRACTION_DIGITS = 64


def boolean_value(text: str) -> bool | None:
    """``on yes true y`` or ``off no false n``, in lower case."""
    return _BOOLEANS.get(text)


def boolean_text(value: bool) -> str:
    """``on`` or ``off``."""
    return "on" if value else "off"


def integer_value(text: str) -> int | None:
    """A decimal, hexadecimal (0x) or octal (0) integer of any size; one beyond all is 2**256."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    value = _number_of(match["hex"], 16) + _number_of(match["octal"], 8)
    value += _number_of(match["decimal"], 10)
    return -value if match["sign"] == "-" else value


def size_value(text: str) -> int | None:
    """A number of bytes, such as ``4096``, ``0x1000``, ``4k`` or ``1.5G``, exactly.

    A suffix stands for a power of 1024, in either case; a fraction that is not zero needs one
    above B, and what is then no whole number of bytes is rounded to the nearest.  There is no
    octal form, and no suffix behind hexadecimal digits.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    if match["hex"]:
        return _number_of(match["hex"], 16)
    unit: int = 1024 ** _SUFFIXES.index((match["suffix"] or "B").upper())
    digits = (match["fraction"] or "").rstrip("0")[:_MOST_FRACTION_DIGITS]
    if digits and unit == 1:
        return None
    scale: int = 10 ** len(digits)
    halves = 2 * int(digits or "0") * unit // scale  # so that a half is rounded up
    return _number_of(match["whole"], 10) * unit + (halves + 1) // 2


def number_value(text: str) -> float | None:
    """A finite number in C's notation; a whole one without point or exponent is an int.

    An int that 64 bits cannot hold is a float, as everywhere.
    """
    whole = _WHOLE_NUMBER.fullmatch(text)
    if whole is not None and len(whole["digits"].lstrip("0")) <= _MOST_DIGITS:
        value = _number_of(whole["digits"], 10)
        return wire_number(-value if whole["sign"] == "-" else value)
    try:
        if _NUMBER.fullmatch(text):
            number = float(text)
        elif _HEX_NUMBER.fullmatch(text):
            number = float.fromhex(text)
        else:
            return None
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _number_of(digits: str | None, base: int) -> int:
    digits = (digits or "").lstrip("0")
    if len(digits) > _MOST_DIGITS:
        return _BEYOND_ALL
    return int(digits or "0", base)
