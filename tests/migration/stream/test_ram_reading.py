"""Records of RAM: every legal one is read, every other refused, wherever input is cut."""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.stream import writer
from qapigen.migration.stream.format import SectionType, StreamError
from qapigen.migration.stream.items import Item, Pages, RamList, Zeros
from qapigen.migration.stream.ram_reading import RamReader
from qapigen.migration.stream.window import Window
from tests.migration.stream.sample_streams import (
    PAGE,
    delta_record,
    indexes,
    kept,
    one_by_one,
    pattern,
)

BLOCKS = {"a": 10 * PAGE, "bb": 2 * PAGE}
LIST = writer.ram_list([("a", 10 * PAGE), ("bb", 2 * PAGE)])
PART, START, END = SectionType.PART, SectionType.START, SectionType.END


def word(value: int) -> bytes:
    return struct.pack(">Q", value)


def page(fill: int) -> bytes:
    return bytes((fill,)) * PAGE


class Section:
    """A RAM reader that is given whole payloads, or parts of them."""

    def __init__(self, blocks: Mapping[str, int] = BLOCKS) -> None:
        self.window = Window()
        self.reader = RamReader(self.window, blocks)

    def read(self, *pieces: bytes, kind: SectionType = PART) -> list[object]:
        """The items of one payload, which ends with the last piece."""
        found: list[object] = []
        parser = self.reader.payload(kind)
        for raw in pieces:
            piece = bytearray(raw)
            self.window.feed(piece)
            for item in parser:
                if item is None:
                    break
                found.append(kept(item))
            self.window.release()
            piece[:] = b"\xee" * len(piece)
        with pytest.raises(StopIteration):
            next(parser)
        return found

    def refuses(self, raw: bytes, *, kind: SectionType = PART) -> StreamError:
        parser = self.reader.payload(kind)
        self.window.feed(raw)
        with pytest.raises(StreamError) as caught:
            list(iter(lambda: next(parser), None))
        return caught.value


def begun() -> Section:
    """A section whose last page record was of block "a"."""
    section = Section()
    section.read(word(0x2) + b"\1a\0" + writer.EOS)
    return section


def test_list_of_blocks() -> None:
    items = Section().read(LIST + writer.EOS, kind=START)
    assert items == [RamList((("a", 10 * PAGE), ("bb", 2 * PAGE)))]


def test_blocks_in_any_order_and_not_all() -> None:
    raw = writer.ram_list([("bb", 2 * PAGE), ("a", 10 * PAGE)]) + writer.EOS
    assert Section().read(raw, kind=START) == [RamList((("bb", 2 * PAGE), ("a", 10 * PAGE)))]
    raw = writer.ram_list([("bb", 2 * PAGE)]) + writer.EOS
    assert Section().read(raw, kind=START) == [RamList((("bb", 2 * PAGE),))]
    assert Section().read(word(4) + writer.EOS, kind=START) == [RamList(())]


def test_empty_section() -> None:
    assert Section().read(writer.EOS) == []


def test_runs() -> None:
    pages, data = writer.PageWriter(), pattern(10)
    raw = bytes(pages.zeros("a", indexes(0, 1, 9)))
    raw += bytes(pages.pages("a", indexes(2, 5, 3), data))
    raw += bytes(pages.pages("bb", indexes(1), data))
    raw += writer.EOS
    assert Section().read(raw) == [
        ("zeros", "a", [0], 0),
        ("zeros", "a", [1, 9], 0),
        ("pages", "a", [2, 5, 3], data[[2, 5, 3]].tobytes()),
        ("pages", "bb", [1], data[1].tobytes()),
    ]


def test_long_runs_are_few_items() -> None:
    blocks = {"big": 100_000 * PAGE}
    raw = bytes(writer.PageWriter().zeros("big", np.arange(100_000))) + writer.EOS
    items = Section(blocks).read(raw)
    assert [len(item[2]) for item in items if isinstance(item, tuple)] == [1, 99_999]
    assert one_by_one(items) == [("zeros", "big", [number], 0) for number in range(100_000)]


@pytest.mark.parametrize("fills", [[0x41], [0, 0x41], [0x41, 0, 0, 0x41], [1] * 80 + [2] * 80])
def test_any_fill(fills: list[int]) -> None:
    """A run has one fill."""
    section = Section({"a": 200 * PAGE})
    section.read(word(0x2) + b"\1a\0" + writer.EOS)
    raw = b"".join(word(at * PAGE | 0x22) + bytes((fill,)) for at, fill in enumerate(fills))
    assert one_by_one(section.read(raw + writer.EOS)) == [
        ("zeros", "a", [at], fill) for at, fill in enumerate(fills)
    ]


