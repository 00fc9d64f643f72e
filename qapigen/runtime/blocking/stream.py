"""A connected socket, one step at a time.

In: bytes to send, how long to wait.  Out: the bytes that came.
Must not know: QMP, addresses.
"""

from __future__ import annotations

import select
import socket
from array import array
from contextlib import suppress
from math import ceil
from threading import Lock

__all__ = ["MOST_SECONDS", "READ_BYTES", "Stream", "milliseconds"]

#: How much is read at once.
READ_BYTES = 64 * 1024
#: The system waits no longer than this in one call.
MOST_SECONDS = (2**31 - 1) // 1000
_READ = select.POLLIN | select.POLLPRI
_RIGHTS = (socket.SOL_SOCKET, socket.SCM_RIGHTS)
_NOW = getattr(socket, "MSG_DONTWAIT", 0)


class Stream:
    """A stream socket; raises OSError when the connection is broken."""

    takes_fds = True

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        if connection.family != socket.AF_UNIX:
            self.takes_fds = False
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._ending = Lock()
        self._readable = _watch(connection, _READ)
        self._usable = _watch(connection, _READ | select.POLLOUT)

    def send(self, data: memoryview, fds: tuple[int, ...] = ()) -> int:
        """Send what there is room for, and the file descriptors with it; how many bytes left."""
        try:
            if fds:
                # Not socket.send_fds(): some versions of Python forget its flags.
                return self._socket.sendmsg([data], [(*_RIGHTS, array("i", fds))], _NOW)
            return self._socket.send(data, _NOW)
        except BlockingIOError:
            return 0

    def receive(self, *, wait: bool = False) -> bytes | None:
        """What has come, b"" at the end; None: nothing, unless one waits until there is."""
        try:
            return self._socket.recv(READ_BYTES, 0 if wait else _NOW)
        except BlockingIOError:
            return None

    def wait(self, *, sending: bool, timeout: float | None) -> bool:
        """Wait for bytes to receive, or for room if there are some to send; False: neither.

        That may come before ``timeout`` seconds are over, if those are many.
        """
        watched = self._usable if sending else self._readable
        return bool(watched.poll(milliseconds(timeout)))

    def shut_down(self) -> None:
        """End the connection for both sides: a thread that waits for it goes on.

        Unlike the rest, this may be called while another thread uses the stream.
        """
        with self._ending, suppress(OSError):  # nobody may be there any more
            # Not the method of a socket with TLS, which would go on without it.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        with self._ending:  # its number may be another one's afterwards
            self._socket.close()


def milliseconds(timeout: float | None) -> int | None:
    """What ``poll`` takes for so many seconds, at most :data:`MOST_SECONDS`; None: for ever."""
    return None if timeout is None else max(0, ceil(min(timeout, MOST_SECONDS) * 1000))


def _watch(connection: socket.socket, events: int) -> select.poll:
    watched = select.poll()
    watched.register(connection, events)
    return watched
