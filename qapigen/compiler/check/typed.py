"""The types of members, arguments and whatever else may be an array.

In: definitions.  Out: reported problems.
Must not know: what else holds for the definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..ir import (
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
from .clashes import Group, add_names, check_duplicate_features
from .draft import Draft
from .layout import Members
from .resolve import ANY_TYPE, Scope

__all__ = ["Types"]

_WRONG_KIND = "wrong-kind-of-type"


class _Use(NamedTuple):
    """A place where an array stands: words for it, and the keys that lead to it."""

    type: TypeRef
    what: str
    path: tuple[str, ...]


class Types:
    """Checks that types exist where any type may stand."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def check_arrays(self, draft: Draft, definition: Definition) -> None:
        """Everything that a member may be may also stand in an array."""
        match definition:
            case Enum():
                return
            case Struct(members=members):
                known = self._are_known(members)
            case Command(data=InlineMembers(members)) | Event(data=InlineMembers(members)):
                known = self._are_known(members)
            case Command() | Event():
                return
            case _:
                known = False  # look closer
        if not known:
            for use in _arrays(definition):
                if use.type.name not in self._scope.types:
                    self._report(draft, use)

    def _are_known(self, members: Sequence[Member]) -> bool:
        """Whether all their types are, arrays or not; nearly all members of a schema pass."""
        return self._scope.types.issuperset([member.type.name for member in members])

    def check_members(
        self, draft: Draft, members: Sequence[Member], *, into: Members, key: str, group: Group
    ) -> None:
        """Members written in an object under ``key``: types, features, clashes.

        They are added ``into`` those that the type has already.  Arrays are left to
        :meth:`check_arrays`.
        """
        if draft.features or not self._are_known(members):
            for member in members:
                if not member.type.is_array and member.type.name not in self._scope.types:
                    what = f"{group.role} '{member.name}'"
                    self._report(draft, _Use(member.type, what, (key, _written(member))))
                check_duplicate_features(draft, member.features)
        add_names(draft, members, into=into, group=group)

    def _report(self, draft: Draft, use: _Use) -> None:
        self._scope.expect(
            draft,
            use.type.name,
            kinds=ANY_TYPE,
            slug=_WRONG_KIND,
            what=use.what,
            focus=draft.type_node(*use.path),
        )


def _arrays(definition: Definition) -> Iterator[_Use]:
    match definition:
        case Struct():
            yield from _member_arrays("member", definition.members, key="data")
        case Union():
            if isinstance(definition.base, InlineMembers):
                yield from _member_arrays("base member", definition.base.members, key="base")
            for branch in definition.branches:
                if branch.type is not None and branch.type.is_array:
                    yield _Use(branch.type, f"branch '{branch.case}'", ("data", branch.case))
        case Alternate():
            for choice in definition.alternatives:
                if choice.type.is_array:
                    path = ("data", choice.name)
                    yield _Use(choice.type, f"alternative '{choice.name}'", path)
        case Command() | Event():
            if isinstance(definition.data, InlineMembers):
                yield from _member_arrays("argument", definition.data.members, key="data")


def _member_arrays(role: str, members: Iterable[Member], *, key: str) -> Iterator[_Use]:
    for member in members:
        if member.type.is_array:
            yield _Use(member.type, f"{role} '{member.name}'", (key, _written(member)))


def _written(member: Member) -> str:
    """The key of a member in the schema."""
    return f"*{member.name}" if member.optional else member.name
