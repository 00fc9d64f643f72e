"""A connected socket, one step at a time.

In: bytes to send, how long to wait.  Out: the bytes that came.
Must not know: QMP, addresses.
"""

from __future__ import annotations

import select
import socket
from array import array
from math import ceil

__all__ = ["READ_BYTES", "Stream"]

#: How much is read at once.
READ_BYTES = 64 * 1024
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
        """Wait for bytes to receive, or for room if there are some to send; False: too long."""
        watched = self._usable if sending else self._readable
        return bool(watched.poll(None if timeout is None else max(0, ceil(timeout * 1000))))

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _watch(connection: socket.socket, events: int) -> select.poll:
    watched = select.poll()
    watched.register(connection, events)
    return watched
