"""Members in wire order."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import Command, Schema, Struct, Union
from qapigen.compiler.passes.members import (
    data_members,
    members_of,
    tag_enum,
    tag_member,
    variants,
)
from tests.compiler.schema_texts import schema_of

TEXT = """
{ 'enum': 'Outer', 'data': [ 'in', 'plain', 'none' ] }
{ 'enum': 'Inner', 'data': [ 'x', 'y' ] }
{ 'struct': 'Top', 'data': { 'a': 'int' } }
{ 'struct': 'Middle', 'base': 'Top', 'data': { 'b': 'int', '*c': 'str' } }
{ 'struct': 'Low', 'base': 'Middle', 'data': { 'k': 'Outer', 'd': ['Low'] } }
{ 'union': 'In', 'base': { 'i': 'Inner', 'p': 'bool' }, 'discriminator': 'i',
  'data': { 'y': 'Extra', 'x': 'Top' } }
{ 'struct': 'Extra', 'data': { 'e': 'int' } }
{ 'union': 'Out', 'base': 'Base', 'discriminator': 'k', 'data': { 'plain': 'Extra', 'in': 'In' } }
{ 'struct': 'Base', 'base': 'Head', 'data': { 'z': 'int' } }
{ 'struct': 'Head', 'data': { 'k': 'Outer' } }
{ 'command': 'named', 'data': 'Middle' }
{ 'command': 'inline', 'data': { 'q': 'int', '*r': 'int' } }
{ 'command': 'bare' }
"""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT)


def names(schema: Schema, name: str) -> list[str]:
    found = schema.type(name)
    assert isinstance(found, Struct | Union)
    return [member.name for member in members_of(schema, found)]


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("Top", ["a"]),
        ("Middle", ["a", "b", "c"]),
        ("Low", ["a", "b", "c", "k", "d"]),
        ("In", ["i", "p"]),
        ("Out", ["k", "z"]),
    ],
)
def test_bases_come_first(schema: Schema, name: str, members: list[str]) -> None:
    assert names(schema, name) == members


@pytest.mark.parametrize(
    ("command", "members"),
    [("named", ["a", "b", "c"]), ("inline", ["q", "r"]), ("bare", [])],
)
def test_arguments(schema: Schema, command: str, members: list[str]) -> None:
    (found,) = [c for c in schema.commands if c.name == command]
    assert isinstance(found, Command)
    assert [m.name for m in data_members(schema, found.data)] == members


def union(schema: Schema, name: str) -> Union:
    found = schema.type(name)
    assert isinstance(found, Union)
    return found


def test_tags(schema: Schema) -> None:
    assert tag_member(schema, union(schema, "Out")).name == "k"
    assert tag_enum(schema, union(schema, "Out")) is schema.type("Outer")
    assert tag_enum(schema, union(schema, "In")) is schema.type("Inner")


def test_variants(schema: Schema) -> None:
    """In branch order; a union in a branch gives one for each of its own."""
    found = [
        ([(tag.name, value) for tag, value in v.cases], [m.name for m in v.members])
        for v in variants(schema, union(schema, "Out"))
    ]
    assert found == [
        ([("k", "plain")], ["k", "z", "e"]),
        ([("k", "in"), ("i", "y")], ["k", "z", "i", "p", "e"]),
        ([("k", "in"), ("i", "x")], ["k", "z", "i", "p", "a"]),
        ([("k", "none")], ["k", "z"]),
    ]


def test_simple_unions() -> None:
    text = "{ 'union': 'Uu', 'data': { 'one': 'int', 'two': ['str'] } }"
    schema = schema_of(text, "2018")
    uu = union(schema, "Uu")
    assert [m.name for m in members_of(schema, uu)] == ["type"]
    assert (tag_member(schema, uu).type.name, tag_enum(schema, uu).name) == ("UuKind", "UuKind")
    one, two = variants(schema, uu)
    assert [m.name for m in one.members] == ["type", "data"]
    assert [str(m.type) for m in two.members] == ["UuKind", "[str]"]
    assert [case for _, case in two.cases] == ["two"]
