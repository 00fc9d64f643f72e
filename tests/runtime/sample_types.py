"""A small schema of everything, in the form in which types and visits are generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from qapigen.runtime.model import Enum, NullType, QType, Struct, members
from qapigen.runtime.visit import (
    AlternateInfo,
    UnionInfo,
    Visitor,
    visit_any,
    visit_bool,
    visit_int,
    visit_int8,
    visit_int16,
    visit_int32,
    visit_int64,
    visit_null,
    visit_number,
    visit_QType,
    visit_size,
    visit_str,
    visit_str_list,
    visit_uint8,
    visit_uint16,
    visit_uint32,
    visit_uint64,
)


class RunState(Enum):
    """What a run is doing."""

    NONE = "none"
    """Nothing yet."""
    SET_UP = "set-up"
    ACTIVE = "active"
    X_LOST = "x-lost"


class TransportKind(Enum):
    """An enum that the schema calls otherwise."""

    __schema_name__ = "transport-kind"

    INET = "inet"
    UNIX = "unix"


class PaymentMethod(Enum):
    """How a payment is made."""

    CASH = "cash"
    CARD = "card"
    VOUCHER = "voucher"
    BARTER = "barter"


class CardNetwork(Enum):
    """Who runs a card."""

    CHIP = "chip"
    PAPER = "paper"


@members("RunStats", "transferred", "normal-bytes", "mbps")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class RunStats(Struct):
    """Numbers of a run."""

    __slots__ = ("mbps", "normal_bytes", "transferred")

    transferred: int
    """How much was sent, in bytes."""
    normal_bytes: int | None
    mbps: float

    def __init__(
        self,
        *,
        transferred: int,
        normal_bytes: int | None = None,
        mbps: float,
    ) -> None:
        self.transferred = transferred
        self.normal_bytes = normal_bytes
        self.mbps = mbps


@members("FlagStatus", "flag", "state")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class FlagStatus(Struct):
    """A flag and whether it is set."""

    __slots__ = ("flag", "state")

    flag: RunState
    state: bool

    def __init__(self, *, flag: RunState, state: bool) -> None:
        self.flag = flag
        self.state = state


@members("RunInfo", "status", "stats", "flags", "tags", "limit", "class", "extra")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class RunInfo(Struct):
    """All about a run."""

    __slots__ = ("class_", "extra", "flags", "limit", "stats", "status", "tags")

    status: RunState
    stats: RunStats | None
    flags: list[FlagStatus] | None
    tags: list[str] | None
    limit: StrOrNull | None
    class_: int | None
    extra: Any | None

    def __init__(
        self,
        *,
        status: RunState,
        stats: RunStats | None = None,
        flags: list[FlagStatus] | None = None,
        tags: list[str] | None = None,
        limit: StrOrNull | None = None,
        class_: int | None = None,
        extra: Any | None = None,
    ) -> None:
        self.status = status
        self.stats = stats
        self.flags = flags
        self.tags = tags
        self.limit = limit
        self.class_ = class_
        self.extra = extra


@members("Node", "name", "child", "siblings")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class Node(Struct):
    """A recursive type."""

    __slots__ = ("child", "name", "siblings")

    name: str
    child: Node | None
    siblings: list[Node] | None

    def __init__(
        self,
        *,
        name: str,
        child: Node | None = None,
        siblings: list[Node] | None = None,
    ) -> None:
        self.name = name
        self.child = child
        self.siblings = siblings


@members("Payment", "amount", "method", "note", "given", tags=("method",))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class PaymentCash(Struct):
    """A payment whose method is cash."""

    __slots__ = ("amount", "given", "method", "note")

    amount: int
    method: Literal[PaymentMethod.CASH]
    note: str | None
    given: int

    def __init__(
        self,
        *,
        amount: int,
        note: str | None = None,
        given: int,
    ) -> None:
        self.amount = amount
        self.method = PaymentMethod.CASH
        self.note = note
        self.given = given


@members("Payment", "amount", "method", "note", tags=("method",))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class PaymentVoucher(Struct):
    """A payment whose method is voucher, which adds no member."""

    __slots__ = ("amount", "method", "note")

    amount: int
    method: Literal[PaymentMethod.VOUCHER]
    note: str | None

    def __init__(
        self,
        *,
        amount: int,
        note: str | None = None,
    ) -> None:
        self.amount = amount
        self.method = PaymentMethod.VOUCHER
        self.note = note


@members("Payment", "amount", "method", "note", "network", "pin", tags=("method", "network"))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class PaymentCardChip(Struct):
    """A payment whose method is card and whose network is chip."""

    __slots__ = ("amount", "method", "network", "note", "pin")

    amount: int
    method: Literal[PaymentMethod.CARD]
    note: str | None
    network: Literal[CardNetwork.CHIP]
    pin: int

    def __init__(
        self,
        *,
        amount: int,
        note: str | None = None,
        pin: int,
    ) -> None:
        self.amount = amount
        self.method = PaymentMethod.CARD
        self.note = note
        self.network = CardNetwork.CHIP
        self.pin = pin


@members("Payment", "amount", "method", "note", "network", "signed-by", tags=("method", "network"))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class PaymentCardPaper(Struct):
    """A payment whose method is card and whose network is paper."""

    __slots__ = ("amount", "method", "network", "note", "signed_by")

    amount: int
    method: Literal[PaymentMethod.CARD]
    note: str | None
    network: Literal[CardNetwork.PAPER]
    signed_by: str | None

    def __init__(
        self,
        *,
        amount: int,
        note: str | None = None,
        signed_by: str | None = None,
    ) -> None:
        self.amount = amount
        self.method = PaymentMethod.CARD
        self.note = note
        self.network = CardNetwork.PAPER
        self.signed_by = signed_by


@members("Transport", "type", "data", tags=("type",))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class TransportInet(Struct):
    """A simple union's branch inet."""

    __slots__ = ("data", "type")

    type: Literal[TransportKind.INET]
    data: RunStats

    def __init__(self, *, data: RunStats) -> None:
        self.type = TransportKind.INET
        self.data = data


