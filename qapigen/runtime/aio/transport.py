"""A transport over a channel, for streams that asyncio's own transports do not serve.

Those cannot receive file descriptors, and know no pair of pipes as one stream.
In: a channel, an event loop, a protocol.  Out: the calls that asyncio promises to a protocol,
and ``descriptors_received``.
Must not know: QMP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from .channels import Channel, close_descriptors

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
        self._protocol = protocol
        self._take_descriptors = getattr(protocol, "descriptors_received", close_descriptors)
        self._backlog = bytearray()
        self._limits = (_HIGH_WATER_BYTES // 4, _HIGH_WATER_BYTES)
        self._protocol_paused = False
        self._reading = _Readiness(loop, channel.read_fd, self._on_readable, writing=False)
        self._writing = _Readiness(loop, channel.write_fd, self._on_writable, writing=True)
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
        """Leave what comes to the operating system."""
        self._paused = True
        self._watch_input()

    def resume_reading(self) -> None:
        """Read on."""
        self._paused = False
        self._watch_input()

    def _watch_input(self) -> None:
        self._reading.watch(self.is_reading())

    def _on_readable(self) -> None:
        try:
            data, descriptors = self._channel.receive(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error)
            return
        if descriptors:
            self._take_descriptors(descriptors)
        if data:
            self._protocol.data_received(data)
            return
        self._ended = True
        self._watch_input()
        if self._channel.is_gone():
            self.abort()
        elif not self._protocol.eof_received():
            self.close()

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
        sent = 0
        if not self._backlog:
            try:
                sent = self._channel.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self._fail(error)
                return
        if sent < len(data):
            self._backlog += memoryview(data)[sent:]
            self._writing.watch(True)
            self._tell_protocol()

    def _on_writable(self) -> None:
        try:
            sent = self._channel.send(self._backlog)
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
