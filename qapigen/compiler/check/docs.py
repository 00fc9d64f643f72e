"""Does the documentation comment describe the definition?

In: drafts with their documentation blocks.  Out: reported problems.
Must not know: how blocks are written; what types are.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..diagnostics import Note
from ..ir import (
    Alternate,
    Alternative,
    Command,
    Definition,
    Doc,
    Enum,
    Event,
    Feature,
    InlineMembers,
    Section,
    SectionKind,
    Struct,
    Union,
)
from ..syntax.tree import Object
from .draft import Draft, Part
from .suggest import listing, pragma_hint

__all__ = ["all_features", "check_described", "check_descriptions", "check_sections", "parts_of"]

# Asked for each section of a schema, and looking a member up in an enum takes a while.
_MEMBER, _FEATURE, _TAGGED = SectionKind.MEMBER, SectionKind.FEATURE, SectionKind.TAGGED
_RULED_TAGS = frozenset(("Returns", "Errors"))


def parts_of(definition: Definition) -> tuple[Part, ...]:
    """What the documentation of a definition describes by name.

    Its own members, values and alternatives; not inherited members and not branches.
    """
    match definition:
        case Enum():
            return definition.values
        case Struct():
            return definition.members
        case Alternate():
            return definition.alternatives
        case Union(base=InlineMembers() as inline):
            return inline.members
        case Command(data=InlineMembers() as inline) | Event(data=InlineMembers() as inline):
            return inline.members
    return ()


def all_features(definition: Definition, parts: tuple[Part, ...]) -> tuple[Feature, ...]:
    """The features of a definition, then those of its parts."""
    found = definition.features
    if not isinstance(definition, Alternate):
        for part in parts:
            if not isinstance(part, Alternative) and part.features:
                found += part.features
    return found


# Sections against the kind of definition.


def check_sections(draft: Draft) -> None:
    """``Returns`` is for commands that return something, ``Errors`` for commands.

    What is described is noted in the draft.
    """
    doc = draft.doc
    if doc is None:
        return
    draft.described = frozenset([s.name for s in doc.sections if s.kind is _MEMBER])
    draft.described_features = frozenset([s.name for s in doc.sections if s.kind is _FEATURE])
    for section in doc.sections:
        if section.kind is _TAGGED and section.name in _RULED_TAGS:
            _check_section(draft, section)


def _check_section(draft: Draft, section: Section) -> None:
    modern = draft.context.dialect.docs == "modern"
    tag, name = section.name, draft.name
    if tag == "Returns" and draft.kind != "command":
        message = f"'Returns' is for commands, but '{name}' is of kind {draft.kind}"
        _remark(draft, section, slug="doc-returns-not-command", message=message)
    elif tag == "Returns" and modern and not _returns(draft):
        message = f"'Returns' describes what command '{name}' does not return"
        _remark(draft, section, slug="doc-returns-nothing", message=message)
    elif tag == "Errors" and modern and draft.kind != "command":
        message = f"'Errors' is for commands, but '{name}' is of kind {draft.kind}"
        _remark(draft, section, slug="doc-errors-not-command", message=message)


def _returns(draft: Draft) -> bool:
    value = draft.expression.value
    return isinstance(value, Object) and "returns" in value.entries


def _remark(
    draft: Draft,
    section: Section,
    *,
    slug: str,
    message: str,
    notes: Iterable[Note] = (),
    hint: str | None = None,
) -> None:
    """Report a problem of a section: at its place or, in older dialects, that of the block."""
    doc = draft.doc
    whole = doc is not None and draft.context.dialect.docs != "modern"
    at = doc.span if doc is not None and whole else section.span
    draft.error(slug, message, at=at, focus=section.span, notes=notes, hint=hint)


# Members without descriptions.


def check_described(draft: Draft, definition: Definition) -> None:
    """Every member and every feature needs its description; members may be excused."""
    doc = definition.doc
    if doc is None or not draft.context.dialect.features:
        return
    told = set()
    for feature in draft.features:
        if feature.name not in draft.described_features and feature.name not in told:
            told.add(feature.name)
            message = f"feature '{feature.name}' lacks a description"
            hint = f"describe it as '@{feature.name}:' under 'Features:'"
            _lacking(draft, feature, slug="doc-missing-feature", message=message, hint=hint)
    if draft.context.dialect.docs == "modern":
        _check_members_described(draft, definition)


def _check_members_described(draft: Draft, definition: Definition) -> None:
    pragma = draft.context.dialect.documentation_pragma
    if pragma is None or definition.name in draft.context.pragmas.names(pragma):
        return
    for part in draft.parts:
        if part.name not in draft.described:
            message = f"{_role(definition)} '{part.name}' lacks a description"
            excuse = pragma_hint(pragma, definition.name, draft.context.pragmas)
            hint = f"describe it as '@{part.name}:', or {excuse}"
            _lacking(draft, part, slug="doc-missing-member", message=message, hint=hint)


def _lacking(draft: Draft, part: Part | Feature, *, slug: str, message: str, hint: str) -> None:
    doc = draft.doc
    notes = [Note("the documentation is here", doc.span)] if doc is not None else []
    draft.error(slug, message, focus=part.span, notes=notes, hint=hint)


def _role(definition: Definition) -> str:
    match definition:
        case Enum():
            return "value"
        case Alternate():
            return "alternative"
        case Command():
            return "argument"
        case Event():
            return "datum"
    return "member"


# Descriptions without members.


def check_descriptions(draft: Draft, definition: Definition) -> None:
    """Everything described must exist."""
    doc = definition.doc
    if doc is None:
        return
    if draft.described and (draft.context.modern or _checked_2018(definition)):
        names = {part.name for part in draft.parts}
        if isinstance(definition, Union) and definition.simple:
            names.add(definition.discriminator)
        if not draft.described <= names:
            _report_unknown(draft, doc, _MEMBER, known=names)
    if draft.described_features and draft.context.dialect.features:
        names = {feature.name for feature in draft.features}
        if not draft.described_features <= names:
            _report_unknown(draft, doc, _FEATURE, known=names)


def _checked_2018(definition: Definition) -> bool:
    """2018 looks at types with members and at arguments and data in place only (quirk Q10)."""
    match definition:
        case Enum():
            return False
        case Command() | Event():
            return isinstance(definition.data, InlineMembers)
    return True


def _report_unknown(draft: Draft, doc: Doc, kind: SectionKind, *, known: set[str]) -> None:
    """One problem for all wrong descriptions of a kind, at the first of them."""
    bogus = [s for s in doc.sections if s.kind is kind and s.name not in known]
    described = draft.described if kind is _MEMBER else draft.described_features
    names = listing(section.name for section in bogus)
    many = len(bogus) > 1
    verb = "do not exist" if many else "does not exist"
    message = f"described {kind.value}{'s' if many else ''} {names} {verb}"
    left = sorted(known - described)
    _remark(
        draft,
        bogus[0],
        slug=f"doc-unknown-{kind.value}",
        message=message,
        notes=[Note(f"'{section.name}' is here", section.span) for section in bogus[1:]],
        hint=draft.context.suggestions.hint(bogus[0].name, left) or _elsewhere(draft, kind),
    )


def _elsewhere(draft: Draft, kind: SectionKind) -> str | None:
    """Where descriptions that do not belong here may belong."""
    if kind is SectionKind.FEATURE:
        return None
    match draft.definition:
        case Union():
            return "branches have no descriptions, and members are described with their own type"
        case Struct(base=str() as base):
            return f"the members of '{base}' are described there"
        case Command(data=str() as data) | Event(data=str() as data):
            return f"the members of '{data}' are described there"
    return None
