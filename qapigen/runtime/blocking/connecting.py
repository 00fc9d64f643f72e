"""From an address to a stream.

In: an address, how long it may take.  Out: a connected stream.
Must not know: QMP.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..addresses import Address, FdAddress, TcpAddress, UnixAddress, parse_address
from ..errors import ConnectionLost, QapiError
from .stream import Stream

if TYPE_CHECKING:
    import ssl

__all__ = ["Deadline", "accept_stream", "attach", "open_stream"]

# How often a listener is asked that has as many clients waiting as it can have.
_CROWDED_SECONDS = 0.02


class Deadline:
    """When something has to be done: so many seconds from now, or never."""

    def __init__(self, timeout: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.timeout = timeout
        self._clock = clock
        self._at = None if timeout is None else clock() + timeout

    def remaining(self) -> float | None:
        """Seconds that are left, at least 0; None: for ever."""
        return None if self._at is None else max(0.0, self._at - self._clock())

    @property
    def passed(self) -> bool:
        """Is it too late?"""
        return self._at is not None and self._clock() >= self._at


def open_stream(
    address: str | Address,
    deadline: Deadline,
    *,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
) -> Stream:
    """Connect to whoever listens at an address.

    Raises :class:`ConnectionLost` where that fails, :class:`QapiError` for an address that
    nobody can connect to, TimeoutError.
    """
    where = parse_address(address) if isinstance(address, str) else address
    try:
        if isinstance(where, TcpAddress):
            connection = _connected_tcp(where, deadline)
            tls_hostname = tls_hostname or where.host
        elif isinstance(where, UnixAddress):
            connection = _connected_unix(where, deadline)
        elif isinstance(where, FdAddress):
            connection = socket.socket(fileno=where.fd)
        else:
            raise QapiError(f"{where}: a client cannot connect to that")
        return attach(connection, deadline, tls=tls, tls_hostname=tls_hostname)
    # Errors of TLS, of certificates and of names of hosts are among them; names that cannot
    # be looked up at all are not.
    except (OSError, UnicodeError) as error:
        raise _failure(where, error) from error


def accept_stream(address: str | Address, deadline: Deadline) -> Stream:
    """Listen at an address until somebody connects; raises as :func:`open_stream` does."""
    where = parse_address(address) if isinstance(address, str) else address
    try:
        with _listener(where) as listener:
            try:
                listener.settimeout(_positive(deadline.remaining()))
                connection, _ = listener.accept()
            finally:
                if isinstance(where, UnixAddress) and not where.abstract:
                    os.unlink(where.path)
        return attach(connection, deadline)
    except OSError as error:
        raise _failure(where, error) from error


def attach(
    connection: socket.socket,
    deadline: Deadline,
    *,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
) -> Stream:
    """Go on over a connected socket, which is closed if that fails; raises OSError."""
    try:
        if tls is None:
            return Stream(connection)
        from .tls_stream import TlsStream  # slow to import, and most connections have no need

        connection.settimeout(_positive(deadline.remaining()))
        return TlsStream(tls.wrap_socket(connection, server_hostname=tls_hostname or "localhost"))
    except BaseException:
        connection.close()
        raise


def _connected_unix(where: UnixAddress, deadline: Deadline) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        while True:
            try:
                connection.connect(where.sockaddr)
            except BlockingIOError:
                # Too many wait for the listener; nothing tells when there are fewer.
                if deadline.passed:
                    raise TimeoutError from None
                time.sleep(_CROWDED_SECONDS)
            else:
                return connection
    except BaseException:
        connection.close()
        raise


def _connected_tcp(where: TcpAddress, deadline: Deadline) -> socket.socket:
    family = socket.AddressFamily(where.socket_family)
    found = socket.getaddrinfo(where.host or "localhost", where.port, family, socket.SOCK_STREAM)
    failure = OSError(f"{where.host} has no address")
    for kind, _, _, _, target in found:
        connection = socket.socket(kind, socket.SOCK_STREAM)
        try:
            connection.settimeout(_positive(deadline.remaining()))
            connection.connect(target)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


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


def _positive(seconds: float | None) -> float | None:
    """A timeout for a socket, to which 0 would mean not to wait, and to fail differently."""
    return None if seconds is None else max(seconds, 0.001)


def _failure(where: Address, error: Exception) -> Exception:
    if isinstance(error, TimeoutError) and error.errno is None:
        return TimeoutError(f"{where}: no connection in time")
    reason = getattr(error, "strerror", None) or error
    return ConnectionLost(f"no connection to {where}: {reason}")
