"""The shape of each definition on its own: expressions to drafts of definitions.

In: one top-level expression.  Out: a :class:`Draft` whose definition is complete but for
what other definitions decide (whether its types exist, which branches are implicit).
Must not know: other expressions.
"""

from __future__ import annotations

from typing import TypedDict

from ..ir import (
    Alternate,
    Command,
    Cond,
    Definition,
    Doc,
    Enum,
    EnumValue,
    Event,
    Feature,
    InlineMembers,
    Struct,
)
from ..source import Span
from ..syntax.tree import Array, Bool, Expression, Object, Str, Value
from .branches import shape_alternatives, shape_union
from .conditions import condition, features
from .context import Context
from .docs import all_features, check_sections, parts_of
from .draft import Draft
from .head import check_flags, given, key_rules, read_head
from .keys import KeyRule, check_keys, describe
from .members import inline_members, type_name, type_reference
from .names import is_plain_value

__all__ = ["Shapes"]

_LONG_VALUE = KeyRule.of(("name",), ("if", "features"))
_LONG_VALUE_OLD = KeyRule.of(("name",), ("if",))  # before 6.2


class _Shared(TypedDict):
    """What all definitions have."""

    name: str
    module: str
    span: Span
    cond: Cond | None
    features: tuple[Feature, ...]
    doc: Doc | None


