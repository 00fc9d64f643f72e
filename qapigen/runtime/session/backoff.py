"""How long to wait before the next attempt.

In: the first and the longest wait.  Out: waits in seconds.
Must not know: clocks, what is attempted.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["backoff"]


def backoff(
    first_seconds: float = 0.05, *, factor: float = 2.0, most_seconds: float = 5.0
) -> Iterator[float]:
    """Waits in seconds without end, each longer than the one before until ``most_seconds``."""
    seconds = first_seconds
    while True:
        yield min(seconds, most_seconds)
        seconds = min(seconds * factor, most_seconds)
