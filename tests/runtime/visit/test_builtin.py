"""The builtin types: what each accepts and refuses, from the wire and to the wire."""

from __future__ import annotations

import math
from typing import Any

import pytest

from qapigen.runtime import visit as vocabulary
from qapigen.runtime.errors import GENERIC_ERROR, VisitError
from qapigen.runtime.model import NULL, QType
from qapigen.runtime.visit import clone, from_wire, to_wire

from ..sample_types import RunState

SURROGATE = "\ud800"

#: Type, JSON values that it accepts as they are.
ACCEPTED: dict[str, list[Any]] = {
    "str": ["", "x", "\u20ac\U0001f600", "\0"],
    "number": [0, -1, 1.5, 1.0, 2**64 - 1, -(2**63), 1e300],
    "int": [0, 2**63 - 1, -(2**63)],
    "int8": [-128, 127],
    "int16": [-(2**15), 2**15 - 1],
    "int32": [-(2**31), 2**31 - 1],
    "int64": [-(2**63), 2**63 - 1],
    "uint8": [0, 255],
    "uint16": [0, 2**16 - 1],
    "uint32": [0, 2**32 - 1],
    "uint64": [0, 2**64 - 1],
    "size": [0, 2**64 - 1],
    "bool": [True, False],
    "any": [1, "x", [None, {"a": None}], {}, False],
    "QType": ["none", "qnull", "qbool"],
}

#: What is never converted, for types of JSON value.
STRINGS: list[Any] = ["", "1", "on", "x"]
NUMBERS: list[Any] = [0, 1, 1.5]
OTHERS: list[Any] = [None, [], {}]
NO_INTEGERS: list[Any] = [*STRINGS, *OTHERS, True, False, 1.0, 1.5, 1e3]

#: Type, JSON values that it refuses.
REFUSED: dict[str, list[Any]] = {
    "str": [*NUMBERS, *OTHERS, True, SURROGATE],
    "number": [*STRINGS, *OTHERS, True, math.nan, math.inf, -math.inf, 10**400],
    "int": [*NO_INTEGERS, 2**63, -(2**63) - 1],
    "int8": [*NO_INTEGERS, 128, -129],
    "int16": [*NO_INTEGERS, 2**15, -(2**15) - 1],
    "int32": [*NO_INTEGERS, 2**31, -(2**31) - 1],
    "int64": [*NO_INTEGERS, 2**63, -(2**63) - 1],
    "uint8": [*NO_INTEGERS, 256, -1],
    "uint16": [*NO_INTEGERS, 2**16, -1],
    "uint32": [*NO_INTEGERS, 2**32, -1],
    "uint64": [*NO_INTEGERS, 2**64, -(2**63) - 1],
    "size": [*NO_INTEGERS, 2**64, -(2**63) - 1, "1M"],
    "bool": [*STRINGS, *NUMBERS, *OTHERS],
    "null": [*STRINGS, *NUMBERS, [], {}, False],
    "QType": ["", "NONE", "qdouble", *NUMBERS, *OTHERS],
}


def visit_of(name: str) -> Any:
    return getattr(vocabulary, f"visit_{name}")


def cases(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{number}")
        for name, values in table.items()
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(("name", "value"), cases(ACCEPTED))
def test_accepted_values_come_back_unchanged(name: str, value: Any) -> None:
    visit = visit_of(name)
    typed = from_wire(visit, value)
    assert typed == value
    written = to_wire(visit, typed)
    assert written == value
    assert type(written) is type(value)
    assert clone(visit, typed) == typed


@pytest.mark.parametrize(("name", "value"), cases(REFUSED))
def test_refused_on_input(name: str, value: Any) -> None:
    with pytest.raises(VisitError) as caught:
        from_wire(visit_of(name), value, "arguments.x")
    error = caught.value
    assert error.path == "arguments.x"
    assert error.error_class == GENERIC_ERROR
    assert error.expected in error.desc
    assert error.got in error.desc


@pytest.mark.parametrize(
    ("name", "value"),
    [case for case in cases(REFUSED) if case.values[1] is not None],
)
def test_refused_on_output(name: str, value: Any) -> None:
    with pytest.raises(VisitError):
        to_wire(visit_of(name), value)


@pytest.mark.parametrize("name", sorted({*ACCEPTED, "null"}))
def test_nothing_is_refused_on_output(name: str) -> None:
    with pytest.raises(VisitError, match="got nothing"):
        to_wire(visit_of(name), None)
    with pytest.raises(VisitError, match="got nothing"):
        clone(visit_of(name), None)


@pytest.mark.parametrize("name", ["uint64", "size"])
def test_negative_numbers_wrap_where_qemu_takes_them(name: str) -> None:
    assert from_wire(visit_of(name), -1) == 2**64 - 1
    assert from_wire(visit_of(name), -(2**63)) == 2**63
    with pytest.raises(VisitError, match=r"an integer from 0 to"):
        to_wire(visit_of(name), -1)


def test_null_is_null_and_any_knows_it() -> None:
    for visit in (visit_of("null"), visit_of("any")):
        assert from_wire(visit, None) is NULL
        assert to_wire(visit, NULL) is None
        assert clone(visit, NULL) is NULL


def test_an_integer_as_number_stays_an_integer() -> None:
    assert repr(to_wire(visit_of("number"), from_wire(visit_of("number"), 5))) == "5"
    assert repr(to_wire(visit_of("number"), from_wire(visit_of("number"), 5.0))) == "5.0"


def test_a_number_beyond_64_bits_is_a_float() -> None:
    assert repr(from_wire(visit_of("number"), 2**64)) == repr(2.0**64)
    assert repr(to_wire(visit_of("number"), -(2**63) - 1)) == repr(-(2.0**63))


def test_an_enum_member_is_a_plain_string_on_the_wire() -> None:
    assert type(to_wire(visit_of("str"), RunState.ACTIVE)) is str
    items: Any = to_wire(visit_of("any"), [RunState.ACTIVE])
    assert type(items[0]) is str


@pytest.mark.parametrize("name", sorted({*ACCEPTED, "null"}))
def test_lists_of_builtins(name: str) -> None:
    visit = visit_of(f"{name}_list")
    items = ACCEPTED.get(name, [None])
    typed = from_wire(visit, items)
    assert to_wire(visit, typed) == items
    assert clone(visit, typed) == typed
    assert from_wire(visit, []) == []
    with pytest.raises(VisitError, match="x: expected an array, got an object"):
        from_wire(visit, {}, "x")
    with pytest.raises(VisitError, match="x: expected a list, got a Python tuple"):
        to_wire(visit, (), "x")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_bad_item_is_named_by_its_index(name: str) -> None:
    good = ACCEPTED.get(name, [None])[0]
    bad = REFUSED[name][-1]
    with pytest.raises(VisitError) as caught:
        from_wire(visit_of(f"{name}_list"), [good, good, bad], "x")
    assert caught.value.path == "x[2]"


def test_the_values_of_qtype_are_its_members() -> None:
    assert from_wire(vocabulary.visit_QType, "qnum") is QType.QNUM


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("on", "a.state: expected a boolean, got string 'on'"),
        (0, "a.state: expected a boolean, got number 0"),
        (None, "a.state: expected a boolean, got null"),
    ],
)
def test_the_sentence(value: object, text: str) -> None:
    with pytest.raises(VisitError) as caught:
        from_wire(vocabulary.visit_bool, value, "a.state")
    assert caught.value.desc == text
