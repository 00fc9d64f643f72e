"""The main loop, with a clock that moves while somebody waits or writes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.engine.iterables import RamSection
from qapigen.migration.engine.outlet import Outlet
from qapigen.migration.engine.pace import Pace
from qapigen.migration.engine.page_encoders import PlainPages
from qapigen.migration.engine.precopy import Precopy
from qapigen.migration.engine.ram_sender import RamSender
from qapigen.migration.progress import Counters
from qapigen.migration.settings import Parameters
from qapigen.migration.stream.format import PAGE_SIZE
from qapigen.migration.stream.writer import PageWriter
from tests.migration.stream import layout_parser

from .fakes import PING_1, FakeClock, MemoryOutput, filled, make_guest

RECORD = 8 + PAGE_SIZE


class Stop(Exception):
    """Somebody does not want it to go on."""


class Loop:
    """A precopy with all that it needs; the guest lives as time passes."""

    def __init__(
        self,
        *,
        pages: int,
        workload: str = "idle",
        link: float | None = None,
        **parameters: int,
    ) -> None:
        self.clock = FakeClock()
        self.parameters = Parameters(**parameters)  # type: ignore[arg-type]
        self.guest = filled(make_guest(pages=pages, workload=workload, clock=self.clock))
        self.clock.passed.append(self.guest.cpus.step)
        self.channel = MemoryOutput(clock=self.clock, bytes_per_second=link)
        self.counters = Counters()
        self.passes: list[float] = []
        self.pace = Pace(lambda: self.parameters, self.counters)
        self.pace.begin(self.clock.now)
        sender = RamSender(
            self.guest.ram, encoder=PlainPages(self.counters, PageWriter()), clock=self.clock
        )
        self.ram = RamSection(sender, self.counters, self._synced)
        self.out = Outlet(self.channel, self.pace.room)
        self.proceed: Callable[[], None] = lambda: None
        self.precopy = Precopy(
            self.guest,
            self.out,
            iterables=[self.ram],
            pace=self.pace,
            clock=self.clock,
            wait=self.clock.wait,
            proceed=lambda: self.proceed(),
        )

    def _synced(self, pages: int) -> None:
        self.counters.dirty_sync_count += 1
        self.pace.synced(self.clock.now, pages=pages, auto_converge=False)
        self.passes.append(self.clock.now)

    def iterated(self) -> Loop:
        self.precopy.setup(return_path=False)
        self.precopy.iterate()
        return self

    def whole(self) -> layout_parser.Layout:
        """All of the stream, to its end."""
        self.iterated()
        self.guest.leave()
        self.pace.lift()
        self.precopy.complete()
        self.precopy.finish()
        return layout_parser.parse(bytes(self.channel.stream))


# --- the beginning ---


def test_the_setup() -> None:
    loop = Loop(pages=4)
    loop.precopy.setup(return_path=False)
    stream = bytes(loop.channel.stream)
    assert stream.startswith(b"QEVM\0\0\0\3\7\0\0\0\4none\1\0\0\0\2\3ram\0\0\0\0\0\0\0\4")
    assert stream.endswith(b"\0\0\0\0\0\0\0\x10\x7e\0\0\0\2")
    assert len(stream) == 0x46
    assert loop.passes == [0.0]
    assert loop.guest.ram.main.dirty.logging


def test_the_setup_with_a_return_path() -> None:
    loop = Loop(pages=4)
    loop.precopy.setup(return_path=True)
    assert bytes(loop.channel.stream)[17:31] == b"\x08\0\1\0\0" + PING_1


# --- passes and the threshold ---


def test_before_the_first_measurement_only_nothing_is_little_enough() -> None:
    # 40 pages take 40 ms and fit into the first window; what is written meanwhile waits.
    loop = Loop(
        pages=40,
        workload="rate=1000",
        link=1000 * RECORD,
        max_bandwidth=0,
        downtime_limit=2_000_000,
    )
    loop.iterated()
    assert loop.pace.threshold_bytes == 0
    assert loop.passes == [0.0]
    assert len(loop.guest.ram.main.dirty.take()) > 30
    assert loop.clock.waits == []


def test_a_guest_of_one_window_has_two_passes() -> None:
    loop = Loop(pages=40, workload="rate=1000", link=1000 * RECORD, max_bandwidth=0)
    found = loop.whole()
    assert len(loop.passes) == 2
    kinds = [kind for kind, _, _ in found.sections]
    assert kinds == ["start", "part", "end", "full", "full"]
    assert found.ram["pc.ram"] == loop.guest.ram.main.read(0, 40 * PAGE_SIZE)


def test_the_log_is_looked_at_when_less_than_the_threshold_is_due() -> None:
    # 100 pages a second go out, so 30 pages are the threshold of 300 ms.
    loop = Loop(pages=100, max_bandwidth=100 * RECORD).iterated()
    first, second = loop.passes
    assert first == 0.0
    assert loop.ram.remaining_bytes < loop.pace.threshold_bytes
    assert loop.pace.threshold_bytes == pytest.approx(33 * RECORD, rel=0.1)
    assert 0.5 < second < 0.8


def test_passes_follow_until_the_guest_writes_little_enough() -> None:
    # 20 pages a second are written to, 100 go out: each pass is shorter than the one before.
    loop = Loop(
        pages=200, workload="rate=20", link=100 * RECORD, max_bandwidth=0, downtime_limit=50
    ).iterated()
    assert len(loop.passes) > 2
    assert loop.ram.remaining_bytes < loop.pace.threshold_bytes


def test_a_guest_that_writes_too_much_never_comes_to_an_end() -> None:
    loop = Loop(
        pages=200, workload="rate=400", link=100 * RECORD, max_bandwidth=0, downtime_limit=100
    )

    def proceed() -> None:
        if loop.clock.now > 60:
            raise Stop

    loop.proceed = proceed
    with pytest.raises(Stop):
        loop.iterated()
    assert len(loop.passes) > 10
    assert loop.counters.dirty_pages_rate == pytest.approx(100, abs=30)  # each page once a pass


def test_a_downtime_limit_of_nothing_means_nothing_left() -> None:
    loop = Loop(pages=200, link=100 * RECORD, max_bandwidth=0, downtime_limit=0).iterated()
    assert loop.ram.remaining_bytes == 0
    assert loop.passes == [0.0]


def test_exactly_the_threshold_is_not_little_enough() -> None:
    loop = Loop(pages=10)
    loop.precopy.setup(return_path=False)
    amounts = iter([10 * PAGE_SIZE, 10 * PAGE_SIZE - 1])
    loop.pace = type("FixedPace", (Pace,), {"threshold_bytes": property(lambda _: next(amounts))})(
        lambda: loop.parameters, loop.counters
    )
    loop.precopy._pace = loop.pace
    before = loop.channel.position
    assert not loop.precopy._step()
    assert loop.out.position > before
    loop.guest.ram.main.write(0, bytes(10 * PAGE_SIZE - 2 * PAGE_SIZE))
    assert loop.precopy._step()


# --- the rate limit ---


def test_each_window_keeps_the_limit() -> None:
    loop = Loop(pages=500, max_bandwidth=100 * RECORD)  # ten pages in each
    sent: list[int] = []

    def proceed() -> None:
        window = int(loop.clock.now * 10 + 1e-6)
        sent[window:] = [loop.out.position]

    loop.proceed = proceed
    loop.iterated()
    each = [after - before for before, after in itertools.pairwise(sent)]
    assert len(each) > 40
    assert all(10 * RECORD - 300 <= amount <= 11 * RECORD + 300 for amount in each[:-1])
    assert sum(each[:40]) == pytest.approx(40 * 10 * RECORD, rel=0.12)
    assert loop.clock.waits == [pytest.approx(0.1)] * len(loop.clock.waits)


def test_what_waits_in_small_pieces_goes_out_before_a_pause() -> None:
    loop = Loop(pages=500, max_bandwidth=100 * RECORD)
    complete: list[bool] = []
    loop.clock.passed.append(
        lambda now: complete.append(loop.channel.position == loop.out.position)
    )
    loop.iterated()
    assert complete and all(complete)


@pytest.mark.parametrize("limit", range(10))
def test_less_than_ten_bytes_are_no_limit(limit: int) -> None:
    loop = Loop(pages=500, max_bandwidth=limit).iterated()
    assert loop.clock.waits == []
    assert loop.counters.normal == 500


def test_a_change_holds_from_the_next_window_on() -> None:
    loop = Loop(pages=500, max_bandwidth=100 * RECORD)

    def proceed() -> None:
        if loop.clock.now > 1.05:
            loop.parameters = Parameters(max_bandwidth=0)

    loop.proceed = proceed
    loop.iterated()
    assert loop.clock.now == pytest.approx(1.1)
    assert loop.counters.normal == 500


def test_a_lower_limit_holds_at_once() -> None:
    loop = Loop(pages=500, max_bandwidth=1000 * RECORD)
    sent: list[int] = []

    def written(data: bytes) -> None:
        sent.append(loop.channel.position)
        if loop.channel.position > 50 * RECORD:
            loop.parameters = Parameters(max_bandwidth=100 * RECORD)

    def proceed() -> None:
        if loop.clock.now > 0.95:
            raise Stop

    loop.channel.written = written
    loop.proceed = proceed
    with pytest.raises(Stop):
        loop.iterated()
    first = next(position for position in sent if position > 50 * RECORD)
    assert sent[-1] - first <= 10 * 11 * RECORD + 1000


def test_a_window_is_stretched_by_a_slow_write() -> None:
    loop = Loop(pages=600, link=100 * RECORD, max_bandwidth=0, downtime_limit=1)
    measured: list[float] = []
    measure = loop.pace.measure

    def noted(now: float, position: int) -> None:
        measured.append(now)
        measure(now, position)

    loop.pace.measure = noted  # type: ignore[method-assign]
    loop.iterated()
    gaps = [after - before for before, after in itertools.pairwise(measured)]
    assert max(gaps) > 0.5  # a write of 128 pages takes longer than a second
    assert loop.pace.mbps == pytest.approx(100 * RECORD * 8 / 1e6, rel=0.01)


# --- the end ---


@pytest.mark.parametrize("workload", ["idle", "rate=300,pattern=random"])
def test_the_whole_stream(workload: str) -> None:
    loop = Loop(pages=300, workload=workload, link=400 * RECORD, max_bandwidth=0)
    found = loop.whole()
    assert found.machine == "none"
    assert found.ram["pc.ram"] == loop.guest.ram.main.read(0, 300 * PAGE_SIZE)
    assert [each for each in found.sections if each[0] != "part"] == [
        ("start", "ram", 2),
        ("end", "ram", 2),
        ("full", "timer", 0),
        ("full", "globalstate", 4),
    ]
    assert found.field_of("globalstate", "runstate").rstrip(b"\0") == b"running"
    assert found.commands == []


def test_the_final_stage_knows_no_limit() -> None:
    loop = Loop(pages=100, max_bandwidth=100 * RECORD)
    loop.precopy.setup(return_path=False)
    loop.guest.leave()
    loop.pace.lift()
    loop.parameters = Parameters(max_bandwidth=10)
    loop.precopy.complete()
    assert loop.counters.normal == 100
    assert loop.clock.waits == []


def test_the_end_comes_with_the_last_call() -> None:
    loop = Loop(pages=4).iterated()
    loop.guest.leave()
    loop.precopy.complete()
    with pytest.raises(layout_parser.LayoutError):
        layout_parser.parse(bytes(loop.channel.stream))
    before = loop.channel.position
    loop.precopy.finish()
    assert loop.channel.stream[before] == 0
    layout_parser.parse(bytes(loop.channel.stream))


def test_nothing_is_written_when_it_is_not_to_go_on() -> None:
    loop = Loop(pages=4)
    loop.precopy.setup(return_path=False)
    before = loop.channel.position

    def proceed() -> None:
        raise Stop

    loop.proceed = proceed
    with pytest.raises(Stop):
        loop.precopy.iterate()
    with pytest.raises(Stop):
        loop.precopy.complete()
    assert loop.channel.position == before


def test_a_broken_channel_ends_it() -> None:
    loop = Loop(pages=400)
    loop.channel.break_at = 100 * RECORD
    with pytest.raises(ChannelError, match="reset"):
        loop.iterated()
