"""Whole migrations between two guests in one process, over real sockets and with real threads."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationStatus,
)
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.opening import Acceptor, incoming, outgoing
from qapigen.migration.engine.migrator import Listeners, Migrator
from qapigen.migration.guest.ram import RamBlock
from qapigen.runtime.errors import QapiError

from .fakes import DEADLINE_SECONDS, filled, make_guest

MIB = 1 << 20
RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER

#: Writes as fast as it can, all over the memory.
BUSY = "rate=20000,pattern=random,seed=3"


def no_descriptor(name: str) -> int:
    raise KeyError(name)


class Machine:
    """A guest with its migrations, and everything that was told, in order."""

    def __init__(self, state: RunState, *, workload: str, mib: int = 8) -> None:
        self.told: list[str] = []
        self._changed = threading.Condition()
        blocks = [RamBlock("pc.ram", mib * MIB), RamBlock("vga.vram", MIB)]
        self.guest = make_guest(
            blocks=blocks,
            state=state,
            workload=workload,
            clock=time.monotonic,
            threads=True,
            on_event=self.tell,
        )
        self.migrator = Migrator(
            self.guest,
            Listeners(
                status=lambda new: self.tell(new.value),
                passed=lambda number: self.tell(f"pass {number}"),
                arrived=lambda reason: self.tell("arrived" if reason is None else "lost"),
            ),
        )
        self.migrator.autostart = False
        self.migrator.set_parameters(MigrateSetParameters(max_bandwidth=0))
        self.switch(MigrationCapability.EVENTS)

    def tell(self, what: str) -> None:
        with self._changed:
            self.told.append(what)
            self._changed.notify_all()

    def until(self, *whats: str) -> None:
        """Wait for one of these to be told."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(what in self.told for what in whats), DEADLINE_SECONDS
            ), self.told

    def switch(self, *on: MigrationCapability) -> None:
        self.migrator.set_capabilities(
            [MigrationCapabilityStatus(capability=each, state=True) for each in on]
        )

    def leave(self, uri: str) -> None:
        self.migrator.migrate(
            lambda: outgoing(uri, getfd=no_descriptor), keep_problem=lambda error: True
        )

    def close(self) -> None:
        self.migrator.close()
        self.guest.close()


class Machines:
    """Those of one test."""

    def __init__(self) -> None:
        self._made: list[Machine] = []

    def source(self, *on: MigrationCapability, workload: str = BUSY, mib: int = 8) -> Machine:
        it = Machine(RunState.RUNNING, workload=workload, mib=mib)
        self._made.append(it)
        it.switch(*on)
        filled(it.guest, mib * 128)
        it.guest.ram["vga.vram"].fill_random(np.random.default_rng(2), slice(10, 20))
        return it

    def destination(
        self, *, workload: str = BUSY, mib: int = 8, uri: str = "tcp:127.0.0.1:0"
    ) -> tuple[Machine, Acceptor]:
        it = Machine(RunState.INMIGRATE, workload=workload, mib=mib)
        self._made.append(it)
        acceptor = incoming(uri)
        it.migrator.receive(lambda: acceptor)
        return it, acceptor

    def close(self) -> None:
        for each in self._made:
            each.close()


@pytest.fixture
def machines() -> Iterator[Machines]:
    made = Machines()
    yield made
    made.close()


def settled(source: Machine, destination: Machine) -> None:
    """Wait until it is over on both sides."""
    source.until("completed", "failed", "cancelled")
    destination.until("arrived", "lost")


def moved(source: Machine, destination: Machine) -> bool:
    """Whether the guest is there as it was here."""
    assert source.guest.run_state is RunState.POSTMIGRATE
    assert destination.guest.run_state is RunState.PAUSED
    return source.guest.ram.digests() == destination.guest.ram.digests()


@pytest.mark.parametrize("on", [[], [RETURN_PATH]], ids=["plain", "returns"])
@pytest.mark.parametrize("workload", ["idle", "dirty", BUSY])
def test_a_guest_moves(machines: Machines, on: list[MigrationCapability], workload: str) -> None:
    source = machines.source(*on, workload=workload)
    destination, acceptor = machines.destination(workload=workload)
    source.leave(acceptor.address)
    settled(source, destination)
    assert source.told[-1] == "completed"
    assert destination.told == ["setup", "active", "completed", "arrived"]
    assert moved(source, destination)
    ram = source.migrator.info().ram
    assert ram is not None
    assert ram.normal * 4096 <= ram.transferred <= ram.normal * 4120 + ram.duplicate * 10 + 10_000


def test_a_busy_guest_moves_through_a_narrow_link(machines: Machines) -> None:
    source = machines.source(MigrationCapability.AUTO_CONVERGE, workload="rate=2000,hot=500", mib=4)
    source.migrator.set_parameters(MigrateSetParameters(max_bandwidth=8 * MIB, downtime_limit=250))
    destination, acceptor = machines.destination(mib=4)
    source.leave(acceptor.address)
    settled(source, destination)
    assert source.told[-1] == "completed"
    passes = [what for what in source.told if what.startswith("pass")]
    assert passes == [f"pass {number + 1}" for number in range(len(passes))]
    assert len(passes) > 2
    assert source.guest.cpus.throttle == 0
    assert moved(source, destination)


