"""Types that no schema writes down."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import BUILTINS, Enum, Union
from qapigen.compiler.passes.implicit import QTYPE, kind_enum, type_of
from tests.compiler.schema_texts import schema_of

SIMPLE = "{ 'union': 'Uu', 'data': { 'one': 'int', 'two': ['str'] } }"


def test_qtype() -> None:
    schema = schema_of("{ 'struct': 'Aa', 'data': { 'a': 'QType' } }")
    assert type_of(schema, "QType") is QTYPE
    names = [value.name for value in QTYPE.values]
    assert names == ["none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool"]
    with pytest.raises(KeyError):
        schema.type("QType")


def test_kinds_of_simple_unions() -> None:
    schema = schema_of(f"{SIMPLE} {{ 'struct': 'Aa', 'data': {{ 'k': 'UuKind' }} }}", "2018")
    kind = type_of(schema, "UuKind")
    assert isinstance(kind, Enum)
    assert [value.name for value in kind.values] == ["one", "two"]
    union = schema.type("Uu")
    assert isinstance(union, Union)
    assert kind == kind_enum(union)
    assert (kind.module, kind.span) == (union.module, union.span)


def test_other_types_are_found_as_ever() -> None:
    schema = schema_of("{ 'enum': 'SomeKind', 'data': [ ] }")
    assert type_of(schema, "SomeKind") is schema.definitions[0]
    assert type_of(schema, "int") is BUILTINS["int"]


@pytest.mark.parametrize("name", ["Nn", "NnKind", "AaKind", "Kind", "", "intKind", "QTypeKind"])
@pytest.mark.parametrize("dialect", ["2018", "modern"])
def test_there_are_no_others(name: str, dialect: str) -> None:
    schema = schema_of("{ 'struct': 'Aa', 'data': { } } { 'command': 'nn' }", dialect)
    with pytest.raises(KeyError):
        type_of(schema, name)


def test_flat_unions_have_no_kind() -> None:
    schema = schema_of(
        "{ 'enum': 'Ee', 'data': [ 'x' ] } { 'struct': 'Xx', 'data': { } }"
        "{ 'union': 'Ff', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Xx' } }"
    )
    with pytest.raises(KeyError):
        type_of(schema, "FfKind")
