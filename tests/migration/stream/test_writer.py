"""Each thing of a stream as bytes; the whole example byte for byte."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream import writer
from qapigen.migration.stream.format import SectionType
from tests.migration.stream.sample_streams import (
    GLOBAL_STATE,
    PAGE,
    PAUSED,
    TICKS,
    TIMER,
    example,
    example_page,
    indexes,
    pattern,
)

#: The example as it was written down: offset, bytes in hexadecimal.
EXAMPLE = [
    (0x0000, "51 45 56 4d  00 00 00 03"),
    (0x0008, "07  00 00 00 04  6e 6f 6e 65"),
    (0x0011, "01  00 00 00 02  03 72 61 6d"),
    (0x001A, "00 00 00 00  00 00 00 04"),
    (0x0022, "00 00 00 00 00 00 40 04"),
    (0x002A, "06 70 63 2e 72 61 6d"),
    (0x0031, "00 00 00 00 00 00 40 00"),
    (0x0039, "00 00 00 00 00 00 00 10"),
    (0x0041, "7e  00 00 00 02"),
    (0x0046, "02  00 00 00 02"),
    (0x004B, "00 00 00 00 00 00 00 02"),
    (0x0053, "06 70 63 2e 72 61 6d  00"),
    (0x005B, "00 00 00 00 00 00 10 28"),
    (0x0063, example_page().tobytes().hex()),
    (0x1063, "00 00 00 00 00 00 00 10"),
    (0x106B, "7e  00 00 00 02"),
    (0x1070, "03  00 00 00 02"),
    (0x1075, "00 00 00 00 00 00 20 22  00"),
    (0x107E, "00 00 00 00 00 00 30 22  00"),
    (0x1087, "00 00 00 00 00 00 00 10"),
    (0x108F, "7e  00 00 00 02"),
    (0x1094, "04  00 00 00 04"),
    (0x1099, "0b 67 6c 6f 62 61 6c 73 74 61 74 65"),
    (0x10A5, "00 00 00 00  00 00 00 01"),
    (0x10AD, "00 00 00 07"),
    (0x10B1, b"paused".ljust(100, b"\0").hex()),
    (0x1115, "7e  00 00 00 04"),
    (0x111A, "00"),
    (0x111B, "06  00 00 00 fe"),
    (
        0x1120,
        (
            b'{ "page_size" : 4096, "devices" : [ { "name" : "globalstate", "instance_id" : 0, '
            b'"vmsd_name" : "globalstate", "version" : 1, "fields" : [ { "name" : "size", '
            b'"type" : "uint32", "size" : 4 }, { "name" : "runstate", "type" : "buffer", '
            b'"size" : 100 } ] } ] }'
        ).hex(),
    ),
]


def test_example() -> None:
    stream = example()
    at = 0
    for offset, text in EXAMPLE:
        assert at == offset
        raw = bytes.fromhex(text)
        assert stream[at : at + len(raw)] == raw, hex(at)
        at += len(raw)
    assert at == len(stream) == 4638


def test_example_page() -> None:
    assert example_page()[:8].tobytes().hex(" ") == "03 0a 11 18 1f 26 2d 34"


def test_commands() -> None:
    assert writer.command(1).hex(" ") == "08 00 01 00 00"
    assert writer.command(2, b"\0\0\0\1").hex(" ") == "08 00 02 00 04 00 00 00 01"


@pytest.mark.parametrize(
    "make",
    [
        lambda: writer.section_start(SectionType.PART, 1, "ram", 0, 4),
        lambda: writer.section_start(SectionType.FULL, 1, "", 0, 4),
        lambda: writer.ram_list([("a", 100)]),
        lambda: writer.ram_list([("a", 0)]),
        lambda: writer.ram_list([("a", PAGE), ("a", PAGE)]),
        lambda: writer.device(1, GLOBAL_STATE, {"size": 1}),
    ],
)
def test_what_cannot_be_built(make: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError):
        make()


def test_list_of_several_blocks() -> None:
    raw = writer.ram_list([("b", 2 * PAGE), ("a", PAGE)])
    assert raw == struct.pack(">Q", 3 * PAGE | 4) + b"\1b" + struct.pack(">Q", 2 * PAGE) + (
        b"\1a" + struct.pack(">Q", PAGE)
    )


def test_device_without_footer() -> None:
    section = writer.device(4, GLOBAL_STATE, PAUSED)
    assert section.endswith(writer.footer(4))
    assert writer.device(4, GLOBAL_STATE, PAUSED, footers=False) == section[:-5]


# --- the description ---


def test_description_is_json() -> None:
    raw = writer.vm_description(PAGE, [TIMER, {"name": "mine", "list": [], "map": {}, "b": True}])
    assert raw[0] == 6
    assert int.from_bytes(raw[1:5], "big") == len(raw) - 5
    text = json.loads(raw[5:])
    assert text["page_size"] == PAGE
    assert [each["name"] for each in text["devices"]] == ["timer", "mine"]
    assert text["devices"][1] == {"name": "mine", "list": [], "map": {}, "b": True}


@pytest.mark.parametrize("length", [*range(360, 400), 0x7AFE, 0x7B00, 0x7B7B, 0x1017B])
def test_tools_find_the_text(length: int) -> None:
    """They look for the last zero byte, and the first opening brace behind it."""
    shortest = len(writer.vm_description(PAGE, [{"x": ""}])) - 5
    raw = writer.vm_description(PAGE, [{"x": "y" * (length - shortest)}])
    assert 0 <= len(raw) - 5 - length < 256
    stream = b"\0" + raw
    last = stream.rindex(b"\0")
    assert stream.index(b"{", last) == 6
    assert json.loads(raw[5:])["page_size"] == PAGE


def test_a_length_that_misleads_is_avoided() -> None:
    lengths = {
        len(writer.vm_description(PAGE, [{"x": "y" * size}])) - 5 for size in range(300, 400)
    }
    assert 0x17A in lengths and 0x17C in lengths
    assert 0x17B not in lengths


# --- pages ---


def test_first_record_names_its_block() -> None:
    pages, data = writer.PageWriter(), pattern(4)
    assert bytes(pages.zeros("a", indexes(3)))[:11] == struct.pack(">Q", 0x3002) + b"\1a\0"
    assert bytes(pages.pages("a", indexes(2), data))[:8] == struct.pack(">Q", 0x2028)
    assert bytes(pages.pages("bb", indexes(2), data))[:11] == struct.pack(">Q", 0x2008) + b"\2bb"
    assert bytes(pages.zeros("bb", indexes(1)))[:9] == struct.pack(">Q", 0x1022) + b"\0"
    pages.forget()
    assert bytes(pages.zeros("bb", indexes(1)))[:12] == struct.pack(">Q", 0x1002) + b"\2bb\0"


def record(word: int, data: bytes, *, name: str | None = None) -> bytes:
    """One record of the writer's, with the name of its block or without."""
    if name is None:
        return struct.pack(">Q", word | 0x20) + data
    return struct.pack(">Q", word) + bytes((len(name),)) + name.encode() + data


