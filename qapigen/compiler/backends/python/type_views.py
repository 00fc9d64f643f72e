"""Definitions as the types template sees them.

In: the definitions of one schema module.  Out: views with final names, annotations, literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...ir import (
    Alternate,
    Command,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Member,
    Struct,
    Union,
    is_deprecated,
)
from ...passes.implicit import type_of
from ...passes.members import Variant, members_of
from .annotations import Scope
from .names import value_names
from .package import Package
from .text import assignment, call, docstring, signature, string, strings, union_of

__all__ = ["AliasView", "ConstantView", "EnumView", "StructView", "TypesView", "types_view"]


# Of the first three there are many, and a tuple is quickly made.  A class has a body, the lines
# behind the others in one text: templates that print it run a loop for each class, not for each
# member.


class ConstantView(NamedTuple):
    """``NAME = "value"`` and its docstring, None if there is nothing to say."""

    line: str
    doc: str | None


class EnumView(NamedTuple):
    """An enum class.

    ``schema_name`` is a line, None where the class has the same name; ``deprecated`` are the lines
    that name such values, None if there are none.
    """

    py_name: str
    doc: str
    schema_name: str | None
    values: tuple[ConstantView, ...]
    deprecated: str | None = None

    @property
    def is_enum(self) -> bool:
        """What tells it from a dataclass."""
        return True

    @property
    def body(self) -> str:
        """What follows the docstring: the schema's name, the values; with the line ends."""
        notes = [line for line in (self.schema_name, self.deprecated) if line]
        return "\n\n    " * bool(notes) + "\n    ".join(notes) + _constants(self.values)


class StructView(NamedTuple):
    """A dataclass: a struct, a union's branch, a command's arguments or an event's data."""

    py_name: str
    members: str
    doc: str
    slots: str
    fields: tuple[ConstantView, ...]
    init: str | None
    assignments: tuple[str, ...]

    @property
    def is_enum(self) -> bool:
        """What tells it from an enum class."""
        return False

    @property
    def body(self) -> str:
        """What follows the slots: the fields and ``__init__``; with the line ends."""
        if self.init is None:
            return _constants(self.fields)
        lines = "\n        ".join((self.init, *self.assignments))
        return f"{_constants(self.fields)}\n\n    {lines}"


def _constants(constants: Sequence[ConstantView]) -> str:
    if not constants:
        return ""
    # One string between all of them: None is no text, and leaves no line.
    return "\n\n    " + "\n    ".join([text for pair in constants for text in pair if text])


@dataclass(frozen=True, slots=True)
class AliasView:
    """A name for several classes: a union or an alternate."""

    line: str
    doc: str


@dataclass(frozen=True, slots=True)
class TypesView:
    """The types of one schema module.

    Aliases come last, those of alternates behind those of unions, which they may name.
    ``constant_members``: there are members whose names look like those of constants.
    """

    classes: tuple[EnumView | StructView, ...]
    aliases: tuple[AliasView, ...]
    constant_members: bool


def types_view(package: Package, scope: Scope, definitions: Iterable[Definition]) -> TypesView:
    """The types of ``definitions``, which are those of the schema module of ``scope``."""
    build = _Build(package, scope)
    for definition in definitions:
        build.add(definition)
    aliases = (*build.unions, *build.alternates)
    return TypesView(tuple(build.classes), aliases, build.constant_members)


class _Tag(NamedTuple):
    """A discriminator that a class fills in: the expression and the literal type for it."""

    value: str
    type: str


