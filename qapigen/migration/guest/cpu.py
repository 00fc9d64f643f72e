"""The guest's processors: they carry out a workload, fast or throttled, and can be halted.

In: a workload, memory, the time.  Out: pages written (and marked as such).
Must not know: migration, run states, events.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

import numpy as np

from .ram import WORDS, GuestRam, RamBlock
from .workloads import Workload

__all__ = ["MOST_CPUS", "MOST_THROTTLE", "VCpus"]

#: The highest throttle in percent: a guest always makes some progress.
MOST_THROTTLE: Final = 99

MOST_CPUS: Final = 255

#: Pages that are written with one call of numpy.  Between two of them a halt is noticed.
BATCH_PAGES = 256

#: How often a thread wakes up at most, in seconds; with several vCPUs each wakes more rarely, so
#: that they leave the interpreter to the thread that sends the pages.
TICK = 0.001
LONGEST_TICK = 0.02

#: A thread looks at the throttle at least so often, however slow it is.
LONGEST_PAUSE = 0.2

#: A thread that could not run for longer than that lets go what it missed; making up for it would
#: keep the interpreter busy at the very moment when others are waiting as well.
MOST_BEHIND = 0.05


class _VCpu:
    """One vCPU: its share of the workload, and how far it has come.  For one thread at a time."""

    def __init__(self, number: int, workload: Workload, block: RamBlock, rate: float) -> None:
        self.number = number
        self.rate = rate
        self.written = 0
        self._workload = workload
        self._block = block
        self._rng = np.random.default_rng((workload.seed, number))
        self._word = number % WORDS
        self._last = 0.0
        self._due = 0.0

    def resume(self, now: float) -> None:
        """Time counts from here on; what a halt left undone is forgotten."""
        self._last = now
        self._due %= 1

    def step(self, now: float, speed: float, *, halt: Event, most_behind: float) -> None:
        """Write what the time since the last step allows at this speed (1 is the full one)."""
        seconds = min(now - self._last, most_behind)
        self._last = now
        self._due += max(seconds, 0.0) * self.rate * speed
        while self._due >= 1 and not halt.is_set():
            self._write(min(int(self._due), BATCH_PAGES))

    def pause(self, speed: float, tick: float) -> float:
        """Seconds until there is something to do; a thread sleeps so long."""
        rate = self.rate * speed
        return max(tick, min((1 - self._due) / rate, LONGEST_PAUSE))

    def _write(self, pages: int) -> None:
        chosen = self._workload.step(self.number, pages, self._rng)
        self._block.count_up(chosen, self._word)
        self._due -= pages
        self.written += pages


class VCpus:
    """``count`` vCPUs with one workload in the largest block of ``ram``; halted at first.

    Each vCPU runs in a thread of its own, or, with ``threads`` false, as far as :meth:`step`
    takes it: then everything depends on the clock and on the workload's seed alone.

    ``start`` and ``stop`` belong to the machine, one thread at a time; ``throttle`` may be set
    and all properties may be read by any thread.

    ``clock`` gives seconds that only ever grow.  Raises ValueError if there are too many vCPUs,
    or too few pages for the workload.
    """

    def __init__(
        self,
        workload: Workload,
        count: int,
        ram: GuestRam,
        clock: Callable[[], float],
        *,
        threads: bool = True,
    ) -> None:
        if not 1 <= count <= MOST_CPUS:
            raise ValueError(f"a guest has 1 to {MOST_CPUS} vCPUs, not {count}")
        workload.fit(len(ram.main), count)
        rate = workload.rate / count
        self._cpus = [_VCpu(number, workload, ram.main, rate) for number in range(count)]
        self._clock = clock
        self._use_threads = threads
        self._threads: list[Thread] = []
        self._halt = Event()
        self._halt.set()
        self._throttle = 0
        self._tick = min(TICK * count, LONGEST_TICK)

    @property
    def count(self) -> int:
        """How many vCPUs there are."""
        return len(self._cpus)

    @property
    def running(self) -> bool:
        """Whether they are at work."""
        return not self._halt.is_set()

    @property
    def written(self) -> int:
        """Pages written so far, by all of them."""
        return sum(cpu.written for cpu in self._cpus)

    @property
    def throttle(self) -> int:
        """By how many percent they are slowed down, 0 to 99; holds from the next step on."""
        return self._throttle

    @throttle.setter
    def throttle(self, percent: int) -> None:
        if not 0 <= percent <= MOST_THROTTLE:
            raise ValueError(f"the throttle goes from 0 to {MOST_THROTTLE} percent, not {percent}")
        self._throttle = percent

    @property
    def _speed(self) -> float:
        return (100 - self._throttle) / 100

    def start(self) -> None:
        """Let them work; harmless if they do."""
        if self.running:
            return
        now = self._clock()
        for cpu in self._cpus:
            cpu.resume(now)
        # A new one each time: a thread of an earlier run can never be set going again.
        self._halt = Event()
        if self._use_threads:
            self._start_threads()

    def stop(self) -> None:
        """Halt them; when this returns, none of them writes any more."""
        self._halt.set()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def step(self, now: float) -> None:
        """Do what is due at this time, where there are no threads; nothing while halted."""
        if self._use_threads:
            raise RuntimeError("these vCPUs run in threads of their own")
        for cpu in self._cpus:
            cpu.step(now, self._speed, halt=self._halt, most_behind=float("inf"))

    def _start_threads(self) -> None:
        try:
            for cpu in self._cpus:
                if cpu.rate:  # one with nothing to do needs no thread
                    name = f"vcpu-{cpu.number}"
                    live = Thread(target=self._live, args=(cpu, self._halt), name=name, daemon=True)
                    live.start()
                    self._threads.append(live)
        except BaseException:  # the host has no more threads
            self.stop()
            raise

    def _live(self, cpu: _VCpu, halt: Event) -> None:
        # The life of a vCPU's thread.
        while not halt.is_set():
            cpu.step(self._clock(), self._speed, halt=halt, most_behind=MOST_BEHIND)
            halt.wait(cpu.pause(self._speed, self._tick))
