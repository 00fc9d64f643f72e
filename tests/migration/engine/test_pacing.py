"""Rates, thresholds and throttling, with a clock that the tests move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.engine.pacing import (
    PERIOD,
    WINDOW,
    AutoConverge,
    BandwidthWindow,
    DirtyPeriod,
    DirtyRate,
    RateLimit,
    average_mbps,
    elapsed_ms,
)

MIB = 2**20

#: Beginnings at which sums of floats fall on either side of what they stand for.
STARTS = [0.0, 0.1, 0.2, 0.3, 0.7, 1.4, 2.3, 1e6 + 0.3, 1e8 + 0.7]


# --- times and averages ---


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("ms", [0, 1, 99, 100, 517, 3_600_000])
def test_elapsed(start: float, ms: int) -> None:
    assert elapsed_ms(start, start + ms / 1000) == ms


def test_time_never_runs_backwards() -> None:
    assert elapsed_ms(5.0, 4.0) == 0


def test_the_average() -> None:
    assert average_mbps(560_000_000, 16_715) == pytest.approx(268.02, abs=0.005)
    assert average_mbps(125_000, 1000) == 1.0
    assert average_mbps(4096, 0) == 0.0


# --- the rate limit ---


def test_a_tenth_of_the_parameter_fits_into_a_window() -> None:
    limit = RateLimit(32 * MIB, now=0.0, position=1000)
    assert limit.room(1000) == 3_355_443
    assert not limit.exhausted(1000 + 3_355_443)
    assert limit.exhausted(1000 + 3_355_444)
    assert limit.room(1000 + 3_355_443) == limit.room(1000 + 4_000_000) == 0


@pytest.mark.parametrize("max_bandwidth", range(10))
def test_less_than_ten_is_no_limit(max_bandwidth: int) -> None:
    limit = RateLimit(max_bandwidth, now=0.0, position=0)
    assert limit.unlimited
    assert limit.room(2**62) is None
    assert not limit.exhausted(2**62)


def test_ten_is_a_limit() -> None:
    limit = RateLimit(10, now=0.0, position=0)
    assert not limit.unlimited
    assert (limit.exhausted(1), limit.exhausted(2)) == (False, True)


def test_a_new_window_has_room_again() -> None:
    limit = RateLimit(1000, now=0.0, position=0)
    assert limit.exhausted(150)
    limit.begin(0.1, 150)
    assert not limit.exhausted(250)
    assert limit.exhausted(251)


def test_a_new_value_holds_at_once() -> None:
    limit = RateLimit(1000, now=0.0, position=0)
    limit.set(2000)
    assert (limit.exhausted(200), limit.exhausted(201)) == (False, True)
    limit.set(0)
    assert not limit.exhausted(10**9)


def test_what_was_lifted_stays_lifted() -> None:
    limit = RateLimit(1000, now=0.0, position=0)
    assert limit.exhausted(10**9)
    limit.lift()
    limit.set(1000)
    limit.begin(0.1, 0)
    assert limit.unlimited
    assert limit.room(10**9) is None
    assert not limit.exhausted(10**9)


@pytest.mark.parametrize("start", STARTS)
def test_waiting_ends_with_the_window(start: float) -> None:
    limit = RateLimit(1000, now=start, position=0)
    assert limit.wait(start) == pytest.approx(WINDOW)
    assert limit.wait(start + 0.04) == pytest.approx(0.06)
    assert limit.wait(start + 0.1) == 0.0
    assert limit.wait(start + 5) == 0.0


@pytest.mark.parametrize("start", STARTS)
def test_when_there_is_nothing_to_wait_for_a_window_is_due(start: float) -> None:
    """Or a loop that does nothing else would never end."""
    limit = RateLimit(1000, now=start, position=0)
    window = BandwidthWindow(now=start, position=0, downtime_limit=300)
    for step in range(300):
        now = start + step / 1000
        assert (limit.wait(now) == 0.0) is window.due(now)


def sent_in(seconds: float, max_bandwidth: int, item: int) -> int:
    """Bytes that a loop sends which does what the engine does, on an endless channel."""
    now, position = 0.0, 0
    limit = RateLimit(max_bandwidth, now=now, position=position)
    window = BandwidthWindow(now=now, position=position, downtime_limit=300)
    while now < seconds:
        if not limit.exhausted(position):
            position += item
            now += item / 2**30  # a GiB per second
        if window.due(now):
            window.measure(now, position, downtime_limit=300, dirty_pages_rate=0)
            limit.begin(now, position)
        if limit.exhausted(position):
            now += limit.wait(now)
    return position


@pytest.mark.parametrize("max_bandwidth", [MIB, 8 * MIB, 32 * MIB, 256 * MIB])
def test_the_limit_is_kept_over_a_second(max_bandwidth: int) -> None:
    item = 4096 + 8
    assert sent_in(1.0, max_bandwidth, item) == pytest.approx(max_bandwidth, rel=0.1)


# --- bandwidth ---


def test_before_the_first_measurement() -> None:
    window = BandwidthWindow(now=5.0, position=0, downtime_limit=300)
    assert (window.bandwidth, window.threshold, window.mbps) == (0.0, 0, 0.0)
    assert window.expected_downtime == 300


@pytest.mark.parametrize("start", STARTS)
def test_a_window_lasts_a_tenth_of_a_second(start: float) -> None:
    window = BandwidthWindow(now=start, position=0, downtime_limit=300)
    assert not window.due(start)
    assert not window.due(start + 0.0999)
    assert window.due(start + 0.1)
    assert window.due(start + 7)


def test_a_measurement() -> None:
    window = BandwidthWindow(now=2.0, position=1000, downtime_limit=300)
    window.measure(2.125, 1_001_000, downtime_limit=300, dirty_pages_rate=0)
    assert window.bandwidth == 8000.0  # a million bytes in 125 ms
    assert window.threshold == 2_400_000
    assert window.mbps == 64.0
    assert window.expected_downtime == 300


def test_each_window_counts_for_itself() -> None:
    window = BandwidthWindow(now=0.0, position=0, downtime_limit=300)
    window.measure(0.125, 1_000_000, downtime_limit=300, dirty_pages_rate=0)
    assert not window.due(0.2)
    assert window.due(0.225)
    window.measure(0.375, 1_500_000, downtime_limit=100, dirty_pages_rate=0)
    assert (window.bandwidth, window.threshold, window.mbps) == (2000.0, 200_000, 16.0)


def test_a_window_in_which_nothing_was_sent() -> None:
    window = BandwidthWindow(now=0.0, position=70, downtime_limit=300)
    window.measure(0.5, 70, downtime_limit=2_000_000, dirty_pages_rate=9999)
    assert (window.bandwidth, window.threshold, window.mbps) == (0.0, 0, 0.0)
    assert window.expected_downtime == 300


def test_no_downtime_no_threshold() -> None:
    window = BandwidthWindow(now=0.0, position=0, downtime_limit=0)
    window.measure(0.1, 10**9, downtime_limit=0, dirty_pages_rate=0)
    assert window.threshold == 0


@pytest.mark.parametrize(
    ("sent", "rate", "expected"),
    [
        (1_000_000, 8120, 4157),  # 33259520 bytes a second, 8000 bytes a ms; cut off
        (1_000_000, 1, 0),
        (1_000_000, 0, 300),
        (10_001, 100, 5119),
        (10_000, 100, 300),
        (0, 100, 300),
    ],
)
def test_expected_downtime(sent: int, rate: int, expected: int) -> None:
    window = BandwidthWindow(now=0.0, position=0, downtime_limit=300)
    window.measure(0.125, sent, downtime_limit=500, dirty_pages_rate=rate)
    assert window.expected_downtime == expected


def test_expected_downtime_stays_until_there_is_a_better_one() -> None:
    window = BandwidthWindow(now=0.0, position=0, downtime_limit=300)
    window.measure(0.125, 1_000_000, downtime_limit=300, dirty_pages_rate=8120)
    window.measure(0.25, 1_000_001, downtime_limit=300, dirty_pages_rate=8120)
    assert window.expected_downtime == 4157


# --- the guest's writes ---


def test_the_first_collection_begins_the_period_and_does_not_count() -> None:
    rate = DirtyRate()
    assert rate.collected(5.0, 262_144) is None
    assert rate.collected(7.0, 3000) == DirtyPeriod(3000, 2000)
    assert rate.rate == 1500


@pytest.mark.parametrize("start", STARTS)
def test_a_period_is_longer_than_a_second(start: float) -> None:
    rate = DirtyRate()
    rate.collected(start, 0)
    assert rate.collected(start + 0.5, 100) is None
    assert rate.collected(start + PERIOD, 100) is None
    assert rate.rate == 0
    assert rate.collected(start + 1.001, 100) == DirtyPeriod(300, 1001)
    assert rate.rate == 299  # 299.7


def test_each_period_counts_for_itself() -> None:
    rate = DirtyRate()
    rate.collected(0.0, 9)
    rate.collected(2.0, 4000)
    assert rate.rate == 2000
    assert rate.collected(2.9, 50) is None
    assert rate.rate == 2000
    assert rate.collected(4.0, 50) == DirtyPeriod(100, 2000)
    assert rate.rate == 50


def test_a_guest_that_rests() -> None:
    rate = DirtyRate()
    rate.collected(0.0, 9)
    rate.collected(2.0, 4000)
    assert rate.collected(4.0, 0) == DirtyPeriod(0, 2000)
    assert rate.rate == 0


# --- throttling ---


class Guest:
    """Sends a MiB in each period and writes what it is told to."""

    def __init__(self, *, initial: int = 20, increment: int = 10) -> None:
        self.converge = AutoConverge()
        self.initial, self.increment = initial, increment
        self.transferred = 0

    def period(self, pages: int, *, suspended: bool = False) -> bool:
        self.transferred += MIB
        return self.converge.judge(
            DirtyPeriod(pages, 1050),
            self.transferred,
            initial=self.initial,
            increment=self.increment,
            suspended=suspended,
        )


MUCH, LITTLE = 129, 128  # half a MiB is 128 pages


def test_it_is_raised_every_second_time() -> None:
    guest = Guest()
    raised = [(guest.period(MUCH), guest.converge.percentage) for _ in range(6)]
    assert raised == [(False, 0), (True, 20), (False, 20), (True, 30), (False, 30), (True, 40)]


def test_half_of_what_was_sent_is_not_too_much() -> None:
    guest = Guest()
    assert not any(guest.period(LITTLE) for _ in range(50))
    assert guest.converge.percentage == 0


def test_a_good_period_does_not_make_up_for_a_bad_one() -> None:
    guest = Guest()
    raised = [guest.period(pages) for pages in (MUCH, LITTLE, LITTLE, MUCH)]
    assert raised == [False, False, False, True]


def test_it_is_never_lowered_and_ends_at_the_most() -> None:
    guest = Guest(initial=50, increment=30)
    steps = []
    for _ in range(8):
        guest.period(MUCH)
        steps.append(guest.converge.percentage)
    assert steps == [0, 50, 50, 80, 80, 99, 99, 99]
    assert not guest.period(MUCH)
    assert not guest.period(MUCH)  # nothing was raised
    assert not any(guest.period(0) for _ in range(5))
    assert guest.converge.percentage == 99


def test_new_parameters_hold_for_the_next_step() -> None:
    guest = Guest(initial=5)
    guest.period(MUCH)
    guest.period(MUCH)
    guest.initial, guest.increment = 70, 3
    guest.period(MUCH)
    guest.period(MUCH)
    assert guest.converge.percentage == 8


def test_while_suspended_nothing_is_judged() -> None:
    guest = Guest()
    assert not any(guest.period(10**6, suspended=True) for _ in range(5))
    # What was sent meanwhile belongs to no later period.
    assert not guest.period(MUCH)
    assert guest.period(MUCH)


def test_only_what_was_sent_in_the_period_counts() -> None:
    converge = AutoConverge()
    period = DirtyPeriod(MUCH, 1001)
    assert not converge.judge(period, 100 * MIB, initial=20, increment=10)
    assert not converge.judge(period, 101 * MIB, initial=20, increment=10)
    assert converge.judge(period, 102 * MIB, initial=20, increment=10)


@given(
    initial=st.integers(1, 99),
    increment=st.integers(1, 99),
    pages=st.lists(st.integers(0, 1000), max_size=60),
)
def test_the_percentage_is_always_one(initial: int, increment: int, pages: list[int]) -> None:
    guest = Guest(initial=initial, increment=increment)
    before = 0
    for count in pages:
        raised = guest.period(count)
        now = guest.converge.percentage
        assert raised is (now > before)
        assert now >= before
        assert now == 0 or initial <= now <= 99
        before = now
