"""The shape of unions and alternates on their own.

In: the object of a union or alternate.  Out: its base, discriminator and branches.
Must not know: which types exist, what the discriminator's enum holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..ir import Alternative, Branch, InlineMembers, Union
from ..syntax.tree import Array, Entry, Object, Str, Value
from .draft import Draft
from .head import given
from .keys import describe
from .members import inline_members, type_name, typed_branch
from .suggest import listing

__all__ = ["shape_alternatives", "shape_union"]

_SIMPLE_TAG = "type"  # on the wire, what tells the branches of a simple union apart


def shape_union(draft: Draft, union: Object) -> Callable[..., Union] | None:
    """A union that lacks only what all definitions have; None after problems."""
    written = given(union, "discriminator")
    if written is None and draft.context.dialect.simple_unions:
        return _simple_union(draft, union)
    base = _base(draft, union)
    discriminator = _discriminator(draft, written)
    branches = _branches(draft, union, arrays=False)
    if base is None or discriminator is None:
        return None
    return partial(Union, base=base, discriminator=discriminator, branches=branches)


def _simple_union(draft: Draft, union: Object) -> Callable[..., Union]:
    if given(union, "base") is not None:
        message = "a union without 'discriminator' cannot have a base"
        focus = union.entries["base"].key
        hint = "a 'discriminator' would make it a flat union"
        draft.error("simple-union-base", message, focus=focus, hint=hint)
    branches = _branches(draft, union, arrays=True)
    return partial(Union, base=None, discriminator=_SIMPLE_TAG, branches=branches, simple=True)


def _base(draft: Draft, union: Object) -> str | InlineMembers | None:
    written = given(union, "base")
    if written is None or (
        isinstance(written, Object) and not written.entries and not draft.context.modern
    ):
        if draft.context.dialect.simple_unions:  # elsewhere 'base' is a key like others
            message = "a union with 'discriminator' needs a base with members"
            focus = union.entries["discriminator"].key
            draft.error("flat-union-base", message, focus=focus)
        return None
    if isinstance(written, Object):
        owner = draft.name
        members = inline_members(draft, written, role="base member", owner=owner)
        return InlineMembers(members)
    if isinstance(written, Str | Array) or draft.context.modern:
        return type_name(draft, written, what="the base of a union")
    message = f"the base of a union is {describe(written)}, not an object or a type name"
    draft.error("data-type", message, focus=written)
    return None


def _discriminator(draft: Draft, written: Value | None) -> str | None:
    if written is None:
        return None
    if not isinstance(written, Str):
        message = f"the discriminator is {describe(written)}, not a string"
        draft.error("discriminator-not-string", message, focus=written)
        return None
    if not draft.context.modern:
        problem = draft.context.names.discriminator(written.text)
        if problem is not None:
            draft.bad_name(problem, f"discriminator '{written.text}'", written)
            return None
    return written.text


def _branches(draft: Draft, union: Object, *, arrays: bool) -> tuple[Branch, ...]:
    data = _branch_object(draft, union)
    if data is None:
        return ()
    if not data.entries and draft.context.dialect.some_branch:
        message = f"{draft} has no branches"
        draft.error("union-empty", message, focus=data)
    # Since 6.0 the names of branches are those of an enum, which are looked at there.
    if arrays or draft.context.dialect.naming == "2018":
        _check_names(draft, data, what="branch")
    found = (
        typed_branch(draft, e, arrays=arrays, what=f"branch '{e.key.text}'")
        for e in data.entries.values()
    )
    return tuple(branch for branch in found if branch is not None)


def shape_alternatives(draft: Draft, alternate: Object) -> tuple[Alternative, ...]:
    """The choices of an alternate; wrong ones are reported and left out."""
    data = _branch_object(draft, alternate)
    if data is None:
        return ()
    least = draft.context.dialect.alternate_minimum
    if len(data.entries) < least:
        lack = f"fewer than {least}" if least > 1 else "no"
        message = f"{draft} has {lack} alternatives"
        draft.error("alternate-too-small", message, focus=data)
    _check_names(draft, data, what="alternative")
    found = (_alternative(draft, entry) for entry in data.entries.values())
    return tuple(alternative for alternative in found if alternative is not None)


def _alternative(draft: Draft, entry: Entry) -> Alternative | None:
    arrays = draft.context.dialect.alternate_arrays
    what = f"alternative '{entry.key.text}'"
    branch = typed_branch(draft, entry, arrays=arrays, what=what)
    if branch is None or branch.type is None:
        return None
    return Alternative(branch.case, branch.type, branch.cond, branch.span)


def _branch_object(draft: Draft, definition: Object) -> Object | None:
    entry = definition.entries.get("data")
    if entry is None:
        return None
    value = entry.value
    if isinstance(value, Object):
        return value
    message = f"the data of {draft} is {describe(value)}, not an object"
    hint = None
    if isinstance(value, Array) and value.items:
        names = [item.text for item in value.items if isinstance(item, Str)]
        hint = f"give each of {listing(names)} a type" if names else None
    draft.error("branches-not-object", message, focus=value, hint=hint)
    return None


def _check_names(draft: Draft, data: Object, *, what: str) -> None:
    for entry in data.entries.values():
        problem = draft.context.names.branch(entry.key.text)
        if problem is not None:
            draft.bad_name(problem, f"{what} '{entry.key.text}'", entry.key)
