"""Migration over descriptors that are open already: sockets, pipes, files.

In: the number of a descriptor.  Out: a channel.
Must not know: where the descriptor comes from.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import stat
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from .channel import Bytes, Channel, ChannelError, describe_failure, gathered, rest_of
from .interrupt import Interrupt, InUse
from .sockets import SocketChannel

__all__ = [
    "DescriptorChannel",
    "DescriptorListener",
    "DescriptorOpener",
    "numbers_in_use",
    "open_descriptor",
]

_T = TypeVar("_T")


class DescriptorChannel:
    """A pipe or file to read, one to write, or both; they belong to the channel from now on.

    Breaking a pipe wakes up nobody who waits for it in the system, so nobody does: descriptors
    do not block, and waiting goes by an :class:`Interrupt`.  :meth:`close` calls ``ended`` when
    the end to write is closed and the end to read is open (the second argument: whether the
    stream is whole), ``finished`` when both are closed.
    """

    def __init__(
        self,
        reader: int | None,
        writer: int | None,
        *,
        ended: Callable[[Interrupt, bool], None] | None = None,
        finished: Callable[[Interrupt], None] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._two_way = reader is not None and writer is not None
        self._ended = ended
        self._finished = finished
        self._position = 0
        self._in_use = InUse()
        self._interrupt = Interrupt()
        self._down = False
        self._lock = threading.Lock()  # guards the two
        both = {fd for fd in (reader, writer) if fd is not None}
        # The mark is shared with everybody else who has the file open.
        self._were_blocking = {fd for fd in both if os.get_blocking(fd)}
        for fd in both:
            os.set_blocking(fd, False)

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self._position

    @property
    def two_way(self) -> bool:
        """Whether there was an end to read and one to write."""
        return self._two_way

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        """Write all of it, one piece after another."""
        with self._in_use:
            fd = _there(self._writer, "written")
            for batch in gathered(data):
                while batch:
                    done = self._do(partial(os.writev, fd, batch), fd, select.POLLOUT)
                    self._position += done
                    batch = rest_of(batch, done)

    def read(self, most: int) -> bytes:
        """What came, at most so many bytes; b"" at the end."""
        with self._in_use:
            fd = _there(self._reader, "read")
            return self._do(partial(os.read, fd, most), fd, select.POLLIN)

    def read_into(self, view: memoryview) -> int:
        """Fill the beginning of ``view``; 0 at the end."""
        with self._in_use:
            fd = _there(self._reader, "read")
            return self._do(partial(os.readv, fd, [view]), fd, select.POLLIN)

    def write_now(self, data: bytes) -> None:
        """Write what there is room for."""
        with suppress(OSError, ChannelError), self._in_use:
            os.write(_there(self._writer, "written"), data)

    def linger(self, seconds: float) -> None:
        """Closing a pipe loses nothing."""

    def end_writing(self) -> None:
        """Say that nothing follows."""
        with suppress(ChannelError), self._in_use:
            writer, self._writer = self._writer, None
            self._release(writer)

    @property
    def deserted(self) -> bool:
        """Whether nobody reads what is written."""
        poll = select.poll()
        with self._in_use:
            if self._writer is not None:
                poll.register(self._writer, 0)  # errors are told in any case
            return bool(poll.poll(0))

    def shutdown(self) -> None:
        """Break it, on this side."""
        with self._lock:
            self._down = True
            self._interrupt.fire()

    def close(self, *, whole: bool = False) -> None:
        """Give the descriptors back."""
        if not self._in_use.leave(self._interrupt.fire):
            return
        with self._lock:
            # Whoever was inside has left; what the command does meanwhile is another matter.
            if self._interrupt.fired and not self._down:
                self._interrupt.close()
                self._interrupt = Interrupt()
        try:
            self._release(self._writer)
            try:
                if self._ended is not None:
                    self._ended(self._interrupt, whole)
            finally:
                self._release(self._reader)
            if self._finished is not None:
                self._finished(self._interrupt)
        finally:
            self._interrupt.close()

    def _release(self, fd: int | None) -> None:
        if fd is None:
            return
        if fd in self._were_blocking:
            with suppress(OSError):
                os.set_blocking(fd, True)
        os.close(fd)

    def _do(self, call: Callable[[], _T], fd: int, events: int) -> _T:
        """Do it as soon as it can be done."""
        while True:
            if self._interrupt.fired:
                raise ChannelError("the channel was shut down")
            try:
                return call()
            except BlockingIOError:
                with suppress(ChannelError):
                    self._interrupt.wait({fd: events})
            except OSError as error:
                doing = "reading" if events == select.POLLIN else "writing"
                raise ChannelError(f"{doing} failed: {describe_failure(error)}") from error


def numbers_in_use() -> frozenset[int]:
    """The descriptors that this process has open, as far as the system tells."""
    try:
        listed = os.listdir("/dev/fd")
    except OSError:
        return frozenset()
    return frozenset(number for number in map(int, listed) if _is_open(number))


def _is_open(number: int) -> bool:
    """What the listing itself took is closed again."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _there(fd: int | None, done: str) -> int:
    if fd is None:
        raise ChannelError(f"the channel goes one way only and cannot be {done}")
    return fd


def open_descriptor(fd: int, *, writing: bool) -> Channel:
    """The channel over a descriptor; raises :class:`ChannelError` for one that is of no use."""
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISSOCK(mode):
            return _open_socket(fd)
        if stat.S_ISDIR(mode):
            raise ChannelError(f"descriptor {fd} is a directory")
        access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
        if access == (os.O_RDONLY if writing else os.O_WRONLY):
            raise ChannelError(f"descriptor {fd} cannot be {'written' if writing else 'read'}")
        os.set_inheritable(fd, False)
        return DescriptorChannel(None, fd) if writing else DescriptorChannel(fd, None)
    except (OSError, OverflowError) as error:
        raise ChannelError(f"descriptor {fd}: {describe_failure(error)}") from error


def _open_socket(fd: int) -> SocketChannel:
    connection = socket.socket(fileno=fd)
    try:
        if connection.type != socket.SOCK_STREAM:
            raise ChannelError(f"descriptor {fd} is a socket, but no stream socket")
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise ChannelError(f"descriptor {fd} is a socket that listens")
        connection.set_inheritable(False)
        return SocketChannel(connection)
    except BaseException:
        connection.detach()  # the number stays its owner's
        raise


def _open_or_close(fd: int, *, writing: bool) -> Channel:
    try:
        return open_descriptor(fd, writing=writing)
    except ChannelError:
        with suppress(OSError, OverflowError):
            os.close(fd)
        raise


class DescriptorOpener:
    """Writes to a descriptor, which is closed if it is of no use."""

    def __init__(self, fd: int) -> None:
        self._channel = _open_or_close(fd, writing=True)

    def open(self, interrupt: Interrupt) -> Channel:
        """The channel."""
        return self._channel

    def drop(self) -> None:
        """Close the descriptor."""
        self._channel.close()


class DescriptorListener:
    """Reads from a descriptor, once; it is closed if it is ``owned`` and of no use."""

    lasting = False
    port: int | None = None

    def __init__(self, fd: int, address: str, *, owned: bool = False) -> None:
        self.address = address
        self._channel = (_open_or_close if owned else open_descriptor)(fd, writing=False)
        self._taken = False

    def accept(self, interrupt: Interrupt) -> Channel:
        """The channel."""
        self._taken = True
        return self._channel

    def close(self) -> None:
        """Close the descriptor, unless its channel is in use."""
        if not self._taken:
            self._channel.close()
