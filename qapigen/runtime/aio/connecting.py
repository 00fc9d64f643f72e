"""From an address to a connection.

In: an address, a session that has not begun.  Out: the link over which it goes on.
Must not know: commands, events.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any

from ..addresses import Address, FdAddress, TcpAddress, UnixAddress, parse_address
from ..errors import ConnectionLost, QapiError
from ..session.client import ClientSession
from .link import Link

if TYPE_CHECKING:
    import ssl

__all__ = ["accept", "attach", "open_connection"]

# How often a listener is asked that has as many clients waiting as it can have.
_CROWDED_SECONDS = 0.02

# How long a server may take to say goodbye, when TLS is ended.
_TLS_SHUTDOWN_SECONDS = 1.0


async def open_connection(
    session: ClientSession,
    address: str | Address,
    *,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
) -> Link:
    """Connect to whoever listens at an address.

    Raises :class:`ConnectionLost` where that fails, :class:`QapiError` for an address that
    nobody can connect to.
    """
    where = parse_address(address) if isinstance(address, str) else address
    try:
        if isinstance(where, TcpAddress):
            return await _open_tcp(session, where, tls, tls_hostname)
        if isinstance(where, UnixAddress):
            connection = await _connected(where)
        elif isinstance(where, FdAddress):
            connection = socket.socket(fileno=where.fd)
        else:
            raise QapiError(f"{where}: a client cannot connect to that")
        return await attach(session, connection, tls=tls, tls_hostname=tls_hostname)
    # Errors of TLS, of certificates and of names of hosts are among them; names that cannot
    # be looked up at all are not.
    except (OSError, UnicodeError) as error:
        raise _not_connected(where, error) from error


async def attach(
    session: ClientSession,
    connection: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
) -> Link:
    """Go on over a connected socket, which is closed if that fails."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    link = Link(session, loop)
    options = _tls_options(tls, tls_hostname or "localhost")
    try:
        if connection.family == socket.AF_UNIX:
            link.socket = connection if tls is None else None
            await loop.create_unix_connection(lambda: link, sock=connection, **options)
        else:
            await loop.create_connection(lambda: link, sock=connection, **options)
    except BaseException:
        connection.close()
        raise
    return link


async def accept(session: ClientSession, address: str | Address) -> Link:
    """Listen at an address until one server has connected.

    Raises as :func:`open_connection` does.
    """
    where = parse_address(address) if isinstance(address, str) else address
    loop = asyncio.get_running_loop()
    try:
        with _listener(where) as listener:
            listener.setblocking(False)
            try:
                connection, _ = await loop.sock_accept(listener)
            finally:
                if isinstance(where, UnixAddress) and not where.abstract:
                    os.unlink(where.path)
        return await attach(session, connection)
    except OSError as error:
        raise _not_connected(where, error) from error


async def _open_tcp(
    session: ClientSession, where: TcpAddress, tls: ssl.SSLContext | None, hostname: str | None
) -> Link:
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(
        lambda: Link(session, loop),
        where.host or "localhost",
        where.port,
        family=where.socket_family,
        **_tls_options(tls, hostname or where.host),
    )
    return link


async def _connected(where: UnixAddress) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        while True:
            try:
                connection.connect(where.sockaddr)
            except BlockingIOError:
                # Too many wait for the listener; nothing tells when there are fewer, and the
                # event loop would take the socket for connected.
                await asyncio.sleep(_CROWDED_SECONDS)
            else:
                return connection
    except BaseException:
        connection.close()
        raise


def _listener(where: Address) -> socket.socket:
    if isinstance(where, UnixAddress):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(where.sockaddr)
            listener.listen(1)
        except OSError:
            listener.close()
            raise
        return listener
    if isinstance(where, TcpAddress):
        family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        return socket.create_server((where.host, where.port), family=family, backlog=1)
    raise QapiError(f"{where}: a client cannot listen there")


def _tls_options(tls: ssl.SSLContext | None, hostname: str) -> dict[str, Any]:
    if tls is None:
        return {}
    options: dict[str, Any] = {"ssl": tls, "server_hostname": hostname}
    return {**options, "ssl_shutdown_timeout": _TLS_SHUTDOWN_SECONDS}


def _not_connected(where: Address, error: Exception) -> ConnectionLost:
    reason = getattr(error, "strerror", None) or error
    return ConnectionLost(f"no connection to {where}: {reason}")
