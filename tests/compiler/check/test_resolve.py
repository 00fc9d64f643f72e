"""Names to types: what is defined twice, what is not defined, what does not fit."""

from __future__ import annotations

import pytest

from qapigen.compiler.diagnostics import MOST_DIAGNOSTICS
from qapigen.compiler.ir import BUILTINS

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

STRUCT = "{ 'struct': 'Ss', 'data': { 's': 'int' } }\n"
ENUM = "{ 'enum': 'Ee', 'data': ['e'] }\n"


def member(type_: str) -> str:
    return f"{{ 'struct': 'Xx', 'data': {{ 'a': {type_} }} }}"


GOOD = STRUCT + "{ 'struct': 'Xx', 'base': 'Ss', 'data': { 'a': 'Xx', '*b': ['Ss'] } }"

CASES = [
    # defined twice
    Case("E062", "command go", "§{ 'command': 'go' }\n{ 'command': «'go'» }", GOOD),
    Case("E062", "enum Ss", f"§{{{STRUCT[1:]}{{ 'enum': «'Ss'», 'data': [] }}", GOOD),
    Case("E063", "command int", "{ 'command': «'int'» }", GOOD),
    Case("E063", "struct QType", "{ 'struct': «'QType'», 'data': {} }", GOOD),
    # not defined
    Case("E101", "struct Xx", member("«'Sss'»"), GOOD, BOTH, "is an include missing?"),
    Case("E101", "struct Xx", member("«''»"), GOOD),
    Case("E101", "struct Xx", STRUCT + member("«'SS'»"), GOOD, BOTH, "did you mean 'Ss'?"),
    Case("E101", "struct Xx", member("«'string'»"), GOOD, BOTH, "did you mean 'str'?"),
    Case("E101", "struct Xx", member("[ «'Tt'» ]"), GOOD),
    Case("E101", "struct Xx", member("«'intList'»"), member("['int']"), BOTH, "['int']"),
    Case("E101", "struct Xx", member("[«'intList'»]"), GOOD),
    Case("E101", "struct Xx", member("«'q_empty'»"), GOOD),
    Case(
        "E101",
        "struct Xx",
        member("«'q_obj_go-arg'»") + "\n{ 'command': 'go', 'data': { 'a': 'int' } }",
        GOOD,
    ),
    Case("E101", "struct Xx", member("{ 'type': «'Tt'» }"), GOOD, MODERN),
    Case("E101", "struct Xx", member("{ 'type': [«'Tt'»] }"), GOOD, MODERN),
    Case("E101", "struct Xx", "{ 'struct': 'Xx', 'base': «'Tt'», 'data': {} }", GOOD),
    Case("E101", "command go", "{ 'command': 'go', 'data': «'Tt'» }", GOOD),
    Case("E101", "command go", "{ 'command': 'go', 'data': { 'a': 'int', '*b': «'Tt'» } }", GOOD),
    Case("E101", "command go", "{ 'command': 'go', 'returns': [ «'Tt'» ] }", GOOD),
    Case("E101", "event GO", "{ 'event': 'GO', 'data': { 'a': [ «'Tt'» ] } }", GOOD),
    Case(
        "E101",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': «'Tt'» } }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
    ),
    Case(
        "E101",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': [«'Tt'»] } }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': ['int'] } }",
        MODERN,
    ),
    Case(
        "E101",
        "union Uu",
        ENUM
        + "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'e': «'Tt'» } }",
        ENUM
        + STRUCT
        + "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'e': 'Ss' } }",
    ),
    Case("E101", "union Uu", "{ 'union': 'Uu', 'data': { 'e': «'Tt'» } }", GOOD, OLD),
    Case("E101", "union Uu", "{ 'union': 'Uu', 'data': { 'e': [«'Tt'»] } }", GOOD, OLD),
    Case(
        "E101",
        "struct Xx",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }\n" + member("«'AaKind'»"),
        GOOD,
    ),
    # no types
    Case("E101", "struct Xx", "§{ 'command': 'go' }\n" + member("«'go'»"), GOOD, MODERN),
    Case("E102", "struct Xx", "§{ 'command': 'go' }\n" + member("«'go'»"), GOOD, OLD),
    Case("E102", "struct Xx", "§{ 'event': 'GO' }\n" + member("[«'GO'»]"), GOOD, OLD),
    # types that do not fit
    Case("E102", "struct Xx", "{ 'struct': 'Xx', 'base': «'int'», 'data': {} }", GOOD, OLD),
    Case("E103", "struct Xx", "{ 'struct': 'Xx', 'base': «'int'», 'data': {} }", GOOD, MODERN),
    Case(
        "E103",
        "struct Xx",
        "§{" + ENUM[1:] + "{ 'struct': 'Xx', 'base': «'Ee'», 'data': {} }",
        GOOD,
        MODERN,
    ),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


@pytest.mark.parametrize("dialect", BOTH)
def test_every_built_in_is_a_type(dialect: str) -> None:
    for name in (*BUILTINS, "QType"):
        accepted(member(f"'{name}'"), dialect)
        accepted(member(f"['{name}']"), dialect)


@pytest.mark.parametrize("dialect", BOTH)
def test_names_may_come_later(dialect: str) -> None:
    accepted(member("'Ss'") + "\n" + STRUCT, dialect)


@pytest.mark.parametrize("dialect", BOTH)
def test_one_name_space_for_all_files(dialect: str) -> None:
    files = {"root.json": "{ 'include': 'sub.json' }\n" + STRUCT, "sub.json": member("'Ss'")}
    schema = accepted(files, dialect)
    assert [(d.name, d.module) for d in schema.definitions] == [
        ("Xx", "sub.json"),
        ("Ss", "root.json"),
    ]
    files["sub.json"] += "\n" + STRUCT
    _, (problem,) = compiled(files, dialect)
    assert (problem.code.id, str(problem.span)) == ("E062", "root.json:2:1")
    assert str(problem.notes[0].span) == "sub.json:2:1"


def test_the_enum_of_a_simple_union_is_a_type() -> None:
    simple = "{ 'union': 'Uu', 'data': { 'a': 'int' } }\n"
    accepted(simple + member("['UuKind']"), "2018")
    accepted(simple + "{ 'alternate': 'Aa', 'data': { 'a': 'UuKind', 'b': 'int' } }", "2018")
    _, problems = compiled(member("'UuKind'"), "2018")
    assert [p.code.id for p in problems] == ["E101"]


def test_the_search_for_similar_names_has_an_end() -> None:
    """Thousands of unknown names cost no thousands of searches."""
    names = [f"'m{i}': 'Unknown{i}'" for i in range(3000)]
    types = [f"{{ 'struct': 'Known{i}', 'data': {{}} }}" for i in range(3000)]
    _, problems = compiled(
        "\n".join([*types, f"{{ 'struct': 'Xx', 'data': {{ {', '.join(names)} }} }}"])
    )
    assert len(problems) == MOST_DIAGNOSTICS
    assert sum("did you mean" in (p.hint or "") for p in problems) < 100
