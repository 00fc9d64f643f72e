"""The visit functions of the builtin types, and of lists of them.

In and out: see :mod:`.core`.  Names are ``visit_`` and the schema's name of the type.
Must not know: any particular visitor.
"""

from __future__ import annotations

from ..model import NullType, QType
from .core import Visitor
from .kinds import INT8, INT16, INT32, INT64, SIZE, UINT8, UINT16, UINT32, UINT64

__all__ = [
    "visit_QType",
    "visit_QType_list",
    "visit_any",
    "visit_any_list",
    "visit_bool",
    "visit_bool_list",
    "visit_int",
    "visit_int8",
    "visit_int8_list",
    "visit_int16",
    "visit_int16_list",
    "visit_int32",
    "visit_int32_list",
    "visit_int64",
    "visit_int64_list",
    "visit_int_list",
    "visit_null",
    "visit_null_list",
    "visit_number",
    "visit_number_list",
    "visit_size",
    "visit_size_list",
    "visit_str",
    "visit_str_list",
    "visit_uint8",
    "visit_uint8_list",
    "visit_uint16",
    "visit_uint16_list",
    "visit_uint32",
    "visit_uint32_list",
    "visit_uint64",
    "visit_uint64_list",
]


def visit_str(v: Visitor, name: str, value: str | None) -> str:
    """Visit a string."""
    return v.string(name, value)


def visit_number(v: Visitor, name: str, value: float | None) -> float:
    """Visit a number, integer or not."""
    return v.number(name, value)


def visit_int(v: Visitor, name: str, value: int | None) -> int:
    """Visit an int, which is an int64."""
    return v.integer(name, value, INT64)


def visit_int8(v: Visitor, name: str, value: int | None) -> int:
    """Visit an int8."""
    return v.integer(name, value, INT8)


def visit_int16(v: Visitor, name: str, value: int | None) -> int:
    """Visit an int16."""
    return v.integer(name, value, INT16)


def visit_int32(v: Visitor, name: str, value: int | None) -> int:
    """Visit an int32."""
    return v.integer(name, value, INT32)


def visit_int64(v: Visitor, name: str, value: int | None) -> int:
    """Visit an int64."""
    return v.integer(name, value, INT64)


def visit_uint8(v: Visitor, name: str, value: int | None) -> int:
    """Visit a uint8."""
    return v.integer(name, value, UINT8)


def visit_uint16(v: Visitor, name: str, value: int | None) -> int:
    """Visit a uint16."""
    return v.integer(name, value, UINT16)


def visit_uint32(v: Visitor, name: str, value: int | None) -> int:
    """Visit a uint32."""
    return v.integer(name, value, UINT32)


def visit_uint64(v: Visitor, name: str, value: int | None) -> int:
    """Visit a uint64."""
    return v.integer(name, value, UINT64)


def visit_size(v: Visitor, name: str, value: int | None) -> int:
    """Visit a size in bytes, a uint64 in JSON."""
    return v.integer(name, value, SIZE)


def visit_bool(v: Visitor, name: str, value: bool | None) -> bool:
    """Visit a boolean."""
    return v.boolean(name, value)


def visit_null(v: Visitor, name: str, value: NullType | None) -> NullType:
    """Visit a null; NULL in Python."""
    return v.null(name, value)


def visit_any(v: Visitor, name: str, value: object) -> object:
    """Visit any JSON value."""
    return v.any(name, value)


def visit_QType(v: Visitor, name: str, value: QType | None) -> QType:
    """Visit a QType."""
    return v.enum(name, value, QType)


def visit_str_list(v: Visitor, name: str, value: list[str] | None) -> list[str]:
    """Visit a list of str."""
    return v.list(name, value, visit_str)


def visit_number_list(v: Visitor, name: str, value: list[float] | None) -> list[float]:
    """Visit a list of number."""
    return v.list(name, value, visit_number)


def visit_int_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of int."""
    return v.list(name, value, visit_int)


def visit_int8_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of int8."""
    return v.list(name, value, visit_int8)


def visit_int16_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of int16."""
    return v.list(name, value, visit_int16)


def visit_int32_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of int32."""
    return v.list(name, value, visit_int32)


def visit_int64_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of int64."""
    return v.list(name, value, visit_int64)


def visit_uint8_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of uint8."""
    return v.list(name, value, visit_uint8)


def visit_uint16_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of uint16."""
    return v.list(name, value, visit_uint16)


def visit_uint32_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of uint32."""
    return v.list(name, value, visit_uint32)


def visit_uint64_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of uint64."""
    return v.list(name, value, visit_uint64)


def visit_size_list(v: Visitor, name: str, value: list[int] | None) -> list[int]:
    """Visit a list of size."""
    return v.list(name, value, visit_size)


def visit_bool_list(v: Visitor, name: str, value: list[bool] | None) -> list[bool]:
    """Visit a list of bool."""
    return v.list(name, value, visit_bool)


def visit_null_list(v: Visitor, name: str, value: list[NullType] | None) -> list[NullType]:
    """Visit a list of null."""
    return v.list(name, value, visit_null)


def visit_any_list(v: Visitor, name: str, value: list[object] | None) -> list[object]:
    """Visit a list of any."""
    return v.list(name, value, visit_any)


def visit_QType_list(v: Visitor, name: str, value: list[QType] | None) -> list[QType]:
    """Visit a list of QType."""
    return v.list(name, value, visit_QType)
