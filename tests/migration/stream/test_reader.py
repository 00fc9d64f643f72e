"""Whole streams: read however they are cut, and refused where they are wrong."""

from __future__ import annotations

import errno
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream import writer
from qapigen.migration.stream.format import CommandNumber, SectionType, StreamError
from qapigen.migration.stream.items import (
    Command,
    Configuration,
    Description,
    Device,
    EndOfStream,
    Item,
    Pages,
    RamList,
    SectionEnd,
)
from qapigen.migration.stream.reader import ITERABLES, Expected, StreamReader
from tests.migration.stream.sample_streams import (
    CLOCK_VALUES,
    EXAMPLE,
    GLOBAL_STATE,
    PAGE,
    PAUSED,
    RICH,
    TICKS,
    example,
    example_page,
    one_by_one,
    pattern,
    read,
    rich,
)

HEADER = writer.header()
FRONT = HEADER + writer.configuration("none")
RAM = writer.section_start(SectionType.START, 2, "ram", 0, 4)
STATE = writer.device(4, GLOBAL_STATE, PAUSED)


def refused(raw: bytes, expected: Expected = EXAMPLE) -> StreamError:
    """The error that reading raises; once more, for whatever comes then."""
    reader = StreamReader(expected)
    with pytest.raises(StreamError) as caught:
        list(reader.feed(raw))
    assert not reader.done
    with pytest.raises(StreamError) as again:
        reader.feed(b"more")
    assert again.value is caught.value
    with pytest.raises(StreamError):
        reader.finish()
    return caught.value


def test_example() -> None:
    text = example()[0x1120:].decode()
    assert read(example(), EXAMPLE) == [
        Configuration("none"),
        RamList((("pc.ram", 4 * PAGE),)),
        SectionEnd(SectionType.START, "ram"),
        ("zeros", "pc.ram", [0], 0),
        ("pages", "pc.ram", [1], example_page().tobytes()),
        SectionEnd(SectionType.PART, "ram"),
        ("zeros", "pc.ram", [2, 3], 0),
        SectionEnd(SectionType.END, "ram"),
        Device("globalstate", 0, 1, PAUSED),
        SectionEnd(SectionType.FULL, "globalstate"),
        EndOfStream(),
        Description(text),
    ]


def test_rich() -> None:
    items = [item for item in read(rich(), RICH) if not isinstance(item, SectionEnd)]
    large, small = pattern(40), pattern(2, 2)
    expected: list[object] = [
        Configuration("pc-1"),
        Command(CommandNumber.OPEN_RETURN_PATH, b""),
        Command(CommandNumber.PING, b"\0\0\0\1"),
        RamList((("large", 40 * PAGE), ("small", 2 * PAGE))),
        *(("pages", "large", [at], large[at].tobytes()) for at in range(5, 9)),
        *(("zeros", "large", [at], 0) for at in range(9, 40)),
        *(("pages", "large", [at], large[at].tobytes()) for at in (1, 3, 2)),
        ("zeros", "large", [0], 0),
        ("zeros", "small", [1], 0),
        ("pages", "small", [0], small[0].tobytes()),
        ("pages", "small", [1], small[1].tobytes()),
        ("pages", "small", [0], small[0].tobytes()),
        ("pages", "large", [39], large[39].tobytes()),
        Device("timer", 0, 2, TICKS),
        Device("clock", 1, 3, CLOCK_VALUES),
        Device("globalstate", 0, 1, PAUSED),
        EndOfStream(),
    ]
    assert one_by_one(items[:-1]) == expected
    assert isinstance(items[-1], Description)


def test_cut_at_every_byte() -> None:
    whole = one_by_one(read(example(), EXAMPLE))
    for at in range(len(example()) + 1):
        assert one_by_one(read(example(), EXAMPLE, at)) == whole, at


def test_pieces_that_hold_whole_records() -> None:
    """One cut record at most: the next piece is so long that its records are not cut."""
    memory = np.ones((64, PAGE), np.uint8)
    records = bytes(writer.PageWriter().pages("pc.ram", np.arange(64), memory))
    listed = writer.ram_list([("pc.ram", memory.nbytes)]) + writer.EOS
    raw = FRONT + RAM + listed + writer.footer(2) + writer.section_part(2) + records
    reader = StreamReader(Expected("none", {"pc.ram": memory.nbytes}, []))
    came: list[list[int]] = []
    while raw:
        size = reader.convenient(10 * (PAGE + 8))
        assert 9 * (PAGE + 8) < size <= 10 * (PAGE + 8)
        items = reader.feed(raw[:size])
        came.append([len(item.indexes) for item in items if isinstance(item, Pages)])
        raw = raw[size:]
    # The page that was cut in the first piece, and the rest of the second one.
    assert came == [[1, 8], [1, 9], [10], [10], [10], [10], [5]]