def test_a_busy_guest_moves_by_differences(machines: Machines) -> None:
    source = machines.source(MigrationCapability.XBZRLE, workload="rate=20000,hot=300", mib=2)
    source.migrator.set_parameters(
        MigrateSetParameters(max_bandwidth=2 * MIB, downtime_limit=1, xbzrle_cache_size=1 << 30)
    )
    destination, acceptor = machines.destination(mib=2)
    source.leave(acceptor.address)
    source.until("pass 4", "completed")
    source.migrator.set_parameters(MigrateSetParameters(xbzrle_cache_size=MIB))
    source.until("pass 12", "completed")
    source.migrator.set_parameters(MigrateSetParameters(downtime_limit=2000))
    settled(source, destination)
    assert moved(source, destination)
    cache = source.migrator.info().xbzrle_cache
    assert cache is not None
    assert cache.cache_size == MIB
    assert cache.pages > 0
    assert cache.bytes < cache.pages * 40  # a word of each page
    assert cache.cache_miss > 0


def test_a_pause_in_between(machines: Machines) -> None:
    source = machines.source(PAUSE, RETURN_PATH)
    destination, acceptor = machines.destination()
    source.leave(acceptor.address)
    source.until("pre-switchover")
    before = source.guest.ram.digests()
    assert destination.guest.run_state is RunState.INMIGRATE
    source.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
    settled(source, destination)
    assert source.told[-3:] == ["device", source.told[-2], "completed"]
    assert source.guest.ram.digests() == before
    assert moved(source, destination)


def test_a_guest_moves_on(machines: Machines) -> None:
    first = machines.source(RETURN_PATH)
    second, there = machines.destination()
    first.leave(there.address)
    settled(first, second)
    second.guest.cont()
    third, further = machines.destination()
    second.switch(RETURN_PATH)
    second.told.clear()
    second.leave(further.address)
    settled(second, third)
    assert second.told[:3] == ["setup", "pass 1", "active"]
    assert moved(second, third)


def test_nobody_there(machines: Machines) -> None:
    source = machines.source()
    destination, acceptor = machines.destination()
    destination.migrator.close()
    source.leave(acceptor.address)
    source.until("failed")
    info = source.migrator.info()
    assert info.error_desc is not None and "no connection" in info.error_desc
    assert source.guest.run_state is RunState.RUNNING


@pytest.mark.parametrize("on", [[], [RETURN_PATH]], ids=["plain", "returns"])
def test_a_destination_dies_and_another_takes_the_guest(
    machines: Machines, on: list[MigrationCapability]
) -> None:
    source = machines.source(*on)
    source.migrator.set_parameters(MigrateSetParameters(max_bandwidth=2 * MIB, downtime_limit=1))
    victim, acceptor = machines.destination()
    source.leave(acceptor.address)
    source.until("active")
    victim.until("active")
    victim.migrator.close()
    source.until("failed")
    assert victim.guest.run_state is RunState.INMIGRATE
    assert source.guest.run_state is RunState.RUNNING
    source.migrator.set_parameters(MigrateSetParameters(max_bandwidth=0, downtime_limit=300))
    source.told.clear()
    destination, acceptor = machines.destination()
    source.leave(acceptor.address)
    settled(source, destination)
    assert source.told[:3] == ["setup", "pass 1", "active"]
    assert moved(source, destination)


def test_a_destination_of_another_size_refuses_the_guest(machines: Machines) -> None:
    source = machines.source(RETURN_PATH, mib=4)
    destination, acceptor = machines.destination(mib=8)
    source.leave(acceptor.address)
    settled(source, destination)
    assert source.told[-1] == "failed"
    assert destination.told == ["setup", "active", "failed", "lost"]
    assert source.guest.run_state is RunState.RUNNING


@pytest.mark.parametrize("on", [[], [RETURN_PATH], [RETURN_PATH, PAUSE]])
def test_the_guest_is_in_one_place_whenever_it_is_cancelled(
    machines: Machines, on: list[MigrationCapability]
) -> None:
    rng = random.Random(5)
    for _ in range(15):
        source = machines.source(*on, mib=2, workload="rate=1000")
        destination, acceptor = machines.destination(mib=2, workload="rate=1000")
        destination.migrator.autostart = True
        over = threading.Event()
        source.leave(acceptor.address)
        if PAUSE in on and rng.random() < 0.5:
            source.until("pre-switchover")
            with suppress(QapiError):
                source.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
        over.wait(rng.random() * 0.006)  # nobody sets it: any moment will do
        source.migrator.cancel()
        source.until("completed", "failed", "cancelled")
        with suppress(OSError):  # if it was cancelled before, nobody has come so far
            socket.create_connection(("127.0.0.1", acceptor.port or 0)).close()
        destination.until("arrived", "lost")
        running = [each.guest.run_state is RunState.RUNNING for each in (source, destination)]
        if source.told[-1] == "completed":
            assert running == [False, True]
            assert "cancelling" not in source.told
        else:
            assert source.told[-1] == "cancelled"
            assert running == [True, False]
            assert destination.guest.run_state is RunState.INMIGRATE
        source.close()
        destination.close()


def test_closing_both_sides_in_the_middle(machines: Machines) -> None:
    source = machines.source(RETURN_PATH)
    source.migrator.set_parameters(MigrateSetParameters(max_bandwidth=10))
    destination, acceptor = machines.destination()
    source.leave(acceptor.address)
    source.until("active")
    ended: list[Callable[[], None]] = [source.migrator.close, destination.migrator.close]
    threads = [threading.Thread(target=end) for end in ended]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()
    assert source.told[-1] in {"cancelled", "failed"}
