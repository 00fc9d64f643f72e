"""Whole attempts of a source: to the end, with and without a return path or a pause."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.channel import Bytes, ChannelError
from qapigen.migration.guest.devices import CounterDevice
from qapigen.migration.progress import OutgoingReport
from qapigen.migration.settings import Parameters
from qapigen.migration.stream import returnpath
from qapigen.migration.stream.format import PAGE_SIZE
from tests.migration.stream import layout_parser

from .fakes import (
    DEADLINE_SECONDS,
    PING_1,
    RESTING,
    FakeClock,
    MemoryOutput,
    Source,
    as_it_was,
    confirming,
    ends,
    make_guest,
    on_told,
    transferred_by,
)

RECORD = 8 + PAGE_SIZE
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER
AUTO_CONVERGE = MigrationCapability.AUTO_CONVERGE


def reported(source: Source, what: str) -> list[OutgoingReport]:
    """The report of the moment in which something is told, once it has been."""
    reports: list[OutgoingReport] = []
    on_told(source, what, lambda: reports.append(source.attempt.report()))
    return reports


# --- to the end ---


def test_a_running_guest_leaves() -> None:
    channel = MemoryOutput()
    source = Source(channel, fill=40).run()
    assert source.told == ["setup", "pass 1", "active", "STOP", "pass 2", "completed"]
    assert source.guest.run_state is RunState.POSTMIGRATE
    assert not source.guest.cpus.running
    assert not source.guest.ram.main.dirty.logging
    assert channel.closed
    assert not channel.down
    found = layout_parser.parse(bytes(channel.stream))
    assert found.ram["pc.ram"] == source.guest.ram.main.read(0, 64 * PAGE_SIZE)
    assert found.field_of("globalstate", "runstate").rstrip(b"\0") == b"running"


@pytest.mark.parametrize("state", RESTING)
def test_a_guest_at_rest_leaves_silently(state: RunState) -> None:
    channel = MemoryOutput()
    source = Source(channel, state=state).run()
    assert source.told == ["setup", "pass 1", "active", "pass 2", "completed"]
    assert source.guest.run_state is RunState.POSTMIGRATE
    found = layout_parser.parse(bytes(channel.stream))
    assert found.field_of("globalstate", "runstate").rstrip(b"\0") == state.value.encode()


def test_the_state_that_travels_is_that_of_the_last_moment() -> None:
    channel = MemoryOutput()
    source = Source(channel)
    on_told(source, "active", lambda: source.guest.set_state(RunState.PAUSED))
    source.run()
    assert source.told == ["setup", "pass 1", "active", "STOP", "pass 2", "completed"]
    found = layout_parser.parse(bytes(channel.stream))
    assert found.field_of("globalstate", "runstate").rstrip(b"\0") == b"paused"


def test_the_end_is_told_when_all_is_settled() -> None:
    clock = FakeClock(100.0)
    channel = MemoryOutput(clock=clock, bytes_per_second=1e6)
    source = Source(channel, clock=clock)
    seen: list[tuple[RunState, bool, OutgoingReport]] = []
    on_told(
        source,
        "completed",
        lambda: seen.append((source.guest.run_state, channel.closed, source.attempt.report())),
    )
    source.run()
    ((state, closed, report),) = seen
    assert (state, closed, report.status) == (RunState.POSTMIGRATE, True, MigrationStatus.COMPLETED)
    final = source.attempt.report()
    assert (report.total_time_ms, report.downtime_ms, report.mbps) == (
        final.total_time_ms,
        final.downtime_ms,
        final.mbps,
    )
    assert final.total_time_ms > 0


def test_the_total_time_is_frozen() -> None:
    source = Source(MemoryOutput()).run()
    before = source.attempt.report().total_time_ms
    source.clock.advance(5)
    assert source.attempt.report().total_time_ms == before


@pytest.mark.parametrize("lifted", [False, True])
def test_the_limit_is_lifted_for_the_final_stage_alone(lifted: bool) -> None:
    source = Source(MemoryOutput(), max_bandwidth=10_000)
    rooms: list[int | None] = []

    def told(what: str) -> None:
        source.parameters = Parameters(max_bandwidth=20_000)
        if what == ("pass 2" if lifted else "STOP"):
            rooms.append(source.attempt._pace.room(10**9))

    source.listener = told
    source.run()
    assert rooms == ([None] if lifted else [0])


# --- numbers ---


@pytest.mark.parametrize(
    ("fill", "workload", "limit"),
    [
        (0, "idle", 0),
        (64, "idle", 0),
        (40, "rate=3000,pattern=random", 0),
        (64, "rate=300,hot=8", 100 * RECORD),
        (30, "rate=30", 70 * RECORD),
    ],
)
def test_transferred_is_what_the_stream_holds(fill: int, workload: str, limit: int) -> None:
    clock = FakeClock()
    channel = MemoryOutput(clock=clock, bytes_per_second=500 * RECORD)
    source = Source(channel, clock=clock, fill=fill, workload=workload, max_bandwidth=limit).run()
    counters = source.attempt.report().counters
    found = layout_parser.parse(bytes(channel.stream))
    assert counters.transferred == transferred_by(bytes(channel.stream))
    assert (counters.normal, counters.duplicate) == (found.counts["normal"], found.counts["zero"])
    assert found.ram["pc.ram"] == source.guest.ram.main.read(0, 64 * PAGE_SIZE)
    passes = [told for told in source.told if told.startswith("pass")]
    assert passes == [f"pass {number + 1}" for number in range(counters.dirty_sync_count)]


def test_times_and_throughput() -> None:
    clock = FakeClock(50.0)
    channel = MemoryOutput(clock=clock, bytes_per_second=1_000_000)
    source = Source(channel, clock=clock, fill=64)
    stopped: list[float] = []
    source.listener = lambda told: stopped.append(clock.now) if told == "STOP" else None
    clock.advance(0.25)  # until it is connected
    source.run()
    report = source.attempt.report()
    sent = len(channel.stream)
    assert report.total_time_ms == pytest.approx(250 + sent / 1000, abs=1)
    assert report.downtime_ms == pytest.approx((clock.now - stopped[0]) * 1000, abs=1)
    assert report.setup_time_ms == 0
    assert report.mbps == pytest.approx(sent * 8 / report.total_time_ms / 1000)
    assert (report.total_bytes, report.remaining_bytes) == (64 * PAGE_SIZE, 0)


def test_the_setup_is_measured_without_connecting() -> None:
    clock = FakeClock()
    channel = MemoryOutput(clock=clock, bytes_per_second=700)
    source = Source(channel, clock=clock)
    clock.advance(10)
    reports = reported(source, "active")
    source.run()
    assert reports[0].setup_time_ms == 100  # 70 bytes
    assert reports[0].total_time_ms == 10_100


def test_the_pause_counts_as_downtime() -> None:
    clock = FakeClock()
    source = Source(MemoryOutput(), clock=clock, on=[PAUSE])

    def told(what: str) -> None:
        if what == "pre-switchover":
            clock.advance(0.517)
            source.attempt.release()

    source.listener = told
    source.run()
    report = source.attempt.report()
    assert report.downtime_ms == 517
    assert report.total_time_ms == 517


def test_the_wait_for_the_destination_counts_as_downtime() -> None:
    clock = FakeClock()
    channel = MemoryOutput(reply=confirming())
    channel.written = lambda data: clock.advance(0.2) if ends(data) else None
    source = Source(channel, clock=clock, on=[RETURN_PATH]).run()
    assert source.attempt.report().downtime_ms == 200


def test_the_expected_downtime() -> None:
    # 100 pages a second go out; the guest writes to 60 of its pages in each second.
    clock = FakeClock()
    source = Source(
        MemoryOutput(),
        clock=clock,
        pages=60,
        fill=60,
        workload="rate=6000",
        max_bandwidth=100 * RECORD,
        downtime_limit=200,
    )
    expected: list[int] = []
    clock.passed.append(lambda now: expected.append(source.attempt.report().expected_downtime_ms))

    def told(what: str) -> None:
        if what == "pass 9":
            source.attempt.cancel()

    source.listener = told
    source.run()
    assert expected[0] == 200
    rate = source.attempt.report().counters.dirty_pages_rate
    assert rate > 60
    bandwidth = 10 * RECORD / 100  # bytes in a millisecond
    assert expected[-1] == pytest.approx(rate * PAGE_SIZE / bandwidth, rel=0.05)


# --- the return path ---


def test_the_destination_confirms() -> None:
    channel = MemoryOutput(reply=confirming())
    source = Source(channel, on=[RETURN_PATH]).run()
    assert source.told == ["setup", "pass 1", "active", "STOP", "pass 2", "completed"]
    commands = layout_parser.parse(bytes(channel.stream)).commands
    assert commands == [(1, b""), (2, b"\0\0\0\1")]


def test_completed_waits_for_the_confirmation() -> None:
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1))
    source = Source(channel, on=[RETURN_PATH])
    finished = threading.Event()
    channel.written = lambda data: finished.set() if ends(data) else None
    source.attempt.start()
    assert finished.wait(DEADLINE_SECONDS)
    assert source.status.status is MigrationStatus.ACTIVE
    assert source.guest.run_state is RunState.FINISH_MIGRATE
    source.attempt.cancel()  # too late: the destination may have the guest
    assert source.status.status is MigrationStatus.ACTIVE
    channel.say(returnpath.shut(0))
    source.attempt.join()
    assert source.told[-2:] == ["pass 2", "completed"]


def test_a_destination_that_fails_gives_the_guest_back() -> None:
    source = Source(MemoryOutput(reply=confirming(1)), on=[RETURN_PATH]).run()
    assert source.told[-4:] == ["STOP", "pass 2", "RESUME", "failed"]
    assert as_it_was(source)
    assert "status 1" in (source.attempt.report().error or "")


@pytest.mark.parametrize("said", [b"", b"\0\x09\0\0", returnpath.req_pages(0, 4096, block="rom")])
def test_a_path_that_breaks_at_the_end_gives_the_guest_back(said: bytes) -> None:
    channel = MemoryOutput(reply=lambda data: said if ends(data) else returnpath.pong(1))
    channel.written = lambda data: channel.hang_up() if ends(data) else None
    source = Source(channel, on=[RETURN_PATH]).run()
    assert source.told[-2:] == ["RESUME", "failed"]
    assert as_it_was(source)


@pytest.mark.parametrize(
    "said", [b"", returnpath.shut(1), returnpath.shut(0), b"\0\0\0\0", returnpath.pong(1)]
)
def test_the_guest_is_never_given_to_a_destination_that_has_ended(said: bytes) -> None:
    channel = MemoryOutput()
    channel.say(said)
    channel.hang_up()
    source = Source(channel, on=[RETURN_PATH])
    resumed = reported(source, "RESUME")
    source.run()
    assert not any(map(ends, channel.writes))
    assert source.told[-4:] == ["STOP", "pass 2", "RESUME", "failed"]
    assert resumed
    assert as_it_was(source)


def test_what_the_destination_says_is_the_reason_for_a_broken_connection() -> None:
    channel = MemoryOutput()
    source = Source(channel, on=[RETURN_PATH], fill=64)

    def broken() -> None:
        channel.say(returnpath.shut(1))
        returns = source.attempt._returns
        assert returns is not None
        returns.wait()
        channel.break_at = channel.position + 1

    on_told(source, "active", broken)
    source.run()
    assert source.told[-2:] == ["active", "failed"]
    assert "status 1" in (source.attempt.report().error or "")


def test_the_reason_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks first, and what the destination says of it is read later."""
    monkeypatch.setattr("qapigen.migration.engine.outgoing._REASON_SECONDS", DEADLINE_SECONDS)
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1) if PING_1 in data else b"")
    source = Source(channel, on=[RETURN_PATH], fill=64)
    write = channel.write

    def broken(data: Bytes | Sequence[Bytes]) -> None:
        try:
            write(data)
        except ChannelError:
            threading.Timer(0.05, channel.say, [returnpath.shut(1)]).start()
            raise

    channel.write = broken  # type: ignore[method-assign]
    on_told(source, "active", lambda: setattr(channel, "break_at", channel.position + 1))
    source.run()
    assert "status 1" in (source.attempt.report().error or "")


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a destination that says nothing."""
    monkeypatch.setattr("qapigen.migration.engine.outgoing._WORD_SECONDS", 0.0)
    monkeypatch.setattr("qapigen.migration.engine.outgoing._ANSWER_SECONDS", 0.0)


def started_to_its_end(source: Source, channel: MemoryOutput) -> None:
    """Go on until the destination may start the guest."""
    finished = threading.Event()
    channel.written = lambda data: finished.set() if ends(data) else None
    source.attempt.start()
    assert finished.wait(DEADLINE_SECONDS)


@pytest.mark.usefixtures("no_patience")
def test_a_destination_that_falls_silent_is_cancelled_at_the_end() -> None:
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1) if PING_1 in data else b"")
    source = Source(channel, on=[RETURN_PATH])
    broken: list[bool] = []
    on_told(source, "RESUME", lambda: broken.append(channel.closed and not channel.whole))
    started_to_its_end(source, channel)
    source.attempt.cancel()
    source.attempt.join()
    assert source.told[-4:] == ["pass 2", "cancelling", "RESUME", "cancelled"]
    assert as_it_was(source)
    assert broken == [True]  # before the guest goes on here, it can no longer start there


@pytest.mark.parametrize("status", [0, 1])
def test_the_destination_gets_time_to_answer(status: int) -> None:
    """What it says then is what counts."""
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1) if PING_1 in data else b"")
    source = Source(channel, on=[RETURN_PATH])
    started_to_its_end(source, channel)
    source.attempt.cancel()
    source.attempt.cancel()
    assert source.status.status is MigrationStatus.ACTIVE
    channel.say(returnpath.shut(status))
    source.attempt.join()
    assert source.told[-2:] == (["RESUME", "failed"] if status else ["pass 2", "completed"])


def heard(source: Source) -> None:
    """Wait for the destination's first word."""
    returns = source.attempt._returns
    assert returns is not None
    returns.wait_for_word(DEADLINE_SECONDS)


