"""What the guest's programs do: which pages they write, and how many of them.

In: a text such as ``rate=5000,hot=256,pattern=random``.  Out: the numbers of the pages that a
vCPU writes next.  Must not know: time, threads, what is in the pages.

A workload runs in one block of memory, the guest's largest.  Its *hot* pages are the first ones
of that block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, Protocol, TypeAlias, get_args

import numpy as np

from qapigen.runtime.errors import cut

from .dirty import Indexes

__all__ = ["DIRTY_PAGES", "Dirty", "Idle", "Pattern", "Workload", "Writes", "parse_workload"]

Pattern: TypeAlias = Literal["sequential", "random", "hotcold"]

#: The workload ``dirty`` writes so many pages, all of them about once in a millisecond.
DIRTY_PAGES: Final = 128
DIRTY_RATE: Final = DIRTY_PAGES * 1000

#: Of ten writes of the pattern ``hotcold`` nine go to hot pages.
HOT_SHARE = 0.9

#: A rate above it is a slip of the pen: no host writes a page in a nanosecond.
MOST_RATE = 10**9


class Workload(Protocol):
    """What some vCPUs do.  Each vCPU calls ``step`` from its own thread, the numbers apart."""

    @property
    def rate(self) -> float:
        """Pages written in a second, by all vCPUs together and with no throttle."""

    @property
    def seed(self) -> int:
        """Where the vCPUs' random numbers begin."""

    def fit(self, pages: int, cpus: int) -> None:
        """Take note of the block's pages and the vCPUs' number, before the first step.

        Raises ValueError if the workload needs more pages than there are.
        """

    def step(self, cpu: int, budget_pages: int, rng: np.random.Generator) -> Indexes:
        """The pages that this vCPU writes next, ``budget_pages`` of them.

        A page may occur twice; a caller that writes it once for that is right as well.
        """


class Idle:
    """Nothing is written."""

    rate = 0.0
    seed = 0

    def fit(self, pages: int, cpus: int) -> None:
        """Fits anywhere."""

    def step(self, cpu: int, budget_pages: int, rng: np.random.Generator) -> Indexes:
        """No pages."""
        return np.empty(0, np.int64)


class Writes:
    """``rate`` pages a second, chosen by a pattern from ``hot`` pages.

    =============  ===========================================================================
    ``sequential`` the hot pages one after the other, and again; each vCPU begins elsewhere
    ``random``     any of the hot pages
    ``hotcold``    nine times in ten any of the hot pages, else any of the others
    =============  ===========================================================================

    ``hot`` is None for as many as there are (``hotcold``: a tenth of them).
    """

    def __init__(
        self, rate: float, hot: int | None = None, *, pattern: Pattern = "sequential", seed: int = 0
    ) -> None:
        self.rate = rate
        self.hot = hot
        self.pattern: Pattern = pattern
        self.seed = seed
        self._pages = 0
        self._hot = 0
        self._next: list[int] = []

    def fit(self, pages: int, cpus: int) -> None:
        """See :class:`Workload`."""
        hot = self.hot
        if hot is None:
            hot = max(1, pages // 10) if self.pattern == "hotcold" else pages
        if hot > pages:
            raise ValueError(f"a workload with {hot} hot pages does not fit into {pages} pages")
        self._pages, self._hot = pages, hot
        self._next = [cpu * hot // cpus for cpu in range(cpus)]

    def step(self, cpu: int, budget_pages: int, rng: np.random.Generator) -> Indexes:
        """See :class:`Workload`."""
        if self.pattern == "sequential":
            return self._in_a_row(cpu, budget_pages)
        found = rng.integers(0, self._hot, budget_pages)
        if self.pattern == "hotcold" and self._hot < self._pages:
            cold = rng.random(budget_pages) >= HOT_SHARE
            found[cold] = rng.integers(self._hot, self._pages, int(np.count_nonzero(cold)))
        return found

    def _in_a_row(self, cpu: int, budget_pages: int) -> Indexes:
        first = self._next[cpu]
        self._next[cpu] = (first + budget_pages) % self._hot
        return np.arange(first, first + budget_pages) % self._hot


class Dirty(Writes):
    """About 128 pages, over and over; fewer if the block has no more."""

    def __init__(self) -> None:
        super().__init__(DIRTY_RATE, DIRTY_PAGES)

    def fit(self, pages: int, cpus: int) -> None:
        """Fits anywhere."""
        self.hot = min(DIRTY_PAGES, pages)
        super().fit(pages, cpus)


KEYS = ("rate", "hot", "pattern", "seed")


def parse_workload(text: str) -> Workload:
    """The workload that a text names.

    ``idle``; ``dirty``: about 128 pages all the time; or some of ``rate=PAGES_PER_SECOND``
    (mandatory), ``hot=PAGES``, ``pattern=sequential|random|hotcold``, ``seed=NUMBER``, with
    commas between them.  Raises ValueError that says what is wrong.
    """
    if text == "idle":
        return Idle()
    if text == "dirty":
        return Dirty()
    given = _pairs(text)
    rate = _number(given, "rate", most=MOST_RATE)
    if rate is None:
        raise ValueError(f"workload '{cut(text)}': rate is missing")
    hot = _number(given, "hot", least=1)
    seed = _number(given, "seed")
    return Writes(rate, hot, pattern=_pattern(given.get("pattern", "sequential")), seed=seed or 0)


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in text.split(","):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"workload: '{cut(pair)}' is neither idle nor dirty nor KEY=VALUE")
        if key not in KEYS:
            raise ValueError(f"workload: '{cut(key)}' is none of {', '.join(KEYS)}")
        if key in found:
            raise ValueError(f"workload: {key} is given twice")
        found[key] = value
    return found


def _number(
    given: Mapping[str, str], key: str, *, least: int = 0, most: int = 2**63 - 1
) -> int | None:
    text = given.get(key)
    if text is None:
        return None
    # Not int(text): it takes signs, blanks, underscores and the digits of other scripts.
    digits = text.isascii() and text.isdigit() and len(text) <= 19
    if not digits or not least <= int(text) <= most:
        raise ValueError(f"workload: {key}={cut(text)} is no whole number from {least} to {most}")
    return int(text)


def _pattern(text: str) -> Pattern:
    known: tuple[Pattern, ...] = get_args(Pattern)
    for pattern in known:
        if text == pattern:
            return pattern
    raise ValueError(f"workload: pattern={cut(text)} is none of {', '.join(known)}")