class _Build:
    def __init__(self, package: Package, scope: Scope) -> None:
        self.package = package
        self.schema = package.schema
        self.names = package.names
        self.docs = package.docs
        self.scope = scope
        self.classes: list[EnumView | StructView] = []
        self.unions: list[AliasView] = []
        self.alternates: list[AliasView] = []
        self.constant_members = False

    def add(self, definition: Definition) -> None:
        match definition:
            case Enum():
                self.enum(definition)
            case Struct():
                self.struct(
                    self.names.types[definition.name],
                    definition.name,
                    self.docs.type(definition),
                    members_of(self.schema, definition),
                )
            case Union():
                self.union(definition)
            case Alternate():
                self.alternate(definition)
            case Command() | Event():
                self.data(definition)

    def enum(self, enum: Enum) -> None:
        self.scope.use("model", "Enum")
        py_name = self.names.types[enum.name]
        constants = value_names(v.name for v in enum.values)
        values = tuple(
            ConstantView(
                assignment(constants[v.name], string(v.name), indent=4),
                self.docs.member_docstring(v),
            )
            for v in enum.values
        )
        same = py_name == enum.name
        line = None if same else assignment("__schema_name__", string(enum.name), indent=4)
        old = [v.name for v in enum.values if is_deprecated(v.features)]
        marks = strings("__deprecated_values__", old, indent=4) if old else None
        doc = docstring(self.docs.type(enum), indent=4)
        self.classes.append(EnumView(py_name, doc, line, values, marks))

    def data(self, definition: Command | Event) -> None:
        """The class of inline arguments or event data."""
        if not isinstance(definition.data, InlineMembers):
            return
        command = isinstance(definition, Command)
        what = "Arguments of the command" if command else "Data of the event"
        key = ("command" if command else "event", definition.name)
        self.struct(
            self.names.data[key],
            f"q_obj_{definition.name}-arg",
            f"{what} ``{definition.name}``.",
            definition.data.members,
        )

    def struct(
        self,
        py_name: str,
        schema_name: str,
        doc: str,
        members: Sequence[Member],
        tags: dict[str, _Tag] | None = None,
    ) -> None:
        """A dataclass; ``tags`` are its filled-in members by name."""
        tags = tags or {}
        scope = self.scope
        scope.use("model", "Struct")
        scope.use("model", "members")
        attributes = self.names.attributes(py_name, members)
        self.constant_members |= any(name.upper() == name for name in attributes.values())
        fields, parameters, assignments = [], [], []
        docstring_of = self.docs.member_docstring
        for member in members:
            name = attributes[member.name]
            tag = tags.get(member.name)
            if tag is not None:
                annotation, value = tag.type, tag.value
            else:
                annotation = scope.annotation(member.type, optional=member.may_be_absent)
                value = name
                default = " = None" if member.may_be_absent else ""
                parameters.append(f"{name}: {annotation}{default}")
            line = f"{name}: {annotation}"
            if is_deprecated(member.features):
                scope.typing.add("Annotated")
                told = scope.deprecation("member", member.name)
                mark = call("_deprecated(", [told], indent=8)
                line = call(f"{name}: Annotated[", [annotation, mark], "]", indent=4)
            fields.append(ConstantView(line, docstring_of(member)))
            assignments.append(assignment(f"self.{name}", value, indent=8))
        self.classes.append(
            StructView(
                py_name,
                _members_line(schema_name, members, [attributes[tag] for tag in tags]),
                docstring(doc, indent=4),
                strings("__slots__", list(attributes.values()), indent=4),
                tuple(fields),
                _init(parameters) if members else None,
                tuple(assignments),
            )
        )

    def union(self, union: Union) -> None:
        """A class for each variant, and a name for all of them."""
        py_name = self.names.types[union.name]
        if union.simple:
            self.enum(self.names.kinds[union.name])
        branches = self.names.branches[union.name]
        for variant, branch in branches:
            cases = " and ".join(f"``{tag.name}`` is ``{case}``" for tag, case in variant.cases)
            doc = f"{union.name} where {cases}."
            self.struct(branch, union.name, doc, variant.members, self.tags(variant))
        self.scope.typing.add("TypeAlias")
        target, choices = f"{py_name}: TypeAlias", [branch for _, branch in branches]
        doc = docstring(self.docs.type(union), indent=0)
        self.unions.append(AliasView(union_of(target, choices), doc))

    def tags(self, variant: Variant) -> dict[str, _Tag]:
        """The discriminators of a variant, which its class fills in."""
        found: dict[str, _Tag] = {}
        for tag, case in variant.cases:
            self.scope.typing.add("Literal")
            enum = self.scope.annotation(tag.type)
            constant = f"{enum}.{self.package.constant(tag.type.name, case)}"
            home = self.names.module_of(tag.type.name)
            value = constant
            if home is not None and home != self.scope.module:
                # The other module may need this one in turn: it is looked up when it is wanted.
                self.scope.package = True
                value = f"_types.{home}.{constant}"
            found[tag.name] = _Tag(value, f"Literal[{constant}]")
        return found

    def alternate(self, alternate: Alternate) -> None:
        """A name for the types it can hold; quoted if one of them may not be there yet."""
        self.scope.typing.add("TypeAlias")
        choices = [self.scope.annotation(a.type) for a in alternate.alternatives]
        target = f"{self.names.types[alternate.name]}: TypeAlias"
        homes = {self.names.module_of(a.type.name) for a in alternate.alternatives}
        names = [a.type.name for a in alternate.alternatives]
        nested = any(isinstance(type_of(self.schema, name), Alternate) for name in names)
        if homes <= {None, self.scope.module} and not nested:
            line = union_of(target, choices)
        else:
            line = assignment(target, string(" | ".join(choices)))
        self.alternates.append(AliasView(line, docstring(self.docs.type(alternate), indent=0)))


def _members_line(schema_name: str, members: Sequence[Member], tags: Sequence[str]) -> str:
    arguments = [string(schema_name), *(string(m.name) for m in members)]
    if tags:
        comma = "," if len(tags) == 1 else ""
        arguments.append(f"tags=({', '.join(string(tag) for tag in tags)}{comma})")
    return call("@members(", arguments)


def _init(parameters: Sequence[str]) -> str:
    if not parameters:
        return signature("__init__", ["self"], "None", indent=4)
    return signature("__init__", ["self", "*", *parameters], "None", indent=4)