def records(block: str, numbers: list[int], data: np.ndarray | None) -> bytes:
    """What the writer should make of these pages, record by record."""
    found = b""
    for at, number in enumerate(numbers):
        name = None if at else block
        if data is None:
            found += record(number * PAGE | 2, b"\0", name=name)
        else:
            found += record(number * PAGE | 8, data[number].tobytes(), name=name)
    return found


@pytest.mark.parametrize("block", ["a", "pc.ram", "seven77", "eight888", "x" * 255])
@pytest.mark.parametrize(
    "numbers",
    [
        [0],
        [5],
        [0, 1, 2],
        [7, 8, 9],
        [3, 2, 1],
        [9, 0, 4],
        [1, 3],
        [*range(128)],
        [*range(127, -1, -1)],
    ],
)
def test_pages(block: str, numbers: list[int]) -> None:
    pages, data = writer.PageWriter(), pattern(130)
    assert bytes(pages.pages(block, indexes(*numbers), data)) == records(block, numbers, data)
    again = bytes(pages.pages(block, indexes(*numbers), data))
    assert again == records(block, [0, *numbers], data)[-len(numbers) * (PAGE + 8) :]


Kinds = dict[int, bool]


def of_kinds(kinds: Kinds, data: np.ndarray, *, name: str | None) -> bytes:
    """Records of pages, by their numbers; True where one is sent with its content."""
    found = bytearray()
    for number, filled in sorted(kinds.items()):
        if filled:
            found += record(number * PAGE | 8, data[number].tobytes(), name=name)
        else:
            found += record(number * PAGE | 2, b"\0", name=name)
        name = None
    return bytes(found)


def made_of(pages: writer.PageWriter, block: str, kinds: Kinds, data: np.ndarray) -> bytes:
    numbers = indexes(*sorted(kinds))
    filled = np.array([kinds[number] for number in sorted(kinds)], np.bool_)
    return bytes(pages.records(block, numbers, data, filled=filled))


