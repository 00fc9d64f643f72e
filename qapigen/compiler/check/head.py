"""The head of a definition: its kind, name, documentation block, keys and flags.

In: one top-level expression.  Out: a :class:`Draft` with kind and name, as far as known.
Must not know: what the values under the keys have to be, flags excepted.
"""

from __future__ import annotations

from ..diagnostics import Note
from ..dialect import Dialect
from ..ir import Doc
from ..syntax.tree import Bool, Entry, Expression, Null, Object, Str, Value
from .context import Context
from .draft import Draft
from .keys import KeyRule, describe, opening
from .suggest import listing

__all__ = ["KINDS", "check_flags", "given", "key_rules", "read_head"]

#: The kinds of definition; where a dialect lets one win over others, in that order.
KINDS = ("enum", "union", "alternate", "struct", "command", "event")
_KINDS = frozenset(KINDS)
_FLAGS = ("gen", "success-response", "boxed")


def key_rules(dialect: Dialect) -> dict[str, KeyRule]:
    """The keys that each kind of definition must and may have."""
    shared = ("if",) if dialect.conditions else ()
    featured = {kind for kind in KINDS if _may_have_features(dialect, kind)}
    flags = ("boxed", "gen", "success-response", *dialect.command_flags)
    flat = ("base", "discriminator")
    simple = dialect.simple_unions
    rows: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "enum": (("data",), ("prefix",)),
        "union": (("data",), flat) if simple else (("base", "discriminator", "data"), ()),
        "alternate": (("data",), ()),
        "struct": (("data",), ("base",)),
        "command": ((), ("data", "returns", *flags)),
        "event": ((), ("data", "boxed")),
    }
    return {
        kind: KeyRule.of(
            (kind, *required),
            (*optional, *shared, *(("features",) if kind in featured else ())),
            missing="missing-key",
            unknown="unknown-key",
        )
        for kind, (required, optional) in rows.items()
    }


def _may_have_features(dialect: Dialect, kind: str) -> bool:
    if kind == "struct":
        return dialect.features
    return dialect.all_features or (kind == "command" and dialect.command_features)


def given(definition: Object, key: str) -> Value | None:
    """The value of a key; ``null`` counts as none (dialect 2018)."""
    entry = definition.entries.get(key)
    return None if entry is None or isinstance(entry.value, Null) else entry.value


def read_head(context: Context, expression: Expression, index: int) -> Draft:
    """A draft with what the head of ``expression`` says; problems are reported."""
    draft = Draft(context, expression, index)
    value = expression.value
    if not isinstance(value, Object):
        message = f"{describe(value)} is no definition"
        hint = "a definition is an object, such as { 'struct': 'Name', 'data': {} }"
        draft.error("top-level-not-definition", message, focus=value, hint=hint)
        return draft
    kind = _kind(draft, value)
    if kind is not None:
        draft.kind = kind.key.text
        _read_name(draft, kind.value)
    doc = expression.doc
    if doc is None or doc.symbol != draft.name:
        _report_doc(draft, doc)
    return draft


def _kind(draft: Draft, value: Object) -> Entry | None:
    entries = value.entries
    told = entries.keys() & _KINDS
    if len(told) == 1:
        return entries[told.pop()]
    kinds = [entries[kind] for kind in KINDS if kind in told]
    if kinds and not draft.context.modern:
        return kinds[0]
    if kinds:
        first, *others = sorted(kinds, key=lambda entry: entry.key.start)
        names = " and ".join(f"'{entry.key.text}'" for entry in (first, *others))
        message = f"a definition cannot be {names} at once"
        draft.error("no-kind", message, focus=others[0].key)
        return None
    message = f"a definition needs one of {listing(KINDS)}"
    hint = None
    for key in value.entries:
        hint = hint or draft.context.suggestions.hint(key, KINDS)
    draft.error("no-kind", message, focus=opening(value), hint=hint)
    return None


def _read_name(draft: Draft, value: Value) -> None:
    if not isinstance(value, Str):
        message = f"the name of this {draft.kind} is {describe(value)}, not a string"
        draft.error("name-not-string", message, focus=value)
        return
    draft.name = value.text
    problem = draft.context.names.definition(draft.kind, value.text)
    if problem is not None:
        draft.bad_name(problem, f"{draft.kind} name '{value.text}'", value)


def _report_doc(draft: Draft, doc: Doc | None) -> None:
    """The documentation block is missing, which may be right, or for something else."""
    focus = draft.value(draft.kind)
    if doc is None:
        if draft.context.pragmas.doc_required:
            message = f"{draft} lacks documentation"
            hint = f"put a '##' block that starts with '@{draft.name or 'NAME'}:' before it"
            draft.error("doc-required", message, focus=focus, hint=hint)
    elif draft.name and doc.symbol != draft.name:
        message = f"the documentation of {draft} is for '{doc.symbol}'"
        notes = [Note("the documentation is here", doc.span)]
        ends = "one ':' ends the name, and names have none" if ":" in str(doc.symbol) else None
        draft.error("doc-wrong-symbol", message, focus=focus, notes=notes, hint=ends)


def check_flags(draft: Draft, definition: Object, *, rule: KeyRule) -> None:
    """Flags have a single legal value, the one that is not the default."""
    entries = definition.entries
    for key in (*_FLAGS, *draft.context.dialect.command_flags):
        entry = entries.get(key)
        if entry is not None and key in rule.legal:
            _check_flag(draft, entry, legal=key not in ("gen", "success-response"))
    if {"coroutine", "allow-oob"} <= entries.keys() & rule.legal:
        message = "'allow-oob' and 'coroutine' exclude each other"
        focus = entries["coroutine"].key
        draft.error("oob-coroutine", message, focus=focus)


def _check_flag(draft: Draft, entry: Entry, *, legal: bool) -> None:
    key, value = entry
    if isinstance(value, Bool) and value.value is legal:
        return
    word, default = ("true", "false") if legal else ("false", "true")
    draft.error(
        "flag-not-true" if legal else "flag-not-false",
        f"'{key.text}' is {describe(value)}, but can only be {word}",
        focus=value,
        hint=f"without '{key.text}' it is {default}",
    )
