"""Reading JSON values: structs, unions, alternates, and which error is the first."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, missing_members, unknown_members
from qapigen.runtime.visit import from_wire

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
    TransportInet,
    TransportUnix,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_Payment_list,
    visit_RunInfo,
    visit_RunStats,
    visit_StrOrNull,
    visit_Transport,
    visit_TransportKind,
)


def refused(visit: Any, value: object, **options: bool) -> str:
    """The error text of a value that must not be accepted."""
    with pytest.raises(VisitError) as caught:
        from_wire(visit, value, "arguments", **options)
    return caught.value.desc


def test_a_struct_with_all_its_members() -> None:
    value = {
        "extra": {"a": [None]},
        "class": 7,
        "status": "active",
        "stats": {"transferred": 1, "normal-bytes": -1, "mbps": 2},
        "flags": [{"flag": "set-up", "state": True}],
        "tags": [],
        "limit": None,
    }
    assert from_wire(visit_RunInfo, value) == RunInfo(
        status=RunState.ACTIVE,
        stats=RunStats(transferred=1, normal_bytes=2**64 - 1, mbps=2),
        flags=[FlagStatus(flag=RunState.SET_UP, state=True)],
        tags=[],
        limit=NULL,
        class_=7,
        extra={"a": [None]},
    )


def test_absent_members_are_none() -> None:
    assert from_wire(visit_RunInfo, {"status": "none"}) == RunInfo(status=RunState.NONE)


def test_any_null_is_a_value() -> None:
    assert from_wire(visit_RunInfo, {"status": "none", "extra": None}).extra is NULL


GOOD_STATS = {"transferred": 1, "mbps": 1.5}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], "arguments: expected an object, got an array"),
        (None, "arguments: expected an object, got null"),
        ({}, "arguments: member 'status' is missing"),
        ({"status": 1}, "arguments.status: expected a string (RunState), got number 1"),
        (
            {"status": "Active"},
            "arguments.status: expected one of 'none', 'set-up', 'active', 'x-lost', got",
        ),
        (
            {"status": "none", "stats": None},
            "arguments.stats: expected an object, got null",
        ),
        (
            {"status": "none", "flags": [{"flag": "none", "state": True}, {"flag": "none"}]},
            "arguments.flags[1]: member 'state' is missing",
        ),
        (
            {"status": "none", "flags": [{"flag": "none", "state": 1}]},
            "arguments.flags[0].state: expected a boolean, got number 1",
        ),
        (
            {"status": "none", "class": 256},
            "arguments.class: expected an integer from 0 to 255, got number 256",
        ),
        (
            {"status": "none", "bogus": 1},
            "arguments: member 'bogus' is unexpected",
        ),
        (
            {"status": "none", "clas": 1},
            "arguments: member 'clas' is unexpected; did you mean 'class'?",
        ),
        ({"status": "none", "": 1}, "arguments: member '' is unexpected"),
        ({"status": "none", "class_": 1}, "arguments: member 'class_' is unexpected"),
    ],
)
def test_what_a_struct_refuses(value: object, text: str) -> None:
    assert refused(visit_RunInfo, value).startswith(text)


def test_errors_come_in_the_order_of_the_schema() -> None:
    value: dict[str, Any] = {
        "bogus": 1,
        "class": "x",
        "stats": {"surplus": 1, "mbps": "x", "transferred": "x"},
        "status": 1,
    }
    assert "status: expected a string" in refused(visit_RunInfo, value)
    value["status"] = "none"
    assert "stats.transferred: expected an integer" in refused(visit_RunInfo, value)
    value["stats"]["transferred"] = 1
    assert "stats.mbps: expected a number" in refused(visit_RunInfo, value)
    value["stats"]["mbps"] = 1
    # The inner object ends before the members of the outer one go on.
    assert "stats: member 'surplus' is unexpected" in refused(visit_RunInfo, value)
    del value["stats"]["surplus"]
    assert "class: expected an integer" in refused(visit_RunInfo, value)
    value["class"] = 1
    assert "arguments: member 'bogus' is unexpected" in refused(visit_RunInfo, value)


def test_a_bad_enum_value_comes_with_a_near_miss() -> None:
    text = refused(visit_RunInfo, {"status": "Active"})
    assert text.endswith("got string 'Active'; did you mean 'active'?")


def test_a_missing_member_is_found_before_an_unexpected_one() -> None:
    assert "'mbps' is missing" in refused(visit_RunStats, {"transferred": 1, "mbs": 1})


def test_hints_do_not_offer_what_is_there_already() -> None:
    value = {**GOOD_STATS, "mbpss": 1}
    assert refused(visit_RunStats, value).endswith("is unexpected")


def test_unknown_members_can_be_kept_aside_everywhere() -> None:
    value = {"new": 1, "status": "none", "stats": {"newer": [None], **GOOD_STATS}, "first": None}
    info = from_wire(visit_RunInfo, value, lenient=True)
    assert info == RunInfo(status=RunState.NONE, stats=RunStats(transferred=1, mbps=1.5))
    assert list(unknown_members(info).items()) == [("new", 1), ("first", None)]
    assert info.stats is not None
    assert unknown_members(info.stats) == {"newer": [None]}


def test_mandatory_members_may_be_missing_when_lenient() -> None:
    info = from_wire(visit_RunInfo, {"new": 1, "stats": {"mbps": 1.5}}, lenient=True)
    assert missing_members(info) == ("status",)
    assert unknown_members(info) == {"new": 1}
    assert info.stats is not None
    assert info.stats.mbps == 1.5
    assert missing_members(info.stats) == ("transferred",)
    with pytest.raises(AttributeError, match=r"RunInfo: .* 'status'.*missing_members\(\)"):
        _ = info.status
    node = from_wire(visit_Node, {"siblings": [{}, {"name": "b"}]}, lenient=True)
    assert missing_members(node) == ("name",)
    payment = from_wire(visit_Payment, {"method": "card", "network": "chip"}, lenient=True)
    assert set(missing_members(payment)) == {"amount", "pin"}


@pytest.mark.parametrize("value", [{"amount": 1}, {"amount": 1, "method": "card"}])
def test_the_tag_of_a_union_is_never_missing(value: object) -> None:
    tag = "network" if "method" in value else "method"  # type: ignore[operator]
    expected = f"arguments: member '{tag}' is missing"
    assert refused(visit_Payment, value, lenient=True) == expected


def test_all_that_is_known_is_read_as_strictly_when_lenient() -> None:
    bad = {"status": "none", "new": 1, "stats": {"transferred": True, "mbps": 1, "newer": 1}}
    text = "arguments.stats.transferred: expected an integer, got boolean true"
    assert refused(visit_RunInfo, bad, lenient=True) == text
    text = refused(visit_RunInfo, {"status": "none", "class": 256}, lenient=True)
    assert text.startswith("arguments.class: expected an integer from 0 to 255")
    text = refused(visit_RunInfo, {"status": "none", "stats": None}, lenient=True)
    assert text == "arguments.stats: expected an object, got null"


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "arguments: expected member names that are strings, got number 1"),
        ("\ud800", "arguments: "),
    ],
)
def test_what_json_cannot_call_a_member_is_an_ordinary_error(
    key: object, text: str, *, lenient: bool
) -> None:
    value: dict[Any, object] = {**GOOD_STATS}
    value[key] = 1
    assert refused(visit_RunStats, value, lenient=lenient).startswith(text)


def test_unknown_members_of_a_union_are_kept_aside() -> None:
    payment = from_wire(visit_Payment, {**CHIP, "given": 1, "new": 2}, lenient=True)
    assert payment == PaymentCardChip(amount=5, pin=1234)
    assert unknown_members(payment) == {"given": 1, "new": 2}


def test_a_union_with_an_unknown_tag_cannot_be_read_at_all() -> None:
    text = refused(visit_Payment, {"amount": 1, "method": "cheque"}, lenient=True)
    assert text == ("arguments.method: expected 'cash' or 'card' or 'voucher', got string 'cheque'")
    text = refused(visit_Payment, {**CHIP, "network": "tin"}, lenient=True)
    assert text == "arguments.network: expected 'chip' or 'paper', got string 'tin'"


def test_unknown_values_of_enums_become_open_ones() -> None:
    info = from_wire(visit_RunInfo, {"status": "later"}, lenient=True)
    assert isinstance(info.status, RunState)
    assert info.status == "later"
    assert not info.status.is_known
    known = from_wire(visit_RunInfo, {"status": "active"}, lenient=True)
    assert known.status is RunState.ACTIVE
    mixed = from_wire(visit_Mixed, "later", lenient=True)
    assert isinstance(mixed, RunState)
    assert "expected a string (RunState)" in refused(visit_RunInfo, {"status": 1}, lenient=True)
    text = refused(visit_RunInfo, {"status": "\udfff"}, lenient=True)
    assert text.startswith("arguments.status: expected a string without lone surrogates")


def test_an_enum_whose_name_differs() -> None:
    assert refused(visit_TransportKind, None).endswith("a string (transport-kind), got null")


def test_names_from_the_peer_are_shown_escaped_and_cut() -> None:
    text = refused(visit_RunStats, {**GOOD_STATS, "\x1b[31m": 1})
    assert "member '\\x1b[31m' is unexpected" in text
    assert len(refused(visit_RunStats, {**GOOD_STATS, "x" * 10**6: 1})) < 200


CASH = {"amount": 5, "method": "cash", "given": 10}
CHIP = {"amount": 5, "method": "card", "network": "chip", "pin": 1234}


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (CASH, PaymentCash(amount=5, given=10)),
        ({**CASH, "note": "x"}, PaymentCash(amount=5, note="x", given=10)),
        ({"method": "voucher", "amount": 0}, PaymentVoucher(amount=0)),
        (CHIP, PaymentCardChip(amount=5, pin=1234)),
        (
            {"network": "paper", "signed-by": "me", "method": "card", "amount": 1},
            PaymentCardPaper(amount=1, signed_by="me"),
        ),
    ],
)
def test_the_tags_select_the_class_of_a_union(value: object, typed: object) -> None:
    payment = from_wire(visit_Payment, value)
    assert payment == typed
    assert isinstance(payment.method, PaymentMethod)
    if isinstance(payment, PaymentCardChip | PaymentCardPaper):
        assert isinstance(payment.network, CardNetwork)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], "arguments: expected an object, got an array"),
        # base members come first, whatever the tag is
        ({"method": "cheque"}, "arguments: member 'amount' is missing"),
        ({"method": "cheque", "amount": "x"}, "arguments.amount: expected an integer"),
        ({"amount": 1}, "arguments: member 'method' is missing"),
        ({"amount": 1, "note": 7}, "arguments: member 'method' is missing"),
        ({"amount": 1, "method": "cheque", "note": 7}, "arguments.method: expected one of"),
        ({"amount": 1, "method": ["cash"]}, "arguments.method: expected a string"),
        (
            {"amount": 1, "method": "barter", "x": 1},
            "arguments.method: expected 'cash' or 'card' or 'voucher', got string 'barter'",
        ),
        ({"amount": 1, "method": "barter", "note": 7}, "arguments.note: expected a string"),
        ({**CASH, "note": 7, "given": "x"}, "arguments.note: expected a string"),
        ({"amount": 5, "method": "cash"}, "arguments: member 'given' is missing"),
        # members of another branch, only after those of this one
        ({**CASH, "pin": 1}, "arguments: member 'pin' is unexpected"),
        ({**CASH, "pin": 1, "given": "x"}, "arguments.given: expected an integer"),
        ({"amount": 1, "method": "voucher", "given": 1}, "arguments: member 'given' is unexp"),
        # the inner union
        ({**CHIP, "network": "tin"}, "arguments.network: expected one of 'chip', 'paper'"),
        ({**CHIP, "network": None, "note": 1}, "arguments.note: expected a string"),
        ({"amount": 5, "method": "card"}, "arguments: member 'network' is missing"),
        ({**CHIP, "network": "paper"}, "arguments: member 'pin' is unexpected"),
        ({**CHIP, "pin": 1.0}, "arguments.pin: expected an integer, got number 1.0"),
    ],
)
def test_what_a_union_refuses(value: object, text: str) -> None:
    assert refused(visit_Payment, value).startswith(text)


def test_unions_in_lists() -> None:
    payments = from_wire(visit_Payment_list, [CASH, CHIP])
    assert payments == [PaymentCash(amount=5, given=10), PaymentCardChip(amount=5, pin=1234)]
    text = refused(visit_Payment_list, [CASH, {**CASH, "given": None}])
    assert text.startswith("arguments[1].given: expected an integer")


def test_simple_unions() -> None:
    inet = {"type": "inet", "data": GOOD_STATS}
    assert from_wire(visit_Transport, inet) == TransportInet(data=RunStats(transferred=1, mbps=1.5))
    assert from_wire(visit_Transport, {"data": "/x", "type": "unix"}) == TransportUnix(data="/x")
    assert refused(visit_Transport, {"type": "unix"}) == "arguments: member 'data' is missing"
    assert refused(visit_Transport, {"data": "x"}) == "arguments: member 'type' is missing"
    bad = {"type": "inet", "data": {"transferred": 1, "mbps": 1, "x": 1}}
    assert refused(visit_Transport, bad) == "arguments.data: member 'x' is unexpected"


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("active", RunState.ACTIVE),
        (5, 5),
        (True, True),
        (GOOD_STATS, RunStats(transferred=1, mbps=1.5)),
        (["a"], ["a"]),
    ],
)
def test_the_kind_of_value_selects_the_branch_of_an_alternate(value: Any, typed: Any) -> None:
    result = from_wire(visit_Mixed, value)
    assert result == typed
    assert type(result) is type(typed)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            None,
            "arguments: expected a string or a number or a boolean or an object or an array (Mi",
        ),
        ("Active", "arguments: expected one of 'none'"),
        (1.5, "arguments: expected an integer, got number 1.5"),
        ({"transferred": 1}, "arguments: member 'mbps' is missing"),
        ([1], "arguments[0]: expected a string, got number 1"),
    ],
)
def test_the_selected_branch_decides(value: object, text: str) -> None:
    assert refused(visit_Mixed, value).startswith(text)


def test_string_or_null() -> None:
    assert from_wire(visit_StrOrNull, "") == ""
    assert from_wire(visit_StrOrNull, None) is NULL
    assert refused(visit_StrOrNull, 5) == (
        "arguments: expected a string or null (StrOrNull), got number 5"
    )


def chain(depth: int) -> dict[str, object]:
    value: dict[str, object] = {"name": "leaf"}
    for _ in range(depth - 1):
        value = {"name": "n", "child": value}
    return value


def in_lists(depth: int) -> list[object]:
    """Pairs of an array and an object inside each other; an empty array in the innermost."""
    value: list[object] = []
    for _ in range(depth):
        value = [{"name": "n", "siblings": value}]
    return value


def test_recursive_types() -> None:
    value = {"name": "a", "child": {"name": "b"}, "siblings": [{"name": "c", "siblings": []}]}
    assert from_wire(visit_Node, value) == Node(
        name="a", child=Node(name="b"), siblings=[Node(name="c", siblings=[])]
    )
    assert refused(visit_Node, {"name": "a", "siblings": [{"name": "b", "child": {}}]}) == (
        "arguments.siblings[0].child: member 'name' is missing"
    )


@pytest.mark.parametrize("depth", [1025, 100_000])
def test_a_value_that_is_too_deep_is_an_ordinary_error(depth: int) -> None:
    with pytest.raises(VisitError, match="nested too deeply") as caught:
        from_wire(visit_Node, chain(depth), "arguments")
    assert caught.value.path.startswith("arguments.child.child")
    assert len(caught.value.desc) < 500


def test_a_cycle_is_an_ordinary_error() -> None:
    loop: dict[str, object] = {"name": "x"}
    loop["siblings"] = [loop]
    with pytest.raises(VisitError, match="nested too deeply"):
        from_wire(visit_Node, loop)


def test_with_room_on_the_stack_the_limit_is_exact() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        node: Node | None = from_wire(visit_Node, chain(1024))
        for value in (chain(1025), {"name": "x", "siblings": in_lists(512)}):
            with pytest.raises(VisitError, match="nested too deeply"):
                from_wire(visit_Node, value)
        from_wire(visit_Node, {"name": "x", "siblings": in_lists(511)})
    finally:
        sys.setrecursionlimit(before)
    depth = 0
    while node is not None:
        node, depth = node.child, depth + 1
    assert depth == 1024
