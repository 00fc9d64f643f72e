"""Attempts that are cancelled or that fail: the guest goes on, and nothing is left of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.guest.devices import TimerDevice
from qapigen.migration.stream import returnpath
from qapigen.migration.stream.format import PAGE_SIZE

from .fakes import (
    DEADLINE_SECONDS,
    RESTING,
    FakeConnector,
    MemoryOutput,
    Source,
    as_it_was,
    confirming,
    ends,
    on_told,
)

RECORD = 8 + PAGE_SIZE
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER
AUTO_CONVERGE = MigrationCapability.AUTO_CONVERGE

# --- cancelling ---


def cancelled(source: Source) -> None:
    """Cancel from another thread, as a command does."""
    thread = threading.Thread(target=source.attempt.cancel)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


@pytest.mark.parametrize("state", [RunState.RUNNING, *RESTING])
@pytest.mark.parametrize(
    "moment", ["setup", "pass 1", "active", "STOP", "pre-switchover", "pass 2"]
)
@pytest.mark.parametrize("on", [[], [RETURN_PATH], [PAUSE]], ids=["plain", "returns", "pause"])
def test_cancel_at_any_moment(
    state: RunState, moment: str, on: Iterable[MigrationCapability]
) -> None:
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
    woken: list[bool] = []

    def wait(seconds: float) -> None:
        cancelled(source)
        source.attempt._wake.wait(DEADLINE_SECONDS)
        woken.append(source.attempt._wake.is_set())

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


def test_cancel_just_before_the_decisive_byte_is_not_too_late() -> None:
    channel = MemoryOutput()
    source = Source(channel)
    finish = source.attempt._finish

    def cancel_and_finish(*arguments: object) -> None:
        cancelled(source)
        assert source.status.status is MigrationStatus.ACTIVE
        finish(*arguments)  # type: ignore[arg-type]

    source.attempt._finish = cancel_and_finish  # type: ignore[method-assign, assignment]
    source.run()
    assert source.told[-4:] == ["pass 2", "cancelling", "RESUME", "cancelled"]
    assert not any(map(ends, channel.writes))
    assert as_it_was(source)


def test_cancel_cuts_the_wait_for_a_command_short() -> None:
    class Slow(MemoryOutput):
        def close(self, *, whole: bool = False) -> None:
            if not self.closed:
                cancelled(source)
                assert self.down
                assert whole  # so the command keeps what it has
            super().close(whole=whole)

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
