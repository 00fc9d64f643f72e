"""The configuration of a program, from what it has of a schema and what it has not.

In: a schema, the places where it was compared with a program.  Out: what is known of the symbols
with which the program was built; differences that no condition explains.
Must not know: where the program is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..ir import (
    All,
    Alternate,
    Builtin,
    Cond,
    Enum,
    InlineMembers,
    Not,
    Schema,
    Struct,
    Symbol,
    TypeRef,
    Union,
)
from ..ir import Any as AnyOf
from .compare import Finding, Place
from .implicit import kind_enum, type_of
from .members import members_of
from .select import Config, evaluate, remaining

__all__ = ["conditions", "deduced", "unexplained"]


def conditions(schema: Schema) -> dict[Place, Cond]:
    """The conditions of a schema, by what they are about."""
    found: dict[Place, Cond | None] = {}
    for definition in schema.definitions:
        owner = definition.name
        found[Place(owner)] = definition.cond
        data = getattr(definition, "data", None)
        if isinstance(data, InlineMembers):
            found |= _parts(f"q_obj_{owner}-arg", "member", data.members)
        if isinstance(definition, Struct | Union):
            found |= _parts(owner, "member", members_of(schema, definition))
        if isinstance(definition, Union):
            found |= {Place(owner, "branch", b.case): b.cond for b in definition.branches}
            if definition.simple:
                kinds = kind_enum(definition)
                found |= _parts(kinds.name, "value", kinds.values)
        if isinstance(definition, Alternate):
            for each in definition.alternatives:
                found[Place(owner, "alternative", _json_kind(schema, each.type))] = each.cond
        found |= _parts(owner, "value", getattr(definition, "values", ()))
        found |= _features(Place(owner), definition)
    return {place: cond for place, cond in found.items() if cond is not None}


def _parts(owner: str, part: str, rows: Iterable[Any]) -> dict[Place, Cond | None]:
    found: dict[Place, Cond | None] = {}
    for row in rows:
        place = Place(owner, part, row.name)
        found[place] = row.cond
        found |= _features(place, row)
    return found


def _features(place: Place, row: Any) -> dict[Place, Cond | None]:
    return {Place(str(place), "feature", each.name): each.cond for each in row.features}


def _json_kind(schema: Schema, ref: TypeRef) -> str:
    """What tells an alternative from others, as :mod:`.compare` has it."""
    found = type_of(schema, ref.name)
    if ref.is_array:
        return "array"
    if isinstance(found, Builtin):
        return "number" if found.json_type == "int" else found.json_type
    return "string" if isinstance(found, Enum) else "object"


def unexplained(findings: Iterable[Finding], conds: dict[Place, Cond]) -> list[Finding]:
    """Differences that no condition of the schema allows for."""
    return [
        finding
        for finding in findings
        if finding.differs and (finding.problem or finding.live or finding.place not in conds)
    ]


def deduced(findings: Iterable[Finding], conds: dict[Place, Cond]) -> tuple[Config, list[Finding]]:
    """The configuration that a program was built with, and findings that contradict it.

    A conditional place that is there says that its condition holds, one that is missing that it
    does not.  The former counts more: what is missing may be missing because the program is of
    another release than the schema.  Symbols that no place decides stay undecided; of conditions on
    several of them, the configuration says what is known.
    """
    facts = [(each, conds[each.place]) for each in findings if each.place in conds]
    facts.sort(key=lambda fact: not fact[0].live)
    symbols: dict[str, bool] = {}
    while (found := _next(facts, _config(symbols))) is not None:
        symbols |= found
    config = _config(symbols)
    for each, cond in facts:  # what is left: of several symbols, nobody knows which
        left = remaining(cond, config)
        if not isinstance(left, bool):
            config = _with(config, left, holds=each.live)
    wrong = [each for each, cond in facts if evaluate(cond, config) not in (None, each.live)]
    return config, wrong


def _with(config: Config, cond: Cond, *, holds: bool) -> Config:
    """The configuration, and what is known of a condition as a whole."""
    if holds:
        return replace(config, holding=config.holding | {cond})
    return replace(config, failing=config.failing | {cond})


def _next(facts: Iterable[tuple[Finding, Cond]], config: Config) -> dict[str, bool] | None:
    """What the first fact says that says anything new."""
    for finding, cond in facts:
        left = remaining(cond, config)
        if not isinstance(left, bool) and (found := dict(_implied(left, finding.live))):
            return found
    return None


def _config(symbols: dict[str, bool]) -> Config:
    on = frozenset(name for name, value in symbols.items() if value)
    return Config(on, frozenset(symbols) - on)


def _implied(cond: Cond, holds: bool) -> Iterator[tuple[str, bool]]:
    """The symbols that a condition decides on its own by holding or not."""
    match cond:
        case Symbol(name):
            yield name, holds
        case Not(inner):
            yield from _implied(inner, not holds)
        case All(conds) if holds:
            for each in conds:
                yield from _implied(each, True)
        case AnyOf(conds) if not holds:
            for each in conds:
                yield from _implied(each, False)
        case _:
            pass  # one of several, but which?
