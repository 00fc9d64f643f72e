"""The built-in types in straight-line code: what generated functions call for them.

In: JSON values to be read, Python values to be written.  Out: their other form.
Must not know: JSON text, visitors.

What each function takes is a subset of what visits take, see :mod:`.specialised`.  JSON and
Python have the same form of most of these types, and the two functions of such a type are one.
Numbers that JSON libraries may write in several ways are left to visits, so that the fastest
library can be used for all that is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..model import NULL, NullType, QType
from .kinds import (
    ALIKE_BELOW,
    ALIKE_FROM,
    INT8,
    INT16,
    INT32,
    INT64,
    SIZE,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    IntegerKind,
)
from .plain import json_leaf, rebuild
from .refusals import MAX_DEPTH
from .specialised import Mismatch

__all__ = [
    "read_QType",
    "read_QType_list",
    "read_any",
    "read_any_list",
    "read_bool",
    "read_bool_list",
    "read_int",
    "read_int8",
    "read_int8_list",
    "read_int16",
    "read_int16_list",
    "read_int32",
    "read_int32_list",
    "read_int64",
    "read_int64_list",
    "read_int_list",
    "read_null",
    "read_null_list",
    "read_number",
    "read_number_list",
    "read_size",
    "read_size_list",
    "read_str",
    "read_str_list",
    "read_uint8",
    "read_uint8_list",
    "read_uint16",
    "read_uint16_list",
    "read_uint32",
    "read_uint32_list",
    "read_uint64",
    "read_uint64_list",
    "write_QType",
    "write_QType_list",
    "write_any",
    "write_any_list",
    "write_bool",
    "write_bool_list",
    "write_int",
    "write_int8",
    "write_int8_list",
    "write_int16",
    "write_int16_list",
    "write_int32",
    "write_int32_list",
    "write_int64",
    "write_int64_list",
    "write_int_list",
    "write_null",
    "write_null_list",
    "write_number",
    "write_number_list",
    "write_size",
    "write_size_list",
    "write_str",
    "write_str_list",
    "write_uint8",
    "write_uint8_list",
    "write_uint16",
    "write_uint16_list",
    "write_uint32",
    "write_uint32_list",
    "write_uint64",
    "write_uint64_list",
]

# Straight-line code counts no levels, so a value of type any gets half of them at most.
_DEPTH: Final = MAX_DEPTH // 2


def read_str(data: Any) -> str:
    """A plain string without lone surrogates; these have no UTF-8 form."""
    if data.__class__ is not str or not (data.isascii() or data.encode()):
        raise Mismatch
    text: str = data
    return text


def read_str_list(data: Any) -> list[str]:
    """A list of such strings."""
    _check_list(data)
    return [read_str(item) for item in data]


def read_bool(data: Any) -> bool:
    """True or false."""
    if data.__class__ is not bool:
        raise Mismatch
    truth: bool = data
    return truth


def read_bool_list(data: Any) -> list[bool]:
    """A list of them."""
    _check_list(data)
    return [read_bool(item) for item in data]


def read_number(data: Any) -> float:
    """A finite float, or an int that JSON carries as it is."""
    if data.__class__ is float:
        finite = data - data == 0.0  # infinities and NaN give NaN
    else:
        finite = data.__class__ is int and INT64.low <= data <= UINT64.high
    if not finite:
        raise Mismatch
    number: float = data
    return number


def read_number_list(data: Any) -> list[float]:
    """A list of them."""
    _check_list(data)
    return [read_number(item) for item in data]


def write_number(value: Any) -> float:
    """A number that all JSON libraries write in the same way."""
    if value.__class__ is float:
        alike = (
            ALIKE_FROM <= value < ALIKE_BELOW or value == 0 or -ALIKE_BELOW < value <= -ALIKE_FROM
        )
    else:
        alike = value.__class__ is int and INT64.low <= value <= UINT64.high
    if not alike:
        raise Mismatch
    number: float = value
    return number


def write_number_list(value: Any) -> list[float]:
    """A list of them."""
    _check_list(value)
    return [write_number(item) for item in value]


def _integers(kind: IntegerKind) -> tuple[Callable[[Any], int], Callable[[Any], list[int]]]:
    """The functions for an int of that kind, and for a list of them."""
    low, high = kind.low, kind.high

    def read(data: Any) -> int:
        if data.__class__ is not int or not low <= data <= high:
            raise Mismatch
        number: int = data
        return number

    def read_list(data: Any) -> list[int]:
        _check_list(data)
        for item in data:
            if item.__class__ is not int or not low <= item <= high:
                raise Mismatch
        return list(data)

    return read, read_list


read_int, read_int_list = _integers(INT64)
read_int8, read_int8_list = _integers(INT8)
read_int16, read_int16_list = _integers(INT16)
read_int32, read_int32_list = _integers(INT32)
read_int64, read_int64_list = _integers(INT64)
read_uint8, read_uint8_list = _integers(UINT8)
read_uint16, read_uint16_list = _integers(UINT16)
read_uint32, read_uint32_list = _integers(UINT32)
read_uint64, read_uint64_list = _integers(UINT64)
read_size, read_size_list = _integers(SIZE)


def read_null(data: Any) -> NullType:
    """The null of JSON."""
    if data is not None:
        raise Mismatch
    return NULL


def read_null_list(data: Any) -> list[NullType]:
    """A list of them."""
    _check_list(data)
    return [read_null(item) for item in data]


def write_null(value: Any) -> object:
    """The schema's null."""
    if value is not NULL:
        raise Mismatch
    return json_leaf(value)


