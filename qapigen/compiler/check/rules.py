"""The rules that need more than one definition: the walk over all of them.

In: drafts and the scope that knows their names.  Out: reported problems; in the drafts,
definitions complete.
Must not know: how expressions are written.

Bases and branches are checked as soon as something needs them, arrays at the turn of the
definition that has them: which problem is found first is part of the language (order of
checking).  A check that needs others first is an iterator that gives those, so that a chain of
ten thousand bases needs no deep stack.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise

from ..diagnostics import Note
from ..ir import Alternate, Command, Definition, Enum, Event, InlineMembers, Struct, Union
from .alternates import check_alternate
from .arguments import Arguments
from .clashes import Group, add_names, check_duplicate_features, check_features
from .context import Context
from .docs import check_described, check_descriptions
from .draft import Draft
from .layout import Layouts, Members
from .resolve import Scope
from .typed import Types
from .unions import Unions

__all__ = ["Walk"]

_SHOWN_CYCLE = 8


class Walk:
    """Checks every sound draft once."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context = context
        self._scope = scope
        self._types = Types(scope)
        self._layouts = Layouts()
        self._unions = Unions(context, scope, self._layouts)
        self._arguments = Arguments(context, scope, self._layouts)
        self._entered: set[Draft] = set()
        self._done: set[Draft] = set()

    def run(self, drafts: Sequence[Draft]) -> None:
        """Check ``drafts`` in the order of the language."""
        findings = self._context.findings
        sound = [(d, d.definition) for d in drafts if not d.broken]
        for draft, definition in sound:
            if definition is not None:
                findings.turn = draft.index
                self._types.check_arrays(draft, definition)
                if draft not in self._done:
                    self._check(draft)
                check_described(draft, definition)
        findings.turn = None

    def _check(self, draft: Draft) -> None:
        """Check ``draft`` and, before it goes on, everything that it needs."""
        path: list[Draft] = []
        checks: list[Iterator[Draft]] = []
        self._enter(draft, path, checks)
        while path:
            needed = next(checks[-1], None)
            if needed is None:
                self._done.add(path.pop())
                checks.pop()
            elif needed not in self._entered:
                self._enter(needed, path, checks)
            elif needed not in self._done:
                self._report_cycle(needed, path)

    def _enter(self, draft: Draft, path: list[Draft], checks: list[Iterator[Draft]]) -> None:
        """Begin to check ``draft``; if it needs others, it goes to the end of the path."""
        self._entered.add(draft)
        definition = draft.definition
        if definition is None:
            self._done.add(draft)
        elif _needs_others(definition):
            path.append(draft)
            checks.append(self._steps(draft, definition))
        else:
            self._check_alone(draft, definition)
            self._done.add(draft)

    def _check_alone(self, draft: Draft, definition: Definition) -> None:
        """The check of a definition that needs no others."""
        check_features(draft, definition)
        match definition:
            case Enum():
                self._check_enum(draft, definition)
            case Struct():
                self._check_members(draft, definition, {})
            case Alternate():
                check_alternate(self._scope, draft, definition)
            case Command() | Event():
                self._arguments.check_in_place(draft, definition)
        check_descriptions(draft, definition)

    def _report_cycle(self, draft: Draft, path: Sequence[Draft]) -> None:
        cycle = [*path[path.index(draft) :], draft]
        pairs = list(pairwise(cycle))
        notes = [
            Note(f"'{outer.name}' holds '{inner.name}'", outer.brace)
            for outer, inner in pairs[:_SHOWN_CYCLE]
            if outer is not inner
        ]
        if len(pairs) > _SHOWN_CYCLE:
            notes.append(Note(f"and so on, through {len(pairs)} types"))
        message = f"{draft} contains itself"
        focus = draft.value(draft.kind)
        hint = "a member of that type, in place of a base or branch, would be a reference"
        draft.error("contains-itself", message, focus=focus, notes=notes, hint=hint)

    def _steps(self, draft: Draft, definition: Definition) -> Iterator[Draft]:
        """The check of a definition that needs others."""
        check_features(draft, definition)
        match definition:
            case Struct():
                yield from self._check_struct(draft, definition)
            case Union():
                yield from self._check_union(draft, definition)
            case Command() | Event():
                yield from self._arguments.check(draft, definition)
        check_descriptions(draft, definition)

    def _check_enum(self, draft: Draft, enum: Enum) -> None:
        add_names(draft, enum.values, into={}, group=Group("value", enum.name))
        if draft.features:
            for value in enum.values:
                check_duplicate_features(draft, value.features)

    def _check_struct(self, draft: Draft, struct: Struct) -> Iterator[Draft]:
        inherited: Members | None = {}
        if struct.base is not None:
            inherited = yield from self._inherit(draft, struct.base)
        self._check_members(draft, struct, inherited)

    def _check_members(self, draft: Draft, struct: Struct, inherited: Members | None) -> None:
        """Members come on top of the inherited ones, which are None if they cannot be known."""
        members = {} if inherited is None else inherited
        group = Group("member", struct.name, struct.base)
        self._types.check_members(draft, struct.members, into=members, key="data", group=group)
        if inherited is not None and not draft.broken:
            self._layouts.flat[struct.name] = members

    def _check_union(self, draft: Draft, union: Union) -> Iterator[Draft]:
        base: Members | None = {}
        if isinstance(union.base, str):
            base = yield from self._inherit(draft, union.base)
        elif isinstance(union.base, InlineMembers) and base is not None:
            group = Group("base member", f"q_obj_{union.name}-base")
            members = union.base.members
            self._types.check_members(draft, members, into=base, key="base", group=group)
        yield from self._unions.check(draft, union, base)
        if base is not None and not draft.broken:
            self._layouts.flat[union.name] = base

    def _inherit(self, draft: Draft, base: str) -> Generator[Draft, None, Members | None]:
        """A copy of the members of a base; None if they cannot be known."""
        kind = self._scope.fitting(base, ("struct",)) or self._scope.expect(
            draft,
            base,
            kinds=("struct",),
            slug="base-not-struct",
            what=f"the base of {draft}",
            focus=draft.value("base"),
        )
        target = self._scope.draft(base) if kind else None
        if target is None:
            return None
        yield target
        inherited = self._layouts.flat.get(base)
        return None if inherited is None else dict(inherited)


def _needs_others(definition: Definition) -> bool:
    """Whether other definitions have to be checked before this one can be."""
    match definition:
        case Union():
            return True
        case Struct(base=base):
            return base is not None
        case Command(data=data) | Event(data=data):
            return isinstance(data, str)
    return False
