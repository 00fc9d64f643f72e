"""The SchemaInfo list (QAPI language, introspection)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import KEEP_ALL, NONE_DEFINED, Config
from qapigen.compiler.pipeline import analyze
from tests.compiler.schema_texts import Files, schema_of

EMPTY = {"meta-type": "object", "name": "q_empty", "members": []}
INT = {"meta-type": "builtin", "name": "int", "json-type": "int"}
STR = {"meta-type": "builtin", "name": "str", "json-type": "string"}


def infos(
    files: Files, dialect: str = "modern", *, mask: bool = False, config: Config = KEEP_ALL
) -> list[dict[str, Any]]:
    return introspect(schema_of(files, dialect), mask=mask, config=config)


def command(name: str, arg: str, ret: str, **more: object) -> dict[str, object]:
    return {"meta-type": "command", "name": name, "arg-type": arg, "ret-type": ret, **more}


def obj(name: str, *members: tuple[str, str], **more: object) -> dict[str, object]:
    rows = [
        {"name": m.removeprefix("*"), "type": t, **({"default": None} if m[0] == "*" else {})}
        for m, t in members
    ]
    return {"meta-type": "object", "name": name, "members": rows, **more}


POKE = "{ 'command': 'poke', 'data': { 'a': ['uint8'], '*b': 'str' } }"
ARRAY_INT = {"meta-type": "array", "name": "[int]", "element-type": "int"}


def test_a_command_unmasked() -> None:
    assert infos(POKE) == [
        command("poke", "q_obj_poke-arg", "q_empty"),
        obj("q_obj_poke-arg", ("a", "[int]"), ("*b", "str")),
        EMPTY,
        ARRAY_INT,
        INT,
        STR,
    ]


def test_a_command_masked() -> None:
    assert infos(POKE, mask=True) == [
        command("poke", "0", "1"),
        obj("0", ("a", "[int]"), ("*b", "str")),
        EMPTY | {"name": "1"},
        ARRAY_INT,
        INT,
        STR,
    ]


def test_the_old_form() -> None:
    text = "{ 'command': 'aa', 'allow-oob': true } { 'command': 'bb', 'returns': 'Ss' }"
    text += "{ 'struct': 'Ss', 'data': { 'e': 'Ee' } } { 'enum': 'Ee', 'data': [ 'x', 'y' ] }"
    assert infos(text, "2018") == [
        command("aa", "q_empty", "q_empty", **{"allow-oob": True}),
        command("bb", "q_empty", "Ss", **{"allow-oob": False}),
        EMPTY,
        obj("Ss", ("e", "Ee")),
        {"meta-type": "enum", "name": "Ee", "values": ["x", "y"]},
    ]
    rows = infos(text)
    assert rows[0] == command("aa", "q_empty", "q_empty", **{"allow-oob": True})
    assert rows[1] == command("bb", "q_empty", "Ss")
    assert rows[-1] == {
        "meta-type": "enum",
        "name": "Ee",
        "values": ["x", "y"],
        "members": [{"name": "x"}, {"name": "y"}],
    }


def test_all_integers_are_one() -> None:
    widths = [
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "size",
    ]
    data = ", ".join(f"'{w}': '{w}', 'l{w}': ['{w}']" for w in widths)
    rows = infos(f"{{ 'event': 'EE', 'data': {{ {data} }} }}")
    assert [row["name"] for row in rows] == ["EE", "q_obj_EE-arg", "int", "[int]"]
    assert {member["type"] for member in rows[1]["members"]} == {"int", "[int]"}


def test_builtin_types() -> None:
    rows = infos(
        "{ 'event': 'EE', 'data': { 's': 'str', 'n': 'number', 'b': 'bool', 'a': 'any', 'z': 'null' } }"
    )
    assert [(row["name"], row["json-type"]) for row in rows[2:]] == [
        ("str", "string"),
        ("number", "number"),
        ("bool", "boolean"),
        ("any", "value"),
        ("null", "null"),
    ]


def test_events_and_qtype() -> None:
    rows = infos("{ 'event': 'EE', 'data': { 'q': 'QType' } } { 'event': 'FF' }", mask=True)
    assert rows[:2] == [
        {"meta-type": "event", "name": "EE", "arg-type": "0"},
        {"meta-type": "event", "name": "FF", "arg-type": "1"},
    ]
    assert rows[4]["values"][0] == "none"
    assert rows[4]["name"] == "2"


def test_order_is_that_of_first_use() -> None:
    """Arguments before results; an element right behind its array; then what types mention."""
    text = """
    { 'command': 'one', 'data': { 'x': ['Bb'] }, 'returns': ['Aa'] }
    { 'command': 'two', 'data': 'Cc' }
    { 'struct': 'Aa', 'base': 'Base', 'data': { 'm': 'number' } }
    { 'struct': 'Base', 'data': { 'b': 'bool' } }
    { 'struct': 'Bb', 'data': { } }
    { 'struct': 'Cc', 'data': { 'a': 'Aa' } }
    { 'struct': 'Unused', 'data': { } }
    """
    names = [row["name"] for row in infos(text)]
    assert names == [
        *("one", "two"),
        *("q_obj_one-arg", "[Aa]", "Aa", "Cc", "q_empty"),
        *("[Bb]", "Bb", "bool", "number"),
    ]
    masked = infos(text, mask=True)
    assert [row["name"] for row in masked] == [
        *("one", "two"),
        *("0", "[1]", "1", "2", "3"),
        *("[4]", "4", "bool", "number"),
    ]
    assert masked[4]["members"] == [
        {"name": "b", "type": "bool"},
        {"name": "m", "type": "number"},
    ]


def test_recursive_types() -> None:
    text = "{ 'event': 'EE', 'data': 'Tree' }"
    text += "{ 'struct': 'Tree', 'data': { '*next': 'Tree', 'all': ['Tree'] } }"
    assert infos(text, mask=True) == [
        {"meta-type": "event", "name": "EE", "arg-type": "0"},
        obj("0", ("*next", "0"), ("all", "[0]")),
        {"meta-type": "array", "name": "[0]", "element-type": "0"},
    ]


ENUM = "{ 'enum': 'Ee', 'data': [ 'x', 'y', 'z' ] } { 'struct': 'Xx', 'data': { 'm': 'int' } }"


def test_flat_unions() -> None:
    text = f"""{ENUM} {{ 'event': 'EV', 'data': 'Uu', 'boxed': true }}
    {{ 'union': 'Uu', 'base': {{ 'k': 'Ee', '*o': 'int' }}, 'discriminator': 'k',
       'data': {{ 'z': 'Xx', 'x': 'Inner' }} }}
    {{ 'union': 'Inner', 'base': 'Base', 'discriminator': 'j', 'data': {{ 'y': 'Xx' }} }}
    {{ 'struct': 'Base', 'data': {{ 'j': 'Ee' }} }}
    """
    rows = {row["name"]: row for row in infos(text)}
    assert list(rows) == ["EV", "Uu", "Ee", "int", "Xx", "Inner", "q_empty"]
    assert rows["Uu"] == obj(
        "Uu",
        ("k", "Ee"),
        ("*o", "int"),
        tag="k",
        variants=[
            {"case": "z", "type": "Xx"},
            {"case": "x", "type": "Inner"},
            {"case": "y", "type": "q_empty"},
        ],
    )
    assert rows["Inner"]["tag"] == "j"
    assert [v["case"] for v in rows["Inner"]["variants"]] == ["y", "x", "z"]


def test_simple_unions() -> None:
    text = """{ 'event': 'EV', 'data': 'Uu', 'boxed': true }
    { 'event': 'FV', 'data': 'Vv', 'boxed': true }
    { 'union': 'Uu', 'data': { 'a': 'int', 'b': ['str'] } }
    { 'union': 'Vv', 'data': { 'c': ['str'] } }"""
    rows = {row["name"]: row for row in infos(text, "2018")}
    assert list(rows) == [
        *("EV", "FV", "Uu", "Vv", "UuKind", "q_obj_int-wrapper", "q_obj_strList-wrapper"),
        *("VvKind", "int", "[str]", "str"),
    ]
    assert rows["Uu"] == obj(
        "Uu",
        ("type", "UuKind"),
        tag="type",
        variants=[
            {"case": "a", "type": "q_obj_int-wrapper"},
            {"case": "b", "type": "q_obj_strList-wrapper"},
        ],
    )
    assert rows["Vv"]["variants"] == [{"case": "c", "type": "q_obj_strList-wrapper"}]
    assert rows["q_obj_strList-wrapper"] == obj("q_obj_strList-wrapper", ("data", "[str]"))


def test_alternates() -> None:
    text = "{ 'event': 'EV', 'data': { 'a': 'Aa' } }"
    text += "{ 'alternate': 'Aa', 'data': { 's': 'str', 'l': ['int'], 'n': 'null' } }"
    rows = {row["name"]: row for row in infos(text)}
    assert rows["Aa"] == {
        "meta-type": "alternate",
        "name": "Aa",
        "members": [{"type": "str"}, {"type": "[int]"}, {"type": "null"}],
    }
    assert list(rows) == ["EV", "q_obj_EV-arg", "Aa", "str", "[int]", "int", "null"]


CONDITIONAL = """
{ 'command': 'gone', 'data': 'Gone', 'if': 'A', 'features': [ 'f' ] }
{ 'command': 'there', 'data': { 'e': 'Ee', 'l': ['Gone'] },
  'features': [ { 'name': 'f', 'if': 'A' }, 'g' ] }
{ 'struct': 'Gone', 'if': { 'not': { 'not': 'A' } }, 'data': { } }
{ 'enum': 'Ee', 'data': [ 'x', { 'name': 'y', 'if': 'A' },
                          { 'name': 'z', 'if': { 'not': 'A' }, 'features': [ 'h' ] } ] }
{ 'event': 'EV', 'data': 'Args', 'boxed': true }
{ 'struct': 'Args', 'data': { 'a': { 'type': 'bool', 'if': 'A' },
                              'b': { 'type': 'int', 'features': [ 'deprecated' ] } } }
{ 'event': 'FV', 'if': { 'any': [ 'A', { 'not': 'B' } ] }, 'data': { 'uu': 'Uu' } }
{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k',
  'data': { 'x': { 'type': 'Args', 'if': 'A' } } }
{ 'event': 'GV', 'data': { 'a': 'Alt' } }
{ 'alternate': 'Alt', 'data': { 'i': { 'type': 'int', 'if': 'A' }, 'b': 'bool' } }
"""


def test_conditions_kept() -> None:
    rows = {row["name"]: row for row in infos(CONDITIONAL)}
    assert rows["gone"]["features"] == ["f"]
    assert rows["there"]["features"] == ["f", "g"]
    assert rows["Ee"]["values"] == ["x", "y", "z"]
    assert rows["Ee"]["members"][2] == {"name": "z", "features": ["h"]}
    assert [m["name"] for m in rows["Args"]["members"]] == ["a", "b"]
    assert rows["Args"]["members"][1]["features"] == ["deprecated"]
    assert [v["case"] for v in rows["Uu"]["variants"]] == ["x", "y", "z"]
    assert "[Gone]" in rows


def test_conditions_evaluated() -> None:
    rows = {row["name"]: row for row in infos(CONDITIONAL, config=NONE_DEFINED)}
    assert not {"gone", "Gone", "[Gone]"} & set(rows)
    assert rows["there"]["features"] == ["g"]
    assert rows["Ee"]["values"] == [m["name"] for m in rows["Ee"]["members"]] == ["x", "z"]
    assert [m["name"] for m in rows["Args"]["members"]] == ["b"]
    assert [v["case"] for v in rows["Uu"]["variants"]] == ["z"]
    assert rows["Alt"]["members"] == [{"type": "bool"}]
    assert {"FV", "q_obj_FV-arg"} <= set(rows)
    without = {
        row["name"] for row in infos(CONDITIONAL, config=Config(frozenset("B"), complete=True))
    }
    assert not {"FV", "q_obj_FV-arg"} & without


def test_masks_are_the_same_in_all_builds() -> None:
    whole = {row["name"]: row for row in infos(CONDITIONAL, mask=True)}
    part = infos(CONDITIONAL, mask=True, config=NONE_DEFINED)
    assert {row["name"] for row in part} < set(whole)
    for row in part:
        if row["meta-type"] in ("command", "event"):
            assert row["arg-type"] == whole[row["name"]]["arg-type"]


FILES = {
    "root.json": "{ 'include': 'a.json' } { 'command': 'last' }",
    "a.json": "{ 'include': 'b.json' } { 'command': 'middle' }",
    "b.json": "{ 'command': 'first' }",
}


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        ("2.9", ["first", "last", "middle"]),
        ("2.11", ["first", "last", "middle"]),
        ("2018", ["first", "middle", "last"]),
        ("4.2", ["first", "middle", "last"]),
        ("5.0", ["last", "middle", "first"]),
        ("modern", ["last", "middle", "first"]),
        ("7.2", ["last", "middle", "first"]),
    ],
)
def test_order_of_commands(dialect: str, names: list[str]) -> None:
    assert [row["name"] for row in infos(FILES, dialect)][:3] == names


def test_masks_follow_the_order() -> None:
    """Up to 2.11 both are by name, with events, in capitals, before commands."""
    text = """
    { 'command': 'b', 'data': { 'x': 'int' } } { 'command': 'a', 'data': { 'y': 'Ee' } }
    { 'enum': 'Ee', 'data': [ ] } { 'event': 'ZZ', 'data': { 'e': 'Ee' } }
    """
    rows = [(row["name"], row.get("arg-type")) for row in infos(text, "2.11", mask=True)]
    assert rows[:3] == [("ZZ", "0"), ("a", "1"), ("b", "3")]  # what 'a' returns is 2
    assert [name for name, _ in rows[3:]] == ["0", "1", "2", "3", "4", "int"]
    rows = [(row["name"], row.get("arg-type")) for row in infos(text, "2.12", mask=True)]
    assert rows[:3] == [("b", "0"), ("a", "2"), ("ZZ", "3")]


def _sorted(value: Any) -> Any:
    """Without the order of keys, and without the keys that are absent when empty."""
    return json.loads(json.dumps(value, sort_keys=True))


@pytest.mark.parametrize(
    ("root", "dialect"),
    [
        ("qemu-2.12-dev/qapi-schema.json", "2018"),
        ("qemu-7.2/qapi/qapi-schema.json", "7.2"),
        ("seed/with-pragma.json", "2018"),
    ],
)
def test_real_schemas(corpus: Path, root: str, dialect: str) -> None:
    """What QEMU's own generator makes of its schemas, in its order."""
    schema = analyze(str(corpus / root), read_source, dialect).schema
    assert schema is not None
    folder = corpus / root.split("/")[0]
    for masked in (True, False):
        stem = f"introspect-{'masked' if masked else 'unmasked'}"
        for suffix, config in (("", KEEP_ALL), ("-none", NONE_DEFINED)):
            path = folder / f"{stem}{suffix}.json"
            if path.is_file():
                expected = json.loads(path.read_text(encoding="utf-8"))
                found = introspect(schema, mask=masked, config=config)
                assert _sorted(found) == _sorted(expected)
