"""How long a client tries to connect to a server that is about to come.

In: how connecting failed, a clock.  Out: how long to wait before the next attempt, if any.
Must not know: sockets, how one waits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from .backoff import backoff

__all__ = ["Attempts"]

# The last attempt is made so long before the end.
_LAST_SECONDS = 0.01
_FIRST_SECONDS = 0.01
_MOST_SECONDS = 0.2


class Attempts:
    """The attempts to connect within ``timeout`` seconds (None: without end).

    ``wait`` false: there is one.  None: more than one only if there is a timeout, because a
    wrong address would be waited for without end.
    """

    def __init__(
        self,
        timeout: float | None,
        *,
        wait: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeout = timeout
        self._waits = timeout is not None if wait is None else wait
        self._clock = clock
        self._end = math.inf if timeout is None else clock() + timeout
        self._delays = backoff(_FIRST_SECONDS, most_seconds=_MOST_SECONDS)

    def pause(self, error: Exception) -> float | None:
        """Seconds until the next attempt after one that failed; None: there is none.

        What can mend itself is a socket that does not exist yet, and one on which nobody
        listens.
        """
        if not self._waits or not isinstance(error, FileNotFoundError | ConnectionRefusedError):
            return None
        left = self._end - self._clock() - _LAST_SECONDS
        return min(next(self._delays), left) if left > 0 else None

    def words(self, error: Exception) -> str:
        """What to add to the text of the last error: for how long there were attempts."""
        tried = self._waits and isinstance(error, FileNotFoundError | ConnectionRefusedError)
        return f" within {self.timeout:.3g} s" if tried and self.timeout is not None else ""
