"""Whole attempts of a source: every way through its states, and what becomes of the guest."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.guest.devices import CounterDevice, TimerDevice
from qapigen.migration.progress import OutgoingReport
from qapigen.migration.settings import Parameters
from qapigen.migration.stream import returnpath
from qapigen.migration.stream.format import PAGE_SIZE
from tests.migration.stream import layout_parser

from .fakes import (
    DEADLINE_SECONDS,
    FakeClock,
    FakeConnector,
    MemoryOutput,
    Source,
    confirming,
    ends,
    make_guest,
    threads_named,
    transferred_by,
)

RECORD = 8 + PAGE_SIZE
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER
AUTO_CONVERGE = MigrationCapability.AUTO_CONVERGE

#: States in which a guest can be when somebody wants it to move.
RESTING = [
    RunState.PAUSED,
    RunState.PRELAUNCH,
    RunState.SUSPENDED,
    RunState.POSTMIGRATE,
    RunState.SHUTDOWN,
    RunState.IO_ERROR,
    RunState.GUEST_PANICKED,
    RunState.INTERNAL_ERROR,
    RunState.WATCHDOG,
    RunState.DEBUG,
]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert threads_named("outgoing", "return-path") == []


def on_told(source: Source, what: str, call: Callable[[], None]) -> None:
    """Do something in the moment that something is told."""
    source.listener = lambda told: call() if told == what else None


def reported(source: Source, what: str) -> list[OutgoingReport]:
    """The report of the moment in which something is told, once it has been."""
    reports: list[OutgoingReport] = []
    on_told(source, what, lambda: reports.append(source.attempt.report()))
    return reports


def as_it_was(source: Source, state: RunState = RunState.RUNNING) -> bool:
    """Whether the guest is as it was before, and nothing is left of the attempt."""
    guest = source.guest
    return (
        guest.run_state is state
        and guest.cpus.running is (state is RunState.RUNNING)
        and guest.cpus.throttle == 0
        and not guest.ram.main.dirty.logging
    )


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


def test_a_destination_that_never_says_a_word_can_be_cancelled() -> None:
    channel = MemoryOutput()
    source = Source(channel, on=[RETURN_PATH])
    stopped = threading.Event()
    on_told(source, "pass 2", stopped.set)
    source.attempt.start()
    assert stopped.wait(DEADLINE_SECONDS)
    source.attempt.cancel()
    source.attempt.join()
    assert not any(map(ends, channel.writes))
    assert source.told[-4:] == ["pass 2", "cancelling", "RESUME", "cancelled"]
    assert as_it_was(source)


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


# --- cancelling ---


def cancelled(source: Source) -> None:
    """Cancel from another thread, as a command does."""
    thread = threading.Thread(target=source.attempt.cancel)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


@pytest.mark.parametrize("state", [RunState.RUNNING, *RESTING])
@pytest.mark.parametrize("moment", ["setup", "pass 1", "active", "STOP", "pre-switchover", "pass 2"])
@pytest.mark.parametrize("on", [[], [RETURN_PATH], [PAUSE]], ids=["plain", "returns", "pause"])
def test_cancel_at_any_moment(state: RunState, moment: str, on: Iterable[MigrationCapability]) -> None:
    channel = MemoryOutput(reply=confirming())
    source = Source(channel, on=on, state=state, fill=64)
    late = threading.Thread(target=source.attempt.cancel)

    def tell(what: str) -> None:
        if what == moment and what in {"active", "pre-switchover"}:
            late.start()  # told under the lock of the status, so this comes just after
        elif what == moment:
            source.attempt.cancel()
        elif what == "pre-switchover":
            source.attempt.release()

    source.listener = tell
    if moment == "setup":
        source.attempt.cancel()
    source.run()
    if late.ident is not None:
        late.join(DEADLINE_SECONDS)
    told = source.told
    if "cancelling" not in told:  # the moment did not come, or the cancel came too late
        assert told[-1] == "completed"
        return
    assert told[-1] == "cancelled"
    assert not any(map(ends, channel.writes))
    assert as_it_was(source, state)
    assert ("RESUME" in told) == ("STOP" in told)
    if "RESUME" in told:
        assert told.index("cancelling") < told.index("RESUME") < told.index("cancelled")
    assert "failed" not in told


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.SUSPENDED])
def test_cancel_ends_the_pause(state: RunState) -> None:
    source = Source(MemoryOutput(), on=[PAUSE], state=state)
    reached = threading.Event()
    on_told(source, "pre-switchover", reached.set)
    source.attempt.start()
    assert reached.wait(DEADLINE_SECONDS)
    cancelled(source)
    source.attempt.join()
    middle = ["RESUME"] if state is RunState.RUNNING else []
    assert source.told[-3 - len(middle) :] == [
        *("pre-switchover", "cancelling", *middle, "cancelled")
    ]
    assert as_it_was(source, state)


def test_cancel_after_the_pause() -> None:
    source = Source(MemoryOutput(), on=[PAUSE])

    def told(what: str) -> None:
        if what == "pre-switchover":
            source.attempt.release()
        elif what == "pass 2":
            assert source.status.status is MigrationStatus.DEVICE
            source.attempt.cancel()

    source.listener = told
    source.run()
    assert source.told[-5:] == ["device", "pass 2", "cancelling", "RESUME", "cancelled"]
    assert as_it_was(source)


def test_cancel_while_connecting() -> None:
    connector = FakeConnector("never", hold=True)
    source = Source(connector)
    source.attempt.start()
    assert connector.connecting.wait(DEADLINE_SECONDS)
    cancelled(source)
    source.attempt.join()
    assert source.told == ["setup", "cancelling", "cancelled"]
    assert as_it_was(source)


def test_a_cancel_that_just_missed_the_connection() -> None:
    class Late(FakeConnector):
        def connect(self) -> MemoryOutput:
            source.attempt.cancel()
            return super().connect()

    channel = MemoryOutput()
    source = Source(Late(channel))
    source.run()
    assert source.told == ["setup", "cancelling", "cancelled"]
    assert channel.stream == b""
    assert channel.closed


def test_cancel_breaks_a_write_that_waits() -> None:
    channel = MemoryOutput()
    source = Source(channel, fill=64)

    def wait(data: bytes) -> None:
        if len(data) > RECORD:
            cancelled(source)
            assert channel.down
            raise ChannelError("the channel was shut down")

    channel.written = wait
    source.run()
    assert source.told == ["setup", "pass 1", "active", "cancelling", "cancelled"]
    assert as_it_was(source)


def test_cancel_ends_the_wait_for_the_next_window() -> None:
    source = Source(MemoryOutput(), fill=64, max_bandwidth=10)
    source.attempt._wait = source.attempt._wait_for_wake
    source.clock.passed.clear()
    woken: list[bool] = []

    def wait(seconds: float) -> None:
        cancelled(source)
        source.attempt._wait_for_wake(10 * DEADLINE_SECONDS)
        woken.append(True)

    source.attempt._wait = wait
    source.run()
    assert woken == [True]
    assert source.told[-2:] == ["cancelling", "cancelled"]


@pytest.mark.parametrize("returns", [False, True])
def test_cancel_is_too_late_once_the_destination_may_start_the_guest(returns: bool) -> None:
    channel = MemoryOutput(reply=confirming())
    source = Source(channel, on=[RETURN_PATH] if returns else [])
    channel.written = lambda data: source.attempt.cancel() if ends(data) else None
    source.run()
    assert source.told[-2:] == ["pass 2", "completed"]
    assert source.guest.run_state is RunState.POSTMIGRATE


def test_cancel_cuts_the_wait_for_a_command_short() -> None:
    class Slow(MemoryOutput):
        def close(self) -> None:
            if not self.closed:
                cancelled(source)
                assert self.down
            super().close()

    source = Source(Slow())
    source.run()
    assert source.told[-1] == "completed"


def test_cancel_afterwards_changes_nothing() -> None:
    for channel in (MemoryOutput(), MemoryOutput(break_at=100)):
        source = Source(channel).run()
        before = list(source.told)
        source.attempt.cancel()
        source.attempt.release()
        assert source.told == before


def test_cancel_is_never_lost_however_the_status_moves() -> None:
    # The engine moves on between each look at the status and the attempt to change it.
    source = Source(MemoryOutput())
    swap = source.status.swap
    path = [MigrationStatus.ACTIVE, MigrationStatus.PRE_SWITCHOVER, MigrationStatus.DEVICE]

    def racing(old: MigrationStatus, new: MigrationStatus) -> bool:
        if new is MigrationStatus.CANCELLING and path:
            swap(source.status.status, path.pop(0))
        return swap(old, new)

    source.status.swap = racing  # type: ignore[method-assign]
    source.attempt.cancel()
    assert source.status.status is MigrationStatus.CANCELLING


# --- failing ---


def test_no_connection() -> None:
    source = Source(FakeConnector("no connection to there: refused")).run()
    assert source.told == ["setup", "failed"]
    assert source.attempt.report().error == "no connection to there: refused"
    assert as_it_was(source)


def test_a_write_error_in_the_setup_shows_as_active_and_failed() -> None:
    source = Source(MemoryOutput(break_at=20)).run()
    assert source.told == ["setup", "pass 1", "active", "failed"]
    assert as_it_was(source)


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED])
def test_a_write_error_while_active(state: RunState) -> None:
    channel = MemoryOutput(break_at=10 * RECORD)
    source = Source(channel, state=state, fill=64).run()
    assert source.told == ["setup", "pass 1", "active", "failed"]
    assert as_it_was(source, state)
    assert channel.closed
    assert "reset" in (source.attempt.report().error or "")


@pytest.mark.parametrize("state", [RunState.RUNNING, *RESTING])
@pytest.mark.parametrize("pause", [False, True])
def test_a_write_error_in_the_final_stage(state: RunState, pause: bool) -> None:
    channel = MemoryOutput()
    source = Source(channel, state=state, on=[PAUSE] if pause else [])

    def told(what: str) -> None:
        if what == "pre-switchover":
            source.attempt.release()
        elif what == "pass 2":
            channel.break_at = channel.position

    source.listener = told
    source.run()
    middle = ["RESUME"] if state is RunState.RUNNING else []
    assert source.told[-2 - len(middle) :] == ["pass 2", *middle, "failed"]
    assert as_it_was(source, state)


def test_a_write_error_before_the_last_byte_gives_the_guest_back() -> None:
    channel = MemoryOutput()
    source = Source(channel)
    channel.written = lambda data: setattr(channel, "break_at", channel.position)
    channel.written = _break_before_the_end(channel)
    source.run()
    assert source.told[-2:] == ["RESUME", "failed"]
    assert as_it_was(source)


def _break_before_the_end(channel: MemoryOutput) -> Callable[[bytes], None]:
    """Break when the devices have gone, and before EOF."""

    def written(data: bytes) -> None:
        if b"globalstate" in data:
            channel.break_at = channel.position

    return written


@pytest.mark.parametrize("returns", [False, True])
def test_a_write_error_behind_the_last_byte_changes_nothing(returns: bool) -> None:
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1) if data else b"")

    def written(data: bytes) -> None:
        if b"globalstate" in data:
            channel.break_at = channel.position + 1
            channel.say(b"")

    channel.written = written
    source = Source(channel, on=[RETURN_PATH] if returns else [])
    if returns:
        finish = source.attempt._finish

        def finish_and_confirm(*arguments: object) -> None:
            finish(*arguments)  # type: ignore[arg-type]
            channel.say(returnpath.shut(0))

        source.attempt._finish = finish_and_confirm  # type: ignore[method-assign, assignment]
    source.run()
    assert source.told[-2:] == ["pass 2", "completed"]
    assert channel.stream[-1] == 0
    assert source.guest.run_state is RunState.POSTMIGRATE


def test_a_guest_that_cannot_be_stopped_fails() -> None:
    source = Source(MemoryOutput(), state=RunState.SAVE_VM).run()
    assert source.told == ["setup", "pass 1", "active", "failed"]
    assert source.guest.run_state is RunState.SAVE_VM
    assert "save-vm" in (source.attempt.report().error or "")


def test_a_defect_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)

    class Broken(TimerDevice):
        def save(self) -> dict[str, object]:
            raise RuntimeError("out of order")

    channel = MemoryOutput(reply=confirming())
    source = Source(channel, devices=[Broken(lambda: 0.0)], on=[RETURN_PATH]).run()
    assert source.told[-3:] == ["pass 2", "RESUME", "failed"]
    assert as_it_was(source)
    assert channel.closed
    assert "out of order" in (source.attempt.report().error or "")
    assert [str(each.exc_value) for each in seen] == ["out of order"]


def test_a_guest_that_cannot_go_on_fails_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    channel = MemoryOutput()
    source = Source(channel)

    def told(what: str) -> None:
        if what == "pass 2":
            channel.break_at = channel.position

    def cont() -> bool:
        raise RuntimeError("can't start new thread")

    source.listener = told
    source.guest.cont = cont  # type: ignore[method-assign]
    source.run()
    assert source.told[-2:] == ["pass 2", "failed"]
    assert channel.closed
    assert not source.guest.ram.main.dirty.logging
    assert len(seen) == 1


def test_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Source(FakeConnector("no way")).run()
    assert [record.message for record in caplog.records] == ["migration failed: no way"]


# --- the process ends ---


def test_an_abandoned_attempt_is_cancelled_if_that_is_possible() -> None:
    source = Source(MemoryOutput(), on=[PAUSE])
    reached = threading.Event()
    on_told(source, "pre-switchover", reached.set)
    source.attempt.start()
    assert reached.wait(DEADLINE_SECONDS)
    source.attempt.abandon()
    source.attempt.join()
    assert source.told[-3:] == ["cancelling", "RESUME", "cancelled"]


def test_an_abandoned_attempt_leaves_the_guest_where_it_may_be() -> None:
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1))
    finished = threading.Event()
    channel.written = lambda data: finished.set() if ends(data) else None
    source = Source(channel, on=[RETURN_PATH])
    source.attempt.start()
    assert finished.wait(DEADLINE_SECONDS)
    source.attempt.abandon()
    source.attempt.join()
    assert source.told[-2:] == ["pass 2", "failed"]
    assert source.guest.run_state is RunState.FINISH_MIGRATE


# --- auto-converge ---


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
    raised: list[float] = []
    it.clock.passed.append(
        lambda now: raised.append(now)
        if it.source.guest.cpus.throttle and len(set(it.throttles)) > len(raised) + 1
        else None
    )
    it.source.run()
    assert 2.0 < raised[0] < 4.5
    assert all(after - before > 2.0 for before, after in zip(raised, raised[1:], strict=False))


@pytest.mark.parametrize("outcome", ["cancelled", "failed"])
def test_the_throttle_is_off_in_every_outcome(outcome: str) -> None:
    it = Converging()

    def told(what: str) -> None:
        if it.source.guest.cpus.throttle < 30:
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


# --- devices ---


def test_devices_are_saved_when_the_guest_stands_still() -> None:
    clock = FakeClock()
    guest_pages: list[int] = []
    source = Source(
        MemoryOutput(),
        clock=clock,
        guest=None,
        workload="rate=1000",
        devices=[CounterDevice(lambda: guest_pages.append(source.guest.cpus.written) or 7)],  # type: ignore[func-returns-value]
    )
    channel = source.connector._channel
    assert isinstance(channel, MemoryOutput)
    source.run()
    found = layout_parser.parse(bytes(channel.stream))
    assert found.field_of("counter", "count") == (7).to_bytes(8, "big")
    assert guest_pages[-1] == source.guest.cpus.written


def test_the_guest_of_a_fake_clock_lives() -> None:
    clock = FakeClock()
    guest = make_guest(workload="rate=100", clock=clock)
    clock.passed.append(guest.cpus.step)
    clock.advance(1)
    assert guest.cpus.written == 100
