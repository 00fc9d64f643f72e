"""Conditions and features as written."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import All, Any, Not, Symbol

from .cases import MODERN, Case, accepted, assert_bad, compiled, params


def event(cond: str) -> str:
    return f"{{ 'event': 'GO', 'if': {cond} }}"


GOOD = event("{ 'all': [ 'A', { 'any': [ 'B_2', { 'not': 'C' } ] } ] }")


def bad(code: str, cond: str, hint: str | None = None) -> Case:
    return Case(code, "event GO", event(cond), GOOD, MODERN, hint)


CASES = [
    bad("E093", "«['A']»", "{ 'all': [...] }"),
    bad("E093", "«true»"),
    bad("E093", "{ 'not': «['A']» }"),
    bad("E094", "«'defined(A)'»"),
    bad("E094", "«''»"),
    bad("E094", "«'_A'»"),
    bad("E094", "{ 'all': [ 'A', «'a'» ] }"),
    bad("E095", "{ «'or'»: ['A'] }"),
    bad("E095", "{ «'nott'»: 'A' }", "did you mean 'not'?"),
    bad("E096", "«{» }"),
    bad("E096", "«{» 'all': ['A'], 'not': 'A' }"),
    bad("E097", "{ 'any': «'A'» }"),
    bad("E097", "{ 'all': «{ 'not': 'A' }» }"),
    bad("E098", "{ 'any': «[]» }"),
    bad("E098", "{ 'not': { 'all': «[]» } }"),
    Case("E099", "event GO", "{ 'event': 'GO', 'features': «'a'» }", GOOD, MODERN),
    Case("E100", "event GO", "{ 'event': 'GO', 'features': [ «true» ] }", GOOD, MODERN),
    Case("E100", "event GO", "{ 'event': 'GO', 'features': [ «{» 'if': 'A' } ] }", GOOD, MODERN),
    Case(
        "E100",
        "event GO",
        "{ 'event': 'GO', 'features': [ { 'name': 'a', «'ifs'»: 'A' } ] }",
        "{ 'event': 'GO', 'features': [ { 'name': 'a', 'if': 'A' }, 'b' ] }",
        MODERN,
        "did you mean 'if'?",
    ),
]

#: Where a condition may stand: the place of the bad one is marked.
PLACES = [
    ("struct Ss", "{ 'struct': 'Ss', 'data': {}, 'if': «'a'» }"),
    ("struct Ss", "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'if': «'a'» } } }"),
    ("enum Ee", "{ 'enum': 'Ee', 'data': [ { 'name': 'a', 'if': «'a'» } ] }"),
    ("alternate Aa", "{ 'alternate': 'Aa', 'data': { 'a': { 'type': 'int', 'if': «'a'» } } }"),
    ("command go", "{ 'command': 'go', 'features': [ { 'name': 'a', 'if': «'a'» } ] }"),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


@pytest.mark.parametrize(("about", "text"), PLACES)
def test_place(about: str, text: str) -> None:
    assert_bad(Case("E094", about, text, text.replace("«'a'»", "'A'"), MODERN), "modern")


def test_conditions_keep_their_form() -> None:
    (found,) = accepted(GOOD).events
    assert found.cond == All((Symbol("A"), Any((Symbol("B_2"), Not(Symbol("C"))))))


def nested(depth: int) -> str:
    return event("{ 'not': " * depth + "'A'" + " }" * depth)


def test_conditions_may_be_deep_but_not_bottomless() -> None:
    accepted(nested(100))
    _, problems = compiled(nested(101))
    assert [p.code.id for p in problems] == ["E134"]
    assert problems[0].focus is not None
    assert problems[0].focus.start == nested(101).index("'A'") - len("{ 'not': ")


def test_features_keep_their_order() -> None:
    (found,) = accepted("{ 'event': 'GO', 'features': ['b', { 'name': 'a', 'if': 'A' }] }").events
    assert [(f.name, f.cond) for f in found.features] == [("b", None), ("a", Symbol("A"))]


@pytest.mark.parametrize("dialect", ["3.0", "6.1"])
def test_conditions_were_c_text(dialect: str) -> None:
    for cond, expected in (
        ("'defined(A)'", Symbol("A")),
        ("[ 'defined(A)', '!defined(B)' ]", All((Symbol("A"), Not(Symbol("B"))))),
        ("[ 'A > 2' ]", Symbol("A > 2")),
    ):
        assert accepted(event(cond), dialect).definitions[0].cond == expected
    for code, cond in (
        ("E093", "{ 'all': [ 'A' ] }"),
        ("E093", "[ 'A', true ]"),
        ("E094", "[ 'A', ' ' ]"),
        ("E098", "[ ]"),
    ):
        _, problems = compiled(event(cond), dialect)
        assert [problem.code.id for problem in problems] == [code]
