"""Migration over TCP and Unix sockets.

In: an address, or a connected socket.  Out: channels, and listeners that make them.
Must not know: encryption, what the bytes mean.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import ceil
from typing import Any, TypeAlias

from .channel import Bytes, ChannelError, describe_failure, gathered, rest_of
from .interrupt import Interrupt, InUse
from .uri import TcpUri, UnixUri

__all__ = ["SocketChannel", "TcpListener", "TcpOpener", "UnixListener", "UnixOpener"]

_QUIET = getattr(socket, "MSG_NOSIGNAL", 0)  # an error rather than a signal
_NOW = getattr(socket, "MSG_DONTWAIT", 0)
_RESET = struct.pack("ii", 1, 0)  # closing drops what has not been sent, and says so
_DROPPED_BYTES = 64 * 1024  # read at once of what nobody wants
_CROWDED_SECONDS = 0.02  # how often a listener is asked that has as many clients as it can have
_NEAR_BYTES = 1 << 20  # that may be on their way within one host
_TRIES = 16  # for a port that is free with every address of a host

#: What ``getaddrinfo`` gives.
_Found: TypeAlias = Sequence[tuple[socket.AddressFamily, Any, int, str, Any]]


class SocketChannel:
    """A connected stream socket, which belongs to the channel from now on.

    The socket waits by itself: breaking it wakes up whoever waits, and one call moves as much
    as the system takes.
    """

    two_way = True

    def __init__(
        self, connection: socket.socket, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        connection.setblocking(True)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._clock = clock
        self._in_use = InUse()
        self._down = False
        self._position = 0

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self._position

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        """Write all of it, one piece after another."""
        with self._in_use:
            for batch in gathered(data):
                while batch:
                    self._check()
                    try:
                        sent = self._socket.sendmsg(batch, (), _QUIET)
                    except OSError as error:
                        raise self._failure("writing", error) from error
                    self._position += sent
                    batch = rest_of(batch, sent)

    def read(self, most: int) -> bytes:
        """What came, at most so many bytes; b"" at the end."""
        with self._in_use:
            self._check()
            try:
                data = self._socket.recv(most)
            except OSError as error:
                raise self._failure("reading", error) from error
            if not data:
                self._check()
            return data

    def read_into(self, view: memoryview) -> int:
        """Fill the beginning of ``view``; 0 at the end."""
        with self._in_use:
            self._check()
            try:
                count = self._socket.recv_into(view)
            except OSError as error:
                raise self._failure("reading", error) from error
            if not count:
                self._check()
            return count

    def write_now(self, data: bytes) -> None:
        """Write what there is room for."""
        with suppress(OSError, ChannelError), self._in_use:
            self._socket.send(data, _NOW | _QUIET)

    def linger(self, seconds: float) -> None:
        """Send an end, and drop what comes until the peer ends, too.

        What came and was not read would make the system break the connection at once when it
        is closed, and the peer could lose what it has not read yet.
        """
        end = self._clock() + seconds
        poll = select.poll()
        with suppress(OSError, ChannelError), self._in_use:
            self._check()
            self._socket.shutdown(socket.SHUT_WR)
            poll.register(self._socket, select.POLLIN)
            while (left := end - self._clock()) > 0 and poll.poll(ceil(left * 1000)):
                if not self._socket.recv(_DROPPED_BYTES, _NOW):
                    return

    def end_writing(self) -> None:
        """Say that nothing follows."""
        with suppress(OSError, ChannelError), self._in_use:
            self._socket.shutdown(socket.SHUT_WR)

    @property
    def deserted(self) -> bool:
        """Whether the peer has gone; one that only ended what it says still listens."""
        poll = select.poll()
        with self._in_use:
            poll.register(self._socket, 0)  # errors and hang-ups are told in any case
            return bool(poll.poll(0))

    def shutdown(self) -> None:
        """Break it; whoever waits, on both sides, notices."""
        self._down = True
        with suppress(ChannelError), self._in_use:
            self._break()

    def close(self, *, whole: bool = False) -> None:
        """Give the socket back; what was written arrives unless it was shut down before."""
        if self._in_use.leave(self._break):
            if self._down and not whole:
                # A peer that reads learns that nobody waits for its answer, whatever lies before
                # the end.  One that writes is not told of room in a buffer that nobody reads any
                # more, and would wait for it for minutes.
                with suppress(OSError):
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._socket.close()

    def _break(self) -> None:
        self._down = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _check(self) -> None:
        if self._down:
            raise ChannelError("the channel was shut down")

    def _failure(self, doing: str, error: OSError) -> ChannelError:
        self._check()
        return ChannelError(f"{doing} failed: {describe_failure(error)}")


# --- the source ---


class TcpOpener:
    """Connects to a TCP port."""

    def __init__(self, uri: TcpUri) -> None:
        self._uri = uri

    def open(self, interrupt: Interrupt) -> SocketChannel:
        """Look the host up and connect to the first of its addresses that answers."""
        failure: Exception = OSError("the host has no address")
        for family, _, _, _, target in _looked_up(self._uri, interrupt):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                _connect(connection, target, interrupt)
                _keep_near(connection)
                return SocketChannel(connection)
            except OSError as error:
                connection.close()
                failure = error
            except BaseException:
                connection.close()
                raise
        raise _no_connection(self._uri, failure) from failure

    def drop(self) -> None:
        """There is nothing to give back."""


class UnixOpener:
    """Connects to a Unix socket."""

    def __init__(self, uri: UnixUri) -> None:
        self._uri = uri

    def open(self, interrupt: Interrupt) -> SocketChannel:
        """Connect; waits while as many as there can be wait for the listener."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            while True:
                try:
                    connection.connect(self._uri.path)
                    return SocketChannel(connection)
                except BlockingIOError:
                    # Nothing tells when there are fewer.
                    interrupt.wait({}, _CROWDED_SECONDS)
        except OSError as error:
            connection.close()
            raise _no_connection(self._uri, error) from error
        except BaseException:
            connection.close()
            raise

    def drop(self) -> None:
        """There is nothing to give back."""


