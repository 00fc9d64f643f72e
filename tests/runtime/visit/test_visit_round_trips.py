"""Whatever a typed value is: it comes back from the wire, from JSON text, from a copy."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec import dumps, loads
from qapigen.runtime.errors import VisitError
from qapigen.runtime.marshalling import decode
from qapigen.runtime.model import Enum, missing_members, unknown_members
from qapigen.runtime.visit import clone, from_wire, to_wire

from ..sample_types import (
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunInfo,
    visit_Scalars,
    visit_Transport,
)
from ..sample_values import INFOS, JSON, TEXT, TYPED


@given(TYPED)
def test_values_come_back(typed: tuple[Any, Any]) -> None:
    visit, value = typed
    wire = to_wire(visit, value)
    assert from_wire(visit, wire) == value
    assert from_wire(visit, loads(dumps(wire))) == value
    assert clone(visit, value) == value


@given(TYPED)
def test_the_wire_form_is_a_fixed_point(typed: tuple[Any, Any]) -> None:
    visit, value = typed
    text = dumps(to_wire(visit, value))
    assert dumps(to_wire(visit, from_wire(visit, loads(text)))) == text


@given(st.data())
def test_whatever_is_missing_the_rest_is_read_and_written_as_it_was(data: st.DataObject) -> None:
    info = data.draw(INFOS)
    wire = to_wire(visit_RunInfo, info)
    assert isinstance(wire, dict)
    gone = data.draw(st.sets(st.sampled_from(sorted(wire))))
    left = {key: value for key, value in wire.items() if key not in gone}
    typed = from_wire(visit_RunInfo, left, lenient=True)
    assert set(missing_members(typed)) == gone & {"status"}
    assert to_wire(visit_RunInfo, typed, lenient=True) == left
    assert decode(visit_RunInfo, dumps(left), lenient=True) == typed
    assert clone(visit_RunInfo, typed) == typed


def outcome(visit: Any, value: object) -> Any:
    """The typed form of a value, or the VisitError that it deserves."""
    try:
        return from_wire(visit, value)
    except VisitError as error:
        return error


VISITS = st.sampled_from(
    [visit_RunInfo, visit_Payment, visit_Transport, visit_Node, visit_Mixed, visit_Scalars]
)


@given(VISITS, JSON)
def test_any_json_is_accepted_or_an_ordinary_error(visit: Any, value: object) -> None:
    typed = outcome(visit, value)
    if isinstance(typed, VisitError):
        assert typed.to_wire()["desc"]
    else:
        assert from_wire(visit, to_wire(visit, typed)) == typed


KEYS = ["status", "stats", "flags", "limit", "class", "method", "amount", "network", "pin", "name"]
VALUES = st.sampled_from(["none", "cash", "card", "chip", "x", 1, -1, 1.0, True, None])
SMALL = st.dictionaries(st.sampled_from(KEYS), VALUES)
NEARLY = st.dictionaries(st.sampled_from(KEYS), VALUES | SMALL)


@given(VISITS, NEARLY)
def test_nearly_right_objects_are_accepted_or_an_ordinary_error(visit: Any, value: object) -> None:
    typed = outcome(visit, value)
    if isinstance(typed, VisitError):
        assert typed.path in typed.desc
    else:
        assert to_wire(visit, typed) == value


SURPLUS = st.dictionaries(TEXT.map(lambda text: "x-new-" + text), JSON, min_size=1, max_size=3)


@given(TYPED, st.data())
def test_a_newer_peers_members_are_kept_and_given_back(
    typed: tuple[Any, Any], data: st.DataObject
) -> None:
    visit, value = typed
    wire = to_wire(visit, value)
    if not isinstance(wire, dict):
        assert from_wire(visit, wire, lenient=True) == value
        return
    surplus = data.draw(SURPLUS)
    newer = {**surplus, **wire}
    assert isinstance(outcome(visit, newer), VisitError)
    known = from_wire(visit, newer, lenient=True)
    assert known == value
    assert unknown_members(known) == surplus
    assert dumps(to_wire(visit, known)) == dumps(wire)
    for each in (known, clone(visit, known)):
        assert dumps(to_wire(visit, each, lenient=True)) == dumps({**wire, **surplus})


@given(INFOS, TEXT)
def test_a_newer_peers_enum_values_are_kept_and_given_back(info: Any, status: str) -> None:
    wire: Any = to_wire(visit_RunInfo, info)
    newer = {**wire, "status": status}
    read = from_wire(visit_RunInfo, newer, lenient=True)
    assert isinstance(read.status, Enum)
    assert read.status == status
    assert to_wire(visit_RunInfo, read, lenient=True) == newer
    assert isinstance(outcome(visit_RunInfo, newer), VisitError) is not read.status.is_known


@given(VISITS, NEARLY | JSON)
def test_what_is_accepted_strictly_is_read_the_same_leniently(visit: Any, value: object) -> None:
    typed = outcome(visit, value)
    if not isinstance(typed, VisitError):
        assert from_wire(visit, value, lenient=True) == typed
