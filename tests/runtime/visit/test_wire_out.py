"""Writing JSON values: the order and shape of objects, and what must never go out."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from qapigen.runtime import codec
from qapigen.runtime.codec import dumps
from qapigen.runtime.errors import VisitError
from qapigen.runtime.marshalling import encode
from qapigen.runtime.model import NULL, keep_unknown_members
from qapigen.runtime.visit import builtin, from_wire, to_wire

from ..sample_types import (
    CardNetwork,
    FlagStatus,
    Node,
    PaymentCardChip,
    PaymentCardPaper,
    PaymentCash,
    PaymentMethod,
    PaymentVoucher,
    RunInfo,
    RunState,
    RunStats,
    TransportKind,
    TransportUnix,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunInfo,
    visit_RunStats,
    visit_StrOrNull,
    visit_Transport,
)


def refused(visit: Any, value: object, **options: bool) -> str:
    """The error text of a value that must not go out."""
    with pytest.raises(VisitError) as caught:
        to_wire(visit, value, "return", **options)
    return caught.value.desc


def test_members_are_in_the_order_of_the_schema() -> None:
    info = RunInfo(
        extra=NULL,
        status=RunState.SET_UP,
        class_=3,
        limit=NULL,
        flags=[FlagStatus(state=False, flag=RunState.NONE)],
        stats=RunStats(mbps=1.0, transferred=2),
        tags=["a"],
    )
    assert dumps(to_wire(visit_RunInfo, info)) == (
        '{"status": "set-up", "stats": {"transferred": 2, "mbps": 1.0}, '
        '"flags": [{"flag": "none", "state": false}], "tags": ["a"], "limit": null, '
        '"class": 3, "extra": null}'
    )


def test_absent_members_are_left_out() -> None:
    assert to_wire(visit_RunInfo, RunInfo(status=RunState.NONE)) == {"status": "none"}


def test_the_result_is_independent_of_the_value() -> None:
    extra: dict[str, Any] = {"list": [1]}
    info = RunInfo(status=RunState.NONE, tags=["a"], extra=extra)
    wire = to_wire(visit_RunInfo, info)
    extra["list"].append(2)
    assert info.tags is not None
    info.tags.append("b")
    assert wire == {"status": "none", "tags": ["a"], "extra": {"list": [1]}}


def wrong(cls: type[Any], **values: object) -> Any:
    """An object whose members are not of their types."""
    return cls(**values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "return: expected a RunInfo, got nothing"),
        ({"status": "none"}, "return: expected a RunInfo, got an object"),
        (RunStats(transferred=1, mbps=1), "return: expected a RunInfo, got a RunStats"),
        (wrong(RunInfo, status=None), "return.status: expected a RunState, got nothing"),
        (wrong(RunInfo, status=1), "return.status: expected a RunState, got number 1"),
        (wrong(RunInfo, status="lost"), "return.status: expected one of 'none', "),
        (
            wrong(RunInfo, status=TransportKind.INET),
            "return.status: expected a RunState, got string 'inet'",
        ),
        (
            RunInfo(status=RunState.NONE, stats=wrong(RunStats, transferred=1.0, mbps=1)),
            "return.stats.transferred: expected an integer, got number 1.0",
        ),
        (
            RunInfo(status=RunState.NONE, stats=wrong(RunStats, transferred=1, mbps=float("nan"))),
            "return.stats.mbps: expected a finite number, got number nan",
        ),
        (
            RunInfo(status=RunState.NONE, flags=[wrong(FlagStatus, flag="none", state=1)]),
            "return.flags[0].state: expected a boolean, got number 1",
        ),
        (wrong(RunInfo, status="none", tags="abc"), "return.tags: expected a list, got string"),
        (wrong(RunInfo, status="none", tags=[None]), "return.tags[0]: expected a string, got noth"),
        (
            RunInfo(status=RunState.NONE, class_=-1),
            "return.class: expected an integer from 0 to 255, got number -1",
        ),
        (wrong(RunInfo, status="none", limit=5), "return.limit: expected a string or null"),
        (
            RunInfo(status=RunState.NONE, extra={"a": [1, {"b": object()}]}),
            "return.extra.a[1].b: expected a JSON value, got a Python object",
        ),
        (RunInfo(status=RunState.NONE, extra={"a": {1: 2}}), "return.extra.a: expected member na"),
        (RunInfo(status=RunState.NONE, extra=[float("inf")]), "return.extra[0]: expected a finite"),
        (RunInfo(status=RunState.NONE, extra=["\ud800"]), "return.extra[0]: expected a string wi"),
        (RunInfo(status=RunState.NONE, extra={"\ud800": 1}), "return.extra: expected a string wi"),
    ],
)
def test_what_must_not_go_out(value: object, text: str) -> None:
    assert refused(visit_RunInfo, value).startswith(text)


def test_a_missing_member_is_left_out_by_lenient_writing_alone() -> None:
    stats = from_wire(visit_RunStats, {"mbps": 1.5, "new": 1}, lenient=True)
    assert refused(visit_RunStats, stats) == "return: member 'transferred' is missing"
    assert to_wire(visit_RunStats, stats, lenient=True) == {"mbps": 1.5, "new": 1}
    stats.transferred = 7
    assert to_wire(visit_RunStats, stats) == {"transferred": 7, "mbps": 1.5}


def test_the_plain_string_of_an_enum_value_is_as_good() -> None:
    assert to_wire(visit_RunInfo, wrong(RunInfo, status="active")) == {"status": "active"}


def test_an_open_value_goes_out_only_leniently() -> None:
    info = RunInfo(status=RunState.open("later"))
    text = refused(visit_RunInfo, info)
    assert text.startswith("return.status: expected one of 'none', ")
    assert text.endswith("got string 'later'")
    wire: Any = to_wire(visit_RunInfo, info, lenient=True)
    assert wire == {"status": "later"}
    assert type(wire["status"]) is str
    text = refused(visit_RunInfo, RunInfo(status=RunState.open("\udfff")), lenient=True)
    assert text.startswith("return.status: expected a string without lone surrogates")
    known = RunInfo(status=RunState.open("active"))
    assert to_wire(visit_RunInfo, known) == {"status": "active"}


def test_a_string_that_the_enum_does_not_know_is_refused_even_leniently() -> None:
    value = wrong(RunInfo, status="later")
    assert refused(visit_RunInfo, value, lenient=True).startswith("return.status: expected one of")
    value = wrong(RunInfo, status=TransportKind.open("later"))
    text = "return.status: expected a RunState, got string 'later'"
    assert refused(visit_RunInfo, value, lenient=True) == text


def test_unknown_members_go_out_only_leniently_and_last() -> None:
    stats = RunStats(transferred=1, mbps=1.5)
    keep_unknown_members(stats, {"newer": [None], "mbps": 9})
    info = RunInfo(status=RunState.NONE, stats=stats)
    keep_unknown_members(info, {"new": None})
    assert to_wire(visit_RunInfo, info) == {
        "status": "none",
        "stats": {"transferred": 1, "mbps": 1.5},
    }
    # What the class knows by now is not taken from there.
    assert dumps(to_wire(visit_RunInfo, info, lenient=True)) == (
        '{"status": "none", "stats": {"transferred": 1, "mbps": 1.5, "newer": [null]}, "new": null}'
    )


def test_unknown_members_of_unions_go_out_as_well() -> None:
    payment = PaymentCash(amount=1, given=2)
    keep_unknown_members(payment, {"new": {"a": 1}})
    wire: Any = to_wire(visit_Payment, payment, lenient=True)
    assert wire["new"] == {"a": 1}
    wire["new"]["a"] = 2
    again: Any = to_wire(visit_Payment, payment, lenient=True)
    assert again["new"] == {"a": 1}


@pytest.mark.parametrize(
    ("unknown", "text"),
    [
        ({"new": [object()]}, "return.stats.new[0]: expected a JSON value, got a Python object"),
        ({"new": float("nan")}, "return.stats.new: expected a finite number"),
        ({1: 2}, "return.stats: expected member names that are strings, got number 1"),
        ({"\ud800": 2}, "return.stats: expected a string without lone surrogates"),
    ],
)
def test_unknown_members_are_checked_too(unknown: Any, text: str) -> None:
    stats = RunStats(transferred=1, mbps=1.5)
    keep_unknown_members(stats, unknown)
    value = RunInfo(status=RunState.NONE, stats=stats)
    assert refused(visit_RunInfo, value, lenient=True).startswith(text)
    assert to_wire(visit_RunInfo, value)


def test_unknown_members_count_as_levels_of_nesting() -> None:
    deep: object = 1
    for _ in range(1023):
        deep = [deep]
    stats = RunStats(transferred=1, mbps=1.5)
    keep_unknown_members(stats, {"new": deep})
    assert to_wire(visit_RunStats, stats, lenient=True)
    info = RunInfo(status=RunState.NONE, stats=stats)
    assert "nested too deeply" in refused(visit_RunInfo, info, lenient=True)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (PaymentCash(amount=1, given=2), '{"amount": 1, "method": "cash", "given": 2}'),
        (PaymentVoucher(amount=1, note="x"), '{"amount": 1, "method": "voucher", "note": "x"}'),
        (
            PaymentCardChip(amount=1, pin=2),
            '{"amount": 1, "method": "card", "network": "chip", "pin": 2}',
        ),
        (
            PaymentCardPaper(amount=1),
            '{"amount": 1, "method": "card", "network": "paper"}',
        ),
    ],
)
def test_unions_are_flat(value: Any, wire: str) -> None:
    assert dumps(to_wire(visit_Payment, value)) == wire


def tagged(obj: Any, **tags: object) -> Any:
    """The object with other tags than those of its class."""
    for name, value in tags.items():
        setattr(obj, name, value)
    return obj


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "return: expected a Payment, got nothing"),
        (RunStats(transferred=1, mbps=1), "return: expected a Payment, got a RunStats"),
        (
            tagged(PaymentCash(amount=1, given=1), method=PaymentMethod.CARD),
            "return.method: expected 'cash', got string 'card'",
        ),
        (
            tagged(PaymentCash(amount=1, given=1), method=None),
            "return.method: expected 'cash', got nothing",
        ),
        (
            tagged(PaymentCardChip(amount=1, pin=1), network=CardNetwork.PAPER),
            "return.network: expected 'chip', got string 'paper'",
        ),
        (
            wrong(PaymentCash, amount="x", given=1),
            "return.amount: expected an integer, got string 'x'",
        ),
    ],
)
def test_unions_must_fit_their_tags(value: object, text: str) -> None:
    assert refused(visit_Payment, value) == text


def test_simple_unions() -> None:
    assert to_wire(visit_Transport, TransportUnix(data="/x")) == {"type": "unix", "data": "/x"}


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (RunState.ACTIVE, "active"),
        (5, 5),
        (True, True),
        (RunStats(transferred=1, mbps=1.5), {"transferred": 1, "mbps": 1.5}),
        (["a"], ["a"]),
    ],
)
def test_alternates_are_bare(value: Any, wire: object) -> None:
    result = to_wire(visit_Mixed, value)
    assert result == wire
    assert type(result) is type(wire)


@pytest.mark.parametrize("value", [None, NULL, {"transferred": 1, "mbps": 1}, (), object()])
def test_an_alternate_needs_a_branch_for_the_value(value: object) -> None:
    assert refused(visit_Mixed, value).startswith("return: expected a string or a number or")


def test_an_alternates_branch_is_strict() -> None:
    assert refused(visit_Mixed, 1.5).startswith("return: expected an integer")
    assert refused(visit_Mixed, Node(name="x")).startswith("return: expected a RunStats")


def test_string_or_null() -> None:
    assert to_wire(visit_StrOrNull, NULL) is None
    assert to_wire(visit_StrOrNull, "") == ""


def chain(depth: int) -> Node:
    node = Node(name="leaf")
    for _ in range(depth - 1):
        node = Node(name="n", child=node)
    return node


def in_lists(depth: int) -> Node:
    """Objects inside each other with an array around each; an empty array in the innermost."""
    node = Node(name="leaf", siblings=[])
    for _ in range(depth - 1):
        node = Node(name="n", siblings=[node])
    return node


@pytest.mark.parametrize("depth", [1025, 100_000])
def test_a_value_that_is_too_deep_is_an_ordinary_error(depth: int) -> None:
    with pytest.raises(VisitError, match="nested too deeply"):
        to_wire(visit_Node, chain(depth))


def test_with_room_on_the_stack_the_limit_is_exact() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        wire = to_wire(visit_Node, chain(1024))
        for node in (chain(1025), in_lists(513)):
            with pytest.raises(VisitError, match="nested too deeply"):
                to_wire(visit_Node, node)
        to_wire(visit_Node, in_lists(512))
    finally:
        sys.setrecursionlimit(before)
    assert dumps(wire).count("{") == 1024


def test_a_cycle_is_an_ordinary_error() -> None:
    loop = Node(name="x")
    loop.siblings = [loop]
    with pytest.raises(VisitError, match="nested too deeply"):
        to_wire(visit_Node, loop)


def test_plain_data_may_be_deep_but_not_endless() -> None:
    extra: Any = 1
    for _ in range(1023):
        extra = [extra]
    info = RunInfo(status=RunState.NONE, extra=extra)
    assert dumps(to_wire(visit_RunInfo, info)).count("[") == 1023
    info.extra = [extra]
    with pytest.raises(VisitError, match="nested too deeply"):
        to_wire(visit_RunInfo, info)
    loop: list[object] = []
    loop.append(loop)
    info.extra = loop
    with pytest.raises(VisitError, match="nested too deeply"):
        to_wire(visit_RunInfo, info)


class Odd(int):
    """An int that says something else of itself, whoever asks."""

    __slots__ = ()

    def __int__(self) -> int:
        return 10**6

    __index__ = __trunc__ = __int__

    def __le__(self, other: object) -> bool:
        return True

    __lt__ = __ge__ = __gt__ = __le__


class NoNumber(float):
    """A float that becomes another one."""

    __slots__ = ()

    def __float__(self) -> float:
        return float("nan")


class Text(str):
    """A string that claims to be ASCII."""

    __slots__ = ()

    def __str__(self) -> str:
        return "other"

    def isascii(self) -> bool:
        return True

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b""


@pytest.mark.parametrize(
    ("visit", "value", "expected"),
    [
        (builtin.visit_int8, Odd(3), 3),
        (builtin.visit_uint64, Odd(2**64 - 1), 2**64 - 1),
        (builtin.visit_number, Odd(3), 3),
        (builtin.visit_number, Odd(2**70), 2.0**70),
        (builtin.visit_number, NoNumber(1.5), 1.5),
        (builtin.visit_str, Text("a\u20ac"), "a\u20ac"),
        (builtin.visit_any, [Odd(3), NoNumber(1.5), Text("a")], [3, 1.5, "a"]),
    ],
)
def test_what_a_subclass_holds_is_written(visit: Any, value: Any, expected: object) -> None:
    wire = to_wire(visit, value)
    assert wire == expected
    assert type(wire) is type(expected)
    assert encode(visit, value) == codec.encode(expected)
    if isinstance(wire, list):
        assert [type(each) for each in wire] == [int, float, str]


@pytest.mark.parametrize(
    ("visit", "value", "error"),
    [
        (builtin.visit_int8, Odd(1000), "expected an integer from -128 to 127, got number 1000"),
        (builtin.visit_uint8, Odd(-1), "got number -1"),
        (builtin.visit_number, NoNumber("inf"), "expected a finite number"),
        pytest.param(builtin.visit_number, Odd(10**400), "expected a finite number", id="huge"),
        (builtin.visit_str, Text("\ud800"), r"got U\+D800 at index 0"),
        (builtin.visit_any, Text("\ud800"), r"got U\+D800 at index 0"),
        (builtin.visit_any, [NoNumber("nan")], "expected a finite number"),
    ],
)
def test_what_a_subclass_holds_is_checked(visit: Any, value: Any, error: str) -> None:
    for write in (to_wire, encode):
        with pytest.raises(VisitError, match=error):
            write(visit, value)
