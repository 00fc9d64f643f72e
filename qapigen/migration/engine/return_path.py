"""The source's end of the return path: a thread that reads what the destination says.

In: a channel, blocks of the guest's memory.  Out: whether the destination has loaded the guest.
Must not know: sockets, statuses, what the engine does with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..channels.channel import ChannelError
from ..stream.format import PAGE_SIZE, StreamError
from ..stream.returnpath import Message, Pong, RequestPages, ReturnReader, Shut

if TYPE_CHECKING:
    from ..channels.channel import OutgoingChannel
    from ..progress import Counters

__all__ = ["ReturnPath"]

_MOST_READ: Final = 4096

_log = logging.getLogger(__name__)


class ReturnPath:
    """Reads until SHUT, the end of the input, or something wrong.

    ``blocks`` are the lengths in bytes by name; requests of pages are looked at against them.
    The outcome is looked at from any thread.
    """

    def __init__(
        self, channel: OutgoingChannel, *, blocks: Mapping[str, int], counters: Counters
    ) -> None:
        self._channel = channel
        self._blocks = blocks
        self._counters = counters
        self._reader = ReturnReader()
        self._over = threading.Event()
        self._word = threading.Event()  # somebody has answered at all, or never will
        self._block = ""  # of the last request
        self._problem: str | None = None
        self._status: int | None = None
        self._thread = threading.Thread(target=self._read, name="return-path", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait until nothing more can come, but no longer than ``seconds``.

        Why the destination cannot be relied on, as far as is known; None if it has the guest.
        """
        self._over.wait(seconds)
        return self.problem

    def join(self) -> None:
        """Wait for the thread; the channel is shut down or at its end by then."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def over(self) -> bool:
        """Whether nothing more can come."""
        return self._over.is_set()

    @property
    def spoken(self) -> bool:
        """Whether the destination has said something, or never will."""
        return self._word.is_set()

    def wait_for_word(self, seconds: float) -> None:
        """Wait until it has spoken, but no longer than that."""
        self._word.wait(seconds)

    @property
    def refusal(self) -> str | None:
        """That the destination failed, if it said so."""
        return self.problem if self._status else None

    @property
    def problem(self) -> str | None:
        """What went wrong, once it is over: a broken path, or a destination that failed."""
        if self._problem is not None or not self.over:
            return self._problem
        if self._status is None:
            return "the return path ended before the destination said that it has the guest"
        if self._status != 0:
            return f"the destination could not load the guest (status {self._status})"
        return None

    # --- in the thread ---

    def _read(self) -> None:
        try:
            while self._status is None:
                data = self._channel.read(_MOST_READ)
                if not data:
                    break
                self._hear(data)
        except (ChannelError, StreamError) as error:
            self._problem = f"return path: {error}"
        finally:
            self._over.set()
            self._word.set()

    def _hear(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._take(message)
                self._word.set()
        finally:
            self._counters.postcopy_requests = self._reader.requests

    def _take(self, message: Message) -> None:
        match message:
            case Shut(status=status):
                self._status = status
            case Pong(value=value):
                _log.debug("return path: pong %d", value)
            case RequestPages():
                self._look_at(message)

    def _look_at(self, request: RequestPages) -> None:
        """Requests are for postcopy; one that comes without it is looked at, and that is all."""
        self._block = self._block if request.block is None else request.block
        size = self._blocks.get(self._block)
        if size is None:
            raise ChannelError(
                f"the destination asks for pages of '{self._block}', an unknown block"
            )
        if request.start % PAGE_SIZE or request.length % PAGE_SIZE:
            raise ChannelError("the destination asks for parts of pages")
        if request.start + request.length > size:
            raise ChannelError(f"the destination asks for pages beyond the end of '{self._block}'")