@members("Transport", "type", "data", tags=("type",))
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class TransportUnix(Struct):
    """A simple union's branch unix."""

    __slots__ = ("data", "type")

    type: Literal[TransportKind.UNIX]
    data: str

    def __init__(self, *, data: str) -> None:
        self.type = TransportKind.UNIX
        self.data = data


@members(
    "Scalars",
    "i8",
    "i16",
    "i32",
    "i64",
    "int",
    "u8",
    "u16",
    "u32",
    "u64",
    "size",
    "number",
    "bool",
    "str",
    "null",
    "any",
    "qtype",
    "kind",
)
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class Scalars(Struct):
    """A member of each builtin type, and of an enum; all may be absent."""

    __slots__ = (
        "any",
        "bool_",
        "i8",
        "i16",
        "i32",
        "i64",
        "int_",
        "kind",
        "null",
        "number",
        "qtype",
        "size",
        "str_",
        "u8",
        "u16",
        "u32",
        "u64",
    )

    i8: int | None
    i16: int | None
    i32: int | None
    i64: int | None
    int_: int | None
    u8: int | None
    u16: int | None
    u32: int | None
    u64: int | None
    size: int | None
    """A size in bytes."""
    number: float | None
    bool_: bool | None
    str_: str | None
    null: NullType | None
    any: Any | None
    qtype: QType | None
    kind: TransportKind | None

    def __init__(
        self,
        *,
        i8: int | None = None,
        i16: int | None = None,
        i32: int | None = None,
        i64: int | None = None,
        int_: int | None = None,
        u8: int | None = None,
        u16: int | None = None,
        u32: int | None = None,
        u64: int | None = None,
        size: int | None = None,
        number: float | None = None,
        bool_: bool | None = None,
        str_: str | None = None,
        null: NullType | None = None,
        any: Any | None = None,
        qtype: QType | None = None,
        kind: TransportKind | None = None,
    ) -> None:
        self.i8 = i8
        self.i16 = i16
        self.i32 = i32
        self.i64 = i64
        self.int_ = int_
        self.u8 = u8
        self.u16 = u16
        self.u32 = u32
        self.u64 = u64
        self.size = size
        self.number = number
        self.bool_ = bool_
        self.str_ = str_
        self.null = null
        self.any = any
        self.qtype = qtype
        self.kind = kind


StrOrNull: TypeAlias = str | NullType
Payment: TypeAlias = PaymentCash | PaymentCardChip | PaymentCardPaper | PaymentVoucher
Transport: TypeAlias = TransportInet | TransportUnix
Mixed: TypeAlias = RunState | int | bool | RunStats | list[str]


def visit_RunState(v: Visitor, name: str, value: RunState | None) -> RunState:
    """Visit a RunState."""
    return v.enum(name, value, RunState)


def visit_TransportKind(v: Visitor, name: str, value: TransportKind | None) -> TransportKind:
    """Visit a transport-kind."""
    return v.enum(name, value, TransportKind)


