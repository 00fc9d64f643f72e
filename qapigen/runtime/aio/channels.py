"""Byte streams of the operating system, one call a time.

In: a socket, or one or two file descriptors.  Out: bytes and received descriptors, read and
written without waiting.
Must not know: event loops, QMP.
"""

from __future__ import annotations

import array
import asyncio
import errno
import os
import select
import socket
import stat
import sys
from collections.abc import Sequence
from typing import Final, Protocol

from ..errors import QapiError

__all__ = [
    "Channel",
    "PipeChannel",
    "SocketChannel",
    "close_descriptors",
    "open_stdio",
    "try_watching",
]

_MOST_DESCRIPTORS: Final = 253  # the kernel takes no more in one message
_ANCILLARY_BYTES: Final = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
_ANCILLARY_FLAGS: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Channel(Protocol):
    """Both directions of a byte stream; calls raise BlockingIOError instead of waiting."""

    @property
    def read_fd(self) -> int:
        """What becomes readable when there is something to receive."""

    @property
    def write_fd(self) -> int:
        """What becomes writable when there is room to send."""

    def receive(self, size: int) -> tuple[bytes, list[int]]:
        """What came, b"" at its end; and descriptors, which the caller owns from now on."""

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Hand over some bytes; how many were taken."""

    def send_with(self, data: bytes, descriptors: Sequence[int]) -> int:
        """The same with file descriptors, which go with the first byte."""

    def check(self) -> None:
        """OSError if the stream has broken, which receiving would tell, too."""

    def is_gone(self) -> bool:
        """Whether nobody reads the output any more, and no more input comes."""

    def watch_end(self) -> int | None:
        """What becomes readable when :meth:`is_gone` does, and never before; None: nothing does.

        It stays the channel's.
        """

    def close(self) -> None:
        """Give the stream back."""


class SocketChannel:
    """A connected stream socket; a Unix socket can bring file descriptors along.

    Where nobody ``takes_descriptors`` the system closes those that come, which is faster.
    """

    def __init__(self, connected: socket.socket, *, takes_descriptors: bool = True) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.read_fd = self.write_fd = connected.fileno()
        self._takes_descriptors = takes_descriptors and connected.family == socket.AF_UNIX
        self._end: select.epoll | None = None
        if connected.family != socket.AF_UNIX:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self, size: int) -> tuple[bytes, list[int]]:
        """What came, and the descriptors that were sent along; nobody else inherits them."""
        if not self._takes_descriptors:
            return self.socket.recv(size), []
        data, ancillary, _, _ = self.socket.recvmsg(size, _ANCILLARY_BYTES, _ANCILLARY_FLAGS)
        return data, _descriptors(ancillary) if ancillary else []

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Hand over some bytes."""
        return self.socket.send(data)

    def send_with(self, data: bytes, descriptors: Sequence[int]) -> int:
        """Hand over some bytes and all the descriptors, of which the caller keeps its own."""
        return socket.send_fds(self.socket, [data], list(descriptors))

    def check(self) -> None:
        """OSError if the connection was reset, even if there is something to receive still."""
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def is_gone(self) -> bool:
        """Whether the peer has closed the socket and not only its own direction.

        Over a network that can only be told of a peer that broke off.
        """
        poll = select.poll()
        poll.register(self.read_fd, 0)
        return any(events & select.POLLHUP for _, events in poll.poll(0))

    def watch_end(self) -> int | None:
        """A descriptor for that, where the system has such (Linux)."""
        if self._end is None and hasattr(select, "epoll"):
            self._end = select.epoll()
            self._end.register(self.read_fd, 0)  # its end is told all the same
        return None if self._end is None else self._end.fileno()

    def close(self) -> None:
        """Close the socket."""
        if self._end is not None:
            self._end.close()
        self.socket.close()


class PipeChannel:
    """Descriptors that are no sockets: standard input and output, pipes, terminals, files.

    They are made non-blocking, and what they were is restored at the end, because other
    processes may share them.  ``owned`` descriptors are closed then.
    """

    def __init__(self, read_fd: int, write_fd: int, *, owned: bool = False) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd
        self._owned = owned
        self._before = {fd: os.get_blocking(fd) for fd in {read_fd, write_fd} if not _is_file(fd)}
        for fd in self._before:
            os.set_blocking(fd, False)

    def receive(self, size: int) -> tuple[bytes, list[int]]:
        """What came; never with descriptors."""
        return os.read(self.read_fd, size), []

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Hand over some bytes."""
        return os.write(self.write_fd, data)

    def send_with(self, data: bytes, descriptors: Sequence[int]) -> int:
        """Never: OSError."""
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))

    def check(self) -> None:
        """Not known: reading will tell."""

    def is_gone(self) -> bool:
        """Not known: writing will tell."""
        return False

    def watch_end(self) -> int | None:
        """Not known, either."""
        return None

    def close(self) -> None:
        """Leave the descriptors as they were found."""
        for fd, blocking in self._before.items():
            os.set_blocking(fd, blocking)
        if self._owned:
            close_descriptors({self.read_fd, self.write_fd})
        self._before = {}
        self._owned = False


def open_stdio() -> PipeChannel:
    """Standard input and output; :class:`QapiError` if one of them is closed.

    Their numbers do not tell: whatever is opened next gets them.
    """
    for name, stream in (("input", sys.__stdin__), ("output", sys.__stdout__)):
        if stream is None or stream.closed:
            raise QapiError(f"stdio: standard {name} is closed")
    try:
        return PipeChannel(0, 1)
    except OSError as error:  # closed since
        raise QapiError(f"stdio: {error.strerror}") from error


def close_descriptors(descriptors: list[int] | set[int]) -> None:
    """Close all of them; those that are closed already do not matter."""
    for fd in descriptors:
        try:
            os.close(fd)
        except OSError:
            continue


def _is_file(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def try_watching(loop: asyncio.AbstractEventLoop, channel: PipeChannel) -> None:
    """OSError if the event loop cannot tell of the input, before a greeting says otherwise."""
    try:
        loop.add_reader(channel.read_fd, lambda: None)
    except PermissionError:  # a file, which is read without waiting
        return
    loop.remove_reader(channel.read_fd)
