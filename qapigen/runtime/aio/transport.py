"""A transport over a channel, for streams that asyncio's own transports do not serve.

Those cannot receive file descriptors, and know no pair of pipes as one stream.
In: a channel, an event loop, a protocol.  Out: the calls that asyncio promises to a protocol,
and ``descriptors_received``.
Must not know: QMP.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from .channels import Channel, close_descriptors
from .loops import tells_errors_once

__all__ = ["ChannelTransport", "DescriptorProtocol", "StreamProtocol"]

_READ_BYTES: Final = 64 * 1024
_HIGH_WATER_BYTES: Final = 64 * 1024

_log = logging.getLogger(__name__)


class StreamProtocol(Protocol):
    """What the transport calls, as ``asyncio.Protocol`` has it."""

    def connection_made(self, transport: asyncio.Transport, /) -> None: ...
    def data_received(self, data: bytes, /) -> None: ...
    def eof_received(self) -> bool | None: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def connection_lost(self, exc: Exception | None, /) -> None: ...


class DescriptorProtocol(StreamProtocol, Protocol):
    """A protocol that also takes file descriptors."""

    def descriptors_received(self, descriptors: list[int], /) -> None:
        """They came with the bytes that ``data_received`` is called with next."""


class ChannelTransport(asyncio.Transport):
    """Moves bytes between a channel and a protocol.

    ``connection_made`` is called at once; the other calls come from the event loop.  A
    protocol without ``descriptors_received`` gets no descriptors: they are closed.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        channel: Channel,
        protocol: StreamProtocol,
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(dict(extra or {}))
        self._loop = loop
        self._channel = channel
        self._receive = channel.receive
        self._send = channel.send
        self._protocol = protocol
        self._take_descriptors = getattr(protocol, "descriptors_received", close_descriptors)
        self._backlog = bytearray()
        self._limits = (_HIGH_WATER_BYTES // 4, _HIGH_WATER_BYTES)
        self._protocol_paused = False
        self._reading = _Readiness(loop, channel.read_fd, self._on_readable, writing=False)
        self._writing = _Readiness(loop, channel.write_fd, self._on_writable, writing=True)
        self._ending: _Readiness | None = None  # for the peer's end, while nothing is read
        self._checks = tells_errors_once(loop)
        self._silent = False  # nothing was written since something came
        self._paused = False
        self._ended = False  # the peer sends no more
        self._closing = False
        self._lost = False
        protocol.connection_made(self)
        self._watch_input()

    # --- reading ---

    def is_reading(self) -> bool:
        """Whether more is read."""
        return not (self._paused or self._ended or self._closing)

    def pause_reading(self) -> None:
        """Leave what comes to the operating system; a peer that goes is noticed still.

        Nothing is changed in the event loop until something comes: most pauses are short.
        """
        self._paused = True

    def resume_reading(self) -> None:
        """Read on."""
        self._paused = False
        self._watch_input()

    def _watch_input(self) -> None:
        reads = self.is_reading()
        self._reading.watch(reads)
        if self._ending is not None and (reads or self._closing):
            self._ending.watch(False)

    def _on_readable(self) -> None:
        if self._paused:
            self._watch_end()
            return
        try:
            data, descriptors = self._receive(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        if descriptors:
            self._take_descriptors(descriptors)
        if data:
            self._silent = self._checks
            self._protocol.data_received(data)
            if self._silent:
                self._check()
            return
        self._ended = True
        self._watch_input()
        if self._channel.is_gone():
            self.abort()
        elif not self._protocol.eof_received():
            self.close()
        elif not self._closing:
            self._watch_end()

    def rest(self) -> bytes:
        """What had come before the connection broke and was not read.

        For ``connection_lost`` alone: after it, the channel is closed.
        """
        parts: list[bytes] = []
        with suppress(OSError):
            while True:
                data, descriptors = self._receive(_READ_BYTES)
                close_descriptors(descriptors)
                if not data:
                    break
                parts.append(data)
        return b"".join(parts)

    def _check(self) -> None:
        """Look whether the peer has broken off behind what it sent.

        Some event loops do not call for that a second time.  Whatever is written finds out, too.
        """
        try:
            self._channel.check()
        except OSError as error:
            self._fail(error)

    def _watch_end(self) -> None:
        """Something has come that is not read now, or no more will come: is the peer there?"""
        self._reading.watch(False)
        if self._channel.is_gone():
            self._on_end()
            return
        fd = self._channel.watch_end()
        if fd is not None:
            if self._ending is None:
                self._ending = _Readiness(self._loop, fd, self._on_end, writing=False)
            self._ending.watch(True)

    def _on_end(self) -> None:
        self._closing = True
        lost = bool(self._backlog)
        self._end(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) if lost else None)

    # --- writing ---

    def get_write_buffer_size(self) -> int:
        """Bytes that the operating system has not taken yet."""
        return len(self._backlog)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Below the first the protocol may write again, above the second it should not."""
        return self._limits

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Change the limits; ``low`` is a quarter of ``high`` if it is not given."""
        high = _HIGH_WATER_BYTES if high is None else high
        self._limits = (high // 4 if low is None else low, high)
        self._tell_protocol()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send now what can be sent, and the rest when there is room."""
        if self._lost or not data:
            return
        self._silent = False
        sent = 0
        if not self._backlog:
            try:
                sent = self._send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self._fail(error)
                return
        if sent < len(data):
            self._backlog += memoryview(data)[sent:]
            self._writing.watch(True)
            self._tell_protocol()

    def write_with_descriptors(self, data: bytes, descriptors: Sequence[int]) -> bool:
        """Send file descriptors with the first byte of ``data``, which must not be empty.

        They stay the caller's.  False if there is no room: nothing is sent, and the protocol is
        paused until it may try again.  Other bytes must not be waiting.
        """
        assert not self._backlog
        if self._lost:
            return True
        try:
            sent = self._channel.send_with(data, descriptors)
        except (BlockingIOError, InterruptedError):
            self._writing.watch(True)
            if not self._protocol_paused:
                self._protocol_paused = True
                self._protocol.pause_writing()
            return False
        except OSError as error:
            self._fail(error)
            return True
        self.write(memoryview(data)[sent:])
        return True

    def _on_writable(self) -> None:
        try:
            sent = self._send(self._backlog) if self._backlog else 0
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        del self._backlog[:sent]
        if not self._backlog:
            self._writing.watch(False)
        self._tell_protocol()
        if self._closing and not self._backlog:
            self._end(None)

    def _tell_protocol(self) -> None:
        low, high = self._limits
        if not self._protocol_paused and len(self._backlog) > high:
            self._protocol_paused = True
            self._protocol.pause_writing()
        elif self._protocol_paused and len(self._backlog) <= low:
            self._protocol_paused = False
            self._protocol.resume_writing()

    # --- the end ---

    def is_closing(self) -> bool:
        """Whether it was closed, by whomever."""
        return self._closing

    def close(self) -> None:
        """Read no more, send what is left, then end."""
        if self._closing:
            return
        self._closing = True
        self._watch_input()
        if not self._backlog:
            self._end(None)

    def abort(self) -> None:
        """End without sending what is left."""
        self._closing = True
        self._end(None)

    def _fail(self, error: OSError) -> None:
        self._closing = True
        self._end(error)

    def _end(self, error: OSError | None) -> None:
        if self._lost:
            return
        self._lost = True
        self._backlog.clear()
        self._reading.watch(False)
        self._writing.watch(False)
        if self._ending is not None:
            self._ending.watch(False)
        # Never from within a call of the protocol's own.
        self._loop.call_soon(self._tell_end, error)

    def _tell_end(self, error: OSError | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            try:
                self._channel.close()
            except OSError as failure:
                _log.warning("closing a stream: %s", failure)


class _Readiness:
    """Calls back while a descriptor is ready.

    Files and some devices cannot be watched, because they are always ready: for those, the
    loop is asked to call again and again.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fd: int,
        callback: Any,
        *,
        writing: bool,
    ) -> None:
        self._loop = loop
        self._fd = fd
        self._callback = callback
        self._add = loop.add_writer if writing else loop.add_reader
        self._remove = loop.remove_writer if writing else loop.remove_reader
        self._wanted = False
        self._always_ready = False
        self._scheduled = False

    def watch(self, wanted: bool) -> None:
        """Call back from now on, or no longer."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._always_ready:
            self._call_again()
        elif not wanted:
            self._remove(self._fd)
        else:
            try:
                self._add(self._fd, self._callback)
            except PermissionError:  # epoll's word for "always ready"
                self._always_ready = True
                self._call_again()

    def _call_again(self) -> None:
        if self._wanted and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._call)

    def _call(self) -> None:
        self._scheduled = False
        if self._wanted:
            self._callback()
            self._call_again()
