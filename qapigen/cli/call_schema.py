"""What the commands of a schema take, told as query-qmp-schema tells it, but exactly.

In: a schema.  Out: entries for :class:`~..runtime.introspect.ArgumentReader`.
Must not know: arguments, where the schema came from.

To clients, all integer types are one.  Here each keeps its name, so that its range can be
checked, and a size told from other integers.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..compiler.ir import (
    BUILTINS,
    Alternate,
    Builtin,
    Command,
    Definition,
    Enum,
    InlineMembers,
    Member,
    Schema,
    Struct,
    Union,
)
from ..compiler.passes.implicit import QTYPE, kind_enum
from ..compiler.passes.members import members_of, tag_member
from ..runtime.introspect import SchemaInfo

__all__ = ["declared_types"]

_EMPTY = "q_empty"  # no name of a schema begins with q_


def declared_types(schema: Schema) -> list[SchemaInfo]:
    """The entries of all commands and types; events, conditions and features are left out."""
    rows = [_builtin(builtin) for builtin in BUILTINS.values()]
    rows += [_enum(QTYPE), _object(_EMPTY, [])]
    for definition in schema.definitions:
        rows += _entries(schema, definition)
    types = [row["name"] for row in rows if row["meta-type"] != "command"]
    return rows + [_entry("array", f"[{name}]", {"element-type": name}) for name in types]


def _entries(schema: Schema, definition: Definition) -> list[SchemaInfo]:
    match definition:
        case Command(name=name, data=data):
            if not isinstance(data, InlineMembers):
                return [_command(name, data or _EMPTY)]
            arguments = f"q_obj_{name}-arg"
            return [_command(name, arguments), _object(arguments, _members(data.members))]
        case Enum():
            return [_enum(definition)]
        case Struct(name=name):
            return [_object(name, _members(members_of(schema, definition)))]
        case Union():
            return _union(schema, definition)
        case Alternate(name=name, alternatives=alternatives):
            choices = [{"type": str(each.type)} for each in alternatives]
            return [_entry("alternate", name, {"members": choices})]
    return []


def _union(schema: Schema, union: Union) -> list[SchemaInfo]:
    """The entry of a union; for a simple one, those of what is around its branches as well."""
    around: list[SchemaInfo] = [_enum(kind_enum(union))] if union.simple else []
    variants: list[SchemaInfo] = []
    for branch in union.branches:
        if branch.type is None:
            continue  # adds no members
        name = str(branch.type)
        if union.simple:
            name = f"q_obj_{name}-wrapper"
            around.append(_object(name, [{"name": "data", "type": str(branch.type)}]))
        variants.append({"case": branch.case, "type": name})
    shared = _object(union.name, _members(members_of(schema, union)))
    chosen = {"tag": tag_member(schema, union).name, "variants": variants}
    return [*around, {**shared, **chosen}]


def _members(members: Iterable[Member]) -> list[SchemaInfo]:
    return [
        {"name": each.name, "type": str(each.type)} | ({"default": None} if each.optional else {})
        for each in members
    ]


def _entry(meta: str, name: str, content: SchemaInfo) -> SchemaInfo:
    return {"meta-type": meta, "name": name, **content}


def _command(name: str, arguments: str) -> SchemaInfo:
    return _entry("command", name, {"arg-type": arguments})


def _object(name: str, members: list[SchemaInfo]) -> SchemaInfo:
    return _entry("object", name, {"members": members})


def _enum(enum: Enum) -> SchemaInfo:
    return _entry("enum", enum.name, {"values": [value.name for value in enum.values]})


def _builtin(builtin: Builtin) -> SchemaInfo:
    exact = "int64" if builtin.name == "int" else builtin.name
    word = exact if builtin.json_type == "int" else builtin.json_type
    return _entry("builtin", builtin.name, {"json-type": word})
