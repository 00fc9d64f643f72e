"""A guest that writes faster than the link: it never comes to an end, or it is slowed down."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapigen.migration.stream.format import PAGE_SIZE
from tests.migration.engine.fakes import FakeClock, MemoryOutput, Source

from .machines import DEADLINE_SECONDS
from .processes import VmProcess, poll
from .test_killed import ANY_PORT

AUTO_CONVERGE = MigrationCapability.AUTO_CONVERGE

#: Bytes per second of a slow link, and a guest that writes five times as much to few pages.
SLOW = 1_500_000
HOT = "rate=2000,hot=200"

#: What a page is on the link.
RECORD = 8 + PAGE_SIZE


class Watched:
    """A source on a slow link, in time that passes only there; looked at after each pass."""

    def __init__(self, *, on: tuple[MigrationCapability, ...] = (), **parameters: int) -> None:
        self.clock = FakeClock(1000.0)
        self.channel = MemoryOutput(clock=self.clock, bytes_per_second=SLOW)
        self.source = Source(
            self.channel,
            clock=self.clock,
            pages=512,
            fill=300,
            workload=HOT,
            on=on,
            **cast("dict[str, Any]", parameters),
        )
        self.source.listener = self._look
        self.most_passes = 500
        #: When each throttle began to hold, by its percentage.
        self.throttles: dict[int, float] = {}
        self.stopped: tuple[float, int] | None = None  # the time, and bytes by then

    def _look(self, what: str) -> None:
        if what == "STOP":
            self.stopped = self.clock.now, self.channel.position
        if not what.startswith("pass "):
            return
        throttle = self.source.guest.cpus.throttle
        if throttle and throttle not in self.throttles:
            self.throttles[throttle] = self.clock.now
        if int(what.removeprefix("pass ")) >= self.most_passes:
            self.source.attempt.cancel()

    def run(self) -> MigrationStatus:
        self.source.run()
        return self.source.status.status

    @property
    def passes(self) -> int:
        return sum(told.startswith("pass ") for told in self.source.told)


def test_without_help_it_does_not_converge() -> None:
    """Many passes, and the status stays what it was until somebody gives up."""
    watched = Watched()
    assert watched.run() is MigrationStatus.CANCELLED
    assert watched.passes == watched.most_passes
    assert watched.clock.now > 1000 + 100
    assert watched.throttles == {}
    assert "STOP" not in watched.source.told


def test_with_help_it_converges() -> None:
    watched = Watched(on=(AUTO_CONVERGE,))
    assert watched.run() is MigrationStatus.COMPLETED
    assert list(watched.throttles) == list(range(20, max(watched.throttles) + 10, 10))
    assert 50 <= max(watched.throttles) <= 99
    assert watched.source.guest.cpus.throttle == 0


def test_when_it_is_slowed_down() -> None:
    """20 after a little more than two seconds, 10 more each two seconds after that."""
    watched = Watched(on=(AUTO_CONVERGE,))
    watched.run()
    times = [1000.0, *watched.throttles.values()]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # A look comes with a pass, of at most 512 pages at first and 200 later.
    assert 2.0 < gaps[0] < 2.0 + 512 * RECORD / SLOW + 0.2
    assert all(2.0 < gap < 2.0 + 2 * (200 * RECORD / SLOW + 0.1) for gap in gaps[1:]), gaps


@pytest.mark.parametrize(
    ("initial", "increment", "expected"),
    [(40, 25, [40, 65, 90]), (1, 60, [1, 61, 99]), (99, 1, [99])],
)
def test_by_how_much(initial: int, increment: int, expected: list[int]) -> None:
    """At first, and then each time; never beyond 99."""
    watched = Watched(
        on=(AUTO_CONVERGE,), cpu_throttle_initial=initial, cpu_throttle_increment=increment
    )
    assert watched.run() is MigrationStatus.COMPLETED
    assert list(watched.throttles) == expected


# --- numbers, with a clock that is exact ---


def test_numbers_of_a_guest_that_is_too_busy() -> None:
    """Pages as they are written, and the time that one pass over them takes."""
    watched = Watched()
    watched.most_passes = 40
    watched.run()
    report = watched.source.attempt.report()
    # A page that is written twice between two looks is found once.
    rate = report.counters.dirty_pages_rate
    assert 200 <= rate <= 2000
    assert report.mbps == pytest.approx(SLOW * 8 / 1e6, rel=0.01)
    assert report.expected_downtime_ms == pytest.approx(rate * PAGE_SIZE * 1000 / SLOW, rel=0.01)
    assert report.total_time_ms == pytest.approx((watched.clock.now - 1000) * 1000, abs=1)


@pytest.mark.parametrize("limit", [600, 1000, 2000])
def test_the_downtime_is_as_long_as_what_is_left_takes(limit: int) -> None:
    """It stops as soon as that fits into the limit, and not before."""
    watched = Watched(downtime_limit=limit)
    assert watched.run() is MigrationStatus.COMPLETED
    assert watched.stopped is not None
    stopped, position = watched.stopped
    report = watched.source.attempt.report()
    left = watched.channel.position - position
    assert report.downtime_ms == pytest.approx(left * 1000 / SLOW, abs=1)
    assert report.downtime_ms == pytest.approx((watched.clock.now - stopped) * 1000, abs=1)
    # The last pages were written after the last look but one, while it took its decision.
    assert left / RECORD * PAGE_SIZE <= SLOW * limit / 1000 + 2 * PAGE_SIZE
    assert report.mbps == pytest.approx(watched.channel.position * 8 / report.total_time_ms / 1000)


def test_a_limit_that_the_hot_set_does_not_fit_into() -> None:
    """The whole hot set takes 547 ms."""
    watched = Watched(downtime_limit=500)
    assert watched.run() is MigrationStatus.CANCELLED


# --- real time ---


@pytest.mark.slow
def test_processes(tmp_path: Path) -> None:
    """Without help, many passes; with it 20, 30, and so on until it fits."""
    options = ("--ram", "4M", "--fill", "half", "--workload", HOT, "--digest")
    with ExitStack() as ending:
        source = ending.enter_context(VmProcess(tmp_path, "source", *options))
        first, second = (
            ending.enter_context(
                VmProcess(tmp_path, name, "--ram", "4M", "--digest", incoming=ANY_PORT)
            )
            for name in ("first", "second")
        )
        source.ready()
        source.switch_on("events")
        source.execute("migrate-set-parameters", max_bandwidth=SLOW)
        source.execute("migrate", uri=first.ready().uri)
        poll(lambda: source.ram_info().get("dirty-sync-count", 0) >= 8 or None, "passes")
        info = source.info()
        assert info["status"] == "active"
        assert "cpu-throttle-percentage" not in info
        source.execute("migrate_cancel")
        assert source.ended() == "cancelled"
        source.switch_on("auto-converge")
        source.execute("migrate", uri=second.ready().uri)
        seen: list[object] = []

        def next_throttle() -> object:
            throttle = source.info().get("cpu-throttle-percentage")
            return None if throttle in (None, *seen) else throttle

        for _ in range(2):
            seen.append(poll(next_throttle, "the guest is slowed down"))
        assert seen == [20, 30]
        source.execute("migrate-set-parameters", cpu_throttle_increment=69)
        assert source.ended() == "completed"
        assert "cpu-throttle-percentage" not in source.info()
        poll(lambda: second.running or None, "the guest", seconds=DEADLINE_SECONDS)
        assert source.quit() == second.quit()
