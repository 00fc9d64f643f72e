"""What outlives an attempt: settings, the next attempt, and who hears of what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationInfo,
    MigrationStatus,
)
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.opening import Acceptor
from qapigen.migration.engine.migrator import Listeners, Migrator
from qapigen.migration.guest.devices import CounterDevice
from qapigen.migration.stream import returnpath
from qapigen.migration.stream.format import PAGE_SIZE
from qapigen.runtime.errors import QapiError

from .fakes import (
    DEADLINE_SECONDS,
    FakeAcceptor,
    FakeClock,
    FakeConnector,
    MemoryInput,
    MemoryOutput,
    confirming,
    ends,
    filled,
    make_guest,
    transferred_by,
)

EVENTS = MigrationCapability.EVENTS
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER
RECORD = 8 + PAGE_SIZE


class Machine:
    """A migrator with its guest, and everything that was told, in order."""

    def __init__(
        self,
        *on: MigrationCapability,
        state: RunState = RunState.RUNNING,
        fill: int = 10,
        migratable: bool = True,
    ) -> None:
        self.told: list[str] = []
        self._changed = threading.Condition()
        self.reasons: list[str | None] = []
        self.listener: Callable[[str], None] = lambda what: None
        self.guest = filled(
            make_guest(
                state=state,
                devices=[CounterDevice(lambda: 0, migratable=migratable)],
                on_event=self.tell,
            ),
            fill,
        )
        self.clock = FakeClock()
        self.migrator = Migrator(
            self.guest,
            Listeners(
                status=lambda new: self.tell(new.value),
                passed=lambda number: self.tell(f"pass {number}"),
                arrived=self._arrived,
            ),
            clock=self.clock,
        )
        self.migrator.set_parameters(MigrateSetParameters(max_bandwidth=0))
        self.switch(*on)

    def tell(self, what: str) -> None:
        with self._changed:
            self.told.append(what)
            self._changed.notify_all()
        self.listener(what)

    def _arrived(self, reason: str | None) -> None:
        self.reasons.append(reason)
        self.tell("arrived")

    def until(self, what: str) -> None:
        """Wait for something to be told."""
        with self._changed:
            assert self._changed.wait_for(lambda: what in self.told, DEADLINE_SECONDS), self.told

    def switch(self, *on: MigrationCapability, state: bool = True) -> None:
        self.migrator.set_capabilities(
            [MigrationCapabilityStatus(capability=each, state=state) for each in on]
        )

    def start(self, channel: MemoryOutput | FakeConnector) -> None:
        connector = channel if isinstance(channel, FakeConnector) else FakeConnector(channel)
        self.migrator.migrate(lambda: connector.real, keep_problem=lambda error: True)

    def finish(self) -> MigrationInfo:
        """Wait for the end of the attempt; what query-migrate tells then."""
        assert self.migrator._outgoing is not None
        self.migrator._outgoing.join()
        return self.migrator.info()

    def run(self, channel: MemoryOutput | FakeConnector) -> MigrationInfo:
        """A whole attempt."""
        self.told.clear()
        self.start(channel)
        return self.finish()

    def refuses(self) -> str:
        """That no migration may begin, and nothing changes; why."""
        before = list(self.told), self.migrator.status, self.migrator.info()
        with pytest.raises(QapiError) as caught:
            self.start(MemoryOutput())
        assert (list(self.told), self.migrator.status, self.migrator.info()) == before
        assert caught.value.error_class == "GenericError"
        return caught.value.desc


@pytest.fixture
def machine() -> Iterator[Callable[..., Machine]]:
    """Machines that are closed at the end."""
    made: list[Machine] = []

    def make(*on: MigrationCapability, **options: object) -> Machine:
        made.append(Machine(*on, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.migrator.close()


Make = Callable[..., Machine]


# --- the beginning and the end ---


def test_nothing_to_tell_at_first(machine: Make) -> None:
    it = machine(EVENTS)
    assert it.migrator.info() == MigrationInfo()
    assert it.migrator.status is it.migrator.incoming_status is MigrationStatus.NONE
    assert it.told == []


def test_an_attempt(machine: Make) -> None:
    it = machine(EVENTS)
    channel = MemoryOutput()
    info = it.run(channel)
    assert it.told == ["setup", "pass 1", "active", "STOP", "pass 2", "completed"]
    assert info.status is MigrationStatus.COMPLETED
    assert info.ram is not None
    assert info.ram.transferred == transferred_by(bytes(channel.stream))
    assert (info.ram.normal, info.ram.duplicate, info.ram.remaining) == (10, 54, 0)
    assert info.ram.dirty_sync_count == 2


def test_success_is_told_before_anything_is_known(machine: Make) -> None:
    it = machine(EVENTS)
    connector = FakeConnector("never", hold=True)
    it.start(connector)
    assert connector.connecting.wait(DEADLINE_SECONDS)
    assert it.migrator.info() == MigrationInfo(status=MigrationStatus.SETUP)
    it.migrator.cancel()
    assert it.finish() == MigrationInfo(status=MigrationStatus.CANCELLED)


# --- when it is refused ---


class Held(MemoryOutput):
    """A channel that takes no page before somebody lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.free = threading.Event()
        self.written = self._hold

    def _hold(self, data: bytes) -> None:
        if len(data) > RECORD:
            self.reached.set()
            assert self.free.wait(DEADLINE_SECONDS)


