"""Conditions as C text."""

from __future__ import annotations

import pytest

from qapigen.compiler.check.c_conditions import c_condition
from qapigen.compiler.ir import All, Any, Cond, Not, Symbol

A, B, C = Symbol("A"), Symbol("B_1"), Symbol("C")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("defined(A)", A),
        (" defined ( A ) ", A),
        ("defined A", A),
        ("!defined(A)", Not(A)),
        ("! ! defined(A)", Not(Not(A))),
        ("defined(A) && defined(B_1) && defined(C)", All((A, B, C))),
        ("defined(A) || defined(B_1) && !defined(C)", Any((A, All((B, Not(C)))))),
        ("(defined(A)||defined(B_1)) && defined(C)", All((Any((A, B)), C))),
    ],
)
def test_expressions(text: str, expected: Cond) -> None:
    assert c_condition(text) == expected


@pytest.mark.parametrize(
    "text",
    ["A > 2", "defined()", "defined(A", "defined(A) &&", "(defined(A)", "defined(A))", "!", "A B"],
)
def test_other_text_is_kept(text: str) -> None:
    assert c_condition(text) == Symbol(text)


def test_no_depth_is_too_much() -> None:
    text = "(" * 10_000 + "defined(A)" + ")" * 10_000
    assert c_condition(text) == Symbol(text)
    assert c_condition(" && ".join(["defined(A)"] * 10_000)) == All((A,) * 10_000)
