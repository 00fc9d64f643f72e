"""The machine as a whole: run states, events, and vCPUs that follow."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from threading import Barrier, Thread

import pytest

from qapi_migration.types.run_state import RunState
from qapigen.migration.guest.cpu import VCpus
from qapigen.migration.guest.devices import DeviceSet, TimerDevice
from qapigen.migration.guest.machine import Guest, IllegalRunState
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.guest.workloads import parse_workload
from qapigen.migration.run_states import may_move
from qapigen.migration.stream.format import PAGE_SIZE

OWN = {RunState.FINISH_MIGRATE, RunState.SAVE_VM, RunState.RESTORE_VM, RunState.COLO}
PAIRS = list(itertools.product(RunState, RunState))


class Machine:
    """A guest whose time is ours, with the events that it sent."""

    def __init__(self, run_state: RunState, *, threads: bool = False) -> None:
        self.now = 0.0
        self.events: list[str] = []
        ram = GuestRam([RamBlock("pc.ram", 64 * PAGE_SIZE)])
        clock = time.monotonic if threads else lambda: self.now
        self.timer = TimerDevice(clock)
        self.cpus = VCpus(parse_workload("rate=1000"), 1, ram, clock, threads=threads)
        self.guest = Guest(
            ram,
            DeviceSet([self.timer]),
            self.cpus,
            run_state=run_state,
            on_event=self.events.append,
        )

    def lives(self) -> bool:
        """Whether the guest gets on in the next second."""
        before = self.cpus.written, self.timer.guest_ns
        self.now += 1
        self.cpus.step(self.now)
        written, ns = self.cpus.written - before[0], self.timer.guest_ns - before[1]
        assert (written, ns) in {(1000, 10**9), (0, 0)}
        return written > 0

    @property
    def stored(self) -> str:
        """The state that would travel."""
        *_, (_, _, values) = self.guest.devices.save()
        name = values["runstate"]
        assert isinstance(name, bytes)
        return name.decode()


@pytest.fixture
def running() -> Machine:
    return Machine(RunState.RUNNING)


@pytest.mark.parametrize("state", RunState)
def test_it_lives_in_running_alone(state: RunState) -> None:
    machine = Machine(state)
    assert machine.guest.run_state is state
    assert machine.guest.running == machine.lives() == (state is RunState.RUNNING)
    assert machine.events == []


def test_parts_and_defaults() -> None:
    machine = Machine(RunState.PAUSED)
    guest = Guest(machine.guest.ram, machine.guest.devices, machine.cpus)
    assert guest.machine == "none"
    assert guest.run_state is RunState.PRELAUNCH
    assert guest.cpus is machine.cpus
    assert guest.cont()  # nobody listens to its events


def test_stop_and_cont(running: Machine) -> None:
    guest = running.guest
    assert guest.stop(RunState.PAUSED)
    assert guest.run_state is RunState.PAUSED
    assert not running.lives()
    assert not guest.stop(RunState.PAUSED)
    assert guest.cont()
    assert guest.running
    assert running.lives()
    assert not guest.cont()
    assert running.lives()
    assert running.events == ["STOP", "RESUME"]


def test_events_come_when_the_vcpus_stand_still() -> None:
    """STOP after the halt, RESUME before the start: no write happens outside of them."""
    machine = Machine(RunState.PRELAUNCH)
    seen: list[tuple[str, str, bool]] = []

    def on_event(name: str) -> None:
        seen.append((name, guest.run_state.value, machine.cpus.running))

    guest = Guest(machine.guest.ram, DeviceSet(), machine.cpus, on_event=on_event)
    guest.cont()
    guest.stop(RunState.PAUSED)
    assert seen == [("RESUME", "running", False), ("STOP", "paused", False)]


@pytest.mark.parametrize(("old", "to"), PAIRS)
def test_stop_from_any_state(old: RunState, to: RunState) -> None:
    machine = Machine(old)
    was_running = old is RunState.RUNNING
    moves = to is not old and (was_running or to in OWN)
    if moves and not may_move(old, to):
        with pytest.raises(IllegalRunState, match=f"from '{old.value}' to '{to.value}'"):
            machine.guest.stop(to)
        moves = False
    else:
        assert machine.guest.stop(to) == was_running
    assert machine.guest.run_state is (to if moves else old)
    assert machine.events == (["STOP"] if moves and was_running else [])
    assert machine.lives() == (machine.guest.run_state is RunState.RUNNING)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_set_state(old: RunState, new: RunState) -> None:
    machine = Machine(old)
    if may_move(old, new):
        machine.guest.set_state(new)
        assert machine.guest.run_state is new
    else:
        with pytest.raises(IllegalRunState) as caught:
            machine.guest.set_state(new)
        assert (caught.value.old, caught.value.new) == (old, new)
        new = old
    assert machine.guest.run_state is new
    begins, ends = (new is RunState.RUNNING), (old is RunState.RUNNING)
    assert machine.events == ["RESUME"] * (begins and not ends) + ["STOP"] * (ends and not begins)
    assert machine.lives() == begins


@pytest.mark.parametrize("old", RunState)
def test_cont_from_any_state(old: RunState) -> None:
    machine = Machine(old)
    if may_move(old, RunState.RUNNING):
        assert machine.guest.cont() == (old is not RunState.RUNNING)
        assert machine.lives()
    else:
        with pytest.raises(IllegalRunState):
            machine.guest.cont()
        assert not machine.lives()
        assert machine.guest.run_state is old


@pytest.mark.parametrize("old", [RunState.RUNNING, RunState.PAUSED, RunState.POSTMIGRATE])
def test_the_state_before_the_move_travels(old: RunState) -> None:
    machine = Machine(old)
    machine.guest.stop(RunState.FINISH_MIGRATE)
    assert machine.stored == old.value
    machine.guest.stop(RunState.FINISH_MIGRATE)
    assert machine.stored == old.value


@pytest.mark.parametrize("old", RunState)
def test_leave_tells_the_state_that_travels(old: RunState) -> None:
    machine = Machine(old)
    if old is RunState.FINISH_MIGRATE:
        machine.guest.devices.store_state(RunState.PAUSED)
        assert machine.guest.leave() is RunState.PAUSED
    elif may_move(old, RunState.FINISH_MIGRATE):
        assert machine.guest.leave() is old
        assert machine.stored == old.value
        assert machine.events == ["STOP"] * (old is RunState.RUNNING)
    else:
        with pytest.raises(IllegalRunState):
            machine.guest.leave()
        assert machine.guest.run_state is old
        return
    assert machine.guest.run_state is RunState.FINISH_MIGRATE
    assert not machine.lives()


def test_only_a_move_stores_the_state(running: Machine) -> None:
    running.guest.stop(RunState.PAUSED)
    running.guest.cont()
    running.guest.stop(RunState.COLO)
    assert running.stored == "running"


def test_a_move_that_comes_to_nothing(running: Machine) -> None:
    running.guest.stop(RunState.FINISH_MIGRATE)
    assert running.guest.cont()
    assert running.lives()
    assert running.events == ["STOP", "RESUME"]


def test_arrival() -> None:
    machine = Machine(RunState.INMIGRATE)
    machine.guest.set_state(RunState.PAUSED)
    assert machine.events == []
    machine = Machine(RunState.INMIGRATE)
    assert machine.guest.cont()
    assert machine.events == ["RESUME"]


def test_close(running: Machine) -> None:
    running.guest.close()
    assert running.events == []
    assert not running.cpus.running
    assert len(running.guest.ram.main) == 0


# --- threads ---


@pytest.fixture
def threaded() -> Iterator[Machine]:
    before = set(threading.enumerate())
    machine = Machine(RunState.PAUSED, threads=True)
    yield machine
    machine.guest.close()
    assert set(threading.enumerate()) <= before  # others may have ended meanwhile


def together(*orders: Thread) -> None:
    for order in orders:
        order.start()
    for order in orders:
        order.join()


def test_nothing_is_written_after_stop(threaded: Machine) -> None:
    guest = threaded.guest
    for _ in range(5):
        guest.cont()
        target = threaded.cpus.written + 1
        while threaded.cpus.written < target:
            time.sleep(0)
        assert guest.stop(RunState.PAUSED)
        guest.ram.start_logging()
        digests = guest.ram.digests()
        assert guest.ram.digests() == digests
        assert not len(guest.ram.main.dirty.take())
        guest.ram.stop_logging()


def test_many_give_orders_at_once(threaded: Machine) -> None:
    """Events alternate, and the vCPUs follow the last order."""
    guest = threaded.guest
    barrier = Barrier(4)
    halted: list[bool] = []
    started: list[bool] = []

    def halt() -> None:
        barrier.wait()
        halted.extend(guest.stop(RunState.PAUSED) for _ in range(30))

    def resume() -> None:
        barrier.wait()
        started.extend(guest.cont() for _ in range(30))

    together(*(Thread(target=order) for order in (halt, resume, halt, resume)))
    expected = itertools.islice(itertools.cycle(["RESUME", "STOP"]), len(threaded.events))
    assert threaded.events == [*expected]
    assert (started.count(True), halted.count(True)) == (
        threaded.events.count("RESUME"),
        threaded.events.count("STOP"),
    )
    assert threaded.cpus.running == guest.running == (threaded.events[-1] == "RESUME")


def test_an_order_cannot_slip_between_the_note_and_the_halt(threaded: Machine) -> None:
    """The state that travels is the one that the guest was halted in."""
    guest = threaded.guest
    for _ in range(30):
        guest.cont()
        barrier = Barrier(2)
        halted: list[bool] = []
        left: list[RunState] = []

        def pause(barrier: Barrier = barrier, halted: list[bool] = halted) -> None:
            barrier.wait()
            halted.append(guest.stop(RunState.PAUSED))

        def leave(barrier: Barrier = barrier, left: list[RunState] = left) -> None:
            barrier.wait()
            left.append(guest.leave())

        together(Thread(target=pause), Thread(target=leave))
        assert guest.run_state is RunState.FINISH_MIGRATE
        assert left == [RunState.PAUSED if halted == [True] else RunState.RUNNING]
        assert threaded.stored == left[0].value


def test_alone(threaded: Machine) -> None:
    """Others wait with their orders, and what was seen still holds."""
    guest = threaded.guest
    guest.cont()
    halted: list[bool] = []
    halting = Thread(target=lambda: halted.append(guest.stop(RunState.PAUSED)))
    with guest.alone():
        halting.start()
        assert guest.running
        assert not guest.cont()  # orders of one's own are obeyed
        assert halted == []
    halting.join(10)
    assert halted == [True]
    assert threaded.events[-1] == "STOP"
