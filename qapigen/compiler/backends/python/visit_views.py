"""Definitions as the visit template sees them.

In: the definitions of one schema module.  Out: the visit functions of its types as signatures
and lines.  Members are flattened here, so that a visit makes one call a member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ...ir import (
    Alternate,
    Builtin,
    Command,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Member,
    Schema,
    Struct,
    TypeRef,
    Union,
)
from ...passes.implicit import type_of
from ...passes.members import members_of, tag_member
from .annotations import Scope
from .names import camel_case, identifier
from .package import Package
from .text import WIDTH, call, exploded, signature, string

__all__ = ["FunctionView", "InfoView", "VisitView", "json_class", "visit_view"]

_MEMBERS = "Visit the members of ``{}``, in wire order."
_BASE_MEMBERS = "Visit the members that every ``{}`` has."

_JSON_CLASS = {"number": "number", "int": "number", "value": "any"}


class FunctionView(NamedTuple):  # there are many, and a tuple is quickly made
    """A function: its name, its ``def`` line, its docstring, the lines of its body."""

    name: str
    signature: str
    doc: str
    lines: tuple[str, ...]

    @property
    def is_function(self) -> bool:
        """What tells it from an assignment."""
        return True

    @property
    def body(self) -> str:
        """The docstring and the lines behind it, in one text."""
        return "\n    ".join((self.doc, *self.lines))


@dataclass(frozen=True, slots=True)
class InfoView:
    """What is known about a union or alternate: an assignment."""

    is_function: ClassVar[bool] = False
    line: str


@dataclass(frozen=True, slots=True)
class VisitView:
    """The functions and tables of one schema module, in source order."""

    items: tuple[FunctionView | InfoView, ...]


def visit_view(package: Package, scope: Scope, definitions: Iterable[Definition]) -> VisitView:
    """The visit functions for ``definitions``, those of the schema module of ``scope``."""
    build = _Build(package, scope)
    for definition in definitions:
        build.add(definition)
    return VisitView(tuple(build.items))


class _Build:
    def __init__(self, package: Package, scope: Scope) -> None:
        self.package = package
        self.schema = package.schema
        self.names = package.names
        self.scope = scope
        self.arrays = package.arrays
        self.items: list[FunctionView | InfoView] = []
        scope.use("visit", "Visitor")

    def add(self, definition: Definition) -> None:
        match definition:
            case Enum():
                self.value(definition.name, "enum", "")
            case Struct():
                self.struct(self.names.types[definition.name], members_of(self.schema, definition))
            case Union():
                self.union(definition)
            case Alternate():
                self.alternate(definition)
            case Command(name=name, data=InlineMembers(members)):
                self.struct(self.names.data["command", name], members)
            case Event(name=name, data=InlineMembers(members)):
                self.struct(self.names.data["event", name], members)
        if not isinstance(definition, Command | Event):
            self.maybe_array(definition.name)

    def function(self, py_name: str, value: str, doc: str, result: str) -> None:
        """``def visit_X(v, name, value)`` that returns what the visitor makes of it."""
        parameters = ["v: Visitor", "name: str", f"value: {value} | None"]
        line = signature(f"visit_{py_name}", parameters, value)
        self.items.append(FunctionView(f"visit_{py_name}", line, f'"""{doc}"""', (result,)))

    def value(self, name: str, method: str, info: str) -> None:
        """The function of an enum, union or alternate."""
        py_name = self.names.types[name]
        self.scope.classes.add(py_name)
        arguments = ["name", "value", info or py_name]
        if self.package.has_many_classes(name):  # a variable that pyright expects nothing of
            result = call(f"found = v.{method}(", arguments, indent=4) + "\n    return found"
        else:
            result = call(f"return v.{method}(", arguments, indent=4)
        self.function(py_name, py_name, f"Visit ``{py_name}``.", result)

    def maybe_array(self, name: str) -> None:
        """The function of an array, if the schema has one of this type."""
        if name not in self.arrays:
            return
        py_name = self.names.types[name]
        self.scope.classes.add(py_name)
        result = call("return v.list(", ["name", "value", f"visit_{py_name}"], indent=4)
        self.function(
            f"{py_name}_list", f"list[{py_name}]", f"Visit a list of ``{py_name}``.", result
        )

    def struct(self, py_name: str, members: Sequence[Member]) -> None:
        self.scope.classes.add(py_name)
        self.members(py_name, py_name, members, _MEMBERS)
        arguments = ["name", "value", py_name, f"visit_{py_name}_members"]
        result = call("return v.struct(", arguments, indent=4)
        self.function(py_name, py_name, f"Visit ``{py_name}``.", result)

    def members(self, function: str, obj: str, members: Sequence[Member], doc: str) -> None:
        """``def visit_X_members(v, obj)``, a call a member."""
        # A base has no class of its own, and two may want the same name.
        own = function == obj
        names = self.names
        attributes = names.attributes(obj, members) if own else names.arguments(members)
        visit = self.scope.visit
        lines = tuple(
            [
                call(
                    "v.optional(" if m.may_be_absent else "v.member(",
                    ["obj", string(m.name), string(attributes[m.name]), visit(m.type)],
                    indent=4,
                )
                for m in members
            ]
        )
        line = signature(f"visit_{function}_members", ["v: Visitor", f"obj: {obj}"], "None")
        name = f"visit_{function}_members"
        self.items.append(FunctionView(name, line, f'"""{doc.format(obj)}"""', lines))

    def union(self, union: Union) -> None:
        """A members function for each class, the table, the function."""
        py_name = self.names.types[union.name]
        if union.simple:
            kind = self.names.kinds[union.name]
            self.value(kind.name, "enum", "")
            self.maybe_array(kind.name)
        for variant, branch in self.names.branches[union.name]:
            self.scope.classes.add(branch)
            self.members(branch, branch, variant.members, _MEMBERS)
        classes = iter([branch for _, branch in self.names.branches[union.name]])
        self.scope.classes.add(py_name)
        self.table(union, py_name, py_name, (), classes)
        self.value(union.name, "union", f"_{py_name}")

    def table(
        self,
        union: Union,
        name: str,
        obj: str,
        outer: tuple[Member, ...],
        classes: Iterator[str],
    ) -> None:
        """``_Name = UnionInfo(...)``; the tables of unions that are branches come first."""
        self.scope.use("visit", "UnionInfo")
        base = outer + members_of(self.schema, union)
        entries: list[tuple[str, list[str]]] = []
        for branch in union.branches:
            inner = branch.type and not union.simple and type_of(self.schema, branch.type.name)
            if isinstance(inner, Union):
                table = f"{name}_{identifier(camel_case(branch.case))}"
                self.table(inner, table, obj, base, classes)
                entries.append((f"{string(branch.case)}: _{table}", []))
            else:
                cls = next(classes)
                pair = [cls, f"visit_{cls}_members"]
                entries.append((f"{string(branch.case)}: (", pair))
        self.members(f"{name}_base", obj, base, _BASE_MEMBERS)
        tag = tag_member(self.schema, union).name

        def arguments(indent: int) -> list[str]:
            rows = [
                call(head, pair, indent=indent + 4, after=1) if pair else head
                for head, pair in entries
            ]
            return [
                string(union.name),
                f"tag={string(tag)}",
                f"visit_base=visit_{name}_base_members",
                exploded("branches=lambda: {", rows, "}", indent=indent),
            ]

        self.info(f"_{name}: UnionInfo[{obj}]", "UnionInfo", arguments)

    def info(self, target: str, cls: str, arguments: Callable[[int], list[str]]) -> None:
        """``target = cls(...)``; ``arguments`` are given the column they start in."""
        head = f"{target} = {cls}("
        if len(head) <= WIDTH:
            self.items.append(InfoView(exploded(head, arguments(4))))
        else:
            inner = exploded(f"{cls}(", arguments(8), indent=4)
            self.items.append(InfoView(f"{target} = (\n    {inner}\n)"))

    def alternate(self, alternate: Alternate) -> None:
        self.scope.use("visit", "AlternateInfo")
        py_name = self.names.types[alternate.name]
        entries = [
            f"{string(json_class(self.schema, a.type))}: {self.scope.visit(a.type)}"
            for a in alternate.alternatives
        ]

        def arguments(indent: int) -> list[str]:
            rows = exploded("branches=lambda: {", entries, "}", indent=indent)
            return [string(alternate.name), rows]

        self.info(f"_{py_name}: AlternateInfo[{py_name}]", "AlternateInfo", arguments)
        self.value(alternate.name, "alternate", f"_{py_name}")


def json_class(schema: Schema, ref: TypeRef) -> str:
    """The kind of JSON value that a type has on the wire."""
    if ref.is_array:
        return "array"
    found = type_of(schema, ref.name)
    if isinstance(found, Builtin):
        return _JSON_CLASS.get(found.json_type, found.json_type)
    return "string" if isinstance(found, Enum) else "object"
