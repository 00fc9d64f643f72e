"""Builders of everything in a forward stream but what devices contain.

In: names, numbers, pages.  Out: bytes.
Must not know: channels, guests, when something is sent.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..pages.rows import LEAST_ROW, row_ends
from . import devices
from .devices import DeviceDescription
from .format import (
    MAGIC,
    MOST_NAME_BYTES,
    PAGE_BITS,
    PAGE_SIZE,
    VERSION,
    XBZRLE_ENCODING,
    RamFlag,
    SectionType,
    counted,
)

if TYPE_CHECKING:
    from ..pages.xbzrle import Deltas

__all__ = [
    "EOF",
    "EOS",
    "MOST_PAGES",
    "PageWriter",
    "RecordKind",
    "command",
    "configuration",
    "device",
    "footer",
    "header",
    "ram_list",
    "record_bytes",
    "section_end",
    "section_part",
    "section_start",
    "vm_description",
]

#: The record that ends the payload of a RAM section.
EOS = struct.pack(">Q", RamFlag.EOS)

#: The end of the items.
EOF = bytes((SectionType.EOF,))

#: Pages with content that :class:`PageWriter` takes at once: they stay in a core's cache.
MOST_PAGES = 128


class RecordKind(IntEnum):
    """What is sent for a page."""

    NONE = 0
    ZERO = 1
    PAGE = 2
    DELTA = 3


_ZERO = int(RamFlag.ZERO | RamFlag.CONTINUE)
_PAGE = int(RamFlag.PAGE | RamFlag.CONTINUE)
_DELTA = int(RamFlag.XBZRLE | RamFlag.CONTINUE)


def header() -> bytes:
    """What each stream begins with."""
    return struct.pack(">II", MAGIC, VERSION)


def configuration(machine: str) -> bytes:
    """The section that names the machine type, directly behind the header."""
    name = machine.encode()
    return struct.pack(">BI", SectionType.CONFIGURATION, len(name)) + name


def command(number: int, data: bytes = b"") -> bytes:
    """A command; of PACKAGED the blob is not a part, it follows."""
    return struct.pack(">BHH", SectionType.COMMAND, number, len(data)) + data


def section_start(
    kind: SectionType, section_id: int, name: str, instance: int, version: int
) -> bytes:
    """What stands before the payload of a START or FULL section."""
    if kind not in {SectionType.START, SectionType.FULL}:
        raise ValueError(f"only START and FULL sections have a name, not {kind.name}")
    return b"".join(
        (
            struct.pack(">BI", kind, section_id),
            counted(name),
            struct.pack(">II", instance, version),
        )
    )


def section_part(section_id: int) -> bytes:
    """What stands before the payload of a PART section."""
    return struct.pack(">BI", SectionType.PART, section_id)


def section_end(section_id: int) -> bytes:
    """What stands before the payload of an END section."""
    return struct.pack(">BI", SectionType.END, section_id)


def footer(section_id: int) -> bytes:
    """What stands behind each payload, on machines that write footers."""
    return struct.pack(">BI", SectionType.FOOTER, section_id)


def ram_list(blocks: Iterable[tuple[str, int]]) -> bytes:
    """The total of RAM, and each block with its length in bytes; no EOS behind it.

    Raises ValueError for lengths that are no whole number of pages, and for a name twice.
    """
    listed = list(blocks)
    if len({name for name, _ in listed}) != len(listed):
        raise ValueError("a RAM block is listed twice")
    for name, length in listed:
        if length <= 0 or length % PAGE_SIZE:
            raise ValueError(f"RAM block {name!r} has {length} bytes: no whole number of pages")
    total = sum(length for _, length in listed)
    parts = [struct.pack(">Q", total | RamFlag.MEM_SIZE)]
    parts += [counted(name) + struct.pack(">Q", length) for name, length in listed]
    return b"".join(parts)


def device(
    section_id: int,
    description: DeviceDescription,
    values: Mapping[str, object],
    *,
    footers: bool = True,
) -> bytes:
    """The FULL section of a device; ValueError names a field without a fitting value."""
    start = section_start(
        SectionType.FULL,
        section_id,
        description.name,
        description.instance,
        description.version,
    )
    payload = devices.encode(description, values)
    return start + payload + (footer(section_id) if footers else b"")


def vm_description(
    page_size: int, entries: Sequence[DeviceDescription | Mapping[str, object]]
) -> bytes:
    """The JSON text behind EOF, which lets tools measure the device sections.

    An entry is a description, or what :func:`devices.entry` made of one whose sizes depend on
    its values.  Spacing is that of the machine; blanks at the end keep the length free of
    the byte that tools take for the beginning of the text.
    """
    listed = [
        devices.entry(each) if isinstance(each, DeviceDescription) else each for each in entries
    ]
    text = _spaced({"page_size": page_size, "devices": listed}).encode("ascii")
    while _misleads(len(text)):
        text += b" "
    return struct.pack(">BI", SectionType.VMDESCRIPTION, len(text)) + text


def _spaced(value: object) -> str:
    """JSON with a blank inside of each bracket and around each colon."""
    if isinstance(value, Mapping):
        members = ", ".join(f"{json.dumps(key)} : {_spaced(item)}" for key, item in value.items())
        return f"{{ {members} }}" if members else "{  }"
    if isinstance(value, list | tuple):
        items = ", ".join(_spaced(item) for item in value)
        return f"[ {items} ]" if items else "[  ]"
    return json.dumps(value)


def _misleads(length: int) -> bool:
    """Whether ``{`` would be found between the last zero byte and the text."""
    return b"{" in length.to_bytes(5, "big").rpartition(b"\0")[2]


_WORD_BYTES: Final = 8
_ZERO_BYTES: Final = _WORD_BYTES + 1
_PAGE_BYTES: Final = _WORD_BYTES + PAGE_SIZE

# Room in front of the first record for a name between its word and what follows it.
_FRONT_BYTES: Final = 1 + MOST_NAME_BYTES

# By the kind of a record: its bytes without the delta that is in it, and its flags.
_SIZES: Final = np.array([0, _ZERO_BYTES, _PAGE_BYTES, _WORD_BYTES + 3])
_WORDS: Final = np.array([0, _ZERO, _PAGE, _DELTA])

_WORD: Final = np.dtype(">u8")
_DATA: Final = np.dtype(f"V{PAGE_SIZE}")


def record_bytes(filled: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of each record without a name: of a PAGE where it is ``filled``, else of a ZERO."""
    return np.where(filled, _PAGE_BYTES, _ZERO_BYTES)


class PageWriter:
    """Records of RAM pages for one stream; for one thread.

    A record names its block unless the record before it, of whatever section, was of the same
    block.  What is returned lies in a buffer that the next call uses again.
    """

    def __init__(self) -> None:
        self._block: str | None = None
        self._room = 0
        self._reserve(MOST_PAGES * _PAGE_BYTES)

    def _reserve(self, size: int) -> None:
        """Have room for records of so many bytes."""
        if size <= self._room:
            return
        room = self._room = 2 * size
        self._buffer = np.zeros(_FRONT_BYTES + room + _PAGE_BYTES, np.uint8)
        # What a record consists of, by the byte where it begins; that may be any.
        behind = _FRONT_BYTES + _WORD_BYTES
        self._words = np.ndarray(room, _WORD, self._buffer, _FRONT_BYTES, strides=(1,))
        self._fills = self._buffer[behind:]
        self._data = np.ndarray(room, _DATA, self._buffer, behind, strides=(1,))

    def forget(self) -> None:
        """Name the block in the next record: the list of blocks changed, or a switch came."""
        self._block = None

    def records(
        self,
        block: str,
        indexes: NDArray[np.int64],
        data: NDArray[np.uint8],
        *,
        filled: NDArray[np.bool_],
    ) -> memoryview:
        """A record for each index, in their order: a PAGE where it is ``filled``, else a ZERO.

        The indexes ascend, and at most :data:`MOST_PAGES` are filled; ``data`` is as for
        :meth:`pages`.
        """
        with_data = filled.nonzero()[0]
        if len(with_data) == len(indexes):
            return self.pages(block, indexes, data)
        if not len(with_data):
            return self.zeros(block, indexes)
        sizes = record_bytes(filled)
        ends = sizes.cumsum()
        size = int(ends[-1])
        self._reserve(size)
        starts = ends - sizes
        self._words[starts] = (indexes << PAGE_BITS) | np.where(filled, _PAGE, _ZERO)
        self._fills[starts] = 0  # where there is data, it follows
        self._put_pages(starts[with_data], indexes[with_data], data)
        return self._finish(block, size)

    def mixed(
        self,
        block: str,
        indexes: NDArray[np.int64],
        kinds: NDArray[np.int64],
        contents: NDArray[np.uint8],
        deltas: Deltas,
    ) -> tuple[memoryview, int]:
        """Records of any :class:`RecordKind`, in the order of the indexes.

        ``contents`` has a row for each PAGE, ``deltas`` what each DELTA takes: those with a
        length above zero, in order.  Returns the records, and how many bytes of them are those
        of the deltas.
        """
        sent = kinds != RecordKind.NONE
        indexes, kinds = indexes[sent], kinds[sent]
        if not len(indexes):
            return memoryview(b""), 0
        is_page, is_delta = kinds == RecordKind.PAGE, kinds == RecordKind.DELTA
        lengths = deltas.lengths[deltas.lengths > 0]
        sizes = _SIZES[kinds]
        sizes[is_delta] += lengths
        ends = sizes.cumsum()
        size = int(ends[-1])
        self._reserve(size)
        starts = ends - sizes
        self._words[starts] = (indexes << PAGE_BITS) | _WORDS[kinds]
        self._fills[starts[kinds == RecordKind.ZERO]] = 0
        self._data[starts[is_page]] = contents.view(_DATA)[:, 0]
        heads = starts[is_delta] + _FRONT_BYTES + _WORD_BYTES
        self._buffer[heads] = XBZRLE_ENCODING
        self._buffer[heads + 1] = lengths >> 8
        self._buffer[heads + 2] = lengths & 0xFF
        into = heads + 3 - (lengths.cumsum() - lengths)
        self._buffer[np.arange(len(deltas.data)) + into.repeat(lengths)] = deltas.data
        records = self._finish(block, size)
        delta_bytes = int(sizes[is_delta].sum()) + (len(records) - size) * bool(is_delta[0])
        return records, delta_bytes

    def zeros(self, block: str, indexes: NDArray[np.int64]) -> memoryview:
        """A ZERO record for each index, in their order."""
        size = len(indexes) * _ZERO_BYTES
        self._reserve(size)
        self._words[:size:_ZERO_BYTES] = (indexes << PAGE_BITS) | _ZERO
        self._fills[:size:_ZERO_BYTES] = 0
        return self._finish(block, size)

    def pages(self, block: str, indexes: NDArray[np.int64], data: NDArray[np.uint8]) -> memoryview:
        """A PAGE record for each of at most :data:`MOST_PAGES` indexes, in their order.

        ``data`` is the whole block as contiguous rows of pages; each row is read just once.
        """
        size = len(indexes) * _PAGE_BYTES
        self._put_pages(np.arange(0, size, _PAGE_BYTES), indexes, data)
        self._words[:size:_PAGE_BYTES] = (indexes << PAGE_BITS) | _PAGE
        return self._finish(block, size)

    def _put_pages(
        self, starts: NDArray[np.int64], indexes: NDArray[np.int64], data: NDArray[np.uint8]
    ) -> None:
        """Copy pages into records; pages of a row have to lie in records of a row."""
        count = len(indexes)
        if count > MOST_PAGES:
            raise ValueError(f"{count} pages at once, {MOST_PAGES} are the most")
        rows = data.view(_DATA)[:, 0]
        ends = row_ends(indexes)
        if len(ends) * LEAST_ROW > count:
            # Gathered first: one call for all pages is quicker than a call for each.
            self._data[starts] = rows[indexes]
            return
        start = 0
        for end in ends:
            first, at, length = int(indexes[start]), int(starts[start]), end - start
            into = slice(at, at + length * _PAGE_BYTES, _PAGE_BYTES)
            self._data[into] = rows[first : first + length]
            start = end

    def _finish(self, block: str, size: int) -> memoryview:
        """The records as bytes; the first one gets the name if the reader cannot know it."""
        start = _FRONT_BYTES
        if not size:
            return memoryview(b"")
        if block != self._block:
            word = int(self._words[0]) & ~int(RamFlag.CONTINUE)
            named = struct.pack(">Q", word) + counted(block)
            # The word moves to the front, the name ends where what follows it begins.
            start = _FRONT_BYTES + _WORD_BYTES - len(named)
            self._buffer[start : start + len(named)] = np.frombuffer(named, np.uint8)
            self._block = block
        return self._buffer.data[start : _FRONT_BYTES + size]