def test_byte_by_byte() -> None:
    stream = example()
    whole = one_by_one(read(stream, EXAMPLE))
    assert one_by_one(read(stream, EXAMPLE, *[1] * len(stream))) == whole


@pytest.mark.parametrize("size", [7, 9, 100, 4095, 4096, 4103, 4104, 4105, 8209, 50_000])
def test_equal_pieces(size: int) -> None:
    stream = rich()
    whole = one_by_one(read(stream, RICH))
    assert one_by_one(read(stream, RICH, *[size] * (len(stream) // size))) == whole


@given(st.lists(st.integers(0, 30_000), max_size=30))
def test_any_pieces(sizes: list[int]) -> None:
    assert one_by_one(read(rich(), RICH, *sizes)) == one_by_one(read(rich(), RICH))


@pytest.mark.parametrize(
    ("footers", "configuration"), [(True, False), (False, True), (False, False)]
)
def test_other_machines(footers: bool, configuration: bool) -> None:
    """Without a configuration, or without footers, where the receiver has none either."""
    stream = rich(footers=footers, configuration=configuration)
    expected = replace(RICH, footers=footers, configuration=configuration)
    whole = read(rich(), RICH)
    assert read(stream, expected) == whole[0 if configuration else 1 :]
    assert refused(stream, RICH).errno == errno.EINVAL
    assert refused(rich(), expected).errno == errno.EINVAL


# --- the end ---


@pytest.mark.parametrize("at", [*range(0, 0x111B, 61), 0x111A])
def test_early_ends(at: int) -> None:
    reader = StreamReader(EXAMPLE)
    list(reader.feed(example()[:at]))
    assert not reader.done
    with pytest.raises(StreamError, match="the input ended") as caught:
        reader.finish()
    assert (caught.value.errno, caught.value.offset) == (errno.EIO, at)


@pytest.mark.parametrize("at", range(0x111B, len(example()) + 1, 20))
def test_the_description_may_be_missing(at: int) -> None:
    items = read(example()[:at], EXAMPLE)
    assert items[-1] == EndOfStream()


@pytest.mark.parametrize(
    "rest", [b"\0", b"\x07junk", example(), b"\x06\xff\xff\xff\xff{}", b"\x06\xff\xff\xff\xff"]
)
def test_nothing_behind_the_end_matters(rest: bytes) -> None:
    items = read(example()[:0x111B] + rest, EXAMPLE, 0x111C, 3)
    assert [item for item in items if not isinstance(item, Description)][-1] == EndOfStream()


def test_what_is_no_description() -> None:
    assert read(example()[:0x111B] + b"\7", EXAMPLE)[-1] == Description(None)
    assert read(example() + b"more", EXAMPLE) == read(example(), EXAMPLE)
    assert read(example()[:0x111B] + b"\6\0\0\0\2\xff}x", EXAMPLE)[-1] == Description("\\xff}")


def test_long_descriptions_are_passed_over() -> None:
    reader = StreamReader(EXAMPLE)
    size = 17 << 20
    list(reader.feed(example()[:0x111B] + b"\6" + struct.pack(">I", size)))
    piece = bytes(1 << 20)
    found = [item for _ in range(17) for item in reader.feed(piece)]
    assert found == [Description(None)]


def test_done() -> None:
    reader = StreamReader(EXAMPLE)
    list(reader.feed(example()[:0x111A]))
    assert (reader.done, reader.offset) == (False, 0x111A)
    list(reader.feed(b"\0"))
    assert (reader.done, reader.offset) == (True, 0x111B)
    reader.finish()


def test_the_smallest_stream() -> None:
    """Neither RAM nor devices have to come."""
    assert read(FRONT + b"\0", EXAMPLE) == [Configuration("none"), EndOfStream()]


def test_items_are_taken_before_more_is_fed() -> None:
    reader = StreamReader(EXAMPLE)
    items = reader.feed(example()[:0x100])
    next(items)
    with pytest.raises(RuntimeError, match="not all been taken"):
        reader.feed(example()[0x100:])
    assert len(list(items)) == 3
    assert len(list(reader.feed(example()[0x100:]))) == 8


# --- header and configuration ---


@pytest.mark.parametrize(
    ("raw", "number", "offset", "text"),
    [
        (b"\x16\3\1\2\0\1\0\0", errno.EINVAL, 0, "0x16030102 came"),
        (b"QEVM\0\0\0\2", errno.ENOTSUP, 4, "version 3, 2 came"),
        (b"QEVM\0\0\0\4", errno.ENOTSUP, 4, "version 3, 4 came"),
        (HEADER + b"\1", errno.EINVAL, 8, "the configuration, 0x01 came"),
        (HEADER + writer.configuration("nine"), errno.EINVAL, 13, "'none', b'nine' came"),
        (HEADER + writer.configuration("none2"), errno.EINVAL, 13, "b'none2' came"),
        (HEADER + writer.configuration("one"), errno.EINVAL, 13, "b'one' came"),
        (HEADER + b"\7\0\0\1\0", errno.EINVAL, 9, "256 came"),
        (HEADER + b"\7\xff\xff\xff\xff", errno.EINVAL, 9, "4294967295 came"),
    ],
)
def test_wrong_beginnings(raw: bytes, number: int, offset: int, text: str) -> None:
    error = refused(raw)
    assert (error.errno, error.offset) == (number, offset)
    assert text in str(error)


@pytest.mark.parametrize("name", ["", "n", "non", "none"])
def test_a_beginning_of_the_name_will_do(name: str) -> None:
    assert read(HEADER + writer.configuration(name) + b"\0", EXAMPLE)[0] == Configuration(name)


def test_a_name_may_be_cut_anywhere() -> None:
    """Even inside of a character."""
    expected = replace(EXAMPLE, machine="ü")
    raw = HEADER + b"\7\0\0\0\1\xc3" + b"\0"
    assert read(raw, expected)[0] == Configuration("\\xc3")


def subsection(name: str, version: int, data: bytes) -> bytes:
    return b"\5" + bytes((len(name),)) + name.encode() + struct.pack(">I", version) + data


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (subsection("configuration/target-page-bits", 1, b"\0\0\0\x0c"), None),
        (subsection("configuration/target-page-bits", 1, b"\0\0\0\x0d"), errno.EINVAL),
        (subsection("configuration/target-page-bits", 2, b"\0\0\0\x0c"), errno.EINVAL),
        (subsection("configuration/capabilities", 1, b"\0\0\0\0"), errno.ENOENT),
        (subsection("other/target-page-bits", 1, b"\0\0\0\x0c"), errno.EINVAL),
    ],
)
def test_parts_of_the_configuration(raw: bytes, number: int | None) -> None:
    stream = FRONT + raw + b"\0"
    if number is None:
        assert read(stream, EXAMPLE) == [Configuration("none"), EndOfStream()]
    else:
        assert refused(stream).errno == number


# --- sections ---


def test_every_kind_of_section_has_its_place() -> None:
    assert set(ITERABLES) == {"ram", "block", "dirty-bitmap"}
    assert [name for name, make in ITERABLES.items() if make is not None] == ["ram"]


@pytest.mark.parametrize("kind", sorted(set(range(256)) - {0, 1, 2, 3, 4, 8}))
def test_unknown_items(kind: int) -> None:
    error = refused(FRONT + bytes((kind, 0)))
    assert (error.errno, error.offset) == (errno.EINVAL, len(FRONT))


START, FULL = SectionType.START, SectionType.FULL


@pytest.mark.parametrize(
    ("raw", "number", "text"),
    [
        (writer.section_start(START, 1, "raw", 0, 4), errno.EINVAL, "'raw' (0) came"),
        (writer.section_start(START, 1, "ram", 1, 4), errno.EINVAL, "'ram' (1) came"),
        (writer.section_start(START, 1, "ram", 0, 5), errno.EINVAL, "version 4 of 'ram', 5"),
        (writer.section_start(START, 1, "ram", 0, 3), errno.EINVAL, "version 4 of 'ram', 3"),
        (writer.section_start(START, 1, "globalstate", 0, 1), errno.EINVAL, "comes in parts"),
        (writer.section_start(START, 1, "block", 0, 1), errno.ENOTSUP, "'block'"),
        (writer.section_start(START, 1, "dirty-bitmap", 0, 1), errno.ENOTSUP, "'dirty-bitmap'"),
        (writer.section_start(FULL, 1, "ram", 0, 4), errno.EINVAL, "a device of this machine"),
        (writer.section_start(FULL, 1, "rtc", 0, 1), errno.EINVAL, "'rtc' (0) came"),
        (writer.section_start(FULL, 1, "globalstate", 1, 1), errno.EINVAL, "(1) came"),
        (writer.section_start(FULL, 1, "globalstate", 0, 2), errno.EINVAL, "version 1 of"),
        (writer.section_start(FULL, 1, "globalstate", 0, 0), errno.EINVAL, "version 1 of"),
        (writer.section_start(FULL, 1, "COLOState", 0, 1), errno.ENOTSUP, "'COLOState'"),
        (b"\4\0\0\0\1\0\0\0\0\0\0\0\0\1", errno.EINVAL, "'' (0) came"),
        (b"\4\0\0\0\1\2\xff\xfe\0\0\0\0\0\0\0\1", errno.EINVAL, "xff"),
        (writer.section_part(2), errno.EINVAL, "id 2 came"),
        (writer.section_end(2), errno.EINVAL, "id 2 came"),
        (STATE + writer.section_part(4), errno.EINVAL, "id 4 came"),
        (RAM + writer.EOS + writer.footer(3), errno.EINVAL, "id 2 in the footer of 'ram', 3 came"),
        (RAM + writer.EOS + b"\x7f", errno.EINVAL, "the footer of section 'ram', 0x7f came"),
        (STATE[:-5] + writer.footer(5), errno.EINVAL, "id 4 in the footer"),
        (STATE + b"\4\0\0\0\4" + RAM[5:], errno.EINVAL, "expected"),
    ],
)
def test_wrong_sections(raw: bytes, number: int, text: str) -> None:
    error = refused(FRONT + raw)
    assert text in str(error)
    assert error.errno == number


def test_ids_are_for_one_section() -> None:
    ram = RAM + writer.EOS + writer.footer(2)
    state = writer.device(2, GLOBAL_STATE, PAUSED)
    error = refused(FRONT + ram + state)
    assert "'globalstate', 2 came" in str(error)
    assert error.offset == len(FRONT) + len(ram)
    error = refused(FRONT + STATE + writer.device(5, GLOBAL_STATE, PAUSED))
    assert "came under 5 too" in str(error)


def test_ids_are_any_numbers() -> None:
    ram = writer.section_start(START, 0xFFFFFFFF, "ram", 0, 4) + writer.EOS
    raw = FRONT + ram + writer.footer(0xFFFFFFFF)
    raw += writer.section_end(0xFFFFFFFF) + writer.EOS + writer.footer(0xFFFFFFFF) + b"\0"
    assert read(raw, EXAMPLE)[-1] == EndOfStream()


def test_the_same_section_again() -> None:
    assert (
        read(FRONT + STATE + STATE + b"\0", EXAMPLE).count(Device("globalstate", 0, 1, PAUSED)) == 2
    )


# --- commands ---


@pytest.mark.parametrize(
    ("number", "length"), [(1, 0), (2, 4), (3, 16), (3, 0), (4, 0), (5, 0), (6, 20)]
)
def test_commands(number: int, length: int) -> None:
    data = b"\0\1a\0" + bytes(16) if number == 6 else bytes(range(length))
    items = read(FRONT + writer.command(number, data) + b"\0", EXAMPLE)
    assert items[1] == Command(CommandNumber(number), data)


@pytest.mark.parametrize(
    ("number", "length", "failure"),
    [
        (0, 0, errno.EINVAL),
        (8, 0, errno.EINVAL),
        (0xFFFF, 0, errno.EINVAL),
        (1, 1, errno.ERANGE),
        (2, 0, errno.ERANGE),
        (2, 3, errno.ERANGE),
        (2, 8, errno.ERANGE),
        (3, 8, errno.ERANGE),
        (4, 4, errno.ERANGE),
        (5, 4, errno.ERANGE),
        (7, 0, errno.ERANGE),
        (7, 4, errno.ENOTSUP),
    ],
)
def test_wrong_commands(number: int, length: int, failure: int) -> None:
    """Known before the data has come."""
    error = refused(FRONT + struct.pack(">BHH", 8, number, length))
    assert (error.errno, error.offset) == (failure, len(FRONT))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\1a\0" + bytes(15),
        b"\0\1a\0" + bytes(17),
        b"\0\x11" + b"a" * 17 + b"\0",
        b"\0\xff" + bytes(200),
        b"\0\2a\0" + bytes(32),
    ],
)
def test_wrong_discards(data: bytes) -> None:
    assert refused(FRONT + writer.command(6, data)).errno == errno.EINVAL


def test_ram_counts_over_commands() -> None:
    """The block of the last page is kept, whatever stands between two sections."""
    raw = FRONT + RAM + struct.pack(">Q", 2) + b"\6pc.ram\0" + writer.EOS + writer.footer(2)
    raw += writer.command(1) + STATE + writer.section_part(2)
    raw += struct.pack(">Q", 0x1022) + b"\0" + writer.EOS + writer.footer(2) + b"\0"
    assert ("zeros", "pc.ram", [1], 0) in read(raw, EXAMPLE)


@pytest.mark.parametrize("length", [0, 5])
def test_receivers_that_make_no_sense(length: int) -> None:
    with pytest.raises(ValueError, match="'x'"):
        StreamReader(Expected("none", {"x": length}, ()))


def test_items_come_one_after_the_other() -> None:
    """An item is there before what follows it is looked at."""
    reader = StreamReader(EXAMPLE)
    items = reader.feed(FRONT + b"\xff")
    first: Item = next(items)
    assert first == Configuration("none")
    with pytest.raises(StreamError):
        next(items)
