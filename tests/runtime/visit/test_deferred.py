"""Visit functions that are looked up late."""

from __future__ import annotations

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit import DeferredVisit, VisitFunction, from_wire, to_wire, visit_int


def test_is_looked_up_when_it_is_used_and_once() -> None:
    asked: list[None] = []

    def find() -> VisitFunction[int]:
        asked.append(None)
        return visit_int

    visit = DeferredVisit(find)
    assert not asked
    assert from_wire(visit, 5) == 5
    assert to_wire(visit, 6) == 6
    with pytest.raises(VisitError, match="expected an integer"):
        from_wire(visit, "7")
    assert visit.function is visit_int
    assert len(asked) == 1


def test_a_function_that_is_not_there_is_asked_for_again() -> None:
    found: dict[str, VisitFunction[int]] = {}
    visit = DeferredVisit(lambda: found["visit_int"])
    with pytest.raises(KeyError):
        from_wire(visit, 5)
    found["visit_int"] = visit_int
    assert from_wire(visit, 5) == 5
