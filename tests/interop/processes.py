"""Real processes that serve a socket, started and ended.

In: a command line and a socket path.  Out: a process that listens there.
Must not know: what is said on the socket.

The socket is bound here and handed to the process, so a client may connect at once: the kernel
keeps it waiting until the process is up.  Nobody has to ask again and again, nor to sleep.
QEMU's programs are told to wait for that client (``wait=on``): otherwise their main loop accepts it
while another thread still sets up the monitor, and the client is greeted twice or never.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

__all__ = ["Process", "activated", "serving"]

Process: TypeAlias = "subprocess.Popen[bytes]"

#: How long a process may take to end when asked to, before it is killed: it has nothing to lose.
FAREWELL_SECONDS = 3.0


@contextmanager
def serving(command: Callable[[int], Sequence[str]], path: Path) -> Iterator[Process]:
    """Run a program that takes the number of a listening descriptor on its command line."""
    with _listener(path) as listener, _log(path).open("wb") as log:
        fd = listener.fileno()
        process = subprocess.Popen(
            list(command(fd)),
            pass_fds=[fd],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with _watched(process, _log(path)):
        yield process


@contextmanager
def activated(command: Sequence[str], path: Path) -> Iterator[Process]:
    """Run a program that finds its listening socket as systemd hands it over."""
    # The variable has to name the process itself, which the shell becomes.
    script = 'exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
    with _listener(path) as listener, _log(path).open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", script, "sh", *command],
            stdin=listener.fileno(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with _watched(process, _log(path)):
        yield process


@contextmanager
def _listener(path: Path) -> Iterator[socket.socket]:
    """A listening socket; our own end is closed again, so that it goes with the process."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        yield listener


def _log(path: Path) -> Path:
    return path.with_suffix(".log")


@contextmanager
def _watched(process: Process, log: Path) -> Iterator[None]:
    """End the process in any case; pass on what it said if it died before its time."""
    try:
        yield
    except (EOFError, OSError):
        with suppress(subprocess.TimeoutExpired):  # it is gone already, or soon
            process.wait(FAREWELL_SECONDS)
        raise
    finally:
        if process.poll() not in (None, 0):
            text = log.read_text(encoding="utf-8", errors="replace")
            sys.stderr.write(f"{process.args!r} ended with {process.returncode}:\n{text}\n")
        _end(process)


def _end(process: Process) -> None:
    process.terminate()
    try:
        process.wait(FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
