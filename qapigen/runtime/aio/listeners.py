"""Sockets that wait for clients.

In: addresses.  Out: listening sockets, and a :class:`Listener` that hands on each connection.
Must not know: QMP, TLS, what becomes of a connection.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Callable
from typing import Final

from ..addresses import Address, TcpAddress
from ..listening import file_of, lookup, open_found, open_unix, refused, remove_file

__all__ = ["Listener", "open_tcp", "open_unix", "peer_of"]

_PAUSE_SECONDS: Final = 1.0  # after the system ran out of descriptors or memory
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_log = logging.getLogger(__name__)


class Listener:
    """Listening sockets of one address.

    ``address`` is where clients find it: with the port that the system has chosen.  With
    ``most_clients``, further clients wait in the kernel until one leaves: as with QEMU, whose
    sockets serve one client at a time.
    """

    def __init__(
        self,
        address: Address,
        sockets: list[socket.socket],
        *,
        accepted: Callable[[socket.socket, Listener], None],
        most_clients: int | None = None,
    ) -> None:
        self.address = address
        self._sockets = sockets
        self._accepted = accepted
        self._most = most_clients
        self._clients = 0
        self._loop = asyncio.get_running_loop()
        self._watching = False
        self._retry: asyncio.TimerHandle | None = None
        self._file = file_of(address)
        for each in sockets:
            each.setblocking(False)
        self._watch()

    @property
    def closed(self) -> bool:
        """Whether it listens no longer."""
        return not self._sockets

    def client_left(self) -> None:
        """One of its connections has ended."""
        self._clients -= 1
        self._watch()

    def close(self) -> None:
        """Listen no more; the file of a Unix socket goes away."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            if self._watching:
                self._loop.remove_reader(each.fileno())
            each.close()
        self._watching = False
        if sockets:
            remove_file(self.address, self._file)

    def _watch(self) -> None:
        """Look for clients if there is room for one, else leave them waiting."""
        room = self._most is None or self._clients < self._most
        wanted = room and bool(self._sockets) and self._retry is None
        if wanted == self._watching:
            return
        self._watching = wanted
        for each in self._sockets:
            if wanted:
                self._loop.add_reader(each.fileno(), self._accept, each)
            else:
                self._loop.remove_reader(each.fileno())

    def _accept(self, listening: socket.socket) -> None:
        try:
            connected, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._pause(error)
            return
        self._clients += 1
        self._watch()
        self._accepted(connected, self)

    def _pause(self, error: OSError) -> None:
        """The client goes on waiting; trying again at once would only burn time."""
        _log.error("%s: a client cannot be accepted: %s", self.address, error)
        if error.errno in _EXHAUSTED:
            self._retry = self._loop.call_later(_PAUSE_SECONDS, self._go_on)
            self._watch()

    def _go_on(self) -> None:
        self._retry = None
        self._watch()


async def open_tcp(address: TcpAddress) -> tuple[TcpAddress, list[socket.socket]]:
    """Listen on all addresses that the host has; also gives the port if it was 0.

    Raises :class:`QapiError` if the host is not known or the system refuses.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(**lookup(address))
    except (OSError, UnicodeError) as error:
        raise refused(address, error) from error
    return open_found(address, found)


def peer_of(connected: socket.socket, address: Address) -> str:
    """Who connected, for logs: a host and its port, or the number of a process."""
    try:
        if connected.family == socket.AF_UNIX and hasattr(socket, "SO_PEERCRED"):
            credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return f"{address}, process {int.from_bytes(credentials[:4], sys.byteorder)}"
        if connected.family != socket.AF_UNIX:
            host, port = connected.getpeername()[:2]
            return f"{address} from {host} port {port}"
    except OSError:
        pass  # gone again
    return str(address)
