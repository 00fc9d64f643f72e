"""What an engine writes, on its way to the channel: small pieces wait for the next large one.

In: pieces of the stream, a limit.  Out: fewer and larger writes.
Must not know: what the pieces mean, statuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..channels.channel import Bytes, OutgoingChannel

__all__ = ["Outlet"]


class Outlet:
    """The writing end of a migration, as the engine and its iterables use it.

    ``room`` tells how many bytes may still go out before the rate limit is reached, given how
    many have gone so far; None stands for no limit.
    """

    def __init__(self, channel: OutgoingChannel, room: Callable[[int], int | None]) -> None:
        self._channel = channel
        self._room = room
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    @property
    def position(self) -> int:
        """Bytes of the stream up to here, waiting ones included."""
        return self._channel.position + self._waiting_bytes

    def room(self) -> int | None:
        """Bytes that may be sent before the rate limit is reached; None where there is none."""
        return self._room(self.position)

    def add(self, piece: bytes) -> None:
        """Let a small piece go out with what comes next."""
        self._waiting.append(piece)
        self._waiting_bytes += len(piece)

    def write(self, data: Bytes) -> None:
        """Send what waits, then ``data``, which is not kept.  Raises ChannelError."""
        pieces = [b"".join(self._waiting), data] if self._waiting else [data]
        self._waiting.clear()
        self._waiting_bytes = 0
        self._channel.write(pieces)

    def flush(self) -> None:
        """Send what waits.  Raises ChannelError."""
        if self._waiting:
            whole = b"".join(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            self._channel.write(whole)
