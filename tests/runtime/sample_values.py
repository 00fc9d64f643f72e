"""Hypothesis strategies for values of the sample types."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from qapigen.runtime.model import NULL, QType

from .sample_types import (
    FlagStatus,
    Node,
    PaymentCardChip,
    PaymentCardPaper,
    PaymentCash,
    PaymentVoucher,
    RunInfo,
    RunState,
    RunStats,
    Scalars,
    TransportInet,
    TransportKind,
    TransportUnix,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunInfo,
    visit_Scalars,
    visit_Transport,
)


def signed(bits: int) -> st.SearchStrategy[int]:
    """Integers of a signed type."""
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Integers of an unsigned type."""
    return st.integers(0, 2**bits - 1)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The same, or nothing."""
    return st.none() | strategy


INT64 = signed(64)
UINT64 = unsigned(64)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
STATES = st.sampled_from(RunState)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INT64 | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)
# null itself is NULL in Python; None would be absent
ANY = JSON.map(lambda value: NULL if value is None else value)

STATS = st.builds(RunStats, transferred=INT64, normal_bytes=maybe(UINT64), mbps=INT64 | FLOATS)
INFOS = st.builds(
    RunInfo,
    status=STATES,
    stats=maybe(STATS),
    flags=maybe(st.lists(st.builds(FlagStatus, flag=STATES, state=st.booleans()))),
    tags=maybe(st.lists(TEXT)),
    limit=maybe(TEXT | st.just(NULL)),
    class_=maybe(unsigned(8)),
    extra=maybe(ANY),
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
SCALARS = st.builds(
    Scalars,
    i8=maybe(signed(8)),
    i16=maybe(signed(16)),
    i32=maybe(signed(32)),
    i64=maybe(INT64),
    int_=maybe(INT64),
    u8=maybe(unsigned(8)),
    u16=maybe(unsigned(16)),
    u32=maybe(unsigned(32)),
    u64=maybe(UINT64),
    size=maybe(UINT64),
    number=maybe(INT64 | FLOATS),
    bool_=maybe(st.booleans()),
    str_=maybe(TEXT),
    null=maybe(st.just(NULL)),
    any=maybe(ANY),
    qtype=maybe(st.sampled_from(QType)),
    kind=maybe(st.sampled_from(TransportKind)),
)
STRUCTS = INFOS | PAYMENTS | TRANSPORTS | NODES | SCALARS

#: A visit function and a value that fits it.
TYPED: st.SearchStrategy[tuple[Any, Any]] = st.one_of(
    st.tuples(st.just(visit_RunInfo), INFOS),
    st.tuples(st.just(visit_Payment), PAYMENTS),
    st.tuples(st.just(visit_Transport), TRANSPORTS),
    st.tuples(st.just(visit_Node), NODES),
    st.tuples(st.just(visit_Scalars), SCALARS),
    st.tuples(st.just(visit_Mixed), MIXED),
)
