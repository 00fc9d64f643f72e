"""Typed values from text and to text, with every backend."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapi_migration.types.migration import MigrationInfo, MigrationStatus
from qapi_migration.visit.control import visit_SchemaInfo_list
from qapi_migration.visit.migration import visit_MigrationInfo, visit_MigrationInfo_members
from qapigen.runtime import marshalling
from qapigen.runtime.codec import MAX_TEXT_BYTES, JsonError, dumps, loads
from qapigen.runtime.codec.backends import STANDARD, Backend, Name, available, use
from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.marshalling import decode, encode
from qapigen.runtime.model import unknown_members
from qapigen.runtime.visit import (
    Visitor,
    from_wire,
    to_wire,
    visit_any,
    visit_number_list,
    visit_str_list,
)

from .codec.json_texts import TEXTS
from .sample_types import RunState, RunStats, visit_RunState, visit_RunStats, visit_StrOrNull
from .visit.drawn_values import values
from .visit.every_type import EVERY_TYPE

TYPES = st.sampled_from(list(EVERY_TYPE))
EACH = pytest.mark.parametrize("backend", available(), ids=lambda backend: backend.name)
INFO = b'{"status": "active", "total-time": 12, "ram": {"total": 1.0}}'


@pytest.fixture(autouse=True, scope="module")
def _eager() -> Iterator[None]:
    """Faster functions are made at the first use, so that few examples are enough."""
    before = marshalling._WORTH_IT
    marshalling._WORTH_IT = 1
    yield
    marshalling._WORTH_IT = before


def outcome(function: Any, *given: Any) -> tuple[str, object]:
    try:
        return "value", repr(function(*given))
    except QapiError as error:
        return type(error).__name__, error.desc


def by_steps(visit: Any, text: str | bytes) -> object:
    return from_wire(visit, loads(text))


@settings(max_examples=150)
@given(TYPES, st.data())
def test_what_is_written_is_read_again(name: str, data: st.DataObject) -> None:
    visit = EVERY_TYPE[name]
    value = data.draw(values(visit))
    plain = to_wire(visit, value)
    expected = STANDARD.encode(plain, False)
    for backend in available():
        before = use(backend.name)
        text = encode(visit, value)
        assert text == expected
        assert text.isascii()
        assert b"\n" not in text
        assert loads(text) == plain
        for form in (text, text.decode(), dumps(plain)):
            assert repr(decode(visit, form)) == repr(by_steps(visit, form))
            assert decode(visit, form, lenient=True) == decode(visit, form) == value
        use(before)


@settings(max_examples=150)
@given(TYPES, TEXTS)
def test_what_is_wrong_is_the_same_error_with_every_backend(name: str, text: str) -> None:
    visit = EVERY_TYPE[name]
    for backend in available():
        before = use(backend.name)
        assert outcome(decode, visit, text) == outcome(by_steps, visit, text)
        use(before)


@EACH
@pytest.mark.parametrize(
    ("text", "error", "desc"),
    [
        (INFO, VisitError, "ram: member 'transferred' is missing"),
        (b'{"status": null}', VisitError, "status: expected a string (MigrationStatus), got null"),
        (b'{"status": "active", "status": "active"}', JsonError, "'status' is there twice"),
        (b"{", JsonError, "line 1, column 2"),
        (b"\xff", JsonError, "not UTF-8"),
        (b" " * MAX_TEXT_BYTES, JsonError, "too long"),
    ],
    ids=["missing", "null", "twice", "end", "utf8", "long"],
)
def test_errors_tell_what_and_where(
    backend: Backend, text: bytes, error: type[QapiError], desc: str
) -> None:
    before = use(backend.name)
    try:
        with pytest.raises(error) as caught:
            decode(visit_MigrationInfo, text)
        assert desc in caught.value.desc
    finally:
        use(before)


@EACH
def test_a_newer_peer_is_understood_on_request(backend: Backend) -> None:
    before = use(backend.name)
    text = b'{"status":"x-new","total-time":5,"x":[null,"\\u20ac"]}'
    try:
        for _ in range(3):
            with pytest.raises(VisitError, match="MigrationStatus|one of"):
                decode(visit_MigrationInfo, text)
            info = decode(visit_MigrationInfo, text, lenient=True)
            assert info == MigrationInfo(status=MigrationStatus.open("x-new"), total_time=5)
            assert unknown_members(info) == {"x": [None, "\u20ac"]}
            assert encode(visit_MigrationInfo, info, lenient=True) == text
            with pytest.raises(VisitError):
                encode(visit_MigrationInfo, info)
    finally:
        use(before)


@EACH
def test_values_that_are_not_objects(backend: Backend) -> None:
    before = use(backend.name)
    try:
        assert decode(visit_RunState, '"set-up"') is RunState.SET_UP
        assert encode(visit_RunState, RunState.SET_UP) == b'"set-up"'
        assert encode(visit_StrOrNull, decode(visit_StrOrNull, "null")) == b"null"
        with pytest.raises(VisitError, match="expected a finite number"):
            encode(visit_RunStats, RunStats(transferred=1, mbps=float("nan")))
    finally:
        use(before)


UNUSUAL = [
    1e-5,
    -1e-7,
    2.5e-6,
    1e-4,
    0.0,
    -0.0,
    5e-324,
    1e15,
    1e16,
    1e22,
    3,
    2**63,
    "\x7f",
    "\u20ac",
]


@EACH
@pytest.mark.parametrize("value", UNUSUAL)
def test_the_bytes_are_those_of_the_standard_library(
    backend: Backend, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever writes them: the first time, and when a faster function was made."""
    monkeypatch.setattr(marshalling, "_WORTH_IT", 3)
    monkeypatch.setattr(marshalling, "_made", {})
    before = use(backend.name)
    try:
        expected = json.dumps([value], separators=(",", ":")).encode()
        scalars = visit_str_list if isinstance(value, str) else visit_number_list
        for _ in range(5):
            assert encode(scalars, [value]) == expected
            assert encode(visit_any, [value]) == expected
            assert encode(visit_any, {"a": [value]}, lenient=True) == b'{"a":' + expected + b"}"
    finally:
        use(before)


