"""The same with msgspec, where it is installed: through structs of its own kind.

In: a shape.  Out: functions that read and write text.
Must not know: connections, how errors are worded.

msgspec reads and writes structs of its own kind in C code, and checks what it reads.  So each
class in a shape gets a twin of that kind, and the code moves the members over.
"""

from __future__ import annotations

import struct
from typing import Annotated, Any

import msgspec

from ..model import NULL
from .reading import Reader, Reading, may_hide_colons
from .shapes import (
    Boolean,
    Choice,
    Integer,
    Items,
    Member,
    Number,
    Object,
    Shape,
    Text,
    TextOrNull,
)
from .writing import Writer, Writing

__all__ = ["reader_of_structs", "writer_of_structs"]

_LOW, _HIGH = -(2**63), 2**64  # what int64 or uint64 can hold, the end not included

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

#: The letters by which the ``struct`` module calls types that hold the same integers.
_LETTERS = {
    (-(2**63), 2**63 - 1): "q",
    (-(2**31), 2**31 - 1): "i",
    (-(2**15), 2**15 - 1): "h",
    (-(2**7), 2**7 - 1): "b",
    (0, 2**64 - 1): "Q",
    (0, 2**32 - 1): "I",
    (0, 2**16 - 1): "H",
    (0, 2**8 - 1): "B",
}

_write = msgspec.json.Encoder().encode


def _is_strict() -> bool:
    """Whether the version of msgspec is of use."""
    for text, kind in _MUST_REFUSE:
        try:
            msgspec.json.decode(text, type=kind)
        except (msgspec.MsgspecError, ValueError):
            continue
        return False
    return True


def reader_of_structs(shape: Object | Items) -> Reader | None:
    """The function that reads text with msgspec; None where its version is of no use."""
    if not _is_strict():
        return None
    return _FromStructs(shape).reader(shape)


def writer_of_structs(shape: Object | Items) -> Writer:
    """The function that writes text with msgspec."""
    return _ToStructs().writer(shape)


# --- reading ---


class _FromStructs(Reading):
    """From twins that msgspec has filled.

    An absent member is None there, UNSET if null is one of its values.
    """

    def __init__(self, shape: Shape) -> None:
        self._twins: dict[type[Any], Any] = {}
        super().__init__(msgspec.json.Decoder(self._twin(shape)).decode, msgspec.MsgspecError)

    def _twin(self, shape: Shape) -> Any:
        match shape:
            case Object(cls):
                if cls not in self._twins:
                    self._twins[cls] = self._struct(shape)
                return self._twins[cls]
            case Items(item):
                return list[self._twin(item)]  # type: ignore[misc] # known at run time only
            case Integer(kind):
                # msgspec's bounds are numbers that int64 can hold.
                high = None if kind.high >= 2**63 else kind.high
                return Annotated[int, msgspec.Meta(ge=kind.low, le=high)]
            case Choice(cls):
                return cls
            case _:
                return _KINDS[type(shape)]

    def _struct(self, shape: Object) -> Any:
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        for number, member in enumerate(shape.members):
            field, twin = f"m{number}", self._twin(member.shape)
            if not member.optional:
                fields.append((field, twin))
            elif isinstance(member.shape, TextOrNull):
                fields.append((field, twin | msgspec.UnsetType, msgspec.UNSET))
            else:
                # A default is not checked: a null in the text is refused all the same.
                fields.append((field, twin, None))
        # Mandatory ones first, as msgspec wants them; their order has no meaning here.
        fields.sort(key=len)
        return msgspec.defstruct(
            f"{shape.cls.__name__}Twin",
            fields,
            rename={f"m{number}": each.wire for number, each in enumerate(shape.members)},
            forbid_unknown_fields=True,
            omit_defaults=True,
            gc=False,
        )

    def value(self, shape: Shape, found: str) -> str:
        match shape:
            case Object():
                return self.object(shape, found)
            case Items(item):
                if isinstance(item, Object | TextOrNull | Items):
                    return self.objects(shape, found)
                if wrong := _surplus(item, "item"):
                    with self.lines.block(f"for item in {found}:"):
                        self.lines.refuse_if(wrong)
                return found
            case TextOrNull():
                return f"{self.lines.constant(NULL)} if {found} is None else {found}"
            case _:
                self.lines.refuse_if(_surplus(shape, found))
                return found

    def members(self, shape: Object, found: str, made: str) -> None:
        for number, member in enumerate(shape.members):
            self._member(member, f"{found}.m{number}", f"{made}.{member.python}")

    def _member(self, member: Member, source: str, target: str) -> None:
        shape, lines = member.shape, self.lines
        direct = not isinstance(shape, Object | Items | TextOrNull)
        variable = "v" if direct else lines.local()
        if not member.optional:
            self.count()
            if direct and not _surplus(shape, variable):
                lines.add(f"{target} = {source}")
                return
            lines.add(f"{variable} = {source}")
            lines.add(f"{target} = {self.value(shape, variable)}")
            return
        absent = "None"
        if isinstance(shape, TextOrNull):
            absent = lines.constant(msgspec.UNSET)
        lines.add(f"{target} = {variable} = {source}" if direct else f"{variable} = {source}")
        with self.perhaps(f"if {variable} is not {absent}:"):
            self.count()
            value = self.value(shape, variable)
            if not direct:
                lines.add(f"{target} = {value}")
        if not direct:
            lines.add("else:", f"    {target} = None")

    @staticmethod
    def explained(found: Any, text: str | bytes, members: int, colons: int) -> bool:
        # Written again, a value has as many colons as before, and msgspec knows all members.
        return _write(found).count(b":") == colons and not may_hide_colons(text)


