"""The data of ``query-qmp-schema``: what clients can ask a server about its schema.

In: a schema.  Out: the SchemaInfo list as JSON values, commands and events first, then the
types that they reach in order of first use (QAPI language, introspection).

Type names are not part of the interface, so they are masked with numbers unless asked for.
Numbers are given out on first use and before conditions are looked at: all builds of a schema
agree on them.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from ..dialect import DIALECTS
from ..ir import (
    BUILTINS,
    Alternate,
    Builtin,
    Command,
    Cond,
    Definition,
    Enum,
    Event,
    Feature,
    InlineMembers,
    Member,
    Schema,
    Struct,
    TypeRef,
    Union,
)
from ..records import record
from .implicit import type_of
from .members import members_of, tag_member
from .select import KEEP_ALL, Config, evaluate

__all__ = ["SchemaInfo", "introspect"]

#: One element of the answer.
SchemaInfo = dict[str, Any]


def introspect(schema: Schema, *, mask: bool = True, config: Config = KEEP_ALL) -> list[SchemaInfo]:
    """The SchemaInfo list, without what ``config`` leaves out."""
    walk = _Walk(schema, mask, config)
    for definition in _entities(schema):
        walk.entity(definition)
    at = 0
    while at < len(walk.queue):
        walk.type(walk.queue[at])
        at += 1
    return walk.entries


def _entities(schema: Schema) -> list[Command | Event]:
    """Commands and events in the release's order: by name, as in the text, or module by module."""
    found = [d for d in schema.definitions if isinstance(d, Command | Event)]
    order = DIALECTS[schema.dialect].order
    if order == "names":
        found.sort(key=attrgetter("name"))
    elif order == "modules":
        place = {module.name: index for index, module in enumerate(schema.modules)}
        found.sort(key=lambda d: place[d.module])
    return found


@record(frozen=True, slots=True)
class _Object:
    """An object type that the schema does not name."""

    name: str
    members: tuple[Member, ...]
    cond: Cond | None = None


_EMPTY = _Object("q_empty", ())

_Type = Builtin | Enum | Struct | Union | Alternate | _Object | TypeRef


