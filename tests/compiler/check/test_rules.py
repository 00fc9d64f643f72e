"""Clashes, cycles and features: what needs a look at several definitions."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import Struct

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

EXCEPTED = "{ 'pragma': { 'member-name-exceptions': ['Ss', 'Ee'] } }\n"
GOOD = (
    "{ 'struct': 'Bb', 'data': { 'a': 'int' } }\n"
    "{ 'struct': 'Ss', 'base': 'Bb', 'data': { 'b': 'int' } }"
)
UNION = (
    "{ 'enum': 'Ee', 'data': ['e'] }\n{ 'struct': 'Ss', 'data': {} }\n"
    "{ 'union': 'Uu', 'base': { 't': 'Ee', C: 'int' }, 'discriminator': 't',\n"
    "  'data': { 'e': 'Ss' } }"
)
BASE = "{ 'struct': 'Bb', 'data': { §'a-b': 'int' } }\n"


def whitelist(*owners: str) -> str:
    names = ", ".join(f"'{owner}'" for owner in owners)
    return f"{{ 'pragma': {{ 'name-case-whitelist': [{names}] }} }}\n"


CASES = [
    # cycles
    Case("E104", "struct Ss", "{ 'struct': «'Ss'», 'base': 'Ss', 'data': {} }", GOOD),
    Case(
        "E104",
        "struct Aa",
        "§{ 'struct': «'Aa'», 'base': 'Bb', 'data': {} }\n"
        "{ 'struct': 'Bb', 'base': 'Cc', 'data': {} }\n"
        "{ 'struct': 'Cc', 'base': 'Aa', 'data': {} }\n"
        "{ 'struct': 'Dd', 'base': 'Aa', 'data': {} }",
        GOOD,
    ),
    Case(
        "E104",
        "union Uu",
        "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'union': «'Uu'», 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'e': 'Uu' } }",
        GOOD,
        MODERN[:1],
    ),
    # clashes
    Case("E115", "struct Ss", "{ 'struct': 'Ss', 'data': { §'a': 'int', «'*a'»: 'int' } }", GOOD),
    Case(
        "E115",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': { §'a_b': 'int', «'a-b'»: 'int' } }",
        GOOD,
        OLD,
    ),
    Case(
        "E115",
        "struct Ss",
        EXCEPTED + "{ 'struct': 'Ss', 'data': { §'a_b': 'int', «'a-b'»: 'int' } }",
        EXCEPTED + "{ 'struct': 'Ss', 'data': { 'a': 'int', 'A': 'int' } }",
        MODERN,
    ),
    Case(
        "E115",
        "struct Ss",
        BASE + "{ 'struct': 'Ss', 'base': 'Bb', 'data': { «'*a-b'»: 'int' } }",
        GOOD,
    ),
    Case(
        "E115",
        "struct Ss",
        BASE + "{ 'struct': 'Mm', 'base': 'Bb', 'data': {} }\n"
        "{ 'struct': 'Ss', 'base': 'Mm', 'data': { 'x': 'int', «'a-b'»: 'int' } }",
        GOOD,
    ),
    Case(
        "E115",
        "enum Ee",
        "{ 'enum': 'Ee', 'data': [ §'a', «'a'» ] }",
        "{ 'enum': 'Ee', 'data': ['a'] }",
    ),
    Case(
        "E115",
        "enum Ee",
        "{ 'enum': 'Ee', 'data': [ §'a-b', «'a_b'» ] }",
        "{ 'enum': 'Ee', 'data': ['a'] }",
        OLD,
    ),
    Case("E115", "command go", "{ 'command': 'go', 'data': { §'a': 'int', «'*a'»: 'str' } }", GOOD),
    Case("E115", "event GO", "{ 'event': 'GO', 'data': { §'a': 'int', «'*a'»: 'str' } }", GOOD),
    Case(
        "E115",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { §'a-b': 'int', «'a_b'»: 'null' } }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
        OLD,
    ),
    Case(
        "E115",
        "union Uu",
        "{ 'union': 'Uu', 'data': { §'a-b': 'int', «'a_b'»: 'int' } }",
        "{ 'union': 'Uu', 'data': { 'a': 'int', 'b': 'int' } }",
        OLD,
    ),
    # upper case, in 2018
    Case(
        "E116",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': { «'*aB'»: 'int' } }",
        whitelist("Ss") + "{ 'struct': 'Ss', 'data': { 'aB': 'int' } }",
        OLD,
        "{ 'pragma': { 'name-case-whitelist': ['Ss'] } }",
    ),
    Case(
        "E116",
        "enum Ee",
        whitelist("Xx") + "{ 'enum': 'Ee', 'data': [ «'A'» ] }",
        whitelist("Ee") + "{ 'enum': 'Ee', 'data': [ 'A' ] }",
        OLD,
        "add 'Ee' to the list of the pragma 'name-case-whitelist'",
    ),
    Case(
        "E116",
        "event GO",
        whitelist("GO") + "{ 'event': 'GO', 'data': { «'A'»: 'int' } }",
        whitelist("q_obj_GO-arg") + "{ 'event': 'GO', 'data': { 'A': 'int' } }",
        OLD,
        "'q_obj_GO-arg'",
    ),
    Case(
        "E116",
        "union Uu",
        UNION.replace("C:", "«'C'»:"),
        whitelist("q_obj_Uu-base") + UNION.replace("C:", "'C':"),
        OLD,
        "'q_obj_Uu-base'",
    ),
    Case(
        "E116",
        "union Uu",
        "{ 'union': 'Uu', 'data': { «'A'»: 'int' } }",
        whitelist("UuKind") + "{ 'union': 'Uu', 'data': { 'A': 'int' } }",
        OLD,
        "'UuKind'",
    ),
    Case(
        "E116",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', «'B'»: 'null' } }",
        whitelist("Aa") + "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'B': 'null' } }",
        OLD,
    ),
    # features
    Case(
        "E117",
        "event GO",
        "{ 'event': 'GO', 'features': [ §'a', «'a'» ] }",
        "{ 'event': 'GO' }",
        MODERN,
    ),
    Case(
        "E117",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': {\n"
        "  'a': { 'type': 'int', 'features': [ §'f', {'name': «'f'»} ] } } }",
        "{ 'struct': 'Ss', 'features': ['f'], 'data': {\n"
        "  'a': { 'type': 'int', 'features': ['f'] } } }",
        MODERN,
    ),
    Case(
        "E117",
        "enum Ee",
        "{ 'enum': 'Ee', 'data': [ { 'name': 'a', 'features': [ §'f', «'f'» ] } ] }",
        "{ 'enum': 'Ee', 'data': [ { 'name': 'a', 'features': [ 'f', 'unstable' ] } ] }",
        MODERN,
    ),
    Case(
        "E118",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': {}, 'features': [ 'a', «'deprecated'» ] }",
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'features': ['deprecated'] } } }",
        MODERN,
    ),
    Case(
        "E118",
        "enum Ee",
        "{ 'enum': 'Ee', 'data': [], 'features': [ «'unstable'» ] }",
        "{ 'command': 'go', 'features': ['unstable', 'deprecated'] }",
        MODERN,
    ),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


def test_a_cycle_is_told_step_by_step() -> None:
    text = "\n".join(
        f"{{ 'struct': '{name}', 'base': '{base}', 'data': {{}} }}"
        for name, base in (("Aa", "Bb"), ("Bb", "Cc"), ("Cc", "Aa"))
    )
    _, (problem,) = compiled(text)
    assert [note.message for note in problem.notes] == [
        "'Aa' holds 'Bb'",
        "'Bb' holds 'Cc'",
        "'Cc' holds 'Aa'",
    ]


def test_a_cycle_through_the_base_of_a_branch() -> None:
    text = (
        "{ 'struct': 'Bb', 'base': 'Cc', 'data': { 't': 'Ee' } }\n"
        "{ 'struct': 'Cc', 'base': 'Bb', 'data': {} }\n"
        "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 't', 'data': { 'e': 'Cc' } }"
    )
    for dialect in BOTH:
        _, problems = compiled(text, dialect)
        assert [(p.code.id, str(p.definition)) for p in problems] == [("E104", "struct 'Bb'")]


def test_members_of_its_own_type_are_no_cycle() -> None:
    accepted("{ 'struct': 'Ss', 'data': { 'a': 'Ss', 'b': ['Ss'] } }")


def test_a_long_chain_of_bases_needs_no_stack() -> None:
    links = [f"{{ 'struct': 'S{i}a', 'base': 'S{i + 1}a', 'data': {{}} }}" for i in range(5000)]
    schema = accepted("\n".join([*links, "{ 'struct': 'S5000a', 'data': { 'm': 'int' } }"]))
    assert isinstance(schema.type("S0a"), Struct)
    _, problems = compiled("\n".join([*links, "{ 'struct': 'S5000a', 'base': 'S0a', 'data': {} }"]))
    assert [p.code.id for p in problems] == ["E104"]
    assert len(problems[0].notes) < 20


def features(count: int) -> str:
    names = ", ".join(f"'f{i}'" for i in range(count))
    return (
        "{ 'struct': 'Ss', 'features': ['deprecat'], 'data': {} }\n"
        f"{{ 'event': 'GO', 'features': [{names}] }}\n"
        "{ 'event': 'LATE', 'features': ['last', 'f0', 'unstable'] }"
    )


def test_there_are_at_most_64_features() -> None:
    accepted(features(60))
    text = features(61)
    _, (problem,) = compiled(text)
    assert (problem.code.id, str(problem.definition)) == ("E119", "event 'LATE'")
    assert problem.focus is not None
    assert text[problem.focus.start : problem.focus.end] == "'last'"


@pytest.mark.parametrize("dialect", BOTH)
def test_all_clashes_are_reported(dialect: str) -> None:
    text = "{ 'struct': 'Ss', 'data': { 'a': 'int', '*a': 'int', 'b': 'int', '*b': 'int' } }"
    _, problems = compiled(text, dialect)
    assert [p.code.id for p in problems] == ["E115", "E115"]
