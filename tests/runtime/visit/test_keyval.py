"""Key=value text to typed values and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL
from qapigen.runtime.visit import (
    AlternateInfo,
    from_wire,
    to_wire,
    visit_any,
    visit_bool,
    visit_int,
    visit_int8,
    visit_int16,
    visit_int32,
    visit_int64,
    visit_null,
    visit_number,
    visit_size,
    visit_str,
    visit_str_list,
    visit_uint8,
    visit_uint16,
    visit_uint32,
    visit_uint64,
)
from qapigen.runtime.visit.keyval import KeyvalInput, from_keyval, to_keyval
from qapigen.runtime.visit.keyval_syntax import HelpRequested

from ..sample_types import (
    FlagStatus,
    Node,
    PaymentCardChip,
    PaymentCash,
    PaymentVoucher,
    RunInfo,
    RunState,
    RunStats,
    TransportInet,
    TransportUnix,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunInfo,
    visit_RunState,
    visit_RunStats,
    visit_StrOrNull,
    visit_Transport,
)
from .drawn_values import values


def read(visit: Any, text: str) -> Any:
    """The value of one scalar text."""
    return visit(KeyvalInput(text), "x", None)


def refusal(visit: Any, text: Any) -> str:
    """The error of one scalar text, or of a dict or list of texts."""
    with pytest.raises(VisitError) as caught:
        visit(KeyvalInput(text), "x", None)
    return caught.value.desc


def test_an_object() -> None:
    text = (
        "active,stats.transferred=0x10,stats.normal-bytes=1.5k,stats.mbps=2.5,"
        "flags.0.flag=none,flags.0.state=on,flags.1.flag=x-lost,flags.1.state=n,"
        "tags.1=b,tags.0=a,,a,limit=null,class=010,extra.a.0=1"
    )
    info = RunInfo(
        status=RunState.ACTIVE,
        stats=RunStats(transferred=16, normal_bytes=1536, mbps=2.5),
        flags=[
            FlagStatus(flag=RunState.NONE, state=True),
            FlagStatus(flag=RunState.X_LOST, state=False),
        ],
        tags=["a,a", "b"],
        limit="null",
        class_=8,
        extra={"a": ["1"]},
    )
    found = from_keyval(visit_RunInfo, text, implied_key="status")
    assert found == info
    assert found.status is RunState.ACTIVE
    written = to_keyval(visit_RunInfo, info, implied_key="status")
    assert written == (
        "active,stats.transferred=16,stats.normal-bytes=1536,stats.mbps=2.5,"
        "flags.0.flag=none,flags.0.state=on,flags.1.flag=x-lost,flags.1.state=off,"
        "tags.0=a,,a,tags.1=b,limit=null,class=8,extra.a.0=1"
    )
    assert from_keyval(visit_RunInfo, written, implied_key="status") == info


def test_objects_in_objects() -> None:
    text = "name=a,child.name=b,child.child.name=c,siblings.0.name=d"
    node = Node(name="a", child=Node(name="b", child=Node(name="c")), siblings=[Node(name="d")])
    assert from_keyval(visit_Node, text) == node
    assert to_keyval(visit_Node, node) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("amount=1,method=cash,given=2", PaymentCash(amount=1, given=2)),
        ("amount=1,method=voucher,note=", PaymentVoucher(amount=1, note="")),
        ("amount=1,method=card,network=chip,pin=3", PaymentCardChip(amount=1, pin=3)),
    ],
)
def test_unions(text: str, value: Any) -> None:
    assert from_keyval(visit_Payment, text) == value
    assert to_keyval(visit_Payment, value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("type=unix,data=/x", TransportUnix(data="/x")),
        (
            "type=inet,data.transferred=1,data.mbps=2",
            TransportInet(data=RunStats(transferred=1, mbps=2)),
        ),
    ],
)
def test_simple_unions(text: str, value: Any) -> None:
    assert from_keyval(visit_Transport, text) == value
    assert to_keyval(visit_Transport, value) == text


@pytest.mark.parametrize(
    ("visit", "text", "value"),
    [
        (visit_int, "-9223372036854775808", -(2**63)),
        (visit_int64, "9223372036854775807", 2**63 - 1),
        (visit_int8, "-0x80", -128),
        (visit_int16, "32767", 32767),
        (visit_int32, "-2147483648", -(2**31)),
        (visit_uint8, "0377", 255),
        (visit_uint16, "65535", 65535),
        (visit_uint32, "0xffffffff", 2**32 - 1),
        (visit_uint64, "18446744073709551615", 2**64 - 1),
        (visit_uint64, "-1", 2**64 - 1),
        (visit_uint64, "-18446744073709551615", 1),
        (visit_uint8, "-18446744073709551615", 1),
        (visit_uint32, "-0", 0),
        (visit_size, "010", 10),
        (visit_size, "16383.5P", 2**64 - 2**49),
        (visit_number, "1e3", 1000.0),
        (visit_number, "7", 7),
        (visit_bool, "yes", True),
        (visit_bool, "off", False),
        (visit_str, "5", "5"),
        (visit_RunState, "set-up", RunState.SET_UP),
        (visit_any, "5", "5"),
    ],
)
def test_scalars(visit: Any, text: str, value: object) -> None:
    found = read(visit, text)
    assert found == value
    assert type(found) is type(value)


INTEGER = "x: expected an integer, got string "
SIZE = "x: expected a size such as 4096, 64K or 1.5G, got string "


@pytest.mark.parametrize(
    ("visit", "text", "error"),
    [
        (visit_int, "", INTEGER + "''"),
        (visit_int, "1.0", INTEGER + "'1.0'"),
        (visit_int, "08", INTEGER + "'08'"),
        (visit_uint64, "1k", INTEGER + "'1k'"),
        (visit_int, "9223372036854775808", f"x: expected an integer from {-(2**63)} to {2**63 - 1}, got string '9223372036854775808'"),
        (visit_int8, "128", "x: expected an integer from -128 to 127, got string '128'"),
        (visit_uint8, "256", "x: expected an integer from 0 to 255, got string '256'"),
        (visit_uint8, "-1", "x: expected an integer from 0 to 255, got string '-1'"),
        (visit_uint64, "-18446744073709551616", f"x: expected an integer from 0 to {2**64 - 1}, got string '-18446744073709551616'"),
        (visit_uint64, "18446744073709551616", f"x: expected an integer from 0 to {2**64 - 1}, got string '18446744073709551616'"),
        (visit_size, "-1", SIZE + "'-1'"),
        (visit_size, "1.5", SIZE + "'1.5'"),
        (visit_size, "16E", f"x: expected an integer from 0 to {2**64 - 1}, got string '16E'"),
        (visit_number, "inf", "x: expected a finite number, got string 'inf'"),
        (visit_number, "x", "x: expected a finite number, got string 'x'"),
        (visit_bool, "On", "x: expected on or off, got string 'On'"),
        (visit_bool, "1", "x: expected on or off, got string '1'"),
        (visit_null, "null", "x: expected null, got string 'null'"),
        (visit_RunState, "Active", "x: expected one of 'none', 'set-up', 'active', 'x-lost', got string 'Active'; did you mean 'active'?"),
        (visit_str, "\udc80", "x: expected a string without lone surrogates, got U+DC80 at index 0"),
        (visit_str_list, "a", "x: expected an array, got string 'a'"),
        (visit_RunStats, "a", "x: expected an object, got string 'a'"),
        (visit_Payment, "cash", "x: expected an object, got string 'cash'"),
    ],
)  # fmt: skip
def test_refused_scalars(visit: Any, text: str, error: str) -> None:
    assert refusal(visit, text) == error


@pytest.mark.parametrize(
    ("visit", "text", "error"),
    [
        (visit_RunStats, "mbps=1", "member 'transferred' is missing"),
        (visit_RunStats, "transferred=1,mbps=x", "mbps: expected a finite number, got string 'x'"),
        (visit_RunStats, "transferred.a=1", "transferred: expected an integer, got an object"),
        (visit_RunStats, "transferred.0=1", "transferred: expected an integer, got an array"),
        (visit_RunStats, "transferred=1,mbps.x=1", "mbps: expected a finite number, got an object"),
        (visit_RunStats, "transferred=1,mbps=1,normal_bytes=", "member 'normal_bytes' is unexpected; did you mean 'normal-bytes'?"),
        (visit_RunInfo, "status.x=1", "status: expected a string (RunState), got an object"),
        (visit_RunInfo, "status=none,flags.0.flag=none,flags.0.state=maybe", "flags.0.state: expected on or off, got string 'maybe'"),
        (visit_RunInfo, "status=none,flags.0.flag=none,flags.0.state.0=on", "flags.0.state: expected on or off, got an array"),
        (visit_RunInfo, "status=none,tags.0=a,tags.1.b=c", "tags.1: expected a string, got an object"),
        (visit_RunInfo, "status=none,tags.b=c", "tags: expected an array, got an object"),
        (visit_RunInfo, "status=none,flags.0=a", "flags.0: expected an object, got string 'a'"),
        (visit_RunInfo, "status=none,limit.a=b", "limit: expected a string or null (StrOrNull), got an object"),
        (visit_Node, "name=a,siblings.0.siblings.1.name=x,siblings.0.siblings.0.name.0=x", "siblings.0: member 'name' is missing"),
        (visit_Payment, "amount=1,method=cash,given=2,pin=3", "member 'pin' is unexpected"),
        (visit_Payment, "amount=1", "member 'method' is missing"),
        (visit_Payment, "amount=1,method=barter", "method: expected 'cash' or 'card' or 'voucher', got string 'barter'"),
        (visit_Payment, "amount=1,method=x", "method: expected one of 'cash',"),
        (visit_Transport, "type=inet", "member 'data' is missing"),
        (visit_Transport, "type=inet,data.mbps=1", "data: member 'transferred' is missing"),
        (visit_RunStats, "a.1=x", "a: item 0 is missing"),
    ],
)  # fmt: skip
def test_refused_objects(visit: Any, text: str, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        from_keyval(visit, text)
    assert caught.value.desc.startswith(error)


def test_the_parts_of_an_error() -> None:
    with pytest.raises(VisitError) as caught:
        from_keyval(visit_RunInfo, "none,flags.0.flag=none,flags.0.state=2", implied_key="status")
    assert caught.value.path == "flags.0.state"
    assert caught.value.expected == "on or off"
    assert caught.value.got == "string '2'"
    assert caught.value.problem == "expected on or off, got string '2'"


def test_help_is_handed_on() -> None:
    with pytest.raises(HelpRequested) as caught:
        from_keyval(visit_Payment, "cash,help", implied_key="method")
    assert caught.value.parameters == {"method": "cash"}


# Alternates: the language sees to it that a text can mean one of the branches at most.


@pytest.mark.parametrize(
    ("text", "value"),
    [("active", RunState.ACTIVE), ("on", True), ("5", 5), ("-0x10", -16)],
)
def test_a_text_in_an_alternate(text: str, value: object) -> None:
    found = read(visit_Mixed, text)
    assert found == value
    assert type(found) is type(value)


def test_objects_and_arrays_in_an_alternate() -> None:
    assert read(visit_Mixed, {"transferred": "1", "mbps": "2"}) == RunStats(transferred=1, mbps=2)  # type: ignore[arg-type]
    assert read(visit_Mixed, ["a"]) == ["a"]  # type: ignore[arg-type]
    assert from_keyval(visit_Mixed, "transferred=1,mbps=2") == RunStats(transferred=1, mbps=2)
    assert to_keyval(visit_Mixed, RunStats(transferred=1, mbps=2)) == "transferred=1,mbps=2"


def test_a_text_that_no_branch_can_read() -> None:
    assert refusal(visit_Mixed, "actve").startswith("x: expected one of 'none', ")
    only_null = AlternateInfo[Any]("OnlyNull", branches=lambda: {"null": visit_null})
    error = refusal(lambda v, name, value: v.alternate(name, value, only_null), "null")
    assert error == "x: expected null (OnlyNull), got string 'null'"
    sized = AlternateInfo[Any](
        "Sized", branches=lambda: {"boolean": visit_bool, "number": visit_size}
    )
    visit: Any = lambda v, name, value: v.alternate(name, value, sized)  # noqa: E731
    assert read(visit, "1k") == 1024
    assert read(visit, "on") is True
    assert refusal(visit, "x") == "x: expected on or off, got string 'x'"


def test_null_is_a_text_like_any_other() -> None:
    assert read(visit_StrOrNull, "null") == "null"


@pytest.mark.parametrize(
    ("visit", "value", "error"),
    [
        (visit_RunInfo, RunInfo(status=RunState.NONE, limit=NULL), "limit: expected a value other than null in key=value text, got null"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, tags=[]), "tags: key=value text can say an array that is not empty, not an empty array"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, extra={"a": [5]}), "extra.a.0: key=value text can say a string, not number 5"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, extra=NULL), "extra: key=value text can say a string, not null"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, class_=256), "class: expected an integer from 0 to 255, got number 256"),
        (visit_RunInfo, RunInfo(status=RunState.NONE, flags=[FlagStatus(flag=RunState.NONE, state=1)]), "flags.0.state: expected a boolean, got number 1"),  # type: ignore[arg-type]
        (visit_str, "x", "expected an object for key=value text, got string 'x'"),
        (visit_str_list, ["x"], "expected an object for key=value text, got an array"),
        (visit_Mixed, True, "expected an object for key=value text, got boolean true"),
    ],
)  # fmt: skip
def test_not_to_be_said(visit: Any, value: Any, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        to_keyval(visit, value)
    assert caught.value.desc == error


def test_an_empty_text_is_an_object_without_members() -> None:
    assert refusal(visit_RunStats, {}) == "x: member 'transferred' is missing"
    assert from_keyval(visit_any, "") == {}
    assert to_keyval(visit_any, {}) == ""


@given(values(visit_RunInfo, sayable=True))
def test_json_and_keyval_mean_the_same(info: RunInfo) -> None:
    assert from_keyval(visit_RunInfo, to_keyval(visit_RunInfo, info)) == from_wire(
        visit_RunInfo, to_wire(visit_RunInfo, info)
    )
