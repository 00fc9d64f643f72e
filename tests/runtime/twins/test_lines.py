"""Functions that are made line by line."""

from __future__ import annotations

import struct

import pytest

from qapigen.runtime.twins.lines import FAILURES, Lines


def test_a_function() -> None:
    lines = Lines()
    first, second = lines.local(), lines.local()
    assert first != second
    mark = lines.mark()
    lines.add(f"{first} = {lines.constant([1])} + given")
    with lines.block(f"for {second} in {first}:"):
        lines.refuse_if(f"{second} > 5")
        lines.add(f"n += {second}")
    lines.add("return n")
    lines.fill(mark, "n = 100")
    function = lines.function()
    assert function([2]) == 103
    assert function([6]) is None
    assert function(3) is None


def test_no_condition_refuses_nothing() -> None:
    lines = Lines()
    lines.refuse_if("")
    lines.add("return given")
    assert lines.function()(1) == 1


def test_an_object_has_one_name() -> None:
    lines = Lines()
    equal: list[list[int]] = [[], []]
    assert lines.constant(equal[0]) == lines.constant(equal[0]) != lines.constant(equal[1])


@pytest.mark.parametrize(
    "raised", ["{}[1]", "given.x", "1 + ''", "int('x')", "pack(256)"], ids=lambda text: text
)
def test_failures_are_no_errors(raised: str) -> None:
    lines = Lines()
    lines.add(f"pack = {lines.constant(struct.Struct('B').pack)}", f"return {raised}")
    assert lines.function()(None) is None


def test_other_errors_are_mistakes_and_pass() -> None:
    assert ZeroDivisionError not in FAILURES
    lines = Lines()
    lines.add("return 1 / given")
    with pytest.raises(ZeroDivisionError):
        lines.function()(0)


def test_more_failures() -> None:
    lines = Lines(ZeroDivisionError)
    lines.add("return 1 / given")
    assert lines.function()(0) is None
    assert lines.function()("") is None
