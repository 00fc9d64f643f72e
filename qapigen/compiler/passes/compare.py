"""What a program tells of its schema, against what a schema says.

In: two SchemaInfo lists, as query-qmp-schema answers them.  Out: the places that were compared,
and how they differ.
Must not know: conditions, where the lists come from.

A program's type names are masked, so types are compared where commands and events lead to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from ..records import record

__all__ = [
    "Finding",
    "Info",
    "IntrospectionError",
    "Place",
    "compare",
    "compare_commands",
    "expect_infos",
]

#: One element of a list.
Info: TypeAlias = dict[str, Any]

_ENTITIES = ("command", "event")

#: By kind of element, what it must have: names of types, other texts, lists of objects.
_REFERENCES = {
    "command": ("arg-type", "ret-type"),
    "event": ("arg-type",),
    "array": ("element-type",),
}
_STRINGS = {"builtin": ("json-type",), "object": ("tag",)}
_LISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "object": {"members": ("name", "type"), "variants": ("case", "type")},
    "alternate": {"members": ("type",)},
    "enum": {"members": ("name",)},
}
_OPTIONAL_LISTS = {"object": ("variants",), "enum": ("members",)}
_META_TYPES = ("command", "event", "builtin", "enum", "array", "object", "alternate")

_WORDS = {
    "command": "a command",
    "event": "an event",
    "builtin": "a builtin type",
    "enum": "an enum",
    "array": "an array",
    "object": "an object",
    "alternate": "an alternate",
}


class IntrospectionError(Exception):
    """A list that is no answer to query-qmp-schema; ``str()`` says where and why."""


@record(frozen=True, slots=True)
class Place:
    """A definition (``part`` is empty) or one of its parts."""

    owner: str
    part: str = ""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.owner}, {self.part} {self.name}" if self.part else self.owner


@record(frozen=True, slots=True)
class Finding:
    """A place that was compared: whether the schema has it, whether the program does.

    ``problem`` is what differs where both have it.
    """

    place: Place
    ours: bool = True
    live: bool = True
    problem: str = ""

    @property
    def differs(self) -> bool:
        """Whether schema and program are not the same here."""
        return self.ours != self.live or bool(self.problem)


def compare(ours: Iterable[Info], live: Iterable[Info]) -> list[Finding]:
    """All places of two lists; ``ours`` has the schema's own type names.

    Both lists have to be ones that :func:`expect_infos` takes.
    """
    comparison = _Comparison(ours, live)
    comparison.run()
    return comparison.findings


def compare_commands(ours: Iterable[Info], live: Iterable[str]) -> list[Finding]:
    """The same where a program tells no more than the names of its commands."""
    mine = [info["name"] for info in ours if info["meta-type"] == "command"]
    theirs = frozenset(live)
    return [Finding(Place(name), name in mine, name in theirs) for name in sorted({*mine, *theirs})]


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
            # A type of the other list may have the name, or the number.
            ours, live = _entity(self.ours, name), _entity(self.live, name)
            self.there(Place(name), ours is not None, live is not None)
            if ours is not None and live is not None:
                self.entity(Place(name), ours, live)
        while self.pending:
            self.type(*self.pending.pop())

    def there(self, place: Place, ours: bool, live: bool) -> bool:
        self.findings.append(Finding(place, ours, live))
        return ours and live

    def equal(self, place: Place, ours: str, live: str) -> bool:
        """Whether two texts are the same; they say what is here, and what is there."""
        if ours != live:
            self.findings.append(Finding(place, problem=f"{ours} in the schema, {live} there"))
        return ours == live

    def refer(self, place: Place, ours: str, live: str) -> None:
        """Two references: their types are compared once, and always meet each other."""
        if ours not in self.paired:
            self.paired[ours] = live
            self.pending.append((ours, live))
        elif self.paired[ours] != live:
            other = self.live.get(live, {"meta-type": ""})
            what = live if other["meta-type"] == "builtin" else f"another type ({_kind(other)})"
            self.equal(place, f"type {ours}", what)

    def entity(self, place: Place, ours: Info, live: Info) -> None:
        if not self.equal(place, _kind(ours), _kind(live)):
            return
        texts = ("not out of band", "out of band")
        self.equal(place, *(texts[info.get("allow-oob", False)] for info in (ours, live)))
        self.features(place, ours, live)
        for key in _REFERENCES[ours["meta-type"]]:
            self.refer(place, ours[key], live[key])

    def features(self, place: Place, ours: Info, live: Info) -> None:
        mine, theirs = ours.get("features", []), live.get("features", [])
        for name in dict.fromkeys([*mine, *theirs]):
            self.there(Place(str(place), "feature", name), name in mine, name in theirs)

    def type(self, name: str, masked: str) -> None:
        place, ours, live = Place(name), self.ours.get(name), self.live.get(masked)
        # A configuration that no build has can leave out what is still referred to.
        if ours is None or live is None:
            self.there(place, ours is not None, live is not None)
            return
        if not self.equal(place, _kind(ours), _kind(live)):
            return
        self.features(place, ours, live)
        match ours["meta-type"]:
            case "array":
                self.refer(place, ours["element-type"], live["element-type"])
            case "enum":
                self.rows(name, "value", "name", _values(ours), _values(live))
            case "alternate":
                mine, theirs = (self.alternatives(*each) for each in self.both(ours, live))
                self.rows(name, "alternative", "kind", mine, theirs)
            case "object":
                self.equal(place, *(f"tag {info.get('tag')}" for info in (ours, live)))
                self.rows(name, "member", "name", ours["members"], live["members"])
                variants = (info.get("variants", []) for info in (ours, live))
                self.rows(name, "branch", "case", *variants)

    def both(self, ours: Info, live: Info) -> tuple[tuple[Info, dict[str, Info]], ...]:
        return (ours, self.ours), (live, self.live)

    def alternatives(self, info: Info, infos: dict[str, Info]) -> list[Info]:
        """The alternatives of an alternate, told apart by the kind of value that they take."""
        return [{**row, "kind": _json_kind(infos.get(row["type"]))} for row in info["members"]]

    def rows(self, owner: str, part: str, key: str, ours: list[Info], live: list[Info]) -> None:
        """Members, values, branches or alternatives, matched by what tells them apart."""
        mine, theirs = ({row[key]: row for row in rows} for rows in (ours, live))
        for name in dict.fromkeys([*mine, *theirs]):
            place = Place(owner, part, name)
            if self.there(place, name in mine, name in theirs):
                self.row(place, mine[name], theirs[name])
        common = [name for name in mine if name in theirs]
        if common != [name for name in theirs if name in mine]:
            problem = f"the {part} list has another order there"
            self.findings.append(Finding(Place(owner), problem=problem))

    def row(self, place: Place, ours: Info, live: Info) -> None:
        needed = ("mandatory", "optional")
        self.equal(place, *(needed["default" in row] for row in (ours, live)))
        self.features(place, ours, live)
        if "type" in ours:
            self.refer(place, ours["type"], live["type"])


def _entities(infos: dict[str, Info]) -> Iterator[str]:
    return (name for name in infos if _entity(infos, name))


def _entity(infos: dict[str, Info], name: str) -> Info | None:
    info = infos.get(name)
    return info if info is not None and info["meta-type"] in _ENTITIES else None


def _kind(info: Info) -> str:
    """What a type is, as far as its own entry says."""
    return str(info["json-type"] if "json-type" in info else _WORDS.get(info["meta-type"], "?"))


def _json_kind(info: Info | None) -> str:
    """The kind of JSON value that tells an alternative from others."""
    if info is None:
        return "?"
    if info["meta-type"] == "builtin":
        return "number" if info["json-type"] == "int" else str(info["json-type"])
    return {"enum": "string"}.get(info["meta-type"], str(info["meta-type"]))


def _values(info: Info) -> list[Info]:
    """The values of an enum; QEMU before 6.2 has nothing but their names."""
    rows: list[Info] = info.get("members", [{"name": name} for name in info.get("values", ())])
    return rows


def expect_infos(value: object) -> list[Info]:
    """The list, if it is one; :class:`IntrospectionError` for anything else."""
    if not isinstance(value, list):
        raise IntrospectionError("no list")
    for number, each in enumerate(value, 1):
        if not (isinstance(each, dict) and _all_strings(each, ("name", "meta-type"))):
            raise IntrospectionError(f"element {number} is no object with a name and a meta-type")
    for each in value:
        if problem := _problem(each):
            raise IntrospectionError(f"{each['name']!a:.60}: {problem}")
    return value


def _problem(info: Info) -> str:
    meta = info["meta-type"]
    if meta not in _META_TYPES:
        return f"unknown meta-type {meta!a:.60}"
    for key in (*_REFERENCES.get(meta, ()), *_STRINGS.get(meta, ())):
        if not (isinstance(info.get(key), str) or (key == "tag" and key not in info)):
            return f"'{key}' is no string"
    for key, parts in _LISTS.get(meta, {}).items():
        rows = info.get(key, [] if key in _OPTIONAL_LISTS.get(meta, ()) else None)
        if not _are_objects(rows, parts):
            return f"'{key}' is no list of objects with {' and '.join(parts)}"
    if not (_are_strings(info.get("features", [])) and _are_strings(info.get("values", []))):
        return "features or values are no list of strings"
    return "" if isinstance(info.get("allow-oob", False), bool) else "'allow-oob' is no boolean"


def _are_objects(rows: object, parts: Iterable[str]) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and _all_strings(row, parts) and _are_strings(row.get("features", []))
        for row in rows
    )


def _all_strings(row: Info, keys: Iterable[str]) -> bool:
    return all(isinstance(row.get(key), str) for key in keys)


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
