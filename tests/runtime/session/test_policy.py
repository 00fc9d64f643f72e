"""Deprecated and unstable things: refused where they come in, hidden where they go out."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.passes.introspect import introspect
from qapigen.runtime.commands import ArgumentsStyle, CommandSpec
from qapigen.runtime.errors import COMMAND_NOT_FOUND, GENERIC_ERROR, QapiError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.policy import CompatPolicy, InputPolicy, OutputPolicy, SchemaPolicy
from tests.compiler.schema_texts import schema_of

SCHEMA = """
{ 'enum': 'Mode', 'data': [ 'new', { 'name': 'old', 'features': [ 'deprecated' ] },
                            { 'name': 'odd', 'features': [ 'unstable', 'other' ] } ] }
{ 'struct': 'Part', 'data': { '*mode': 'Mode', '*more': [ 'Part' ], '*any': 'any',
                              '*gone': { 'type': 'int', 'features': [ 'deprecated' ] } } }
{ 'alternate': 'PartOrName', 'data': { 'part': 'Part', 'name': 'str', 'many': [ 'Part' ] } }
{ 'union': 'Thing', 'base': { 'kind': 'Mode' }, 'discriminator': 'kind',
  'data': { 'new': 'Part', 'odd': 'Plain' } }
{ 'struct': 'Plain', 'data': { '*a': 'int', 'x': { 'type': 'int', 'features': [ 'unstable' ] } } }
{ 'command': 'work', 'returns': 'Part',
  'data': { '*part': 'Part', '*alt': 'PartOrName', '*thing': 'Thing', '*plain': 'Plain' } }
{ 'command': 'raw', 'data': 'Part', 'returns': 'Part', 'gen': false }
{ 'command': 'old-work', 'features': [ 'deprecated' ] }
{ 'command': 'odd-work', 'features': [ 'unstable', 'deprecated' ] }
{ 'command': 'list-things', 'returns': [ 'Thing' ] }
{ 'event': 'DONE', 'data': 'Part' }
{ 'event': 'GONE', 'features': [ 'deprecated' ] }
{ 'event': 'PLAIN', 'data': { 'a': 'int' } }
"""
PRAGMA = "{ 'pragma': { 'command-returns-exceptions': [ 'raw' ] } }"
INFOS = introspect(schema_of({"s.json": PRAGMA + SCHEMA}, "modern"), mask=True)
FEATURES = {info["name"]: tuple(info.get("features", ())) for info in INFOS}
NOW = Timestamp(1, 2)

REJECT = "deprecated-input=reject,unstable-input=reject"
HIDE = "deprecated-output=hide,unstable-output=hide"


def policy(text: str) -> SchemaPolicy:
    return SchemaPolicy(CompatPolicy.parse(text), INFOS)


def spec(name: str, style: ArgumentsStyle = ArgumentsStyle.KEYWORDS) -> CommandSpec:
    features = FEATURES.get(name, ())
    return CommandSpec(name=name, method="x", arguments=style, features=features)


def refusal(text: str, arguments: dict[str, Any]) -> str:
    """How arguments of ``work`` are refused; empty if they are not."""
    try:
        policy(text).check_arguments(spec("work"), arguments)
    except QapiError as error:
        return error.desc if error.error_class == GENERIC_ERROR else "of the wrong class"
    return ""


def test_policies_as_text() -> None:
    assert CompatPolicy.parse("") == CompatPolicy()
    assert CompatPolicy.parse("deprecated-input=reject,unstable-output=hide") == CompatPolicy(
        deprecated_input=InputPolicy.REJECT, unstable_output=OutputPolicy.HIDE
    )
    last = CompatPolicy.parse("unstable-input=reject,unstable-input=crash")
    assert last.unstable_input is InputPolicy.CRASH


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x", "policy: 'x' is none of deprecated-input, deprecated-output, unstable-input"),
        ("deprecated-input", "policy: deprecated-input is one of accept, reject, crash, got ''"),
        ("unstable-output=reject", "policy: unstable-output is one of accept, hide, got 'reject'"),
        ("unstable-input=reject,", "policy: '' is none of"),
    ],
)
def test_policies_that_are_none(text: str, problem: str) -> None:
    with pytest.raises(QapiError) as caught:
        CompatPolicy.parse(text)
    assert caught.value.desc.startswith(problem)


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        ("work", REJECT, False),
        ("old-work", "deprecated-input=reject", True),
        ("old-work", "unstable-input=reject", False),
        ("odd-work", "unstable-input=reject", True),
        ("odd-work", "deprecated-input=reject", True),
        ("old-work", HIDE, False),
        ("old-work", "", False),
    ],
)
def test_commands(name: str, text: str, refused: bool) -> None:
    if not refused:
        policy(text).check_command(spec(name))
        return
    with pytest.raises(QapiError, match=f"command '{name}' is (deprecated|unstable)") as caught:
        policy(text).check_command(spec(name))
    assert caught.value.error_class == COMMAND_NOT_FOUND


OLD = {"mode": "old"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, ""),
        ({"part": {"mode": "new", "more": [{}, {}]}}, ""),
        ({"part": {"gone": 1}}, "parameter 'gone' is deprecated"),
        ({"part": {"more": [{}, {"more": [{"gone": 1}]}]}}, "parameter 'gone' is deprecated"),
        ({"part": OLD}, "value 'old' is deprecated"),
        ({"part": {"mode": "odd"}}, "value 'odd' is unstable"),
        ({"part": {"any": {"gone": 1, "mode": "old"}}}, ""),
        ({"alt": "old"}, ""),
        ({"alt": OLD}, "value 'old' is deprecated"),
        ({"alt": [{}, OLD]}, "value 'old' is deprecated"),
        ({"plain": {"x": 1}}, "parameter 'x' is unstable"),
        ({"thing": {"kind": "new", "gone": 1}}, "parameter 'gone' is deprecated"),
        ({"thing": {"kind": "odd", "x": 1}}, "'odd' is unstable|'x' is unstable"),
    ],
)
def test_arguments(arguments: dict[str, Any], problem: str) -> None:
    found = refusal(REJECT, arguments)
    assert re.search(problem, found) if problem else found == ""
    assert refusal("", arguments) == refusal(HIDE, arguments) == ""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"part": {"gone": "no int"}}, "parameter 'gone' is deprecated"),
        ({"part": {"gone": None, "bogus": 1}, "bogus": 1}, "parameter 'gone' is deprecated"),
        ({"part": {"more": [7, {"gone": []}]}}, "parameter 'gone' is deprecated"),
        ({"thing": {"kind": ["new"], "gone": 1}}, ""),
        ({"part": {"mode": {"old": 1}}}, ""),
        ({"part": {"mode": ["old"]}, "alt": 5, "plain": [{"x": 1}]}, ""),
        ({"bogus": {"gone": 1}}, ""),
    ],
)
def test_arguments_that_break_the_schema(arguments: dict[str, Any], problem: str) -> None:
    """What has a feature is refused all the same; the rest is for those who read it."""
    assert refusal(REJECT, arguments) == (problem and problem + ", which is not accepted here")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["new", "old", "odd"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["part", "alt", "thing", "kind", "mode", "more", "x"]), inner
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["part", "alt", "thing", "plain"]), JSON))
def test_any_arguments_are_refused_or_not(arguments: dict[str, Any]) -> None:
    assert refusal(REJECT, arguments) != "of the wrong class"
    assert refusal("", arguments) == ""


def test_only_what_is_named_is_refused() -> None:
    assert refusal("unstable-input=reject", {"part": {"gone": 1, "mode": "old"}}) == ""
    assert refusal("deprecated-input=reject", {"plain": {"x": 1}}) == ""


def test_raw_arguments_are_the_business_of_the_handler() -> None:
    policy(REJECT).check_arguments(spec("raw", ArgumentsStyle.RAW), {"gone": 1, "mode": 7})


def test_a_command_that_the_schema_does_not_know() -> None:
    both = policy(f"{REJECT},{HIDE}")
    both.check_arguments(spec("new-work"), {"gone": 1})
    assert both.shown_answer(spec("new-work"), {"gone": 1}) == {"gone": 1}
    event = Event("NEWS", {"gone": 1}, NOW)
    assert both.shown_event(event) is event


def test_crash() -> None:
    class Crash(BaseException):
        pass

    def crash() -> None:
        raise Crash

    sharp = SchemaPolicy(CompatPolicy.parse("deprecated-input=crash"), INFOS, crash=crash)
    sharp.check_command(spec("work"))
    with pytest.raises(Crash):
        sharp.check_command(spec("old-work"))
    for value in (1, "no int"):
        with pytest.raises(Crash):
            sharp.check_arguments(spec("work"), {"part": {"gone": value}})


def test_deep_arguments_need_no_recursion() -> None:
    deep: dict[str, Any] = {"gone": 1}
    for _ in range(5000):
        deep = {"more": [deep]}
    assert refusal(REJECT, {"part": deep}).startswith("parameter 'gone' is deprecated")


def test_answers_without_hidden_members() -> None:
    answer = {"gone": 1, "mode": "old", "more": [{"gone": 2, "any": {"gone": 3}}]}
    shown = {"mode": "old", "more": [{"any": {"gone": 3}}]}
    assert policy("").shown_answer(spec("work"), copy.deepcopy(answer)) == answer
    assert (
        policy("unstable-output=hide").shown_answer(spec("work"), copy.deepcopy(answer)) == answer
    )
    assert policy(HIDE).shown_answer(spec("work"), copy.deepcopy(answer)) == shown
    raw = policy(HIDE).shown_answer(spec("raw", ArgumentsStyle.RAW), copy.deepcopy(answer))
    assert raw == answer


def test_branches_of_unions_are_cleaned() -> None:
    answer = [{"kind": "odd", "a": 1, "x": 2}, {"kind": "new", "gone": 1}, {"kind": "old"}]
    shown = [{"kind": "odd", "a": 1}, {"kind": "new"}, {"kind": "old"}]
    assert policy(HIDE).shown_answer(spec("list-things"), answer) == shown


def test_events() -> None:
    done = Event("DONE", {"gone": 1, "mode": "odd"}, NOW)
    assert policy(HIDE).shown_event(done) == Event("DONE", {"mode": "odd"}, NOW)
    assert done.data == {"gone": 1, "mode": "odd"}
    assert policy(HIDE).shown_event(Event("DONE", {"gone": 1}, NOW)) == Event("DONE", None, NOW)
    assert policy(HIDE).shown_event(Event("GONE", None, NOW)) is None
    for event in (Event("PLAIN", {"a": 1}, NOW), Event("DONE", None, NOW)):
        assert policy(HIDE).shown_event(event) is event
    for event in (done, Event("GONE", None, NOW)):
        assert policy(REJECT).shown_event(event) is event


def test_introspection_hides_what_is_deprecated_and_nothing_else() -> None:
    introspection = spec("query-qmp-schema", ArgumentsStyle.NONE)
    before = copy.deepcopy(INFOS)
    shown: Any = policy(HIDE).shown_answer(introspection, INFOS)
    assert before == INFOS
    gone = {info["name"] for info in INFOS} - {info["name"] for info in shown}
    assert gone == {"old-work", "odd-work", "GONE"}
    members = [each["name"] for info in shown for each in info.get("members", ()) if "name" in each]
    assert "gone" not in members
    assert {"old", "odd", "x"} <= set(members)
    assert policy("unstable-output=hide").shown_answer(introspection, INFOS) == before
    assert policy(HIDE).shown_answer(introspection, "no list") == "no list"
