"""How straight-line code is found, and who has the word where it refuses."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit import Visitor, from_wire, specialised, to_wire, visit_int, visit_str
from qapigen.runtime.visit.specialised import REFUSALS, Mismatch, Pair, pair_of


def read_small(data: Any) -> int:
    if data.__class__ is not int or not 0 <= data < 10:
        raise Mismatch
    return -int(data)  # not what the visit gives, so that one sees who was asked


def write_small(value: Any) -> object:
    if value == 7:
        raise VisitError("no sevens")
    return [value][0 if value < 10 else 1]


@specialised(read_small, write_small)
def visit_small(v: Visitor, name: str, value: int | None) -> int:
    return visit_int(v, name, value)


def test_the_pair_comes_first() -> None:
    assert pair_of(visit_small) == Pair(visit_small, read_small, write_small)
    assert from_wire(visit_small, 3) == -3
    assert from_wire(visit_small, 3, lenient=True) == -3
    assert to_wire(visit_small, 4) == 4


def test_what_it_refuses_is_visited() -> None:
    assert from_wire(visit_small, 12) == 12
    assert to_wire(visit_small, 7) == 7
    with pytest.raises(VisitError, match=r"^at: expected an integer, got string 'x'$") as caught:
        from_wire(visit_small, "x", "at")
    assert caught.value.__context__ is None  # how it came to be asked is nobody's business


def test_other_errors_are_mistakes_and_pass() -> None:
    with pytest.raises(IndexError):
        to_wire(visit_small, 12)


@pytest.mark.parametrize("error", REFUSALS)
def test_refusals(error: type[Exception]) -> None:
    def read(data: object) -> int:
        if issubclass(error, UnicodeError):
            raise UnicodeEncodeError("utf-8", "", 0, 1, "")
        raise error("x")

    visit = specialised(read, read)(functools.partial(visit_int))
    assert from_wire(visit, 5) == 5
    assert to_wire(visit, 5) == 5


def test_a_wrapper_is_not_what_it_wraps() -> None:
    @functools.wraps(visit_small)
    def visit(v: Visitor, name: str, value: int | None) -> int:
        return 1000 + visit_int(v, name, value)

    assert pair_of(visit)[1:] == (None, None)
    assert from_wire(visit, 3) == 1003


@pytest.mark.parametrize(
    "visit",
    [visit_str, lambda v, name, value: visit_str(v, name, value), functools.partial(visit_str)],
)
def test_visits_without_a_pair(visit: Any) -> None:
    for _ in range(2):
        assert pair_of(visit) == Pair(visit, None, None)
        assert from_wire(visit, "x") == "x"
        assert to_wire(visit, "x") == "x"


def test_a_function_that_calls_another_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = """
from qapigen.runtime.visit import DeferredVisit
from . import visit
import deferring.visit.a

DEFERRED = DeferredVisit(lambda: visit.a.visit_A)
OTHERS = [
    DeferredVisit(lambda: visit.a.visit_B),
    lambda v, name, value: visit.a.visit_A(v, name, value),
]
"""
    package(tmp_path, "deferring", visit_a=VISITS, wire_a=WIRE, commands=commands)
    monkeypatch.syspath_prepend(str(tmp_path))
    from deferring import commands as found  # type: ignore[import-not-found]

    for _ in range(2):
        assert from_wire(found.DEFERRED, 1) == 101
        assert to_wire(found.DEFERRED, 1) == 101
        assert all(pair_of(other)[1:] == (None, None) for other in found.OTHERS)


VISITS = """
from qapigen.runtime.visit import visit_int

def visit_A(v, name, value):
    return visit_int(v, name, value)

def visit_B(v, name, value):
    return visit_int(v, name, value)
"""
WIRE = """
def read_A(data):
    return data + 100

SPECIALISED = {"visit_A": (read_A, read_A)}
"""


def package(folder: Path, name: str, **modules: str) -> Any:
    """A package in the layout of generated ones."""
    for path, text in modules.items():
        target = folder / name / path.replace("_", "/")
        target.mkdir(parents=True)
        (target.parent / "__init__.py").touch()
        target.rmdir()
        target.with_suffix(".py").write_text(text)
    (folder / name / "__init__.py").touch()


def test_generated_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "straight", visit_a=VISITS, wire_a=WIRE)
    monkeypatch.syspath_prepend(str(tmp_path))
    from straight.visit import a  # type: ignore[import-not-found]

    assert "straight.wire.a" not in sys.modules
    assert from_wire(a.visit_A, 1) == 101
    assert from_wire(a.visit_B, 1) == 1
    assert pair_of(a.visit_A) is pair_of(a.visit_A)


def test_modules_of_another_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "other_meaning", visit_a=VISITS, wire_a="read_A = None", visit_b=VISITS)
    monkeypatch.syspath_prepend(str(tmp_path))
    from other_meaning.visit import a, b  # type: ignore[import-not-found]

    assert from_wire(a.visit_A, 1) == 1
    assert from_wire(b.visit_A, 1) == 1


def test_a_broken_module_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "broken_wire", visit_a=VISITS, wire_a="import no_such_module_anywhere")
    monkeypatch.syspath_prepend(str(tmp_path))
    from broken_wire.visit import a  # type: ignore[import-not-found]

    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        from_wire(a.visit_A, 1)
