"""Encryption around a channel.

In: a channel, a TLS context.  Out: a channel over it, after the handshake.
Must not know: where credentials come from, sockets.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from .channel import Bytes, Channel, ChannelError, gathered

__all__ = ["TlsChannel", "TlsClient", "TlsServer", "describe_tls_failure"]

_READ_BYTES = 256 * 1024  # encrypted bytes that are asked for at once
_SEALED_BYTES = 256 * 1024  # bytes that are encrypted before they are sent
# What the library puts around some of its texts, and one that tells nothing to anybody.
_PLACES = re.compile(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$")
_PLAIN_WORDS = {"PEM lib": "no certificate or key in PEM format"}
_LINGER_SECONDS = 1.0  # how long a peer may take to end when we have


@dataclass(frozen=True)
class TlsClient:
    """How a source encrypts: ``hostname`` is the name that the server has to prove."""

    context: ssl.SSLContext
    hostname: str = ""

    def secure(self, channel: Channel) -> TlsChannel:
        """Shake hands; raises :class:`ChannelError`; closing the channel is the caller's affair.

        A name is needed whatever the credentials are, also by those that prove nothing.
        """
        if not self.hostname:
            raise ChannelError("TLS: no name to verify the peer by; set 'tls-hostname'")
        secured = TlsChannel(channel, self.context, hostname=self.hostname)
        secured.handshake()
        return secured


@dataclass(frozen=True)
class TlsServer:
    """How a destination encrypts."""

    context: ssl.SSLContext

    def secure(self, channel: Channel) -> TlsChannel:
        """Shake hands; raises :class:`ChannelError`; closing the channel is the caller's affair."""
        secured = TlsChannel(channel, self.context)
        secured.handshake()
        return secured


