"""What a schema means: the one model between the front end and every backend.

In: nothing; the checker builds these values once and nobody changes them afterwards.
Out: :class:`Schema` and the definitions in it.
Must not know: syntax trees, diagnostics, any target language.

QAPI types may refer to each other in circles, so a member holds the *name* of its type and
``schema.type(name)`` finds it.  Names are exactly those of the schema, without the ``*`` of
optional members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from .records import record
from .source import Span

__all__ = [
    "BUILTINS",
    "All",
    "Alternate",
    "Alternative",
    "Any",
    "Branch",
    "Builtin",
    "Command",
    "Cond",
    "Definition",
    "Doc",
    "Enum",
    "EnumValue",
    "Event",
    "Feature",
    "Include",
    "InlineMembers",
    "Member",
    "Module",
    "Not",
    "Schema",
    "Section",
    "SectionKind",
    "Struct",
    "Symbol",
    "TypeDefinition",
    "TypeRef",
    "Union",
    "is_deprecated",
    "kind_of",
]


# Conditions ('if'), as written.


@record(frozen=True, slots=True)
class Symbol:
    """Holds when the configuration defines ``name``."""

    name: str


@record(frozen=True, slots=True)
class All:
    """Holds when every one of ``conds`` (at least one) does."""

    conds: tuple[Cond, ...]


@record(frozen=True, slots=True)
class Any:
    """Holds when one of ``conds`` (at least one) does."""

    conds: tuple[Cond, ...]


@record(frozen=True, slots=True)
class Not:
    """Holds when ``cond`` does not."""

    cond: Cond


Cond = Symbol | All | Any | Not


# Documentation.


class SectionKind(StrEnum):
    """What a part of a documentation block is about."""

    TEXT = "text"  #: untagged text
    MEMBER = "member"  #: ``@name:``, a member, value, argument, branch or alternative
    FEATURE = "feature"  #: ``@name:`` under ``Features:``
    TAGGED = "tagged"  #: ``Returns:``, ``Errors:``, ``Since:``, ``TODO:``, ``Note:``, ...


@record(frozen=True, slots=True)
class Section:
    """One part of a documentation block.

    ``name`` is the documented name of a MEMBER or FEATURE section and the tag, as written and
    without its colon, of a TAGGED one; empty for TEXT.  ``text`` has no common indentation and
    no blank lines at either end; its markup is that of the schema's dialect.
    """

    kind: SectionKind
    name: str
    text: str
    span: Span


@record(frozen=True, slots=True)
class Doc:
    """A ``##`` block.  ``symbol`` is the documented definition, None for free-form text."""

    symbol: str | None
    module: str
    span: Span
    sections: tuple[Section, ...]

    def of_kind(self, kind: SectionKind) -> tuple[Section, ...]:
        """The sections of one kind, in order."""
        return tuple(s for s in self.sections if s.kind is kind)

    def tagged(self, *tags: str) -> tuple[Section, ...]:
        """The tagged sections whose tag is one of ``tags``, in order."""
        return tuple(s for s in self.of_kind(SectionKind.TAGGED) if s.name in tags)


# Parts of definitions.


@record(frozen=True, slots=True)
class TypeRef:
    """A type name, or an array of it (``['T']``)."""

    name: str
    is_array: bool = False

    def __str__(self) -> str:
        return f"[{self.name}]" if self.is_array else self.name


@record(frozen=True, slots=True)
class Feature:
    """A named property that clients can look up; ``deprecated`` and ``unstable`` are special."""

    name: str
    cond: Cond | None
    span: Span


def is_deprecated(features: Sequence[Feature]) -> bool:
    """Whether one of them says so."""
    return any(feature.name == "deprecated" for feature in features)


@record(frozen=True, slots=True)
class Member:
    """A member of a struct or base, a command's argument or an event's datum."""

    name: str
    type: TypeRef
    optional: bool
    cond: Cond | None
    features: tuple[Feature, ...]
    span: Span

    @property
    def may_be_absent(self) -> bool:
        """Whether a program may leave the member out and be right to do so.

        It may if the member is optional, and also while nobody has decided the member's
        condition: a program in which that is false has no such member.
        """
        return self.optional or self.cond is not None


@record(frozen=True, slots=True)
class InlineMembers:
    """Members written in place of a type name; never empty."""

    members: tuple[Member, ...]


@record(frozen=True, slots=True)
class EnumValue:
    """One value of an enum; ``name`` is also its form on the wire."""

    name: str
    cond: Cond | None
    features: tuple[Feature, ...]
    span: Span


@record(frozen=True, slots=True)
class Branch:
    """What a union holds when its discriminator is ``case``; ``type`` None adds no members.

    ``implicit`` branches stand for discriminator values that the schema leaves out.
    """

    case: str
    type: TypeRef | None
    cond: Cond | None
    span: Span
    implicit: bool = False