@pytest.mark.parametrize("block", ["a", "x" * 255])
@pytest.mark.parametrize(
    "kinds",
    [
        dict.fromkeys(range(128), True),
        dict.fromkeys(range(130), False),
        {number: number % 2 == 0 for number in range(130)},
        {number: number % 2 == 1 for number in range(130)},
        {number: number // 20 % 2 == 0 for number in range(130)},
        {number: number // 20 % 2 == 1 for number in range(5, 130, 3)},
        {0: False, 1: True, 2: True, 100: False},
    ],
)
def test_pages_of_both_kinds(block: str, kinds: Kinds) -> None:
    """In the order of their numbers, whatever the buffer has held before."""
    pages, data = writer.PageWriter(), pattern(130)
    assert made_of(pages, block, kinds, data) == of_kinds(kinds, data, name=block)
    pages.pages(block, np.arange(128), data)
    assert made_of(pages, block, kinds, data) == of_kinds(kinds, data, name=None)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.dictionaries(st.integers(0, 39), st.booleans())))
)
def test_pages_of_any_kinds(calls: list[tuple[str, Kinds]]) -> None:
    pages, data = writer.PageWriter(), pattern(40)
    block = ""
    for name, kinds in calls:
        expected = of_kinds(kinds, data, name=None if name == block else name)
        assert made_of(pages, name, kinds, data) == expected
        block = name if kinds else block


def test_many_zero_pages_among_others() -> None:
    """More than the buffer had room for."""
    pages, data = writer.PageWriter(), pattern(3)
    kinds = {number: number < 3 for number in range(150_000)}
    assert made_of(pages, "a", kinds, data) == of_kinds(kinds, data, name="a")


@pytest.mark.parametrize("filled", [[], [False], [True], [True, False, False, True]])
def test_lengths_of_records(filled: list[bool]) -> None:
    pages = writer.PageWriter()
    pages.zeros("a", indexes(0))
    kinds = np.array(filled, np.bool_)
    made = pages.records("a", np.arange(len(filled)), pattern(4), filled=kinds)
    assert writer.record_bytes(kinds).tolist() == [PAGE + 8 if each else 9 for each in filled]
    assert len(made) == writer.record_bytes(kinds).sum()


@pytest.mark.parametrize("numbers", [[0], [5, 4], [*range(5000)], [1 << 40, 3]])
def test_zeros(numbers: list[int]) -> None:
    pages = writer.PageWriter()
    assert bytes(pages.zeros("block", indexes(*numbers))) == records("block", numbers, None)
    assert bytes(pages.zeros("block", indexes(7))) == struct.pack(">Q", 0x7022) + b"\0"
    again = bytes(pages.zeros("block", indexes(*numbers)))
    assert again == records("block", [0, *numbers], None)[-len(numbers) * 9 :]


def test_no_pages() -> None:
    """Nothing is written, and nothing is remembered."""
    pages = writer.PageWriter()
    assert bytes(pages.zeros("a", indexes())) == b""
    assert bytes(pages.pages("a", indexes(), pattern(1))) == b""
    assert bytes(pages.zeros("a", indexes(0)))[7] == 2


def test_too_many_pages() -> None:
    with pytest.raises(ValueError, match="129"):
        writer.PageWriter().pages("a", np.arange(129), pattern(129))
    filled = np.arange(130) != 7
    with pytest.raises(ValueError, match="129"):
        writer.PageWriter().records("a", np.arange(130), pattern(130), filled=filled)


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_names_that_cannot_be_sent(name: str) -> None:
    pages = writer.PageWriter()
    with pytest.raises(ValueError):
        pages.zeros(name, indexes(0))
    assert bytes(pages.zeros("a", indexes(0)))[7] == 2


def test_the_buffer_is_used_again() -> None:
    """What is returned holds until the next call, which costs no new memory."""
    pages, data = writer.PageWriter(), pattern(4)
    first = pages.pages("a", indexes(0, 1), data)
    kept = bytes(first)
    second = pages.pages("a", indexes(2, 3), data)
    assert first.obj is second.obj
    assert bytes(first) != kept


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 9), max_size=12)), max_size=6)
)
def test_any_order(calls: list[tuple[str, list[int]]]) -> None:
    pages, data = writer.PageWriter(), pattern(10)
    block = ""
    for name, numbers in calls:
        expected = records(name, numbers, data)
        if name == block and numbers:
            expected = struct.pack(">Q", numbers[0] * PAGE | 0x28) + expected[10:]
        assert bytes(pages.pages(name, indexes(*numbers), data)) == expected
        block = name if numbers else block


def test_timer_section() -> None:
    raw = writer.device(0, TIMER, TICKS)
    assert raw[:19] == b"\4\0\0\0\0\5timer\0\0\0\0\0\0\0\2"
    assert len(raw) == 19 + 24 + 5