@pytest.mark.parametrize("spoken", [False, True])
def test_one_who_never_spoke_hears_that_nothing_follows(
    spoken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qapigen.migration.engine.outgoing._WORD_SECONDS", 0.0)
    channel = MemoryOutput()
    source = Source(channel, on=[RETURN_PATH])
    if spoken:
        channel.say(returnpath.pong(1))
        on_told(source, "STOP", lambda: heard(source))
    channel.end_writing = channel.hang_up  # type: ignore[method-assign]
    channel.written = lambda data: (
        channel.say(returnpath.shut(0)) if spoken and ends(data) else None
    )
    source.run()
    assert source.told[-1] == ("completed" if spoken else "failed")


@pytest.mark.usefixtures("no_patience")
def test_a_destination_that_answers_all_at_once() -> None:
    channel = MemoryOutput(
        reply=lambda data: returnpath.pong(1) + returnpath.shut(0) if ends(data) else b""
    )
    source = Source(channel, on=[RETURN_PATH]).run()
    assert source.told[-1] == "completed"
    assert source.guest.run_state is RunState.POSTMIGRATE


@pytest.mark.usefixtures("no_patience")
def test_a_destination_that_never_says_a_word_can_be_cancelled_at_the_end() -> None:
    channel = MemoryOutput()
    source = Source(channel, on=[RETURN_PATH])
    started_to_its_end(source, channel)
    source.attempt.cancel()
    source.attempt.join()
    assert source.told[-4:] == ["pass 2", "cancelling", "RESUME", "cancelled"]
    assert as_it_was(source)


@pytest.mark.usefixtures("no_patience")
def test_a_guest_that_arrives_while_it_is_cancelled_is_not_taken_back() -> None:
    channel = MemoryOutput()
    source = Source(channel, on=[RETURN_PATH])

    def arrives_all_the_same(data: bytes) -> None:
        if ends(data):
            source.attempt._status.swap(MigrationStatus.ACTIVE, MigrationStatus.CANCELLING)
            channel.say(returnpath.shut(0))

    channel.written = arrives_all_the_same
    source.run()
    assert source.told[-2:] == ["cancelling", "cancelled"]
    assert source.guest.run_state is RunState.POSTMIGRATE


def test_a_connection_that_goes_one_way_is_refused() -> None:
    channel = MemoryOutput(two_way=False)
    source = Source(channel, on=[RETURN_PATH]).run()
    assert source.told == ["setup", "failed"]
    assert channel.stream == b""
    assert channel.closed
    assert "one way" in (source.attempt.report().error or "")


def test_a_connection_that_goes_one_way_will_do_otherwise() -> None:
    source = Source(MemoryOutput(two_way=False)).run()
    assert source.told[-1] == "completed"


# --- the pause ---


def test_the_pause() -> None:
    channel = MemoryOutput()
    source = Source(channel, on=[PAUSE])
    sent: list[int] = []

    def told(what: str) -> None:
        if what == "pre-switchover":
            sent.append(len(channel.stream))
            assert source.guest.run_state is RunState.FINISH_MIGRATE
            source.attempt.release()
        elif what == "device":
            sent.append(len(channel.stream))

    source.listener = told
    source.run()
    assert source.told == [
        *("setup", "pass 1", "active", "STOP", "pre-switchover", "device", "pass 2", "completed")
    ]
    assert sent[0] == sent[1]
    assert b"\x03\0\0\0\2" not in channel.stream[: sent[0]]


def test_a_guest_at_rest_pauses_without_stop() -> None:
    source = Source(MemoryOutput(), on=[PAUSE], state=RunState.PAUSED)
    on_told(source, "pre-switchover", source.attempt.release)
    source.run()
    assert source.told[3:] == ["pre-switchover", "device", "pass 2", "completed"]


def test_stale_releases_are_drained() -> None:
    source = Source(MemoryOutput(), on=[PAUSE])
    reached = threading.Event()

    def told(what: str) -> None:
        if what in {"active", "STOP"}:
            source.attempt.release()
        elif what == "pre-switchover":
            reached.set()

    source.listener = told
    source.attempt.release()
    source.attempt.start()
    assert reached.wait(DEADLINE_SECONDS)
    assert source.status.status is MigrationStatus.PRE_SWITCHOVER
    source.attempt.release()
    source.attempt.join()
    assert source.told[-3:] == ["device", "pass 2", "completed"]


def test_no_pause_without_the_capability() -> None:
    assert "pre-switchover" not in Source(MemoryOutput()).run().told


# --- devices ---


def test_devices_are_saved_when_the_guest_stands_still() -> None:
    running: list[bool] = []

    def count() -> int:
        running.append(source.guest.cpus.running)
        return 7

    channel = MemoryOutput()
    source = Source(channel, devices=[CounterDevice(count)])
    source.run()
    found = layout_parser.parse(bytes(channel.stream))
    assert found.field_of("counter", "count") == (7).to_bytes(8, "big")
    assert running and not any(running)


def test_the_guest_of_a_fake_clock_lives() -> None:
    clock = FakeClock()
    guest = make_guest(workload="rate=100", clock=clock)
    clock.passed.append(guest.cpus.step)
    clock.advance(1)
    assert guest.cpus.written == 100
