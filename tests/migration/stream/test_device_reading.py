"""Wrong states of devices are refused, and cut ones are waited for."""

from __future__ import annotations

import errno
import struct

import pytest

from qapigen.migration.stream.device_reading import decode, own_subsection, reading
from qapigen.migration.stream.devices import DeviceDescription, Field, Structure, encode
from qapigen.migration.stream.format import MOST_BUFFER_BYTES, MOST_ELEMENTS, StreamError
from qapigen.migration.stream.window import Window
from tests.migration.stream.sample_streams import CLOCK, CLOCK_VALUES, GLOBAL_STATE

EMPTY = Structure("nothing", 1, ())


def device(*fields: Field, subsections: tuple[Structure, ...] = ()) -> DeviceDescription:
    return DeviceDescription("dev", 0, 1, fields, subsections)


def refused(description: DeviceDescription, data: bytes) -> StreamError:
    with pytest.raises(StreamError) as caught:
        decode(description, data)
    return caught.value


@pytest.mark.parametrize("at", range(len(encode(CLOCK, CLOCK_VALUES))))
def test_cut_everywhere(at: int) -> None:
    raw = encode(CLOCK, CLOCK_VALUES)
    window = Window()
    window.feed(raw[:at])
    reader = reading(CLOCK, window)
    next(reader)
    window.release()
    window.feed(raw[at:] + b"\x7e")
    with pytest.raises(StopIteration) as stopped:
        next(reader)
    assert stopped.value.value == CLOCK_VALUES
    assert window.offset == len(raw)


def test_a_whole_state_is_decoded() -> None:
    raw = encode(GLOBAL_STATE, {"size": 1, "runstate": b""})
    assert refused(GLOBAL_STATE, raw[:-1]).errno == errno.EIO
    assert refused(GLOBAL_STATE, raw + b"x").offset == len(raw)


@pytest.mark.parametrize(
    ("kind", "came", "fits"),
    [
        ("int32 equal", 4, False),
        ("int32 equal", 5, True),
        ("int32 equal", 6, False),
        ("int32 le", 4, True),
        ("int32 le", 5, True),
        ("int32 le", 6, False),
    ],
)
def test_compared_values(kind: str, came: int, fits: bool) -> None:
    raw = struct.pack(">i", came)
    assert decode(device(Field("a", kind)), raw) == {"a": came}
    description = device(Field("b", "int8"), Field("a", kind, own=5))
    if fits:
        assert decode(description, b"\0" + raw) == {"b": 0, "a": came}
    else:
        error = refused(description, b"\0" + raw)
        assert error.offset == 1
        assert "'a'" in str(error) and f"{came} came" in str(error)


def test_anything_but_zero_is_true() -> None:
    assert decode(device(Field("a", "bool")), b"\x80") == {"a": True}


def test_a_null_pointer_has_its_mark() -> None:
    assert "0x31 came" in str(refused(device(Field("a", "nullptr")), b"\x31"))


@pytest.mark.parametrize("size", [-1, MOST_BUFFER_BYTES + 1])
def test_sizes_from_the_stream_are_bounded(size: int) -> None:
    description = device(Field("n", "int32"), Field("a", "buffer", size="n"))
    error = refused(description, struct.pack(">i", size))
    assert f"{size} came" in str(error)


def test_lists_are_bounded() -> None:
    description = device(Field("a", "qtailq", structure=EMPTY))
    assert decode(description, b"\1" * MOST_ELEMENTS + b"\0")["a"] == [{}] * MOST_ELEMENTS
    assert str(MOST_ELEMENTS) in str(refused(description, b"\1" * (MOST_ELEMENTS + 1) + b"\0"))


# --- subsections ---


def subsection(name: str, version: int, data: bytes = b"") -> bytes:
    return b"\5" + bytes((len(name),)) + name.encode() + struct.pack(">I", version) + data


INNER = Structure("dev/a/b", 1, (Field("n", "uint8"),))
OUTER = Structure("dev/a", 3, (Field("m", "uint8"),), (INNER,))
OTHER = Structure("dev/c", 1, ())
OWNER = device(subsections=(OUTER, OTHER))


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b"", {}),
        (subsection("dev/a", 3, b"\1"), {"dev/a": {"m": 1}}),
        (
            subsection("dev/a", 3, b"\1") + subsection("dev/a/b", 1, b"\2"),
            {"dev/a": {"m": 1, "dev/a/b": {"n": 2}}},
        ),
        # What does not begin with the inner owner's name is the outer one's; any order will do.
        (
            subsection("dev/c", 1) + subsection("dev/a", 3, b"\1"),
            {"dev/c": {}, "dev/a": {"m": 1}},
        ),
        (
            subsection("dev/a", 3, b"\1") + subsection("dev/c", 1),
            {"dev/a": {"m": 1}, "dev/c": {}},
        ),
    ],
)
def test_subsections(raw: bytes, values: dict[str, object]) -> None:
    assert decode(OWNER, raw) == values


@pytest.mark.parametrize(
    ("raw", "number", "offset"),
    [
        (subsection("dev/d", 1), errno.ENOENT, 0),
        (subsection("device", 1), errno.ENOENT, 0),
        (subsection("dev/a", 2, b"\1"), errno.EINVAL, 0),
        (subsection("dev/a", 4, b"\1"), errno.EINVAL, 0),
        (subsection("dev/a", 3, b"\1") + subsection("dev/a/x", 1), errno.ENOENT, 12),
        (b"\5\6dev/a\xff\0\0\0\3\1", errno.ENOENT, 0),
    ],
)
def test_wrong_subsections(raw: bytes, number: int, offset: int) -> None:
    error = refused(OWNER, raw)
    assert (error.errno, error.offset) == (number, offset)


@pytest.mark.parametrize("raw", [subsection("dex/a", 1), subsection("dev", 1), b"\5\1d", b"\6"])
def test_what_is_not_the_owners_is_left_alone(raw: bytes) -> None:
    """It belongs to somebody else, who may find something to say about it."""
    window = Window()
    window.feed(raw)
    with pytest.raises(StopIteration) as stopped:
        next(own_subsection("dev", window))
    assert stopped.value.value is None
    assert window.offset == 0


def test_structs_without_subsections_look_for_none() -> None:
    """So a 5 in the next field means nothing."""
    inner = Structure("in", 1, (Field("x", "uint8"),))
    description = device(Field("s", "struct", structure=inner), Field("five", "uint8"))
    assert decode(description, b"\1\5") == {"s": {"x": 1}, "five": 5}
