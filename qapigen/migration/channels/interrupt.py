"""Ending what waits, from another thread.

In: a descriptor to wait for, and perhaps a wish to stop.  Out: what the descriptor is ready for.
Must not know: channels.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping
from math import ceil
from types import TracebackType

from .channel import ChannelError

__all__ = ["InUse", "Interrupt"]


class Interrupt:
    """A wish to stop that ends every :meth:`wait`, now and later.

    Any thread may call anything.  :meth:`close` comes last, when nobody waits any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read, self._write = os.pipe()
        self._open = True
        self.fired = False

    def fire(self) -> None:
        """Wish it; once is enough, and it stays."""
        with self._lock:
            first, self.fired = not self.fired, True  # before anybody wakes up and looks
            if self._open and first:
                os.write(self._write, b"!")

    def fileno(self) -> int:
        """A descriptor that is readable from :meth:`fire` on."""
        return self._read

    def wait(self, watched: Mapping[int, int], seconds: float | None = None) -> dict[int, int]:
        """Wait for one of the descriptors, for the events of ``poll`` beside it.

        Those that are ready and for what; none if ``seconds`` are over.  Raises
        :class:`ChannelError` if somebody wishes to stop.
        """
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        for fd, events in watched.items():
            poll.register(fd, events)
        ready = dict(poll.poll(None if seconds is None else ceil(max(seconds, 0) * 1000)))
        if self.fired:
            raise ChannelError("cancelled")
        return ready

    def close(self) -> None:
        """Give the descriptors back; may be called again."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._read)
                os.close(self._write)


class InUse:
    """Who is inside the calls of a channel, so that it is closed when nobody is.

    Otherwise a descriptor could be closed, and its number given to something else, between two
    calls of a thread that knows it by number.  Used with ``with`` around what touches it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self.over = False

    def __enter__(self) -> None:
        with self._changed:
            if self.over:
                raise ChannelError("the channel is closed")
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._inside -= 1
            if not self._inside:
                self._changed.notify_all()

    def leave(self, wake: Callable[[], None]) -> bool:
        """Let nobody in any more and wait until all have left; ``wake`` ends what they wait for.

        False if that was done before.
        """
        with self._changed:
            if self.over:
                return False
            self.over = True
            occupied = self._inside > 0
        if occupied:
            wake()
        with self._changed:
            self._changed.wait_for(lambda: not self._inside)
        return True