def visit_PaymentMethod(v: Visitor, name: str, value: PaymentMethod | None) -> PaymentMethod:
    """Visit a PaymentMethod."""
    return v.enum(name, value, PaymentMethod)


def visit_CardNetwork(v: Visitor, name: str, value: CardNetwork | None) -> CardNetwork:
    """Visit a CardNetwork."""
    return v.enum(name, value, CardNetwork)


def visit_RunStats(v: Visitor, name: str, value: RunStats | None) -> RunStats:
    """Visit a RunStats."""
    return v.struct(name, value, RunStats, visit_RunStats_members)


def visit_RunStats_members(v: Visitor, obj: RunStats) -> None:
    """Visit the members of a RunStats, in the order of the wire."""
    v.member(obj, "transferred", "transferred", visit_int)
    v.optional(obj, "normal-bytes", "normal_bytes", visit_size)
    v.member(obj, "mbps", "mbps", visit_number)


def visit_FlagStatus(v: Visitor, name: str, value: FlagStatus | None) -> FlagStatus:
    """Visit a FlagStatus."""
    return v.struct(name, value, FlagStatus, visit_FlagStatus_members)


def visit_FlagStatus_members(v: Visitor, obj: FlagStatus) -> None:
    """Visit the members of a FlagStatus, in the order of the wire."""
    v.member(obj, "flag", "flag", visit_RunState)
    v.member(obj, "state", "state", visit_bool)


def visit_FlagStatus_list(
    v: Visitor, name: str, value: list[FlagStatus] | None
) -> list[FlagStatus]:
    """Visit a list of FlagStatus."""
    return v.list(name, value, visit_FlagStatus)


def visit_RunInfo(v: Visitor, name: str, value: RunInfo | None) -> RunInfo:
    """Visit a RunInfo."""
    return v.struct(name, value, RunInfo, visit_RunInfo_members)


def visit_RunInfo_members(v: Visitor, obj: RunInfo) -> None:
    """Visit the members of a RunInfo, in the order of the wire."""
    v.member(obj, "status", "status", visit_RunState)
    v.optional(obj, "stats", "stats", visit_RunStats)
    v.optional(obj, "flags", "flags", visit_FlagStatus_list)
    v.optional(obj, "tags", "tags", visit_str_list)
    v.optional(obj, "limit", "limit", visit_StrOrNull)
    v.optional(obj, "class", "class_", visit_uint8)
    v.optional(obj, "extra", "extra", visit_any)


def visit_Scalars(v: Visitor, name: str, value: Scalars | None) -> Scalars:
    """Visit a Scalars."""
    return v.struct(name, value, Scalars, visit_Scalars_members)


def visit_Scalars_members(v: Visitor, obj: Scalars) -> None:
    """Visit the members of a Scalars, in the order of the wire."""
    v.optional(obj, "i8", "i8", visit_int8)
    v.optional(obj, "i16", "i16", visit_int16)
    v.optional(obj, "i32", "i32", visit_int32)
    v.optional(obj, "i64", "i64", visit_int64)
    v.optional(obj, "int", "int_", visit_int)
    v.optional(obj, "u8", "u8", visit_uint8)
    v.optional(obj, "u16", "u16", visit_uint16)
    v.optional(obj, "u32", "u32", visit_uint32)
    v.optional(obj, "u64", "u64", visit_uint64)
    v.optional(obj, "size", "size", visit_size)
    v.optional(obj, "number", "number", visit_number)
    v.optional(obj, "bool", "bool_", visit_bool)
    v.optional(obj, "str", "str_", visit_str)
    v.optional(obj, "null", "null", visit_null)
    v.optional(obj, "any", "any", visit_any)
    v.optional(obj, "qtype", "qtype", visit_QType)
    v.optional(obj, "kind", "kind", visit_TransportKind)


def visit_Node(v: Visitor, name: str, value: Node | None) -> Node:
    """Visit a Node."""
    return v.struct(name, value, Node, visit_Node_members)


def visit_Node_members(v: Visitor, obj: Node) -> None:
    """Visit the members of a Node, in the order of the wire."""
    v.member(obj, "name", "name", visit_str)
    v.optional(obj, "child", "child", visit_Node)
    v.optional(obj, "siblings", "siblings", visit_Node_list)


def visit_Node_list(v: Visitor, name: str, value: list[Node] | None) -> list[Node]:
    """Visit a list of Node."""
    return v.list(name, value, visit_Node)


STR_OR_NULL: Final[AlternateInfo[StrOrNull]] = AlternateInfo(
    "StrOrNull",
    branches=lambda: {"string": visit_str, "null": visit_null},
)