def busy(it: Machine, moment: str) -> Callable[[], None]:
    """Bring an attempt to a moment, where it stays; what lets it go on."""
    if moment == "setup":
        it.start(FakeConnector("never", hold=True))
        return lambda: None
    channel = Held()
    it.start(channel)
    assert channel.reached.wait(DEADLINE_SECONDS)
    if moment == "pre-switchover":
        channel.free.set()
        it.until(moment)
    return channel.free.set


@pytest.mark.parametrize("moment", ["setup", "active", "pre-switchover"])
def test_one_at_a_time(machine: Make, moment: str) -> None:
    it = machine(EVENTS, PAUSE)
    go_on = busy(it, moment)
    assert it.migrator.status.value == moment
    assert "in progress" in it.refuses()
    with pytest.raises(QapiError, match="in progress"):
        it.switch(RETURN_PATH)
    assert not it.migrator.capabilities[RETURN_PATH]
    it.migrator.set_parameters(MigrateSetParameters(downtime_limit=77))
    assert it.migrator.parameters.downtime_limit == 77
    it.migrator.cancel()
    go_on()
    assert it.finish().status is MigrationStatus.CANCELLED


def test_one_at_a_time_while_it_is_being_cancelled(machine: Make) -> None:
    it = machine(EVENTS)
    go_on = busy(it, "active")
    it.migrator.cancel()
    assert it.migrator.status is MigrationStatus.CANCELLING
    assert "in progress" in it.refuses()
    it.switch(RETURN_PATH)  # which is allowed then
    go_on()
    assert it.finish().status is MigrationStatus.CANCELLED


def test_a_guest_that_waits_cannot_leave(machine: Make) -> None:
    assert "waits" in machine(EVENTS, state=RunState.INMIGRATE).refuses()


def test_a_device_that_cannot_move(machine: Make) -> None:
    assert "'counter'" in machine(EVENTS, migratable=False).refuses()


def test_settings_change_as_a_whole_or_not_at_all(machine: Make) -> None:
    it = machine()
    before = it.migrator.capabilities, it.migrator.parameters
    with pytest.raises(QapiError, match="compress"):
        it.switch(EVENTS, MigrationCapability.COMPRESS)
    with pytest.raises(QapiError, match="compress-level"):
        it.migrator.set_parameters(MigrateSetParameters(downtime_limit=1, compress_level=10))
    assert (it.migrator.capabilities, it.migrator.parameters) == before


# --- failing at once ---


@pytest.mark.parametrize("keep", [False, True])
def test_a_start_that_fails_at_once(machine: Make, keep: bool) -> None:
    it = machine(EVENTS)

    def prepare() -> None:
        assert it.migrator.status is MigrationStatus.SETUP
        raise QapiError("no such descriptor")

    with pytest.raises(QapiError, match="no such descriptor"):
        it.migrator.migrate(prepare, keep_problem=lambda error: keep)  # type: ignore[arg-type]
    assert it.told == ["setup", "failed"]
    expected = "no such descriptor" if keep else None
    assert it.migrator.info() == MigrationInfo(status=MigrationStatus.FAILED, error_desc=expected)
    assert it.run(MemoryOutput()).error_desc is None
    assert it.told[-1] == "completed"


def test_a_defect_at_the_start_is_no_migration_in_progress(machine: Make) -> None:
    it = machine(EVENTS)

    def prepare() -> None:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError):
        it.migrator.migrate(prepare, keep_problem=lambda error: True)  # type: ignore[arg-type]
    assert it.told == ["setup", "failed"]
    assert it.run(MemoryOutput()).status is MigrationStatus.COMPLETED


