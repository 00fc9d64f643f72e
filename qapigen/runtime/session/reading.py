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

__all__ = ["MessageReader"]

# Ends whatever came before: the guest agent sends it in front of one reply.
_DELIMITER = b"\xff"


class MessageReader:
    """Cuts the bytes of a server into JSON values.

    With ``noisy``, as for a guest agent whose line has no beginning, everything that is no
    JSON text is skipped; without, it is an error.
    """

    def __init__(self, *, noisy: bool = False) -> None:
        self._noisy = noisy
        self._parts: list[bytes] = []  # of a line that has not ended yet
        self._size_bytes = 0
        self._pretty: TextReader | None = None  # while a text goes on over several lines

    def feed(self, data: bytes) -> list[object]:
        """The values that are now complete, in order; :class:`JsonError` for a wrong text.

        Nothing should be read behind an error: where the next message starts is not known.
        """
        values: list[object] = []
        if b"\n" not in data:
            self._keep(data, values)
            return values
        if self._parts:
            data = b"".join(self._parts) + data
            self._parts.clear()
            self._size_bytes = 0
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._take_line(line, values)
        if rest:
            self._keep(rest, values)
        return values

    def _keep(self, part: bytes, values: list[object]) -> None:
        self._parts.append(part)
        self._size_bytes += len(part)
        if self._size_bytes >= codec.MAX_TEXT_BYTES:
            self._parts.clear()
            self._size_bytes = 0
            if not self._noisy:
                values.append(codec.JsonError("the text is too long", offset=codec.MAX_TEXT_BYTES))

    def _take_line(self, line: bytes, values: list[object]) -> None:
        if self._noisy:
            line = line.rpartition(_DELIMITER)[2]
        if self._pretty is not None:
            self._take_more(line, values)
            return
        if not line.strip():
            return
        try:
            values.append(codec.loads(line))
        except codec.JsonError:
            if not self._noisy:
                self._take_more(line, values)

    def _take_more(self, line: bytes, values: list[object]) -> None:
        from ..codec.incremental import Parsed, TextReader  # only few servers ever print so

        reader = self._pretty or TextReader()
        found = reader.feed(line + b"\n")
        values += [each.value if isinstance(each, Parsed) else each for each in found]
        self._pretty = None if reader.at_rest else reader
