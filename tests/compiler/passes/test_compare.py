"""What a program tells, against what a schema says."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from qapigen.compiler.ir import Schema
from qapigen.compiler.passes.compare import (
    Finding,
    Info,
    IntrospectionError,
    Place,
    compare,
    compare_commands,
    expect_infos,
)
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config
from tests.compiler.passes.builds import TEXT, built
from tests.compiler.schema_texts import schema_of

ALL = {"A", "C", "S", "L", "P", "Q"}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT, "modern")


def differences(schema: Schema, live: list[Info], config: Config | None = None) -> list[str]:
    ours = introspect(schema, mask=False, config=config or Config(frozenset(ALL), complete=True))
    return [
        f"{each.place}{': ' * bool(each.problem)}{each.problem}"
        f"{'' if each.problem else ' is ' + ('here' if each.ours else 'there')}"
        for each in compare(ours, expect_infos(live))
        if each.differs
    ]


@pytest.mark.parametrize("mask", [True, False])
def test_the_same(schema: Schema, mask: bool) -> None:
    config = Config(frozenset(ALL), complete=True)
    assert differences(schema, introspect(schema, mask=mask, config=config)) == []


def named(infos: list[Info], name: str) -> Info:
    return next(each for each in infos if each["name"] == name)


def row(infos: list[Info], name: str) -> Any:
    rows = [each for info in infos for each in info.get("members", ())]
    return next(each for each in rows if each.get("name") == name)


def change_type(infos: list[Info]) -> None:
    named(infos, "poke")["ret-type"] = "str"


def drop_command(infos: list[Info]) -> None:
    infos.remove(named(infos, "gone"))


def add_command(infos: list[Info]) -> None:
    infos.append({**named(infos, "poke"), "name": "poke-harder"})


def change_kind(infos: list[Info]) -> None:
    named(infos, "EV")["meta-type"] = "command"
    named(infos, "EV")["ret-type"] = "0"


def make_mandatory(infos: list[Info]) -> None:
    row(infos, "s").pop("default")


def make_optional(infos: list[Info]) -> None:
    row(infos, "e")["default"] = None


def drop_value(infos: list[Info]) -> None:
    enum = next(info for info in infos if info["meta-type"] == "enum")
    enum["members"] = [each for each in enum["members"] if each["name"] != "z"]


def reorder(infos: list[Info]) -> None:
    arguments = named(infos, named(infos, "poke")["arg-type"])
    arguments["members"].reverse()


def add_feature(infos: list[Info]) -> None:
    named(infos, "poke")["features"] = ["deprecated"]


def drop_member_feature(infos: list[Info]) -> None:
    row(infos, "m")["features"] = []


def retag(infos: list[Info]) -> None:
    next(info for info in infos if "tag" in info)["tag"] = "j"


def drop_alternative(infos: list[Info]) -> None:
    next(info for info in infos if info["meta-type"] == "alternate")["members"].pop(0)


def run_out_of_band(infos: list[Info]) -> None:
    named(infos, "poke")["allow-oob"] = True


def drop_branch(infos: list[Info]) -> None:
    next(info for info in infos if "tag" in info)["variants"].pop(0)


def split_type(infos: list[Info]) -> None:
    """What was one type is two."""
    row(infos, "l")["type"] = "[other]"
    enum = next(info for info in infos if info["meta-type"] == "enum")
    infos += [
        {"meta-type": "array", "name": "[other]", "element-type": "other"},
        {**enum, "name": "other"},
    ]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (change_type, "Uu: an object in the schema, string there"),
        (drop_command, "gone is here"),
        (add_command, "poke-harder is there"),
        (change_kind, "EV: an event in the schema, a command there"),
        (make_mandatory, "Poke, member s: optional in the schema, mandatory there"),
        (make_optional, "Poke, member e: mandatory in the schema, optional there"),
        (drop_value, "Ee, value z is here"),
        (reorder, "Poke: the member list has another order there"),
        (add_feature, "poke, feature deprecated is there"),
        (drop_member_feature, "Both, member m, feature deprecated is here"),
        (retag, "Uu: tag k in the schema, tag j there"),
        (drop_alternative, "Alt, alternative null is here"),
        (run_out_of_band, "poke: not out of band in the schema, out of band there"),
        (drop_branch, "Uu, branch x is here"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_differences(schema: Schema, change: Callable[[list[Info]], None], found: str) -> None:
    live = copy.deepcopy(built(schema, ALL - {"S"} if change is drop_member_feature else ALL))
    config = Config(frozenset(ALL - {"S"}), complete=True)
    change(live)
    ours = config if change is drop_member_feature else None
    assert found in differences(schema, live, ours)


def test_a_type_that_is_two_there(schema: Schema) -> None:
    live = copy.deepcopy(built(schema, ALL))
    split_type(live)
    (found,) = differences(schema, live)
    assert found.endswith("in the schema, another type (an array) there")


def test_old_programs_have_no_members_of_enums(schema: Schema) -> None:
    live = copy.deepcopy(built(schema, ALL))
    for each in live:
        if each["meta-type"] == "enum":
            del each["members"]
    assert differences(schema, live) == []


def test_types_that_nobody_describes(schema: Schema) -> None:
    """Our own lists can be such, where the configuration is one that no build has."""
    live = [each for each in built(schema, ALL) if each["meta-type"] != "enum"]
    assert "Ee is here" in differences(schema, live)
    live = built(schema, ALL)
    enum = next(each["name"] for each in live if each["meta-type"] == "enum")
    found = differences(schema, [each for each in live if each.get("element-type") != enum])
    assert "Alt, alternative array is here" in found
    assert "[Ee] is here" in found  # where a struct has a member of the type


def test_names_of_types_are_no_commands(schema: Schema) -> None:
    """A number, or a name, is one thing in one list and another in the other."""
    live = copy.deepcopy(built(schema, ALL))
    live.append({"meta-type": "enum", "name": "gone-2", "values": []})
    assert differences(schema, live) == []


def test_only_names(schema: Schema) -> None:
    ours = introspect(schema, mask=False)
    found = compare_commands(ours, ["poke", "gone", "dance"])
    assert found == [
        Finding(Place("both"), live=False),
        Finding(Place("dance"), ours=False),
        Finding(Place("gone")),
        Finding(Place("poke")),
    ]


GOOD: list[dict[str, Any]] = [
    {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "1", "allow-oob": True},
    {"meta-type": "event", "name": "E", "arg-type": "0", "features": ["unstable"]},
    {"meta-type": "object", "name": "0", "members": [{"name": "m", "type": "[str]"}]},
    {"meta-type": "object", "name": "1", "members": [], "tag": "t", "variants": []},
    {"meta-type": "array", "name": "[str]", "element-type": "str"},
    {"meta-type": "builtin", "name": "str", "json-type": "string"},
    {"meta-type": "enum", "name": "2", "values": ["a"], "members": [{"name": "a"}]},
    {"meta-type": "alternate", "name": "3", "members": [{"type": "str"}]},
]


def test_a_list_that_is_one() -> None:
    assert expect_infos(GOOD) is GOOD
    assert expect_infos([]) == []


@pytest.mark.parametrize("wrong", [None, {}, "[]", 5])
def test_no_list(wrong: object) -> None:
    with pytest.raises(IntrospectionError, match="no list"):
        expect_infos(wrong)


@pytest.mark.parametrize("wrong", [None, [], {}, {"name": "c"}, {"name": 1, "meta-type": "enum"}])
def test_no_element(wrong: object) -> None:
    with pytest.raises(IntrospectionError, match="element 2 is no object with a name"):
        expect_infos([GOOD[0], wrong])


@pytest.mark.parametrize("value", [None, 0, True, "x", [None], [{}], {}, [{"name": []}]])
@pytest.mark.parametrize("at", range(len(GOOD)))
def test_any_member_may_be_wrong(at: int, value: Any) -> None:
    """Whatever a program answers, it is refused, or compared without a crash."""
    for key in GOOD[at]:
        infos = copy.deepcopy(GOOD)
        infos[at][key] = value
        try:
            taken = expect_infos(json.loads(json.dumps(infos)))
        except IntrospectionError:
            continue
        compare(GOOD, taken)


def test_places_read_well() -> None:
    assert str(Place("query-x")) == "query-x"
    assert str(Place("Colour", "value", "red")) == "Colour, value red"
