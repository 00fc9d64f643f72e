"""What generated types are made of: ``null``, enums, structs, and their names on the wire.

In: generated class definitions.  Out: data classes that hold members and nothing else.
Must not know: JSON, visitors, commands.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from reprlib import recursive_repr
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Literal,
    Self,
    TypeVar,
    get_type_hints,
)

from .secrets import REPLACEMENT, SECRET_MEMBERS, are_shown, redacted

__all__ = [
    "NULL",
    "Enum",
    "NullType",
    "QType",
    "Struct",
    "is_missing",
    "keep_unknown_members",
    "members",
    "missing_members",
    "python_name",
    "schema_name",
    "type_hints",
    "unknown_members",
    "wire_name",
]

S = TypeVar("S", bound="Struct")
E = TypeVar("E", bound="Enum")

_WORD: Final = re.compile(r"\w+")
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


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

    A newer peer may send values that the class does not know.  A lenient reading makes *open*
    values of them: objects of the class that equal the plain string, yet are no members.

    A class whose name differs from the schema's says so with ``__schema_name__ = "..."`` in
    its body; a dunder name is never taken for a member.  ``__deprecated_values__`` are those that
    the schema calls deprecated: they get the attribute ``__deprecated__`` (PEP 702).
    """

    def __init_subclass__(cls) -> None:
        for value in cls.__dict__.get("__deprecated_values__", ()):
            member = cls.known(value)
            if member is not None:
                vars(member)["__deprecated__"] = f"the value {value} is deprecated"

    @classmethod
    def known(cls, value: str) -> Self | None:
        """The member of this value; None if the class does not know the value."""
        # Several times faster than calling the class.
        by_value: dict[Any, Any] = cls._value2member_map_
        member: Self | None = by_value.get(value)
        return member

    @classmethod
    def open(cls, value: str) -> Self:
        """The member of this value, or an open value of the class that holds the string.

        An open value compares and hashes as its string; both its ``value`` and its ``name``
        are the string.  It is never listed among the members (ask :attr:`is_known`, for ``in``
        differs between versions of Python), and two of them are equal without being one object.
        Raises TypeError for what is no string.
        """
        if not isinstance(value, str):
            raise TypeError(f"{cls.__name__}: expected a string, got {type(value).__name__}")
        member = cls.known(value)
        if member is not None:
            return member
        text = str.__str__(value)
        made = str.__new__(cls, text)
        made._name_ = made._value_ = text
        return made

    @property
    def is_known(self) -> bool:
        """Whether the class knows the value: False for an open value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__} {self._value_!r}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.is_known:
            return super().__reduce_ex__(protocol)
        return _open, (type(self), self._value_)


def _open(cls: type[E], value: str) -> E:
    # Where pickled open values come back; the class may have learnt the value meanwhile.
    return cls.open(value)


class QType(Enum):
    """The builtin enum of JSON value kinds, as the schema language names them."""

    NONE = "none"
    QNULL = "qnull"
    QNUM = "qnum"
    QSTRING = "qstring"
    QDICT = "qdict"
    QLIST = "qlist"
    QBOOL = "qbool"


class _Unset:
    """Stands for the value of a slot that was never filled."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<missing>"


_UNSET: Final = _Unset()

# Of an attribute, without Struct.__getattr__, which words an error that nobody reads here.
_look_up: Final = object.__getattribute__


