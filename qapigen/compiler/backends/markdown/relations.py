"""Facts about a schema that its documentation tells: who has, inherits and uses what.

In: a schema.  Out: parts of definitions in one form, their parents, their users.
Must not know: Markdown, documentation comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...ir import (
    Alternate,
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

__all__ = ["Part", "Relations"]

#: How far up bases are followed, and how many inherited members are listed.  Real schemas
#: stay far below; the limits keep the output for any schema in proportion to its size.
_MAX_BASES = 16
_MAX_INHERITED = 100


class Part(NamedTuple):
    """A member, argument, enum value or alternative.

    Values have no type; ``required`` is None where the question does not arise.
    """

    name: str
    type: TypeRef | None
    required: bool | None
    cond: Cond | None
    features: tuple[Feature, ...]


class Relations:
    """The definitions of a schema by name, and what is between them."""

    def __init__(self, schema: Schema) -> None:
        self.definitions = {d.name: d for d in schema.definitions}
        self.parts: dict[str, dict[str, Part]] = {}
        self._users: dict[str, dict[str, Definition]] = {}
        for definition in schema.definitions:
            parts = _parts(definition)
            self.parts[definition.name] = {part.name: part for part in parts}
            for name in _mentions(definition, parts):
                self._users.setdefault(name, {})[definition.name] = definition

    def users(self, name: str) -> tuple[Definition, ...]:
        """The definitions that mention a type, in source order."""
        return tuple(self._users.get(name, {}).values())

    def ancestors(self, definition: Definition) -> Iterator[Definition]:
        """Where members come from besides the definition itself: bases, named data."""
        for _ in range(_MAX_BASES):
            name = _parent(definition)
            found = self.definitions.get(name) if name is not None else None
            if found is None:
                return
            yield found
            definition = found

    def inherited(self, definition: Definition) -> list[tuple[Definition, list[Part]]]:
        """The members that ancestors bring in, by ancestor, the nearest first.

        There may be more than are listed, see :meth:`has_more`.
        """
        left = _MAX_INHERITED
        found: list[tuple[Definition, list[Part]]] = []
        for ancestor in self.ancestors(definition):
            parts = list(self.parts[ancestor.name].values())[:left]
            left -= len(parts)
            found.append((ancestor, parts))
            if not left:
                break
        return found

    def has_more(self, definition: Definition) -> bool:
        """Whether ``definition`` has members that :meth:`inherited` leaves out."""
        ancestors = list(self.ancestors(definition))
        if not ancestors:
            return False
        if len(ancestors) == _MAX_BASES and _parent(ancestors[-1]) is not None:
            return True
        return sum(len(self.parts[a.name]) for a in ancestors) > _MAX_INHERITED

    def owner(self, definition: Definition, part: str) -> Definition | None:
        """The definition that has a member of this name: this one or an ancestor."""
        if part in self.parts[definition.name]:
            return definition
        return next((a for a in self.ancestors(definition) if part in self.parts[a.name]), None)

    def find(self, definition: Definition, part: str) -> Part | None:
        """The member of this name, inherited ones included."""
        owner = self.owner(definition, part)
        return None if owner is None else self.parts[owner.name][part]


def _parent(definition: Definition) -> str | None:
    """The type whose members a definition has besides its own."""
    source: str | InlineMembers | None = None
    if isinstance(definition, Struct | Union):
        source = definition.base
    elif isinstance(definition, Command | Event):
        source = definition.data
    return source if isinstance(source, str) else None


def _parts(definition: Definition) -> list[Part]:
    """What a definition itself declares, branches excepted."""
    match definition:
        case Enum():
            return [Part(v.name, None, None, v.cond, v.features) for v in definition.values]
        case Struct():
            return _members(definition.members)
        case Union(base=InlineMembers(members)):
            return _members(members)
        case Union(simple=True):
            return [Part(definition.discriminator, None, True, None, ())]
        case Alternate():
            return [Part(c.name, c.type, None, c.cond, ()) for c in definition.alternatives]
        case Command(data=InlineMembers(members)) | Event(data=InlineMembers(members)):
            return _members(members)
        case _:
            return []


def _members(members: Iterable[Member]) -> list[Part]:
    return [Part(m.name, m.type, not m.optional, m.cond, m.features) for m in members]


def _mentions(definition: Definition, parts: Iterable[Part]) -> list[str]:
    """The types a definition with these parts refers to; names may come twice."""
    found = [part.type.name for part in parts if part.type is not None]
    above = _parent(definition)
    if above is not None:
        found.append(above)
    if isinstance(definition, Union):
        found += [b.type.name for b in definition.branches if b.type is not None]
    elif isinstance(definition, Command) and definition.returns is not None:
        found.append(definition.returns.name)
    return found
