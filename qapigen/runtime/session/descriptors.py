"""File descriptors on their way to a server.

In: descriptors of the caller.  Out: copies, which may be sent later than the caller thinks.
Must not know: sockets, commands.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from ..errors import QapiError

__all__ = ["MOST_DESCRIPTORS", "close_all", "copied"]

#: As many as fit into one message.
MOST_DESCRIPTORS: Final = 253


def copied(fds: Iterable[int], *, possible: bool = True) -> tuple[int, ...]:
    """Copies of all descriptors; ``possible``: the connection can take any.

    Raises :class:`QapiError`, and leaves no copy open, for what cannot be sent.
    """
    wanted = tuple(fds)
    if wanted and not possible:
        raise QapiError("file descriptors can only be sent over a Unix socket without TLS")
    if len(wanted) > MOST_DESCRIPTORS:
        raise QapiError(
            f"at most {MOST_DESCRIPTORS} file descriptors go with one command, got {len(wanted)}"
        )
    copies: list[int] = []
    try:
        for fd in wanted:
            copies.append(_copy(fd))  # noqa: PERF401 - those made so far must be known
    except BaseException:
        close_all(copies)
        raise
    return tuple(copies)


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)


def _copy(fd: int) -> int:
    try:
        return os.dup(fd)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise QapiError(f"file descriptor {fd} cannot be sent: {reason}") from error
