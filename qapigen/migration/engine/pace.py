"""The measurements of one attempt together, as the engine asks for them.

In: the time, the position in the channel, what syncs found.  Out: limits, the threshold, the
throttle, numbers for reports.
Must not know: clocks, channels, pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .pacing import (
    AutoConverge,
    BandwidthWindow,
    DirtyRate,
    RateLimit,
    average_mbps,
)

if TYPE_CHECKING:
    from ..progress import Counters
    from ..settings import Parameters

__all__ = ["Pace"]


class Pace:
    """For the engine's thread; the plain numbers may be read by any.

    ``parameters`` is asked again and again, so a change counts at once.
    """

    def __init__(self, parameters: Callable[[], Parameters], counters: Counters) -> None:
        self._parameters = parameters
        self._counters = counters
        self._dirty_rate = DirtyRate()
        self._converge = AutoConverge()
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """The engine starts: the first window begins, at the first byte."""
        parameters = self._parameters()
        self._limit = RateLimit(parameters.max_bandwidth, now=now, position=0)
        self._window = BandwidthWindow(
            now=now, position=0, downtime_limit=parameters.downtime_limit
        )
        self.mbps = 0.0

    # --- the rate limit ---

    def room(self, position: int) -> int | None:
        """Bytes that may be sent in this window; None where there is no limit."""
        self._limit.set(self._parameters().max_bandwidth)
        return self._limit.room(position)

    def exhausted(self, position: int) -> bool:
        """Whether this window's bytes have been sent."""
        self._limit.set(self._parameters().max_bandwidth)
        return self._limit.exhausted(position)

    def lift(self) -> None:
        """No limit any more: the guest stands still, or waits for pages."""
        self._limit.lift()

    # --- windows ---

    def window_over(self, now: float) -> bool:
        """Whether it is time to measure."""
        return self._window.due(now)

    def window_left(self, now: float) -> float:
        """Seconds until then."""
        return self._limit.wait(now)

    def measure(self, now: float, position: int) -> None:
        """End a window and begin the next one."""
        self._window.measure(
            now,
            position,
            downtime_limit=self._parameters().downtime_limit,
            dirty_pages_rate=self._dirty_rate.rate,
        )
        self._limit.begin(now, position)
        self.mbps = self._window.mbps

    @property
    def threshold_bytes(self) -> int:
        """With less than that pending, the guest can be stopped; 0 until it is known."""
        return self._window.threshold

    @property
    def expected_downtime_ms(self) -> int:
        """For how long the guest would stand still."""
        return self._window.expected_downtime

    # --- the log of written pages ---

    def synced(self, now: float, *, pages: int, auto_converge: bool) -> int | None:
        """Take what a sync found; the new throttle in percent if the guest has to go slower."""
        period = self._dirty_rate.collected(now, pages)
        self._counters.dirty_pages_rate = self._dirty_rate.rate
        if period is None or not auto_converge:
            return None
        parameters = self._parameters()
        raised = self._converge.judge(
            period,
            self._counters.transferred,
            initial=parameters.cpu_throttle_initial,
            increment=parameters.cpu_throttle_increment,
        )
        return self._converge.percentage if raised else None

    # --- the end ---

    def summarize(self, position: int, milliseconds: int) -> None:
        """The throughput of the whole migration, in place of that of the last window."""
        self.mbps = average_mbps(position, milliseconds)
