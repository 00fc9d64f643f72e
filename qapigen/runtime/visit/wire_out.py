"""Typed values to JSON values.

In: a Python value of a schema type.  Out: dict, list, str, int, float, bool or None, fit for
JSON text; objects have their members in the order of the schema, absent optional ones are left
out (QMP, output marshalling).
Must not know: JSON text, commands.

A value that does not fit its type is a mistake of the program, not of the peer; it is refused
here so that it never reaches the wire.  Subclasses of str, int and float may say anything about
themselves, so what they hold is taken first, and then checked.
"""

from __future__ import annotations

import builtins
from typing import Any, TypeVar, cast

from ..errors import VisitError, article
from ..model import Enum, NullType, Struct, is_missing, unknown_members
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .kinds import IntegerKind, python_kind, wire_number
from .plain import check_unicode, json_leaf, rebuild
from .refusals import MAX_DEPTH, NoRoom, enum_refusal, missing, python_refusal, too_deep

__all__ = ["WireOutput"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)


class WireOutput(Visitor):
    """Writes one value; afterwards :attr:`result` is its JSON form, independent of the value.

    ``lenient`` writes also what a lenient reading kept: unknown members, behind the known ones
    of their object, and open values of enums.  Otherwise the former are left out, and the latter
    are refused.
    """

    __slots__ = ("_depth", "_lenient", "_object", "result")

    def __init__(self, *, lenient: bool = False) -> None:
        self.result: object = None  # the JSON form of what was visited last
        self._object: dict[str, object] = {}  # the JSON object that is being filled
        self._depth = 0
        self._lenient = lenient

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(name, article(cls.__name__), value)
        outer = self._object
        filled: dict[str, object] = {}
        self._object = filled
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise too_deep("")
            members(self, value)
            if self._lenient:
                self._write_unknown(value, filled)
        except VisitError as error:
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        self._object = outer
        self.result = filled
        return value

    def _write_unknown(self, obj: Struct, filled: dict[str, object]) -> None:
        unknown = {key: item for key, item in unknown_members(obj).items() if key not in filled}
        if unknown:
            copy = rebuild("", unknown, leaf=json_leaf, depth=self._depth - 1)
            filled.update(cast("dict[str, object]", copy))

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        if value is None and is_missing(obj, python):
            if self._lenient:
                return
            raise missing(wire)
        visit(self, wire, value)
        self._object[wire] = self.result

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        if value is not None:
            visit(self, wire, value)
            self._object[wire] = self.result

    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        branch = info.classes.get(type(value))
        if value is None or branch is None:
            raise python_refusal(name, article(info.name), value)
        wrong = branch.wrong_tag(value)
        if wrong is not None:
            error = python_refusal(
                wrong.wire, f"'{wrong.value}'", getattr(value, wrong.python, None)
            )
            error.prefix(name)
            raise error
        cls: type[Any] = type(value)
        self.struct(name, value, cls, branch.members)
        return value

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        visit = info.branches.get(python_kind(value))
        if visit is None or value is None:
            raise python_refusal(name, info.expected, value)
        visit(self, name, value)
        return value

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(name, "a list", value)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(name)
        items: list[object] = []
        try:
            for item in value:
                visit(self, "", item)
                items.append(self.result)
        except VisitError as error:
            error.prefix(f"[{len(items)}]")
            error.prefix(name)
            raise
        except RecursionError:
            raise NoRoom(name) from None
        self._depth -= 1
        self.result = items
        return value

    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        # The plain string of a value is as good as the member; another enum's member is not.
        given: object = value
        text: str
        if isinstance(given, cls):
            text = given._value_
        elif type(given) is str:
            text = given
        else:
            raise python_refusal(name, article(cls.__name__), given)
        if text not in cls._value2member_map_:
            if not self._lenient or text is given:
                raise enum_refusal(name, cls, text)
            check_unicode(name, text)
        self.result = text
        return value  # type: ignore[return-value] # None was refused

    def string(self, name: str, value: str | None) -> str:
        if not isinstance(value, str):
            raise python_refusal(name, "a string", value)
        text = str.__str__(value)  # an enum member becomes its plain value
        if not text.isascii():
            check_unicode(name, text)
        self.result = text
        return value

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise python_refusal(name, "an integer", value)
        number = int.__index__(value)
        if not kind.low <= number <= kind.high:
            raise python_refusal(name, kind.expected, number)
        self.result = number
        return value

    def number(self, name: str, value: float | None) -> float:
        given: object = value
        if value is None or isinstance(given, bool) or not isinstance(given, (int, float)):
            raise python_refusal(name, "a number", given)
        self.result = wire_number(value)
        if self.result is None:
            raise python_refusal(name, "a finite number", given)
        return value

    def boolean(self, name: str, value: bool | None) -> bool:
        if not isinstance(value, bool):
            raise python_refusal(name, "a boolean", value)
        self.result = value
        return value

    def null(self, name: str, value: NullType | None) -> NullType:
        if not isinstance(value, NullType):
            raise python_refusal(name, "NULL", value)
        self.result = None
        return value

    def any(self, name: str, value: object) -> object:
        if value is None:
            raise python_refusal(name, "any JSON value, NULL for null", value)
        self.result = rebuild(name, value, leaf=json_leaf, depth=self._depth)
        return value
