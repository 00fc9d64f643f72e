"""The measurements of one attempt, put together; the parts have tests of their own."""

from __future__ import annotations

import pytest

from qapigen.migration.engine.pace import Pace
from qapigen.migration.progress import Counters
from qapigen.migration.settings import Parameters

PAGE = 4096


class Settings:
    """Parameters that somebody changes."""

    def __init__(self, **values: int) -> None:
        self.now = Parameters(**values)  # type: ignore[arg-type]
        self.counters = Counters()
        self.pace = Pace(lambda: self.now, self.counters)

    def change(self, **values: int) -> None:
        self.now = Parameters(**values)  # type: ignore[arg-type]


def test_before_the_first_measurement() -> None:
    pace = Settings(max_bandwidth=1_000_000, downtime_limit=250).pace
    pace.begin(5.0)
    assert (pace.threshold_bytes, pace.mbps, pace.expected_downtime_ms) == (0, 0.0, 250)
    assert not pace.window_over(5.09)
    assert pace.window_left(5.04) == pytest.approx(0.06)
    assert pace.window_over(5.1)


def test_the_downtime_limit_of_the_start_is_expected_at_first() -> None:
    settings = Settings(downtime_limit=250)
    settings.change(downtime_limit=100)
    assert settings.pace.expected_downtime_ms == 250
    settings.pace.begin(1.0)
    assert settings.pace.expected_downtime_ms == 100


def test_a_window() -> None:
    settings = Settings(max_bandwidth=1_000_000, downtime_limit=300)
    pace = settings.pace
    pace.begin(1.0)
    assert pace.room(0) == 100_000
    assert (pace.exhausted(100_000), pace.exhausted(100_001)) == (False, True)
    pace.measure(1.1, 80_000)
    assert pace.threshold_bytes == pytest.approx(80_000 / 100 * 300, abs=1)
    assert pace.mbps == pytest.approx(6.4)
    assert pace.room(80_000) == 100_000
    assert not pace.window_over(1.19)


def test_settings_hold_at_once() -> None:
    settings = Settings(max_bandwidth=1_000_000, downtime_limit=300)
    settings.pace.begin(1.0)
    settings.change(max_bandwidth=500_000, downtime_limit=100)
    assert settings.pace.room(0) == 50_000
    assert settings.pace.exhausted(50_001)
    settings.pace.measure(1.1, 40_000)
    assert settings.pace.threshold_bytes == pytest.approx(40_000, abs=1)
    settings.change(max_bandwidth=9)
    assert settings.pace.room(10**9) is None
    assert not settings.pace.exhausted(10**9)


def test_a_lifted_limit_does_not_come_back() -> None:
    settings = Settings(max_bandwidth=1000)
    settings.pace.begin(0.0)
    assert settings.pace.exhausted(10**6)
    settings.pace.lift()
    settings.change(max_bandwidth=10)
    assert settings.pace.room(10**6) is None
    assert not settings.pace.exhausted(10**6)


def test_expected_downtime_needs_a_rate() -> None:
    settings = Settings(downtime_limit=300)
    pace = settings.pace
    pace.begin(0.0)
    pace.synced(0.0, pages=1000, auto_converge=False)
    pace.measure(0.1, 100_000)
    assert (settings.counters.dirty_pages_rate, pace.expected_downtime_ms) == (0, 300)
    pace.synced(2.0, pages=500, auto_converge=False)
    assert settings.counters.dirty_pages_rate == 250
    assert pace.expected_downtime_ms == 300
    pace.measure(0.2, 200_000)
    assert pace.expected_downtime_ms == 250 * PAGE // 1000


def test_the_throttle_of_a_guest_that_writes_too_much() -> None:
    settings = Settings(cpu_throttle_initial=30, cpu_throttle_increment=40)
    pace = settings.pace
    raised = [
        pace.synced(second * 1.1, pages=1000, auto_converge=True) for second in range(1 + 2 * 4)
    ]
    assert raised == [None, None, 30, None, 70, None, 99, None, None]


def test_the_increment_may_change() -> None:
    settings = Settings(cpu_throttle_initial=30, cpu_throttle_increment=10)
    synced = [settings.pace.synced(n * 1.1, pages=9, auto_converge=True) for n in range(3)]
    settings.change(cpu_throttle_increment=5)
    synced += [settings.pace.synced(n * 1.1, pages=9, auto_converge=True) for n in range(3, 5)]
    assert synced == [None, None, 30, None, 35]


def test_no_throttle_without_the_capability() -> None:
    pace = Settings().pace
    assert [pace.synced(n * 1.1, pages=1000, auto_converge=False) for n in range(6)] == [None] * 6


def test_no_throttle_while_the_transfer_keeps_up() -> None:
    settings = Settings()
    for number in range(6):
        assert settings.pace.synced(number * 1.1, pages=1000, auto_converge=True) is None
        settings.counters.transferred += 2 * 1000 * PAGE


def test_the_average_takes_the_place_of_the_last_window() -> None:
    pace = Settings().pace
    pace.begin(0.0)
    pace.measure(0.1, 10**6)
    pace.summarize(10**6, 1000)
    assert pace.mbps == 8.0
