"""Kinds of integers, of JSON values, and numbers that JSON can carry."""

from __future__ import annotations

import enum
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.model import NULL
from qapigen.runtime.visit.kinds import INT8, SIZE, UINT64, json_kind, python_kind, wire_number

from ..sample_types import RunState, RunStats


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "number"),
        (1.5, "number"),
        ("x", "string"),
        ({}, "object"),
        ([], "array"),
        ((), ""),
        (NULL, ""),
    ],
)
def test_kinds_of_json_values(value: object, kind: str) -> None:
    assert json_kind(value) == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, ""),
        (NULL, "null"),
        (False, "boolean"),
        (0, "number"),
        (Level.LOW, "number"),
        (0.0, "number"),
        ("x", "string"),
        (RunState.NONE, "string"),
        (RunStats(transferred=1, mbps=1), "object"),
        ({}, ""),
        ([], "array"),
        (object(), ""),
    ],
)
def test_kinds_of_python_values(value: object, kind: str) -> None:
    assert python_kind(value) == kind


def test_integer_kinds_in_words() -> None:
    assert INT8.expected == "an integer from -128 to 127"
    assert UINT64[1:] == SIZE[1:]


@given(st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_that_json_carries_as_they_are(value: float) -> None:
    assert repr(wire_number(value)) == repr(value)


@pytest.mark.parametrize(
    ("value", "number"), [(2**64, 2.0**64), (-(2**63) - 1, -(2.0**63)), (10**300, 1e300)]
)
def test_large_integers_become_floats(value: int, number: float) -> None:
    assert repr(wire_number(value)) == repr(number)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**309, -(10**309)], ids=type)
def test_numbers_that_json_cannot_carry(value: float) -> None:
    assert wire_number(value) is None


def test_a_number_is_plain() -> None:
    assert type(wire_number(Level.LOW)) is int