class _Walk:
    """What has been mentioned so far, and the entries made."""

    def __init__(self, schema: Schema, mask: bool, config: Config) -> None:
        self.schema = schema
        self.mask = mask
        self.config = config
        self.dialect = DIALECTS[schema.dialect]
        self.queue: list[_Type] = []
        self.shown: dict[str, str] = {}  # by the type's own name
        self.refs: dict[str, str] = {}  # by the name of a reference, those of arrays apart:
        self.arrays: dict[str, str] = {}  # a schema refers to few types many times
        self.wrappers: dict[str, _Object] = {}
        self.entries: list[SchemaInfo] = []
        self.count = 0

    # Mentioning types.

    def ref(self, ref: TypeRef) -> str:
        """The name that stands for a type reference; the type will get an entry."""
        known = self.arrays if ref.is_array else self.refs
        shown = known.get(ref.name)
        if shown is None:
            shown = self.array(ref.name) if ref.is_array else self.single(ref.name)
            known[ref.name] = shown
        return shown

    def single(self, name: str) -> str:
        found = type_of(self.schema, name)
        if isinstance(found, Builtin) and found.json_type == "int":
            found = BUILTINS["int"]
        return self.use(found)

    def array(self, element: str) -> str:
        builtin = BUILTINS.get(element)
        if builtin is not None and builtin.json_type == "int":
            element = "int"
        own = f"[{element}]"
        if own not in self.shown:
            self.queue.append(TypeRef(element, is_array=True))
            self.shown[own] = own  # keeps a recursive type from coming here again
            self.shown[own] = f"[{self.ref(TypeRef(element))}]"
        return self.shown[own]

    def use(self, found: Builtin | Enum | Struct | Union | Alternate | _Object) -> str:
        """The name that stands for a type."""
        if found.name not in self.shown:
            self.queue.append(found)
            name = found.name
            if self.mask and not isinstance(found, Builtin):
                name = str(self.count)
                self.count += 1
            self.shown[found.name] = name
        return self.shown[found.name]

    # Entries.

    def entity(self, definition: Command | Event) -> None:
        """The entry of a command or event."""
        arguments = self.data(definition)
        row: SchemaInfo = {"name": definition.name, "arg-type": arguments}
        if isinstance(definition, Event):
            self.add("event", row, definition)
            return
        returns = definition.returns
        row["ret-type"] = self.ref(returns) if returns else self.use(_EMPTY)
        if definition.allow_oob or self.dialect.default_oob:
            row["allow-oob"] = definition.allow_oob
        self.add("command", row, definition)

    def data(self, definition: Command | Event) -> str:
        data = definition.data
        if data is None:
            return self.use(_EMPTY)
        if isinstance(data, InlineMembers):
            name = f"q_obj_{definition.name}-arg"
            return self.use(_Object(name, data.members, definition.cond))
        return self.ref(TypeRef(data))

    def add(
        self, meta: str, row: SchemaInfo, source: Definition | _Object | TypeRef | Builtin
    ) -> None:
        """Append an entry, unless the configuration leaves its source out."""
        cond = getattr(source, "cond", None)
        if isinstance(source, TypeRef):  # an array goes with its element
            cond = getattr(type_of(self.schema, source.name), "cond", None)
        if self.keeps(cond):
            entry = {"meta-type": meta, **row}
            if features := getattr(source, "features", ()):
                entry["features"] = self.features(features)
            self.entries.append(entry)

    def keeps(self, cond: Cond | None) -> bool:
        return cond is None or evaluate(cond, self.config) is not False

    def features(self, features: tuple[Feature, ...]) -> list[str]:
        # A list that conditions empty stays: it is there in the sources of every build.
        return [feature.name for feature in features if self.keeps(feature.cond)]

    def type(self, found: _Type) -> None:
        """The entry of a type; mentioning others on the way puts them into the queue."""
        match found:
            case TypeRef(name):
                element = self.ref(TypeRef(name))
                self.add("array", {"name": f"[{element}]", "element-type": element}, found)
            case Builtin(name, json_type):
                self.add("builtin", {"name": name, "json-type": json_type}, found)
            case Enum():
                self.add("enum", self.enum(found), found)
            case Alternate():
                members = [{"type": self.ref(a.type)} for a in found.alternatives]
                kept = [
                    row
                    for row, a in zip(members, found.alternatives, strict=True)
                    if self.keeps(a.cond)
                ]
                self.add("alternate", {"name": self.shown[found.name], "members": kept}, found)
            case Struct():
                members = self.members(members_of(self.schema, found))
                self.add("object", {"name": self.shown[found.name], "members": members}, found)
            case Union():
                self.add("object", self.union(found), found)
            case _Object(name, own):
                row = {"name": self.shown[name], "members": self.members(own)}
                self.add("object", row, found)

    def enum(self, found: Enum) -> SchemaInfo:
        values = [v for v in found.values if v.cond is None or self.keeps(v.cond)]
        row: SchemaInfo = {"name": self.shown[found.name], "values": [v.name for v in values]}
        if self.dialect.enum_members:
            rows: list[SchemaInfo] = [{"name": value.name} for value in values]
            for shown, value in zip(rows, values, strict=True):
                if value.features:
                    shown["features"] = self.features(value.features)
            row["members"] = rows
        return row

    def members(self, members: tuple[Member, ...]) -> list[SchemaInfo]:
        rows: list[SchemaInfo] = []
        for member in members:
            row: SchemaInfo = {"name": member.name, "type": self.ref(member.type)}
            if member.optional:
                row["default"] = None
            if member.cond is None or self.keeps(member.cond):
                if member.features:
                    row["features"] = self.features(member.features)
                rows.append(row)
        return rows

    def union(self, union: Union) -> SchemaInfo:
        members = self.members(members_of(self.schema, union))
        rows: list[SchemaInfo] = []
        for branch in union.branches:
            if branch.type is None:
                shown = self.use(_EMPTY)
            elif union.simple:
                shown = self.use(self.wrapper(branch.type))
            else:
                shown = self.ref(branch.type)
            if self.keeps(branch.cond):
                rows.append({"case": branch.case, "type": shown})
        return {
            "name": self.shown[union.name],
            "members": members,
            "tag": tag_member(self.schema, union).name,
            "variants": rows,
        }

    def wrapper(self, ref: TypeRef) -> _Object:
        """The object around a branch of simple unions; all of them share it."""
        name = f"q_obj_{ref.name}{'List' if ref.is_array else ''}-wrapper"
        if name not in self.wrappers:
            nowhere = Member("data", ref, False, None, (), _span_of(self.schema))
            self.wrappers[name] = _Object(name, (nowhere,))
        return self.wrappers[name]


def _span_of(schema: Schema) -> Any:
    return schema.definitions[0].span
