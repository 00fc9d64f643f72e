"""Programs on a pseudo-terminal, and what a person sees there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyte

__all__ = ["Terminal"]

COLUMNS, ROWS = 80, 200  # all rows of a test fit, so nothing scrolls away
DEADLINE_SECONDS = 120.0


class Terminal:
    """A terminal of 80 columns; several programs may share it."""

    def __init__(self) -> None:
        self._ours, self._theirs = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)
        self.raw = b""

    @contextmanager
    def running(
        self, command: Sequence[str], environment: Mapping[str, str], *, stderr_closed: bool = False
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A program whose three streams are this terminal, or all but stderr, which is closed."""
        words = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command] if stderr_closed else list(command)
        theirs = self._theirs
        with subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        ) as process:
            os.close(theirs)
            try:
                yield process
            finally:
                process.kill()  # does nothing to one that has ended
        os.close(self._ours)

    def write(self, text: str) -> None:
        """What a person types."""
        os.write(self._ours, text.encode())

    def read_until(self, text: bytes) -> None:
        """Read until something is shown."""
        while text not in self.raw:
            self._read_more()

    def read_until_last_row(self, text: str) -> None:
        """Read until this, and nothing else, is in the last row that is not empty."""
        while self.rows()[-1:] != [text]:
            self._read_more()

    def _read_more(self) -> None:
        ready, _, _ = select.select([self._ours], [], [], DEADLINE_SECONDS)
        assert ready, self.rows()
        more = os.read(self._ours, 4096)
        assert more, self.raw
        self.raw += more

    def read_all(self) -> None:
        """Read until no program has the terminal any more."""
        while True:
            try:
                more = os.read(self._ours, 4096)
            except OSError:  # how Linux tells the end
                return
            if not more:
                return
            self.raw += more

    def rows(self) -> list[str]:
        """The rows as a person sees them now, without the empty ones at the end."""
        screen = pyte.Screen(COLUMNS, ROWS)
        pyte.ByteStream(screen).feed(self.raw)
        rows = [row.rstrip() for row in screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows
