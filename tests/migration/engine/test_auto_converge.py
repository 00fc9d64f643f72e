"""A guest that writes more than the link can take is slowed down."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from qapi_migration.types.migration import MigrationCapability
from qapigen.migration.settings import Parameters
from qapigen.migration.stream.format import PAGE_SIZE

from .fakes import (
    FakeClock,
    MemoryOutput,
    Source,
    as_it_was,
)

RECORD = 8 + PAGE_SIZE
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER
AUTO_CONVERGE = MigrationCapability.AUTO_CONVERGE


class Converging:
    """A guest that writes more than the link can take: 100 pages a second go out."""

    def __init__(self, *, on: Iterable[MigrationCapability] = (AUTO_CONVERGE,)) -> None:
        self.clock = FakeClock()
        self.channel = MemoryOutput()
        self.source = Source(
            self.channel,
            clock=self.clock,
            on=on,
            fill=128,
            pages=128,
            workload="rate=400,hot=60",
            max_bandwidth=100 * RECORD,
            downtime_limit=400,
        )
        self.throttles: list[int] = []
        self.source.listener = self._told
        self.until = 60.0

    def _told(self, what: str) -> None:
        if what.startswith("pass"):
            self.throttles.append(self.source.attempt.report().throttle)
            if self.clock.now > self.until:
                self.source.attempt.cancel()

    @property
    def steps(self) -> list[int]:
        """The throttles, each once."""
        return sorted(set(self.throttles))


def test_a_guest_that_writes_too_much_is_slowed_down_until_it_can_leave() -> None:
    it = Converging()
    it.source.run()
    assert it.source.told[-1] == "completed"
    assert it.throttles == sorted(it.throttles)
    assert it.steps[:4] == [0, 20, 30, 40]
    assert it.steps[-1] <= 99
    assert it.source.guest.cpus.throttle == 0
    assert it.source.attempt.report().throttle == 0


def test_without_it_that_guest_never_leaves() -> None:
    it = Converging(on=[])
    it.source.run()
    assert it.source.told[-1] == "cancelled"
    assert it.steps == [0]


def test_the_steps_are_two_seconds_apart() -> None:
    it = Converging()
    raised: dict[int, float] = {}

    def told(what: str) -> None:
        throttle = it.source.guest.cpus.throttle
        if what.startswith("pass") and throttle:
            raised.setdefault(throttle, it.clock.now)

    it.source.listener = told
    it.source.run()
    moments = list(raised.values())
    assert list(raised)[:3] == [20, 30, 40]
    assert 2.0 < moments[0] < 4.5
    assert all(after - before > 2.0 for before, after in itertools.pairwise(moments))


@pytest.mark.parametrize("outcome", ["cancelled", "failed"])
def test_the_throttle_is_off_in_every_outcome(outcome: str) -> None:
    it = Converging()

    def told(what: str) -> None:
        if it.source.guest.cpus.throttle < 30 or not what.startswith("pass"):
            return
        if outcome == "cancelled":
            it.source.attempt.cancel()
        else:
            it.channel.break_at = it.channel.position

    it.source.listener = told
    it.source.run()
    assert it.source.told[-1] == outcome
    assert as_it_was(it.source)


def test_the_numbers_of_the_throttle_may_change() -> None:
    it = Converging()
    it.until = 15.0
    it.source.parameters = Parameters(
        max_bandwidth=100 * RECORD,
        downtime_limit=1,
        cpu_throttle_initial=5,
        cpu_throttle_increment=1,
    )
    it.source.run()
    assert it.steps[:4] == [0, 5, 6, 7]