@record(frozen=True, slots=True)
class Alternative:
    """One choice of an alternate, taken by the JSON type of the value."""

    name: str
    type: TypeRef
    cond: Cond | None
    span: Span


# Definitions.


@record(frozen=True, slots=True, kw_only=True)
class _Definition:
    name: str
    module: str
    span: Span  #: from the opening to the closing brace
    cond: Cond | None = None
    features: tuple[Feature, ...] = ()
    doc: Doc | None = None


@record(frozen=True, slots=True, kw_only=True)
class Enum(_Definition):
    """``{ 'enum': ... }``.  ``prefix`` only concerns C constants."""

    values: tuple[EnumValue, ...]
    prefix: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Struct(_Definition):
    """``{ 'struct': ... }``.  ``members`` are its own, those of ``base`` come before them."""

    members: tuple[Member, ...]
    base: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Union(_Definition):
    """``{ 'union': ... }``.

    A flat union has a ``base``.  A ``simple`` one (dialect 2018) has none: on the wire it is
    ``{"type": case, "data": value}``.  Implicit branches come last, in enum order.
    """

    base: str | InlineMembers | None
    discriminator: str
    branches: tuple[Branch, ...]
    simple: bool = False


@record(frozen=True, slots=True, kw_only=True)
class Alternate(_Definition):
    """``{ 'alternate': ... }``."""

    alternatives: tuple[Alternative, ...]


@record(frozen=True, slots=True, kw_only=True)
class Command(_Definition):
    """``{ 'command': ... }``.  ``data`` None: no arguments; ``returns`` None: an empty object."""

    data: str | InlineMembers | None = None
    returns: TypeRef | None = None
    boxed: bool = False
    gen: bool = True
    success_response: bool = True
    allow_oob: bool = False
    allow_preconfig: bool = False
    coroutine: bool = False


@record(frozen=True, slots=True, kw_only=True)
class Event(_Definition):
    """``{ 'event': ... }``."""

    data: str | InlineMembers | None = None
    boxed: bool = False


Definition = Enum | Struct | Union | Alternate | Command | Event
TypeDefinition = Enum | Struct | Union | Alternate


def kind_of(definition: Definition) -> str:
    """The schema's word for the kind of a definition: ``enum``, ``struct``, ..."""
    return type(definition).__name__.lower()


@record(frozen=True, slots=True)
class Builtin:
    """A predefined type.  ``json_type`` is the word of introspection for it."""

    name: str
    json_type: Literal["string", "number", "int", "boolean", "null", "value"]


_BUILTIN_JSON: Mapping[str, Literal["string", "number", "int", "boolean", "null", "value"]] = {
    "str": "string",
    "number": "number",
    "int": "int",
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "int",
    "uint8": "int",
    "uint16": "int",
    "uint32": "int",
    "uint64": "int",
    "size": "int",
    "bool": "boolean",
    "any": "value",
    "null": "null",
}

#: The built-in types in the order of the QAPI language.  ``QType`` is an enum, not listed.
BUILTINS: Mapping[str, Builtin] = {n: Builtin(n, j) for n, j in _BUILTIN_JSON.items()}


@record(frozen=True, slots=True)
class Include:
    """An include directive; ``module`` is the normalised name of its target."""

    module: str
    span: Span


@record(frozen=True, slots=True)
class Module:
    """One schema file.  ``includes`` has every directive, repeated ones too."""

    name: str
    includes: tuple[Include, ...]


@dataclass(frozen=True)
class Schema:
    """A whole, checked schema.

    ``modules``: the root first, then as source order reaches them.  ``definitions`` and
    ``docs`` are in source order: the text of the root with each included file in place of
    the first include that names it.
    """

    dialect: str
    modules: tuple[Module, ...]
    definitions: tuple[Definition, ...]
    docs: tuple[Doc, ...]
    _types: dict[str, TypeDefinition | Builtin] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        types: dict[str, TypeDefinition | Builtin] = dict(BUILTINS)
        for definition in self.definitions:
            if not isinstance(definition, Command | Event):
                types[definition.name] = definition
        object.__setattr__(self, "_types", types)

    def type(self, name: str) -> TypeDefinition | Builtin:
        """The type of that name; KeyError for a name no checked schema can refer to.

        ``QType`` (the JSON types as an enum) and, in the 2018 dialect, ``<Union>Kind`` of a
        simple union are implicit enums; ask :mod:`.passes.implicit` for those.
        """
        return self._types[name]

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands, in source order."""
        return tuple(d for d in self.definitions if isinstance(d, Command))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events, in source order."""
        return tuple(d for d in self.definitions if isinstance(d, Event))

    def in_module(self, name: str) -> tuple[Definition, ...]:
        """The definitions of one module, in source order."""
        return tuple(d for d in self.definitions if d.module == name)
