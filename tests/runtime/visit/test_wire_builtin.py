"""The built-in types in straight-line code take a part of what visits take, equally."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime import visit as visits
from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, QType
from qapigen.runtime.visit import WireInput, WireOutput, wire_builtin
from qapigen.runtime.visit.specialised import REFUSALS, Mismatch

TYPES = [name.removeprefix("read_") for name in wire_builtin.__all__ if name[:5] == "read_"]

EDGES = [
    sign * 2**bits + step
    for bits in (7, 8, 15, 16, 31, 32, 63, 64)
    for sign in (1, -1)
    for step in (-1, 0, 1)
]
SCALARS = st.one_of(
    st.sampled_from([*EDGES, None, True, False, NULL, *QType, "none", "qnum", "\ud800", 10**400]),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.recursive(SCALARS, lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)),
)


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


def write(visit: Any, value: object) -> object:
    visitor = WireOutput()
    visit(visitor, "", value)
    return visitor.result


def test_there_is_one_for_each_visit() -> None:
    assert {f"visit_{name}" for name in TYPES} == {
        name for name in visits.__all__ if name.startswith("visit_")
    }
    assert {f"write_{name}" for name in TYPES} <= set(wire_builtin.__all__)


@pytest.mark.parametrize("name", TYPES)
@given(value=VALUES)
def test_a_part_of_what_visits_take(name: str, value: object) -> None:
    visit = getattr(visits, f"visit_{name}")
    try:
        read = getattr(wire_builtin, f"read_{name}")(value)
    except REFUSALS:
        pass
    else:
        assert same(read, visit(WireInput(value), "", None))
    try:
        written = getattr(wire_builtin, f"write_{name}")(value)
    except REFUSALS:
        pass
    else:
        assert same(written, write(visit, value))


USUAL: dict[str, tuple[object, object]] = {
    "str": ("text \xe9", 1),
    "bool": (True, 1),
    "number": (1.5, float("inf")),
    "null": (None, 0),
    "any": ({"a": [None, 1]}, None),
    "QType": ("qnum", "number"),
    "int": (2**63 - 1, 2**63),
    "int8": (-128, 128),
    "int16": (-(2**15), 2**15),
    "int32": (2**31 - 1, 2**31),
    "int64": (-(2**63), 1.0),
    "uint8": (255, -1),
    "uint16": (65535, 65536),
    "uint32": (2**32 - 1, True),
    "uint64": (2**64 - 1, -1),
    "size": (0, "0"),
}


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_is_taken_and_the_unusual_left_to_visits(name: str) -> None:
    right, wrong = USUAL[name]
    read, write = getattr(wire_builtin, f"read_{name}"), getattr(wire_builtin, f"write_{name}")
    assert same(write(read(right)), right)
    read, write = (getattr(wire_builtin, f"{way}_{name}_list") for way in ("read", "write"))
    items = [right, right]
    assert same(write(read(items)), items)
    assert read(items) is not items
    with pytest.raises(REFUSALS):
        read(tuple(items))
    with pytest.raises(REFUSALS):
        write([*read(items), wrong])
    if name != "any":
        with pytest.raises(REFUSALS):
            read([right, wrong])


def test_any_is_copied_when_it_is_written_and_not_too_deep() -> None:
    value: Any = {"a": [1]}
    assert wire_builtin.write_any(value)["a"] is not value["a"]  # type: ignore[index]
    for _ in range(600):
        value = [value]
    with pytest.raises(VisitError):
        wire_builtin.write_any(value)
    assert write(visits.visit_any, value) == value


def test_numbers_keep_their_class() -> None:
    assert same(wire_builtin.read_number(1), 1)
    assert same(wire_builtin.read_number(-0.0), -0.0)
    with pytest.raises(Mismatch):
        wire_builtin.read_number(2**64)
