"""The messages that the destination sends back.

In: numbers and names, or bytes as they come.  Out: bytes, or messages.
Must not know: channels, guests, what an answer to a message is.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .format import MOST_RETURN_BYTES, RETURN_LENGTHS, ReturnType, StreamError, counted

__all__ = [
    "Message",
    "Pong",
    "RequestPages",
    "ReturnReader",
    "Shut",
    "pong",
    "req_pages",
    "shut",
]

_HEAD_BYTES = 4
_RANGE_BYTES = 12  # start and length


@dataclass(frozen=True, slots=True)
class Shut:
    """The last message: 0 if all has arrived, else an error."""

    status: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a PING: its value."""

    value: int


@dataclass(frozen=True, slots=True)
class RequestPages:
    """Pages that the guest waits for: bytes of a block; None is the last request's block."""

    block: str | None
    start: int
    length: int


Message = Shut | Pong | RequestPages

_REQUESTS = {ReturnType.REQ_PAGES, ReturnType.REQ_PAGES_ID}


def shut(status: int) -> bytes:
    """The destination has read its last byte; 0 if all is well."""
    return _message(ReturnType.SHUT, struct.pack(">I", status))


def pong(value: int) -> bytes:
    """The answer to a PING."""
    return _message(ReturnType.PONG, struct.pack(">I", value))


def req_pages(start: int, length: int, *, block: str | None = None) -> bytes:
    """Ask for ``length`` bytes from ``start``; without a block, of that asked for last."""
    place = struct.pack(">QI", start, length)
    if block is None:
        return _message(ReturnType.REQ_PAGES, place)
    return _message(ReturnType.REQ_PAGES_ID, place + counted(block))


def _message(kind: ReturnType, data: bytes) -> bytes:
    return struct.pack(">HH", kind, len(data)) + data


class ReturnReader:
    """Cuts the bytes of one return path into messages; for one thread at a time.

    Whether a request lies inside of a block and begins with a page is for those who know the
    blocks.  ``requests`` counts them, wrong ones included.  After an error there is nothing more
    to read.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._offset = 0  # of the first byte of the rest
        self._asked = False  # whether a request has named a block
        self._counted_at = -1  # the offset of the request that was counted last
        self.requests = 0
        self._shut = False
        self._error: StreamError | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Message]:
        """The messages that are now complete, one after the other; StreamError for a wrong one.

        SHUT is the last message: what comes behind it is nobody's.
        """
        if self._error is not None:
            raise self._error
        if self._shut:
            return
        self._rest += bytes(data)
        try:
            yield from self._messages()
        except StreamError as error:
            self._error = error
            raise

    def finish(self) -> None:
        """There is no more input; StreamError unless the last message was a SHUT."""
        if self._error is not None:
            raise self._error
        if not self._shut:
            offset = self._offset + len(self._rest)
            message = "expected the destination's last message, the input ended"
            raise StreamError(message, offset=offset, number=errno.EIO)

    def _messages(self) -> Iterator[Message]:
        while not self._shut and len(self._rest) >= _HEAD_BYTES:
            number, length = struct.unpack_from(">HH", self._rest)
            self._count(number)
            kind = self._check(number, length)
            end = _HEAD_BYTES + length
            if len(self._rest) < end:
                return
            message = self._read(kind, self._rest[_HEAD_BYTES:end])
            self._offset += end
            self._rest = self._rest[end:]
            yield message

    def _count(self, number: int) -> None:
        """A request counts when it begins, and once."""
        if number in _REQUESTS and self._counted_at != self._offset:
            self._counted_at = self._offset
            self.requests += 1

    def _check(self, number: int, length: int) -> ReturnType:
        """Whether a message may begin so, before its data is waited for."""
        if number not in set(ReturnType):
            raise self._wrong("a known type of message", str(number))
        kind = ReturnType(number)
        exact = RETURN_LENGTHS.get(kind)
        if length > MOST_RETURN_BYTES:
            raise self._wrong(f"at most {MOST_RETURN_BYTES} bytes with {kind.name}", str(length))
        if exact is not None and length != exact:
            raise self._wrong(f"{exact} bytes with {kind.name}", str(length))
        if kind is ReturnType.REQ_PAGES_ID and length <= _RANGE_BYTES + 1:
            raise self._wrong(f"a range and a name with {kind.name}", f"{length} bytes")
        if kind is ReturnType.REQ_PAGES and not self._asked:
            raise self._wrong("a request that names its block", kind.name)
        return kind

    def _read(self, kind: ReturnType, data: bytes) -> Message:
        if kind is ReturnType.SHUT:
            self._shut = True
            return Shut(int.from_bytes(data, "big"))
        if kind is ReturnType.PONG:
            return Pong(int.from_bytes(data, "big"))
        start, length = struct.unpack_from(">QI", data)
        if kind is ReturnType.REQ_PAGES:
            return RequestPages(None, start, length)
        name = data[_RANGE_BYTES + 1 :]
        if len(name) != data[_RANGE_BYTES]:
            raise self._wrong(f"a name of {data[_RANGE_BYTES]} bytes", f"{len(name)} bytes")
        self._asked = True
        return RequestPages(name.decode("utf-8", "backslashreplace"), start, length)

    def _wrong(self, expected: str, came: str) -> StreamError:
        return StreamError(f"expected {expected}, {came} came", offset=self._offset)
