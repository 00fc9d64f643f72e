"""Streams to try readers with, and what is in them."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from qapigen.migration.stream import writer
from qapigen.migration.stream.devices import DeviceDescription, Field, Structure, entry
from qapigen.migration.stream.format import SectionType
from qapigen.migration.stream.reader import Deltas, Expected, Item, Pages, StreamReader, Zeros

PAGE = 4096

GLOBAL_STATE = DeviceDescription(
    "globalstate", 0, 1, (Field("size", "uint32"), Field("runstate", "buffer", size=100))
)
TIMER = DeviceDescription(
    "timer",
    0,
    2,
    (
        Field("cpu_ticks_offset", "int64"),
        Field("unused", "unused_buffer", size=8),
        Field("cpu_clock_offset", "int64"),
    ),
)
CLOCK = DeviceDescription(
    "clock",
    1,
    3,
    (Field("alarm", "timer"), Field("log_size", "uint16"), Field("log", "buffer", size="log_size")),
    (
        Structure("clock/zone", 1, (Field("minutes", "int16"),)),
        Structure("clock/leap", 2, (Field("seconds", "int8", count=3),)),
    ),
)
CLOCK_VALUES: dict[str, object] = {
    "alarm": 77,
    "log_size": 3,
    "log": b"abc",
    "clock/leap": {"seconds": [1, -1, 0]},
}
PAUSED: dict[str, object] = {"size": 7, "runstate": b"paused".ljust(100, b"\0")}
TICKS: dict[str, object] = {"cpu_ticks_offset": -5, "cpu_clock_offset": 1 << 40}

#: What loads :func:`example`.
EXAMPLE = Expected("none", {"pc.ram": 4 * PAGE}, (GLOBAL_STATE,))

#: What loads :func:`rich`.
RICH = Expected("pc-1", {"small": 2 * PAGE, "large": 40 * PAGE}, (GLOBAL_STATE, TIMER, CLOCK))


def pattern(count: int, seed: int = 1) -> NDArray[np.uint8]:
    """Pages of which none is zero."""
    return np.random.default_rng(seed).integers(1, 256, (count, PAGE), dtype=np.uint8)


def indexes(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, np.int64)


def example_page() -> NDArray[np.uint8]:
    """The one page of the example that is not zero: each byte is seven more than the last."""
    return (np.arange(PAGE, dtype=np.uint64) * 7 + 3).astype(np.uint8)


def example() -> bytes:
    """Machine none, a block of four pages, one device: 4638 bytes."""
    pages = writer.PageWriter()
    ram = np.zeros((4, PAGE), np.uint8)
    ram[1] = example_page()
    return b"".join(
        (
            writer.header(),
            writer.configuration("none"),
            writer.section_start(SectionType.START, 2, "ram", 0, 4),
            writer.ram_list([("pc.ram", 4 * PAGE)]),
            writer.EOS,
            writer.footer(2),
            writer.section_part(2),
            bytes(pages.zeros("pc.ram", indexes(0))),
            bytes(pages.pages("pc.ram", indexes(1), ram)),
            writer.EOS,
            writer.footer(2),
            writer.section_end(2),
            bytes(pages.zeros("pc.ram", indexes(2, 3))),
            writer.EOS,
            writer.footer(2),
            writer.device(4, GLOBAL_STATE, PAUSED),
            writer.EOF,
            writer.vm_description(PAGE, [GLOBAL_STATE]),
        )
    )


def rich(*, footers: bool = True, configuration: bool = True) -> bytes:
    """Two blocks, runs and single records, commands, empty sections, subsections."""
    pages = writer.PageWriter()
    large, small = pattern(40), pattern(2, 2)

    def ram(start: bytes, *records: bytes | memoryview) -> bytes:
        payload = b"".join(bytes(record) for record in records)
        return start + payload + writer.EOS + (writer.footer(9) if footers else b"")

    return b"".join(
        (
            writer.header(),
            writer.configuration("pc-1") if configuration else b"",
            writer.command(1),
            writer.command(2, struct.pack(">I", 1)),
            ram(
                writer.section_start(SectionType.START, 9, "ram", 0, 4),
                writer.ram_list([("large", 40 * PAGE), ("small", 2 * PAGE)]),
            ),
            ram(writer.section_part(9)),
            ram(
                writer.section_part(9),
                bytes(pages.pages("large", np.arange(5, 9), large)),
                bytes(pages.zeros("large", np.arange(9, 40))),
                bytes(pages.pages("large", indexes(1, 3, 2), large)),
                bytes(pages.zeros("large", indexes(0))),
                bytes(pages.zeros("small", indexes(1))),
                bytes(pages.pages("small", indexes(0), small)),
            ),
            ram(
                writer.section_end(9),
                bytes(pages.pages("small", indexes(1, 0), small)),
                bytes(pages.pages("large", indexes(39), large)),
            ),
            writer.device(0, TIMER, TICKS, footers=footers),
            writer.device(700, CLOCK, CLOCK_VALUES, footers=footers),
            writer.device(5, GLOBAL_STATE, PAUSED, footers=footers),
            writer.EOF,
            writer.vm_description(PAGE, [TIMER, entry(CLOCK, CLOCK_VALUES), GLOBAL_STATE]),
        )
    )


def delta_record(number: int, delta: bytes, name: str = "", *, encoding: int = 1) -> bytes:
    """An XBZRLE record; without a name, of the block of the record before."""
    flags = 0x40 if name else 0x60
    named = bytes((len(name),)) + name.encode() if name else b""
    head = struct.pack(">BH", encoding, len(delta))
    return struct.pack(">Q", number * PAGE | flags) + named + head + delta


def deltas() -> bytes:
    """The example with deltas in front of the end of its memory."""
    records = delta_record(0, b"\0\1\1", "pc.ram") + delta_record(1, b"\5\1\xaa\xc2\1\3\1\2\3")
    whole = example()
    end = whole.rindex(writer.EOS)
    return whole[:end] + records + whole[end:]


def kept(item: Item) -> object:
    """An item as something that stays, and can be compared."""
    if isinstance(item, Pages):
        return "pages", item.block, item.indexes.tolist(), item.data.tobytes()
    if isinstance(item, Zeros):
        return "zeros", item.block, item.indexes.tolist(), item.fill
    if isinstance(item, Deltas):
        return "deltas", item.block, list(item.indexes), [bytes(each) for each in item.data]
    return item


def one_by_one(items: list[object]) -> list[object]:
    """The same items, with a record each: how long runs are depends on how input is cut."""
    found: list[object] = []
    for item in items:
        match item:
            case ("pages", block, list(numbers), bytes(data)):
                for at, number in enumerate(numbers):
                    page = data[at * PAGE : (at + 1) * PAGE]
                    found.append(("pages", block, [number], page))
            case ("zeros", block, list(numbers), fill):
                found += [("zeros", block, [number], fill) for number in numbers]
            case ("deltas", block, list(numbers), list(data)):
                pairs = zip(numbers, data, strict=True)
                found += [("deltas", block, [number], [delta]) for number, delta in pairs]
            case _:
                found.append(item)
    return found


def read(stream: bytes, expected: Expected, *sizes: int) -> list[object]:
    """All items, the input cut into pieces of these sizes and the rest.

    Each piece is overwritten once its items have been taken: nothing may refer to it then.
    """
    reader = StreamReader(expected)
    found: list[object] = []
    at = 0
    for size in (*sizes, len(stream)):
        piece = bytearray(stream[at : at + size])
        found += [kept(item) for item in reader.feed(piece)]
        piece[:] = b"\xee" * len(piece)
        at += size
    reader.finish()
    return found
