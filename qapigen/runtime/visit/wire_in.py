"""JSON values to typed values, as strictly as a QMP server reads arguments.

In: a JSON value as a parser gives it (dict, list, str, int, float, bool, None).  Out: what the
visit function returns, or a :class:`VisitError`.
Must not know: JSON text, commands.

The rules are those of QMP's input marshalling: nothing is converted; members are read in the
order of the schema and the first error wins; members that the type does not know are reported
after all known members of their object were accepted.
"""

from __future__ import annotations

import builtins
from typing import Any, TypeVar

from ..errors import VisitError, describe
from ..model import NULL, Enum, NullType, Struct, keep_unknown_members, schema_name
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor, member_names
from .kinds import IntegerKind, json_kind, wire_number
from .plain import check_member_name, check_unicode
from .refusals import MAX_DEPTH, NoRoom, enum_refusal, missing, refusal, too_deep, unexpected

__all__ = ["WireInput"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)


class _Scratch(Struct):
    """Takes the base members of a union whose tag selects no class."""


class WireInput(Visitor):
    """Reads one JSON value; a new visitor is made for each.

    ``lenient`` is for clients, since a newer server may send what this schema does not know
    yet, and an older or newer one may lack what it knows: unknown members are kept aside
    (:func:`~..model.unknown_members`), mandatory members that are not there stay unset
    (:func:`~..model.missing_members`), an unknown value of an enum becomes an open one
    (:meth:`~..model.Enum.open`).  All the rest is as strict, and a union whose tag is missing
    or unknown cannot be read: it has no class.

    Values of type ``any``, and of unknown members, are handed on as they are, not copied.
    """

    __slots__ = ("_depth", "_lenient", "_object", "_taken", "_value")

    def __init__(self, value: object, *, lenient: bool = False) -> None:
        self._value = value  # what is visited next
        self._object: dict[str, object] = {}  # whose members are being visited
        self._taken = 0  # how many of them were present so far
        self._depth = 0
        self._lenient = lenient

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        data = self._value
        if not isinstance(data, dict):
            raise refusal(name, "an object", describe(data))
        outer, taken = self._object, self._taken
        self._object, self._taken = data, 0
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise too_deep("")
            obj = cls.__new__(cls)
            members(self, obj)
            if self._taken != len(data):
                self._surplus(data, members, obj)
        except VisitError as error:
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        self._object, self._taken = outer, taken
        return obj

    def _surplus(self, data: dict[str, object], members: MembersFunction[Any], obj: Struct) -> None:
        """Refuse the members that the type does not know, or keep them aside."""
        known = member_names(members, obj)
        unknown = {key: item for key, item in data.items() if key not in known}
        for wire in unknown:
            if not self._lenient and isinstance(wire, str):
                raise unexpected(wire, [each for each in known if each not in data])
            check_member_name(wire)
        keep_unknown_members(obj, unknown)

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        try:
            self._value = self._object[wire]
        except KeyError:
            if self._lenient:
                return
            raise missing(wire) from None
        self._taken += 1
        setattr(obj, python, visit(self, wire, None))

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        # A null is a value like any other and does not stand for an absent member.
        if wire in self._object:
            self.member(obj, wire, python, visit)
        else:
            setattr(obj, python, None)

    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        data = self._value
        if not isinstance(data, dict):
            raise refusal(name, "an object", describe(data))
        cls, members = _choose(info, data)
        obj: T = self.struct(name, None, cls, members)
        return obj

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        visit = info.branches.get(json_kind(self._value))
        if visit is None:
            raise refusal(name, info.expected, describe(self._value))
        result: T = visit(self, name, None)
        return result

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        data = self._value
        if not isinstance(data, list):
            raise refusal(name, "an array", describe(data))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(name)
        items: list[T] = []
        try:
            for item in data:
                self._value = item
                items.append(visit(self, "", None))
        except VisitError as error:
            error.prefix(f"[{len(items)}]")
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        return items

    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        data = self._value
        if not isinstance(data, str):
            raise refusal(name, f"a string ({schema_name(cls)})", describe(data))
        member = cls.known(data)
        if member is not None:
            return member
        if not self._lenient:
            raise enum_refusal(name, cls, data)
        check_unicode(name, data)
        return cls.open(data)

    def string(self, name: str, value: str | None) -> str:
        data = self._value
        if not isinstance(data, str):
            raise refusal(name, "a string", describe(data))
        if not data.isascii():
            check_unicode(name, data)
        return data

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        data = self._value
        # True is an int as well, but not on the wire.
        if data.__class__ is not int and (not isinstance(data, int) or isinstance(data, bool)):
            raise refusal(name, "an integer", describe(data))
        if kind.low <= data <= kind.high:
            return data
        if kind.wraps and -(2**63) <= data < 0:
            return data + 2**64
        raise refusal(name, kind.expected, describe(data))

    def number(self, name: str, value: float | None) -> float:
        data = self._value
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            raise refusal(name, "a number", describe(data))
        number = wire_number(data)
        if number is None:
            raise refusal(name, "a finite number", describe(data))
        return number

    def boolean(self, name: str, value: bool | None) -> bool:
        data = self._value
        if not isinstance(data, bool):
            raise refusal(name, "a boolean", describe(data))
        return data

    def null(self, name: str, value: NullType | None) -> NullType:
        if self._value is not None:
            raise refusal(name, "null", describe(self._value))
        return NULL

    def any(self, name: str, value: object) -> object:
        return NULL if self._value is None else self._value


def _choose(
    info: UnionInfo[Any], data: dict[str, object]
) -> tuple[type[Any], MembersFunction[Any]]:
    choice = info.select(data)
    if isinstance(choice, UnionInfo):
        return _Scratch, _base_then_refusal(choice, data)
    return choice


def _base_then_refusal(info: UnionInfo[Any], data: dict[str, object]) -> MembersFunction[Any]:
    """Visits what an object with a bad tag has, so that the first error in order is found."""

    def visit_members(v: Visitor, obj: Struct) -> None:
        info.visit_base(v, obj)
        if info.tag not in data:  # and the reading is lenient
            raise missing(info.tag)
        # The tag is a value of its enum, yet no branch goes with it.
        tags = " or ".join(f"'{tag}'" for tag in info.branches)
        raise refusal(info.tag, tags, describe(data.get(info.tag)))

    return visit_members
