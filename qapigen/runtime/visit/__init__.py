"""Typed values from JSON values, to JSON values, and copied: the doors for users.

In: a generated visit function and a value.  Out: the value in its other form.
Must not know: JSON text, commands.  What generated code calls is re-exported here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from .builtin import (
    visit_any,
    visit_any_list,
    visit_bool,
    visit_bool_list,
    visit_int,
    visit_int8,
    visit_int8_list,
    visit_int16,
    visit_int16_list,
    visit_int32,
    visit_int32_list,
    visit_int64,
    visit_int64_list,
    visit_int_list,
    visit_null,
    visit_null_list,
    visit_number,
    visit_number_list,
    visit_QType,
    visit_QType_list,
    visit_size,
    visit_size_list,
    visit_str,
    visit_str_list,
    visit_uint8,
    visit_uint8_list,
    visit_uint16,
    visit_uint16_list,
    visit_uint32,
    visit_uint32_list,
    visit_uint64,
    visit_uint64_list,
)
from .clone import Clone
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .deferred import DeferredVisit
from .keyval import from_keyval, to_keyval
from .refusals import NoRoom
from .specialised import REFUSALS, pair_of, specialised
from .text import to_text
from .unrolled import UnrolledClone, UnrolledInput, UnrolledOutput
from .walk import walk
from .wire_in import WireInput
from .wire_out import WireOutput

__all__ = [
    "AlternateInfo",
    "Clone",
    "DeferredVisit",
    "MembersFunction",
    "UnionInfo",
    "VisitFunction",
    "Visitor",
    "WireInput",
    "WireOutput",
    "clone",
    "from_keyval",
    "from_wire",
    "specialised",
    "to_keyval",
    "to_text",
    "to_wire",
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
    "walk",
    "written_by_visit",
]

T = TypeVar("T")
R = TypeVar("R")


def from_wire(
    visit: VisitFunction[T], value: object, name: str = "", *, lenient: bool = False
) -> T:
    """The typed form of a JSON value, strictly checked (QMP, input marshalling).

    ``name`` is what error paths call the value.  ``lenient`` is for answers of a newer or
    older peer: members that a type does not know are kept aside
    (:func:`~..model.unknown_members`), mandatory ones may be missing
    (:func:`~..model.missing_members`), values that an enum does not know become open values of
    it.  Raises :class:`VisitError`.
    """
    # What the straight code takes is right for the lenient as well.
    try:
        pair = visit.__specialised__  # type: ignore[attr-defined] # a note of pair_of
    except AttributeError:
        pair = pair_of(visit)
    read = pair[1] if pair[0] is visit else pair_of(visit).read
    if read is not None:
        try:
            typed: T = read(value)
        except REFUSALS:
            pass
        else:
            return typed
    try:
        return visit(WireInput(value, lenient=lenient), name, None)
    except (NoRoom, RecursionError):
        pass  # outside of the handler, so that errors do not show this one as their context
    return UnrolledInput(value, lenient=lenient).run(visit, name, None)


def to_wire(
    visit: Callable[[Visitor, str, T | None], object],
    value: T,
    name: str = "",
    *,
    lenient: bool = False,
) -> object:
    """The JSON form of a typed value (QMP, output marshalling).

    ``lenient`` writes also what a lenient reading kept: unknown members and open values of
    enums.  Raises :class:`VisitError` for a value that its type does not allow.
    """
    if not lenient:
        try:
            pair = visit.__specialised__  # type: ignore[attr-defined]
        except AttributeError:
            pair = pair_of(visit)
        write = pair[2] if pair[0] is visit else pair_of(visit).write
        if write is not None:
            try:
                return cast("object", write(value))
            except REFUSALS:
                pass
    return written_by_visit(visit, value, name, lenient=lenient)


def written_by_visit(
    visit: Callable[[Visitor, str, T | None], object],
    value: T,
    name: str = "",
    *,
    lenient: bool = False,
) -> object:
    """What :func:`to_wire` gives where straight-line code does not know how to."""
    visitor = WireOutput(lenient=lenient)
    try:
        visit(visitor, name, value)
    except (NoRoom, RecursionError):
        pass
    else:
        return visitor.result
    return UnrolledOutput(lenient=lenient).write(visit, name, value)


def clone(visit: Callable[[Visitor, str, T | None], R], value: T) -> R:
    """An independent copy of a typed value."""
    try:
        return visit(Clone(), "", value)
    except (NoRoom, RecursionError):
        pass
    return UnrolledClone().run(visit, "", value)
