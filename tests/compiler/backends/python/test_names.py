"""Identifiers for schema names: the rules, clashes, and that they stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from qapigen.compiler.ir import Schema, Struct
from qapigen.compiler.pipeline import Result, analyze
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
        "Shape_Base": "Shape_Base_",
        "X_base": "X_base_",
        "Flat": "Flat",
        "Tagged": "Tagged",
        "Flat_base": "Flat_base_",
        "stop_now": "stop_now",
        "QueryXArguments": "QueryXArguments",
        "over": "over",
    }
    assert [name for _, name in names.branches["Shape"]] == ["Shape_Base", "Shape_AB", "Shape_AC"]
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


MEMBERS = "'data': { 'a': 'int', '*b': 'str' }"
#: Definitions, what is made of which becomes the same as others of them or what is made of those.
CLASHING = (
    *(f"{{ 'command': '{name}', {MEMBERS} }}" for name in ("set-lamp", "set_lamp", "SetLamp")),
    *(f"{{ 'event': '{name}', {MEMBERS} }}" for name in ("LAMP_LIT", "LAMP-LIT", "lamp-lit")),
    *("{ 'command': 'lamp_lit' }", "{ 'event': 'SET-LAMP' }", "{ 'command': 'Shape-A' }"),
    *(f"{{ 'union': '{name}', 'data': {{ 'a': 'int' }} }}" for name in ("Shape", "Shape_", "set")),
    *(
        f"{{ 'struct': '{name}', {MEMBERS} }}"
        for name in ("SetLampArguments", "LampLitEventData", "LampLitEvent", "DemoCommands")
        + ("DemoEvents", "Shape_A", "Shape-A-", "set_lamp-", "lamp-lit_", "set_A", "ShapeKind_")
    ),
)


@st.composite
def clashing_files(draw: st.DrawFn) -> list[list[str]]:
    """Definitions before an include, in it, and behind it."""
    lines = draw(st.lists(st.sampled_from(CLASHING), unique=True))
    first, second = sorted(draw(st.tuples(*[st.integers(0, len(lines))] * 2)))
    return [lines[:first], lines[first:second], lines[second:]]


def all_names(files: Sequence[list[str]]) -> dict[str, object]:
    """All names that are made for the definitions before an include, in it, and behind it."""
    before, included, behind = ["\n".join(lines) for lines in files]
    include = "{ 'include': 'demo_.json' }" if included else ""
    text = f"{before}\n{include}\n{behind}"
    names = Names(schema_of(text, "2018", **{"demo_.json": included}))
    found = {f"{kind} {key}": name for kind in KINDS for key, name in getattr(names, kind).items()}
    for key, branches in names.branches.items():
        found[f"branches {key}"] = [name for _, name in branches]
    return found


KINDS = (
    *("modules", "types", "data", "commands", "events", "handlers", "emitters"),
    *("client_methods", "event_classes"),
)


@given(clashing_files(), st.data())
def test_definitions_at_the_end_change_no_name(files: list[list[str]], data: st.DataObject) -> None:
    last = max((at for at, lines in enumerate(files) if lines), default=0)
    kept = files[last][: data.draw(st.integers(0, len(files[last])))]
    old = all_names([*files[:last], kept, *files[last + 1 :]])
    grown = all_names(files)
    assert old == {key: grown[key] for key in old}


@given(clashing_files())
def test_names_are_distinct(files: list[list[str]]) -> None:
    """Classes among all; functions of a kind among themselves, and from all classes."""
    functions: dict[str, list[object]] = {"commands": [], "events": [], "client_methods": []}
    classes: list[object] = []
    for key, name in all_names(files).items():
        kind = key.partition(" ")[0]
        if kind != "modules":
            functions.get(kind, classes).extend(name if isinstance(name, list) else [name])
    for found in functions.values():
        assert len({*classes, *found}) == len(classes) + len(found)


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        ("{ 'command': 'set-lamp', 'data': { 'x': 'int' } }", "SetLampArguments", True),
        ("{ 'event': 'LAMP_LIT', 'data': { 'x': 'int' } }", "LampLitEventData", True),
        ("{ 'event': 'LAMP_LIT' }", "LampLitEvent", True),
        ("{ 'event': 'LAMP_LIT' }", "LampLitEventData", False),
        ("{ 'command': 'stop' }", "DemoCommands", True),
        ("{ 'event': 'STOP' }", "DemoCommands", False),
        ("{ 'event': 'STOP' }", "DemoEvents", True),
        ("{ 'union': 'U', 'data': { 'a': 'int' } }", "U_A", True),
        ("{ 'command': 'stop-now' }", "stop_now", True),
        ("{ 'event': 'STOP_NOW' }", "stop_now", True),
    ],
)
def test_the_later_of_two_gives_way(old: str, new: str, renamed: bool) -> None:
    """A type behind a definition leaves it the names that are made of that one's."""
    names = Names(schema_of(f"{old} {{ 'struct': '{new}', 'data': {{}} }}", "2018"))
    assert names.types[new] == (f"{new}_" if renamed else new)


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
    assert names.members(["str", "Foo", "dict", "a", "TYPE-CHECKING"], ["Foo"]) == {
        "str": "str_",
        "Foo": "Foo_",
        "dict": "dict_",
        "a": "a",
        "TYPE-CHECKING": "TYPE_CHECKING_",
    }


