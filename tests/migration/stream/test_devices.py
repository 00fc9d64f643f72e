"""Each type of field has its bytes; what is missing or does not fit is named."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream.devices import (
    DeviceDescription,
    Field,
    Structure,
    decode,
    encode,
    entry,
)
from tests.migration.stream.sample_streams import CLOCK, CLOCK_VALUES, GLOBAL_STATE, TIMER

POINT = Structure("point", 1, (Field("x", "int8"), Field("y", "int8")))

#: A type, a value of it, its bytes.
CASES: list[tuple[Field, object, str]] = [
    (Field("a", "bool"), True, "01"),
    (Field("a", "bool"), False, "00"),
    (Field("a", "int8"), -1, "ff"),
    (Field("a", "int16"), -2, "fffe"),
    (Field("a", "int32"), -3, "fffffffd"),
    (Field("a", "int64"), -4, "fffffffffffffffc"),
    (Field("a", "uint8"), 0xFE, "fe"),
    (Field("a", "uint16"), 0x102, "0102"),
    (Field("a", "uint32"), 0x1020304, "01020304"),
    (Field("a", "uint64"), 1 << 63, "8000000000000000"),
    (Field("a", "int32 equal"), 5, "00000005"),
    (Field("a", "uint32 equal"), 5, "00000005"),
    (Field("a", "uint8 equal"), 5, "05"),
    (Field("a", "uint16 equal"), 5, "0005"),
    (Field("a", "int64 equal"), 5, "0000000000000005"),
    (Field("a", "int32 le"), 5, "00000005"),
    (Field("a", "float64"), 1.0, "3ff0000000000000"),
    (Field("a", "CPU_Double_U"), -2.0, "c000000000000000"),
    (Field("a", "timer"), 9, "0000000000000009"),
    (Field("a", "timer"), None, "ffffffffffffffff"),
    (Field("a", "buffer", size=3), b"abc", "616263"),
    (Field("a", "bitmap", count=3), 0b101, "0000000000000005"),
    (Field("a", "bitmap", count=65), 1 << 64 | 2, "00000000000000020000000000000001"),
    (Field("a", "bitmap", count=0), 0, ""),
    (Field("a", "nullptr"), None, "30"),
    (Field("a", "struct", structure=POINT), {"x": 1, "y": 2}, "0102"),
    (Field("a", "qtailq", structure=POINT), [], "00"),
    (Field("a", "qtailq", structure=POINT), [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "01010201030400"),
    (Field("a", "uint16", count=2), [1, 2], "00010002"),
    (Field("a", "uint16", count=0), [], ""),
    (Field("a", "buffer", size=2, count=2), [b"ab", b"cd"], "61626364"),
    (
        Field("a", "struct", structure=POINT, count=2),
        [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
        "01020304",
    ),
]


def device(*fields: Field, subsections: tuple[Structure, ...] = ()) -> DeviceDescription:
    return DeviceDescription("dev", 0, 1, fields, subsections)


@pytest.mark.parametrize(("field", "value", "raw"), CASES)
def test_types(field: Field, value: object, raw: str) -> None:
    description = device(field)
    assert encode(description, {"a": value}).hex() == raw
    assert decode(description, bytes.fromhex(raw)) == {"a": value}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("a", "uint8"), 256),
        (Field("a", "uint8"), -1),
        (Field("a", "uint8"), "1"),
        (Field("a", "uint8"), None),
        (Field("a", "float64"), "x"),
        (Field("a", "timer"), 1 << 64),
        (Field("a", "buffer", size=3), b"abcd"),
        (Field("a", "buffer", size=3), "abc"),
        (Field("a", "bitmap", count=3), 8),
        (Field("a", "bitmap", count=3), -1),
        (Field("a", "bitmap", count=3), b"\1"),
        (Field("a", "struct", structure=POINT), [1, 2]),
        (Field("a", "qtailq", structure=POINT), {"x": 1, "y": 2}),
        (Field("a", "qtailq", structure=POINT), [1]),
        (Field("a", "uint16", count=2), [1]),
        (Field("a", "uint16", count=2), 1),
        (Field("a", "uint16", count=2), "ab"),
    ],
)
def test_values_that_do_not_fit(field: Field, value: object) -> None:
    with pytest.raises(ValueError, match="'a'"):
        encode(device(field), {"a": value})


def test_missing_values() -> None:
    with pytest.raises(ValueError, match="lacks a value for 'size'"):
        encode(GLOBAL_STATE, {"runstate": b""})
    with pytest.raises(ValueError, match="lacks a value for 'y'"):
        encode(device(Field("a", "struct", structure=POINT)), {"a": {"x": 1}})


def test_short_buffers_are_filled_up() -> None:
    raw = encode(GLOBAL_STATE, {"size": 7, "runstate": b"paused"})
    assert raw == b"\0\0\0\7paused" + bytes(94)


def test_unused_bytes_have_no_value() -> None:
    raw = encode(TIMER, {"cpu_ticks_offset": 1, "cpu_clock_offset": 2})
    assert raw == struct.pack(">q8xq", 1, 2)
    assert decode(TIMER, struct.pack(">q8sq", 1, b"whatever", 2)) == {
        "cpu_ticks_offset": 1,
        "cpu_clock_offset": 2,
    }


def test_subsections_are_sent_if_there_are_values() -> None:
    head = struct.pack(">QH", 77, 3) + b"abc"
    leap = b"\5\x0aclock/leap" + struct.pack(">I", 2) + b"\1\xff\0"
    zone = b"\5\x0aclock/zone" + struct.pack(">Ih", 1, -60)
    assert encode(CLOCK, CLOCK_VALUES) == head + leap
    both = {**CLOCK_VALUES, "clock/zone": {"minutes": -60}}
    assert encode(CLOCK, both) == head + zone + leap
    with pytest.raises(ValueError, match="'clock/zone'"):
        encode(CLOCK, {**CLOCK_VALUES, "clock/zone": 1})


@given(
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.lists(st.floats(allow_nan=False), min_size=3, max_size=3),
    st.integers(0, (1 << 100) - 1),
    st.lists(st.fixed_dictionaries({"x": st.integers(-128, 127), "y": st.integers(-128, 127)})),
    st.binary(max_size=300),
)
def test_round_trip(
    number: int, floats: list[float], bits: int, points: list[dict[str, int]], raw: bytes
) -> None:
    description = device(
        Field("number", "int64"),
        Field("floats", "float64", count=3),
        Field("bits", "bitmap", count=100),
        Field("points", "qtailq", structure=POINT),
        Field("size", "uint16"),
        Field("raw", "buffer", size="size"),
    )
    values = {
        "number": number,
        "floats": floats,
        "bits": bits,
        "points": points,
        "size": len(raw),
        "raw": raw,
    }
    assert decode(description, encode(description, values)) == values


# --- for tools ---


def test_entry() -> None:
    assert entry(GLOBAL_STATE) == {
        "name": "globalstate",
        "instance_id": 0,
        "vmsd_name": "globalstate",
        "version": 1,
        "fields": [
            {"name": "size", "type": "uint32", "size": 4},
            {"name": "runstate", "type": "buffer", "size": 100},
        ],
    }


@pytest.mark.parametrize(("field", "value", "raw"), CASES)
def test_entries_have_the_size_of_their_bytes(field: Field, value: object, raw: str) -> None:
    fields = entry(device(field), {"a": value})["fields"]
    assert isinstance(fields, list)
    size = sum(each["size"] * each.get("array_len", 1) for each in fields)
    assert size == len(raw) // 2
    if not (isinstance(field.size, str) or field.type == "qtailq"):
        blank = entry(device(field))["fields"]
        assert isinstance(blank, list)
        assert [each["size"] for each in blank] == [each["size"] for each in fields]


def test_entries_of_arrays() -> None:
    description = device(
        Field("n", "uint16", count=3),
        Field("p", "struct", structure=POINT, count=2),
        Field("gap", "unused_buffer", size=4, count=2),
        Field("gap", "unused_buffer", size=1),
        Field("none", "nullptr"),
    )
    point = {
        "vmsd_name": "point",
        "version": 1,
        "fields": [
            {"name": "x", "type": "int8", "size": 1},
            {"name": "y", "type": "int8", "size": 1},
        ],
    }
    assert entry(description)["fields"] == [
        {"name": "n", "array_len": 3, "type": "uint16", "size": 2},
        {"name": "p", "index": 0, "type": "struct", "struct": point, "size": 2},
        {"name": "p", "index": 1, "type": "struct", "struct": point, "size": 2},
        {"name": "gap[0]", "array_len": 2, "type": "unused_buffer", "size": 4},
        {"name": "gap[1]", "type": "unused_buffer", "size": 1},
        {"name": "none", "type": "uint64", "size": 1},
    ]


def test_entries_of_subsections() -> None:
    assert entry(CLOCK, CLOCK_VALUES)["subsections"] == [
        {
            "vmsd_name": "clock/leap",
            "version": 2,
            "fields": [{"name": "seconds", "array_len": 3, "type": "int8", "size": 1}],
        }
    ]


@pytest.mark.parametrize(
    ("description", "named"),
    [
        (CLOCK, "'clock/zone'"),
        (device(Field("n", "uint8"), Field("b", "buffer", size="n")), "'b'"),
        (device(Field("l", "qtailq", structure=POINT)), "'l'"),
    ],
)
def test_entries_that_depend_on_values(description: DeviceDescription, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        entry(description)