class Struct:
    """Base of generated data classes: members in slots, compared and shown member by member.

    Subclasses are real dataclasses with a written-out ``__init__``; what ``@dataclass`` would
    compile anew for every class (repr, equality) is here once, which keeps imports fast.
    An absent optional member is None.  What seems to be a secret is not shown, unless
    :func:`~.secrets.secrets_shown` says so.

    What a lenient reading met and the class does not know is kept beside the members, see
    :func:`unknown_members`; a mandatory member that it did not meet is unset, see
    :func:`missing_members`.
    """

    # Unset unless there are unknown members.
    __slots__ = ("_unknown",)

    _unknown: dict[str, object]
    __schema_name__: ClassVar[str]
    # Of dataclasses.Field, which is not imported here, so its name could not be resolved.
    __dataclass_fields__: ClassVar[dict[str, Any]]

    if not TYPE_CHECKING:  # it would tell type checkers that there is every attribute

        def __getattr__(self, name: str) -> object:
            """Say what is wrong with an attribute that was not found."""
            cls = type(self)
            field = cls.__dataclass_fields__.get(name)
            if field is None:
                text = f"{cls.__name__!r} object has no attribute {name!r}"
            else:
                wire = field.metadata.get("wire", name)
                text = (
                    f"{cls.__name__}: the other side left out the member {wire!r}, which this"
                    " schema calls mandatory (missing_members() tells what is missing; generate"
                    " from the schema of that side, or use the untyped client)"
                )
            raise AttributeError(text, name=name, obj=self)

    @recursive_repr()
    def __repr__(self) -> str:
        names: dict[str, str] = {}
        values: dict[str, object] = {}
        for name, field in self.__dataclass_fields__.items():
            value = getattr(self, name, _UNSET)
            if value is not None:
                wire = field.metadata.get("wire", name)
                names[wire] = name
                values[wire] = value
        unknown = unknown_members(self)
        seen = values if are_shown() else _without_secrets(type(self), values)
        shown = [f"{name}={seen[wire]!r}" for wire, name in names.items()]
        if unknown:
            shown.append(f"unknown={(dict(unknown) if are_shown() else redacted(dict(unknown)))!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        for name in self.__dataclass_fields__:
            if getattr(self, name, _UNSET) != getattr(other, name, _UNSET):
                return False
        return True

    # Members may change, so a hash would too.
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The older protocols of pickle know nothing of slots, but can say what protocol 2 does.
        return super().__reduce_ex__(max(protocol, 2))


def _without_secrets(cls: type[Struct], values: dict[str, object]) -> dict[str, object]:
    """The members by their names on the wire, as they may be shown."""
    # The data of a secret is one also where its properties are a type of their own.
    own = schema_name(cls).startswith("Secret")
    secrets = SECRET_MEMBERS | {"data"} if own else SECRET_MEMBERS
    clean = redacted(values, secrets)
    return clean if isinstance(clean, dict) else dict.fromkeys(values, REPLACEMENT)


def unknown_members(obj: Struct) -> Mapping[str, object]:
    """The members that ``obj`` had on the wire and its class does not know, by their names.

    Empty unless ``obj`` comes from a lenient reading.  The values are plain JSON values.  They go
    with the object when it is copied, cloned or pickled, not with :func:`dataclasses.replace`,
    which makes a new object from the members that the class knows.  They are neither compared
    nor written, except by a lenient writing.
    """
    try:
        unknown = _look_up(obj, "_unknown")
    except AttributeError:
        return _NOTHING
    return MappingProxyType(unknown) if unknown else _NOTHING


def missing_members(obj: Struct) -> tuple[str, ...]:
    """The mandatory members that ``obj`` did not have on the wire, by their names there.

    Empty unless ``obj`` comes from a lenient reading of what a peer with another schema wrote.
    To ask for one of these as an attribute raises AttributeError.  A missing member stays missing
    in a copy, compares as equal to a missing one alone, and is left out by a lenient writing;
    a strict one raises :class:`VisitError`.
    """
    return tuple(
        field.metadata.get("wire", name)
        for name, field in obj.__dataclass_fields__.items()
        if is_missing(obj, name)
    )


def is_missing(obj: object, python: str) -> bool:
    """Whether the member of that name in Python is one of :func:`missing_members`."""
    try:
        _look_up(obj, python)
    except AttributeError:
        return True
    return False


def keep_unknown_members(obj: Struct, unknown: dict[str, object]) -> None:
    """Note what :func:`unknown_members` is to give; ``unknown`` belongs to ``obj`` from now on."""
    obj._unknown = unknown


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


def type_hints(cls: type[Struct]) -> dict[str, Any]:
    """The types of the members of a generated class, by their names in Python.

    As :func:`typing.get_type_hints`, which cannot do it: a generated module names types of other
    modules without importing them.  This loads the modules of those types.
    """
    hints = get_type_hints(cls, localns=_types_of_package(cls))
    return {name: hints[name] for name in cls.__dataclass_fields__}


def _types_of_package(cls: type[Struct]) -> dict[str, object]:
    """What the annotations of a class name, as far as its generated package has it."""
    name, found, _ = cls.__module__.rpartition(".types.")
    package = import_module(name) if found else None
    # The one name of ours in the text of an alternate, whose own module imports it.
    types: dict[str, object] = {NullType.__name__: NullType}
    texts = [str(field.type) for field in cls.__dataclass_fields__.values()]
    for text in texts:  # which grows meanwhile
        for word in _WORD.findall(text):
            if word in types or not hasattr(package, word):
                continue
            types[word] = value = getattr(package, word)
            if isinstance(value, str):  # an alternate that contains itself
                texts.append(value)
                types[word] = ForwardRef(value)
    return types
