"""What generated types are made of."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qapi_migration
from qapi_migration.types.common import StrOrNull
from qapi_migration.types.migration import MigrateSetParameters, MigrationInfo, MigrationStatus
from qapigen.runtime.model import (
    NULL,
    Enum,
    NullType,
    QType,
    Struct,
    keep_unknown_members,
    members,
    missing_members,
    python_name,
    schema_name,
    type_hints,
    unknown_members,
    wire_name,
)

from .sample_types import (
    Node,
    Payment,
    PaymentCardChip,
    PaymentCardPaper,
    PaymentCash,
    PaymentVoucher,
    RunInfo,
    RunState,
    RunStats,
    Scalars,
    TransportKind,
)
from .sample_values import JSON, STRUCTS, TEXT


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


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def test_a_known_value_is_its_member() -> None:
    for state in RunState:
        assert RunState.open(state.value) is state
        assert RunState.known(state.value) is state
        assert RunState.open(state) is state
        assert state.is_known
    assert repr(RunState.SET_UP) == "<RunState.SET_UP: 'set-up'>"


def test_an_unknown_value_is_an_open_one() -> None:
    later = RunState.open("later")
    assert isinstance(later, RunState)
    assert isinstance(later, str)
    assert not later.is_known
    assert RunState.known("later") is None
    assert later == "later" == str(later) == f"{later}" == later.value == later.name
    assert type(later.value) is str
    assert later == RunState.open("later")
    assert later != RunState.open("never")
    assert repr(later) == "<RunState 'later'>"
    assert {"later": 1}[later] == 1
    assert hash(later) == hash("later")


def test_an_open_value_is_no_member() -> None:
    before = list(RunState)
    later = RunState.open("later")
    assert list(RunState) == before
    assert len(RunState) == len(before)
    assert later not in list(RunState)
    assert "later" not in RunState.__members__
    with pytest.raises(ValueError, match="later"):
        RunState("later")


def test_what_is_called_like_a_member_is_still_unknown() -> None:
    shouted = RunState.open("ACTIVE")
    assert not shouted.is_known
    assert shouted != RunState.ACTIVE
    assert repr(shouted) == "<RunState 'ACTIVE'>"
    assert pickle.loads(pickle.dumps(shouted)) == "ACTIVE"


@given(TEXT, st.sampled_from(PROTOCOLS))
def test_any_string_can_be_opened_copied_and_pickled(text: str, protocol: int) -> None:
    value = RunState.open(text)
    twins = (
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value, protocol)),
    )
    for twin in twins:
        assert twin == value == text
        assert type(twin) is RunState
        assert twin.is_known is value.is_known


def test_only_strings_can_be_opened() -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match="RunState: expected a string, got int"):
        RunState.open(wrong)


def test_an_enum_without_values_can_be_opened() -> None:
    class Nothing(Enum):
        pass

    value = Nothing.open("x")
    assert type(value) is Nothing
    assert not value.is_known


def test_open_values_in_a_match() -> None:
    def told(state: RunState) -> str:
        match state:
            case RunState.ACTIVE:
                return "active"
            case RunState(is_known=False):
                return f"new: {state}"
            case _:
                return "else"

    states = [RunState.ACTIVE, RunState.open("later"), RunState.NONE]
    assert [told(state) for state in states] == ["active", "new: later", "else"]


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
    half = RunStats.__new__(RunStats)
    half.mbps = 1.5
    assert repr(half) == "RunStats(transferred=<missing>, normal_bytes=<missing>, mbps=1.5)"


def half_made() -> RunStats:
    made = RunStats.__new__(RunStats)
    made.mbps = 1.5
    made.normal_bytes = None
    return made


def test_a_missing_member_is_named_and_can_be_asked_for() -> None:
    half = half_made()
    assert missing_members(half) == ("transferred",)
    assert missing_members(stats()) == ()
    with pytest.raises(AttributeError) as caught:
        _ = half.transferred
    assert "'transferred'" in str(caught.value)
    assert "missing_members()" in str(caught.value)
    assert (caught.value.name, caught.value.obj) == ("transferred", half)
    assert not hasattr(half, "transferred")
    assert getattr(half, "transferred", 3) == 3
    half.transferred = 4
    assert (half.transferred, missing_members(half)) == (4, ())


def test_the_missing_member_has_the_name_of_the_schema() -> None:
    half = RunStats.__new__(RunStats)
    assert missing_members(half) == ("transferred", "normal-bytes", "mbps")
    with pytest.raises(AttributeError, match="'normal-bytes'"):
        _ = half.normal_bytes


def test_an_attribute_that_no_class_has_is_an_ordinary_error() -> None:
    unknown: Any = stats()
    with pytest.raises(AttributeError, match="^'RunStats' object has no attribute 'mood'$"):
        _ = unknown.mood


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_missing_stays_missing(again: Callable[[RunStats], RunStats]) -> None:
    half = half_made()
    other = again(half)
    assert missing_members(other) == ("transferred",)
    assert other == half
    assert other != RunStats(transferred=0, mbps=1.5)


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


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_structs_survive_pickling(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(info(), protocol)) == info()


@given(STRUCTS, st.sampled_from(PROTOCOLS))
def test_any_object_can_be_copied_pickled_and_made_anew(value: Any, protocol: int) -> None:
    twins = (
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value, protocol)),
        dataclasses.replace(value),
    )
    for twin in twins:
        assert twin is not value
        assert type(twin) is type(value)
        assert twin == value
        assert repr(twin) == repr(value)
        assert not unknown_members(twin)


@given(STRUCTS, STRUCTS)
def test_equal_objects_are_of_one_class_and_have_equal_members(one: Any, other: Any) -> None:
    same = type(one) is type(other) and dataclasses.astuple(one) == dataclasses.astuple(other)
    assert (one == other) is same
    assert (one != other) is not same


@given(STRUCTS)
def test_repr_shows_what_is_there_and_nothing_else(value: Any) -> None:
    shown = repr(value)
    assert shown.startswith(f"{type(value).__name__}(")
    parts = []
    for field in dataclasses.fields(value):
        member = getattr(value, field.name)
        if member is not None:
            parts.append(f"{field.name}={member!r}")
    assert shown == f"{type(value).__name__}({', '.join(parts)})"


def test_a_branch_keeps_its_tag() -> None:
    payment = PaymentCardChip(amount=1, pin=2)
    assert dataclasses.replace(payment, pin=3) == PaymentCardChip(amount=1, pin=3)
    changes: dict[str, Any] = {"method": "cash"}
    with pytest.raises((TypeError, ValueError), match="method"):
        dataclasses.replace(payment, **changes)
    cls: Any = PaymentCardChip
    with pytest.raises(TypeError, match="method"):
        cls(amount=1, pin=2, method="cash")


def told(payment: Payment) -> str:
    # Type checkers see that no branch was forgotten.
    match payment:
        case PaymentCash(given=given):
            return f"cash {given}"
        case PaymentVoucher(note=note):
            return f"voucher {note}"
        case PaymentCardChip() | PaymentCardPaper(signed_by=None):
            return f"card {payment.network}"
        case PaymentCardPaper(signed_by=who):
            return f"paper by {who}"
        case _:
            assert_never(payment)


@pytest.mark.parametrize(
    ("payment", "text"),
    [
        (PaymentCash(amount=1, given=2), "cash 2"),
        (PaymentVoucher(amount=1), "voucher None"),
        (PaymentCardChip(amount=1, pin=2), "card chip"),
        (PaymentCardPaper(amount=1), "card paper"),
        (PaymentCardPaper(amount=1, signed_by="me"), "paper by me"),
    ],
)
def test_branches_in_a_match(payment: Payment, text: str) -> None:
    assert told(payment) == text


def with_unknown() -> RunStats:
    value = stats()
    keep_unknown_members(value, {"new": [None, {"a": 1}]})
    return value


def test_without_a_lenient_reading_no_member_is_unknown() -> None:
    assert unknown_members(stats()) == {}
    assert unknown_members(RunStats.__new__(RunStats)) == {}


def test_unknown_members_are_shown_and_cannot_be_changed() -> None:
    unknown: Any = unknown_members(with_unknown())
    assert unknown == {"new": [None, {"a": 1}]}
    with pytest.raises(TypeError):
        unknown["more"] = 1
    assert repr(with_unknown()) == (
        "RunStats(transferred=5, mbps=1.5, unknown={'new': [None, {'a': 1}]})"
    )


def test_unknown_members_are_no_members() -> None:
    assert with_unknown() == stats()
    assert [field.name for field in dataclasses.fields(with_unknown())] == [
        field.name for field in dataclasses.fields(stats())
    ]
    assert dataclasses.asdict(with_unknown()) == dataclasses.asdict(stats())
    assert not unknown_members(dataclasses.replace(with_unknown(), mbps=1.5))


@given(st.dictionaries(TEXT, JSON), st.sampled_from(PROTOCOLS))
def test_unknown_members_go_with_copies(unknown: dict[str, object], protocol: int) -> None:
    value = stats()
    keep_unknown_members(value, unknown)
    shallow, deep = copy.copy(value), copy.deepcopy(value)
    back = pickle.loads(pickle.dumps(value, protocol))
    for twin in (shallow, deep, back):
        assert twin == value
        assert unknown_members(twin) == unknown
    for name, item in unknown.items():
        assert unknown_members(shallow)[name] is item
        if isinstance(item, dict):
            assert unknown_members(deep)[name] is not item


def test_a_cycle_has_a_repr() -> None:
    loop = Node(name="x")
    loop.siblings = [loop]
    assert repr(loop) == "Node(name='x', siblings=[...])"


def test_half_made_objects_can_be_compared() -> None:
    half, other = RunStats.__new__(RunStats), RunStats.__new__(RunStats)
    assert half == other
    half.mbps = 1.5
    assert half != other
    assert half != stats()


def test_names_that_python_has_already_are_members_like_others() -> None:
    value = Scalars(int_=1, str_="x", any={"a": None})
    assert repr(value) == "Scalars(int_=1, str_='x', any={'a': None})"
    assert wire_name(Scalars, "int_") == "int"


def test_structs_can_be_copied() -> None:
    value = info()
    shallow, deep = copy.copy(value), copy.deepcopy(value)
    assert shallow == deep == value
    assert shallow.stats is value.stats
    assert deep.stats is not value.stats
    assert deep.limit is NULL


def test_enum_bases_have_no_members_of_their_own() -> None:
    assert list(Enum) == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_of_pickle_takes_structs(protocol: int) -> None:
    value = info()
    keep_unknown_members(value, {"x": [1]})
    twin = pickle.loads(pickle.dumps(value, protocol))
    assert twin == value
    assert twin is not value
    assert unknown_members(twin) == {"x": [1]}
    assert twin.limit is NULL


def test_type_hints_of_a_generated_package() -> None:
    hints = type_hints(MigrateSetParameters)
    assert list(hints) == [field.name for field in dataclasses.fields(MigrateSetParameters)]
    assert hints["tls_creds"] == StrOrNull | None  # of another module
    assert hints["max_bandwidth"] == int | None
    assert type_hints(MigrationInfo)["status"] == MigrationStatus | None


def test_every_generated_class_has_type_hints() -> None:
    for name in qapi_migration.__all__:
        cls = getattr(qapi_migration, name)
        if isinstance(cls, type) and issubclass(cls, Struct):
            hints = type_hints(cls)
            assert list(hints) == list(cls.__dataclass_fields__)
            assert not any("ForwardRef" in repr(hint) for hint in hints.values())


def test_type_hints_of_classes_by_hand() -> None:
    hints = type_hints(RunStats)
    assert hints == {"transferred": int, "normal_bytes": int | None, "mbps": float}


def test_an_alternate_that_contains_itself_is_resolved_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package, module = ModuleType("tree"), ModuleType("tree.types.tree")
    monkeypatch.setitem(sys.modules, "tree", package)
    monkeypatch.setitem(sys.modules, "tree.types.tree", module)
    text = """
