"""The doors: from the wire, to the wire, a copy; and the names that generated code imports."""

from __future__ import annotations

import pytest

from qapigen.runtime import visit as vocabulary
from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit import WireInput, clone, from_wire, to_wire

from ..sample_types import RunStats, visit_RunStats

BUILTINS = (
    *("str", "number", "bool", "null", "any", "QType", "size"),
    *("int", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
WIRE = {"transferred": 1, "mbps": 1.5}


def test_every_builtin_type_has_a_visit_function_for_itself_and_for_lists() -> None:
    names = {f"visit_{name}" for name in BUILTINS} | {f"visit_{name}_list" for name in BUILTINS}
    assert {name for name in vocabulary.__all__ if name.startswith("visit_")} == names


def test_the_doors() -> None:
    value = from_wire(visit_RunStats, WIRE)
    assert value == RunStats(transferred=1, mbps=1.5)
    assert to_wire(visit_RunStats, value) == WIRE
    assert clone(visit_RunStats, value) == value


def test_the_name_of_a_value_begins_its_paths() -> None:
    with pytest.raises(VisitError, match=r"^here\.mbps: expected a number"):
        from_wire(visit_RunStats, {"transferred": 1, "mbps": "x"}, "here")
    with pytest.raises(VisitError, match=r"^here\.mbps: expected a finite number"):
        to_wire(visit_RunStats, RunStats(transferred=1, mbps=float("inf")), "here")
    with pytest.raises(VisitError, match=r"^mbps: expected a number"):
        from_wire(visit_RunStats, {"transferred": 1, "mbps": "x"})


def test_a_visitor_can_be_used_directly() -> None:
    assert visit_RunStats(WireInput(WIRE), "", None) == RunStats(transferred=1, mbps=1.5)
