"""Standard input, for what may stand there instead of in a file.

In: what was on the command line.  Out: bytes, or the text of a schema.
Must not know: what the text says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

__all__ = ["STDIN", "read_bytes", "reader", "root_path"]

#: The path of standard input, in messages and in the names of what is made from it.
STDIN = "stdin"


def read_bytes(most: int) -> bytes:
    """All that standard input has, or its first ``most`` bytes; OSError if it is closed."""
    if sys.stdin is None:
        raise OSError("it is closed")
    return sys.stdin.buffer.read(most)


def root_path(word: str) -> str:
    """The path for a word that names a file, or standard input as ``-``."""
    if word == STDIN:
        return f"./{word}"  # a file of that name
    return STDIN if word == "-" else word


def reader(options: argparse.Namespace) -> Callable[[str], str]:
    """What reads the files that a verb needs; one for each run, for stdin can be read once."""
    if "reader" not in options:
        options.reader = _Reader()
    found: Callable[[str], str] = options.reader
    return found


class _Reader:
    """Reads files, and standard input as :data:`STDIN`."""

    def __init__(self) -> None:
        self._data: bytes | None = None

    def __call__(self, path: str) -> str:
        """The text; :class:`..compiler.source.ReadError` with the reason if there is none."""
        from ..compiler.disk import LARGEST_SOURCE_BYTES, read_source, source_text
        from ..compiler.source import ReadError

        if path != STDIN:
            return read_source(path)
        if self._data is None:
            try:
                self._data = read_bytes(LARGEST_SOURCE_BYTES + 1)
            except OSError as error:
                raise ReadError(error.strerror or str(error)) from error
        return source_text(self._data)
