"""Each visitor works with every type, built in, written by hand or generated."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, Struct
from qapigen.runtime.visit import VisitFunction, to_wire
from qapigen.runtime.visit.keyval import from_keyval, to_keyval
from qapigen.runtime.visit.text import to_text
from qapigen.runtime.visit.walk import walk

from .drawn_values import values
from .every_type import EVERY_TYPE

FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
ON_EVERY_TYPE = pytest.mark.parametrize("visit", EVERY_TYPE.values(), ids=EVERY_TYPE)

# A line of text with a name: indentation, marks of items, the name, which may be in quotes.
NAME = re.compile(r'(?:- | )*(?!- | )(?P<name>"(?:[^"\\]|\\.)*"|[^"].*?):(?: |$)')


def test_there_are_generated_types() -> None:
    assert "migration.visit_MigrationInfo" in EVERY_TYPE
    assert "sample_types.visit_Payment" in EVERY_TYPE
    assert len(EVERY_TYPE) > 60


def parts(path: str, value: object) -> list[tuple[str, object]]:
    """The parts of a JSON value, each with its path."""
    found = [(path, value)]
    if isinstance(value, dict):
        for name, item in value.items():
            shown = ascii(name)[1:-1]
            found += parts(f"{path}.{shown}" if path and shown else path + shown, item)
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += parts(f"{path}[{index}]", item)
    return found


@ON_EVERY_TYPE
@FEW
@given(data=st.data())
def test_a_walk_meets_what_is_written(visit: VisitFunction[Any], data: st.DataObject) -> None:
    value = data.draw(values(visit))
    written = parts("", to_wire(visit, value))
    walked = list(walk(visit, value))
    assert [path for path, _ in walked] == [path for path, _ in written]
    for (_, part), (_, json) in zip(walked, written, strict=True):
        if part is NULL:
            assert json is None
        elif isinstance(part, Struct):
            assert isinstance(json, dict)
        elif isinstance(part, (dict, list)):
            assert type(json) is type(part)
        else:
            assert part == json


@ON_EVERY_TYPE
@FEW
@given(data=st.data())
def test_text_has_a_line_for_each_name(visit: VisitFunction[Any], data: st.DataObject) -> None:
    value = data.draw(values(visit))
    lines = to_text(visit, value, line_limit=10**6, string_limit=10**6).split("\n")
    assert all(line.isprintable() for line in lines)
    found = [match["name"] for line in lines if (match := NAME.match(line))]
    wanted = all_names(to_wire(visit, value))
    assert len(found) == len(wanted)
    assert all(f == w for f, w in zip(found, wanted, strict=True) if not f.startswith('"'))


def all_names(value: Any) -> list[str]:
    """The names of members of a JSON value, in order."""
    if isinstance(value, dict):
        return [each for name, item in value.items() for each in (name, *all_names(item))]
    if isinstance(value, list):
        return [name for item in value for name in all_names(item)]
    return []


@ON_EVERY_TYPE
@FEW
@given(data=st.data())
def test_text_is_bounded(visit: VisitFunction[Any], data: st.DataObject) -> None:
    value = data.draw(values(visit))
    whole = to_text(visit, value, line_limit=10**6).split("\n")
    some = to_text(visit, value, line_limit=3).split("\n")
    assert some == (whole if len(whole) <= 3 else [*whole[:3], "..."])


@ON_EVERY_TYPE
@FEW
@given(data=st.data())
def test_what_keyval_can_say_comes_back(visit: VisitFunction[Any], data: st.DataObject) -> None:
    value = data.draw(values(visit, sayable=True))
    if isinstance(value, Struct) or (isinstance(value, dict) and value):
        assert from_keyval(visit, to_keyval(visit, value)) == value
    else:
        with pytest.raises(VisitError):
            to_keyval(visit, value)


@ON_EVERY_TYPE
@FEW
@given(data=st.data())
def test_keyval_refuses_or_comes_back(visit: VisitFunction[Any], data: st.DataObject) -> None:
    value = data.draw(values(visit))
    try:
        text = to_keyval(visit, value)
    except VisitError:
        return
    assert from_keyval(visit, text) == value
