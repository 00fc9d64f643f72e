"""Sockets that listen.

In: addresses.  Out: listening sockets; the file of a Unix socket comes and goes with them.
Must not know: event loops, who connects, QMP.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeAlias

from .addresses import Address, TcpAddress, UnixAddress
from .errors import QapiError

__all__ = [
    "OWNER_ONLY",
    "Found",
    "file_of",
    "known_before",
    "lookup",
    "open_found",
    "open_unix",
    "refused",
    "remove_file",
]

#: The permissions of a Unix socket's file that nobody else may connect to.
OWNER_ONLY: Final = 0o600

# So many may come at once; over TCP, one too many may never hear that it has to come again.
_BACKLOG: Final = 1024

#: What ``getaddrinfo`` finds: family, type, protocol, canonical name, address of a socket.
Found: TypeAlias = tuple[Any, Any, int, str, tuple[Any, ...]]


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
        raise refused(address, error) from error
    except QapiError:
        listening.close()
        raise
    return [listening]


def known_before(address: Address) -> UnixAddress | TcpAddress:
    """The address, if a peer can know of it before anybody listens there; else QapiError."""
    if not isinstance(address, UnixAddress | TcpAddress):
        raise QapiError(f"{address}: a client cannot listen there")
    if isinstance(address, TcpAddress) and not address.port:
        raise QapiError(f"{address}: nobody would learn which port the system has chosen")
    return address


def lookup(address: TcpAddress) -> dict[str, Any]:
    """What to ask ``getaddrinfo`` for, to listen at an address."""
    return {
        "host": address.host or None,
        "port": address.port,
        "family": address.socket_family,
        "type": socket.SOCK_STREAM,
        "flags": socket.AI_PASSIVE,
    }


def open_found(
    address: TcpAddress, found: Iterable[Found]
) -> tuple[TcpAddress, list[socket.socket]]:
    """Listen on all addresses that were found for a host; also gives the port if it was 0.

    Raises :class:`QapiError` if the system refuses.
    """
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
        raise refused(address, error) from error
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
    before = file_of(address)
    if before is None:
        if os.path.lexists(address.path):
            raise QapiError(f"{address}: something else than a socket is there")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        status = probe.connect_ex(address.sockaddr)
    if status != errno.ECONNREFUSED:
        raise QapiError(f"{address}: a server listens there already")
    remove_file(address, before)


def file_of(address: Address) -> tuple[int, int] | None:
    """What tells the file of a Unix socket from all others; None if there is no such file."""
    if not isinstance(address, UnixAddress) or address.abstract:
        return None
    try:
        status = os.lstat(address.path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISSOCK(status.st_mode) else None


def remove_file(address: Address, file: tuple[int, int] | None) -> None:
    """Remove the file of a Unix socket, unless another one is there by now."""
    if file is not None and file_of(address) == file:
        assert isinstance(address, UnixAddress)
        os.unlink(address.path)


def refused(address: Address, error: OSError | UnicodeError) -> QapiError:
    """The error to raise where nobody can listen."""
    return QapiError(f"{address}: cannot listen: {getattr(error, 'strerror', None) or error}")
