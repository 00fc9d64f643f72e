"""Records of the RAM section, read from input that comes in pieces.

In: a window on the input, the receiver's blocks.  Out: the list of blocks, pages, zero pages.
Must not know: sections around the records, what becomes of the pages.

Runs of records of one kind are looked at as arrays: a guest has millions of pages.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Generator, Mapping

import numpy as np
from numpy.typing import NDArray

from .format import (
    OFFSET_MASK,
    PAGE_BITS,
    PAGE_SIZE,
    XBZRLE_ENCODING,
    RamFlag,
    SectionType,
    StreamError,
)
from .items import Deltas, Item, Pages, RamList, Zeros
from .window import Reading, Window

__all__ = ["PAGE_RECORD_BYTES", "RamReader"]

_PAGE_RECORD = np.dtype([("word", ">u8"), ("data", "u1", (PAGE_SIZE,))])
_ZERO_RECORD = np.dtype([("word", ">u8"), ("fill", "u1")])

#: A page with the word in front of it.
PAGE_RECORD_BYTES = _PAGE_RECORD.itemsize

_ZERO_BYTES = _ZERO_RECORD.itemsize

_FLAGS = PAGE_SIZE - 1
_NEXT_PAGE = int(RamFlag.PAGE | RamFlag.CONTINUE)
_NEXT_ZERO = int(RamFlag.ZERO | RamFlag.CONTINUE)
_NEXT_DELTA = int(RamFlag.XBZRLE | RamFlag.CONTINUE)

# The word of a record, the encoding of its delta, and the delta's length.
_delta_head = struct.Struct(">QBH")
_MOST_DELTA_BYTES = _delta_head.size + PAGE_SIZE
_MOST_DELTAS = 1024  # in one item

# Records in the first look at a run; each further one is so many times as long.
_LOOK = 128
_GROWTH = 8

#: Kinds of records that other machines send and this one cannot take.
_NOT_HERE = {
    RamFlag.COMPRESS_PAGE: "compressed pages (compress)",
    RamFlag.HOOK: "records of a transport of its own (rdma)",
}

_word = struct.Struct(">Q")


class RamReader:
    """The RAM section of one stream, over all of its parts; for one thread.

    ``blocks`` are the receiver's: names, and lengths in bytes.
    """

    #: The version ids of the section that are understood.
    versions = range(4, 5)

    def __init__(self, window: Window, blocks: Mapping[str, int]) -> None:
        for name, length in blocks.items():
            if length <= 0 or length % PAGE_SIZE:
                raise ValueError(f"block {name!r} has {length} bytes: no whole number of pages")
        self._window = window
        self._blocks = {name.encode(): (name, length) for name, length in blocks.items()}
        self._listed: frozenset[str] | None = None
        # The block of the last page record of the stream, and its length.
        self._block: str | None = None
        self._length = 0

    def payload(self, kind: SectionType) -> Generator[Item | None, None, None]:
        """Items of one section up to its end mark; None when more input is needed."""
        window = self._window
        while True:
            while not window.has(8):
                yield None
            (word,) = _word.unpack_from(window.view, window.pos)
            flags = word & _FLAGS
            if flags == _NEXT_PAGE:
                while not window.has(PAGE_RECORD_BYTES):
                    yield None
                yield self._page_run(word)
            elif flags == _NEXT_ZERO:
                while not window.has(_ZERO_BYTES):
                    yield None
                yield self._zero_run(word)
            elif flags == _NEXT_DELTA:
                while not window.has(_MOST_DELTA_BYTES) and not self._whole_delta():
                    yield None
                yield self._delta_run(word)
            elif flags in {RamFlag.PAGE, RamFlag.ZERO, RamFlag.XBZRLE}:
                yield (yield from self._named(word))
            elif word == RamFlag.EOS:
                window.pos += 8
                return
            elif flags == RamFlag.MEM_SIZE and kind == SectionType.START:
                yield (yield from self._list(word))
            else:
                raise self._refusal(word)

    # --- records that go on with the last block ---

    def _page_run(self, word: int) -> Pages:
        """All whole PAGE records that follow each other from here on."""
        window = self._window
        block = self._continued(word)
        room = (window.end - window.pos) // PAGE_RECORD_BYTES
        if room == 1 or self._flags_at(window.pos + PAGE_RECORD_BYTES) != _NEXT_PAGE:
            # Single pages are quicker without a look at all that may follow.
            single = self._single(word)
            data = np.frombuffer(window.view, np.uint8, PAGE_SIZE, window.pos + 8)
            window.pos += PAGE_RECORD_BYTES
            return Pages(block, single, data.reshape(1, PAGE_SIZE))
        look = min(room, _LOOK)
        while True:
            records = np.frombuffer(window.view, _PAGE_RECORD, look, window.pos)
            words = records["word"].astype(np.int64)
            count = _leading((words & _FLAGS) == _NEXT_PAGE)
            if count < look or look == room:
                break
            look = min(room, look * _GROWTH)
        indexes = self._indexes(words[:count], PAGE_RECORD_BYTES)
        window.pos += count * PAGE_RECORD_BYTES
        return Pages(block, indexes, records["data"][:count])

    def _zero_run(self, word: int) -> Zeros:
        """All ZERO records with one fill that follow each other from here on."""
        window = self._window
        block = self._continued(word)
        fill = window.view[window.pos + 8]
        room = (window.end - window.pos) // _ZERO_BYTES
        if room == 1 or self._flags_at(window.pos + _ZERO_BYTES) != _NEXT_ZERO:
            single = self._single(word)
            window.pos += _ZERO_BYTES
            return Zeros(block, single, fill)
        look = min(room, _LOOK)
        while True:
            records = np.frombuffer(window.view, _ZERO_RECORD, look, window.pos)
            words = records["word"].astype(np.int64)
            count = _leading(((words & _FLAGS) == _NEXT_ZERO) & (records["fill"] == fill))
            if count < look or look == room:
                break
            look = min(room, look * _GROWTH)
        indexes = self._indexes(words[:count], _ZERO_BYTES)
        window.pos += count * _ZERO_BYTES
        return Zeros(block, indexes, fill)

    def _whole_delta(self) -> bool:
        """Whether all of the record lies in the window that begins at the next byte."""
        window = self._window
        if not window.has(_delta_head.size):
            return False
        _, encoding, size = _delta_head.unpack_from(window.view, window.pos)
        return (
            encoding != XBZRLE_ENCODING or size > PAGE_SIZE or window.has(_delta_head.size + size)
        )

    def _delta_run(self, word: int) -> Deltas:
        """The whole XBZRLE records that follow each other from here on, the first one at least."""
        window = self._window
        block = self._continued(word)
        indexes: list[int] = []
        data: list[memoryview] = []
        view, pos, end = window.view, window.pos, window.end
        while len(data) < _MOST_DELTAS and end - pos >= _delta_head.size:
            word, encoding, size = _delta_head.unpack_from(view, pos)
            behind = pos + _delta_head.size + size
            if word & _FLAGS != _NEXT_DELTA or (behind > end and data):
                break
            if word & OFFSET_MASK >= self._length:
                raise self._outside(word, window.offset)
            self._check_delta(encoding, size, window.offset)
            indexes.append(word >> PAGE_BITS)
            data.append(view[pos + _delta_head.size : behind])
            window.pos = pos = behind
        return Deltas(block, tuple(indexes), tuple(data))

    def _check_delta(self, encoding: int, size: int, offset: int) -> None:
        if encoding != XBZRLE_ENCODING:
            message = f"expected the encoding {XBZRLE_ENCODING} of a delta, {encoding} came"
            raise StreamError(message, offset=offset)
        if size > PAGE_SIZE:
            message = f"expected a delta of at most {PAGE_SIZE} bytes, one of {size} came"
            raise StreamError(message, offset=offset)

    def _single(self, word: int) -> NDArray[np.int64]:
        """The page number of one record, which begins at the next byte to be read."""
        if word & OFFSET_MASK >= self._length:
            raise self._outside(word, self._window.offset)
        return np.array((word >> PAGE_BITS,), np.int64)

    def _flags_at(self, pos: int) -> int:
        """The flags of the word that begins there; all of it lies in the window."""
        low: int = self._window.view[pos + 7]
        return (self._window.view[pos + 6] << 8 | low) & _FLAGS

    def _continued(self, word: int) -> str:
        if self._block is None:
            raise self._error(f"expected a record that names its block, {word:#x} came")
        return self._block

    def _indexes(self, words: NDArray[np.int64], step: int) -> NDArray[np.int64]:
        """Page numbers of a run of records, each ``step`` bytes long; all lie in the block."""
        indexes = words >> PAGE_BITS
        # As unsigned numbers, offsets beyond 2^63 are too large as well.
        outside = indexes.view(np.uint64) >= self._length >> PAGE_BITS
        if outside.any():
            first = int(outside.argmax())
            raise self._outside(int(words[first]), self._window.offset + first * step)
        return indexes

    # --- records with names ---

    def _named(self, word: int) -> Reading[Item]:
        """A record of a page, and the name of its block; the next ones go on with it."""
        window = self._window
        start = window.offset
        yield from window.take(8)
        name, length = yield from self._known_block()
        if self._listed is not None and name not in self._listed:
            message = f"expected a page of a listed block, one of {name!r} came"
            raise StreamError(message, offset=start)
        self._block, self._length = name, length
        if word & OFFSET_MASK >= length:
            raise self._outside(word, start)
        indexes = np.array((word >> PAGE_BITS,), np.int64)
        if word & RamFlag.ZERO:
            return Zeros(name, indexes, (yield from window.number(1)))
        if word & RamFlag.XBZRLE:
            encoding = yield from window.number(1)
            size = yield from window.number(2)
            self._check_delta(encoding, size, start)
            return Deltas(name, (word >> PAGE_BITS,), ((yield from window.take(size)),))
        data = yield from window.take(PAGE_SIZE)
        return Pages(name, indexes, np.frombuffer(data, np.uint8).reshape(1, PAGE_SIZE))

    def _list(self, word: int) -> Reading[Item]:
        """The sender's blocks: each must be one of ours, and as long."""
        window = self._window
        if self._listed is not None:
            raise self._error("expected one list of RAM blocks, a second one came")
        yield from window.take(8)
        left = word & OFFSET_MASK
        found: dict[str, int] = {}
        while left:
            start = window.offset
            name, length = yield from self._known_block()
            came = yield from window.number(8)
            if came != length:
                message = f"expected {length} bytes of RAM block {name!r}, {came} came"
                raise StreamError(message, offset=start)
            if name in found or came > left:
                message = f"expected {left} more bytes of RAM, block {name!r} of {came} came"
                raise StreamError(message, offset=start)
            found[name] = came
            left -= came
        self._listed = frozenset(found)
        return RamList(tuple(found.items()))

    def _known_block(self) -> Reading[tuple[str, int]]:
        start = self._window.offset
        raw = yield from self._window.counted()
        known = self._blocks.get(raw)
        if known is None:
            message = f"expected the name of a RAM block, {raw[:80]!r} came"
            raise StreamError(message, offset=start)
        return known

    # --- what cannot be taken ---

    def _error(self, message: str, number: int = errno.EINVAL) -> StreamError:
        return StreamError(message, offset=self._window.offset, number=number)

    def _outside(self, word: int, offset: int) -> StreamError:
        place = word & OFFSET_MASK & (1 << 64) - 1
        message = f"expected an offset below {self._length:#x} in {self._block!r}, {place:#x} came"
        return StreamError(message, offset=offset)

    def _refusal(self, word: int) -> StreamError:
        """Why a record cannot be read, whose flags are none of those that are."""
        flags = word & _FLAGS
        if flags == RamFlag.MEM_SIZE:
            return self._error("expected the list of RAM blocks in the START section only")
        lacking = _NOT_HERE.get(RamFlag(flags & ~RamFlag.CONTINUE))
        if lacking is not None:
            return self._error(f"{lacking} are not supported here", errno.ENOTSUP)
        return self._error(f"expected a RAM record, the word {word:#x} came")


def _leading(fits: NDArray[np.bool_]) -> int:
    """How many values from the first on are true."""
    return len(fits) if fits.all() else int(fits.argmin())
