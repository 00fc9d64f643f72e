"""Whatever a typed value is: it comes back from the wire, from JSON text, from a copy."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec import dumps, loads
from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL
from qapigen.runtime.visit import clone, from_wire, to_wire

from ..sample_types import (
    FlagStatus,
    Node,
    PaymentCardChip,
    PaymentCardPaper,
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
    visit_Transport,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
STATES = st.sampled_from(RunState)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INT64 | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


STATS = st.builds(RunStats, transferred=INT64, normal_bytes=maybe(UINT64), mbps=INT64 | FLOATS)
INFOS = st.builds(
    RunInfo,
    status=STATES,
    stats=maybe(STATS),
    flags=maybe(st.lists(st.builds(FlagStatus, flag=STATES, state=st.booleans()))),
    tags=maybe(st.lists(TEXT)),
    limit=maybe(TEXT | st.just(NULL)),
    class_=maybe(st.integers(0, 255)),
    # null itself is NULL in Python; None would be absent
    extra=maybe(JSON.map(lambda value: NULL if value is None else value)),
)
PAYMENTS = (
    st.builds(PaymentCash, amount=INT64, note=maybe(TEXT), given=INT64)
    | st.builds(PaymentVoucher, amount=INT64, note=maybe(TEXT))
    | st.builds(PaymentCardChip, amount=INT64, note=maybe(TEXT), pin=INT64)
    | st.builds(PaymentCardPaper, amount=INT64, signed_by=maybe(TEXT))
)
TRANSPORTS = st.builds(TransportInet, data=STATS) | st.builds(TransportUnix, data=TEXT)
NODES: st.SearchStrategy[Node] = st.recursive(
    st.builds(Node, name=TEXT),
    lambda inner: st.builds(
        Node, name=TEXT, child=maybe(inner), siblings=maybe(st.lists(inner, max_size=3))
    ),
    max_leaves=8,
)
MIXED = STATES | INT64 | st.booleans() | STATS | st.lists(TEXT)

TYPED = st.one_of(
    st.tuples(st.just(visit_RunInfo), INFOS),
    st.tuples(st.just(visit_Payment), PAYMENTS),
    st.tuples(st.just(visit_Transport), TRANSPORTS),
    st.tuples(st.just(visit_Node), NODES),
    st.tuples(st.just(visit_Mixed), MIXED),
)


@given(TYPED)
def test_values_come_back(typed: tuple[Any, Any]) -> None:
    visit, value = typed
    wire = to_wire(visit, value)
    assert from_wire(visit, wire) == value
    assert from_wire(visit, loads(dumps(wire))) == value
    assert clone(visit, value) == value


@given(TYPED)
def test_the_wire_form_is_a_fixed_point(typed: tuple[Any, Any]) -> None:
    visit, value = typed
    text = dumps(to_wire(visit, value))
    assert dumps(to_wire(visit, from_wire(visit, loads(text)))) == text


def outcome(visit: Any, value: object) -> Any:
    """The typed form of a value, or the VisitError that it deserves."""
    try:
        return from_wire(visit, value)
    except VisitError as error:
        return error


VISITS = st.sampled_from([visit_RunInfo, visit_Payment, visit_Transport, visit_Node, visit_Mixed])


@given(VISITS, JSON)
def test_any_json_is_accepted_or_an_ordinary_error(visit: Any, value: object) -> None:
    typed = outcome(visit, value)
    if isinstance(typed, VisitError):
        assert typed.to_wire()["desc"]
    else:
        assert from_wire(visit, to_wire(visit, typed)) == typed


KEYS = ["status", "stats", "flags", "limit", "class", "method", "amount", "network", "pin", "name"]
VALUES = st.sampled_from(["none", "cash", "card", "chip", "x", 1, -1, 1.0, True, None])
SMALL = st.dictionaries(st.sampled_from(KEYS), VALUES)
NEARLY = st.dictionaries(st.sampled_from(KEYS), VALUES | SMALL)


@given(VISITS, NEARLY)
def test_nearly_right_objects_are_accepted_or_an_ordinary_error(visit: Any, value: object) -> None:
    typed = outcome(visit, value)
    if isinstance(typed, VisitError):
        assert typed.path in typed.desc
    else:
        assert to_wire(visit, typed) == value
