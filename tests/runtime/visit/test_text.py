"""Typed values as text for people."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from qapigen.runtime.model import NULL
from qapigen.runtime.visit import (
    from_wire,
    visit_any,
    visit_bool,
    visit_int,
    visit_null,
    visit_number,
    visit_size,
    visit_str,
    visit_str_list,
)
from qapigen.runtime.visit.text import LINE_LIMIT, STRING_LIMIT, to_text

from ..sample_types import (
    FlagStatus,
    Node,
    PaymentCardChip,
    RunInfo,
    RunState,
    RunStats,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunInfo,
    visit_RunState,
    visit_RunStats,
)
from .drawn_values import TEXT

INFO = RunInfo(
    status=RunState.SET_UP,
    stats=RunStats(transferred=2**40, mbps=1.5),
    flags=[
        FlagStatus(flag=RunState.NONE, state=True),
        FlagStatus(flag=RunState.ACTIVE, state=False),
    ],
    tags=["a b", "true"],
    limit=NULL,
    class_=3,
    extra={"a": [1, {"b": None, "c": []}, [[1, 2], [3]], []], "x y": {}, "": {"e": {"f": ""}}},
)
TEXT_OF_INFO = """\
status: set-up
stats:
  transferred: 1099511627776
  mbps: 1.5
flags:
  - flag: none
    state: true
  - flag: active
    state: false
tags:
  - a b
  - "true"
limit: null
class: 3
extra:
  a:
    - 1
    - b: null
      c: []
    - - - 1
        - 2
      - - 3
    - []
  x y: {}
  "":
    e:
      f: \"\""""


def test_an_object() -> None:
    assert to_text(visit_RunInfo, INFO) == TEXT_OF_INFO


def test_what_is_absent_has_no_line() -> None:
    assert (
        to_text(visit_RunInfo, RunInfo(status=RunState.NONE, tags=[])) == "status: none\ntags: []"
    )


def test_objects_in_arrays() -> None:
    node = Node(
        name="a",
        siblings=[
            Node(name="b", child=Node(name="c"), siblings=[Node(name="d")]),
            Node(name="e", siblings=[]),
        ],
    )
    assert to_text(visit_Node, node) == (
        "name: a\n"
        "siblings:\n"
        "  - name: b\n"
        "    child:\n"
        "      name: c\n"
        "    siblings:\n"
        "      - name: d\n"
        "  - name: e\n"
        "    siblings: []"
    )


def test_unions_and_alternates() -> None:
    text = to_text(visit_Payment, PaymentCardChip(amount=1, pin=2))
    assert text == "amount: 1\nmethod: card\nnetwork: chip\npin: 2"
    assert to_text(visit_Mixed, RunState.ACTIVE) == "active"
    assert to_text(visit_Mixed, ["a"]) == "- a"


@pytest.mark.parametrize(
    ("visit", "value", "text"),
    [
        (visit_str, "x", "x"),
        (visit_int, -5, "-5"),
        (visit_size, 2**64 - 1, "18446744073709551615"),
        (visit_number, 1e30, "1e+30"),
        (visit_number, 3, "3"),
        (visit_bool, False, "false"),
        (visit_null, NULL, "null"),
        (visit_RunState, RunState.X_LOST, "x-lost"),
        (visit_RunState, "active", "active"),
        (visit_str_list, [], "[]"),
        (visit_str_list, ["a", "b"], "- a\n- b"),
        (visit_any, {}, "{}"),
        (visit_any, [{}, [], None], "- {}\n- []\n- null"),
        (visit_any, NULL, "null"),
    ],
)
def test_at_the_root(visit: Any, value: object, text: str) -> None:
    assert to_text(visit, value) == text


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a b",
        "on",
        "null.",
        "a:b",
        "http://x",
        "\u00e9\u4e2d",
        "1a",
        "-x",
        "1.",
        "--5",
        "a-",
        "[",
        "{",
    ]
    + ["[x]", 'a"b', "a\\b", ">", "a<b", "....", "#x", "0x10", "TRUE"],
)
def test_plain_strings(text: str) -> None:
    assert to_text(visit_str, text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", '""'),
        (" a", '" a"'),
        ("a ", '"a "'),
        ("true", '"true"'),
        ("false", '"false"'),
        ("null", '"null"'),
        ("[]", '"[]"'),
        ("{}", '"{}"'),
        ("...", '"..."'),
        ("5", '"5"'),
        ("-1.5e+3", '"-1.5e+3"'),
        ("-", '"-"'),
        ("- a", '"- a"'),
        ("a:", '"a:"'),
        ("a: b", '"a: b"'),
        ('"a', '"\\"a"'),
        ("<nothing>", '"<nothing>"'),
        ("a\nb\t\r", '"a\\nb\\t\\r"'),
        ("a\\\n", '"a\\\\\\n"'),
        ("\x1b[1m", '"\\u001b[1m"'),
        ("\u200b\u00a0", '"\\u200b\\u00a0"'),
        ("\U000e0001", '"\\udb40\\udc01"'),
        ("\udc80", '"\\udc80"'),
    ],
)
def test_strings_in_quotes(text: str, shown: str) -> None:
    assert to_text(visit_str, text) == shown


