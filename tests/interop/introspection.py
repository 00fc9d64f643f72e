"""What a live server says about its schema, against what we say about the same schema.

In: a schema, two SchemaInfo lists.  Out: the places where they differ, with the conditions that
explain it; what a configuration symbol must have been when the server was built.
Must not know: processes, sockets.

Type names are masked, so types are compared where commands and events lead to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from qapigen.compiler.ir import All, Cond, InlineMembers, Not, Schema, Symbol, Union
from qapigen.compiler.ir import Any as AnyOf
from qapigen.compiler.passes.members import members_of
from qapigen.compiler.passes.select import Config, evaluate, remaining

__all__ = ["Finding", "Info", "Place", "compare", "conditions", "decided", "unexplained"]

Info: TypeAlias = dict[str, Any]


@dataclass(frozen=True, order=True)
class Place:
    """A definition (``part`` is empty) or one of its parts."""

    owner: str
    part: str = ""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.owner}, {self.part} {self.name}" if self.part else self.owner


@dataclass(frozen=True)
class Finding:
    """A place that was compared: whether we have it, whether the server does.

    ``problem`` is what differs where both have it.
    """

    place: Place
    ours: bool = True
    live: bool = True
    problem: str = ""

    @property
    def differs(self) -> bool:
        return self.ours != self.live or bool(self.problem)


def compare(ours: Iterable[Info], live: Iterable[Info]) -> list[Finding]:
    """All places of two lists; our list has the schema's own type names."""
    comparison = _Comparison(ours, live)
    comparison.run()
    return comparison.findings


class _Comparison:
    """The walk through both lists at once."""

    def __init__(self, ours: Iterable[Info], live: Iterable[Info]) -> None:
        self.ours = {info["name"]: info for info in ours}
        self.live = {info["name"]: info for info in live}
        self.findings: list[Finding] = []
        self.pending: list[tuple[str, str]] = []
        self.paired: dict[str, str] = {}

    def run(self) -> None:
        for name in dict.fromkeys([*_entities(self.ours), *_entities(self.live)]):
            both = self.there(Place(name), name in self.ours, name in self.live)
            if both:
                self.entity(Place(name), self.ours[name], self.live[name])
        while self.pending:
            self.type(*self.pending.pop())

    def there(self, place: Place, ours: bool, live: bool) -> bool:
        self.findings.append(Finding(place, ours, live))
        return ours and live

    def equal(self, place: Place, what: str, ours: object, live: object) -> None:
        if ours != live:
            self.findings.append(Finding(place, problem=f"{what}: {ours!r} here, {live!r} there"))

    def refer(self, place: Place, ours: str, live: str) -> None:
        """Two references: their types are compared once, and always meet each other."""
        if ours not in self.paired:
            self.paired[ours] = live
            self.pending.append((ours, live))
        self.equal(place, "type", self.paired[ours], live)

    def entity(self, place: Place, ours: Info, live: Info) -> None:
        for key in ("meta-type", "allow-oob"):
            self.equal(place, key, ours.get(key), live.get(key))
        self.features(place, ours, live)
        for key in ("arg-type", "ret-type"):
            if key in ours and key in live:
                self.refer(place, ours[key], live[key])

    def features(self, place: Place, ours: Info, live: Info) -> None:
        mine, theirs = ours.get("features", []), live.get("features", [])
        for name in dict.fromkeys([*mine, *theirs]):
            self.there(Place(str(place), "feature", name), name in mine, name in theirs)

    def type(self, name: str, masked: str) -> None:
        place, ours, live = Place(name), self.ours[name], self.live[masked]
        for key in ("meta-type", "json-type", "tag"):
            self.equal(place, key, ours.get(key), live.get(key))
        if "element-type" in ours and "element-type" in live:
            self.refer(place, ours["element-type"], live["element-type"])
        self.features(place, ours, live)
        if ours["meta-type"] == "alternate":
            self.alternatives(place, ours, live)
            return
        self.equal(place, "values", _names(ours), ours.get("values", _names(ours)))
        self.equal(place, "values", _names(live), live.get("values", _names(live)))
        part = "value" if ours["meta-type"] == "enum" else "member"
        self.rows(name, part, "name", ours.get("members", []), live.get("members", []))
        self.rows(name, "branch", "case", ours.get("variants", []), live.get("variants", []))

    def rows(self, owner: str, part: str, key: str, ours: list[Info], live: list[Info]) -> None:
        """Members, values or branches, matched by name."""
        mine, theirs = ({row[key]: row for row in rows} for rows in (ours, live))
        for name in dict.fromkeys([*mine, *theirs]):
            place = Place(owner, part, name)
            if self.there(place, name in mine, name in theirs):
                one, other = mine[name], theirs[name]
                self.equal(place, "optional", "default" in one, "default" in other)
                self.features(place, one, other)
                if "type" in one:
                    self.refer(place, one["type"], other["type"])
        common = [name for name in mine if name in theirs]
        self.equal(Place(owner), "order", common, [name for name in theirs if name in mine])

    def alternatives(self, place: Place, ours: Info, live: Info) -> None:
        """Alternatives have no names; none of them is conditional in any schema we compare."""
        mine, theirs = ours["members"], live.get("members", [])
        self.equal(place, "number of alternatives", len(mine), len(theirs))
        for one, other in zip(mine, theirs, strict=False):
            self.refer(place, one["type"], other["type"])


def _entities(infos: dict[str, Info]) -> Iterator[str]:
    return (n for n, info in infos.items() if info["meta-type"] in ("command", "event"))


def _names(info: Info) -> list[str]:
    return [row.get("name", "") for row in info.get("members", [])]


def conditions(schema: Schema) -> dict[Place, Cond]:
    """The conditions of a schema, by what they are about."""
    found: dict[Place, Cond | None] = {}
    for definition in schema.definitions:
        owner = definition.name
        found[Place(owner)] = definition.cond
        data = getattr(definition, "data", None)
        if isinstance(data, InlineMembers):
            found |= _parts(f"q_obj_{owner}-arg", "member", data.members)
        if hasattr(definition, "members") or isinstance(definition, Union):
            found |= _parts(owner, "member", members_of(schema, definition))  # type: ignore[arg-type]
        found |= _parts(owner, "value", getattr(definition, "values", ()))
        for branch in getattr(definition, "branches", ()):
            found[Place(owner, "branch", branch.case)] = branch.cond
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


def unexplained(findings: Iterable[Finding], conds: dict[Place, Cond]) -> list[Finding]:
    """Differences that no condition of the schema allows for."""
    return [
        finding
        for finding in findings
        if finding.differs and (finding.problem or finding.live or finding.place not in conds)
    ]


def decided(findings: Iterable[Finding], conds: dict[Place, Cond]) -> tuple[Config, list[Finding]]:
    """The configuration that a server was built with, and findings that contradict it.

    A conditional place that is there says that its condition holds, one that is missing that it
    does not.  Symbols that no place decides stay undecided.
    """
    facts = [(each, conds[each.place]) for each in findings if each.place in conds]
    symbols: dict[str, bool] = {}
    known = -1
    while known != len(symbols):
        known, config = len(symbols), _config(symbols)
        for finding, cond in facts:
            left = remaining(cond, config)
            if not isinstance(left, bool):
                symbols = dict(_implied(left, finding.live)) | symbols
    config = _config(symbols)
    wrong = [each for each, cond in facts if evaluate(cond, config) not in (None, each.live)]
    return config, wrong


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
