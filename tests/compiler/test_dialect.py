"""The table of dialects."""

from __future__ import annotations

from dataclasses import fields

import pytest

from qapigen.compiler.dialect import DIALECTS, Dialect
from tests.compiler.schema_texts import problems

#: For each flag a schema that tells: the dialects that accept it.
TELLING: dict[str, tuple[str, set[str]]] = {
    "null": ("{ 'struct': 'Aa', 'data': { }, 'base': null }", {"2018"}),
    "c_escapes": (r"{ 'struct': '\u0041a', 'data': { } }", {"2018"}),
    "printable_strings": ("{ 'enum': 'Aa', 'data': [ ], 'prefix': '\t' }", {"2018"}),
    "naming": ("{ 'struct': 'lower', 'data': { } }", {"2018"}),
    "conditions": ("{ 'struct': 'Aa', 'data': { }, 'if': 'X' }", {"modern", "7.2"}),
    "features": ("{ 'struct': 'Aa', 'data': { }, 'features': [ 'f' ] }", {"modern", "7.2"}),
    "simple_unions": ("{ 'union': 'Uu', 'data': { 'a': 'int' } }", {"2018"}),
    "full_branches": (
        "{ 'enum': 'Ee', 'data': [ 'x', 'y' ] } { 'struct': 'Xx', 'data': { } }"
        "{ 'struct': 'Bb', 'data': { 'k': 'Ee' } }"
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { 'x': 'Xx' } }",
        {"modern", "7.2"},
    ),
    "inherited_discriminator": (
        "{ 'enum': 'Ee', 'data': [ 'x' ] } { 'struct': 'Xx', 'data': { } }"
        "{ 'struct': 'Bb', 'data': { 'k': 'Ee' } } { 'struct': 'Cc', 'base': 'Bb', 'data': { } }"
        "{ 'union': 'Uu', 'base': 'Cc', 'discriminator': 'k', 'data': { 'x': 'Xx' } }",
        {"modern", "7.2"},
    ),
    "alternate_arrays": (
        "{ 'alternate': 'Aa', 'data': { 'i': 'int', 'l': [ 'int' ] } }",
        {"modern", "7.2"},
    ),
    "alternate_minimum": ("{ 'alternate': 'Aa', 'data': { 'i': 'int' } }", {"modern", "7.2"}),
    "nested_unions": (
        "{ 'enum': 'Ee', 'data': [ 'x' ] } { 'struct': 'Xx', 'data': { } }"
        "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Xx' } }"
        "{ 'union': 'Vv', 'base': { 'j': 'Ee' }, 'discriminator': 'j', 'data': { 'x': 'Uu' } }",
        {"modern", "7.2"},
    ),
    "boxed_alternates": (
        "{ 'alternate': 'Aa', 'data': { 'i': 'int', 'b': 'bool' } }"
        "{ 'event': 'EV', 'data': 'Aa', 'boxed': true }",
        {"2018"},
    ),
    "command_flags": ("{ 'command': 'aa', 'coroutine': true }", {"modern", "7.2"}),
    "returns_pragma": ("{ 'pragma': { 'returns-whitelist': [ ] } }", {"2018"}),
    "case_pragma": ("{ 'pragma': { 'member-name-exceptions': [ ] } }", {"modern", "7.2"}),
    "command_name_pragma": (
        "{ 'pragma': { 'command-name-exceptions': [ ] } }",
        {"modern", "7.2"},
    ),
    "documentation_pragma": (
        "{ 'pragma': { 'documentation-exceptions': [ ] } }",
        {"modern", "7.2"},
    ),
    "docs": ("##\n# @aa:\n# Note: x\n##\n{ 'command': 'aa' }", {"2018", "7.2"}),
}

#: Flags that show elsewhere: in messages, in trees, in results.
ELSEWHERE = {
    "name",
    "stray_words",
    "any_top_level",
    "grouped_by_module",
    "legacy_introspection",
}


@pytest.mark.parametrize("flag", TELLING)
def test_flags_tell(flag: str) -> None:
    text, accepting = TELLING[flag]
    assert {name for name in DIALECTS if not problems(text, name)} == accepting


def test_all_flags_are_looked_at() -> None:
    assert {field.name for field in fields(Dialect)} == set(TELLING) | ELSEWHERE


def test_names() -> None:
    assert list(DIALECTS) == ["2018", "modern", "7.2"]
    assert all(dialect.name == name for name, dialect in DIALECTS.items())


def test_7_2_is_modern_but_for_documentation() -> None:
    differing = {
        field.name
        for field in fields(Dialect)
        if getattr(DIALECTS["7.2"], field.name) != getattr(DIALECTS["modern"], field.name)
    }
    assert differing == {"name", "docs"}


def test_pragmas() -> None:
    assert DIALECTS["2018"].pragmas == {"returns-whitelist", "name-case-whitelist"}
    assert DIALECTS["modern"].pragmas == {
        "command-name-exceptions",
        "command-returns-exceptions",
        "documentation-exceptions",
        "member-name-exceptions",
    }
    assert DIALECTS["7.2"].pragmas == DIALECTS["modern"].pragmas