class TlsChannel:
    """A channel that encrypts; of a server if there is no ``hostname``.

    OpenSSL is never called by two threads at once, and nobody who waits for the peer keeps
    others from calling it: what is to be sent lies in memory, and is sent outside of
    ``_guard``.  A reader sends nothing, so a peer that does not read cannot stop it; what TLS
    itself has to answer goes along with the next write.
    """

    two_way = True

    def __init__(self, channel: Channel, context: ssl.SSLContext, *, hostname: str = "") -> None:
        if not channel.two_way:
            raise ChannelError("TLS needs a channel that goes both ways")
        self._channel = channel
        self._came = ssl.MemoryBIO()
        self._leaves = ssl.MemoryBIO()
        try:
            self._session = context.wrap_bio(
                self._came,
                self._leaves,
                server_side=not hostname,
                server_hostname=hostname or None,
            )
        except (ssl.SSLError, TypeError, ValueError) as error:  # a name that is none
            raise ChannelError(f"TLS: {hostname!a}: {describe_tls_failure(error)}") from error
        self._guard = threading.Lock()  # of the session and what lies before and behind it
        self._writing = threading.Lock()  # keeps the order of what is sent
        self._reading = threading.Lock()  # keeps the order of what comes
        self._scratch = memoryview(bytearray(_READ_BYTES))
        self._position = 0

    # --- handshake ---

    def handshake(self) -> None:
        """Agree with the peer, before anything else; raises :class:`ChannelError`."""
        try:
            self._shake_hands()
        except ChannelError as error:
            raise ChannelError(f"TLS handshake: {error}") from error

    def _shake_hands(self) -> None:
        while True:
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                self._send(self._leaves.read())
                if not self._receive():
                    raise ChannelError("the peer ended the connection") from None
            except ssl.SSLError as error:
                self._channel.write_now(self._leaves.read())  # tells the peer why
                raise ChannelError(describe_tls_failure(error)) from error
            else:
                self._send(self._leaves.read())
                return

    # --- writing ---

    @property
    def position(self) -> int:
        """Bytes written so far, as they were before encryption."""
        return self._position

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        """Write all of it, one piece after another."""
        with self._writing:
            for batch in gathered(data):
                # Each piece would become a record of its own.
                few = len(batch) > 1 and sum(map(len, batch)) <= _SEALED_BYTES
                for view in [memoryview(b"".join(batch))] if few else batch:
                    for start in range(0, len(view), _SEALED_BYTES):
                        piece = view[start : start + _SEALED_BYTES]
                        self._send(self._sealed(piece))
                        self._position += len(piece)

    def _sealed(self, piece: memoryview) -> bytes:
        with self._guard:
            done = 0
            try:
                while done < len(piece):  # each call makes one record
                    done += self._session.write(piece[done:])
            except ssl.SSLError as error:
                raise ChannelError(f"TLS: {describe_tls_failure(error)}") from error
            return self._leaves.read()

    def _send(self, sealed: bytes) -> None:
        if sealed:
            self._channel.write(sealed)

    # --- reading ---

    def read(self, most: int) -> bytes:
        """What came, at most so many bytes; b"" at the end."""
        data = bytearray(most)
        count = self.read_into(memoryview(data))
        return bytes(memoryview(data)[:count])

    def read_into(self, view: memoryview) -> int:
        """Fill the beginning of ``view``; 0 at the end.

        A peer that just goes is at its end, too, as it is without encryption: the stream says
        itself where it ends.
        """
        with self._reading:
            while (count := self._opened(view)) is None:
                if not self._receive():
                    return 0
            return count

    def _opened(self, view: memoryview) -> int | None:
        """Decrypt what came; None: nothing yet."""
        count = 0
        with self._guard:
            try:
                while count < len(view):  # each call opens one record
                    room = view[count:]
                    # Into a buffer it gives a number, whatever the types say.
                    opened = cast("int", self._session.read(len(room), cast("bytearray", room)))
                    if not opened:
                        return count
                    count += opened
            except ssl.SSLWantReadError:
                return count or None
            except ssl.SSLZeroReturnError:
                return count
            except ssl.SSLError as error:
                raise ChannelError(f"TLS: {describe_tls_failure(error)}") from error
        return count

    def _receive(self) -> bool:
        """Get encrypted bytes; False at their end, which OpenSSL need not know of."""
        count = self._channel.read_into(self._scratch)
        with self._guard:
            self._came.write(self._scratch[:count])
        return count > 0

    # --- ending ---

    def write_now(self, data: bytes) -> None:
        """Nothing: half a record would break all that follows."""

    def linger(self, seconds: float) -> None:
        """Say that nothing follows and drop what comes until the peer ends, too."""
        self._channel.linger(seconds)

    def end_writing(self) -> None:
        """Nothing: who says so in TLS cannot be answered."""

    @property
    def deserted(self) -> bool:
        """Whether the peer has gone."""
        return self._channel.deserted

    def shutdown(self) -> None:
        """Break it."""
        self._channel.shutdown()

    def close(self, *, whole: bool = False) -> None:
        """Say goodbye if that is possible at once, and close the channel."""
        if self._writing.acquire(blocking=False):
            try:
                self._say_goodbye()
            finally:
                self._writing.release()
        self._channel.close(whole=whole)

    def _say_goodbye(self) -> None:
        with self._guard:
            with suppress(ssl.SSLError, ValueError):
                self._session.unwrap()
            last = self._leaves.read()
        self._channel.write_now(last)
        # A server sends more than it is asked for, after the handshake: to be read by somebody.
        self._channel.linger(_LINGER_SECONDS)


def describe_tls_failure(error: Exception) -> str:
    """Why TLS failed, without the places in OpenSSL's source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return getattr(error, "verify_message", "") or "the certificate cannot be verified"
    reason = getattr(error, "reason", None)
    if isinstance(reason, str) and reason:
        return reason.lower().replace("_", " ")
    text = _PLACES.sub("", str(error))
    return _PLAIN_WORDS.get(text, text) or type(error).__name__
