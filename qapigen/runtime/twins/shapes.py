"""What a type consists of, as data.

In: a generated visit function.  Out: the shape of what it visits, a tree.
Must not know: JSON text, msgspec, how code is written.

Not all types have a shape: unions, most alternates, any, and types that contain themselves have
none.
"""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple, NoReturn, TypeAlias

from ..model import Enum, NullType, Struct
from ..visit.core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from ..visit.kinds import IntegerKind

__all__ = [
    "Boolean",
    "Choice",
    "Integer",
    "Items",
    "Member",
    "Number",
    "Object",
    "Shape",
    "Text",
    "TextOrNull",
    "shape_of",
]

# Members of all objects in a shape.  Code for more would be long, and slow to make.
_MOST_MEMBERS = 500


class Text(NamedTuple):
    """A string."""


class TextOrNull(NamedTuple):
    """An alternate of a string and null; other alternates have no shape."""


class Boolean(NamedTuple):
    """True or false."""


class Number(NamedTuple):
    """A finite number, int or float."""


class Integer(NamedTuple):
    """An integer in the range of ``kind``."""

    kind: IntegerKind


class Choice(NamedTuple):
    """A value of an enum."""

    cls: type[Enum]


class Items(NamedTuple):
    """A list."""

    item: Shape


class Member(NamedTuple):
    """A member of an object, by both of its names."""

    wire: str
    python: str
    optional: bool
    shape: Shape


class Object(NamedTuple):
    """An object of class ``cls``, members in the order of the schema."""

    cls: type[Any]
    members: tuple[Member, ...]


Shape: TypeAlias = Text | TextOrNull | Boolean | Number | Integer | Choice | Items | Object


class _Unfit(Exception):
    """A type that has no shape."""


def shape_of(visit: VisitFunction[Any]) -> Shape | None:
    """The shape of what ``visit`` visits; None where there is none.

    Only for visit functions that do nothing but tell a visitor what there is, as generated ones
    do.
    """
    try:
        return _Tracer().trace(visit)
    except _Unfit:
        return None


class _Tracer(Visitor):
    """Goes through a type without a value."""

    def __init__(self) -> None:
        self._shape: Shape = Text()  # of what was visited last
        self._members: builtins.list[Member] = []
        self._inside: builtins.list[object] = []
        self._room = _MOST_MEMBERS

    def trace(self, visit: VisitFunction[Any]) -> Shape:
        visit(self, "", None)
        return self._shape

    def struct(self, name: str, value: Any, cls: type[Any], members: MembersFunction[Any]) -> Any:
        if members in self._inside:
            raise _Unfit
        outer, self._members = self._members, []
        self._inside.append(members)
        members(self, None)
        self._inside.pop()
        self._shape = Object(cls, tuple(self._members))
        self._members = outer

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        self._add(wire, python, visit, optional=False)

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        self._add(wire, python, visit, optional=True)

    def _add(self, wire: str, python: str, visit: VisitFunction[Any], *, optional: bool) -> None:
        self._room -= 1
        if self._room < 0:
            raise _Unfit
        self._members.append(Member(wire, python, optional, self.trace(visit)))

    def list(self, name: str, value: Any, visit: VisitFunction[Any]) -> Any:
        self._shape = Items(self.trace(visit))

    def enum(self, name: str, value: Any, cls: type[Enum]) -> Any:
        if not len(cls):
            raise _Unfit
        self._shape = Choice(cls)

    def string(self, name: str, value: Any) -> Any:
        self._shape = Text()

    def integer(self, name: str, value: Any, kind: IntegerKind) -> Any:
        self._shape = Integer(kind)

    def number(self, name: str, value: Any) -> Any:
        self._shape = Number()

    def boolean(self, name: str, value: Any) -> Any:
        self._shape = Boolean()

    def union(self, name: str, value: Any, info: UnionInfo[Any]) -> NoReturn:
        raise _Unfit

    def alternate(self, name: str, value: Any, info: AlternateInfo[Any]) -> Any:
        # A string that null takes back; the other kinds of alternates are rare.
        if info.branches.keys() != {"string", "null"}:
            raise _Unfit
        if not isinstance(self.trace(info.branches["string"]), Text):
            raise _Unfit
        self._shape = TextOrNull()

    def null(self, name: str, value: NullType | None) -> NoReturn:
        raise _Unfit

    def any(self, name: str, value: object) -> NoReturn:
        raise _Unfit
