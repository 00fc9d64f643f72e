"""Identifiers for schema names: the rules, clashes, and that they stay what they are."""

from __future__ import annotations

from keyword import iskeyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.python.names import (
    Names,
    camel_case,
    identifier,
    identifiers,
    value_names,
)
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import analyze
from tests.compiler.backends.python.constructs import CONSTRUCTS


def schema_of(text: str, dialect: str = "modern", **more: str) -> Schema:
    files = {"demo.json": text} | {name.replace("__", "/"): text for name, text in more.items()}
    schema = analyze("demo.json", files.__getitem__, dialect).schema
    assert schema is not None
    return schema


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("total-time", "total_time"),
        ("__com.example_x", "com_example_x"),
        ("x-y", "x_y"),
        ("2d", "_2d"),
        ("__2d.x_y", "_2d_x_y"),
        ("class", "class_"),
        ("None", "None_"),
        ("match", "match"),
        ("self", "self_"),
        ("-", "_"),
        ("", "_"),
        ("ünï", "n_"),
    ],
)
def test_identifier(name: str, expected: str) -> None:
    assert identifier(name, used=("self",)) == expected


def test_identifiers_give_way_to_earlier_ones() -> None:
    assert identifiers(["a-b", "a_b", "a.b", "a_b_"]) == {
        "a-b": "a_b",
        "a_b": "a_b_",
        "a.b": "a_b__",
        "a_b_": "a_b___",
    }


NAMES = st.text(st.sampled_from("aAbB2_-. "), max_size=8) | st.sampled_from(
    ["class", "None", "def", "mro", "name", "value"]
)


@given(st.lists(NAMES, unique=True), st.lists(NAMES))
def test_identifiers_are_distinct(names: list[str], used: list[str]) -> None:
    found = identifiers(names, used)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(text.isidentifier() and not iskeyword(text) for text in found.values())
    assert not set(found.values()) & {name for name in used if not name.endswith("_")}


@given(st.lists(NAMES, unique=True))
def test_constants_are_public_and_distinct(values: list[str]) -> None:
    found = value_names(values)
    assert len(set(found.values())) == len(values)
    for text in found.values():
        assert text.isidentifier()
        assert text[0] != "_"
        assert text == text.upper()
        assert text != "MRO"


@given(st.lists(NAMES, unique=True), NAMES)
def test_growing_at_the_end_changes_nothing(names: list[str], new: str) -> None:
    for rule in (identifiers, value_names):
        before, after = rule(names), rule([*names, new] if new not in names else names)
        assert {name: after[name] for name in names} == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("query-migrate", "QueryMigrate"),
        ("MIGRATION_PASS", "MigrationPass"),
        ("x-colo-lost-heartbeat", "XColoLostHeartbeat"),
        ("device_add", "DeviceAdd"),
        ("3d", "3d"),
        ("__com.example_X", "ComExampleX"),
    ],
)
def test_camel_case(name: str, expected: str) -> None:
    assert camel_case(name) == expected


def test_types() -> None:
    construct = CONSTRUCTS["clashes"]
    names = Names(schema_of(construct.files["demo.json"], "2018"))
    assert names.types == {
        "QType": "QType",
        "X": "X",
        "X_list": "X_list_",
        "X_members": "X_members_",
        "visit_X": "Visit_X",
        "Thing": "Thing",
        "Shape": "Shape",
        "ShapeKind": "ShapeKind",
        "Shape_Base": "Shape_Base",
        "X_base": "X_base_",
        "Flat": "Flat",
        "Tagged": "Tagged",
        "Flat_base": "Flat_base_",
        "stop_now": "stop_now",
        "QueryXArguments": "QueryXArguments",
        "over": "over",
    }
    assert [name for _, name in names.branches["Shape"]] == ["Shape_Base_", "Shape_AB", "Shape_AC"]
    assert names.data == {
        ("command", "query-x"): "QueryXArguments_",
        ("event", "OVER"): "OverEventData",
    }
    assert names.commands == {"stop-now": "stop_now_", "query-x": "query_x", "query_x": "query_x_"}
    assert names.events == {"OVER": "over_", "stop": "stop", "STOP": "stop_"}
    assert (names.handlers, names.emitters) == (
        {"demo.json": "DemoCommands"},
        {"demo.json": "DemoEvents"},
    )


def test_modules() -> None:
    names = ["sub/a.json", "../b.json", "import.json", "2d.json", "Registry.json", "sub-a.json"]
    includes = "".join(f"{{ 'include': '{name}' }}\n" for name in names)
    files = {"root/demo.json": includes}
    files |= {f"root/{name}": "" for name in names}
    schema = analyze("root/demo.json", files.__getitem__, "modern").schema
    assert schema is not None
    assert Names(schema).modules == {
        "demo.json": "demo",
        "sub/a.json": "sub_a",
        "../b.json": "b",
        "import.json": "import_",
        "2d.json": "_2d",
        "Registry.json": "registry_",
        "sub-a.json": "sub_a_",
    }


def test_members_make_room_for_annotations() -> None:
    """A member is not called what the annotations of its class mean something else by."""
    names = Names(schema_of("{ 'struct': 'Foo', 'data': { 'str': 'str' } }"))
    assert names.members(["str", "Foo", "dict", "a"], ["Foo"]) == {
        "str": "str_",
        "Foo": "Foo_",
        "dict": "dict_",
        "a": "a",
    }


def test_homes() -> None:
    schema = schema_of("{ 'union': 'U', 'data': { 'a': 'int' } }", "2018")
    names = Names(schema)
    assert names.module_of("U") == "demo"
    assert names.module_of("UKind") == "demo"
    assert names.module_of("QType") is None
    assert names.module_of("str") is None