def visit_StrOrNull(v: Visitor, name: str, value: StrOrNull | None) -> StrOrNull:
    """Visit a StrOrNull."""
    return v.alternate(name, value, STR_OR_NULL)


MIXED: Final[AlternateInfo[Mixed]] = AlternateInfo(
    "Mixed",
    branches=lambda: {
        "string": visit_RunState,
        "number": visit_int,
        "boolean": visit_bool,
        "object": visit_RunStats,
        "array": visit_str_list,
    },
)


def visit_Mixed(v: Visitor, name: str, value: Mixed | None) -> Mixed:
    """Visit a Mixed."""
    return v.alternate(name, value, MIXED)


def visit_Payment_base(v: Visitor, obj: Payment) -> None:
    """Visit the members that every Payment has, in the order of the wire."""
    v.member(obj, "amount", "amount", visit_int)
    v.member(obj, "method", "method", visit_PaymentMethod)
    v.optional(obj, "note", "note", visit_str)


def visit_PaymentCash_members(v: Visitor, obj: PaymentCash) -> None:
    """Visit the members of a PaymentCash, in the order of the wire."""
    visit_Payment_base(v, obj)
    v.member(obj, "given", "given", visit_int)


def visit_PaymentVoucher_members(v: Visitor, obj: PaymentVoucher) -> None:
    """Visit the members of a PaymentVoucher, in the order of the wire."""
    visit_Payment_base(v, obj)


def visit_PaymentCard_base(v: Visitor, obj: PaymentCardChip | PaymentCardPaper) -> None:
    """Visit the members that every Payment by card has, in the order of the wire."""
    visit_Payment_base(v, obj)
    v.member(obj, "network", "network", visit_CardNetwork)


def visit_PaymentCardChip_members(v: Visitor, obj: PaymentCardChip) -> None:
    """Visit the members of a PaymentCardChip, in the order of the wire."""
    visit_PaymentCard_base(v, obj)
    v.member(obj, "pin", "pin", visit_int)


def visit_PaymentCardPaper_members(v: Visitor, obj: PaymentCardPaper) -> None:
    """Visit the members of a PaymentCardPaper, in the order of the wire."""
    visit_PaymentCard_base(v, obj)
    v.optional(obj, "signed-by", "signed_by", visit_str)


PAYMENT_CARD: Final[UnionInfo[PaymentCardChip | PaymentCardPaper]] = UnionInfo(
    "PaymentCard",
    tag="network",
    visit_base=visit_PaymentCard_base,
    branches=lambda: {
        "chip": (PaymentCardChip, visit_PaymentCardChip_members),
        "paper": (PaymentCardPaper, visit_PaymentCardPaper_members),
    },
)

# The value "barter" of the tag has no branch here, as if it were left out by a condition.
PAYMENT: Final[UnionInfo[Payment]] = UnionInfo(
    "Payment",
    tag="method",
    visit_base=visit_Payment_base,
    branches=lambda: {
        "cash": (PaymentCash, visit_PaymentCash_members),
        "card": PAYMENT_CARD,
        "voucher": (PaymentVoucher, visit_PaymentVoucher_members),
    },
)


def visit_Payment(v: Visitor, name: str, value: Payment | None) -> Payment:
    """Visit a Payment."""
    return v.union(name, value, PAYMENT)


def visit_Payment_list(v: Visitor, name: str, value: list[Payment] | None) -> list[Payment]:
    """Visit a list of Payment."""
    return v.list(name, value, visit_Payment)


def visit_Transport_base(v: Visitor, obj: Transport) -> None:
    """Visit the members that every Transport has, in the order of the wire."""
    v.member(obj, "type", "type", visit_TransportKind)


def visit_TransportInet_members(v: Visitor, obj: TransportInet) -> None:
    """Visit the members of a TransportInet, in the order of the wire."""
    visit_Transport_base(v, obj)
    v.member(obj, "data", "data", visit_RunStats)


def visit_TransportUnix_members(v: Visitor, obj: TransportUnix) -> None:
    """Visit the members of a TransportUnix, in the order of the wire."""
    visit_Transport_base(v, obj)
    v.member(obj, "data", "data", visit_str)


TRANSPORT: Final[UnionInfo[Transport]] = UnionInfo(
    "Transport",
    tag="type",
    visit_base=visit_Transport_base,
    branches=lambda: {
        "inet": (TransportInet, visit_TransportInet_members),
        "unix": (TransportUnix, visit_TransportUnix_members),
    },
)


def visit_Transport(v: Visitor, name: str, value: Transport | None) -> Transport:
    """Visit a Transport."""
    return v.union(name, value, TRANSPORT)
