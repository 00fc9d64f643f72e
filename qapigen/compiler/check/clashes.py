"""Names that become the same, and upper case where 2018 does not want it.

In: members, values, branches and features in the order in which they come together.
Out: reported problems.
Must not know: how things come together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from ..diagnostics import Note
from ..ir import Command, Definition, Event, Feature
from ..source import Span
from .draft import Draft
from .names import fold, fold_all
from .suggest import pragma_hint

__all__ = [
    "Group",
    "add_names",
    "check_duplicate_features",
    "check_feature_count",
    "check_features",
]

_SPECIAL = ("deprecated", "unstable")
_MOST_FEATURES = 64


class _Named(Protocol):
    """Anything with a name and a place."""

    @property
    def name(self) -> str:
        """The name in the schema."""
        ...

    @property
    def span(self) -> Span:
        """Where the name stands."""
        ...


T = TypeVar("T", bound=_Named)


class Group(NamedTuple):
    """Names of one sort: what messages call them, and what they come on top of.

    ``owner`` is what the 2018 pragma for upper case must list; ``base`` the type whose names
    are there already.
    """

    role: str
    owner: str
    base: str | None = None


def add_names(draft: Draft, names: Sequence[T], *, into: dict[str, T], group: Group) -> None:
    """Add names to those that are there, which are keyed by folded name; report clashes."""
    keys = fold_all([item.name for item in names])
    new = dict(zip(keys, names, strict=True))
    clash = len(new) < len(keys) or not into.keys().isdisjoint(new)
    if not clash and not draft.context.checks_case:
        into.update(new)
    else:
        _add_each(draft, zip(keys, names, strict=True), into=into, group=group)


def _add_each(
    draft: Draft, names: Iterable[tuple[str, T]], *, into: dict[str, T], group: Group
) -> None:
    """Add names one by one, to find those that are wrong."""
    inherited = frozenset(into) if group.base is not None else frozenset()
    for key, item in names:
        if draft.context.checks_case:
            _check_case(draft, item, group)
        other = into.setdefault(key, item)
        if other is not item:
            _report_clash(draft, item, other, group=group, inherited=key in inherited)


def _report_clash(
    draft: Draft, item: _Named, other: _Named, *, group: Group, inherited: bool
) -> None:
    if inherited:
        message = f"{group.role} '{item.name}' collides with '{other.name}' of its base"
    elif item.name == other.name:
        message = f"{group.role} '{item.name}' is there twice"
    else:
        message = f"{group.role} '{item.name}' collides with '{other.name}'"
    notes = [Note(f"'{other.name}' is here", other.span)]
    draft.error("clash", message, focus=item.span, notes=notes)


def _check_case(draft: Draft, item: _Named, group: Group) -> None:
    pragma, pragmas = draft.context.dialect.case_pragma, draft.context.pragmas
    if pragma is None:
        return
    # Since 4.2 the pragma names definitions, not the types that are made for them.
    owner = draft.name if draft.context.modern else group.owner
    if item.name.lower() == item.name or owner in pragmas.names(pragma):
        return
    message = f"{group.role} '{item.name}' has upper case"
    hint = pragma_hint(pragma, owner, pragmas)
    draft.error("upper-case-member", message, focus=item.span, hint=hint)


# Features.


def check_features(draft: Draft, definition: Definition) -> None:
    """A definition's own features: each once, and none of the special ones on a type."""
    if not definition.features:
        return
    check_duplicate_features(draft, definition.features)
    if isinstance(definition, Command | Event):
        return
    for feature in definition.features:
        if feature.name in _SPECIAL:
            message = f"feature '{feature.name}' cannot be on a type"
            hint = "it can be on a member, value, command or event"
            draft.error("special-feature-on-type", message, focus=feature.span, hint=hint)


def check_duplicate_features(draft: Draft, features: tuple[Feature, ...]) -> None:
    """Each feature of one list stands there once."""
    if len(features) < 2:
        return
    seen: dict[str, Feature] = {}
    for feature in features:
        other = seen.setdefault(fold(feature.name), feature)
        if other is not feature:
            message = f"feature '{feature.name}' is there twice"
            notes = [Note("it is here, too", other.span)]
            draft.error("duplicate-feature", message, focus=feature.span, notes=notes)


def check_feature_count(drafts: Iterable[Draft]) -> None:
    """A schema has at most 64 different features, the special ones included."""
    names: set[str] = set(_SPECIAL)
    for draft in drafts:
        for feature in draft.features:
            names.add(feature.name)
            if len(names) > _MOST_FEATURES:
                message = f"feature '{feature.name}' is one more than the {_MOST_FEATURES} possible"
                draft.error("too-many-features", message, focus=feature.span)
                return