def _connect(connection: socket.socket, target: Any, interrupt: Interrupt) -> None:
    """Connect without getting stuck in it; raises OSError."""
    connection.setblocking(False)
    number = connection.connect_ex(target)
    if number in (errno.EINPROGRESS, errno.EINTR):
        interrupt.wait({connection.fileno(): select.POLLOUT})
        number = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))


def _keep_near(connection: socket.socket) -> None:
    """Have few bytes on their way to a peer on this host: they stay in the processor's cache."""
    if connection.getsockname()[0] == connection.getpeername()[0]:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _NEAR_BYTES)


def _looked_up(uri: TcpUri, interrupt: Interrupt) -> _Found:
    """The addresses to try.  A slow look-up cannot be ended, so it is left to a thread."""
    host = uri.host or "localhost"
    with suppress(OSError, UnicodeError):
        return socket.getaddrinfo(
            host, uri.port, uri.family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST
        )
    found: list[_Found] = []
    failures: list[Exception] = []
    ready = Interrupt()

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, uri.port, uri.family, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failures.append(error)
        ready.fire()

    try:
        threading.Thread(target=look_up, name="migration-lookup", daemon=True).start()
        interrupt.wait({ready.fileno(): select.POLLIN})
    finally:
        ready.close()
    if failures:
        raise _no_connection(uri, failures[0]) from failures[0]
    return found[0]


def _no_connection(uri: TcpUri | UnixUri, error: Exception) -> ChannelError:
    return ChannelError(f"no connection to {uri}: {describe_failure(error)}")


# --- the destination ---


class TcpListener:
    """Listens at a TCP port, with every address that the host has."""

    lasting = True

    def __init__(self, uri: TcpUri) -> None:
        self._listeners = _listen(uri)
        self.port: int | None = self._listeners[0].getsockname()[1]
        self.address = str(replace(uri, port=self.port, to=None))

    def accept(self, interrupt: Interrupt) -> SocketChannel:
        """Wait for a connection."""
        return _accept(self._listeners, interrupt)

    def close(self) -> None:
        """Stop listening; may be called again."""
        for listener in self._listeners:
            listener.close()


class UnixListener:
    """Listens at a Unix socket, in the place of a socket that is there already."""

    lasting = True
    port: int | None = None

    def __init__(self, uri: UnixUri) -> None:
        self.address = str(uri)
        self._path = uri.path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._remove(lambda found: stat.S_ISSOCK(found.st_mode))
            self._listener.bind(uri.path)
            self._file = os.stat(uri.path)
            _start(self._listener)
        except OSError as error:
            self._listener.close()
            raise ChannelError(f"cannot listen at {uri}: {describe_failure(error)}") from error

    def accept(self, interrupt: Interrupt) -> SocketChannel:
        """Wait for a connection."""
        return _accept([self._listener], interrupt)

    def close(self) -> None:
        """Stop listening and remove the socket's file; may be called again."""
        self._listener.close()
        with suppress(OSError):
            self._remove(lambda found: os.path.samestat(found, self._file))

    def _remove(self, is_ours: Callable[[os.stat_result], bool]) -> None:
        with suppress(FileNotFoundError):
            if is_ours(os.lstat(self._path)):
                os.unlink(self._path)


def _listen(uri: TcpUri) -> list[socket.socket]:
    try:
        found: _Found = socket.getaddrinfo(
            uri.host or None, uri.port, uri.family, socket.SOCK_STREAM, 0, socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise ChannelError(f"cannot listen at {uri}: {describe_failure(error)}") from error
    for port in uri.ports if uri.port else [0] * _TRIES:
        try:
            return _listen_at(found, port)
        except OSError as error:
            failure = error
            if error.errno != errno.EADDRINUSE:
                break
    raise ChannelError(f"cannot listen at {uri}: {describe_failure(failure)}") from failure


def _listen_at(found: _Found, port: int) -> list[socket.socket]:
    """One port with all addresses that this machine has; OSError if it is taken with one."""
    listeners: list[socket.socket] = []
    failure = OSError("the host has no address")
    for family, _, _, _, target in found:
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            failure = error  # a family that the system lacks
            continue
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((target[0], port, *target[2:]))
            _start(listener)
        except OSError as error:
            listener.close()
            failure = error
            if error.errno == errno.EADDRINUSE:
                break
        else:
            port = listener.getsockname()[1]
            listeners.append(listener)
    if listeners and failure.errno != errno.EADDRINUSE:
        return listeners
    for listener in listeners:
        listener.close()
    raise failure


def _start(listener: socket.socket) -> None:
    listener.setblocking(False)  # a client may be gone again when it is to be accepted
    listener.listen(1)


def _accept(listeners: list[socket.socket], interrupt: Interrupt) -> SocketChannel:
    while True:
        interrupt.wait({listener.fileno(): select.POLLIN for listener in listeners})
        for listener in listeners:
            try:
                connection, _ = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue
            except OSError as error:
                raise ChannelError(f"cannot accept: {describe_failure(error)}") from error
            return SocketChannel(connection)
