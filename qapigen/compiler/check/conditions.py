"""Conditions and features: the two things that many parts of a definition may have.

In: the values of ``if`` and ``features``.  Out: :class:`Cond` and :class:`Feature` values.
Must not know: where they stand, beyond the words for it.
"""

from __future__ import annotations

import re

from ..ir import All, Any, Cond, Feature, Not, Symbol
from ..syntax.tree import Array, Object, Str, Value
from .c_conditions import c_condition
from .draft import Draft
from .keys import KeyRule, check_keys, describe, opening

__all__ = ["condition", "features"]

_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*")
_OPERATORS = KeyRule.of((), ("all", "any", "not"), unknown="if-unknown-key")
_FEATURE = KeyRule.of(("name",), ("if",), missing="bad-feature", unknown="bad-feature")
_DEEPEST = 100
_OBSOLETE = "several conditions are written { 'all': [...] }"


def condition(draft: Draft, owner: Object, *, what: str) -> Cond | None:
    """The ``if`` of ``owner``, None when it has none or a wrong one, which is reported."""
    entry = owner.entries.get("if")
    if entry is None:
        return None
    what = f"the condition of {what}"
    if draft.context.dialect.conditions == "c":
        return _c_condition(draft, entry.value, what=what)
    return _condition(draft, entry.value, what=what, depth=1)


def _c_condition(draft: Draft, value: Value, *, what: str) -> Cond | None:
    """The oldest form: C text, or a list of such texts, all of which must hold."""
    items = value.items if isinstance(value, Array) else (value,)
    if not items:
        draft.error("if-empty", f"{what} is an empty array", focus=value)
        return None
    found: list[Cond] = []
    for item in items:
        if not isinstance(item, Str):
            message = f"{what} is {describe(item)}, not a string or an array of strings"
            draft.error("if-type", message, focus=item)
        elif not item.text.strip():
            draft.error("if-name", f"{what} is an empty text", focus=item)
        else:
            found.append(c_condition(item.text))
    if len(found) != len(items):
        return None
    return All(tuple(found)) if isinstance(value, Array) and len(found) > 1 else found[0]


def _condition(draft: Draft, value: Value, *, what: str, depth: int) -> Cond | None:
    if isinstance(value, Str):
        return _symbol(draft, value, what=what)
    if not isinstance(value, Object):
        message = f"{what} is {describe(value)}, not a name or an object"
        hint = _OBSOLETE if isinstance(value, Array) else None
        draft.error("if-type", message, focus=value, hint=hint)
        return None
    if depth > _DEEPEST:
        message = f"{what} is nested more than {_DEEPEST} deep"
        draft.error("if-too-deep", message, focus=opening(value))
        return None
    if not check_keys(draft, value, rule=_OPERATORS, what=what):
        return None
    if len(value.entries) != 1:
        message = f"{what} needs exactly one of 'all', 'any' and 'not'"
        draft.error("if-key-count", message, focus=opening(value))
        return None
    return _operation(draft, value, what=what, depth=depth)


def _symbol(draft: Draft, value: Str, *, what: str) -> Cond | None:
    if _SYMBOL.fullmatch(value.text):
        return Symbol(value.text)
    message = f"{what} has '{value.text}', which is no configuration symbol"
    hint = "a symbol is upper-case letters, digits and '_', and starts with a letter"
    draft.error("if-name", message, focus=value, hint=hint)
    return None


def _operation(draft: Draft, value: Object, *, what: str, depth: int) -> Cond | None:
    ((operator, entry),) = value.entries.items()
    operand = entry.value
    if operator == "not":
        inner = _condition(draft, operand, what=what, depth=depth + 1)
        return None if inner is None else Not(inner)
    if not isinstance(operand, Array):
        message = f"{what} has '{operator}' with {describe(operand)} instead of an array"
        draft.error("if-not-list", message, focus=operand)
        return None
    if not operand.items:
        message = f"{what} has '{operator}' without conditions"
        draft.error("if-empty", message, focus=operand)
        return None
    conds = [_condition(draft, v, what=what, depth=depth + 1) for v in operand.items]
    good = tuple(c for c in conds if c is not None)
    return All(good) if operator == "all" else Any(good)


def features(draft: Draft, owner: Object, *, what: str) -> tuple[Feature, ...]:
    """The ``features`` of ``owner``; wrong ones are reported and left out."""
    entry = owner.entries.get("features")
    if entry is None:
        return ()
    if not isinstance(entry.value, Array):
        message = f"the features of {what} are {describe(entry.value)}, not an array"
        draft.error("features-not-list", message, focus=entry.value)
        return ()
    found = (_feature(draft, item, what=what) for item in entry.value.items)
    return tuple(feature for feature in found if feature is not None)


def _feature(draft: Draft, value: Value, *, what: str) -> Feature | None:
    name: Value = value
    cond = None
    if isinstance(value, Object):
        if not check_keys(draft, value, rule=_FEATURE, what=f"a feature of {what}"):
            return None
        name = value.entries["name"].value
    if not isinstance(name, Str):
        message = f"a feature of {what} is {describe(name)}, not a string"
        draft.error("bad-feature", message, focus=name)
        return None
    problem = draft.context.names.feature(name.text)
    if problem is not None:
        draft.bad_name(problem, f"feature '{name.text}' of {what}", name)
        return None
    if isinstance(value, Object):
        cond = condition(draft, value, what=f"feature '{name.text}'")
    return Feature(name.text, cond, draft.span(name))
