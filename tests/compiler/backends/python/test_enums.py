"""Generated enums at work."""

from __future__ import annotations

import copy
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import schema_name
from qapigen.runtime.visit import from_wire, to_wire


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_enums")


@pytest.fixture(scope="module")
def visit(demo: Any) -> Any:
    return import_module("demo_enums.visit.demo")


def test_members_are_strings(demo: Any) -> None:
    slow = demo.Speed.SLOW
    assert isinstance(slow, demo.Speed)
    assert isinstance(slow, str)
    assert slow == "slow"
    assert f"{slow}" == "slow"
    assert {slow: 1}["slow"] == 1
    assert demo.Speed("2x") is demo.Speed.VALUE_2X
    with pytest.raises(ValueError, match="swift"):
        demo.Speed("swift")


def test_constants(demo: Any) -> None:
    """Every value has a public constant; the first of two that would be the same keeps it."""
    assert {value.name: value.value for value in demo.Unruly} == {
        "CLASS": "class",
        "NONE": "none",
        "VALUE_MRO": "mro",
        "NAME": "name",
        "A": "a",
        "A_": "A",
        "VALUE_2": "2",
        "VALUE_2_": "2-",
        "MIXED_CASE": "Mixed_Case",
    }
    assert demo.Unruly.mro()[0] is demo.Unruly


def test_schema_names(demo: Any) -> None:
    assert schema_name(demo.Speed) == "Speed"
    assert demo.Any_.__name__ == "Any_"
    assert schema_name(demo.Any_) == "Any"
    assert list(demo.Any_) == []


def test_pickles_and_copies(demo: Any) -> None:
    slow = demo.Speed.SLOW
    assert pickle.loads(pickle.dumps(slow)) is slow
    assert copy.deepcopy(slow) is slow


def test_wire(demo: Any, visit: Any) -> None:
    for value in demo.Unruly:
        assert from_wire(visit.visit_Unruly, value.value) is value
        assert to_wire(visit.visit_Unruly, value) == value.value
    assert to_wire(visit.visit_Speed, "slow") == "slow"
    lists = from_wire(visit.visit_Lists, {"speeds": ["2x", "slow"], "anything": []})
    assert lists.speeds == [demo.Speed.VALUE_2X, demo.Speed.SLOW]
    assert to_wire(visit.visit_Lists, lists) == {"speeds": ["2x", "slow"], "anything": []}


def test_refusals(demo: Any, visit: Any) -> None:
    with pytest.raises(VisitError, match=r"^speeds\[1\]: .*'swift'") as caught:
        from_wire(visit.visit_Lists, {"speeds": ["slow", "swift"]})
    assert caught.value.path == "speeds[1]"
    for wrong in ("SLOW", 1, None, ["slow"]):
        with pytest.raises(VisitError):
            from_wire(visit.visit_Speed, wrong)
    with pytest.raises(VisitError, match="a value of Any, which has none"):
        from_wire(visit.visit_Lists, {"speeds": [], "anything": ["thing"]})
    with pytest.raises(VisitError, match="which has none"):
        to_wire(visit.visit_Any_, "thing")
    with pytest.raises(VisitError):
        to_wire(visit.visit_Speed, demo.Unruly.NONE)
