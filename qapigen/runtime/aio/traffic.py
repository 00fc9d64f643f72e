"""A log of what both sides say, for those who look for a fault; nothing is logged unasked.

In: the bytes of both directions, cut anywhere.  Out: one log record a message, in which
secrets are replaced unless that is switched off.
Must not know: what commands do (but which members of theirs are secret), transports.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator
from typing import Final

from ..codec.incremental import Parsed, TextReader
from ..secrets import SECRET_MEMBERS, redacted

__all__ = ["SECRET_MEMBERS", "TrafficLog", "log_traffic", "redacted"]

_SHOWN_CHARACTERS: Final = 2000
_log = logging.getLogger(__name__)


class TrafficLog:
    """The log of one connection; ``received`` and ``sent`` take the bytes as they are moved.

    A record has one message: ``client-1 <- {...}`` for what was received, ``->`` for what was
    sent, both cut after ``shown_characters``.  Bytes that are no JSON are only mentioned.
    """

    def __init__(
        self,
        name: str,
        *,
        write: Callable[[str], None] | None = None,
        redact: bool = True,
        secret_members: Collection[str] = SECRET_MEMBERS,
        shown_characters: int = _SHOWN_CHARACTERS,
    ) -> None:
        self._name = name
        self._write = write or _log.debug
        self._secrets = frozenset(secret_members) if redact else None
        self._shown = shown_characters
        self._readers = {"<-": TextReader(), "->": TextReader()}

    def received(self, data: bytes) -> None:
        """These bytes came."""
        self._feed("<-", data)

    def sent(self, data: bytes) -> None:
        """These bytes were handed to the transport."""
        self._feed("->", data)

    def note(self, what: str) -> None:
        """Something happened to the connection, such as its end."""
        self._write(f"{self._name} -- {what}")

    def _feed(self, arrow: str, data: bytes) -> None:
        for text in _texts(self._readers[arrow], data):
            self._write(f"{self._name} {arrow} {self._shorten(self._text(text))}")

    def _text(self, text: object) -> str:
        if not isinstance(text, Parsed):
            return f"(no JSON: {getattr(text, 'desc', text)})"
        value = text.value if self._secrets is None else redacted(text.value, self._secrets)
        try:
            return json.dumps(value)
        except (RecursionError, ValueError):
            return f"(a value of {text.size_bytes} bytes)"

    def _shorten(self, text: str) -> str:
        if len(text) <= self._shown:
            return text
        return f"{text[: self._shown]}... ({len(text)} characters)"


def log_traffic(*, redact: bool = True, level: int = logging.DEBUG) -> Callable[[str], TrafficLog]:
    """What makes the log of each connection, for a server's ``traffic`` parameter.

    Records go to the logger ``qapigen.runtime.aio.traffic``.
    """

    def write(line: str) -> None:
        _log.log(level, "%s", line)

    def make(name: str) -> TrafficLog:
        return TrafficLog(name, write=write, redact=redact)

    return make


def _texts(reader: TextReader, data: bytes) -> Iterator[object]:
    reader.push(data)
    while (text := reader.take()) is not None:
        yield text
