"""A connected socket whose bytes are encrypted, one step at a time.

In: bytes to send, how long to wait.  Out: the bytes that came.
Must not know: QMP, addresses, certificates.
"""

from __future__ import annotations

import ssl

from .stream import READ_BYTES, Stream

__all__ = ["TlsStream"]


class TlsStream(Stream):
    """A socket whose bytes are encrypted; file descriptors cannot be sent over it."""

    takes_fds = False

    def __init__(self, connection: ssl.SSLSocket) -> None:
        super().__init__(connection)
        connection.setblocking(False)
        self._tls = connection
        self._wants_room = False  # to go on with what TLS itself has to say

    def send(self, data: memoryview, fds: tuple[int, ...] = ()) -> int:
        """Send what there is room for; the last byte on its own.

        QEMU 7.2 leaves what it has not read yet of one record of TLS until another one comes.
        """
        assert not fds
        try:
            return self._tls.send(data[:-1] if len(data) > 1 else data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def receive(self, *, wait: bool = False) -> bytes | None:
        """What has come; never waits."""
        try:
            data = self._tls.recv(READ_BYTES)
        except ssl.SSLWantReadError:
            self._wants_room = False
            return None
        except ssl.SSLWantWriteError:
            self._wants_room = True
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, BrokenPipeError):
            # TLS also writes while it reads, and newer versions of OpenSSL tell what came of it.
            return b""
        return data

    def wait(self, *, sending: bool, timeout: float | None) -> bool:
        """Wait as a plain stream does; bytes may also have come with others before."""
        if self._tls.pending():
            return True
        return super().wait(sending=sending or self._wants_room, timeout=timeout)
