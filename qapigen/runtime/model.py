"""What generated types are made of: ``null``, enums, structs, and their names on the wire.

In: generated class definitions.  Out: data classes that hold members and nothing else.
Must not know: JSON, visitors, commands.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeVar

if TYPE_CHECKING:
    from dataclasses import Field

__all__ = [
    "NULL",
    "Enum",
    "NullType",
    "QType",
    "Struct",
    "members",
    "python_name",
    "schema_name",
    "wire_name",
]

S = TypeVar("S", bound="Struct")


class NullType(enum.Enum):
    """The type of :data:`NULL`, the one value of the schema type ``null``.

    An enum of one member, so that type checkers follow ``value is NULL``.
    """

    NULL = "null"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NULL"


#: The schema's own null.  An absent optional member is ``None``, which is something else.
NULL: Final = NullType.NULL


class Enum(enum.StrEnum):
    """Base of generated enums: a member is a ``str``, its value is the name on the wire.

    A class whose name differs from the schema's says so with ``__schema_name__ = "..."`` in
    its body; a dunder name is never taken for a member.
    """


class QType(Enum):
    """The builtin enum of JSON value kinds, as the schema language names them."""

    NONE = "none"
    QNULL = "qnull"
    QNUM = "qnum"
    QSTRING = "qstring"
    QDICT = "qdict"
    QLIST = "qlist"
    QBOOL = "qbool"


class Struct:
    """Base of generated data classes: members in slots, compared and shown member by member.

    Subclasses are real dataclasses with a written-out ``__init__``; what ``@dataclass`` would
    compile anew for every class (repr, equality) is here once, which keeps imports fast.
    An absent optional member is None.
    """

    __slots__ = ()

    __schema_name__: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __repr__(self) -> str:
        shown = []
        for name in self.__dataclass_fields__:
            value = getattr(self, name, None)
            if value is not None:
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        for name in self.__dataclass_fields__:
            if getattr(self, name) != getattr(other, name):
                return False
        return True

    # Members may change, so a hash would too.
    __hash__: ClassVar[None]  # type: ignore[assignment]


def members(
    schema_name: str, /, *wire_names: str, tags: tuple[str, ...] = ()
) -> Callable[[type[S]], type[S]]:
    """Class decorator: the schema's names of a generated dataclass and of its members.

    ``wire_names`` are in the order of the fields, inherited ones included.  Each field's
    metadata gets the entry ``"wire"``.  ``tags`` are the fields of a union's branch that its
    constructor fills in and does not take.  Raises TypeError where the counts differ.
    """

    def name_members(cls: type[S]) -> type[S]:
        fields = cls.__dataclass_fields__
        if len(fields) != len(wire_names):
            text = f"{cls.__name__}: {len(fields)} fields but {len(wire_names)} wire names"
            raise TypeError(text)
        for field, wire in zip(fields.values(), wire_names, strict=True):
            field.metadata = MappingProxyType({"wire": wire})
            if field.name in tags:
                field.init = False
        cls.__schema_name__ = schema_name
        return cls

    return name_members


def schema_name(cls: type[Struct] | type[Enum]) -> str:
    """The name of a generated class in its schema; its own name where they do not differ."""
    name = cls.__dict__.get("__schema_name__", cls.__name__)
    assert isinstance(name, str)
    return name


def wire_name(cls: type[Struct], python_name: str) -> str:
    """The schema's name of the member that Python calls ``python_name``; KeyError if none."""
    wire = cls.__dataclass_fields__[python_name].metadata["wire"]
    assert isinstance(wire, str)
    return wire


def python_name(cls: type[Struct], wire_name: str) -> str:
    """Python's name of the member that the schema calls ``wire_name``; KeyError if none."""
    for name, field in cls.__dataclass_fields__.items():
        if field.metadata["wire"] == wire_name:
            return name
    raise KeyError(wire_name)
