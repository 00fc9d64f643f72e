"""Unions: the discriminator, the branches, and what branches share with the base.

In: a union, and the members of its base as far as known.
Out: reported problems; the union completed with its implicit branches.
Must not know: how checks of several types hang together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ..diagnostics import Note
from ..ir import Branch, Cond, Enum, InlineMembers, Member, Struct, Union
from ..source import Span
from .clashes import Group, add_names
from .context import Context
from .draft import Draft
from .layout import Layouts, Members
from .resolve import ANY_TYPE, QTYPE_VALUES, Scope
from .suggest import listing

__all__ = ["Unions"]

#: The values of a discriminator and their conditions.
Cases = dict[str, Cond | None]


class _Case(NamedTuple):
    """A branch of a simple union as a value of its implicit enum."""

    name: str
    span: Span


class Unions:
    """Checks unions; iterating a check gives the drafts that it needs checked first."""

    def __init__(self, context: Context, scope: Scope, layouts: Layouts) -> None:
        self._context = context
        self._scope = scope
        self._layouts = layouts
        self._nested = context.dialect.nested_unions

    def check(self, draft: Draft, union: Union, base: Members | None) -> Iterator[Draft]:
        """Check a union; ``base`` is None when its members cannot be known."""
        if union.simple:
            self._check_simple(draft, union)
            return
        tag = self._tag(draft, union, base)
        cases = None if tag is None else self._cases(draft, tag)
        for branch in union.branches:
            yield from self._check_branch(draft, branch, cases=cases, tag=tag)
        if cases is not None:
            self._check_cover(draft, union, cases)
        if base is not None:
            self._check_clashes(draft, union, base)

    def _check_simple(self, draft: Draft, union: Union) -> None:
        cases = [_Case(branch.case, branch.span) for branch in union.branches]
        add_names(draft, cases, into={}, group=Group("branch", f"{union.name}Kind"))
        for branch in union.branches:
            if branch.type is not None and not branch.type.is_array:
                self._scope.expect(
                    draft,
                    branch.type.name,
                    kinds=ANY_TYPE,
                    slug="wrong-kind-of-type",
                    what=f"branch '{branch.case}'",
                    focus=draft.value("data", branch.case),
                )

    # The discriminator.

    def _tag(self, draft: Draft, union: Union, base: Members | None) -> Member | None:
        """The base member that is the discriminator; None if there is none, or unknown."""
        if self._context.dialect.inherited_discriminator:
            members: Iterable[Member] | None = None if base is None else base.values()
        else:
            members = self._direct_members(union)
        if members is None:
            return None
        name = union.discriminator
        found = [member for member in members if member.name == name]
        found.sort(key=lambda member: member.optional)  # 'm' and '*m': a clash, not our problem
        if found and (self._context.modern or not found[0].optional):
            return found[0]
        self._report_no_member(draft, union, members=members, starred=bool(found))
        return None

    def _direct_members(self, union: Union) -> Iterable[Member] | None:
        """The members that 2018 looks at: those of the base itself (quirk Q8)."""
        if isinstance(union.base, InlineMembers):
            return union.base.members
        draft = None if union.base is None else self._scope.draft(union.base)
        if draft is not None and isinstance(draft.definition, Struct):
            return draft.definition.members
        return None

    def _report_no_member(
        self, draft: Draft, union: Union, *, members: Iterable[Member], starred: bool
    ) -> None:
        base = f"base '{union.base}'" if isinstance(union.base, str) else "the base"
        message = f"discriminator '{union.discriminator}' is no member of {base}"
        if starred:
            message = f"discriminator '{union.discriminator}' is an optional member of {base}"
            hint: str | None = "a value must always say which branch it takes"
        else:
            names = [member.name for member in members]
            hint = self._context.suggestions.hint(union.discriminator, names)
        focus = draft.value("discriminator")
        notes = self._scope.defined_here(union.base) if isinstance(union.base, str) else []
        draft.error("discriminator-not-member", message, focus=focus, notes=notes, hint=hint)

    def _cases(self, draft: Draft, tag: Member) -> Cases | None:
        """The values of the discriminator; None if they cannot be known."""
        cases = self._enum_cases(draft, tag)
        focus = draft.value("discriminator")
        notes = [Note(f"'{tag.name}' is here", tag.span)]
        if tag.optional:
            message = f"discriminator '{tag.name}' is optional"
            hint = "a value must always say which branch it takes"
            draft.error("discriminator-optional", message, focus=focus, notes=notes, hint=hint)
        if tag.cond is not None:
            message = f"discriminator '{tag.name}' is conditional"
            draft.error("discriminator-conditional", message, focus=focus, notes=notes)
        return cases

    def _enum_cases(self, draft: Draft, tag: Member) -> Cases | None:
        name = tag.type.name
        if not tag.type.is_array:
            target = self._scope.draft(name)
            if target is not None and isinstance(target.definition, Enum):
                return {value.name: value.cond for value in target.definition.values}
            kind = self._scope.kind(name)
            if kind == "enum" and name == "QType":
                return dict.fromkeys(QTYPE_VALUES)
            if not kind or (target is not None and kind in ("enum", "command", "event")):
                return None  # reported with the member, or broken
        message = f"discriminator '{tag.name}' has type '{tag.type}', which is no enum"
        notes = [Note(f"'{tag.name}' is here", tag.span)]
        focus = draft.value("discriminator")
        draft.error("discriminator-not-enum", message, focus=focus, notes=notes)
        return None

    # Branches.

    def _check_branch(
        self, draft: Draft, branch: Branch, *, cases: Cases | None, tag: Member | None
    ) -> Iterator[Draft]:
        if branch.type is None:
            return
        kinds = ("struct", "union") if self._nested else ("struct",)
        kind = self._scope.fitting(branch.type.name, kinds) or self._scope.expect(
            draft,
            branch.type.name,
            kinds=kinds,
            slug="branch-not-struct",
            what=f"branch '{branch.case}'",
            focus=draft.type_node("data", branch.case),
        )
        if cases is not None and tag is not None and branch.case not in cases:
            message = f"branch '{branch.case}' is no value of enum '{tag.type}'"
            notes = self._scope.defined_here(tag.type.name)
            hint = self._context.suggestions.hint(branch.case, cases)
            draft.error("branch-not-value", message, focus=branch.span, notes=notes, hint=hint)
        target = self._scope.draft(branch.type.name) if kind else None
        if target is not None:
            yield target

    def _check_cover(self, draft: Draft, union: Union, cases: Cases) -> None:
        """Values without a branch get one, or are an error in 2018."""
        written = {branch.case for branch in union.branches}
        left = [case for case in cases if case not in written]
        tag = draft.value("discriminator")
        if self._context.dialect.full_branches:
            if left:
                message = f"union '{union.name}' lacks a branch for {listing(left)}"
                draft.error("missing-branch", message, focus=draft.value("data"))
        elif not cases and not union.branches:
            message = f"the discriminator of union '{union.name}' has no values to branch on"
            draft.error("no-branches", message, focus=tag)
        elif left:
            implicit = (Branch(case, None, cases[case], draft.span(tag), True) for case in left)
            draft.definition = replace(union, branches=(*union.branches, *implicit))

    # Members of branches against members of the base.

    def _check_clashes(self, draft: Draft, union: Union, base: Members) -> None:
        checked: set[str] = set()
        spread = dict(base)
        for branch in union.branches:
            if branch.type is None or branch.type.name in checked:
                continue
            checked.add(branch.type.name)
            members = self._layouts.everything(branch.type.name)
            if members is None:
                continue
            if not base.keys().isdisjoint(members):
                self._report_clashes(draft, branch, base, members)
            if self._nested:
                spread.update(members)
        if self._nested:
            self._layouts.spread[union.name] = spread

    def _report_clashes(
        self, draft: Draft, branch: Branch, base: Members, members: Members
    ) -> None:
        for key in (key for key in members if key in base):
            mine, other = members[key], base[key]
            message = (
                f"member '{mine.name}' of branch '{branch.case}' (type '{branch.type}')"
                f" collides with base member '{other.name}'"
            )
            notes = [
                Note(f"member '{mine.name}' of the branch is here", mine.span),
                Note(f"base member '{other.name}' is here", other.span),
            ]
            focus = draft.type_node("data", branch.case)
            draft.error("clash", message, focus=focus, notes=notes)
