"""How fast it goes: what the limit says, as soon as the limit says it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from .processes import VmProcess, poll
from .relay import Relay
from .test_killed import ANY_PORT

SECOND = 1.0
WINDOW = 0.1
PAGE = 4096 + 100  # with what goes around it
TOLERANCE = 0.1

#: A busy machine delays now and then; so many seconds are looked at for a good one.
MOST_SECONDS = 20.0

#: Much more than any of the limits can carry: it never converges.
BUSY = "rate=100000,hot=16384"


@pytest.fixture
def link(tmp_path: Path) -> Iterator[tuple[VmProcess, Relay]]:
    """A source with a guest that is busy, on its way through a relay; not begun yet."""
    with ExitStack() as ending:
        source = ending.enter_context(
            VmProcess(tmp_path, "source", "--ram", "128M", "--fill", "random", "--workload", BUSY)
        )
        destination = ending.enter_context(
            VmProcess(tmp_path, "destination", "--ram", "128M", incoming=ANY_PORT)
        )
        relay = ending.enter_context(Relay(destination.ready().uri))
        source.ready()
        source.switch_on("events")
        source.execute("migrate-set-parameters", downtime_limit=1)
        yield source, relay


def rates(every: Sequence[tuple[float, int]], since: float) -> list[float]:
    """Bytes per second over each whole second from some time on, a new one at each mark."""
    marks = [mark for mark in list(every) if mark[0] >= since]
    found: list[float] = []
    end = 0
    for start, passed in marks:
        while end < len(marks) and marks[end][0] < start + SECOND:
            end += 1
        if end == len(marks):
            break
        # What lies between two pieces is in flight: the piece itself does not count.
        found.append((marks[end - 1][1] - passed) / SECOND)
    return found


def best_rate(relay: Relay, limit: float, *, since: float = 0.0) -> float:
    """The rate of that second that fits the limit best; more are waited for if need be."""

    def found() -> float | None:
        every = rates(relay.marks, since)
        best = min(every, key=lambda rate: abs(rate - limit), default=None)
        late = bool(relay.marks) and relay.marks[-1][0] - max(since, relay.marks[0][0])
        good = best is not None and abs(best - limit) <= TOLERANCE * limit
        return best if good or late > MOST_SECONDS else None

    return poll(found, "a second in which it goes on")


@pytest.mark.slow
@pytest.mark.parametrize("limit", [5_000_000, 33_554_432, 100_000_000, 200_000_000])
def test_it_keeps_to_the_limit(link: tuple[VmProcess, Relay], limit: int) -> None:
    source, relay = link
    source.execute("migrate-set-parameters", max_bandwidth=limit)
    began = time.monotonic()
    source.execute("migrate", uri=relay.uri)
    rate = best_rate(relay, limit)
    assert source.info()["status"] == "active"
    assert rate == pytest.approx(limit, rel=TOLERANCE)
    # However busy the machine is, a window has at most its bytes and one page.
    windows = (relay.marks[-1][0] - began) / WINDOW + 1
    assert relay.marks[-1][1] <= windows * (limit / 10 + PAGE)
    assert source.ram_info()["mbps"] * 1e6 / 8 <= (limit + 10 * PAGE) * 1.01


@pytest.mark.slow
def test_a_new_limit_counts_at_once(link: tuple[VmProcess, Relay]) -> None:
    """The second that follows the command has the new rate: up, and down."""
    source, relay = link
    source.execute("migrate-set-parameters", max_bandwidth=5_000_000)
    source.execute("migrate", uri=relay.uri)
    assert best_rate(relay, 5_000_000) == pytest.approx(5_000_000, rel=TOLERANCE)
    for limit in (40_000_000, 10_000_000, 20_000_000):
        source.execute("migrate-set-parameters", max_bandwidth=limit)
        changed = relay.marks[-1][0]
        poll(lambda: relay.marks[-1][0] > changed + 1.5 or None, "another second")  # noqa: B023
        if limit > 10_000_000:
            assert rates(relay.marks, changed)[0] > limit * 0.5
        else:
            # At most what was on its way already, and a window of the old rate.
            assert rates(relay.marks, changed)[0] < limit * 1.1 + 8_000_000
        assert best_rate(relay, limit, since=changed) == pytest.approx(limit, rel=TOLERANCE)


@pytest.mark.slow
def test_a_new_downtime_limit_lets_it_complete(link: tuple[VmProcess, Relay]) -> None:
    source, relay = link
    source.execute("migrate-set-parameters", max_bandwidth=100_000_000)
    source.execute("migrate", uri=relay.uri)
    poll(lambda: source.ram_info().get("dirty-sync-count", 0) >= 3 or None, "some passes")
    assert source.info()["status"] == "active"
    source.execute("migrate-set-parameters", downtime_limit=20_000)
    assert source.ended() == "completed"
    assert source.info()["downtime"] != 0


def test_rates_are_counted() -> None:
    """The ruler itself: it takes whole seconds only, and not the piece that one begins with."""
    found = rates([(at / 64, at * 1000) for at in range(160)], 0.0)
    assert found == [63_000] * 96
    assert rates([(0.0, 5), (0.9, 10)], 0.0) == []
    assert rates([(0.0, 5), (0.9, 10), (1.1, 20), (2.0, 25)], 0.5) == [10]
