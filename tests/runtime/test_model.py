"""What generated types are made of."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from qapigen.runtime.model import (
    NULL,
    Enum,
    NullType,
    QType,
    Struct,
    members,
    python_name,
    schema_name,
    wire_name,
)

from .sample_types import RunInfo, RunState, RunStats, TransportKind


def stats() -> RunStats:
    return RunStats(transferred=5, mbps=1.5)


def info() -> RunInfo:
    return RunInfo(status=RunState.ACTIVE, stats=stats(), tags=["a"], limit=NULL)


def test_null_is_one_false_value() -> None:
    assert not NULL
    assert repr(NULL) == "NULL"
    assert isinstance(NULL, NullType)
    for twin in (copy.copy(NULL), copy.deepcopy(NULL), pickle.loads(pickle.dumps(NULL))):
        assert twin is NULL


def test_null_is_not_none() -> None:
    null: object = NULL
    assert null is not None
    assert null != None  # noqa: E711 - equality is what is tested


def test_enum_members_are_strings() -> None:
    assert isinstance(RunState.SET_UP, str)
    assert str(RunState.SET_UP) == RunState.SET_UP.value == "set-up"
    assert f"{RunState.SET_UP}" == "set-up"
    assert RunState("x-lost") is RunState.X_LOST
    assert pickle.loads(pickle.dumps(RunState.ACTIVE)) is RunState.ACTIVE
    with pytest.raises(ValueError, match="up"):
        RunState("up")


def test_a_schema_name_is_no_member_of_an_enum() -> None:
    assert [kind.value for kind in TransportKind] == ["inet", "unix"]


def test_the_builtin_enum() -> None:
    values = ["none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool"]
    assert [kind.value for kind in QType] == values


def test_names() -> None:
    assert schema_name(TransportKind) == "transport-kind"
    assert schema_name(RunState) == "RunState"
    assert schema_name(RunStats) == "RunStats"
    assert wire_name(RunStats, "normal_bytes") == "normal-bytes"
    assert python_name(RunInfo, "class") == "class_"


def test_unknown_names_are_key_errors() -> None:
    with pytest.raises(KeyError):
        wire_name(RunStats, "normal-bytes")
    with pytest.raises(KeyError):
        python_name(RunStats, "normal_bytes")


def test_an_inherited_schema_name_is_not_a_classs_own() -> None:
    class Special(RunStats):
        pass

    assert schema_name(Special) == "Special"


def test_names_and_members_must_match() -> None:
    with pytest.raises(TypeError, match="Lopsided: 1 fields but 2 wire names"):

        @members("Lopsided", "one", "two")
        @dataclasses.dataclass(init=False, repr=False, eq=False)
        class Lopsided(Struct):
            one: int


def test_repr_leaves_out_what_is_absent() -> None:
    assert repr(stats()) == "RunStats(transferred=5, mbps=1.5)"
    assert repr(RunStats(transferred=0, normal_bytes=0, mbps=0.0)) == (
        "RunStats(transferred=0, normal_bytes=0, mbps=0.0)"
    )
    assert "limit=NULL" in repr(info())


def test_repr_of_a_half_made_object_works() -> None:
    assert repr(RunStats.__new__(RunStats)) == "RunStats()"


def test_equality_is_member_by_member_in_one_class() -> None:
    class Special(RunStats):
        __slots__ = ()

    assert info() == info()
    assert stats() != RunStats(transferred=5, mbps=2.5)
    assert stats() != Special(transferred=5, mbps=1.5)
    assert stats() != {"transferred": 5, "mbps": 1.5}
    assert RunInfo(status=RunState.NONE) != RunInfo(status=RunState.NONE, limit=NULL)


def test_structs_have_no_hash_and_no_dict() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(stats())
    assert not hasattr(stats(), "__dict__")


def test_structs_are_dataclasses() -> None:
    value = stats()
    assert dataclasses.is_dataclass(value)
    fields = {field.name: field.metadata["wire"] for field in dataclasses.fields(value)}
    assert fields == {
        "transferred": "transferred",
        "normal_bytes": "normal-bytes",
        "mbps": "mbps",
    }
    assert dataclasses.replace(value, mbps=9.0) == RunStats(transferred=5, mbps=9.0)
    assert dataclasses.asdict(info())["stats"] == {
        "transferred": 5,
        "normal_bytes": None,
        "mbps": 1.5,
    }
    assert dataclasses.astuple(value) == (5, None, 1.5)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_structs_survive_pickling(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(info(), protocol)) == info()


def test_structs_can_be_copied() -> None:
    value = info()
    shallow, deep = copy.copy(value), copy.deepcopy(value)
    assert shallow == deep == value
    assert shallow.stats is value.stats
    assert deep.stats is not value.stats
    assert deep.limit is NULL


def test_enum_bases_have_no_members_of_their_own() -> None:
    assert list(Enum) == []