@given(TEXT)
def test_a_string_is_one_line(text: str) -> None:
    shown = to_text(visit_str, text)
    assert shown.isprintable()
    assert "\n" not in shown


def test_long_strings_are_cut() -> None:
    text = "x" * (STRING_LIMIT + 1)
    assert to_text(visit_str, text) == f'"{"x" * STRING_LIMIT}"... ({STRING_LIMIT + 1} characters)'
    assert to_text(visit_str, text[1:]) == text[1:]
    assert to_text(visit_str, "abcd", string_limit=3) == '"abc"... (4 characters)'
    assert to_text(visit_any, {"abcd": 1}, string_limit=3) == '"abc"... (4 characters): 1'


def test_many_lines_are_cut() -> None:
    lines = to_text(visit_any, list(range(10**6))).split("\n")
    assert lines[-2:] == [f"- {LINE_LIMIT - 1}", "..."]
    assert len(lines) == LINE_LIMIT + 1
    assert (
        to_text(visit_RunInfo, INFO, line_limit=3)
        == "status: set-up\nstats:\n  transferred: 1099511627776\n..."
    )
    assert to_text(visit_str_list, ["a", "b"], line_limit=2) == "- a\n- b"


def test_deep_values_are_cut() -> None:
    node = Node(name="x")
    for _ in range(5000):
        node = Node(name="x", child=node)
    lines = to_text(visit_Node, node).split("\n")
    assert lines[-1].strip() == "..."
    assert len(lines) < 200
    deep: Any = []
    deep.append(deep)
    assert to_text(visit_any, deep) == "- " * 64 + "..."
    assert to_text(visit_any, {"a": deep}).split("\n")[0] == "a:"


def test_what_does_not_fit_is_shown() -> None:
    wrong: Any = RunInfo(
        status=5,  # type: ignore[arg-type]
        stats=Node(name="x"),  # type: ignore[arg-type]
        flags=[None, "x"],  # type: ignore[list-item]
        tags={"a": 1},  # type: ignore[arg-type]
        limit=1.5,  # type: ignore[arg-type]
        class_=True,
        extra=[object(), {5: b""}, 2**200, float("nan")],
    )
    assert to_text(visit_RunInfo, wrong) == (
        "status: <number 5>\n"
        "stats: <a Node>\n"
        "flags:\n"
        "  - <nothing>\n"
        "  - <string 'x'>\n"
        "tags: <an object>\n"
        "limit: <number 1.5>\n"
        "class: <boolean true>\n"
        "extra:\n"
        "  - <a Python object>\n"
        "  - <number 5>: <a Python bytes>\n"
        "  - an integer of 201 bits\n"
        "  - nan"
    )


def test_an_unfinished_object() -> None:
    assert (
        to_text(visit_RunStats, RunStats.__new__(RunStats))
        == "transferred: <nothing>\nmbps: <nothing>"
    )
    assert to_text(visit_RunStats, None) == "<nothing>"
    other: Any = INFO
    assert to_text(visit_Payment, other) == "<a RunInfo>"
    assert to_text(visit_any, None) == "<nothing>"


def test_what_only_a_lenient_reading_knows() -> None:
    answer = {"status": "brand new", "stats": {"transferred": 1, "mbps": 2, "z": {"y": 1}}, "x": []}
    info = from_wire(visit_RunInfo, answer, lenient=True)
    assert to_text(visit_RunInfo, info) == (
        "status: brand new\nstats:\n  transferred: 1\n  mbps: 2\n  z:\n    y: 1\nx: []"
    )
    info = from_wire(visit_RunInfo, {"status": "a\nb"}, lenient=True)
    assert to_text(visit_RunInfo, info) == 'status: "a\\nb"'