def write_null_list(value: Any) -> list[object]:
    """A list of them."""
    _check_list(value)
    return [write_null(item) for item in value]


def read_any(data: Any) -> Any:
    """Any JSON value, handed on as it is."""
    return NULL if data is None else data


def read_any_list(data: Any) -> list[Any]:
    """A list of them."""
    _check_list(data)
    return [NULL if item is None else item for item in data]


def write_any(value: Any) -> object:
    """Plain data, copied."""
    if value is None:
        raise Mismatch
    return rebuild("", value, leaf=_leaf, depth=_DEPTH)


def _leaf(value: object) -> object:
    # Ints are written alike, whatever their size; those beyond 64 bits become floats.
    made = json_leaf(value)
    return write_number(made) if made.__class__ is float else made


def write_any_list(value: Any) -> list[object]:
    """A list of them."""
    _check_list(value)
    return [write_any(item) for item in value]


_QTYPES: Final = {each.value: each for each in QType}
_QTYPE_VALUES: Final = {each: each.value for each in QType}


def read_QType(data: Any) -> QType:
    """A kind of JSON value."""
    return _QTYPES[data]


def read_QType_list(data: Any) -> list[QType]:
    """A list of them."""
    _check_list(data)
    return [_QTYPES[item] for item in data]


def write_QType(value: Any) -> str:
    """A kind of JSON value."""
    if value.__class__ is not QType:
        raise Mismatch
    return _QTYPE_VALUES[value]


def write_QType_list(value: Any) -> list[str]:
    """A list of them."""
    _check_list(value)
    return [write_QType(item) for item in value]


def _check_list(data: Any) -> None:
    if data.__class__ is not list:
        raise Mismatch


write_str, write_str_list = read_str, read_str_list
write_bool, write_bool_list = read_bool, read_bool_list
write_int, write_int_list = read_int, read_int_list
write_int8, write_int8_list = read_int8, read_int8_list
write_int16, write_int16_list = read_int16, read_int16_list
write_int32, write_int32_list = read_int32, read_int32_list
write_int64, write_int64_list = read_int64, read_int64_list
write_uint8, write_uint8_list = read_uint8, read_uint8_list
write_uint16, write_uint16_list = read_uint16, read_uint16_list
write_uint32, write_uint32_list = read_uint32, read_uint32_list
write_uint64, write_uint64_list = read_uint64, read_uint64_list
write_size, write_size_list = read_size, read_size_list
