"""Schemas under a configuration."""

from __future__ import annotations

from qapigen.compiler.backends.facts import facts
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Schema, Symbol
from qapigen.compiler.passes.configure import Broken, configure
from qapigen.compiler.passes.select import KEEP_ALL, NONE_DEFINED, Config
from qapigen.compiler.pipeline import analyze

SCHEMA = """\
##
# @Mode:
#
# @plain: x
#
# @turbo: x
#
# Features:
#
# @shiny: x
#
# Since: 1.0
##
{ 'enum': 'Mode',
  'data': [ 'plain', { 'name': 'turbo', 'if': 'TURBO',
                       'features': [ { 'name': 'shiny', 'if': 'SHINY' } ] } ] }

##
# @Engine:
#
# @mode: x
#
# @boost: x
##
{ 'struct': 'Engine',
  'data': { 'mode': 'Mode',
            '*boost': { 'type': 'int', 'if': { 'all': [ 'TURBO', 'HOT' ] } } } }

{ 'union': 'Car', 'base': { 'kind': 'Mode' }, 'discriminator': 'kind',
  'data': { 'plain': 'Engine', 'turbo': { 'type': 'Engine', 'if': 'HOT' } } }

##
# @race:
#
# Since: 1.0
##
{ 'command': 'race', 'if': { 'not': 'QUIET' } }

{ 'event': 'CRASH', 'if': { 'any': [ 'TURBO', 'HOT' ] } }
"""


def whole() -> Schema:
    analysis = analyze("cars.json", lambda _: SCHEMA, "modern")
    assert analysis.schema is not None, [d.message for d in analysis.diagnostics]
    return analysis.schema


def under(config: Config) -> Schema:
    schema, broken = configure(whole(), config)
    assert broken == ()
    return schema


def rows(schema: Schema) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in facts(schema)["definitions"]}


def test_nothing_decided_changes_nothing() -> None:
    assert facts(under(KEEP_ALL)) == facts(whole())


def test_undefined_symbols_leave_things_out() -> None:
    found = rows(under(NONE_DEFINED))
    assert list(found) == ["Mode", "Engine", "Car", "race"]
    assert found["Mode"]["members"] == [{"name": "plain", "if": None, "features": []}]
    assert [m["name"] for m in found["Engine"]["members"]] == ["mode"]  # type: ignore[attr-defined]
    assert [b["case"] for b in found["Car"]["branches"]] == ["plain"]  # type: ignore[attr-defined]
    assert found["race"]["if"] is None


def test_defined_symbols_make_things_unconditional() -> None:
    found = rows(under(Config(frozenset({"TURBO", "HOT", "SHINY"}))))
    assert found["Mode"]["members"][1] == {  # type: ignore[index]
        "name": "turbo",
        "if": None,
        "features": [{"name": "shiny", "if": None}],
    }
    assert found["Engine"]["members"][1]["if"] is None  # type: ignore[index]
    assert found["CRASH"]["if"] is None
    assert found["race"]["if"] == {"not": "QUIET"}


def test_what_is_left_of_a_condition() -> None:
    schema = under(Config(frozenset({"TURBO"}), frozenset({"SHINY"})))
    (boost,) = [m for d in schema.definitions if d.name == "Engine" for m in d.members[1:]]  # type: ignore[union-attr]
    assert boost.cond == Symbol("HOT")
    assert rows(schema)["Mode"]["members"][1]["features"] == []  # type: ignore[index]


def test_a_branch_whose_value_is_gone_goes_too() -> None:
    found = rows(under(Config(frozenset({"HOT"}), frozenset({"TURBO"}))))
    assert [b["case"] for b in found["Car"]["branches"]] == ["plain"]  # type: ignore[attr-defined]


def test_documentation_follows() -> None:
    schema = under(Config(frozenset({"QUIET"}), frozenset({"TURBO", "HOT", "SHINY"})))
    docs = {doc["symbol"]: doc for doc in facts(schema)["docs"]}
    assert list(docs) == ["Mode", "Engine"]
    assert [each["name"] for each in docs["Mode"]["members"]] == ["plain"]
    assert docs["Mode"]["features"] == []
    assert [each["tag"] for each in docs["Mode"]["sections"]] == ["Since"]
    assert [each["name"] for each in docs["Engine"]["members"]] == ["mode"]


def test_what_uses_something_that_is_gone_is_told() -> None:
    text = (
        "{ 'struct': 'Gone', 'data': {}, 'if': 'X' }\n"
        "{ 'struct': 'User', 'data': { 'a': [ 'Gone' ] } }\n"
        "{ 'struct': 'Careful', 'data': { 'a': { 'type': 'Gone', 'if': 'X' } } }\n"
    )
    analysis = analyze("cars.json", lambda _: text, "modern")
    assert analysis.schema is not None
    _, broken = configure(analysis.schema, NONE_DEFINED)
    assert [(b.definition.name, b.left_out.name if b.left_out else None) for b in broken] == [
        ("User", "Gone")
    ]
    assert isinstance(broken[0], Broken)


def test_the_old_language_has_no_conditions() -> None:
    assert not DIALECTS["2018"].conditions
    analysis = analyze("a.json", lambda _: "{ 'enum': 'Abc', 'data': [ 'a' ] }", "2018")
    assert analysis.schema is not None
    assert facts(configure(analysis.schema, NONE_DEFINED)[0]) == facts(analysis.schema)
