"""From an address to a connection.

In: an address, a session that has not begun.  Out: the link over which it goes on.
Must not know: commands, events.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..addresses import Address, FdAddress, TcpAddress, UnixAddress, parse_address
from ..errors import ConnectionLost, QapiError
from ..listening import OWNER_ONLY, known_before
from ..session.attempts import Attempts
from ..session.client import ClientSession
from .channels import SocketChannel
from .link import Link
from .listeners import Listener, open_tcp, open_unix
from .tls_alerts import last_words
from .transport import ChannelTransport

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
    attempts: Attempts | None = None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Link:
    """Connect to whoever listens at an address, with one attempt by default.

    Raises :class:`ConnectionLost` where that fails, :class:`QapiError` for an address that
    nobody can connect to.
    """
    where = parse_address(address) if isinstance(address, str) else address
    attempts = attempts or Attempts(None)
    try:
        connection = await _connected(where, attempts, sleep)
        if isinstance(where, TcpAddress):
            tls_hostname = tls_hostname or where.host
        return await attach(session, connection, tls=tls, tls_hostname=tls_hostname)
    # Errors of TLS, of certificates and of names of hosts are among them; names that cannot
    # be looked up at all are not.
    except (OSError, UnicodeError) as error:
        raise _not_connected(where, error, attempts.words(error)) from error


async def _connected(
    where: Address, attempts: Attempts, sleep: Callable[[float], Awaitable[object]]
) -> socket.socket:
    while True:
        try:
            if isinstance(where, TcpAddress):
                return await _connected_tcp(where)
            if isinstance(where, UnixAddress):
                return await _connected_unix(where)
            if isinstance(where, FdAddress):
                return socket.socket(fileno=where.fd)
            raise QapiError(f"{where}: a client cannot connect to that")
        except OSError as error:
            seconds = attempts.pause(error)
            if seconds is None:
                raise
        await sleep(seconds)


async def attach(
    session: ClientSession,
    connection: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
) -> Link:
    """Go on over a connected socket, which is closed if that fails."""
    loop = asyncio.get_running_loop()
    link = Link(session, loop)
    try:
        if tls is None:
            link.takes_fds = connection.family == socket.AF_UNIX
            channel = SocketChannel(connection, takes_descriptors=False)
            ChannelTransport(loop, channel, link, extra={"socket": connection})
        else:
            import ssl  # slow, and most connections have no need

            connection.setblocking(False)
            with connection.dup() as spare:
                try:
                    await loop.create_connection(
                        lambda: link,
                        sock=connection,
                        ssl=tls,
                        server_hostname=tls_hostname or "localhost",
                        ssl_shutdown_timeout=_TLS_SHUTDOWN_SECONDS,
                    )
                except OSError as error:
                    # The event loop does not read what a server said before it went.
                    if not isinstance(error, ssl.SSLError) and (reason := last_words(spare)):
                        raise OSError(f"TLS: {reason}") from error
                    raise
    except BaseException:
        connection.close()
        raise
    return link


async def accept(session: ClientSession, address: str | Address) -> Link:
    """Listen at an address until one server has connected.

    Raises :class:`QapiError` where nobody can listen, else as :func:`open_connection` does.
    """
    where = known_before(parse_address(address) if isinstance(address, str) else address)
    connected: list[socket.socket] = []
    somebody = asyncio.Event()

    def accepted(connection: socket.socket, _: Listener) -> None:
        connected.append(connection)
        somebody.set()

    listener = Listener(where, await _listening(where), accepted=accepted, most_clients=1)
    try:
        await somebody.wait()
        return await attach(session, connected.pop())
    except OSError as error:
        raise _not_connected(where, error) from error
    finally:
        listener.close()
        for each in connected:  # came when nobody waited any more
            each.close()


async def _connected_tcp(where: TcpAddress) -> socket.socket:
    """A connection to the first address of the host that takes one."""
    loop = asyncio.get_running_loop()
    host = where.host or "localhost"
    found = await loop.getaddrinfo(
        host, where.port, family=where.socket_family, type=socket.SOCK_STREAM
    )
    failure = OSError(f"{host} has no address")
    for family, _, _, _, target in found:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            await loop.sock_connect(connection, target)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


async def _connected_unix(where: UnixAddress) -> socket.socket:
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


async def _listening(where: UnixAddress | TcpAddress) -> list[socket.socket]:
    if isinstance(where, UnixAddress):
        return open_unix(where, mode=OWNER_ONLY)
    _, sockets = await open_tcp(where)
    return sockets


def _not_connected(where: Address, error: Exception, tried: str = "") -> ConnectionLost:
    reason = getattr(error, "strerror", None) or error
    return ConnectionLost(f"no connection to {where}{tried}: {reason}")
