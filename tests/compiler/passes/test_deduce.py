"""How a program was built, from what it has."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from qapigen.compiler.ir import All, Not, Schema, Symbol
from qapigen.compiler.passes.compare import Finding, Info, Place, compare
from qapigen.compiler.passes.deduce import conditions, deduced, unexplained
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config
from tests.compiler.passes.builds import BUILDS, TEXT, built
from tests.compiler.schema_texts import schema_of


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT, "modern")


def compared(schema: Schema, live: list[Info]) -> list[Finding]:
    return compare(introspect(schema, mask=False), live)


def judge(schema: Schema, symbols: set[str]) -> Config:
    """A build is explained, and the configuration leads to it."""
    live = built(schema, symbols)
    findings, conds = compared(schema, live), conditions(schema)
    assert unexplained(findings, conds) == []
    config, wrong = deduced(findings, conds)
    assert wrong == []
    assert config.defined <= symbols and not config.undefined & symbols
    ours = introspect(schema, mask=False, config=config)
    assert not [each for each in compare(ours, live) if each.differs]
    return config


@pytest.mark.parametrize("symbols", BUILDS, ids=lambda symbols: "".join(sorted(symbols)))
def test_conditions_explain_a_build(schema: Schema, symbols: set[str]) -> None:
    assert any(each.differs for each in compared(schema, built(schema, symbols)))
    judge(schema, symbols)


def test_all_builds(schema: Schema) -> None:
    for number in range(2**7):
        judge(schema, {name for at, name in enumerate("ABCLPQS") if number >> at & 1})


def test_several_symbols(schema: Schema) -> None:
    """Which of two is missing nobody knows; that both are not there is known."""
    config = judge(schema, {"P", "A"})
    assert config.failing == {All((Symbol("P"), Symbol("Q")))}
    assert not {"P", "Q"} & (config.defined | config.undefined)


SIMPLE = """
{ 'command': 'go', 'data': { 'how': 'How' } }
{ 'union': 'How', 'data': { 'slow': 'str', 'fast': { 'type': 'int', 'if': 'FAST' } } }
"""


@pytest.mark.parametrize("symbols", [set(), {"FAST"}])
def test_simple_unions(symbols: set[str]) -> None:
    """The values of their tags have the conditions of the branches."""
    config = judge(schema_of(SIMPLE, "4.2"), symbols)
    assert config.defined == symbols


def test_every_condition_has_a_place() -> None:
    text = """
    { 'command': 'go', 'if': 'A', 'features': [ { 'name': 'f', 'if': 'B' } ],
      'data': { 'm': { 'type': 'Ss', 'if': 'C', 'features': [ { 'name': 'f', 'if': 'D' } ] } } }
    { 'struct': 'Ss', 'if': 'E', 'base': 'Bb', 'data': { 'm': { 'type': 'Uu', 'if': 'F' } } }
    { 'struct': 'Bb', 'data': { 'b': { 'type': ['Aa'], 'if': 'G' } } }
    { 'enum': 'Ee', 'data': [ { 'name': 'v', 'if': 'H', 'features': [ { 'name': 'f', 'if': 'I' } ] }, 'w' ] }
    { 'union': 'Uu', 'base': { 't': 'Ee', 'x': { 'type': 'int', 'if': 'J' } }, 'discriminator': 't',
      'data': { 'w': { 'type': 'Bb', 'if': 'K' } } }
    { 'alternate': 'Aa', 'data': { 'e': { 'type': 'Ee', 'if': 'L' }, 'u': { 'type': 'Uu', 'if': 'M' },
      'i': { 'type': 'int', 'if': 'N' }, 'l': { 'type': ['str'], 'if': 'O' } } }
    { 'event': 'EV', 'if': { 'not': 'P' }, 'data': { 'm': { 'type': 'int', 'if': 'Q' } } }
    """
    schema = schema_of(text, "7.2")
    findings = compared(schema, introspect(schema))
    places = {each.place for each in findings}
    conds = conditions(schema)
    unseen = {str(place) for place in conds if place not in places}
    assert unseen == {"Ss"}  # types are seen where they are used
    config, wrong = deduced(findings, conds)
    assert config.defined == set("ABCDFGHIJKLMNOQ") and config.undefined == {"P"} and wrong == []
    for letter in "ABCDFGHIJKLMNOQ":
        judge(schema, set("ABCDEFGHIJKLMNOQ") - {letter})


def test_what_is_there_counts_more(schema: Schema) -> None:
    """A program of another release may lack a thing whose condition holds."""
    live = copy.deepcopy(built(schema, {"A", "S"}))
    drop = next(info for info in live if info["meta-type"] == "enum")
    drop["members"] = [row for row in drop["members"] if row["name"] != "y"]
    drop["values"].remove("y")
    findings, conds = compared(schema, live), conditions(schema)
    config, wrong = deduced(findings, conds)
    assert "A" in config.defined
    assert Place("Ee", "value", "y") in {each.place for each in wrong}


@pytest.mark.parametrize(
    ("ours", "live", "problem", "is_odd"),
    [
        (True, True, "", False),
        (True, False, "", False),
        (False, True, "", True),
        (True, True, "optional", True),
    ],
)
def test_what_a_condition_allows_for(ours: bool, live: bool, problem: str, is_odd: bool) -> None:
    finding = Finding(Place("x"), ours, live, problem)
    assert bool(unexplained([finding], {Place("x"): Symbol("A")})) is is_odd
    assert bool(unexplained([finding], {})) is finding.differs


def facts(*rows: tuple[Any, bool]) -> tuple[list[Finding], dict[Place, Any]]:
    findings = [Finding(Place(str(at)), live=there) for at, (_, there) in enumerate(rows)]
    return findings, {Place(str(at)): cond for at, (cond, _) in enumerate(rows)}


A, B, C = Symbol("A"), Symbol("B"), Symbol("C")


def test_one_fact_leads_to_the_next() -> None:
    config, wrong = deduced(*facts((All((A, Not(B), C)), False), (Not(B), True), (A, True)))
    assert (config.defined, config.undefined, wrong) == ({"A"}, {"B", "C"}, [])


def test_the_order_of_facts_does_not_matter() -> None:
    rows = [(All((A, B)), True), (All((A, Not(C))), False), (Not(A), False), (All((B, C)), True)]
    expected = deduced(*facts(*rows))[0]
    for seed in range(10):
        random.Random(seed).shuffle(rows)
        assert deduced(*facts(*rows))[0] == expected
    assert expected == Config(frozenset("ABC"))
