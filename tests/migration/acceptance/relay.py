"""Stands between a source and a destination: counts what it passes on, and cuts the link.

In: where the destination listens.  Out: a uri for the source, and how many bytes went through.
Must not know: what the bytes mean, but for the mark of the end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["HOST", "Relay"]

#: Where these tests listen.  Not where everybody does: whoever tries a port that used to be
#: free would be taken for the one source that a destination serves.
HOST = "127.0.0.1"
if sys.platform == "linux":
    HOST = f"127.{64 + (os.getpid() >> 16) % 64}.{os.getpid() >> 8 & 255}.{1 + os.getpid() % 254}"

_PIECE = 256 << 10
_TAIL = 8192  # bytes that are kept of what went through
_HARD = struct.pack("ii", 1, 0)
_DESCRIPTION = b'{ "page_size"'


class Relay:
    """One connection from a source, passed on to ``target`` and back.

    ``cut`` is the number of bytes to the destination after which the link is cut: ``at_cut`` is
    called first (in the relay's thread), then both ends see a reset (``abrupt``) or an end.
    Without ``cuts`` it goes on instead.  ``marks`` are the times and counts of all pieces.
    """

    def __init__(
        self,
        target: str,
        *,
        cut: int | None = None,
        at_cut: Callable[[], None] = lambda: None,
        abrupt: bool = True,
        cuts: bool = True,
    ) -> None:
        self._target = target
        self._cut = cut
        self._at_cut = at_cut
        self._abrupt = abrupt
        self._cuts = cuts
        self._listener = socket.create_server((HOST, 0))
        self.uri = f"tcp:{HOST}:{self._listener.getsockname()[1]}"
        self.passed = 0
        self.marks: list[tuple[float, int]] = []
        self.reached = threading.Event()
        self.connected = threading.Event()
        self._tail = b""
        self._closed = False
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._begin(self._serve)

    @property
    def all_passed(self) -> bool:
        """Whether the whole stream went through, with the text behind its end."""
        tail = self._tail
        at = tail.rfind(_DESCRIPTION)
        if at < 6:
            return False
        return int.from_bytes(tail[at - 4 : at], "big") <= len(tail) - at

    def wait(self, seconds: float) -> None:
        """Wait until nothing goes through any more."""
        deadline = time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "the relay still has something to pass on"

    def close(self) -> None:
        """End everything."""
        self._closed = True
        with contextlib.suppress(OSError):  # an accept that waits
            self._listener.shutdown(socket.SHUT_RDWR)
        self._break(abrupt=True)
        self.wait(60)
        self._listener.close()
        for end in self._ends:
            end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- in its threads ---

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        try:
            source, _ = self._listener.accept()
        except OSError:
            return
        self._ends.append(source)
        destination = _connected(self._target)
        if destination is None:
            self._break(abrupt=True)
            return
        self._ends.append(destination)
        self.connected.set()
        if self._closed:
            self._break(abrupt=True)
        self._begin(self._back, destination, source)
        self._forth(source, destination)

    def _forth(self, source: socket.socket, destination: socket.socket) -> None:
        buffer = memoryview(bytearray(_PIECE))
        try:
            while True:
                most = _PIECE
                if self._cut is not None and not self.reached.is_set():
                    if self.passed == self._cut:
                        self._stop_here()
                        if self._cuts:
                            return
                        continue
                    most = min(most, self._cut - self.passed)
                count = source.recv_into(buffer[:most])
                if not count:
                    destination.shutdown(socket.SHUT_WR)
                    return
                destination.sendall(buffer[:count])
                self._tail = (self._tail + bytes(buffer[max(0, count - _TAIL) : count]))[-_TAIL:]
                self.passed += count
                self.marks.append((time.monotonic(), self.passed))
        except OSError:
            self._break(abrupt=True)

    def _stop_here(self) -> None:
        self._at_cut()
        self.reached.set()
        if self._cuts:
            self._break(abrupt=self._abrupt)

    def _back(self, destination: socket.socket, source: socket.socket) -> None:
        try:
            while data := destination.recv(4096):
                source.sendall(data)
            source.shutdown(socket.SHUT_WR)
        except OSError:
            self._break(abrupt=True)

    def _break(self, *, abrupt: bool) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                if abrupt:
                    # An end that is closed like this is reset; whoever waits is woken up first.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD)
                    _reset(end)
                else:
                    end.shutdown(socket.SHUT_RDWR)


def _reset(end: socket.socket) -> None:
    """Send a reset and wake up who waits; the descriptor stays, a thread may be using it."""
    if end.family == socket.AF_UNIX or sys.platform != "linux":
        end.shutdown(socket.SHUT_RDWR)
        return
    # Connecting to no family at all dissolves a connection.  Python has no call for it.
    nowhere = struct.pack("H14x", socket.AF_UNSPEC)
    ctypes.CDLL(None).connect(end.fileno(), nowhere, len(nowhere))


def _connected(target: str) -> socket.socket | None:
    kind, _, where = target.partition(":")
    try:
        if kind == "unix":
            end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            end.connect(where)
            return end
        host, _, port = where.rpartition(":")
        return socket.create_connection((host, int(port)))
    except OSError:
        return None
