"""Migration through a command of the shell.

In: a command.  Out: a channel to its standard input and from its standard output.
Must not know: encryption, what the bytes mean.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from qapigen.runtime.errors import cut

from .channel import Channel, ChannelError, describe_failure
from .descriptors import DescriptorChannel
from .interrupt import Interrupt
from .uri import ExecUri

__all__ = ["CommandListener", "CommandOpener", "start_command"]

_SHELL = "/bin/sh"
#: How long a command that got all of its input may take to end.
PATIENCE_SECONDS = 60.0
#: How long one that was told to terminate may take.
LAST_SECONDS = 2.0
_PIPE_BYTES = 1024 * 1024  # fewer switches between us and the command
_DROPPED_BYTES = 64 * 1024  # read at once of what nobody wants


class _Child:
    """A command that runs, and how it is brought to its end."""

    def __init__(
        self, process: subprocess.Popen[bytes], output: int | None, clock: Callable[[], float]
    ) -> None:
        self._process = process
        self._output = output  # to be emptied, or the command might wait for ever
        self._clock = clock

    def finish(self, interrupt: Interrupt, whole: bool = False) -> None:
        """Wait for its end, but not for ever, and not if somebody wishes to go on.

        Then it is terminated, unless its input is ``whole``: it may be about to keep it.  Raises
        :class:`ChannelError` if it had the whole stream and has failed with it.
        """
        ended = False
        with suppress(ChannelError):
            ended = self._await_end(interrupt, PATIENCE_SECONDS)
        if ended:
            if whole and self._process.returncode:
                raise ChannelError(f"the command {_failure(self._process.returncode)}")
        elif whole:
            self._leave()
        else:
            self._terminate()

    def _leave(self) -> None:
        """Let it go on, and take note of its end whenever that is."""
        output = None if self._output is None else os.dup(self._output)
        threading.Thread(target=self._attend, args=(output,), name="command", daemon=True).start()

    def _attend(self, output: int | None) -> None:
        if output is not None:
            with open(output, "rb", buffering=0) as rest:
                os.set_blocking(output, True)
                while rest.read(_DROPPED_BYTES):
                    pass
        self._process.wait()

    def _terminate(self) -> None:
        """End the shell and what it has started."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _await_end(self, interrupt: Interrupt, seconds: float) -> bool:
        watch = _watch(self._process.pid)
        if watch is None:
            return self._poll_for_end(interrupt, seconds)
        try:
            return self._await(watch, interrupt, self._clock() + seconds)
        finally:
            os.close(watch)

    def _await(self, watch: int, interrupt: Interrupt, end: float) -> bool:
        watched = {watch: select.POLLIN}
        if self._output is not None:
            watched[self._output] = select.POLLIN
        while (left := end - self._clock()) > 0:
            ready = interrupt.wait(watched, left)
            if watch in ready:
                self._process.wait()
                return True
            if self._output in ready and not self._drain(self._output):
                del watched[self._output]
        return False

    def _poll_for_end(self, interrupt: Interrupt, seconds: float) -> bool:
        """The same where the system cannot tell of the end of a process."""
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            if self._process.poll() is not None:
                return True
            watched = {} if self._output is None else {self._output: select.POLLIN}
            ready = interrupt.wait(watched, min(left, 0.02))
            if self._output in ready and not self._drain(self._output):
                self._output = None
        return False

    @staticmethod
    def _drain(output: int) -> bool:
        try:
            return bool(os.read(output, _DROPPED_BYTES))
        except BlockingIOError:
            return True
        except OSError:
            return False


def _failure(status: int) -> str:
    """How a command has ended that has failed."""
    if status < 0:
        return f"was ended by signal {-status}"
    return f"ended with status {status}"


def _watch(pid: int) -> int | None:
    """A descriptor that is readable when the process has ended, on systems that have them."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def start_command(
    uri: ExecUri, *, writing: bool, clock: Callable[[], float] = time.monotonic
) -> DescriptorChannel:
    """Start a command that gets the stream (``writing``), or that makes it.

    Closing the channel waits for its end: :data:`PATIENCE_SECONDS` for one that reads the
    stream, which must end with status 0 once it has the whole of it (QEMU never asks for that);
    one that makes it learns by a broken pipe that nobody wants the rest.  It has a session of
    its own, so that what it starts ends with it.
    Raises :class:`ChannelError` if it cannot be started.
    """
    ends: list[int] = []
    try:
        ends += os.pipe()
        ends += os.pipe()
        process = subprocess.Popen(  # noqa: S603 - running a command is what is asked for
            [_SHELL, "-c", uri.command], stdin=ends[0], stdout=ends[3], start_new_session=True
        )
    except (OSError, ValueError) as error:
        for fd in ends:
            os.close(fd)
        raise ChannelError(f"cannot start {cut(str(uri))}: {describe_failure(error)}") from error
    theirs_in, ours_out, ours_in, theirs_out = ends
    os.close(theirs_in)
    os.close(theirs_out)
    _widen(ours_out if writing else ours_in)
    if writing:
        child = _Child(process, ours_in, clock)
        return DescriptorChannel(ours_in, ours_out, ended=child.finish)
    return DescriptorChannel(ours_in, ours_out, finished=_Child(process, None, clock).finish)


def _widen(fd: int) -> None:
    with suppress(AttributeError, OSError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class CommandOpener:
    """Starts a command that gets the stream."""

    def __init__(self, uri: ExecUri) -> None:
        self._channel = start_command(uri, writing=True)

    def open(self, interrupt: Interrupt) -> Channel:
        """The channel to it."""
        return self._channel

    def drop(self) -> None:
        """Terminate it."""
        self._channel.shutdown()
        self._channel.close()


class CommandListener:
    """Starts a command whose output is the stream."""

    lasting = False
    port: int | None = None

    def __init__(self, uri: ExecUri) -> None:
        self.address = str(uri)
        self._channel = start_command(uri, writing=False)
        self._taken = False

    def accept(self, interrupt: Interrupt) -> Channel:
        """The channel from it."""
        self._taken = True
        return self._channel

    def close(self) -> None:
        """Terminate it, unless its channel is in use."""
        if not self._taken:
            self._channel.shutdown()
            self._channel.close()