def test_continue_reaches_over_sections() -> None:
    section = Section()
    section.read(LIST + writer.EOS, kind=START)
    section.read(word(0x1002) + b"\2bb\0" + writer.EOS)
    section.read(writer.EOS)
    items = section.read(word(0x22) + b"\0" + writer.EOS, kind=END)
    assert items == [("zeros", "bb", [0], 0)]


def test_pages_may_come_again() -> None:
    raw = word(0x1028) + page(1) + word(0x1028) + page(2) + word(0x1022) + b"\0" + writer.EOS
    assert one_by_one(begun().read(raw)) == [
        ("pages", "a", [1], page(1)),
        ("pages", "a", [1], page(2)),
        ("zeros", "a", [1], 0),
    ]


# --- what is refused ---


@pytest.mark.parametrize(
    ("raw", "number", "text"),
    [
        (word(0x28) + page(1), errno.EINVAL, "names its block"),
        (word(0x22) + b"\0", errno.EINVAL, "names its block"),
        (word(0x02) + b"\1x\0", errno.EINVAL, "b'x' came"),
        (word(0x02) + b"\0\0", errno.EINVAL, "b'' came"),
        (word(0x02) + b"\2\xff\xfe\0", errno.EINVAL, "xff"),
        (word(0xA002) + b"\1a\0", errno.EINVAL, "below 0xa000 in 'a', 0xa000 came"),
        (word(1 << 63 | 0x08) + b"\1a" + page(1), errno.EINVAL, "0x8000000000000000 came"),
        (LIST, errno.EINVAL, "START section only"),
        (word(0x00), errno.EINVAL, "the word 0x0 came"),
        (word(0x01), errno.EINVAL, "the word 0x1 came"),
        (word(0x20), errno.EINVAL, "the word 0x20 came"),
        (word(0x0A), errno.EINVAL, "the word 0xa came"),
        (word(0x2A), errno.EINVAL, "the word 0x2a came"),
        (word(0x30), errno.EINVAL, "the word 0x30 came"),
        (word(0x1010), errno.EINVAL, "the word 0x1010 came"),
        (word(0x14), errno.EINVAL, "the word 0x14 came"),
        (word(0x200), errno.EINVAL, "the word 0x200 came"),
        (word(0x828), errno.EINVAL, "the word 0x828 came"),
        (word(0x48), errno.EINVAL, "the word 0x48 came"),
        (word(0x140) + b"\1a", errno.EINVAL, "the word 0x140 came"),
        (delta_record(0, b""), errno.EINVAL, "expected a record that names its block"),
        (delta_record(0, b"", "x"), errno.EINVAL, "b'x' came"),
        (delta_record(0, b"", "a", encoding=0), errno.EINVAL, "expected the encoding 1"),
        (delta_record(0, b"", "a", encoding=2), errno.EINVAL, "encoding 1 of a delta, 2 came"),
        (delta_record(0, bytes(4097), "a"), errno.EINVAL, "at most 4096 bytes, one of 4097 came"),
        (delta_record(10, b"", "a"), errno.EINVAL, "expected an offset below 0xa000"),
        (word(0x100), errno.ENOTSUP, "compress"),
        (word(0x1120), errno.ENOTSUP, "compress"),
        (word(0x80), errno.ENOTSUP, "rdma"),
    ],
)
def test_refused_records(raw: bytes, number: int, text: str) -> None:
    error = Section().refuses(raw)
    assert text in str(error)
    assert error.errno == number


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (delta_record(0, b"", encoding=2), "the encoding 1"),
        (delta_record(0, bytes(4097)), "one of 4097 came"),
        (delta_record(10, b"\0\1\1"), "an offset below 0xa000"),
    ],
)
@pytest.mark.parametrize("before", [b"", delta_record(1, b"\0\1\1")])
def test_wrong_deltas_of_the_same_block(before: bytes, raw: bytes, text: str) -> None:
    section = begun()
    start = section.window.offset + len(before)
    error = section.refuses(before + raw)
    assert text in str(error)
    assert error.offset == start


def test_deltas() -> None:
    raw = delta_record(3, b"\0\1\1", "a") + delta_record(4, b"") + delta_record(3, bytes(4096))
    raw += delta_record(1, b"\5\1\2", "bb") + writer.EOS
    expected = [
        ("deltas", "a", [3], [b"\0\1\1"]),
        ("deltas", "a", [4, 3], [b"", bytes(4096)]),
        ("deltas", "bb", [1], [b"\5\1\2"]),
    ]
    assert Section().read(raw) == expected
    for cut in (*range(1, 60), len(raw) - 30, len(raw) - 9):
        found = Section().read(raw[:cut], raw[cut:])
        assert one_by_one(found) == one_by_one(list(expected))


