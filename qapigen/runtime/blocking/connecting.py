"""From an address to a stream.

In: an address, how long it may take.  Out: a connected stream.
Must not know: QMP.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING

from ..addresses import Address, FdAddress, TcpAddress, UnixAddress, parse_address
from ..errors import ConnectionLost, QapiError
from ..listening import (
    OWNER_ONLY,
    file_of,
    known_before,
    lookup,
    open_found,
    open_unix,
    refused,
    remove_file,
)
from ..session.attempts import Attempts
from .stream import MOST_SECONDS, Stream, milliseconds

if TYPE_CHECKING:
    import ssl

__all__ = ["Deadline", "accept_stream", "attach", "open_stream"]

# How often a listener is asked that has as many clients waiting as it can have.
_CROWDED_SECONDS = 0.02


class Deadline:
    """When something has to be done: so many seconds from now, or never.

    What is more than the system can wait for is never.
    """

    def __init__(self, timeout: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.timeout = timeout
        self._clock = clock
        self._at: float | None = None
        if timeout is not None and timeout <= TIMEOUT_MAX:
            self._at = clock() + timeout

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
    attempts: Attempts | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Stream:
    """Connect to whoever listens at an address, with one attempt by default.

    Raises :class:`ConnectionLost` where that fails, :class:`QapiError` for an address that
    nobody can connect to, TimeoutError.
    """
    where = parse_address(address) if isinstance(address, str) else address
    attempts = attempts or Attempts(None)
    try:
        connection = _connected(where, deadline, attempts, sleep)
        if isinstance(where, TcpAddress):
            tls_hostname = tls_hostname or where.host
        return attach(connection, deadline, tls=tls, tls_hostname=tls_hostname)
    # Errors of TLS, of certificates and of names of hosts are among them; names that cannot
    # be looked up at all are not.
    except (OSError, UnicodeError) as error:
        raise _failure(where, error, attempts.words(error)) from error


def _connected(
    where: Address, deadline: Deadline, attempts: Attempts, sleep: Callable[[float], object]
) -> socket.socket:
    while True:
        try:
            if isinstance(where, TcpAddress):
                return _connected_tcp(where, deadline)
            if isinstance(where, UnixAddress):
                return _connected_unix(where, deadline)
            if isinstance(where, FdAddress):
                return socket.socket(fileno=where.fd)
            raise QapiError(f"{where}: a client cannot connect to that")
        except OSError as error:
            seconds = attempts.pause(error)
            if seconds is None:
                raise
        sleep(seconds)


def accept_stream(address: str | Address, deadline: Deadline) -> Stream:
    """Listen at an address until somebody connects.

    Raises :class:`QapiError` where nobody can listen, else as :func:`open_stream` does.
    """
    where = known_before(parse_address(address) if isinstance(address, str) else address)
    sockets = _listening(where)
    file = file_of(where)
    try:
        return attach(_first_of(sockets, deadline), deadline)
    except OSError as error:
        raise _failure(where, error) from error
    finally:
        for each in sockets:
            each.close()
        remove_file(where, file)


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


def _listening(where: UnixAddress | TcpAddress) -> list[socket.socket]:
    if isinstance(where, UnixAddress):
        return open_unix(where, mode=OWNER_ONLY)
    try:
        found = socket.getaddrinfo(**lookup(where))
    except (OSError, UnicodeError) as error:
        raise refused(where, error) from error
    _, sockets = open_found(where, found)
    return sockets


def _first_of(sockets: list[socket.socket], deadline: Deadline) -> socket.socket:
    """The first connection that comes to one of the listening sockets."""
    watched = select.poll()
    listening = {each.fileno(): each for each in sockets}
    for each in sockets:
        each.setblocking(False)
        watched.register(each, select.POLLIN)
    while True:
        for fd, _ in watched.poll(milliseconds(deadline.remaining())):
            # Who knocked may have gone again.
            with suppress(BlockingIOError, ConnectionAbortedError):
                return listening[fd].accept()[0]
        if deadline.passed:
            raise TimeoutError


def _positive(seconds: float | None) -> float | None:
    """A timeout for a socket, to which 0 would mean not to wait, and to fail differently."""
    return None if seconds is None else min(max(seconds, 0.001), MOST_SECONDS)


def _failure(where: Address, error: Exception, tried: str = "") -> Exception:
    if isinstance(error, TimeoutError) and error.errno is None:
        return TimeoutError(f"{where}: no connection in time")
    reason = getattr(error, "strerror", None) or error
    return ConnectionLost(f"no connection to {where}{tried}: {reason}")
