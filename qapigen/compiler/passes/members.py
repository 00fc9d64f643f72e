"""Members in wire order: bases first, outermost base first, branches flattened.

In: a schema and a definition.  Out: its members.  Types are acyclic in this respect (the checker
saw to that), so the recursion ends.
"""

from __future__ import annotations

from ..ir import Enum, InlineMembers, Member, Schema, Struct, TypeRef, Union
from ..records import record
from .implicit import type_of

__all__ = ["Variant", "data_members", "members_of", "tag_enum", "tag_member", "variants"]


def members_of(schema: Schema, definition: Struct | Union) -> tuple[Member, ...]:
    """The members that every value has: of a struct all, of a union those of its base."""
    if isinstance(definition, Union):
        if definition.simple:
            return (tag_member(schema, definition),)
        return _base(schema, definition.base)
    return _base(schema, definition.base) + definition.members


def _base(schema: Schema, base: str | InlineMembers | None) -> tuple[Member, ...]:
    if base is None:
        return ()
    if isinstance(base, InlineMembers):
        return base.members
    found = schema.type(base)
    assert isinstance(found, Struct)
    return members_of(schema, found)


def data_members(schema: Schema, data: str | InlineMembers | None) -> tuple[Member, ...]:
    """The arguments of a command or the data of an event that is not boxed."""
    return _base(schema, data)


def tag_member(schema: Schema, union: Union) -> Member:
    """The discriminator, as a member."""
    if union.simple:
        kind = TypeRef(f"{union.name}Kind")
        return Member(union.discriminator, kind, False, None, (), union.span)
    members = _base(schema, union.base)
    return next(m for m in members if m.name == union.discriminator)


def tag_enum(schema: Schema, union: Union) -> Enum:
    """The enum of the discriminator."""
    found = type_of(schema, tag_member(schema, union).type.name)
    assert isinstance(found, Enum)
    return found


@record(frozen=True, slots=True)
class Variant:
    """One way a union can look on the wire.

    ``cases`` are the discriminators that select it with their values, the outer union's
    first: a branch may itself be a union.  ``members`` are all members, bases first.
    """

    cases: tuple[tuple[Member, str], ...]
    members: tuple[Member, ...]


def variants(schema: Schema, union: Union) -> tuple[Variant, ...]:
    """All variants, in branch order."""
    tag = tag_member(schema, union)
    base = members_of(schema, union)
    found: list[Variant] = []
    for branch in union.branches:
        case = (tag, branch.case)
        if union.simple:
            assert branch.type is not None
            data = Member("data", branch.type, False, None, (), branch.span)
            found.append(Variant((case,), (*base, data)))
            continue
        inner = None if branch.type is None else schema.type(branch.type.name)
        if isinstance(inner, Union):
            found += [Variant((case, *v.cases), base + v.members) for v in variants(schema, inner)]
        else:
            own = members_of(schema, inner) if isinstance(inner, Struct) else ()
            found.append(Variant((case,), base + own))
    return tuple(found)
