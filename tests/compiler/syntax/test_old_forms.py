"""Forms of QEMU 2.4 and earlier: the same schema in them and in those of 2.9."""

from __future__ import annotations

from typing import Any

import pytest

from qapigen.compiler.backends.facts import facts
from qapigen.compiler.passes.introspect import introspect
from tests.compiler.schema_texts import problems, schema_of, shown

#: A form, the same in that of 2.9, and the last release that has the old one.
PAIRS = {
    "type": ("{ 'type': 'Lamp', 'data': { } }", "{ 'struct': 'Lamp', 'data': { } }", "2.3"),
    "base": (
        "{ 'type': 'Lamp', 'data': { } } { 'type': 'Spot', 'base': 'Lamp', 'data': { } }",
        "{ 'struct': 'Lamp', 'data': { } } { 'struct': 'Spot', 'base': 'Lamp', 'data': { } }",
        "2.3",
    ),
    "gen": ("{ 'command': 'go', 'gen': 'no' }", "{ 'command': 'go', 'gen': false }", "2.3"),
    "gen yes": ("{ 'command': 'go', 'gen': 'yes' }", "{ 'command': 'go' }", "2.3"),
    "response": (
        "{ 'command': 'go', 'success-response': 'no' }",
        "{ 'command': 'go', 'success-response': false }",
        "2.3",
    ),
    "anonymous union": (
        "{ 'union': 'Ref', 'discriminator': { }, 'data': { 'n': 'int', 's': 'bool' } }",
        "{ 'alternate': 'Ref', 'data': { 'n': 'int', 's': 'bool' } }",
        "2.3",
    ),
    "type in a type": (
        "{ 'type': 'Lamp', 'data': { 'on': 'bool', '*in-room': { 'no': 'int' }, 'z': 'int' } }",
        "{ 'struct': 'LampInRoom', 'data': { 'no': 'int' } }"
        "{ 'struct': 'Lamp', 'data': { 'on': 'bool', '*in-room': 'LampInRoom', 'z': 'int' } }",
        "2.3",
    ),
    "types in types of arguments": (
        "{ 'struct': 'GoDownTo', 'data': { } }"
        "{ 'command': 'go_down', 'data': { 'to': { 'house': { 'no': 'int' } } } }",
        "{ 'struct': 'GoDownTo', 'data': { } }"
        "{ 'struct': 'GoDownTo2House', 'data': { 'no': 'int' } }"
        "{ 'struct': 'GoDownTo2', 'data': { 'house': 'GoDownTo2House' } }"
        "{ 'command': 'go_down', 'data': { 'to': 'GoDownTo2' } }",
        "2.3",
    ),
    "text discriminator": (
        "{ 'type': 'Old', 'data': { 'at': { 'x': 'int' } } }"
        "{ 'type': 'Base', 'base': 'Old', 'data': { 'how': 'str', '*c': 'bool' } }"
        "{ 'type': 'Aa', 'data': { 'a': 'int' } }"
        "{ 'union': 'Uu', 'base': 'Base', 'discriminator': 'how', 'data': { 'one': 'Aa' } }",
        "{ 'struct': 'OldAt', 'data': { 'x': 'int' } } { 'struct': 'Old', 'data': { 'at': 'OldAt' } }"
        "{ 'struct': 'Base', 'base': 'Old', 'data': { 'how': 'str', '*c': 'bool' } }"
        "{ 'struct': 'Aa', 'data': { 'a': 'int' } }"
        "{ 'enum': 'UuTag', 'data': [ 'one' ] } { 'struct': 'UuAt', 'data': { 'x': 'int' } }"
        "{ 'union': 'Uu', 'base': { 'at': 'UuAt', 'how': 'UuTag', '*c': 'bool' },"
        " 'discriminator': 'how', 'data': { 'one': 'Aa' } }",
        "2.3",
    ),
    "base without discriminator": (
        "{ 'type': 'Base', 'data': { 'c': 'bool' } }"
        "{ 'union': 'Uu', 'base': 'Base', 'data': { 'one': 'int', 'all': [ 'str' ] } }",
        "{ 'struct': 'Base', 'data': { 'c': 'bool' } }"
        "{ 'struct': 'UuOne', 'data': { 'data': 'int' } }"
        "{ 'struct': 'UuAll', 'data': { 'data': [ 'str' ] } }"
        "{ 'enum': 'UuTag', 'data': [ 'one', 'all' ] }"
        "{ 'union': 'Uu', 'base': { 'c': 'bool', 'type': 'UuTag' }, 'discriminator': 'type',"
        " 'data': { 'one': 'UuOne', 'all': 'UuAll' } }",
        "2.3",
    ),
    "wildcards": (
        "{ 'command': 'go', 'data': { 'a': '**', '*b': 'dict' }, 'returns': 'visitor' }"
        "{ 'event': 'GONE', 'data': { 'a': [ '**' ] } }",
        "{ 'command': 'go', 'data': { 'a': 'any', '*b': 'any' }, 'returns': 'any' }"
        "{ 'event': 'GONE', 'data': { 'a': [ 'any' ] } }",
        "2.4",
    ),
}
BEHIND = {"2.3": "2.4", "2.4": "2.5"}


