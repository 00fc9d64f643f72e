"""Definitions as the wire template sees them: straight-line code that reads and writes.

In: the definitions of one schema module.  Out: blocks of Python text, a function or table each.

What the functions take is a subset of what visits take, with equal results (runtime,
``visit.specialised``): anything unusual raises, and then the visit has the word.  So they compare
a dict's size instead of looking for unknown members, know the usual classes only, and never say
what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from ...ir import (
    Alternate,
    Command,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Member,
    Struct,
    TypeRef,
    Union,
)
from ...passes.implicit import type_of
from ...passes.members import members_of, tag_member
from .annotations import Scope, all_key
from .package import Package
from .text import WIDTH, call, exploded, signature, string
from .visit_views import json_class
from .wire_members import PART, MemberLines
from .wire_types import SPECIALISED

__all__ = ["WireView", "wire_view"]

#: How to tell kinds of JSON values, and of Python values that will be such; those of objects
#: come last and need no question.
_READ_KINDS = {
    "string": "data.__class__ is str",
    "boolean": "data.__class__ is bool",
    "array": "data.__class__ is list",
    "null": "data is None",
}
_WRITE_KINDS = {
    "string": "value.__class__ is str",
    "boolean": "value.__class__ is bool",
    "array": "value.__class__ is list",
    "null": "value is NULL",
}


@dataclass(frozen=True, slots=True)
class WireView:
    """The functions and tables of one schema module, in source order.

    ``public`` is what is exported; ``private_members``: names of members look like private ones.
    """

    blocks: tuple[str, ...]
    public: tuple[str, ...]
    private_members: bool


def wire_view(package: Package, scope: Scope, definitions: Iterable[Definition]) -> WireView:
    """The functions for ``definitions``, those of the schema module of ``scope``."""
    build = _Build(package, scope)
    for definition in definitions:
        build.add(definition)
    build.blocks.append(exploded("SPECIALISED: Final[SpecialisedTable] = {", build.rows, "}"))
    public = tuple(sorted(build.public, key=all_key))
    return WireView(tuple(build.blocks), public, build.private_members)


class _Build(MemberLines):
    def __init__(self, package: Package, scope: Scope) -> None:
        super().__init__(package, scope)
        self.package = package
        self.schema = package.schema
        self.arrays = package.arrays
        self.blocks: list[str] = []
        self.public = ["SPECIALISED"]
        self.rows: list[str] = []
        scope.typing |= {"Any", "Final"}
        scope.use(SPECIALISED, "SpecialisedTable")

    def add(self, definition: Definition) -> None:
        typed = not isinstance(definition, Command | Event)
        self.circle = self.types.circles.get(definition.name) if typed else None
        match definition:
            case Enum():
                self.enum(definition.name)
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
        if typed:
            self.maybe_array(definition.name)

    # Functions and their parts.

    def function(
        self, name: str, argument: str, returns: str, lines: Iterable[str], target: str = ""
    ) -> None:
        """``def name(argument, target) -> returns:``, with lines that start in column 4."""
        parameters = [argument, target] if target else [argument]
        if self.circle is not None:
            parameters.append("depth: int = 0")
        body = "\n    ".join(lines)
        self.blocks.append(f"{signature(name, parameters, returns)}\n    {body}")

    def offer(self, py_name: str) -> None:
        """Export the two functions of a type, and note that they do what its visit does."""
        pair = [f"read_{py_name}", f"write_{py_name}"]
        self.public += pair
        self.rows.append(call(f"{string(f'visit_{py_name}')}: (", pair, indent=4, after=1))

    # Enums, arrays, alternates.

    def enum(self, name: str) -> None:
        """Two tables and the functions that look in them."""
        py_name = self.names.types[name]
        self.scope.classes.add(py_name)
        self.scope.use(SPECIALISED, "Mismatch")
        for table, row in (("members", "each.value: each"), ("values", "each: each.value")):
            head, row = f"_{table}_{py_name}: Final = {{", f"{row} for each in {py_name}"
            line = f"{head}{row}}}"
            self.blocks.append(line if len(line) <= WIDTH else f"{head}\n    {row}\n}}")
        lines = [f'"""Read ``{py_name}``."""', f"return _members_{py_name}[data]"]
        self.function(f"read_{py_name}", "data: Any", py_name, lines)
        lines = [
            f'"""Write ``{py_name}``."""',
            self.refuse_class("value", py_name),
            f"return _values_{py_name}[value]",
        ]
        self.function(f"write_{py_name}", f"value: {py_name}", "str", lines)
        self.offer(py_name)

    def maybe_array(self, name: str) -> None:
        """The functions of an array, if the schema has one of this type."""
        if name not in self.arrays:
            return
        py_name = self.names.types[name]
        self.scope.classes.add(py_name)
        wired = self.types.of(TypeRef(name))
        whole = f"list[{py_name}]"
        item = self.types.call(wired.read, f"item{self.step(wired)}")
        lines = (
            f'"""Read a list of ``{py_name}``."""',
            self.refuse_class("data", "list"),
            f"return [{item} for item in data]",
        )
        self.function(f"read_{py_name}_list", "data: Any", whole, lines)
        item = self.types.call(wired.write, f"item{self.step(wired)}")
        lines = (
            f'"""Write a list of ``{py_name}``."""',
            self.refuse_class("value", "list"),
            f"return [{item} for item in value]",
        )
        self.function(f"write_{py_name}_list", f"value: {whole}", "list[object]", lines)
        self.offer(f"{py_name}_list")

    def alternate(self, alternate: Alternate) -> None:
        """A question for each kind of value."""
        py_name = self.names.types[alternate.name]
        self.scope.classes.add(py_name)
        read, write = [f'"""Read ``{py_name}``."""'], [f'"""Write ``{py_name}``."""']
        last_read = last_write = "raise Mismatch"
        for alternative in alternate.alternatives:
            wired = self.types.of(alternative.type)
            kind = json_class(self.schema, alternative.type)
            reading = f"return {self.types.call(wired.read, f'data{self.step(wired)}')}"
            writing = f"return {self.types.call(wired.write, f'value{self.step(wired)}')}"
            if kind == "object":
                last_read, last_write = reading, writing
                continue
            read.append(f"if {_READ_KINDS.get(kind) or self.is_number('data')}:\n        {reading}")
            found = type_of(self.schema, alternative.type.name)
            if isinstance(found, Enum) and kind == "string":
                question = f"value.__class__ is {self.enum_class(found.name)}"
            else:
                question = _WRITE_KINDS.get(kind) or self.is_number("value")
            write.append(f"if {question}:\n        {writing}")
            if kind == "null":
                self.scope.use("model", "NULL")
        if last_read == "raise Mismatch":
            self.scope.use(SPECIALISED, "Mismatch")
        self.function(f"read_{py_name}", "data: Any", py_name, (*read, last_read))
        self.function(f"write_{py_name}", "value: Any", "object", (*write, last_write))
        self.offer(py_name)

    @staticmethod
    def is_number(value: str) -> str:
        """The question for numbers; ints and floats are one kind."""
        return f"{value}.__class__ is int or {value}.__class__ is float"

    # Structs and unions.

    def struct(self, py_name: str, members: Sequence[Member]) -> None:
        self.scope.classes.add(py_name)
        doc = f'"""Read ``{py_name}``."""'
        first = self.refuse_class("data", "dict")
        lines = (doc, first, *self.read_members(py_name, members, {}))
        self.function(f"read_{py_name}", "data: Any", py_name, lines)
        doc = f'"""Write ``{py_name}``."""'
        first = self.refuse_class("value", py_name)
        lines = (doc, first, *self.write_members(py_name, members, {}))
        self.function(f"write_{py_name}", f"value: {py_name}", "dict[str, object]", lines)
        self.offer(py_name)

    def read_members(
        self, py_name: str, members: Sequence[Member], tags: Mapping[str, str]
    ) -> list[str]:
        """The lines that read an object; functions for parts of it, if it is big, come first."""
        attributes = self.attributes(py_name, members)
        if len(members) <= PART:
            return self.reading(py_name, members, attributes, tags)
        depth = "" if self.circle is None else ", depth"
        counts: list[str] = []
        for number, part in enumerate(_parts(members)):
            name = f"_fill_{number}_{py_name}"
            lines = self.reading_part(part, attributes, tags)
            self.function(name, "data: dict[str, Any]", "int", lines, f"obj: {py_name}")
            counts.append(f"count += {name}(data, obj{depth})")
        first = counts[0].replace("+=", "=")
        wrong = self.refuse(["len(data) != count"])
        return [f"obj = object.__new__({py_name})", first, *counts[1:], wrong, "return obj"]

    def write_members(
        self, py_name: str, members: Sequence[Member], tags: Mapping[str, str]
    ) -> list[str]:
        """The same for the lines that write an object."""
        attributes = self.attributes(py_name, members)
        if len(members) <= PART:
            return self.writing(members, attributes, tags)
        depth = "" if self.circle is None else ", depth"
        calls: list[str] = []
        for number, part in enumerate(_parts(members)):
            name = f"_put_{number}_{py_name}"
            lines = self.writing(part, attributes, tags, part=True)
            self.function(name, f"value: {py_name}", "None", lines, "obj: dict[str, object]")
            calls.append(f"{name}(value, obj{depth})")
        return ["obj: dict[str, object] = {}", *calls, "return obj"]

    def union(self, union: Union) -> None:
        """Functions for each class, a table for each direction, the functions."""
        py_name = self.names.types[union.name]
        if union.simple:
            self.kind(union)
        self.scope.use(SPECIALISED, "ReadTable")
        self.scope.use(SPECIALISED, "WriteTable")
        # Names of classes may be long, so functions for them have numbers.
        readers, rows = [], []
        for number, (variant, branch) in enumerate(self.names.branches[union.name]):
            self.scope.classes.add(branch)
            readers.append(f"_read_{number}_{py_name}")
            rows.append(f"{branch}: _write_{number}_{py_name}")
            tags = {tag.name: self.constant(tag, case) for tag, case in variant.cases}
            lines = [f'"""Read ``{branch}``."""', *self.read_members(branch, variant.members, tags)]
            self.function(readers[-1], "data: Any", branch, lines)
            tags = {tag.name: string(case) for tag, case in variant.cases}
            lines = [
                f'"""Write ``{branch}``."""',
                *self.write_members(branch, variant.members, tags),
            ]
            name = f"_write_{number}_{py_name}"
            self.function(name, f"value: {branch}", "dict[str, object]", lines)
        self.scope.classes.add(py_name)
        self.read_table(union, f"_readers_{py_name}", iter(readers), count(len(readers)))
        self.blocks.append(_table(f"_writers_{py_name}: WriteTable = {{", rows))
        self.choose(union, py_name)

    def constant(self, tag: Member, case: str) -> str:
        """The value of a tag, as an expression."""
        return f"{self.enum_class(tag.type.name)}.{self.package.constant(tag.type.name, case)}"

    def enum_class(self, name: str) -> str:
        """The class of an enum, as an expression."""
        enum, home = self.names.types[name], self.names.module_of(name)
        if home is None:
            self.scope.use("model", enum)
            return enum
        if home == self.scope.module:
            self.scope.classes.add(enum)
            return enum
        self.scope.types_package = True
        return f"_types.{home}.{enum}"

    def kind(self, union: Union) -> None:
        """The enum of a simple union."""
        kind = self.names.kinds[union.name]
        circle, self.circle = self.circle, None
        self.enum(kind.name)
        self.maybe_array(kind.name)
        self.circle = circle

    def choose(self, union: Union, py_name: str) -> None:
        """The functions that look in the tables of a union."""
        depth = "" if self.circle is None else ", depth"
        tag = string(tag_member(self.schema, union).name)
        lines = [
            f'"""Read ``{py_name}``."""',
            self.refuse_class("data", "dict"),
            f"read = _readers_{py_name}[data[{tag}]]",
            f"obj: {py_name} = read(data{depth})",
            "return obj",
        ]
        self.function(f"read_{py_name}", "data: Any", py_name, lines)
        lines = [
            f'"""Write ``{py_name}``."""',
            *([self.refuse(["depth > MAX_STEPS"])] if depth else []),
            f"return _writers_{py_name}[value.__class__](value{depth})",
        ]
        self.function(f"write_{py_name}", f"value: {py_name}", "dict[str, object]", lines)
        self.offer(py_name)

    def read_table(
        self, union: Union, table: str, readers: Iterator[str], numbers: Iterator[int]
    ) -> None:
        """The reading function of each tag; tables of unions that are branches come first."""
        rows: list[str] = []
        depth = "" if self.circle is None else ", depth"
        for branch in union.branches:
            inner = branch.type and not union.simple and type_of(self.schema, branch.type.name)
            if isinstance(inner, Union):
                name = f"{next(numbers)}_{table.removeprefix('_readers_')}"
                self.read_table(inner, f"_readers_{name}", readers, numbers)
                tag = string(tag_member(self.schema, inner).name)
                choice = f"return _readers_{name}[data[{tag}]](data{depth})"
                lines = [f'"""Read the branch ``{branch.case}``."""', choice]
                self.function(f"_choose_{name}", "data: Any", "Any", lines)
                rows.append(f"{string(branch.case)}: _choose_{name}")
            else:
                rows.append(f"{string(branch.case)}: {next(readers)}")
        self.blocks.append(_table(f"{table}: ReadTable = {{", rows))


def _parts(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    for start in range(0, len(members), PART):
        yield members[start : start + PART]


def _table(head: str, rows: Sequence[str]) -> str:
    return exploded(head, rows, "}") if rows else f"{head}}}"
