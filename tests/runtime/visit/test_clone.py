"""Copies of typed values."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, missing_members, unknown_members
from qapigen.runtime.visit import clone, from_wire, to_wire

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
    visit_StrOrNull,
)


def test_a_copy_is_equal_and_shares_nothing() -> None:
    info = RunInfo(
        status=RunState.ACTIVE,
        stats=RunStats(transferred=1, mbps=1.5),
        flags=[FlagStatus(flag=RunState.NONE, state=True)],
        tags=["a"],
        limit=NULL,
        extra={"a": [1, {"b": None}]},
    )
    copy = clone(visit_RunInfo, info)
    assert copy == info
    assert copy is not info
    assert copy.stats is not info.stats
    assert copy.flags is not info.flags
    assert copy.flags is not None
    assert info.flags is not None
    assert copy.flags[0] is not info.flags[0]
    assert copy.tags is not info.tags
    assert copy.extra is not info.extra
    assert copy.limit is NULL
    assert copy.class_ is None


def test_unions_and_alternates_keep_their_classes() -> None:
    payment = PaymentCardChip(amount=1, pin=2)
    copy = clone(visit_Payment, payment)
    assert copy == payment
    assert copy is not payment
    stats = RunStats(transferred=1, mbps=1.5)
    assert clone(visit_Mixed, stats) == stats
    assert clone(visit_Mixed, stats) is not stats
    assert clone(visit_Mixed, True) is True
    assert clone(visit_StrOrNull, NULL) is NULL


def test_what_a_lenient_reading_kept_is_copied_too() -> None:
    wire = {"name": "a", "new": {"x": [1]}, "siblings": [{"name": "b", "newer": None}]}
    node = from_wire(visit_Node, wire, lenient=True)
    copy = clone(visit_Node, node)
    assert to_wire(visit_Node, copy, lenient=True) == wire
    assert unknown_members(copy)["new"] is not unknown_members(node)["new"]
    assert unknown_members(clone(visit_Node, Node(name="a"))) == {}
    info = clone(visit_RunInfo, RunInfo(status=RunState.open("later")))
    assert info.status == RunState.open("later")
    assert isinstance(info.status, RunState)


def test_a_scalar_is_its_own_copy_whatever_its_type() -> None:
    value: Any = RunStats(transferred=1, mbps=1.5)
    value.transferred = "many"
    assert clone(visit_RunStats, value) == value


def test_recursive_values() -> None:
    node = Node(name="a", child=Node(name="b"), siblings=[Node(name="c")])
    assert clone(visit_Node, node) == node


@pytest.mark.parametrize(
    ("visit", "value"),
    [
        (visit_RunInfo, None),
        (visit_RunInfo, {"status": "none"}),
        (visit_Payment, RunStats(transferred=1, mbps=1)),
        (visit_Mixed, NULL),
        (visit_Mixed, None),
    ],
)
def test_what_is_of_another_type_is_not_copied(visit: Any, value: object) -> None:
    with pytest.raises(VisitError):
        clone(visit, value)


def test_the_place_of_what_is_wrong_is_named() -> None:
    nameless: Any = None
    node = Node(name="a", siblings=[Node(name="b"), Node(name=nameless)])
    with pytest.raises(VisitError) as caught:
        clone(visit_Node, node)
    assert caught.value.path == "siblings[1].name"


def test_what_is_missing_is_missing_in_the_copy() -> None:
    node = from_wire(visit_Node, {"siblings": [{"name": "b"}, {}]}, lenient=True)
    copy = clone(visit_Node, node)
    assert copy == node
    assert copy.siblings is not None
    assert [missing_members(each) for each in (copy, *copy.siblings)] == [("name",), (), ("name",)]


def chain(depth: int, *, in_lists: bool) -> Node:
    """Objects inside each other, with a list around each if wanted."""
    node = Node(name="leaf")
    for _ in range(depth - 1):
        node = Node(name="n", siblings=[node]) if in_lists else Node(name="n", child=node)
    return node


def names(node: Node) -> list[str]:
    """What is in a chain, from the outside; to compare it takes no recursion (Python 3.12)."""
    found = [node.name]
    while (inner := node.child or next(iter(node.siblings or ()), None)) is not None:
        node = inner
        found.append(node.name)
    return found


def test_with_room_on_the_stack_the_limit_is_exact() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        for node in (chain(1024, in_lists=False), chain(512, in_lists=True)):
            assert names(clone(visit_Node, node)) == names(node)
        for node in (chain(1025, in_lists=False), chain(513, in_lists=True)):
            with pytest.raises(VisitError, match="nested too deeply"):
                clone(visit_Node, node)
    finally:
        sys.setrecursionlimit(before)


def test_a_cycle_is_an_ordinary_error() -> None:
    loop = Node(name="x")
    loop.child = loop
    with pytest.raises(VisitError, match="nested too deeply"):
        clone(visit_Node, loop)
    loop.child, loop.siblings = None, [loop]
    with pytest.raises(VisitError, match="nested too deeply"):
        clone(visit_Node, loop)
