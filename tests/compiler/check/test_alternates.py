"""Alternates: what JSON can tell apart."""

from __future__ import annotations

import pytest

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

TYPES = (
    "{ 'struct': 'Ss', 'data': {} }\n"
    "{ 'struct': 'Tt', 'data': {} }\n"
    "{ 'enum': 'Plain', 'data': ['auto', 'true', 'null'] }\n"
    "{ 'enum': 'Switch', 'data': ['auto', 'on'] }\n"
    "{ 'enum': 'Off', 'data': ['off'] }\n"
    "{ 'enum': 'Digit', 'data': ['2x'] }\n"
    "{ 'alternate': 'Alt', 'data': { 'i': 'int', 'n': 'null' } }\n"
)


def alternate(*types: str) -> str:
    data = ", ".join(f"'{'abc'[i]}': {type_}" for i, type_ in enumerate(types))
    return f"{TYPES}{{ 'alternate': 'Aa', 'data': {{ {data} }} }}"


GOOD = alternate("'int'", "'Ss'")


def clash(first: str, second: str, dialects: tuple[str, ...] = BOTH) -> Case:
    text = alternate(first, f"«{second}»").replace("{ 'a':", "{ §'a':")
    return Case("E114", "alternate Aa", text, GOOD, dialects)


CASES = [
    Case("E113", "alternate Aa", alternate("'int'", "«'any'»"), GOOD),
    Case(
        "E113",
        "alternate Aa",
        alternate("'bool'", "«'Alt'»").replace("{ 'alternate': 'Alt'", "§{ 'alternate': 'Alt'"),
        GOOD,
        MODERN,
    ),
    Case(
        "E102",
        "alternate Aa",
        alternate("'bool'", "«'Alt'»").replace("{ 'alternate': 'Alt'", "§{ 'alternate': 'Alt'"),
        GOOD,
        OLD,
    ),
    clash("'int'", "'number'"),
    clash("'size'", "'uint8'"),
    clash("'Ss'", "'Tt'"),
    clash("'Plain'", "'Off'"),
    clash("'str'", "'bool'"),
    clash("'int'", "'str'"),
    clash("'str'", "'Plain'"),
    clash("'Switch'", "'bool'"),
    clash("'bool'", "'Off'"),
    clash("'Digit'", "'int'"),
    clash("'QType'", "'int'", OLD),
    clash("'QType'", "'Plain'"),
]

FINE = [
    ("'str'", "'null'"),
    ("'str'", "'Ss'"),
    ("'Plain'", "'int'", "'bool'"),
    ("'Switch'", "'int'"),
    ("'Digit'", "'bool'"),
    ("'int'", "'bool'", "'Tt'"),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("types", FINE, ids=", ".join)
def test_told_apart(types: tuple[str, ...], dialect: str) -> None:
    accepted(alternate(*types), dialect)


def test_arrays_are_a_form_of_their_own() -> None:
    accepted(alternate("['int']", "'int'", "'Ss'"))
    accepted(alternate("['any']", "'int'"))
    _, problems = compiled(alternate("['int']", "['str']"))
    assert [p.code.id for p in problems] == ["E114"]


def test_the_json_types_are_a_plain_enum_in_modern() -> None:
    accepted(alternate("'QType'", "'int'"))


def test_one_alternative_is_enough_in_modern() -> None:
    accepted(alternate("'int'"))


def test_conditions_do_not_tell_apart() -> None:
    text = alternate("{ 'type': 'int', 'if': 'A' }", "{ 'type': 'int', 'if': { 'not': 'A' } }")
    _, problems = compiled(text)
    assert [p.code.id for p in problems] == ["E114"]


def test_the_message_says_what_both_can_be() -> None:
    _, (problem,) = compiled(alternate("'Switch'", "'bool'"))
    assert problem.message.endswith("both can be a boolean")
