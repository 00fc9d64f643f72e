"""What commands and events take, and what commands return."""

from __future__ import annotations

import pytest

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

TYPES = (
    "{ 'enum': 'Ee', 'data': ['e'] }\n"
    "{ 'struct': 'Ss', 'data': { 's': 'int' } }\n"
    "{ 'struct': 'None', 'data': {} }\n"
    "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'e': 'Ss' } }\n"
    "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }\n"
)
CONDITIONAL = "{ 'struct': 'Cc', 'data': { §'c': { 'type': 'int', 'if': 'C' } } }\n"
EXCEPTED = "{ 'pragma': { 'command-returns-exceptions': ['go'] } }\n"
LISTED = "{ 'pragma': { 'returns-whitelist': ['go'] } }\n"

GOOD = TYPES + "{ 'command': 'go', 'data': 'Ss', 'returns': 'Uu' }\n{ 'event': 'GO', 'data': 'Ss' }"
BOXED = (
    TYPES + "{ 'command': 'go', 'data': 'Uu', 'boxed': true }\n"
    "{ 'event': 'GO', 'data': 'Uu', 'boxed': true }"
)


def noted(name: str, text: str) -> str:
    """A text after the types, of which ``name`` is the related one."""
    start = TYPES.index(f"'{name}', ")
    start = TYPES.rindex("{", 0, start)
    return f"{TYPES[:start]}§{TYPES[start:]}{text}"


COMMAND = "{{ 'command': 'go', 'data': «'{}'» }}"
EVENT = "{{ 'event': 'GO', 'data': «'{}'» }}"
RETURNS = "{{ 'command': 'go', 'returns': {} }}"

CASES = [
    # data, modern
    Case("E120", "command go", TYPES + COMMAND.format("int"), GOOD, MODERN),
    Case("E120", "command go", noted("Aa", COMMAND.format("Aa")), GOOD, MODERN),
    Case(
        "E120",
        "command go",
        noted("Aa", "{ 'command': 'go', 'data': «'Aa'», 'boxed': true }"),
        BOXED,
        MODERN,
    ),
    Case("E121", "command go", noted("Uu", COMMAND.format("Uu")), BOXED, MODERN, "'boxed': true"),
    Case("E124", "event GO", noted("Ee", EVENT.format("Ee")), GOOD, MODERN),
    Case("E125", "event GO", noted("Uu", EVENT.format("Uu")), BOXED, MODERN, "'boxed': true"),
    # data, 2018
    Case("E102", "command go", TYPES + COMMAND.format("int"), GOOD, OLD),
    Case("E102", "event GO", noted("Ee", EVENT.format("Ee")), GOOD, OLD),
    Case("E102", "command go", noted("Uu", COMMAND.format("Uu")), BOXED, OLD, "'boxed': true"),
    Case(
        "E102",
        "event GO",
        noted("Aa", EVENT.format("Aa")),
        TYPES + "{ 'event': 'GO', 'data': 'Aa', 'boxed': true }",
        OLD,
    ),
    Case(
        "E127",
        "command go",
        noted("None", "{ 'command': 'go', 'data': «'None'», 'boxed': true }"),
        BOXED,
        OLD,
    ),
    Case(
        "E127",
        "event GO",
        noted("None", "{ 'event': 'GO', 'data': «'None'», 'boxed': true }"),
        BOXED,
        OLD,
    ),
    # conditions
    Case(
        "E122",
        "command go",
        "{ 'command': 'go', 'data': { 'a': 'int', «'b'»: { 'type': 'int', 'if': 'B' } } }",
        GOOD,
        MODERN[:1],
        "a named type",
    ),
    Case(
        "E122",
        "command go",
        CONDITIONAL
        + "{ 'struct': 'Dd', 'base': 'Cc', 'data': {} }\n{ 'command': 'go', 'data': «'Dd'» }",
        CONDITIONAL.replace("§", "") + "{ 'command': 'go', 'data': 'Cc', 'boxed': true }",
        MODERN[:1],
    ),
    Case(
        "E126",
        "event GO",
        "{ 'event': 'GO', 'data': { «'b'»: { 'type': 'int', 'if': 'B' } } }",
        GOOD,
        MODERN[:1],
    ),
    Case(
        "E126",
        "event GO",
        CONDITIONAL + "{ 'event': 'GO', 'data': «'Cc'» }",
        CONDITIONAL.replace("§", "") + "{ 'event': 'GO', 'data': 'Cc', 'boxed': true }",
        MODERN[:1],
        "'boxed': true would",
    ),
    # what commands return
    Case(
        "E123",
        "command go",
        RETURNS.format("«'int'»"),
        EXCEPTED + RETURNS.format("'int'"),
        MODERN,
        "{ 'pragma': { 'command-returns-exceptions': ['go'] } }",
    ),
    Case(
        "E123",
        "command go",
        noted("Aa", RETURNS.format("[«'Aa'»]")),
        TYPES + EXCEPTED + RETURNS.format("['Aa']"),
        MODERN,
    ),
    Case(
        "E102",
        "command go",
        RETURNS.format("«'int'»"),
        LISTED + RETURNS.format("'int'"),
        OLD,
        "'returns-whitelist': ['go']",
    ),
    Case(
        "E102",
        "command go",
        noted("Ee", RETURNS.format("[«'Ee'»]")),
        TYPES + LISTED + RETURNS.format("['Ee']"),
        OLD,
    ),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


@pytest.mark.parametrize("returns", ["'Ss'", "['Ss']", "'Uu'", "['Uu']"])
@pytest.mark.parametrize("dialect", BOTH)
def test_objects_may_be_returned(returns: str, dialect: str) -> None:
    accepted(TYPES + RETURNS.format(returns), dialect)


def test_an_empty_type_may_be_boxed_in_modern() -> None:
    accepted(TYPES + "{ 'command': 'go', 'data': 'None', 'boxed': true }")


def test_a_union_is_never_empty() -> None:
    accepted(BOXED, "2018")


def test_one_problem_for_all_conditional_arguments() -> None:
    text = (
        "{ 'command': 'go', 'data': { 'a': { 'type': 'int', 'if': 'A' },"
        " 'b': { 'type': 'int', 'if': 'B' } } }"
    )
    _, (problem,) = compiled(text)
    assert problem.message == "command 'go' is not boxed, but has a condition on 'a', 'b'"
