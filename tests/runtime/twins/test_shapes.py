"""What types consist of."""

from __future__ import annotations

import pytest

from qapigen.runtime.twins import shapes
from qapigen.runtime.twins.shapes import (
    Boolean,
    Choice,
    Integer,
    Items,
    Member,
    Number,
    Object,
    Text,
    TextOrNull,
    shape_of,
)
from qapigen.runtime.visit import builtin
from qapigen.runtime.visit.kinds import INT64, SIZE

from ..sample_types import (
    FlagStatus,
    RunState,
    RunStats,
    visit_FlagStatus_list,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunStats,
    visit_StrOrNull,
)


def test_objects() -> None:
    shape = shape_of(visit_RunStats)
    assert isinstance(shape, Object)
    assert shape.cls is RunStats
    assert shape.members[0] == Member("transferred", "transferred", False, Integer(INT64))
    assert [each.optional for each in shape.members].count(False) == 2
    assert {each.wire: each.python for each in shape.members}["normal-bytes"] == "normal_bytes"


def test_lists_and_enums() -> None:
    shape = shape_of(visit_FlagStatus_list)
    members = (
        Member("flag", "flag", False, Choice(RunState)),
        Member("state", "state", False, Boolean()),
    )
    assert shape == Items(Object(FlagStatus, members))


def test_scalars() -> None:
    assert shape_of(builtin.visit_size_list) == Items(Integer(SIZE))
    assert shape_of(builtin.visit_number) == Number()
    assert isinstance(shape_of(builtin.visit_str), Text)
    assert isinstance(shape_of(visit_StrOrNull), TextOrNull)


def test_what_has_no_shape() -> None:
    for visit in (visit_Node, visit_Payment, visit_Mixed, builtin.visit_any, builtin.visit_null):
        assert shape_of(visit) is None


def test_what_would_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_MOST_MEMBERS", 2)
    assert shape_of(visit_FlagStatus_list) is not None
    assert shape_of(visit_RunStats) is None
