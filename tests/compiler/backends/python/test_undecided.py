"""Members whose condition nobody has decided: a program may lack them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.passes.select import KEEP_ALL, Config
from qapigen.runtime.errors import VisitError
from qapigen.runtime.marshalling import decode, encode
from qapigen.runtime.visit import clone, from_wire, to_wire

from .packages import files_of, write

SCHEMA = """
{ 'struct': 'Reading',
  'data': { 'value': 'int',
            'phases': { 'type': ['str'], 'if': 'HAVE_PHASES' } } }
{ 'command': 'query-reading', 'returns': 'Reading' }
{ 'struct': 'Setting',
  'data': { 'value': 'int', 'phase': { 'type': 'int', 'if': 'HAVE_PHASES' } } }
{ 'command': 'set-reading', 'data': 'Setting', 'boxed': true }
{ 'struct': 'ReadData',
  'data': { 'phase': { 'type': 'int', 'if': { 'not': 'HAVE_PHASES' } } } }
{ 'event': 'READ', 'data': 'ReadData', 'boxed': true }
"""


def package(folder: Path, name: str, config: Config = KEEP_ALL) -> Any:
    write(folder, files_of({"schema.json": SCHEMA}, name, config=config))
    return import_module(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("lenient", [False, True])
def test_such_a_member_may_be_absent(folder: Path, lenient: bool) -> None:
    made = package(folder, f"undecided_{lenient}")
    visit = import_module(f"{made.__name__}.visit.schema").visit_Reading
    for answer in ({"value": 3}, {"value": 3, "phases": ["l1"]}):
        reading = from_wire(visit, answer, lenient=lenient)
        assert (reading.value, reading.phases) == (3, answer.get("phases"))
        assert decode(visit, encode(visit, reading), lenient=lenient) == reading
        assert to_wire(visit, reading) == answer
        assert clone(visit, reading) == reading


def test_all_other_members_are_as_mandatory_as_before(folder: Path) -> None:
    made = package(folder, "undecided_others")
    visit = import_module(f"{made.__name__}.visit.schema").visit_Reading
    with pytest.raises(VisitError, match="member 'value' is missing"):
        from_wire(visit, {"phases": []})


def test_arguments_and_data_of_events_too(folder: Path) -> None:
    made = package(folder, "undecided_uses")
    assert made.Setting(value=1).phase is None
    assert made.ReadData().phase is None


@pytest.mark.parametrize("answer", [{"value": 3}, {"value": 3, "phases": ["l1"]}])
def test_a_decided_member_is_mandatory_or_gone(folder: Path, answer: dict[str, object]) -> None:
    having = "phases" in answer
    known = frozenset({"HAVE_PHASES"})
    config = Config(defined=known) if having else Config(undefined=known)
    made = package(folder, f"decided_{having}", config)
    visit = import_module(f"{made.__name__}.visit.schema").visit_Reading
    assert to_wire(visit, from_wire(visit, answer)) == answer
    other = {"value": 3} if having else {"value": 3, "phases": ["l1"]}
    with pytest.raises(VisitError, match="'phases' is (missing|unexpected)"):
        from_wire(visit, other)
