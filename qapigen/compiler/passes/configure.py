"""A schema under a configuration: what is left out goes away, what is decided is unconditional.

In: a schema and a configuration.  Out: a schema, and what still refers to things that are gone.
The schema language does not check that such references are guarded, so this is found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from ..ir import (
    Alternate,
    Alternative,
    Branch,
    Command,
    Definition,
    Doc,
    Enum,
    EnumValue,
    Event,
    Feature,
    InlineMembers,
    Member,
    Schema,
    SectionKind,
    Struct,
    Union,
)
from ..records import record
from .members import tag_enum
from .reach import type_names
from .select import Config, remaining

__all__ = ["Broken", "configure"]

P = TypeVar("P", bound=Member | EnumValue | Branch | Alternative | Feature)


@record(frozen=True, slots=True)
class Broken:
    """A definition that the configuration leaves without something it needs.

    ``left_out`` is the type that is gone, None if the definition itself has nothing left.
    """

    definition: Definition
    left_out: Definition | None


def configure(schema: Schema, config: Config) -> tuple[Schema, tuple[Broken, ...]]:
    """The schema without what ``config`` leaves out, and the definitions that this breaks."""
    kept: list[Definition] = []
    gone: dict[str, Definition] = {}
    for definition in schema.definitions:
        cond = remaining(definition.cond, config)
        if cond is False:
            gone[definition.name] = definition
        else:
            left = None if cond is True else cond
            kept.append(_configured(schema, replace(definition, cond=left), config))
    broken = [
        Broken(definition, gone[name])
        for definition in kept
        for name in dict.fromkeys(type_names(definition))
        if name in gone
    ]
    broken += [Broken(definition, None) for definition in kept if _is_emptied(definition)]
    docs = _docs(schema, kept, gone)
    return Schema(schema.dialect, schema.modules, tuple(kept), docs), tuple(broken)


def _is_emptied(definition: Definition) -> bool:
    """Whether nothing is left that a value of the type could be."""
    match definition:
        case Union(branches=()) | Alternate(alternatives=()):
            return True
        case _:
            return False


def _parts(parts: Iterable[P], config: Config) -> tuple[P, ...]:
    """Members and the like that stay, with what is left of their conditions."""
    found: list[P] = []
    for part in parts:
        cond = remaining(part.cond, config)
        if cond is not False:
            changes: dict[str, Any] = {"cond": None if cond is True else cond}
            if isinstance(part, Member | EnumValue):
                changes["features"] = _parts(part.features, config)
            found.append(replace(part, **changes))
    return tuple(found)


def _configured(schema: Schema, definition: Definition, config: Config) -> Definition:
    """The definition with its parts configured."""
    definition = replace(definition, features=_parts(definition.features, config))
    match definition:
        case Enum():
            changed: Definition = replace(definition, values=_parts(definition.values, config))
        case Struct():
            changed = replace(definition, members=_parts(definition.members, config))
        case Union():
            changed = replace(
                definition,
                base=_data(definition.base, config),
                branches=_branches(schema, definition, config),
            )
        case Alternate():
            changed = replace(definition, alternatives=_parts(definition.alternatives, config))
        case Command() | Event():
            changed = replace(definition, data=_data(definition.data, config))
    return replace(changed, doc=_doc(changed))


def _data(data: str | InlineMembers | None, config: Config) -> str | InlineMembers | None:
    if not isinstance(data, InlineMembers):
        return data
    members = _parts(data.members, config)
    return InlineMembers(members) if members else None


def _branches(schema: Schema, union: Union, config: Config) -> tuple[Branch, ...]:
    """Branches that stay; one whose value is gone from the enum cannot be selected."""
    branches = _parts(union.branches, config)
    if union.simple:
        return branches
    values = {value.name for value in _parts(tag_enum(schema, union).values, config)}
    return tuple(branch for branch in branches if branch.case in values)


def _doc(definition: Definition) -> Doc | None:
    """The documentation without members and features that are gone."""
    if definition.doc is None:
        return None
    described = {
        SectionKind.MEMBER: {part.name for part in _own(definition)},
        SectionKind.FEATURE: {f.name for f in definition.features}
        | {f.name for part in _own(definition) for f in getattr(part, "features", ())},
    }
    sections = tuple(
        section
        for section in definition.doc.sections
        if section.kind not in described or section.name in described[section.kind]
    )
    return replace(definition.doc, sections=sections)


def _own(definition: Definition) -> tuple[Member | EnumValue | Alternative, ...]:
    match definition:
        case Enum():
            return definition.values
        case Struct():
            return definition.members
        case Alternate():
            return definition.alternatives
        case Union(base=InlineMembers(members)):
            return members
        case Command(data=InlineMembers(members)) | Event(data=InlineMembers(members)):
            return members
        case _:
            return ()


def _docs(
    schema: Schema, kept: Iterable[Definition], gone: dict[str, Definition]
) -> tuple[Doc, ...]:
    """All blocks but those of definitions that are gone."""
    current = {d.name: d.doc for d in kept}
    return tuple(
        current.get(doc.symbol) or doc if doc.symbol is not None else doc
        for doc in schema.docs
        if doc.symbol not in gone
    )
