"""The table of dialects."""

from __future__ import annotations

from dataclasses import fields

import pytest

from qapigen.compiler.dialect import DIALECT_NAMES, DIALECTS, RELEASES, Dialect, release_before
from tests.compiler.schema_texts import problems

_UNION = (
    "{ 'enum': 'Ee', 'data': [ 'x' ] } { 'struct': 'Xx', 'data': { } }"
    "{ 'struct': 'Bb', 'data': { 'k': 'Ee' } }"
)

#: For each flag a schema that tells: the first and the last release that accept it.
TELLING: dict[str, tuple[str, str, str]] = {
    "null": ("{ 'struct': 'Aa', 'data': { }, 'base': null }", "1.0", "4.1"),
    "c_escapes": (r"{ 'struct': '\u0041a', 'data': { } }", "1.0", "4.1"),
    "printable_strings": ("{ 'enum': 'Aa', 'data': [ ], 'prefix': '\t' }", "1.0", "4.1"),
    "loose_commas": ("{ 'struct': 'Aa' 'data': { 'a': 'int', }, }", "1.0", "1.5"),
    "doc_comments": ("##\n# @Aa\n##\n{ 'enum': 'Aa', 'data': [ ] }", "1.0", "2.8"),
    "old_forms": ("{ 'type': 'Aa', 'data': { 'a': { 'b': 'int' } } }", "1.0", "2.3"),
    "wildcards": ("{ 'struct': 'Aa', 'data': { 'a': '**' } }", "1.0", "2.4"),
    "modern_checks": (
        "##\n# @Aa:\n# @no: x\n##\n{ 'enum': 'Aa', 'data': [ ] }",
        "1.0",
        "4.1",
    ),
    "naming": ("{ 'struct': 'lower', 'data': { } }", "1.0", "5.2"),
    "conditions": ("{ 'struct': 'Aa', 'data': { }, 'if': 'defined(X)' }", "3.0", "6.1"),
    "long_members": ("{ 'struct': 'Aa', 'data': { 'a': { 'type': 'int' } } }", "4.0", "11.1"),
    "features": ("{ 'struct': 'Aa', 'data': { }, 'features': [ 'f' ] }", "4.1", "11.1"),
    "command_features": ("{ 'command': 'aa', 'features': [ 'f' ] }", "4.2", "11.1"),
    "all_features": (
        "{ 'struct': 'Aa', 'data': { 'a': { 'type': 'int', 'features': [ 'f' ] } } }",
        "5.0",
        "11.1",
    ),
    "value_features": (
        "{ 'enum': 'Aa', 'data': [ { 'name': 'a', 'features': [ 'f' ] } ] }",
        "6.2",
        "11.1",
    ),
    "feature_names": ("{ 'struct': 'Aa', 'data': { }, 'features': [ 'F' ] }", "6.1", "7.0"),
    "simple_unions": ("{ 'union': 'Uu', 'data': { 'a': 'int' } }", "1.0", "6.1"),
    "full_branches": (
        _UNION.replace("'x'", "'x', 'y'")
        + "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { 'x': 'Xx' } }",
        "3.0",
        "11.1",
    ),
    "some_branch": (
        _UNION + "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { } }",
        "4.2",
        "11.1",
    ),
    "inherited_discriminator": (
        _UNION + "{ 'struct': 'Cc', 'base': 'Bb', 'data': { } }"
        "{ 'union': 'Uu', 'base': 'Cc', 'discriminator': 'k', 'data': { 'x': 'Xx' } }",
        "4.2",
        "11.1",
    ),
    "alternate_arrays": (
        "{ 'alternate': 'Aa', 'data': { 'i': 'int', 'l': [ 'int' ] } }",
        "7.1",
        "11.1",
    ),
    "alternate_minimum": ("{ 'alternate': 'Aa', 'data': { 'i': 'int' } }", "4.2", "11.1"),
    "nested_unions": (
        _UNION
        + "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Xx' } }"
        "{ 'union': 'Vv', 'base': { 'j': 'Ee' }, 'discriminator': 'j', 'data': { 'x': 'Uu' } }",
        "8.1",
        "11.1",
    ),
    "boxed_alternates": (
        "{ 'alternate': 'Aa', 'data': { 'i': 'int', 'b': 'bool' } }"
        "{ 'event': 'EV', 'data': 'Aa', 'boxed': true }",
        "1.0",
        "4.1",
    ),
    "unboxed_conditions": (
        "{ 'command': 'go', 'data': { 'a': { 'type': 'int', 'if': 'A' } } }",
        "4.0",
        "8.0",
    ),
    "command_flags": ("{ 'command': 'aa', 'coroutine': true }", "5.2", "11.1"),
    "returns_pragma": ("{ 'pragma': { 'returns-whitelist': [ ] } }", "2.9", "5.2"),
    "case_pragma": ("{ 'pragma': { 'member-name-exceptions': [ ] } }", "6.0", "11.1"),
    "command_name_pragma": ("{ 'pragma': { 'command-name-exceptions': [ ] } }", "6.0", "11.1"),
    "documentation_pragma": ("{ 'pragma': { 'documentation-exceptions': [ ] } }", "9.0", "11.1"),
    "docs": ("##\n# @Aa:\n##\n{ 'enum': 'Aa', 'data': [ 'a' ] }", "1.0", "8.2"),
    "dedents": ("##\n# @aa:\n#\n# Since: 1.0\n#\n# Text.\n##\n{ 'command': 'aa' }", "8.1", "11.1"),
    "loose_markers": (
        "##\n# @aa:\n#\n# @any words: x\n##\n{ 'command': 'aa', 'data': { } }",
        "1.0",
        "8.0",
    ),
    "old_sections": ("##\n# @aa:\n# Note: x\n##\n{ 'command': 'aa' }", "1.0", "9.0"),
    "intro": (
        "##\n# @Aa:\n#   Text.\n# @a: x\n##\n{ 'struct': 'Aa', 'data': { 'a': 'int' } }",
        "11.1",
        "11.1",
    ),
    "style": ("##\n# One. Two.\n##\n", "1.0", "10.1"),
}

