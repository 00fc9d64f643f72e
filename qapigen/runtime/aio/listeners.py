"""Sockets that wait for clients.

In: addresses.  Out: listening sockets, and a :class:`Listener` that hands on each connection.
Must not know: QMP, TLS, what becomes of a connection.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..addresses import Address, TcpAddress, UnixAddress
from ..errors import QapiError

__all__ = ["Listener", "open_tcp", "open_unix", "peer_of"]

# So many may come at once; over TCP, one too many may never hear that it has to come again.
_BACKLOG: Final = 1024
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
        self._file = _identity(address)
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
        if sockets and self._file is not None and _identity(self.address) == self._file:
            assert isinstance(self.address, UnixAddress)
            os.unlink(self.address.path)

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


def open_unix(address: UnixAddress, *, mode: int) -> list[socket.socket]:
    """Listen on a Unix socket whose file has the permissions ``mode`` from the first moment.

    A file that a dead server left behind is replaced; raises :class:`QapiError` if a server
    listens there, if something else is there, or if the system refuses.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if not address.abstract:
            _remove_stale(address)
        listening.bind(address.sockaddr)
        if not address.abstract:
            os.chmod(address.path, mode)  # before anybody can connect
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _refused(address, error) from error
    except QapiError:
        listening.close()
        raise
    return [listening]


async def open_tcp(address: TcpAddress) -> tuple[TcpAddress, list[socket.socket]]:
    """Listen on all addresses that the host has; also gives the port if it was 0.

    Raises :class:`QapiError` if the host is not known or the system refuses.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(
            address.host or None,
            address.port,
            family=address.socket_family,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except OSError as error:
        raise _refused(address, error) from error
    sockets: list[socket.socket] = []
    port = address.port
    try:
        for family, _, _, _, where in dict.fromkeys(found):
            sockets += _open_one(family, (where[0], port, *where[2:]))
            port = sockets[0].getsockname()[1] if sockets else port
        if not sockets:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError as error:
        for each in sockets:
            each.close()
        raise _refused(address, error) from error
    return replace(address, port=port), sockets


def _open_one(family: int, where: tuple[object, ...]) -> list[socket.socket]:
    """One listening socket, none if this machine lacks the address family."""
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return []
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv4 has a socket of its own.
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(where)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET6:
            return []  # IPv6 is known and switched off
        raise
    return [listening]


def _remove_stale(address: UnixAddress) -> None:
    before = _identity(address)
    if before is None:
        if os.path.lexists(address.path):
            raise QapiError(f"{address}: something else than a socket is there")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        status = probe.connect_ex(address.sockaddr)
    if status != errno.ECONNREFUSED:
        raise QapiError(f"{address}: a server listens there already")
    if _identity(address) == before:
        os.unlink(address.path)


def _identity(address: Address) -> tuple[int, int] | None:
    """What tells the file of a Unix socket from all others; None if there is no such file."""
    if not isinstance(address, UnixAddress) or address.abstract:
        return None
    try:
        status = os.lstat(address.path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISSOCK(status.st_mode) else None


def _refused(address: Address, error: OSError) -> QapiError:
    return QapiError(f"{address}: cannot listen: {error.strerror or error}")


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
