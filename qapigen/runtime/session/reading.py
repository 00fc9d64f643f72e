"""What a server sends, cut into values.

In: bytes as they come.  Out: JSON values, and errors for what is none.
Must not know: which values are messages, sockets.

Servers end each message with a line feed, and all but pretty-printed ones have no other
(QMP, framing): so a line is a text until it turns out that it is only part of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import codec

if TYPE_CHECKING:
    from ..codec.incremental import TextReader

__all__ = ["MessageReader", "TooLong"]

# Ends whatever came before: the guest agent sends it in front of one reply.
_DELIMITER = b"\xff"


class TooLong(codec.JsonError):
    """A text that is longer than the reader takes; it is skipped up to its end."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"longer than {limit_bytes} bytes", offset=limit_bytes)


class MessageReader:
    """Cuts the bytes of a server into JSON values.

    With ``noisy``, as for a guest agent whose line has no beginning, everything that is no
    JSON text is skipped; without, it is an error.  No text may be longer than ``limit_bytes``:
    that is a :class:`TooLong` with either.
    """

    def __init__(self, *, noisy: bool = False, limit_bytes: int | None = None) -> None:
        self._noisy = noisy
        self._limit_bytes = codec.MAX_TEXT_BYTES - 1 if limit_bytes is None else limit_bytes
        self._parts: list[bytes] = []  # of a line that has not ended yet
        self._size_bytes = 0
        self._skipping = False  # the rest of a line that is too long
        self._pretty: TextReader | None = None  # while a text goes on over several lines

    def feed(self, data: bytes) -> list[object]:
        """The values that are now complete, in order; :class:`JsonError` for a wrong text.

        Unless the reader is noisy, nothing should be read after an error: where the next
        message starts is not known.
        """
        values: list[object] = []
        if self._skipping:
            data = self._after_skipping(data)
        if b"\n" not in data:
            self._keep(data, values)
            return values
        if self._parts:
            self._parts.append(data)
            data = b"".join(self._parts)
            self._parts.clear()
            self._size_bytes = 0
        *lines, rest = data.split(b"\n")
        del data  # it would be a second copy of a long answer
        for line in lines:
            self._take_line(line, values)
        if rest:
            self._keep(rest, values)
        return values

    def _after_skipping(self, data: bytes) -> bytes:
        for end in (b"\n", _DELIMITER) if self._noisy else (b"\n",):
            _, found, rest = data.partition(end)
            if found:
                self._skipping = False
                return rest
        return b""

    def _keep(self, part: bytes, values: list[object]) -> None:
        if self._noisy and _DELIMITER in part:
            self._parts.clear()
            self._size_bytes = 0
            part = part.rpartition(_DELIMITER)[2]
        self._parts.append(part)
        self._size_bytes += len(part)
        # The bytes that end a line, and a delimiter in front of it, are not part of the text.
        if self._size_bytes > self._limit_bytes + 2:
            self._parts.clear()
            self._size_bytes = 0
            self._skipping = True
            values.append(TooLong(self._limit_bytes))

    def _take_line(self, line: bytes, values: list[object]) -> None:
        if self._noisy and _DELIMITER in line:
            line = line.rpartition(_DELIMITER)[2]
        if self._pretty is not None:
            self._take_more(line, values)
            return
        if not line.strip():
            return
        try:
            values.append(self._value(line))
        except TooLong as error:
            values.append(error)
        except codec.JsonError:
            if not self._noisy:
                self._take_more(line, values)

    def _value(self, line: bytes) -> object:
        if len(line) > self._limit_bytes and len(line.strip()) > self._limit_bytes:
            raise TooLong(self._limit_bytes)
        return codec.loads(line, max_bytes=max(self._limit_bytes + 2, codec.MAX_TEXT_BYTES))

    def _take_more(self, line: bytes, values: list[object]) -> None:
        from ..codec.incremental import (  # only few servers ever print so
            Limits,
            Parsed,
            TextReader,
        )

        reader = self._pretty or TextReader(Limits(text_bytes=self._limit_bytes + 1))
        found = reader.feed(line + b"\n")
        values += [each.value if isinstance(each, Parsed) else each for each in found]
        self._pretty = None if reader.at_rest else reader