fast = pytest.mark.skipif(len(available()) == 1, reason="not installed: orjson, msgspec")


@fast
@pytest.mark.parametrize("name", [each.name for each in available() if each.bare or each.typed])
def test_faster_functions_are_made_when_it_is_worth_it(
    name: Name, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marshalling, "_WORTH_IT", 3)
    monkeypatch.setattr(marshalling, "_made", {})
    before = use(name)
    info = MigrationInfo(total_time=5)
    for made in (0, 0, 1, 1):
        assert decode(visit_MigrationInfo, '{"total-time": 5}') == info
        assert encode(visit_MigrationInfo, info) == b'{"total-time":5}'
        assert len(marshalling._readers) == len(marshalling._writers) == made
    use(before)


@fast
def test_faster_functions_go_with_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    before = use("standard")
    name = available()[0].name
    monkeypatch.setattr(marshalling, "_made", {})
    use(name)
    for _ in range(2):
        monkeypatch.setitem(marshalling._readers, visit_MigrationInfo, lambda _: MigrationInfo())
        monkeypatch.setitem(marshalling._writers, visit_MigrationInfo, lambda _: b"made")
        assert decode(visit_MigrationInfo, '{"total-time": 5}') == MigrationInfo()
        assert decode(visit_MigrationInfo, '{"total-time": 5}', lenient=True) == MigrationInfo()
        assert encode(visit_MigrationInfo, MigrationInfo()) == b"made"
        assert encode(visit_MigrationInfo, MigrationInfo(), lenient=True) == b"{}"
        use("standard")
        assert decode(visit_MigrationInfo, '{"total-time": 5}') == MigrationInfo(total_time=5)
        assert encode(visit_MigrationInfo, MigrationInfo()) == b"{}"
        use(name)
    use(before)


def test_types_without_faster_functions_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marshalling, "_made", {})
    before = use(available()[0].name)
    for _ in range(2):
        assert decode(visit_SchemaInfo_list, "[]") == []
        assert encode(visit_SchemaInfo_list, []) == b"[]"
        assert marshalling._readers == marshalling._writers == {visit_SchemaInfo_list: None}
        assert not marshalling._reads
        assert not marshalling._writes
    use(before)


def checked(v: Visitor, name: str, value: MigrationInfo | None) -> MigrationInfo:
    """A visit function by hand that does more than tell what there is."""
    info = v.struct(name, value, MigrationInfo, visit_MigrationInfo_members)
    if info.total_time == 13:
        raise VisitError("unlucky")
    return info


class Hashless:
    """A visit function that cannot be looked up."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, v: Visitor, name: str, value: MigrationInfo | None) -> MigrationInfo:
        return checked(v, name, value)


@fast
@pytest.mark.parametrize(
    "visit", [checked, partial(checked), Hashless()], ids=["function", "partial", "object"]
)
def test_visit_functions_by_hand_are_always_called(visit: Any) -> None:
    before = use(available()[0].name)
    for _ in range(3):
        with pytest.raises(VisitError, match="unlucky"):
            decode(visit, json.dumps({"total-time": 13}))
        with pytest.raises(VisitError, match="unlucky"):
            encode(visit, MigrationInfo(total_time=13))
    assert all(each is not visit for each in (*marshalling._readers, *marshalling._writers))
    use(before)


def with_free_frames(free: int, call: Any) -> Any:
    """Call where the stack has room for so many frames."""
    depth, frame = 0, sys._getframe()
    while (before := frame.f_back) is not None:
        frame, depth = before, depth + 1

    def deeper(left: int) -> Any:
        return call() if left <= 0 else deeper(left - 1)

    return deeper(sys.getrecursionlimit() - depth - free)


@EACH
def test_every_call_works_with_little_room_on_the_stack(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the one that would make a faster function, and the calls after it."""
    monkeypatch.setattr(marshalling, "_made", {})
    before = use(backend.name)
    monkeypatch.setattr(marshalling, "_WORTH_IT", 3)
    expected = RunStats(transferred=1, mbps=2.5)
    text = b'{"transferred":1,"mbps":2.5}'
    try:
        for _ in range(6):
            assert with_free_frames(30, lambda: decode(visit_RunStats, text)) == expected
            assert with_free_frames(30, lambda: encode(visit_RunStats, expected)) == text
    finally:
        use(before)


def test_a_type_too_deep_for_a_faster_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again much later, and each call works."""
    tries = []

    def make(visit: Any) -> Any:
        tries.append(visit)
        raise RecursionError

    monkeypatch.setattr(marshalling, "_make_reader", make)
    marshalling._readers.pop(visit_MigrationInfo, None)
    for _ in range(20):
        assert (
            decode(visit_MigrationInfo, INFO.replace(b', "ram": {"total": 1.0}', b"")) is not None
        )
    assert len(tries) == 1
