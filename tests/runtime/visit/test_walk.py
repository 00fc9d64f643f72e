"""The parts of typed values."""

from __future__ import annotations

from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL
from qapigen.runtime.visit import from_wire, visit_any, visit_str, visit_str_list
from qapigen.runtime.visit.walk import walk

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
    visit_RunStats,
)

NOTHING: Any = None


def test_an_object() -> None:
    stats = RunStats(transferred=1, normal_bytes=2, mbps=1.5)
    flag = FlagStatus(flag=RunState.NONE, state=False)
    info = RunInfo(
        status=RunState.ACTIVE, stats=stats, flags=[flag], tags=[], limit=NULL, class_=3,
        extra={"a": [None, {"b.c\n": 0}], "[": 1, "": 2},
    )  # fmt: skip
    extra: Any = info.extra
    assert list(walk(visit_RunInfo, info)) == [
        ("", info),
        ("status", RunState.ACTIVE),
        ("stats", stats),
        ("stats.transferred", 1),
        ("stats.normal-bytes", 2),
        ("stats.mbps", 1.5),
        ("flags", [flag]),
        ("flags[0]", flag),
        ("flags[0].flag", RunState.NONE),
        ("flags[0].state", False),
        ("tags", []),
        ("limit", NULL),
        ("class", 3),
        ("extra", extra),
        ("extra.a", extra["a"]),
        ("extra.a[0]", None),
        ("extra.a[1]", {"b.c\n": 0}),
        ("extra.a[1].b.c\\n", 0),
        ("extra.[", 1),
        ("extra", 2),
    ]


def test_parts_are_the_objects_themselves() -> None:
    node = Node(name="a", siblings=[Node(name="b")])
    parts = dict(walk(visit_Node, node))
    assert node.siblings is not None
    assert parts[""] is node
    assert parts["siblings"] is node.siblings
    assert parts["siblings[0]"] is node.siblings[0]
    assert "child" not in parts


def test_unions_and_alternates() -> None:
    payment = PaymentCardChip(amount=1, pin=2)
    paths = [path for path, _ in walk(visit_Payment, payment)]
    assert paths == ["", "amount", "method", "network", "pin"]
    assert list(walk(visit_Mixed, RunState.ACTIVE)) == [("", RunState.ACTIVE)]
    assert list(walk(visit_Mixed, ["a"])) == [("", ["a"]), ("[0]", "a")]


def test_arrays_and_scalars_at_the_root() -> None:
    assert list(walk(visit_str, "x")) == [("", "x")]
    assert list(walk(visit_str_list, ["x", "y"])) == [("", ["x", "y"]), ("[0]", "x"), ("[1]", "y")]
    assert list(walk(visit_any, [{"a": [1]}]))[-1] == ("[0].a[0]", 1)


def test_scalars_are_not_looked_at() -> None:
    wrong: Any = RunStats(transferred="x", mbps=2)  # type: ignore[arg-type]
    assert ("transferred", "x") in list(walk(visit_RunStats, wrong))


def test_unknown_members_have_no_part() -> None:
    stats = from_wire(visit_RunStats, {"transferred": 1, "mbps": 2, "x": 3}, lenient=True)
    assert [path for path, _ in walk(visit_RunStats, stats)] == ["", "transferred", "mbps"]


def test_missing_members_have_no_part() -> None:
    stats = from_wire(visit_RunStats, {"mbps": 2}, lenient=True)
    assert list(walk(visit_RunStats, stats)) == [("", stats), ("mbps", 2)]


@pytest.mark.parametrize(
    ("visit", "value", "error"),
    [
        (visit_RunStats, None, "expected a RunStats, got nothing"),
        (visit_RunStats, {"a": 1}, "expected a RunStats, got an object"),
        (visit_RunStats, RunStats(transferred=1, mbps=NOTHING), "mbps: expected a value, got nothing"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, flags=[None]), "flags[0]: expected a FlagStatus, got nothing"),  # type: ignore[list-item]
        (visit_RunInfo, RunInfo(status=RunState.NONE, tags="x"), "tags: expected a list, got string 'x'"),  # type: ignore[arg-type]
        (visit_RunInfo, RunInfo(status=RunState.NONE, limit=5), "limit: expected a string or null (StrOrNull), got number 5"),  # type: ignore[arg-type]
        (visit_Payment, Node(name="a"), "expected a Payment, got a Node"),
        (visit_Payment, None, "expected a Payment, got nothing"),
        (visit_any, None, "expected a value, got nothing"),
        (visit_str_list, ["a", None], "[1]: expected a value, got nothing"),
    ],
)  # fmt: skip
def test_a_structure_that_does_not_fit(visit: Any, value: Any, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        walk(visit, value)
    assert caught.value.desc == error


def test_deep_values_are_refused() -> None:
    node = Node(name="x")
    for _ in range(5000):
        node = Node(name="x", child=node)
    with pytest.raises(VisitError, match="too deeply"):
        walk(visit_Node, node)
    cycle: Any = []
    cycle.append(cycle)
    with pytest.raises(VisitError, match="too deeply"):
        walk(visit_any, cycle)


def test_depth_counts_containers() -> None:
    deep: Any = 1
    for _ in range(1024):
        deep = [deep]
    assert len(list(walk(visit_any, deep))) == 1025
    with pytest.raises(VisitError, match="too deeply"):
        walk(visit_any, [deep])
