"""File descriptors on their way to a server.

In: descriptors of the caller.  Out: copies, which may be sent later than the caller thinks.
Must not know: sockets, commands.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["close_all", "copied"]


def copied(fds: Iterable[int]) -> tuple[int, ...]:
    """Copies of all descriptors; OSError, and no copy left open, if one of them is none."""
    copies: list[int] = []
    try:
        for fd in fds:
            copies.append(os.dup(fd))  # noqa: PERF401 - those made so far must be known
    except OSError:
        close_all(copies)
        raise
    return tuple(copies)


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)