@pytest.mark.parametrize(
    ("kinds", "attributes"),
    [(("any", "null"), ["Any_", "NullType_"]), (("int", "any"), ["Any_", "NullType"])],
)
def test_members_make_room_for_imported_names(
    kinds: tuple[str, str], attributes: list[str]
) -> None:
    data = dict(zip(("Any", "NullType"), kinds, strict=True))
    schema = schema_of(
        "{ 'pragma': { 'member-name-exceptions': [ 'Foo' ] } }\n"
        f"{{ 'struct': 'Foo', 'data': {data} }}"
    )
    (struct,) = schema.definitions
    assert isinstance(struct, Struct)
    assert [*Names(schema).attributes("Foo", struct.members).values()] == attributes


def test_homes() -> None:
    schema = schema_of("{ 'union': 'U', 'data': { 'a': 'int' } }", "2018")
    names = Names(schema)
    assert names.module_of("U") == "demo"
    assert names.module_of("UKind") == "demo"
    assert names.module_of("QType") is None
    assert names.module_of("str") is None


def test_what_is_called_like_something_built_in(compile_text: Callable[..., Result]) -> None:
    """mypy takes its name for the built-in one above the definition, so the package is asked."""
    text = """
{ 'command': 'warn', 'data': { 'how': 'Warning', 'not-served': 'str' } }
{ 'enum': 'Level', 'data': [ 'low' ] }
{ 'struct': 'Low', 'data': { 'why': 'OSError', '*others': [ 'Warning' ] } }
{ 'union': 'Warning', 'base': { 'level': 'Level' }, 'discriminator': 'level',
  'data': { 'low': 'Low' } }
{ 'struct': 'OSError', 'data': { 'errno': 'int', '*next': 'OSError' } }
"""
    files = compile_text({"root.json": text}, dialect="modern", backends=("types",)).files
    assert files is not None
    types = files["qapi/types/root.py"]
    assert "    how: _types.root.Warning\n" in types
    assert "    others: list[_types.root.Warning] | None\n" in types
    assert "    next: _types.root.OSError | None\n" in types
    assert "\nWarning: TypeAlias = Warning_Low\n" in types
    assert "not_served_: str" in types


def test_a_reserved_name_of_a_member_and_its_type() -> None:
    """Both give way, to the name itself and to each other."""
    assert identifiers(["Any", "Any_"], ["Any", "Any_"]) == {"Any": "Any__", "Any_": "Any___"}
    assert identifier("self", ["self", "self_"]) == "self__"


def test_a_module_called_annotations(compile_text: Callable[..., Result]) -> None:
    text = "{ 'struct': 'Aa', 'data': { } }"
    for name, imported in (("annotations", False), ("other", True)):
        backends = ("types", "visit")
        files = compile_text({f"{name}.json": text}, dialect="modern", backends=backends).files
        assert files is not None
        (folder,) = (text for path, text in files.items() if path.endswith("types/__init__.py"))
        assert ("from __future__ import annotations" in folder) is imported