_KINDS: dict[type, Any] = {
    Text: str,
    TextOrNull: str | None,
    Boolean: bool,
    Number: int | float,
}


def _surplus(shape: Shape, value: str) -> str:
    """The condition that refuses what msgspec takes and must not; "" if there is nothing."""
    match shape:
        case Number():
            return f"{value}.__class__ is int and not {_LOW} <= {value} < {_HIGH}"
        case Integer(kind):
            return f"{value} >= {_HIGH}" if kind.high >= 2**63 else ""
        case _:
            return ""


# --- writing ---


class _ToStructs(Writing):
    """To twins that msgspec writes without absent members; they are not checked when made."""

    def __init__(self) -> None:
        super().__init__(msgspec.MsgspecError)
        self._twins: dict[type[Any], Any] = {}

    def text(self, made: str) -> str:
        return f"{self.lines.constant(_write)}({made})"

    def integer(self, shape: Integer, given: str) -> str:
        return f"not {shape.kind.low} <= {given} <= {shape.kind.high}"

    def members(self, shape: Object, given: str) -> str:
        values: list[str] = []
        integers: list[tuple[Integer, str]] = []
        for member in shape.members:
            value = variable = self.lines.local()
            self.lines.add(f"{variable} = {given}.{member.python}")
            if member.optional:
                self._optional(member.shape, variable)
            elif isinstance(member.shape, Integer):
                integers.append((member.shape, variable))
                self.lines.refuse_if(f"{variable}.__class__ is not int")
            else:
                value = self.value(member.shape, variable)
            values.append(value)
        if integers:
            # The ranges of all at once, in C code.
            letters = (_LETTERS[each.kind.low, each.kind.high] for each, _ in integers)
            pack = self.lines.constant(struct.Struct(f"={''.join(letters)}").pack)
            self.lines.add(f"{pack}({', '.join(variable for _, variable in integers)})")
        return f"{self.lines.constant(self._twin(shape))}({', '.join(values)})"

    def _optional(self, shape: Shape, variable: str) -> None:
        head = f"if {variable} is not None:"
        if isinstance(shape, TextOrNull):
            unset = self.lines.constant(msgspec.UNSET)
            self.lines.add(f"if {variable} is None:", f"    {variable} = {unset}")
            head = "else:"
        with self.lines.block(head):
            value = self.value(shape, variable)
            if value != variable:
                self.lines.add(f"{variable} = {value}")

    def _twin(self, shape: Object) -> Any:
        """A struct with all members in their order, so none is mandatory."""
        if shape.cls not in self._twins:
            fields = [
                (f"m{number}", Any, None if each.optional and not _null(each) else msgspec.UNSET)
                for number, each in enumerate(shape.members)
            ]
            self._twins[shape.cls] = msgspec.defstruct(
                f"{shape.cls.__name__}Twin",
                fields,
                rename={f"m{number}": each.wire for number, each in enumerate(shape.members)},
                omit_defaults=True,
                gc=False,
            )
        return self._twins[shape.cls]


def _null(member: Member) -> bool:
    return isinstance(member.shape, TextOrNull)