def meaning(text: str, dialect: str) -> tuple[Any, Any]:
    """The facts without lines and the name of the dialect, and the introspection data."""
    schema = schema_of(text, dialect)
    return _placeless(facts(schema)["definitions"]), introspect(schema)


def _placeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _placeless(part) for key, part in value.items() if key != "line"}
    return [_placeless(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("release", ["1.0", "last"])
def test_both_mean_the_same(pair: str, release: str) -> None:
    old, new, last = PAIRS[pair]
    dialect = last if release == "last" else release
    # As '2.8' has it: pragmas that would excuse what commands return came later.
    assert meaning(old, dialect) == meaning(new, "2.8")
    assert meaning(new, dialect) == meaning(new, "2.8")


@pytest.mark.parametrize("pair", PAIRS)
def test_later_releases_do_not_have_it(pair: str) -> None:
    old, _, last = PAIRS[pair]
    assert problems(old, BEHIND[last]) != ()
    assert problems(old, "modern") != ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ 'type': 'Aa', 'data': { 'a': 'Nope' } }", "unknown-type"),
        ("{ 'type': 'Aa', 'data': { 'a': { 'b': 'Nope' } } }", "unknown-type"),
        ("{ 'type': 'Aa', 'data': [ 'a' ] }", "data-type"),
        ("{ 'type': 'Aa', 'data': { 'a': { 'b': 'int', 'b': 'int' } } }", "duplicate-key"),
        ("{ 'union': 'Uu', 'base': 'Nope', 'data': { 'a': 'int' } }", "simple-union-base"),
        (
            "{ 'type': 'Aa', 'base': 'Aa', 'data': { } }"
            "{ 'union': 'Uu', 'base': 'Aa', 'discriminator': 'x', 'data': { 'a': 'Aa' } }",
            "contains-itself",
        ),
        ("{ 'type': 'Aa', 'data': { } } { 'type': 'Aa', 'data': { } }", "redefined"),
        ("{ 'type': [ ], 'data': { } }", "name-not-string"),
        ("{ 'command': 'go', 'gen': 'maybe' }", "flag-not-false"),
        ("{ 'union': 'Uu', 'discriminator': { }, 'data': { 'a': '**', 'b': 'int' } }", ""),
    ],
)
def test_what_is_wrong_stays_wrong(text: str, found: str) -> None:
    slugs = [each.code.slug for each in problems(text, "2.3")]
    if found:
        assert found in slugs, shown(problems(text, "2.3"))
    else:
        assert slugs


def test_errors_name_the_place_in_the_text() -> None:
    text = "\n{ 'type': 'Aa',\n  'data': { 'a': { 'b': 'Nope' } } }"
    (error,) = problems(text, "1.7")
    assert error.focus is not None
    assert text[error.focus.start : error.focus.end] == "'Nope'"
