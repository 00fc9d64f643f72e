"""Member objects and type references, as written, on their own.

In: the values of ``data``, ``base`` and ``returns``.  Out: :class:`Member` and
:class:`TypeRef` values, or reported problems.
Must not know: which types exist.
"""

from __future__ import annotations

from ..ir import Branch, Cond, Feature, Member, TypeRef
from ..source import Span
from ..syntax.tree import Array, Entry, Object, Str, Value
from .conditions import condition, features
from .draft import Draft
from .keys import KeyRule, check_keys, describe
from .names import is_plain_member

__all__ = ["inline_members", "type_name", "type_reference", "typed_branch"]

_LONG_MEMBER = KeyRule.of(("type",), ("if", "features"))
_LONG_MEMBER_OLD = KeyRule.of(("type",), ("if",))  # before 5.0
_LONG_BRANCH = KeyRule.of(("type",), ("if",))


def inline_members(
    draft: Draft, data: Object, *, role: str, owner: str | None
) -> tuple[Member, ...]:
    """The members of a member object; wrong ones are reported and left out.

    ``role`` is what messages call a member; ``owner`` the type whose members may be excepted
    from naming rules.
    """
    file, types, is_plain = draft.expression.file, draft.context.types, is_plain_member
    found: list[Member] = []
    for entry in data.entries.values():
        key, value = entry
        optional = key.text[:1] == "*"
        name = key.text[1:] if optional else key.text
        # Nearly all are a usual name with a type name: nothing can be wrong with those.
        if isinstance(value, Str) and is_plain(name):
            span = Span(file, key.start, key.end)
            found.append(Member(name, types[value.text], optional, None, (), span))
        else:
            member = _member(draft, entry, role=role, owner=owner)
            if member is not None:
                found.append(member)
    return tuple(found)


def _member(draft: Draft, entry: Entry, *, role: str, owner: str | None) -> Member | None:
    """One member of any form."""
    key, value = entry
    optional = key.text.startswith("*")
    name = key.text[1:] if optional else key.text
    if optional and draft.context.dialect.naming == "2018":
        problem = draft.context.names.starred_member(key.text)
    else:
        problem = draft.context.names.member(name, owner)
    if problem is not None:
        draft.bad_name(problem, f"{role} '{name}'", key)
    cond: Cond | None = None
    feats: tuple[Feature, ...] = ()
    if isinstance(value, Object) and draft.context.dialect.long_members:
        what = f"{role} '{name}'"
        rule = _LONG_MEMBER if draft.context.dialect.all_features else _LONG_MEMBER_OLD
        if not check_keys(draft, value, rule=rule, what=what):
            return None
        cond = condition(draft, value, what=what)
        feats = features(draft, value, what=what)
        value = value.entries["type"].value
    type_ = type_reference(draft, value, role=role, name=name)
    if type_ is None or problem is not None:
        return None
    return Member(name, type_, optional, cond, feats, draft.span(key))


def type_reference(draft: Draft, value: Value, *, role: str, name: str = "") -> TypeRef | None:
    """A type name or an array of one; anything else is reported."""
    if isinstance(value, Str):
        return draft.context.types[value.text]
    what = f"{role} '{name}'" if name else role
    if not isinstance(value, Array):
        message = f"the type of {what} is {describe(value)}, not a name or an array"
        draft.error("bad-type-reference", message, focus=value)
        return None
    if len(value.items) == 1 and isinstance(value.items[0], Str):
        return TypeRef(value.items[0].text, True)
    message = f"the array type of {what} must hold exactly one type name"
    draft.error("bad-array", message, focus=value)
    return None


def type_name(draft: Draft, value: Value, *, what: str) -> str | None:
    """A type name where nothing else may stand; anything else is reported."""
    if isinstance(value, Str):
        return value.text
    if isinstance(value, Array):
        message = f"{what} is an array, but only a type name may stand here"
        draft.error("array-not-allowed", message, focus=value)
    else:
        message = f"{what} is {describe(value)}, not a type name"
        draft.error("type-name-expected", message, focus=value)
    return None


def typed_branch(draft: Draft, entry: Entry, *, arrays: bool, what: str) -> Branch | None:
    """A branch: its type, in short or long form, and its condition."""
    key, value = entry
    cond: Cond | None = None
    if isinstance(value, Object) and draft.context.dialect.long_members:
        if not check_keys(draft, value, rule=_LONG_BRANCH, what=what):
            return None
        cond = condition(draft, value, what=what)
        value = value.entries["type"].value
    if arrays:
        type_ = type_reference(draft, value, role=what)
    else:
        name = type_name(draft, value, what=f"the type of {what}")
        type_ = None if name is None else draft.context.types[name]
    return None if type_ is None else Branch(key.text, type_, cond, draft.span(key))