from __future__ import annotations
from dataclasses import dataclass
from qapigen.runtime.model import Struct

@dataclass(init=False, repr=False, eq=False)
class Holder(Struct):
    tree: Tree | None

Tree = "str | list[Tree]"
"""
    exec(compile(text, "tree", "exec"), vars(module))
    vars(package).update(vars(module) | {"__name__": "tree"})
    hint = repr(type_hints(vars(module)["Holder"])["tree"])
    assert "str" in hint
    assert "list[" in hint
    assert "None" in hint


def test_an_alternate_with_null_in_another_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text names a class of the runtime, which the module of the struct does not import."""
    package = ModuleType("plant")
    first, second = ModuleType("plant.types.leaf"), ModuleType("plant.types.plant")
    for each in (package, first, second):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    exec("Leaf = 'NullType | str | list[Leaf]'", vars(first))
    text = """
from __future__ import annotations
from dataclasses import dataclass
from qapigen.runtime.model import Struct

@dataclass(init=False, repr=False, eq=False)
class Plant(Struct):
    leaves: list[Leaf]
"""
    exec(compile(text, "plant", "exec"), vars(second))
    vars(package).update({"Leaf": vars(first)["Leaf"], "Plant": vars(second)["Plant"]})
    hint = repr(type_hints(vars(second)["Plant"])["leaves"])
    assert "NullType" in hint
    assert "str" in hint