def test_many_deltas_are_few_items() -> None:
    raw = b"".join(delta_record(at % 10, b"\0\1\1") for at in range(3000))
    items = begun().read(raw + writer.EOS)
    assert sum(len(item[2]) for item in items if isinstance(item, tuple)) == 3000
    assert len(items) < 5


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        (word(0xA022) + b"\0", 0),
        (word(0xA028) + page(0), 0),
        (word(0x22) + b"\0" + word(0x1022) + b"\0" + word(0xA022) + b"\0", 18),
        (word(0x22) + b"\0" + word(1 << 63 | 0x22) + b"\0", 9),
        (word(0x28) + page(1) + word(0xA028) + page(1) + word(0x28) + page(1), 4104),
        (word(0x28) + page(1) + word((1 << 64) - PAGE | 0x28) + page(1), 4104),
        (word(0x28) + page(1) + word(0x1028) + page(1) + word(0x21), 8208),
    ],
)
def test_offsets_beyond_the_block(raw: bytes, offset: int) -> None:
    section = begun()
    start = section.window.offset
    assert section.refuses(raw).offset == start + offset


def total(size: int) -> bytes:
    return word(size | 4)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (total(PAGE) + b"\1x" + word(PAGE), "b'x' came"),
        (total(PAGE) + b"\1a" + word(PAGE), "expected 40960 bytes of RAM block 'a', 4096 came"),
        (total(PAGE) + b"\2bb" + word(2 * PAGE), "expected 4096 more bytes"),
        (total(9 * PAGE) + (b"\2bb" + word(2 * PAGE)) * 2, "expected 28672 more bytes"),
        (total(PAGE) + b"\2bb" + word((1 << 64) - PAGE), "bytes of RAM block 'bb'"),
        (LIST + LIST, "a second one"),
        (writer.ram_list([("a", 10 * PAGE)]) + word(2) + b"\2bb\0", "of a listed block"),
    ],
)
def test_wrong_lists(raw: bytes, text: str) -> None:
    error = Section().refuses(raw, kind=START)
    assert text in str(error)
    assert error.errno == errno.EINVAL


@pytest.mark.parametrize("length", [0, -PAGE, PAGE + 1])
def test_blocks_that_make_no_sense(length: int) -> None:
    with pytest.raises(ValueError, match="'a'"):
        RamReader(Window(), {"a": length})


# --- wherever it is cut ---

_RECORD = st.one_of(
    st.tuples(st.just("zeros"), st.sampled_from(["a", "bb"]), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(
        st.just("deltas"), st.sampled_from(["a", "bb"]), st.integers(0, 1), st.integers(0, 255)
    ),
    st.tuples(
        st.just("pages"), st.sampled_from(["a", "bb"]), st.integers(0, 1), st.integers(0, 255)
    ),
)


@given(
    st.lists(st.tuples(_RECORD, st.integers(1, 5)), max_size=12),
    st.lists(st.integers(0, 9000), max_size=8),
)
def test_round_trip(runs: list[tuple[tuple[str, str, int, int], int]], cuts: list[int]) -> None:
    raw, block = b"", ""
    expected: list[object] = []
    for (kind, name, number, fill), times in runs:
        for _ in range(times):
            if kind == "deltas":
                delta = b"\0\1\1" * fill
                raw += delta_record(number, delta, "" if name == block else name)
                block = name
                expected.append((kind, name, [number], [delta]))
                continue
            flags = (2 if kind == "zeros" else 8) | (0x20 if name == block else 0)
            raw += word(number * PAGE | flags)
            raw += b"" if name == block else bytes((len(name),)) + name.encode()
            raw += bytes((fill,)) if kind == "zeros" else page(fill)
            block = name
            expected.append((kind, name, [number], fill if kind == "zeros" else page(fill)))
    raw += writer.EOS
    places = sorted({min(cut, len(raw) - 1) for cut in cuts} | {0, len(raw)})
    pieces = [raw[at:end] for at, end in pairwise(places)]
    assert one_by_one(Section().read(*pieces)) == expected


def test_items_hold_numpy_arrays() -> None:
    """Indexes are 64-bit numbers, and pages are rows, however many there are."""
    window = Window()
    reader = RamReader(window, BLOCKS)
    data = pattern(4)
    raw = b""
    pages = writer.PageWriter()
    for numbers in ([1], [2], [0, 1, 2]):
        raw += bytes(pages.pages("a", indexes(*numbers), data))
        raw += bytes(pages.zeros("a", indexes(*numbers)))
    window.feed(raw + writer.EOS)
    items: list[Item | None] = list(reader.payload(PART))
    assert len(items) == 6
    for item in items:
        assert isinstance(item, Pages | Zeros)
        assert item.indexes.dtype == np.int64
        if isinstance(item, Pages):
            assert item.data.dtype == np.uint8
            assert item.data.shape == (len(item.indexes), PAGE)
