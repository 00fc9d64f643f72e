"""What is legal and hardly meant: warnings about a schema that is right.

In: the trees and the schema that they mean.  Out: warnings in the report.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Definition as About
from ..diagnostics import Note, Report
from ..dialect import Dialect
from ..ir import (
    BUILTINS,
    All,
    Any,
    Command,
    Cond,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Schema,
    SectionKind,
    TypeRef,
    kind_of,
)
from ..source import Span
from ..syntax.tree import SourceTree

__all__ = ["advise"]


def advise(tree: SourceTree, schema: Schema, dialect: Dialect, report: Report) -> None:
    """Report what is legal and hardly meant."""
    _unused_names(tree, schema, report)
    if not dialect.modern_checks:
        _unknown_values(schema, report)
    _unguarded_types(schema, report)


def _unused_names(tree: SourceTree, schema: Schema, report: Report) -> None:
    """Names in pragmas that nothing in the schema has."""
    defined = {definition.name for definition in schema.definitions}
    # The 2018 dialect names the owner of members, which may be a type made for a definition.
    defined |= {f"q_obj_{name}-{part}" for name in defined for part in ("arg", "base")}
    defined |= {f"{name}Kind" for name in defined}
    root = tree.modules[0].name
    for pragma, names in tree.pragmas.lists.items():
        for name in sorted(names - defined):
            if tree.pragmas.places[pragma][name].file.module != root:
                continue  # other schemas may share the file
            message = f"'{pragma}' lists '{name}', which is not defined"
            hint = "take it away, or mend its spelling"
            report.error(
                "pragma-unused-name", tree.pragmas.places[pragma][name], message, hint=hint
            )


def _unknown_values(schema: Schema, report: Report) -> None:
    """Descriptions that the dialect does not look at: of enum values, and where data is named."""
    for definition in schema.definitions:
        if definition.doc is None:
            continue
        if isinstance(definition, Enum):
            known = {value.name for value in definition.values}
        elif isinstance(definition, Command | Event) and not definition.data:
            known = set()
        else:
            continue
        for section in definition.doc.of_kind(SectionKind.MEMBER):
            if section.name not in known:
                report.error(
                    "doc-unknown-value",
                    section.span,
                    f"{kind_of(definition)} '{definition.name}' has no '{section.name}'",
                    definition=_about(definition),
                )


def _unguarded_types(schema: Schema, report: Report) -> None:
    """Types that a configuration can leave out while what uses them stays."""
    conditional = {
        d.name: d
        for d in schema.definitions
        if d.cond is not None and not isinstance(d, Command | Event)
    }
    if not conditional:
        return
    for definition in schema.definitions:
        for name, cond, span in _uses(definition):
            used = conditional.get(name)
            if used is not None and not _implied(used.cond, definition.cond, cond):
                report.error(
                    "unguarded-type",
                    span,
                    f"{_about(definition)} uses '{name}', which is there on a condition only",
                    definition=_about(definition),
                    notes=[Note(f"'{name}' is conditional here", used.span)],
                    hint="give the use the same 'if'",
                )


def _uses(definition: Definition) -> Iterator[tuple[str, Cond | None, Span]]:
    """The types that a definition uses, with the condition and place of the use."""
    for key in ("base", "data"):
        value = getattr(definition, key, None)
        if isinstance(value, str):
            yield value, None, definition.span
        elif isinstance(value, InlineMembers):
            for member in value.members:
                yield member.type.name, member.cond, member.span
    for key in ("members", "branches", "alternatives"):
        for part in getattr(definition, key, ()):
            ref: TypeRef | None = part.type
            if ref is not None and ref.name not in BUILTINS:
                yield ref.name, part.cond, part.span
    if isinstance(definition, Command) and definition.returns is not None:
        yield definition.returns.name, None, definition.span


def _implied(wanted: Cond | None, *given: Cond | None) -> bool:
    """Whether what is wanted holds wherever all of the given conditions do.

    Looked at is how conditions are put together, not what symbols mean for each other.
    """
    there = {each for cond in given for each in _conjuncts(cond)}
    return wanted is None or _follows(wanted, there)


def _follows(wanted: Cond, there: set[Cond]) -> bool:
    """Whether ``wanted`` follows from conditions that all hold, none of which is an ``all``."""
    if wanted in there:
        return True
    if isinstance(wanted, All):
        return all(_follows(each, there) for each in wanted.conds)
    if isinstance(wanted, Any) and any(_follows(each, there) for each in wanted.conds):
        return True
    # One of several: what follows from each of them follows.
    return any(
        all(_follows(wanted, {*_conjuncts(each)}) for each in cond.conds)
        for cond in there
        if isinstance(cond, Any)
    )


def _conjuncts(cond: Cond | None) -> Iterator[Cond]:
    if isinstance(cond, All):
        for each in cond.conds:
            yield from _conjuncts(each)
    elif cond is not None:
        yield cond


def _about(definition: Definition) -> About:
    return About(kind_of(definition), definition.name)
