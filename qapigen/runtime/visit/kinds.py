"""Kinds of values: the integer types of the schema language, the six kinds of JSON values.

In: a value, JSON or Python.  Out: its kind, as a word.
Must not know: visitors.
"""

from __future__ import annotations

from math import isfinite
from typing import Final, NamedTuple

from ..model import NullType, Struct

__all__ = [
    "ALIKE_BELOW",
    "ALIKE_FROM",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "SIZE",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "IntegerKind",
    "json_kind",
    "python_kind",
    "wire_number",
]

#: JSON libraries write zero, and floats whose amount is from here to there, in the same way.
#: Others have an exponent in one and none in another, or exponents of different forms.
ALIKE_FROM: Final = 1e-4
ALIKE_BELOW: Final = 1e15

_KINDS: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
}


class IntegerKind(NamedTuple):
    """One of the integer types of the schema language.

    ``wraps``: a negative number down to -2**63 is accepted from the wire and means itself
    modulo 2**64, as QEMU has it for compatibility (QMP, input marshalling).
    """

    name: str
    low: int
    high: int
    wraps: bool = False

    @property
    def expected(self) -> str:
        """How an error text calls the type."""
        return f"an integer from {self.low} to {self.high}"


INT8 = IntegerKind("int8", -(2**7), 2**7 - 1)
INT16 = IntegerKind("int16", -(2**15), 2**15 - 1)
INT32 = IntegerKind("int32", -(2**31), 2**31 - 1)
INT64 = IntegerKind("int64", -(2**63), 2**63 - 1)
UINT8 = IntegerKind("uint8", 0, 2**8 - 1)
UINT16 = IntegerKind("uint16", 0, 2**16 - 1)
UINT32 = IntegerKind("uint32", 0, 2**32 - 1)
UINT64 = IntegerKind("uint64", 0, 2**64 - 1, wraps=True)
# Equal to uint64 in JSON; text forms of the two differ (a size may have a suffix).
SIZE = IntegerKind("size", 0, 2**64 - 1, wraps=True)


def wire_number(value: float) -> float | None:
    """A number as JSON carries it; None where it cannot: infinities and what is not a number.

    An int stays an int as far as 64 bits go, signed or unsigned, and becomes a float beyond,
    as QEMU's JSON reader has it.
    """
    # What a subclass holds, whatever it says about itself.
    if isinstance(value, int):
        integer = int.__index__(value)
        if INT64.low <= integer <= UINT64.high:
            return integer
        try:
            return float(integer)
        except OverflowError:
            return None
    number = float.__float__(value)
    return number if isfinite(number) else None


def json_kind(value: object) -> str:
    """The kind of a JSON value; "" for what is none."""
    if value is None:
        return "null"
    return _KINDS.get(type(value)) or _derived_kind(value)


def python_kind(value: object) -> str:
    """The kind of JSON value that a Python value will be; "" for None and for what is none."""
    kind = _KINDS.get(type(value))
    # A plain dict stands for no schema type.
    if kind is not None and kind != "object":
        return kind
    if isinstance(value, Struct):
        return "object"
    if isinstance(value, NullType):
        return "null"
    return "" if isinstance(value, dict) else _derived_kind(value)


def _derived_kind(value: object) -> str:
    # Subclasses: enums are strings; bool has none.
    for base, kind in _KINDS.items():
        if isinstance(value, base):
            return kind
    return ""
