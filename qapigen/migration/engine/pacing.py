"""How fast to send, when the end is near, and when the guest has to be slowed down.

In: the time in seconds, the position in the channel and other counts, as arguments.  Out:
numbers to act on.
Must not know: clocks, channels, pages, threads.  One thread, the engine's, uses an object.

Bandwidth is in bytes per millisecond and limits in milliseconds, as in the parameters; so is
what they are multiplied to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ..settings import PAGE_SIZE

__all__ = [
    "MOST_THROTTLE",
    "PERIOD",
    "WINDOW",
    "AutoConverge",
    "BandwidthWindow",
    "DirtyPeriod",
    "DirtyRate",
    "RateLimit",
    "average_mbps",
    "elapsed_ms",
]

WINDOW: Final = 0.1
"""Seconds of a window, at least, in which bytes are counted (migration, rate limiting)."""

PERIOD: Final = 1.0
"""Seconds that have to pass before written pages are counted anew (migration, dirty pages)."""

MOST_THROTTLE: Final = 99
"""Percentage that the guest's CPUs are never slowed down beyond."""

_ENOUGH: Final = 10_000  # bytes; with fewer in a window, its bandwidth tells nothing
_SLACK: Final = 1e-6  # seconds: sums of floats may fall short by less, after years, too


def elapsed_ms(start: float, now: float) -> int:
    """Whole milliseconds between two readings of the clock; never negative."""
    return max(0, round((now - start) * 1000))


def average_mbps(sent: int, milliseconds: int) -> float:
    """Throughput of ``sent`` bytes in 10**6 bits per second; 0 if no time has passed."""
    return sent * 8 / milliseconds / 1000 if milliseconds > 0 else 0.0


class RateLimit:
    """How many bytes may still be handed to the channel in this window.

    A tenth of the parameter max-bandwidth for each window; a tenth of 0, that is a parameter
    below 10, stands for no limit.  What is sent is an item of any size, so a window can be
    overrun by one; with :meth:`room` the last item can be made to fit.
    """

    def __init__(self, max_bandwidth: int, *, now: float, position: int) -> None:
        self._per_window = max_bandwidth // 10
        self._lifted = False
        self._start = now
        self._sent_before = position

    def set(self, max_bandwidth: int) -> None:
        """Take a new value of the parameter, at once; without effect while lifted."""
        self._per_window = max_bandwidth // 10

    def lift(self) -> None:
        """From now on there is no limit: the last stage and postcopy are exempt."""
        self._lifted = True

    def begin(self, now: float, position: int) -> None:
        """A window begins, with this position in the channel."""
        self._start = now
        self._sent_before = position

    @property
    def unlimited(self) -> bool:
        """Whether there is no limit at present."""
        return self._lifted or self._per_window == 0

    def room(self, position: int) -> int | None:
        """Bytes that still fit into the window, 0 or more; None if there is no limit."""
        if self.unlimited:
            return None
        return max(0, self._sent_before + self._per_window - position)

    def exhausted(self, position: int) -> bool:
        """Whether more has been sent than fits."""
        return not self.unlimited and position - self._sent_before > self._per_window

    def wait(self, now: float) -> float:
        """Seconds until the next window may begin; 0 if that is now."""
        left = self._start + WINDOW - now
        return left if left > _SLACK else 0.0


class BandwidthWindow:
    """What the channel can take, measured in windows of at least :data:`WINDOW` seconds.

    The first window begins when the object is made, with the engine's thread.  Until it has
    been measured the threshold is 0, and the downtime limit stands in for the downtime.
    """

    def __init__(self, *, now: float, position: int, downtime_limit: int) -> None:
        self._start = now
        self._sent_before = position
        self.bandwidth = 0.0
        """Bytes per millisecond in the last window."""
        self.threshold = 0
        """Bytes that can be sent within the downtime limit; with less pending, the end is near."""
        self.mbps = 0.0
        """The bandwidth as 10**6 bits per second."""
        self.expected_downtime = downtime_limit
        """Milliseconds that the guest would stand still."""

    def due(self, now: float) -> bool:
        """Whether the window has lasted long enough to be measured."""
        return self._start + WINDOW - now <= _SLACK

    def measure(
        self, now: float, position: int, *, downtime_limit: int, dirty_pages_rate: int
    ) -> None:
        """End the window and begin the next one.  Call it only when :meth:`due`.

        ``downtime_limit`` is the parameter in milliseconds, ``dirty_pages_rate`` in pages per
        second, 0 if it is not known.
        """
        milliseconds = (now - self._start) * 1000
        sent = position - self._sent_before
        self.bandwidth = sent / milliseconds
        self.threshold = int(self.bandwidth * downtime_limit)
        self.mbps = sent * 8 / milliseconds / 1000
        if dirty_pages_rate > 0 and sent > _ENOUGH:
            self.expected_downtime = int(dirty_pages_rate * PAGE_SIZE / self.bandwidth)
        self._start = now
        self._sent_before = position


class DirtyPeriod(NamedTuple):
    """What the guest has written in a period."""

    dirty_pages: int
    """Pages reported by the log, each as often as it was reported."""
    milliseconds: int
    """Length of the period."""


class DirtyRate:
    """How many pages per second the guest writes to.

    A period ends with a collection of the log that comes more than :data:`PERIOD` seconds after
    its beginning.  The first collection reports every page and is not counted.
    """

    def __init__(self) -> None:
        self.rate = 0
        """Pages per second in the last period; 0 before its end."""
        self._start: float | None = None
        self._pages = 0

    def collected(self, now: float, pages: int) -> DirtyPeriod | None:
        """Take the number of pages that a collection of the log has found.

        Returns the period if this was its end; then the rate is a new one.
        """
        if self._start is None:
            self._start = now
            return None
        self._pages += pages
        elapsed = now - self._start
        if elapsed <= PERIOD + _SLACK:
            return None
        period = DirtyPeriod(self._pages, elapsed_ms(self._start, now))
        self.rate = self._pages * 1000 // period.milliseconds
        self._start, self._pages = now, 0
        return period


@dataclass
class AutoConverge:
    """By how much to slow the guest down so that the transfer can keep up.

    Asked at the end of each :class:`DirtyPeriod`.  Every second time that the guest has written
    more than half of what was transferred, the percentage is raised.  It is never lowered.
    """

    percentage: int = 0
    """Share of time withheld from the guest's CPUs, 1 to 99; 0 if they are not slowed down."""
    _transferred_before: int = 0
    _high: int = 0  # periods with too many writes since the last raise

    def judge(
        self,
        period: DirtyPeriod,
        transferred: int,
        *,
        initial: int,
        increment: int,
        suspended: bool = False,
    ) -> bool:
        """Whether the percentage was raised, by ``initial`` at first and later by ``increment``.

        ``transferred`` is the counter of memory sent since the migration began, in bytes.
        While disks are sent for the first time the judgement is ``suspended``, as memory then
        makes no progress whatever the guest does.
        """
        sent = transferred - self._transferred_before
        self._transferred_before = transferred
        if suspended or period.dirty_pages * PAGE_SIZE * 2 <= sent:
            return False
        self._high += 1
        if self._high < 2:
            return False
        self._high = 0
        step = increment if self.percentage else initial
        raised = min(self.percentage + step, MOST_THROTTLE)
        changed = raised != self.percentage
        self.percentage = raised
        return changed
