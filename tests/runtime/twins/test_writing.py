"""Text straight from typed values: what is written is what the visit writes, or nothing is."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapi_migration.types.common import StrOrNull
from qapi_migration.types.migration import (
    FailoverStatus,
    MigrateSetParameters,
    MigrationInfo,
    MigrationStatus,
)
from qapi_migration.visit.migration import visit_MigrateSetParameters, visit_MigrationInfo
from qapigen.runtime.codec.backends import STANDARD
from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, Struct
from qapigen.runtime.visit import VisitFunction, WireOutput
from qapigen.runtime.visit import builtin as builtins

from ..sample_types import RunState, RunStats, visit_FlagStatus_list, visit_RunStats
from ..visit.drawn_values import values
from .libraries import EACH, LIBRARIES, Library, some

WRITERS = {library.name: some(library.writer_of) for library in LIBRARIES}


def by_the_visit(visit: VisitFunction[Any], value: object) -> bytes | None:
    visitor = WireOutput()
    try:
        visit(visitor, "", value)
    except VisitError:
        return None
    return STANDARD.encode(visitor.result, False)


class Text(str):
    __slots__ = ()


class Int(int):
    __slots__ = ()


ODD = [
    *(True, 1, 1.5, -1, 0, None, "x", "\x7f", "", "\u20ac", "\ud800", ":", Text("x"), Int(3), NULL),
    *(2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**70),
    *(math.nan, math.inf, -math.inf, 1e15, -1e15, 1e16, 1e300, 5e-324, -0.0, 1e-4, 1e-5, -1e-7),
    *([], [1], [True], [None], ["x"], (1,), {}, {"a": 1}, object()),
    *(RunState.SET_UP, MigrationStatus.ACTIVE, MigrationStatus.open("x-new"), RunStats),
]


def spoil(data: st.DataObject, value: Any) -> Any:
    """Put something odd into a value, somewhere."""
    parts: list[Any] = [value]
    for each in parts:  # which grows meanwhile
        if isinstance(each, Struct):
            parts += [getattr(each, name) for name in each.__dataclass_fields__]
        elif isinstance(each, list):
            parts += each
    place = data.draw(st.sampled_from([p for p in parts if isinstance(p, Struct | list)]))
    odd = data.draw(st.sampled_from(ODD))
    if isinstance(place, list):
        place.insert(data.draw(st.integers(0, len(place))), odd)
    elif names := list(place.__dataclass_fields__):
        name = data.draw(st.sampled_from(names))
        if data.draw(st.integers(0, 9)):
            setattr(place, name, odd)
        else:
            delattr(place, name)
    return value


def is_usual(number: float) -> bool:
    """Whether all libraries write a number in the same way."""
    return number == 0 or 1e-4 <= abs(number) < 1e15


def is_unusual(value: Any) -> bool:
    """Whether there is a number that may be left to the visit."""
    if isinstance(value, dict | list):
        return any(map(is_unusual, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and not is_usual(value)


@EACH
@settings(max_examples=300)
@given(harm=st.booleans(), data=st.data())
def test_what_is_written_is_what_the_visit_writes(
    library: Library, harm: bool, data: st.DataObject
) -> None:
    writers = WRITERS[library.name]
    visit, write = writers[data.draw(st.sampled_from(list(writers)))]
    value = data.draw(values(visit))
    if harm:
        value = spoil(data, value)
    expected = by_the_visit(visit, value)
    found = write(value)
    if found is not None:
        assert found == expected
    elif not harm:
        # What is right is written, up to unusual numbers and characters.
        assert expected is not None
        assert is_unusual(json.loads(expected)) or b"\\u" in expected


@EACH
@settings(max_examples=300)
@given(st.floats() | st.floats(-1e-3, 1e-3))
def test_floats_look_the_same(library: Library, number: float) -> None:
    visit, write = WRITERS[library.name]["builtin.visit_number_list"]
    found = write([number])
    if found is None:
        assert not is_usual(number)
    else:
        assert found == by_the_visit(visit, [number])


@EACH
@pytest.mark.parametrize(
    ("visit", "value"),
    [
        (visit_RunStats, RunStats(transferred=True, mbps=1.0)),
        (visit_RunStats, RunStats(transferred=1.0, mbps=1.0)),  # type: ignore[arg-type]
        (visit_RunStats, RunStats(transferred=2**63, mbps=1.0)),
        (visit_RunStats, RunStats(transferred=-(2**63) - 1, mbps=1.0)),
        (visit_RunStats, RunStats(transferred=1, mbps=math.nan)),
        (visit_RunStats, RunStats(transferred=1, mbps=-math.inf)),
        (visit_RunStats, RunStats(transferred=1, mbps=True)),
        (visit_RunStats, RunStats(transferred=1, mbps=1.0, normal_bytes=False)),
        (visit_RunStats, MigrationInfo()),
        (visit_RunStats, SimpleNamespace(transferred=1, mbps=1.0, normal_bytes=None)),
        (visit_RunStats, {}),
        (visit_RunStats, None),
        (visit_MigrationInfo, MigrationInfo(status=MigrationStatus.open("x"))),
        (visit_MigrationInfo, MigrationInfo(status=RunState.SET_UP)),  # type: ignore[arg-type]
        (visit_MigrationInfo, MigrationInfo(status=FailoverStatus.NONE)),  # type: ignore[arg-type]
        (visit_MigrationInfo, MigrationInfo(error_desc="\ud800")),
        (visit_MigrationInfo, MigrationInfo(postcopy_blocktime=-1)),
        (visit_MigrationInfo, MigrationInfo(postcopy_blocktime=2**32)),
        (visit_MigrationInfo, MigrationInfo(postcopy_vcpu_blocktime=[1, 2**32])),
        (visit_MigrationInfo, MigrationInfo(ram=RunStats(transferred=1, mbps=1.0))),  # type: ignore[arg-type]
        (builtins.visit_size_list, [-1]),
        (builtins.visit_size_list, [2**64]),
        (builtins.visit_bool_list, [1]),
        (builtins.visit_int_list, (1,)),
    ],
)
def test_what_is_wrong_is_left_to_the_visit(
    library: Library, visit: VisitFunction[Any], value: Any
) -> None:
    assert by_the_visit(visit, value) is None
    assert library.writer(visit)(value) is None


@EACH
def test_null_is_no_absence(library: Library) -> None:
    write = library.writer(visit_MigrateSetParameters)
    tls: StrOrNull
    for tls, text in ((NULL, b'{"tls-creds":null}'), ("", b'{"tls-creds":""}')):
        assert write(MigrateSetParameters(tls_creds=tls)) == text
    assert write(MigrateSetParameters()) == b"{}"


@EACH
def test_members_stay_in_their_order(library: Library) -> None:
    stats = RunStats(mbps=1, normal_bytes=2, transferred=3)
    expected = by_the_visit(visit_RunStats, stats)
    assert library.writer(visit_RunStats)(stats) == expected
    assert expected is not None
    assert list(json.loads(expected)) == ["transferred", "normal-bytes", "mbps"]


@EACH
def test_lists_are_written_anew(library: Library) -> None:
    write = library.writer(visit_FlagStatus_list)
    assert write([]) == b"[]"


@EACH
@pytest.mark.parametrize("number", [1e-5, -1e-5, 1e-7, 9.99e-5, 1e16, -1.5e300])
def test_what_libraries_write_differently_is_left_to_the_visit(
    library: Library, number: float
) -> None:
    assert library.writer(builtins.visit_number_list)([1.5, number]) is None
    assert library.writer(builtins.visit_str_list)(["a\x7fb"]) is None
