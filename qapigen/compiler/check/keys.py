"""Which keys an object must have and may have.

In: objects as written.  Out: whether their keys are right, and words for values.
Must not know: what the values under the keys have to be.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ..syntax.tree import Array, Bool, Entry, Null, Object, Str, Value
from .draft import Draft
from .suggest import listing

__all__ = ["KeyRule", "check_keys", "describe", "opening"]


class KeyRule(NamedTuple):
    """The keys of an object, and the codes for a missing and for an unknown one."""

    required: tuple[str, ...]
    needed: frozenset[str]  #: the same, without an order
    legal: frozenset[str]
    missing: str
    unknown: str

    @classmethod
    def of(
        cls,
        required: tuple[str, ...],
        optional: Collection[str],
        *,
        missing: str = "bad-long-form",
        unknown: str = "bad-long-form",
    ) -> KeyRule:
        """A rule from the two lists of keys."""
        legal = frozenset((*required, *optional))
        return cls(required, frozenset(required), legal, missing, unknown)


class _Brace(NamedTuple):
    """The opening brace of an object."""

    start: int
    end: int


def opening(value: Value) -> _Brace:
    """Where ``value`` starts, for problems that concern all of it."""
    return _Brace(value.start, value.start + 1)


def describe(value: Value) -> str:
    """What a value is, for "not a ..." messages."""
    match value:
        case Str():
            return "a string"
        case Bool():
            return "true" if value.value else "false"
        case Null():
            return "null"
        case Array():
            return "an array"
        case Object():
            return "an object"


def check_keys(draft: Draft, value: Object, *, rule: KeyRule, what: object) -> bool:
    """Whether ``value``, which messages call ``what``, has the right keys."""
    if rule.needed <= value.entries.keys() <= rule.legal:
        return True
    _report_keys(draft, value, rule=rule, what=what)
    return False


def _report_keys(draft: Draft, value: Object, *, rule: KeyRule, what: object) -> None:
    """A missing key that an unknown one resembles goes without saying: it is one mistake."""
    entries = value.entries
    free = sorted(rule.legal - entries.keys())
    unknown = [entry for key, entry in entries.items() if key not in rule.legal]
    guesses = [draft.context.suggestions.closest(entry.key.text, free) for entry in unknown]
    lost = [key for key in rule.required if key not in entries and key not in guesses]
    if lost:
        message = f"{what} lacks {listing(lost)}"
        hint = "a type is named here, not written in place" if "type" in lost else None
        draft.error(rule.missing, message, focus=opening(value), hint=hint)
        if rule.missing == rule.unknown:
            return  # an object in place of a name: its keys were never meant for us
    for entry, guess in zip(unknown, guesses, strict=True):
        _report_unknown(draft, entry, rule=rule, what=what, guess=guess)


def _report_unknown(
    draft: Draft, entry: Entry, *, rule: KeyRule, what: object, guess: str | None
) -> None:
    if guess is not None:
        hint = f"did you mean '{guess}'?"
    else:
        hint = f"{what} can have {', '.join(sorted(rule.legal))}"
    message = f"{what} cannot have '{entry.key.text}'"
    draft.error(rule.unknown, message, focus=entry.key, hint=hint)
