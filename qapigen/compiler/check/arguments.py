"""Commands and events: what they take and return.

In: a command or event.  Out: reported problems.
Must not know: anything of definitions that are types but their kind and members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..diagnostics import Note
from ..ir import Command, Event, InlineMembers, Member
from ..syntax.tree import Object
from .clashes import Group
from .context import Context
from .draft import Draft
from .layout import Layouts
from .resolve import ANY_TYPE, Scope
from .suggest import listing, pragma_hint
from .typed import Types

__all__ = ["Arguments"]

_BOXED = "'boxed': true would permit it"


class Arguments:
    """Checks commands and events; iterating gives the drafts that must be checked first."""

    def __init__(self, context: Context, scope: Scope, layouts: Layouts) -> None:
        self._context = context
        self._scope = scope
        self._types = Types(scope)
        self._layouts = layouts

    def check(self, draft: Draft, definition: Command | Event) -> Iterator[Draft]:
        """Check data, then what a command returns."""
        if isinstance(definition.data, str):
            yield from self._check_named(draft, definition, data=definition.data)
        self.check_in_place(draft, definition)

    def check_in_place(self, draft: Draft, definition: Command | Event) -> None:
        """Check all but data that another definition has."""
        data = definition.data
        if isinstance(data, InlineMembers):
            role = "argument" if draft.kind == "command" else "datum"
            group = Group(role, f"q_obj_{definition.name}-arg")
            self._types.check_members(draft, data.members, into={}, key="data", group=group)
            if not definition.boxed:
                self._check_unconditional(draft, data.members)
        if isinstance(definition, Command) and definition.returns is not None:
            self._check_returns(draft, definition, definition.returns.name)

    def _check_named(
        self, draft: Draft, definition: Command | Event, *, data: str
    ) -> Iterator[Draft]:
        focus = draft.value("data")
        kind = self._data_kind(draft, definition, data=data)
        target = self._scope.draft(data) if kind else None
        if target is None:
            return
        yield target
        members = self._layouts.flat.get(data)
        if members is None:
            return
        if not definition.boxed:
            self._check_unconditional(draft, members.values())
        elif kind == "struct" and not members and not self._context.modern:
            message = f"{draft} is boxed, but '{data}' has no members"
            notes = self._scope.defined_here(data)
            draft.error("boxed-empty", message, focus=focus, notes=notes)

    def _data_kind(self, draft: Draft, definition: Command | Event, *, data: str) -> str:
        """The kind of the data type; empty when it does not fit, which is reported."""
        kinds = ["struct"]
        if definition.boxed or self._context.modern:
            kinds.append("union")
        if definition.boxed and self._context.dialect.boxed_alternates:
            kinds.append("alternate")
        kind = self._scope.expect(
            draft,
            data,
            kinds=kinds,
            slug=f"{draft.kind}-data",
            what=f"the data of {draft}",
            focus=draft.value("data"),
            hint=_BOXED if self._scope.kind(data) == "union" else None,
        )
        if kind == "union" and not definition.boxed:
            message = f"the data of {draft} is a union, but it is not boxed"
            notes = self._scope.defined_here(data)
            slug = f"{draft.kind}-union-not-boxed"
            draft.error(slug, message, focus=draft.value("data"), notes=notes, hint=_BOXED)
        return kind

    def _check_unconditional(self, draft: Draft, members: Iterable[Member]) -> None:
        conditional = [member for member in members if member.cond is not None]
        if not conditional or self._context.dialect.unboxed_conditions:
            return
        names = listing(member.name for member in conditional)
        message = f"{draft} is not boxed, but has a condition on {names}"
        slug = f"{draft.kind}-conditional"
        data = draft.value("data")
        if isinstance(data, Object):
            hint = "a named type as 'data', with 'boxed': true, would permit it"
            draft.error(slug, message, focus=conditional[0].span, hint=hint)
        else:
            notes = [Note(f"'{member.name}' is here", member.span) for member in conditional]
            draft.error(slug, message, focus=data, notes=notes, hint=_BOXED)

    def _check_returns(self, draft: Draft, command: Command, name: str) -> None:
        objects = ("struct", "union")
        if self._scope.fitting(name, objects):
            return
        pragma = self._context.dialect.returns_pragma
        hint = None
        excepted = pragma is None or command.name in self._context.pragmas.names(pragma)
        if pragma is not None and not excepted:
            hint = pragma_hint(pragma, command.name, self._context.pragmas)
        self._scope.expect(
            draft,
            name,
            kinds=ANY_TYPE if excepted else objects,
            slug="returns-type",
            what=f"what command '{command.name}' returns",
            focus=draft.type_node("returns"),
            hint=hint,
        )
