"""Values of type any: copied without recursion, checked on the way out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL
from qapigen.runtime.visit.plain import check_member_name, check_unicode, json_leaf, rebuild
from qapigen.runtime.visit.refusals import MAX_DEPTH

from ..codec.json_values import VALUES
from ..sample_types import RunState, RunStats


@given(VALUES)
def test_json_is_copied_as_it_is(value: object) -> None:
    copy = rebuild("", value, leaf=json_leaf)
    assert copy == value
    assert repr(copy) == repr(value)


def test_a_copy_shares_no_container() -> None:
    inner: list[Any] = [1]
    value = {"b": inner, "a": inner}
    copy: Any = rebuild("", value, leaf=json_leaf)
    inner.append(2)
    assert copy == {"b": [1], "a": [1]}
    assert list(copy) == ["b", "a"]
    assert copy["a"] is not copy["b"]


def test_python_values_take_their_json_form() -> None:
    copy: Any = rebuild("", [NULL, None, RunState.ACTIVE, 2**64], leaf=json_leaf)
    assert copy == [None, None, "active", 2.0**64]
    assert type(copy[2]) is str


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (object(), "x"),
        ([0, (1,)], "x[1]"),
        ({"a": [{"b": RunStats(transferred=1, mbps=1)}]}, "x.a[0].b"),
        ([float("nan")], "x[0]"),
        ([["\ud800"]], "x[0][0]"),
        ([{"\udc00": 1}], "x[0]"),
        ({"a": {5: 1}}, "x.a"),
    ],
)
def test_what_is_refused_is_located(value: object, path: str) -> None:
    with pytest.raises(VisitError) as caught:
        rebuild("x", value, leaf=json_leaf)
    assert caught.value.path == path


def test_the_first_of_several_is_refused() -> None:
    with pytest.raises(VisitError, match=r"^\[1\]\.a:"):
        rebuild("", [1, {"a": object(), "b": object()}, object()], leaf=json_leaf)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize("outer", [0, 1, 1000])
def test_the_depth_is_bounded(outer: int) -> None:
    rebuild("", nested(MAX_DEPTH - outer), leaf=json_leaf, depth=outer)
    with pytest.raises(VisitError, match="nested too deeply"):
        rebuild("", nested(MAX_DEPTH - outer + 1), leaf=json_leaf, depth=outer)


def test_a_cycle_is_too_deep() -> None:
    loop: list[Any] = [1, 2]
    loop += [loop, loop]
    with pytest.raises(VisitError, match="nested too deeply"):
        rebuild("", loop, leaf=json_leaf)


def test_unicode() -> None:
    check_unicode("x", "\u20ac\U0001f600\0\uffff")
    with pytest.raises(VisitError, match=r"^x: .*got U\+DC00 at index 1"):
        check_unicode("x", "a\udc00")


def test_member_names() -> None:
    check_member_name("")
    check_member_name("\u20ac")
    with pytest.raises(VisitError, match="expected member names that are strings, got number 1"):
        check_member_name(1)
    with pytest.raises(VisitError, match="without lone surrogates"):
        check_member_name("\udc00")


class Text(str):
    """A string that says something else of itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return "other"

    def isascii(self) -> bool:
        return True

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"other"


def test_keys_are_plain_strings() -> None:
    copy: Any = rebuild("", {RunState.ACTIVE: 1, Text("b"): {Text("c"): 2}}, leaf=json_leaf)
    assert copy == {"active": 1, "b": {"c": 2}}
    assert {type(key) for key in (*copy, *copy["b"])} == {str}


@pytest.mark.parametrize("value", [[Text("\ud800")], {Text("\ud800"): 1}])
def test_what_a_subclass_holds_is_checked(value: object) -> None:
    with pytest.raises(VisitError, match="without lone surrogates"):
        rebuild("", value, leaf=json_leaf)


def test_a_copy_of_keys_that_are_no_data() -> None:
    copy: Any = rebuild("", {RunState.ACTIVE: 1}, leaf=lambda value: value)
    assert next(iter(copy)) is RunState.ACTIVE
