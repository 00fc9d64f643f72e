"""The sentences of what visitors refuse."""

from __future__ import annotations

import pytest

from qapigen.runtime.model import NULL, Enum
from qapigen.runtime.visit.refusals import (
    enum_refusal,
    missing,
    python_refusal,
    refusal,
    too_deep,
    unexpected,
)

from ..sample_types import RunState, RunStats


def test_the_two_halves_are_data() -> None:
    error = refusal("a.b", "a boolean", "string 'on'")
    assert (error.path, error.expected, error.got) == ("a.b", "a boolean", "string 'on'")
    assert error.desc == "a.b: expected a boolean, got string 'on'"


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "nothing"),
        (NULL, "null"),
        (RunStats(transferred=1, mbps=1), "a RunStats"),
        ("x", "string 'x'"),
        ((), "a Python tuple"),
    ],
)
def test_python_values_in_words(value: object, got: str) -> None:
    assert python_refusal("", "a string", value).got == got


def test_a_long_enum_is_not_told_in_full() -> None:
    class Long(Enum):
        A, B, C, D, E, F, G, H, I, J = "abcdefghij"  # noqa: E741

    error = enum_refusal("x", Long, "z")
    assert error.expected == "one of 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more"
    assert enum_refusal("x", RunState, "z").expected == (
        "one of 'none', 'set-up', 'active', 'x-lost'"
    )


def test_enum_values_may_be_near_misses() -> None:
    assert enum_refusal("x", RunState, "set_up").desc.endswith("did you mean 'set-up'?")
    assert enum_refusal("x", RunState, "quite-other").desc.endswith("got string 'quite-other'")


def test_missing_and_unexpected_members() -> None:
    assert missing("uri").desc == "member 'uri' is missing"
    assert missing("uri").got == "nothing"
    assert unexpected("x", []).desc == "member 'x' is unexpected"
    assert unexpected("urri", ["uri", "blk"]).desc.endswith("; did you mean 'uri'?")


def test_too_deep() -> None:
    assert too_deep("x").desc == "x: the value is nested too deeply"
