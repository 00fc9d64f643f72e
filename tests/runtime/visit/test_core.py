"""The tables of unions and alternates, and what members a type has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qapigen.runtime.model import python_name
from qapigen.runtime.visit import AlternateInfo, UnionInfo, Visitor, visit_str
from qapigen.runtime.visit.core import Branch, Tag, member_names

from ..sample_types import (
    MIXED,
    PAYMENT,
    PAYMENT_CARD,
    STR_OR_NULL,
    CardNetwork,
    PaymentCardChip,
    PaymentCardPaper,
    PaymentCash,
    PaymentMethod,
    PaymentVoucher,
    visit_Payment_base,
    visit_PaymentCardChip_members,
    visit_PaymentVoucher_members,
    visit_RunInfo_members,
)


def test_a_visitor_answers_the_whole_vocabulary() -> None:
    abstract: Any = Visitor
    with pytest.raises(TypeError, match="abstract"):
        abstract()


def test_the_members_of_a_type_in_the_order_of_the_wire() -> None:
    names = ["status", "stats", "flags", "tags", "limit", "class", "extra"]
    assert member_names(visit_RunInfo_members, None) == names
    assert member_names(visit_PaymentCardChip_members, None) == [
        *("amount", "method", "note", "network", "pin"),
    ]


@pytest.mark.parametrize(
    ("data", "cls"),
    [
        ({"method": "cash"}, PaymentCash),
        ({"method": "voucher", "network": "chip"}, PaymentVoucher),
        ({"method": "card", "network": "chip"}, PaymentCardChip),
        ({"network": "paper", "method": "card"}, PaymentCardPaper),
    ],
)
def test_tags_select_a_class(data: dict[str, object], cls: type) -> None:
    choice = PAYMENT.select(data)
    assert isinstance(choice, tuple)
    assert choice[0] is cls


@pytest.mark.parametrize(
    ("data", "union"),
    [
        ({}, PAYMENT),
        ({"method": 1}, PAYMENT),
        ({"method": ["cash"]}, PAYMENT),
        ({"method": "barter"}, PAYMENT),
        ({"method": "card"}, PAYMENT_CARD),
        ({"method": "card", "network": None}, PAYMENT_CARD),
    ],
)
def test_a_tag_that_selects_nothing_is_told_by_its_union(
    data: dict[str, object], union: UnionInfo[Any]
) -> None:
    assert PAYMENT.select(data) is union


def test_classes_of_inner_unions_count_as_well() -> None:
    classes = {PaymentCash, PaymentVoucher, PaymentCardChip, PaymentCardPaper}
    assert set(PAYMENT.classes) == classes
    assert PAYMENT.classes[PaymentCardChip].ways == (
        (Tag("method", "method", "card"), Tag("network", "network", "chip")),
    )


def test_tags_must_fit_the_class() -> None:
    chip = PAYMENT.classes[PaymentCardChip]
    right: Any = PaymentCardChip(amount=1, pin=1)
    assert chip.wrong_tag(right) is None
    right.network = CardNetwork.PAPER
    assert chip.wrong_tag(right) == Tag("network", "network", "chip")
    right.method = PaymentMethod.CASH
    assert chip.wrong_tag(right) == Tag("method", "method", "card")


def test_one_class_may_serve_several_tags() -> None:
    shared: UnionInfo[PaymentVoucher] = UnionInfo(
        "Shared",
        tag="method",
        visit_base=visit_Payment_base,
        branches=lambda: {
            "voucher": (PaymentVoucher, visit_PaymentVoucher_members),
            "barter": (PaymentVoucher, visit_PaymentVoucher_members),
        },
    )
    entry = shared.classes[PaymentVoucher]
    payment: Any = PaymentVoucher(amount=1)
    for method in (PaymentMethod.VOUCHER, PaymentMethod.BARTER):
        payment.method = method
        assert entry.wrong_tag(payment) is None
    payment.method = PaymentMethod.CASH
    assert entry.wrong_tag(payment) is not None


def test_tables_are_made_once_and_only_when_they_are_needed() -> None:
    made: list[str] = []

    def branches() -> Mapping[str, Branch]:
        made.append("union")
        return {"voucher": (PaymentVoucher, visit_PaymentVoucher_members)}

    def kinds() -> Mapping[str, Any]:
        made.append("alternate")
        return {"string": visit_str}

    union: UnionInfo[Any] = UnionInfo(
        "U", tag="method", visit_base=visit_Payment_base, branches=branches
    )
    alternate: AlternateInfo[Any] = AlternateInfo("A", branches=kinds)
    assert made == []
    for _ in range(2):
        union.select({"method": "voucher"})
        assert union.classes[PaymentVoucher].ways[0][0].python == python_name(
            PaymentVoucher, "method"
        )
        assert alternate.branches["string"] is visit_str
    assert made == ["union", "alternate"]


def test_what_an_alternate_takes_in_words() -> None:
    assert STR_OR_NULL.expected == "a string or null (StrOrNull)"
    assert MIXED.expected.startswith("a string or a number or a boolean or an object or an array")
