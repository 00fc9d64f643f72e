"""Which modules a module needs."""

from __future__ import annotations

import pytest

from qapigen.compiler.passes.reach import modules_needed, type_names
from tests.compiler.schema_texts import schema_of

FILES = {
    "root.json": "".join(f"{{ 'include': '{n}.json' }}" for n in ("base", "mid", "alone", "loop"))
    + "{ 'command': 'all', 'returns': 'Mid' }",
    "base.json": "{ 'struct': 'Base', 'data': { } } { 'enum': 'Ee', 'data': [ 'x' ] }",
    "mid.json": "{ 'struct': 'Mid', 'base': 'Base', 'data': { } }",
    "alone.json": "{ 'command': 'alone', 'data': { 'a': ['int'], 'b': 'QType' } }",
    "loop.json": "{ 'include': 'pool.json' } { 'struct': 'Ll', 'data': { '*p': 'Pp' } }",
    "pool.json": "{ 'struct': 'Pp', 'data': { '*l': ['Ll'] } }",
}


@pytest.mark.parametrize(
    ("chosen", "needed"),
    [
        (["alone.json"], ["alone.json"]),
        (["mid.json"], ["base.json", "mid.json"]),
        (["mid.json", "base.json"], ["base.json", "mid.json"]),
        (["root.json"], ["root.json", "base.json", "mid.json"]),
        (["pool.json"], ["loop.json", "pool.json"]),
        (["loop.json", "alone.json"], ["alone.json", "loop.json", "pool.json"]),
        ([], []),
    ],
)
def test_modules(chosen: list[str], needed: list[str]) -> None:
    assert list(modules_needed(schema_of(FILES), chosen)) == needed


@pytest.mark.parametrize(
    "text",
    [
        "{ 'struct': 'Uses', 'base': 'Far', 'data': { } }",
        "{ 'struct': 'Uses', 'data': { 'a': 'Far' } }",
        "{ 'struct': 'Uses', 'data': { '*a': [ 'Far' ] } }",
        "{ 'alternate': 'Uses', 'data': { 'a': 'Far' } }",
        "{ 'command': 'uses', 'data': 'Far' }",
        "{ 'command': 'uses', 'data': 'Far', 'boxed': true }",
        "{ 'command': 'uses', 'data': { 'a': 'Far' } }",
        "{ 'command': 'uses', 'returns': [ 'Far' ] }",
        "{ 'event': 'USES', 'data': { 'a': 'Far' } }",
        "{ 'event': 'USES', 'data': 'Far' }",
        "{ 'enum': 'Own', 'data': [ 'x' ] }"
        "{ 'union': 'Uses', 'base': { 'k': 'Own' }, 'discriminator': 'k', 'data': { 'x': 'Far' } }",
        "{ 'enum': 'Own', 'data': [ 'x' ] } { 'struct': 'Base', 'data': { 'k': 'Own', 'a': 'Far' } }"
        "{ 'union': 'Uses', 'base': 'Base', 'discriminator': 'k', 'data': { } }",
        "{ 'enum': 'Own', 'data': [ 'x' ] }"
        "{ 'union': 'Uses', 'base': { 'k': 'Own', 'a': 'Far' }, 'discriminator': 'k', 'data': { } }",
    ],
)
def test_every_kind_of_use(text: str) -> None:
    files = {
        "root.json": "{ 'include': 'near.json' } { 'include': 'far.json' }",
        "near.json": text,
        "far.json": "{ 'struct': 'Far', 'data': { } }",
    }
    schema = schema_of(files)
    assert modules_needed(schema, ["near.json"]) == ("near.json", "far.json")
    assert "Far" in [name for d in schema.in_module("near.json") for name in type_names(d)]


def test_the_kind_of_a_simple_union_is_at_home_with_it() -> None:
    files = {
        "root.json": "{ 'include': 'near.json' } { 'include': 'far.json' }",
        "near.json": "{ 'struct': 'Uses', 'data': { 'k': 'FarKind' } }",
        "far.json": "{ 'union': 'Far', 'data': { 'a': 'int' } }",
    }
    assert modules_needed(schema_of(files, "2018"), ["near.json"]) == ("near.json", "far.json")


def test_names_of_types() -> None:
    schema = schema_of("{ 'command': 'aa', 'data': { 'x': 'int', 'y': ['str'] } }")
    assert type_names(schema.definitions[0]) == ["int", "str"]
    schema = schema_of("{ 'enum': 'Ee', 'data': [ ] }")
    assert type_names(schema.definitions[0]) == []
