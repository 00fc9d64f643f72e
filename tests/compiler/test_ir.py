"""The model: looking things up, and where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from qapigen.compiler import ir
from qapigen.compiler.ir import BUILTINS, Schema, SectionKind, TypeRef, kind_of
from qapigen.compiler.source import Span
from tests.compiler.schema_texts import schema_of

TEXT = """##
# @Ee:
#
# @x: text
#
# Features:
#
# @f: text
#
# Since: 1.0
##
{ 'enum': 'Ee', 'prefix': 'EE',
  'data': [ 'x', { 'name': 'y', 'if': 'A', 'features': [ 'f' ] } ],
  'features': [ 'g', { 'name': 'h', 'if': 'B' } ] }
{ 'struct': 'Ss', 'base': 'Tt', 'data': { 'm': 'int', '*o': { 'type': [ 'str' ], 'if': 'A' } } }
{ 'struct': 'Tt', 'data': { } }
{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }
{ 'alternate': 'Aa', 'data': { 'i': { 'type': 'int', 'if': 'A' }, 's': 'Ss' } }
{ 'command': 'cc', 'data': { 'a': 'int' }, 'returns': [ 'Ss' ], 'allow-oob': true }
{ 'event': 'EV', 'data': 'Ss', 'boxed': true }
""".replace("# @x: text", "# @x: text\n#\n# @y: text").replace(
    "# @f: text", "# @f: text\n#\n# @g: text\n#\n# @h: text"
)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT)


def nodes(value: object) -> Iterator[object]:
    """All values of the model in a value, itself too."""
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif is_dataclass(value) and not isinstance(value, Span):
        yield value
        for field in fields(value):
            yield from nodes(getattr(value, field.name))


def piece(node: object) -> str:
    span = getattr(node, "span")  # noqa: B009 - of whatever kind it is
    assert isinstance(span, Span)
    return TEXT[span.start : span.end]


EXPECTED = {
    "Enum": ["{ 'enum': 'Ee'"],
    "EnumValue": ["'x'", "'y'"],
    "Feature": ["'g'", "'h'", "'f'"],
    "Struct": ["{ 'struct': 'Ss'", "{ 'struct': 'Tt'"],
    "Member": ["'m'", "'*o'", "'k'", "'a'"],
    "Union": ["{ 'union': 'Uu'"],
    "Branch": ["'x'", "'k'"],  # one that is left out stands where the discriminator does
    "Alternate": ["{ 'alternate': 'Aa'"],
    "Alternative": ["'i'", "'s'"],
    "Command": ["{ 'command': 'cc'"],
    "Event": ["{ 'event': 'EV'"],
    "Doc": ["##\n# @Ee:"],
    "Section": [
        "# @x: text",
        "# @y: text",
        "# @f: text",
        "# @g: text",
        "# @h: text",
        "# Since: 1.0",
    ],
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_every_node_says_where_it_stands(schema: Schema, kind: str) -> None:
    found = [node for node in nodes(schema.definitions) if type(node).__name__ == kind]
    pieces = [piece(node) for node in found]
    assert len(pieces) == len(EXPECTED[kind]), pieces
    for text, start in zip(pieces, EXPECTED[kind], strict=True):
        assert text.startswith(start), (text, start)


def test_definitions_reach_from_brace_to_brace(schema: Schema) -> None:
    for definition in schema.definitions:
        text = piece(definition)
        assert (text[0], text[-1]) == ("{", "}")
        assert text.count("{") == text.count("}")
    first = schema.definitions[0].span
    assert (first.line, first.column, first.end_line) == (18, 1, 20)
    assert first.end_column == len(TEXT.split("\n")[19]) + 1


def test_nothing_else_has_a_place(schema: Schema) -> None:
    """What has no span is a name, a condition or a pair of these."""
    without = {type(n).__name__ for n in nodes(schema) if not hasattr(n, "span")}
    assert without <= {"Schema", "Module", "TypeRef", "InlineMembers", "Symbol", "Builtin"}


def test_kinds(schema: Schema) -> None:
    assert [kind_of(d) for d in schema.definitions] == [
        *("enum", "struct", "struct", "union", "alternate", "command", "event")
    ]


def test_types(schema: Schema) -> None:
    assert schema.type("Ss") is schema.definitions[1]
    assert schema.type("int") is BUILTINS["int"]
    for name in ("cc", "EV", "Nn", "QType", "intList", ""):
        with pytest.raises(KeyError):
            schema.type(name)


def test_commands_and_events(schema: Schema) -> None:
    assert [c.name for c in schema.commands] == ["cc"]
    assert [e.name for e in schema.events] == ["EV"]
    command = schema.commands[0]
    assert (command.gen, command.success_response, command.boxed) == (True, True, False)
    assert (command.allow_oob, command.allow_preconfig, command.coroutine) == (True, False, False)
    assert command.returns == TypeRef("Ss", is_array=True)
    assert schema.events[0].boxed


def test_references_are_shown_as_introspection_has_them() -> None:
    assert [str(TypeRef("Aa")), str(TypeRef("Aa", is_array=True))] == ["Aa", "[Aa]"]


def test_documentation(schema: Schema) -> None:
    doc = schema.definitions[0].doc
    assert doc is not None
    assert [s.name for s in doc.of_kind(SectionKind.FEATURE)] == ["f", "g", "h"]
    assert [s.text for s in doc.tagged("Since", "TODO")] == ["1.0"]
    assert doc.tagged("Returns") == ()
    assert doc.of_kind(SectionKind.TEXT) == ()


def test_modules() -> None:
    files = {
        "root.json": "{ 'include': 'a.json' } { 'struct': 'Rr', 'data': { } }",
        "a.json": "{ 'struct': 'Aa', 'data': { } } { 'command': 'aa' }",
    }
    schema = schema_of(files)
    assert [d.name for d in schema.in_module("a.json")] == ["Aa", "aa"]
    assert [d.name for d in schema.in_module("root.json")] == ["Rr"]
    assert schema.in_module("none.json") == ()


def test_built_in_types() -> None:
    assert list(BUILTINS)[:3] == ["str", "number", "int"]
    assert len(BUILTINS) == 15
    assert {name for name, b in BUILTINS.items() if b.json_type == "int"} == {
        *("int", "int8", "int16", "int32", "int64", "size"),
        *("uint8", "uint16", "uint32", "uint64"),
    }


def test_values_cannot_be_changed(schema: Schema) -> None:
    for node in nodes(schema):
        name = fields(node)[0].name  # type: ignore[arg-type]
        with pytest.raises((AttributeError, TypeError)):
            setattr(node, name, None)


def test_what_is_public() -> None:
    assert all(hasattr(ir, name) for name in ir.__all__)
