"""Typed values straight from JSON text, through msgspec, where it is installed.

In: a generated visit function.  Out: a function that reads JSON text and either gives the value
that the visit would give, or gives none and leaves the decision to the visit.
Must not know: messages, connections, how errors are worded.

msgspec fills structs of its own kind only, and checks what goes into them in C code.  So every
class that a visit function visits gets a twin of that kind, and a function, made for it at run
time, that moves the members over.  Not all types can be had this way: unions, most alternates,
any, and types that contain themselves have no twins.

msgspec does not see a member that is there twice; the number of colons in the text tells.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, NoReturn, TypeAlias

import msgspec

from .model import NULL, Enum, NullType, Struct
from .visit.core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .visit.kinds import IntegerKind

__all__ = ["Reader", "reader_of"]

#: Gives a value, or None where the visit has to decide.
Reader: TypeAlias = "Callable[[str | bytes], Any]"

_LOW, _HIGH = -(2**63), 2**64  # what int64 or uint64 can hold, the end not included
_BACKSLASH = ord("\\")  # to look for a number in bytes is faster than for other bytes

# What a version of msgspec has to refuse to be of use; some took 1.0 for an integer.
_MUST_REFUSE: tuple[tuple[bytes, Any], ...] = (
    (b"1.0", int),
    (b"1e3", int),
    (b"true", int),
    (b"1", bool),
    (b"1e400", int | float),
    (b"NaN", int | float),
    (b'"\\ud800"', str),
    (b'"\xed\xa0\x80"', str),
    (b'"\x01"', str),
    (b"1\x0b", int),
    (b"\xef\xbb\xbf1", int),
)


class _Unfit(Exception):
    """A type that has no twin."""


class _Doubt(Exception):
    """A value that the visit must judge."""


class _Plan(NamedTuple):
    """How a value comes from its twin.

    ``twin`` is what msgspec is told.  ``fill`` gives the value and the colons in its text, for
    what is more than a scalar; scalars stay as they are, after ``check``, a line of code that
    may look at ``v`` and raise the count ``n``.
    """

    twin: Any
    fill: Callable[[Any], tuple[Any, int]] | None = None
    check: str = ""


_STRING = _Plan(str, check='n += v.count(":")')
_NUMBER = _Plan(int | float, check="if v.__class__ is int and not LOW <= v < HIGH: raise Doubt")


def _string_or_null(value: str | None) -> tuple[str | NullType, int]:
    return (NULL, 0) if value is None else (value, value.count(":"))


_STRING_OR_NULL = _Plan(str | None, _string_or_null)


class _Member(NamedTuple):
    wire: str
    python: str
    optional: bool
    plan: _Plan


class _Shape(Visitor):
    """Goes through a type without a value, and makes its plan."""

    def __init__(self) -> None:
        self._plan = _STRING  # of what was visited last
        self._members: list[_Member] = []
        self._made: dict[object, _Plan] = {}
        self._inside: list[object] = []

    def plan(self, visit: VisitFunction[Any]) -> _Plan:
        visit(self, "", None)
        return self._plan

    def struct(self, name: str, value: Any, cls: type[Any], members: MembersFunction[Any]) -> Any:
        if members in self._inside:
            raise _Unfit
        if members not in self._made:
            outer, self._members = self._members, []
            self._inside.append(members)
            members(self, None)
            self._inside.pop()
            self._made[members] = _struct_plan(cls, self._members)
            self._members = outer
        self._plan = self._made[members]
        return None

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        self._members.append(_Member(wire, python, optional=False, plan=self.plan(visit)))

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        self._members.append(_Member(wire, python, optional=True, plan=self.plan(visit)))

    def list(self, name: str, value: Any, visit: VisitFunction[Any]) -> Any:
        plan = self.plan(visit)
        self._plan = _Plan(list[plan.twin], _list_filler(plan))  # type: ignore[name-defined]
        return None

    def enum(self, name: str, value: Any, cls: type[Enum]) -> Any:
        if not len(cls) or any(":" in member.value for member in cls):
            raise _Unfit
        self._plan = _Plan(cls)
        return None

    def string(self, name: str, value: Any) -> Any:
        self._plan = _STRING

    def integer(self, name: str, value: Any, kind: IntegerKind) -> Any:
        # msgspec's bounds are numbers that int64 can hold.
        wide = kind.high >= 2**63
        bounds = msgspec.Meta(ge=kind.low, le=None if wide else kind.high)
        check = "if v >= HIGH: raise Doubt" if wide else ""
        self._plan = _Plan(Annotated[int, bounds], check=check)

    def number(self, name: str, value: Any) -> Any:
        self._plan = _NUMBER

    def boolean(self, name: str, value: Any) -> Any:
        self._plan = _Plan(bool)

    def union(self, name: str, value: Any, info: UnionInfo[Any]) -> NoReturn:
        raise _Unfit

    def alternate(self, name: str, value: Any, info: AlternateInfo[Any]) -> Any:
        # A string that null takes back; the other kinds of alternates are rare.
        if info.branches.keys() != {"string", "null"}:
            raise _Unfit
        if self.plan(info.branches["string"]) is not _STRING:
            raise _Unfit
        self._plan = _STRING_OR_NULL

    def null(self, name: str, value: NullType | None) -> NoReturn:
        raise _Unfit

    def any(self, name: str, value: object) -> NoReturn:
        raise _Unfit


def reader_of(visit: VisitFunction[Any]) -> Reader | None:
    """The function that reads what ``visit`` visits; None for a type without a twin.

    Only for visit functions that do nothing but tell a visitor what there is, as generated ones
    do.  Takes about a millisecond: worth it for types that are read often.
    """
    try:
        plan = _Shape().plan(visit)
    except _Unfit:
        return None
    if plan.fill is None or not _is_strict():
        return None
    return _reader(msgspec.json.Decoder(plan.twin).decode, plan.fill)


def _is_strict() -> bool:
    for text, kind in _MUST_REFUSE:
        try:
            msgspec.json.decode(text, type=kind)
        except (msgspec.MsgspecError, ValueError):
            continue
        return False
    return True


def _reader(parse: Callable[[str | bytes], Any], fill: Callable[[Any], tuple[Any, int]]) -> Reader:
    def read(text: str | bytes) -> Any:
        try:
            value, colons = fill(parse(text))
        except (msgspec.MsgspecError, _Doubt, ValueError, RecursionError):
            return None
        # Of two members with one name only the last is in the value, so the colon of the other
        # is missing in the count; an escape in a string could make up for it.
        if isinstance(text, str):
            sure = colons == text.count(":") and ("\\" not in text or "\\u003" not in text)
        else:
            sure = colons == text.count(b":") and (_BACKSLASH not in text or b"\\u003" not in text)
        return value if sure else None

    return read


def _struct_plan(cls: type[Any], members: list[_Member]) -> _Plan:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    wires: dict[str, str] = {}
    mandatory = sum(not member.optional for member in members)
    lines = ["def fill(twin):", "    obj = new(cls)", f"    n = {mandatory}"]
    names: dict[str, Any] = {"cls": cls}
    for number, member in enumerate(members):
        field = f"m{number}"
        wires[field] = member.wire
        if member.optional and member.plan is _STRING_OR_NULL:
            fields.append((field, member.plan.twin | msgspec.UnsetType, msgspec.UNSET))
        elif member.optional:
            # msgspec does not check a default: a null in the text is refused all the same.
            fields.append((field, member.plan.twin, None))
        else:
            fields.append((field, member.plan.twin))
        lines += _member_lines(field, member)
        names[f"fill_{field}"] = member.plan.fill
    lines.append("    return obj, n")
    # Mandatory ones first, as msgspec wants them; their order has no meaning here.
    fields.sort(key=len)
    twin = msgspec.defstruct(
        f"{cls.__name__}Twin", fields, rename=wires, forbid_unknown_fields=True, gc=False
    )
    return _Plan(twin, _define(lines, names))


def _member_lines(field: str, member: _Member) -> list[str]:
    """The code that moves one member over and counts its colons."""
    plan, target, source = member.plan, f"obj.{member.python}", f"twin.{field}"
    if plan.fill is None:
        lines, counted = [f"v = {target} = {source}"], [plan.check] if plan.check else []
        present = ["if v is not None:"]
    else:
        lines, counted = [f"v = {source}"], [f"{target}, k = fill_{field}(v)", "n += k"]
        absent = "UNSET" if plan is _STRING_OR_NULL else "None"
        present = [f"if v is {absent}:", f"    {target} = None", "else:"]
    if not member.optional:
        return [f"    {line}" for line in (*lines, *counted)]
    lines += [*present, "    n += 1", *(f"    {line}" for line in counted)]
    return [f"    {line}" for line in lines]


def _list_filler(plan: _Plan) -> Callable[[Any], tuple[Any, int]]:
    fill = plan.fill
    if fill is None:
        lines = ["def fill(items):", "    n = 0"]
        if plan.check:
            lines += ["    for v in items:", f"        {plan.check}"]
        return _define([*lines, "    return items, n"], {})

    def fill_list(items: builtins.list[Any]) -> tuple[builtins.list[Any], int]:
        values, found = [], 0
        for item in items:
            value, colons = fill(item)
            values.append(value)
            found += colons
        return values, found

    return fill_list


def _define(lines: list[str], names: dict[str, Any]) -> Callable[[Any], tuple[Any, int]]:
    """The function ``fill`` that is written in ``lines``, as @dataclass makes an ``__init__``.

    The lines consist of names of attributes, which are identifiers, and of nothing that a peer
    has said.
    """
    scope = names | {
        "new": object.__new__,
        "UNSET": msgspec.UNSET,
        "Doubt": _Doubt,
        "LOW": _LOW,
        "HIGH": _HIGH,
    }
    exec("\n".join(lines), scope)  # noqa: S102
    fill: Callable[[Any], tuple[Any, int]] = scope["fill"]
    return fill