#: Flags of which older releases accept the same text for another reason.
ALSO = {
    "dedents": ("1.0", "5.1"),
    "intro": ("1.0", "8.2"),
    "feature_names": ("4.1", "4.1"),  # case is looked at since 4.2
    "full_branches": ("1.0", "2.6"),
    "long_members": ("1.0", "2.3"),
}

#: Flags that show elsewhere: in messages, in trees, in results.
ELSEWHERE = {
    "name",
    "release",
    "stray_words",
    "any_top_level",
    "markup",
    "order",
    "default_oob",
    "enum_members",
}


def between(first: str, last: str) -> set[str]:
    return set(RELEASES[RELEASES.index(first) : RELEASES.index(last) + 1])


@pytest.mark.parametrize("flag", TELLING)
def test_flags_tell(flag: str) -> None:
    text, first, last = TELLING[flag]
    accepting = between(first, last)
    if flag in ALSO:
        accepting |= between(*ALSO[flag])
    assert {name for name in RELEASES if not problems(text, name)} == accepting


def test_all_flags_are_looked_at() -> None:
    assert {field.name for field in fields(Dialect)} == set(TELLING) | ELSEWHERE


def test_names() -> None:
    assert len(RELEASES) == 46
    assert set(RELEASES) | {"2018", "modern"} == set(DIALECTS) == set(DIALECT_NAMES)
    assert DIALECTS["2018"] is DIALECTS["2.12"]
    assert DIALECTS["modern"] is DIALECTS[RELEASES[-1]]
    assert all(DIALECTS[dialect.name] is dialect for dialect in DIALECTS.values())


def test_the_release_before() -> None:
    assert [release_before(each) for each in ("10.0", "2.9", "1.0")] == ["9.2", "2.8", "1.0"]


def test_pragmas() -> None:
    assert DIALECTS["2.8"].pragmas == frozenset()
    assert DIALECTS["2018"].pragmas == {"returns-whitelist", "name-case-whitelist"}
    assert DIALECTS["modern"].pragmas == {
        "command-name-exceptions",
        "command-returns-exceptions",
        "documentation-exceptions",
        "member-name-exceptions",
    }
    assert DIALECTS["7.2"].pragmas == DIALECTS["modern"].pragmas - {"documentation-exceptions"}
