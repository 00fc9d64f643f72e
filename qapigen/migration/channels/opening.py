"""From a uri to a channel.

In: a uri, TLS where it is wanted.  Out: a connector or an acceptor, and from those a channel.
Must not know: how a channel moves bytes, who decides on TLS.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from qapigen.runtime.errors import QapiError

from .channel import Channel, ChannelError, IncomingChannel, OutgoingChannel
from .descriptors import DescriptorListener, DescriptorOpener
from .interrupt import Interrupt
from .pipes import CommandListener, CommandOpener
from .sockets import TcpListener, TcpOpener, UnixListener, UnixOpener
from .uri import Defer, ExecUri, FdUri, OutgoingUri, TcpUri, UnixUri, parse_incoming, parse_outgoing

if TYPE_CHECKING:
    from .tls import TlsClient, TlsServer

__all__ = ["Acceptor", "Connector", "incoming", "outgoing"]

#: How long a client may take for the TLS handshake while others could connect.
HANDSHAKE_SECONDS = 30.0

_LOG = logging.getLogger(__name__)


class _Opener(Protocol):
    """Makes the one channel of an outgoing migration."""

    def open(self, interrupt: Interrupt) -> Channel: ...

    def drop(self) -> None: ...


class _Listener(Protocol):
    """Makes channels of an incoming migration: one, or one after another if ``lasting``."""

    @property
    def lasting(self) -> bool: ...

    @property
    def address(self) -> str: ...

    @property
    def port(self) -> int | None: ...

    def accept(self, interrupt: Interrupt) -> Channel: ...

    def close(self) -> None: ...


class _Attempt:
    """What goes on until there is a channel, and the wish to end it.

    ``begin`` lets it happen once; ``hold`` tells which channel is at stake.
    """

    def __init__(self) -> None:
        self.interrupt = Interrupt()
        self.cancelled = False
        self._lock = threading.Lock()
        self._begun = False
        self._channel: Channel | None = None

    def begin(self) -> None:
        with self._lock:
            if self._begun:
                raise ChannelError("cancelled" if self.cancelled else "there is a channel already")
            self._begun = True

    def hold(self, channel: Channel) -> Channel:
        with self._lock:
            self._channel = channel
            if self.cancelled:
                channel.shutdown()
        return channel

    def cancel(self) -> bool:
        """Wish for the end; True if there was no attempt yet, and there will be none."""
        with self._lock:
            first, self._begun, self.cancelled = not self._begun, True, True
            self.interrupt.fire()
            if self._channel is not None:
                self._channel.shutdown()
        return first


class Connector:
    """The attempt to reach a destination.

    :meth:`connect` or :meth:`cancel` has to be called, or what a uri stands for (a command, a
    descriptor) stays open.  ``hostname`` is what the server has to prove if TLS has no name.
    """

    def __init__(
        self,
        opener: _Opener,
        tls: Callable[[], TlsClient | None] = lambda: None,
        *,
        hostname: str = "",
    ) -> None:
        self._opener = opener
        self._tls = tls
        self._hostname = hostname
        self._attempt = _Attempt()

    def connect(self) -> OutgoingChannel:
        """Reach it, with the TLS handshake if there is one; waits as long as that takes.

        For the engine's thread, once.  Raises :class:`ChannelError`.
        """
        self._attempt.begin()
        try:
            return self._connected()
        except QapiError as error:
            told = "connecting was cancelled" if self._attempt.cancelled else error.desc
            raise ChannelError(told) from error
        finally:
            self._attempt.interrupt.close()

    def _connected(self) -> OutgoingChannel:
        channel = self._attempt.hold(self._opener.open(self._attempt.interrupt))
        try:
            channel = self._attempt.hold(self._secured(channel))
            if self._attempt.cancelled:
                raise ChannelError("cancelled")
        except BaseException:
            channel.close()
            raise
        return channel

    def _secured(self, channel: Channel) -> Channel:
        tls = self._tls()
        if tls is None:
            return channel
        return replace(tls, hostname=tls.hostname or self._hostname).secure(channel)

    def cancel(self) -> None:
        """End :meth:`connect` at once, by any thread; if it has ended, break its channel."""
        if self._attempt.cancel():
            self._attempt.interrupt.close()
            self._opener.drop()


class Acceptor:
    """A place where a source can connect, open from the beginning.

    To be ended with :meth:`accept` or :meth:`cancel`.
    """

    def __init__(
        self,
        listener: _Listener,
        tls: Callable[[], TlsServer | None] = lambda: None,
        *,
        handshake_seconds: float = HANDSHAKE_SECONDS,
    ) -> None:
        self._listener = listener
        self._tls = tls
        self._handshake_seconds = handshake_seconds
        self._attempt = _Attempt()

    @property
    def address(self) -> str:
        """The uri to connect to, with the port that was found."""
        return self._listener.address

    @property
    def port(self) -> int | None:
        """The TCP port; None where there is none."""
        return self._listener.port

    def accept(self) -> IncomingChannel:
        """Wait for a source, with the TLS handshake if there is one; then stop listening.

        A source that fails in the handshake is logged, and the next one may come.  For the
        loader's thread, once.  Raises :class:`ChannelError`.
        """
        self._attempt.begin()
        try:
            return self._accepted()
        except ChannelError as error:
            if self._attempt.cancelled:
                raise ChannelError("listening was cancelled") from error
            raise
        finally:
            self._listener.close()
            self._attempt.interrupt.close()

    def _accepted(self) -> IncomingChannel:
        while True:
            channel = self._attempt.hold(self._listener.accept(self._attempt.interrupt))
            try:
                channel = self._attempt.hold(self._secured(channel))
                if self._attempt.cancelled:
                    raise ChannelError("cancelled")
            except QapiError as error:
                channel.close()
                if self._attempt.cancelled or not self._listener.lasting:
                    raise ChannelError(error.desc) from error
                _LOG.warning("%s: a connection was refused: %s", self.address, error)
            except BaseException:
                channel.close()
                raise
            else:
                return channel

    def _secured(self, channel: Channel) -> Channel:
        tls = self._tls()
        if tls is None:
            return channel
        # Somebody who connects and says nothing must not keep others away.
        timer = threading.Timer(self._handshake_seconds, channel.shutdown)
        timer.daemon = True
        if self._listener.lasting:
            timer.start()
        try:
            return tls.secure(channel)
        finally:
            timer.cancel()

    def cancel(self) -> None:
        """End :meth:`accept` at once, by any thread; if it has ended, break its channel."""
        if self._attempt.cancel():
            self._listener.close()
            self._attempt.interrupt.close()


def outgoing(
    uri: str,
    *,
    getfd: Callable[[str], int],
    tls: Callable[[], TlsClient | None] = lambda: None,
) -> Connector:
    """Get ready to reach a destination.

    ``getfd`` gives a descriptor that was stored under a name, for good; it raises
    :class:`QapiError` if there is none.  ``tls`` is asked when the connection is there, in the
    thread that connects; without a host name it takes that of the uri.  Raises
    :class:`ChannelError` for a uri that is wrong or of no use; what takes time, and may fail
    later, is left to the connector.
    """
    where = parse_outgoing(uri)
    host = (where.host or "localhost") if isinstance(where, TcpUri) else ""
    return Connector(_opener(where, getfd), tls, hostname=host)


def _opener(where: OutgoingUri, getfd: Callable[[str], int]) -> _Opener:
    if isinstance(where, TcpUri):
        return TcpOpener(where)
    if isinstance(where, UnixUri):
        return UnixOpener(where)
    if isinstance(where, ExecUri):
        return CommandOpener(where)
    return DescriptorOpener(_named(where, getfd))


def incoming(
    uri: str,
    *,
    tls: Callable[[], TlsServer | None] = lambda: None,
    getfd: Callable[[str], int] | None = None,
    inherited: Container[int] | None = None,
) -> Acceptor:
    """Listen for a source.

    ``tls`` is asked when a connection is there.  ``getfd`` is for ``fd:`` with a name; with a
    number it has to be one of ``inherited``, if that is given: others may be anything of this
    process.  Raises :class:`ChannelError` for a uri that is wrong, of no use, or ``defer``.
    """
    where = parse_incoming(uri)
    number = where.number if isinstance(where, FdUri) else None
    if number is not None and inherited is not None and number not in inherited:
        raise ChannelError(f"uri '{where}': this process was not started with that descriptor")
    return Acceptor(_listener(where, getfd), tls)


def _listener(where: OutgoingUri | Defer, getfd: Callable[[str], int] | None) -> _Listener:
    if isinstance(where, TcpUri):
        return TcpListener(where)
    if isinstance(where, UnixUri):
        return UnixListener(where)
    if isinstance(where, ExecUri):
        return CommandListener(where)
    if isinstance(where, Defer):
        raise ChannelError("uri 'defer': tells nothing to listen at")
    number = where.number
    if number is not None:
        return DescriptorListener(number, str(where))
    if getfd is None:
        raise ChannelError(f"uri '{where}': expected the number of a descriptor")
    return DescriptorListener(_named(where, getfd), str(where), owned=True)


def _named(where: FdUri, getfd: Callable[[str], int]) -> int:
    try:
        return getfd(where.name)
    except KeyError:
        raise ChannelError(f"uri '{where}': no descriptor has this name") from None
    except QapiError as error:
        raise ChannelError(error.desc) from error
