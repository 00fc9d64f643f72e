"""Typed values to independent copies of themselves.

In: a Python value of a schema type.  Out: an equal one that shares no object or list with it.
Must not know: JSON, commands.

A copy is of what is there: a scalar is its own copy, whatever the type wants there.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from ..errors import VisitError, article
from ..model import Enum, NullType, Struct, is_missing, keep_unknown_members, unknown_members
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .kinds import IntegerKind, python_kind
from .plain import rebuild
from .refusals import MAX_DEPTH, NoRoom, python_refusal, too_deep

__all__ = ["Clone"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)

#: Values of these classes are their own copies, so that no visit is needed.
_IMMUTABLE = frozenset({bool, float, int, str, NullType})


class Clone(Visitor):
    """Copies one value: the visit function returns the copy."""

    __slots__ = ("_depth", "_source")

    def __init__(self) -> None:
        self._source: object = None  # the object whose members are being copied
        self._depth = 0

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(name, article(cls.__name__), value)
        outer = self._source
        self._source = value
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise too_deep("")
            copy = cls.__new__(cls)
            members(self, copy)
            unknown = unknown_members(value)
            if unknown:
                self._copy_unknown(unknown, copy)
        except VisitError as error:
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        self._source = outer
        return copy

    def _copy_unknown(self, unknown: Mapping[str, object], copy: Struct) -> None:
        twin = rebuild("", dict(unknown), leaf=_same, depth=self._depth - 1)
        keep_unknown_members(copy, cast("dict[str, object]", twin))

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(self._source, python, None)
        if value is None and is_missing(self._source, python):
            return
        if value.__class__ not in _IMMUTABLE:
            value = visit(self, wire, value)
        setattr(obj, python, value)

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(self._source, python, None)
        if value is not None and value.__class__ not in _IMMUTABLE:
            value = visit(self, wire, value)
        setattr(obj, python, value)

    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        branch = info.classes.get(type(value))
        if value is None or branch is None:
            raise python_refusal(name, article(info.name), value)
        cls: type[Any] = type(value)
        copy: T = self.struct(name, value, cls, branch.members)
        return copy

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        visit = info.branches.get(python_kind(value))
        if visit is None or value is None:
            raise python_refusal(name, info.expected, value)
        copy: T = visit(self, name, value)
        return copy

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(name, "a list", value)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(name)
        items: list[T] = []
        try:
            for item in value:
                # Its length is the index in an error path, so it grows item by item.
                items.append(visit(self, "", item))  # noqa: PERF401
        except VisitError as error:
            error.prefix(f"[{len(items)}]")
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        return items

    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        if value is None:
            raise _absent(name)
        return value

    def string(self, name: str, value: str | None) -> str:
        if value is None:
            raise _absent(name)
        return value

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        if value is None:
            raise _absent(name)
        return value

    def number(self, name: str, value: float | None) -> float:
        if value is None:
            raise _absent(name)
        return value

    def boolean(self, name: str, value: bool | None) -> bool:
        if value is None:
            raise _absent(name)
        return value

    def null(self, name: str, value: NullType | None) -> NullType:
        if value is None:
            raise _absent(name)
        return value

    def any(self, name: str, value: object) -> object:
        if value is None:
            raise _absent(name)
        return rebuild(name, value, leaf=_same, depth=self._depth)


def _same(value: object) -> object:
    return value


def _absent(name: str) -> VisitError:
    return python_refusal(name, "a value", None)