def test_a_thread_that_cannot_start(machine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    it = machine(EVENTS)
    connector = FakeConnector(MemoryOutput())

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            it.start(connector)
    assert connector.cancelled.is_set()
    assert it.told == ["setup", "failed"]
    assert it.run(MemoryOutput()).status is MigrationStatus.COMPLETED


# --- again ---


def fail(it: Machine) -> None:
    info = it.run(MemoryOutput(break_at=5 * RECORD))
    assert info.status is MigrationStatus.FAILED
    assert info.error_desc is not None and "reset" in info.error_desc
    assert it.told == ["setup", "pass 1", "active", "failed"]


def fail_late(it: Machine) -> None:
    it.switch(RETURN_PATH)
    info = it.run(MemoryOutput(reply=confirming(1)))
    assert info.error_desc is not None and "status 1" in info.error_desc
    it.switch(RETURN_PATH, state=False)


def cancel(it: Machine) -> None:
    it.listener = lambda what: it.migrator.cancel() if what == "pass 2" else None
    assert it.run(MemoryOutput()).status is MigrationStatus.CANCELLED
    it.listener = lambda what: None


def leave_and_go_on(it: Machine) -> None:
    assert it.run(MemoryOutput()).status is MigrationStatus.COMPLETED
    it.guest.cont()


@pytest.mark.parametrize("first", [fail, fail_late, cancel, leave_and_go_on])
def test_the_next_attempt_begins_anew(machine: Make, first: Callable[[Machine], None]) -> None:
    it = machine(EVENTS)
    first(it)
    first(it)
    assert it.guest.run_state is RunState.RUNNING
    channel = MemoryOutput()
    info = it.run(channel)
    assert it.told == ["setup", "pass 1", "active", "STOP", "pass 2", "completed"]
    assert info.error_desc is None
    assert info.ram is not None
    assert info.ram.transferred == transferred_by(bytes(channel.stream))
    assert (info.ram.normal, info.ram.duplicate, info.ram.dirty_sync_count) == (10, 54, 2)


def test_a_guest_that_has_left_may_leave_again(machine: Make) -> None:
    it = machine(EVENTS)
    it.run(MemoryOutput())
    it.run(MemoryOutput())
    assert it.told == ["setup", "pass 1", "active", "pass 2", "completed"]
    assert it.guest.run_state is RunState.POSTMIGRATE


# --- events ---


def test_no_event_without_the_capability(machine: Make) -> None:
    it = machine()
    it.run(MemoryOutput())
    assert it.told == ["STOP"]
    it.guest.cont()
    it.run(MemoryOutput(break_at=100))
    it.run(FakeConnector("no way"))
    assert it.told == []


def test_what_counts_is_the_capability_of_the_moment(machine: Make) -> None:
    it = machine(EVENTS)

    def told(what: str) -> None:
        if what == "RESUME":  # the status is cancelling, where capabilities may be changed
            it.switch(EVENTS, state=False)
        elif what == "pass 2":
            it.migrator.cancel()

    it.listener = told
    assert it.run(MemoryOutput()).status is MigrationStatus.CANCELLED
    assert it.told[-3:] == ["pass 2", "cancelling", "RESUME"]


def test_other_capabilities_count_as_they_were_at_the_start(machine: Make) -> None:
    it = machine(EVENTS)
    go_on = busy(it, "active")
    it.migrator.capabilities = it.migrator.capabilities.changed({PAUSE: True})
    go_on()
    assert it.finish().status is MigrationStatus.COMPLETED


def test_parameters_count_as_they_are(machine: Make) -> None:
    it = machine(EVENTS)
    it.migrator.set_parameters(MigrateSetParameters(max_bandwidth=10))

    def told(what: str) -> None:
        if what == "active":
            it.migrator.set_parameters(MigrateSetParameters(max_bandwidth=0))

    it.listener = told
    assert it.run(MemoryOutput()).status is MigrationStatus.COMPLETED


# --- the pause ---


def test_to_go_on_takes_the_right_status(machine: Make) -> None:
    it = machine(EVENTS, PAUSE)
    for status in set(MigrationStatus) - {MigrationStatus.NONE}:
        with pytest.raises(QapiError, match="'none'"):
            it.migrator.proceed(status)
    it.migrator.proceed(MigrationStatus.NONE)
    it.start(MemoryOutput())
    it.until("pre-switchover")
    with pytest.raises(QapiError, match="'pre-switchover'"):
        it.migrator.proceed(MigrationStatus.ACTIVE)
    assert it.migrator.status is MigrationStatus.PRE_SWITCHOVER
    it.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
    assert it.finish().status is MigrationStatus.COMPLETED
    assert it.told[-3:] == ["device", "pass 2", "completed"]
    it.migrator.proceed(MigrationStatus.COMPLETED)


def test_a_release_in_any_other_status_has_no_effect_later(machine: Make) -> None:
    it = machine(EVENTS, PAUSE)
    channel = MemoryOutput()
    # Between the look at the status and the release, the pause begins.
    attempts: list[None] = []
    it.start(FakeConnector("never", hold=True))
    assert it.migrator._outgoing is not None
    it.migrator._outgoing.release = lambda: attempts.append(None)  # type: ignore[method-assign]
    it.migrator.proceed(MigrationStatus.SETUP)
    assert attempts == []
    it.migrator.cancel()
    it.finish()
    it.told.clear()
    it.start(channel)
    it.until("pre-switchover")
    it.migrator.cancel()
    assert it.finish().status is MigrationStatus.CANCELLED


def test_the_answer_during_the_pause(machine: Make) -> None:
    it = machine(EVENTS, PAUSE)
    it.start(MemoryOutput())
    it.until("pre-switchover")
    info = it.migrator.info()
    assert info.status is MigrationStatus.PRE_SWITCHOVER
    assert info.ram is not None and info.ram.dirty_sync_count == 1
    assert info.expected_downtime == 300
    assert info.downtime is None


# --- cancelling ---


def test_nothing_to_cancel(machine: Make) -> None:
    it = machine(EVENTS)
    it.migrator.cancel()
    assert it.told == []
    it.run(MemoryOutput())
    before = list(it.told)
    it.migrator.cancel()
    assert it.told == before
    assert it.migrator.status is MigrationStatus.COMPLETED


# --- the destination ---


def test_to_listen_is_told_in_any_case(machine: Make) -> None:
    it = machine(state=RunState.INMIGRATE)
    it.migrator.receive(lambda: FakeAcceptor(None).real)
    assert it.told == ["setup"]
    assert it.migrator.info() == MigrationInfo()


def test_to_listen_is_told_even_if_it_is_refused(machine: Make) -> None:
    it = machine(state=RunState.INMIGRATE)

    def listen() -> Acceptor:
        raise QapiError("the address is in use")

    with pytest.raises(QapiError, match="in use"):
        it.migrator.receive(listen)
    assert it.told == ["setup"]
    assert it.migrator.info() == MigrationInfo()


@pytest.mark.parametrize("events", [False, True])
def test_a_guest_comes_and_goes(machine: Make, events: bool) -> None:
    channel = MemoryOutput()
    first = machine()
    first.run(channel)
    it = machine(*([EVENTS] if events else []), state=RunState.INMIGRATE, fill=0)
    it.migrator.receive(lambda: FakeAcceptor(MemoryInput(bytes(channel.stream))).real)
    it.until("arrived")
    came = ["active", "RESUME", "completed"] if events else ["RESUME"]
    assert it.told == ["setup", *came, "arrived"]
    assert it.migrator.info() == MigrationInfo(status=MigrationStatus.COMPLETED)
    assert it.migrator.status is MigrationStatus.NONE
    assert it.guest.ram.digests() == first.guest.ram.digests()
    info = it.run(MemoryOutput())
    assert info.total_time is not None
    assert it.migrator.incoming_status is MigrationStatus.COMPLETED


def test_a_guest_that_does_not_come(machine: Make) -> None:
    it = machine(EVENTS, state=RunState.INMIGRATE)
    it.migrator.receive(lambda: FakeAcceptor(MemoryInput(b"?")).real)
    it.until("arrived")
    assert it.told == ["setup", "active", "failed", "arrived"]
    assert it.reasons[0] is not None
    expected = MigrationInfo(status=MigrationStatus.FAILED, error_desc=it.reasons[0])
    assert it.migrator.info() == expected
    assert "waits" in it.refuses()


# --- the process ends ---


@pytest.mark.parametrize("on", [[EVENTS, PAUSE], [EVENTS, RETURN_PATH]])
def test_closing_ends_what_waits(machine: Make, on: list[MigrationCapability]) -> None:
    it = machine(*on)
    it.start(MemoryOutput())
    it.until("pre-switchover" if PAUSE in on else "pass 2")
    it.migrator.close()
    assert it.told[-2:] == ["RESUME", "cancelled"]


def test_closing_does_not_wait_for_a_destination_that_is_silent(machine: Make) -> None:
    it = machine(EVENTS, RETURN_PATH)
    finished = threading.Event()
    channel = MemoryOutput(reply=lambda data: returnpath.pong(1))
    channel.written = lambda data: finished.set() if ends(data) else None
    it.start(channel)
    assert finished.wait(DEADLINE_SECONDS)
    it.migrator.close()
    assert it.migrator.status is MigrationStatus.FAILED
    assert it.guest.run_state is RunState.FINISH_MIGRATE


def test_closing_ends_a_destination_that_waits(machine: Make) -> None:
    it = machine(EVENTS, state=RunState.INMIGRATE)
    it.migrator.receive(lambda: FakeAcceptor(None).real)
    it.migrator.close()
    assert it.told == ["setup"]
    assert it.reasons == []


def test_closing_twice(machine: Make) -> None:
    it = machine()
    it.migrator.close()
    it.run(MemoryOutput())
    it.migrator.close()
    it.migrator.close()
