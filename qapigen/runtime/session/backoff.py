"""How long to wait before the next attempt.

In: the first and the longest wait; how the last attempt went.  Out: waits in seconds.
Must not know: clocks, what is attempted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

__all__ = ["Retries", "backoff"]


def backoff(
    first_seconds: float = 0.05, *, factor: float = 2.0, most_seconds: float = 5.0
) -> Iterator[float]:
    """Waits in seconds without end, each longer than the one before until ``most_seconds``."""
    seconds = first_seconds
    while True:
        yield min(seconds, most_seconds)
        seconds = min(seconds * factor, most_seconds)


class Retries:
    """The waits between connections: they start anew with each one that holds.

    A server that takes connections and drops them at once is no better than one that is not
    there: what ends sooner than the next wait would is one more attempt that failed.
    """

    def __init__(self, delays: Callable[[], Iterable[float]]) -> None:
        self._delays = delays
        self._waits = iter(delays())
        self._longest = 0.0  # of those that were waited

    def failed(self, error: Exception) -> float:
        """An attempt has failed: the seconds to wait; raises ``error`` where the waits end."""
        seconds = next(self._waits, None)
        if seconds is None:
            raise error
        self._longest = max(self._longest, seconds)
        return seconds

    def ended(self, lasted: float, loss: Exception) -> float:
        """A connection has ended after ``lasted`` seconds: the seconds to wait, 0 if it held.

        Raises ``loss`` where the waits end; then it must have held as long as the longest.
        """
        seconds = next(self._waits, None)
        if lasted >= (self._longest if seconds is None else seconds):
            self._waits = iter(self._delays())
            self._longest = 0.0
            return 0.0
        if seconds is None:
            raise loss
        self._longest = max(self._longest, seconds)
        return seconds