class Shapes:
    """Turns expressions into drafts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rules = key_rules(context.dialect)

    def draft(self, expression: Expression, index: int) -> Draft:
        """What one expression says.  A draft with problems gets no definition."""
        draft = read_head(self._context, expression, index)
        value = expression.value
        if not isinstance(value, Object) or not draft.kind:
            return draft
        rule = self._rules[draft.kind]
        if self._context.modern:
            check_sections(draft)
        check_keys(draft, value, rule=rule, what=draft)
        definition = self._definition(draft, value)
        if draft.kind in ("command", "event"):
            check_flags(draft, value, rule=rule)
        if not self._context.modern:
            check_sections(draft)
        if definition is not None and not draft.broken:
            draft.definition = definition
            draft.parts = parts_of(definition)
            draft.features = all_features(definition, draft.parts)
        return draft

    def _definition(self, draft: Draft, value: Object) -> Definition | None:
        match draft.kind:
            case "enum":
                return self._enum(draft, value)
            case "struct":
                return self._struct(draft, value)
            case "union":
                union = shape_union(draft, value)
                shared = self._shared(draft, value)
                return None if union is None else union(**shared)
            case "alternate":
                alternatives = shape_alternatives(draft, value)
                return Alternate(alternatives=alternatives, **self._shared(draft, value))
            case "command":
                return self._command(draft, value)
            case _:
                return self._event(draft, value)

    def _shared(self, draft: Draft, value: Object) -> _Shared:
        cond: Cond | None = None
        feats: tuple[Feature, ...] = ()
        if "if" in value.entries and draft.context.dialect.conditions:
            cond = condition(draft, value, what=str(draft))
        if "features" in value.entries and draft.context.dialect.features:
            feats = features(draft, value, what=str(draft))
        file = draft.expression.file
        return {
            "name": draft.name,
            "module": file.module,
            "span": Span(file, value.start, value.end),
            "cond": cond,
            "features": feats,
            "doc": draft.doc,
        }

    # Enums.

    def _enum(self, draft: Draft, value: Object) -> Enum:
        values = self._values(draft, value)
        prefix = given(value, "prefix")
        if prefix is not None and not isinstance(prefix, Str):
            message = f"'prefix' is {describe(prefix)}, not a string"
            draft.error("enum-prefix", message, focus=prefix)
            prefix = None
        text = prefix.text if prefix is not None else None
        return Enum(values=values, prefix=text, **self._shared(draft, value))

    def _values(self, draft: Draft, enum: Object) -> tuple[EnumValue, ...]:
        entry = enum.entries.get("data")
        if entry is None:
            return ()
        if not isinstance(entry.value, Array):
            message = f"the data of an enum is {describe(entry.value)}, not an array"
            draft.error("enum-data", message, focus=entry.value)
            return ()
        file = draft.expression.file
        found: list[EnumValue] = []
        for item in entry.value.items:
            if isinstance(item, Str) and is_plain_value(item.text):
                found.append(EnumValue(item.text, None, (), Span(file, item.start, item.end)))
            else:
                value = self._value(draft, item)
                if value is not None:
                    found.append(value)
        return tuple(found)

    def _value(self, draft: Draft, item: Value) -> EnumValue | None:
        """One value of any form."""
        name = item
        if isinstance(item, Object) and draft.context.dialect.long_members:
            what = "a value in long form"
            rule = _LONG_VALUE if draft.context.dialect.value_features else _LONG_VALUE_OLD
            if not check_keys(draft, item, rule=rule, what=what):
                return None
            name = item.entries["name"].value
        if not isinstance(name, Str):
            message = f"an enum value is {describe(name)}, not a string"
            draft.error("enum-value-not-string", message, focus=name)
            return None
        problem = draft.context.names.value(name.text, draft.name)
        if problem is not None:
            draft.bad_name(problem, f"value '{name.text}'", name)
        if name is item or not isinstance(item, Object):
            return EnumValue(name.text, None, (), draft.span(name))
        what = f"value '{name.text}'"
        cond = condition(draft, item, what=what)
        feats = features(draft, item, what=what)
        return EnumValue(name.text, cond, feats, draft.span(name))

    # Structs.

    def _struct(self, draft: Draft, value: Object) -> Struct:
        members = self._struct_members(draft, value)
        written = given(value, "base")
        base = None
        if written is not None:
            base = type_name(draft, written, what="the base of a struct")
        return Struct(members=members.members, base=base, **self._shared(draft, value))

    def _struct_members(self, draft: Draft, value: Object) -> InlineMembers:
        entry = value.entries.get("data")
        if entry is None:
            return InlineMembers(())
        if isinstance(entry.value, Object):
            return self._members(draft, entry.value, role="member", owner=draft.name)
        message = f"the data of a struct is {describe(entry.value)}, not an object"
        hint = None
        if isinstance(entry.value, Str):
            hint = f"a struct takes over the members of another with 'base': '{entry.value.text}'"
        draft.error("data-type", message, focus=entry.value, hint=hint)
        return InlineMembers(())

    def _members(
        self, draft: Draft, value: Object, *, role: str, owner: str | None
    ) -> InlineMembers:
        return InlineMembers(inline_members(draft, value, role=role, owner=owner))

    # Commands and events.

    def _command(self, draft: Draft, value: Object) -> Command:
        flags = _flags(value)
        boxed = flags.get("boxed") is True
        data = self._data(draft, value, role="argument", boxed=boxed)
        written = given(value, "returns")
        returns = None
        if written is not None:
            returns = type_reference(draft, written, role="'returns'")
        return Command(
            data=data,
            returns=returns,
            boxed=boxed,
            gen=flags.get("gen") is not False,
            success_response=flags.get("success-response") is not False,
            allow_oob=flags.get("allow-oob") is True,
            allow_preconfig=flags.get("allow-preconfig") is True,
            coroutine=flags.get("coroutine") is True,
            **self._shared(draft, value),
        )

    def _event(self, draft: Draft, value: Object) -> Event:
        boxed = _flags(value).get("boxed") is True
        data = self._data(draft, value, role="datum", boxed=boxed)
        return Event(data=data, boxed=boxed, **self._shared(draft, value))

    def _data(
        self, draft: Draft, value: Object, *, role: str, boxed: bool
    ) -> str | InlineMembers | None:
        written = given(value, "data")
        if boxed:
            return self._boxed_data(draft, value, written)
        if written is None:
            return None
        if isinstance(written, Str):
            return written.text
        if isinstance(written, Object):
            return self._members(draft, written, role=role, owner=None) if written.entries else None
        what = f"the data of {draft}"
        if isinstance(written, Array) and not draft.context.modern:
            type_name(draft, written, what=what)
            return None
        message = f"{what} is {describe(written)}, not an object or a type name"
        draft.error("data-type", message, focus=written)
        return None

    def _boxed_data(self, draft: Draft, value: Object, written: Value | None) -> str | None:
        what = f"the data of boxed {draft}"
        if written is not None:
            return type_name(draft, written, what=what)
        message = f"{what} is missing"
        focus = value.entries["boxed"].key
        hint = "'boxed' wants a type name as 'data'"
        draft.error("boxed-without-data", message, focus=focus, hint=hint)
        return None


def _flags(definition: Object) -> dict[str, bool]:
    """The keys whose value is ``true`` or ``false``."""
    entries = definition.entries.items()
    return {key: entry.value.value for key, entry in entries if isinstance(entry.value, Bool)}
