"""Names to types: what is defined, what a name may stand for in each position.

In: the drafts of all expressions.  Out: :class:`Scope`, which answers what a name is and
reports names that are nothing, or nothing that fits.
Must not know: the rules about members, branches and arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..diagnostics import Note
from ..ir import BUILTINS, Enum, EnumValue, Union
from ..syntax.tree import Object, Str
from .context import Context
from .draft import Draft, Place

__all__ = ["ANY_TYPE", "BUILTIN", "QTYPE_VALUES", "Scope"]

BUILTIN = "built-in type"
#: The kinds that members may have.
ANY_TYPE = frozenset((BUILTIN, "enum", "struct", "union", "alternate"))
_IN_ORDER = (BUILTIN, "enum", "struct", "union", "alternate")
#: The values of the predefined enum ``QType``, in order.
QTYPE_VALUES = ("none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool")

_UNSURE = ""  # the kind of a name that something broken may define
_QTYPE = "QType"
_FOREIGN = {
    "string": "str",
    "integer": "int",
    "float": "number",
    "double": "number",
    "boolean": "bool",
    "uint": "uint64",
    "object": "any",
    "dict": "any",
}


class Scope:
    """The single name space of a schema."""

    def __init__(self, context: Context, drafts: Sequence[Draft]) -> None:
        self._context = context
        self._kinds: dict[str, str] = dict.fromkeys(BUILTINS, BUILTIN)
        self._kinds[_QTYPE] = "enum" if context.modern else BUILTIN
        self._drafts: dict[str, Draft] = {}
        self._unsure: set[str] = set()
        for draft in drafts:
            self._define(draft)
        #: The names that certainly are types, which may be all there is to ask.
        self.types = frozenset(n for n, kind in self._kinds.items() if kind in ANY_TYPE)
        self._union_kinds = {
            f"{draft.name}Kind": draft
            for draft in self._drafts.values()
            if context.dialect.simple_unions and _simple(draft)
        }

    # What is defined.

    def _define(self, draft: Draft) -> None:
        if not draft.kind or not draft.name:
            self._unsure.update(_possible_names(draft))
            return
        name = draft.name
        first = self._drafts.get(name)
        if first is not None:
            self._redefined(draft, first)
        elif name in self._kinds:
            message = f"'{name}' is a predefined type"
            draft.error("predefined", message, focus=draft.value(draft.kind))
        else:
            self._kinds[name] = draft.kind
            self._drafts[name] = draft

    def _redefined(self, draft: Draft, first: Draft) -> None:
        message = f"'{draft.name}' is already defined as {_article(first.kind)}"
        draft.error(
            "redefined",
            message,
            focus=draft.value(draft.kind),
            notes=[Note("first defined here", first.brace)],
        )

    def draft(self, name: str) -> Draft | None:
        """The draft that defines ``name``; None for what the language defines."""
        return self._drafts.get(name)

    def kind(self, name: str) -> str | None:
        """What ``name`` is: a kind of definition or :data:`BUILTIN`.

        None: nothing; empty: something that cannot be known.
        """
        kind = self._kinds.get(name)
        if kind is not None:
            return kind
        if name in self._union_kinds:
            return "enum"
        return _UNSURE if self._is_unsure(name) else None

    def _is_unsure(self, name: str) -> bool:
        if name in self._unsure:
            return True
        if not self._context.dialect.simple_unions or not name.endswith("Kind"):
            return False
        owner = self._drafts.get(name[:-4])
        return owner is not None and owner.kind == "union" and owner.broken

    def enum_values(self, name: str) -> Sequence[EnumValue] | None:
        """The values of an enum of the schema; None if they cannot be known."""
        draft = self._drafts.get(name)
        if draft is not None and isinstance(draft.definition, Enum) and not draft.broken:
            return draft.definition.values
        return None

    def value_names(self, name: str) -> tuple[str, ...] | None:
        """The values of any enum, predefined and implicit ones too; None if unknown."""
        if name == _QTYPE:
            return QTYPE_VALUES
        union = self._union_kinds.get(name)
        if union is not None and isinstance(union.definition, Union):
            return tuple(branch.case for branch in union.definition.branches)
        values = self.enum_values(name)
        return None if values is None else tuple(value.name for value in values)

    # What a name may stand for.

    def fitting(self, name: str, kinds: Collection[str]) -> str:
        """The kind of ``name`` if it is one of ``kinds``, which may be all there is to ask."""
        kind = self._kinds.get(name, _UNSURE)
        return kind if kind in kinds else _UNSURE

    def resolve(self, draft: Draft, name: str, *, what: str, focus: Place) -> str:
        """The kind of the type ``name``.

        Empty when nothing is known of it, which has been reported here or elsewhere.  In the
        2018 dialect the name of a command or event is a kind that does not fit.
        """
        kind = self.kind(name)
        if kind is None or (kind in ("command", "event") and self._context.modern):
            self._unknown(draft, name, what=what, focus=focus, kind=kind)
            return _UNSURE
        return kind

    def expect(
        self,
        draft: Draft,
        name: str,
        *,
        kinds: Collection[str],
        slug: str,
        what: str,
        focus: Place,
        hint: str | None = None,
    ) -> str:
        """Like :meth:`resolve`, but a kind that is not among ``kinds`` is reported as ``slug``.

        The 2018 dialect has a single code for that.
        """
        kind = self.resolve(draft, name, what=what, focus=focus)
        if kind == _UNSURE or kind in kinds:
            return kind
        message = f"{what} must be {_choice(kinds)}, but '{name}' is {_article(kind)}"
        slug = slug if self._context.modern else "wrong-kind-of-type"
        draft.error(slug, message, focus=focus, notes=self.defined_here(name), hint=hint)
        return _UNSURE

    def defined_here(self, name: str) -> list[Note]:
        """A note on where ``name`` is defined, if the schema defines it."""
        draft = self._drafts.get(name)
        return [] if draft is None else [Note(f"'{name}' is defined here", draft.brace)]

    def _unknown(
        self, draft: Draft, name: str, *, what: str, focus: Place, kind: str | None
    ) -> None:
        if kind is None:
            message = f"{what} has the unknown type '{name}'"
        else:
            message = f"{what} has the type '{name}', which is {_article(kind)} and no type"
        draft.error(
            "unknown-type",
            message,
            focus=focus,
            notes=self.defined_here(name),
            hint=None if kind else self._hint(name),
        )

    def _hint(self, name: str) -> str:
        if name in _FOREIGN:
            return f"did you mean '{_FOREIGN[name]}'?"
        if name.endswith("List") and self._kinds.get(name[:-4]) in ANY_TYPE:
            return f"an array is written ['{name[:-4]}']"
        types = [n for n, kind in self._kinds.items() if kind in ANY_TYPE]
        return self._context.suggestions.hint(name, types) or (
            "no file of this schema defines it; is an include missing?"
        )


def _simple(draft: Draft) -> bool:
    return isinstance(draft.definition, Union) and draft.definition.simple


def _possible_names(draft: Draft) -> list[str]:
    """What an expression may want to define whose kind or name is wrong: any string in it."""
    value = draft.expression.value
    if not isinstance(value, Object):
        return []
    return [e.value.text for e in value.entries.values() if isinstance(e.value, Str)]


def _choice(kinds: Collection[str]) -> str:
    """``a struct or union``, ``a type``, ...: the kinds in a fixed order."""
    if set(kinds) >= ANY_TYPE:
        return "a type"
    *words, last = [kind for kind in _IN_ORDER if kind in kinds]
    return _article(f"{', '.join(words)} or {last}" if words else last)


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'ae' else 'a'} {kind}"
