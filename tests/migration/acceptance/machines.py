"""A guest with its migrations in this process: what runs, and what is told, in order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

import numpy as np

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationStatus,
)
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.opening import incoming, outgoing
from qapigen.migration.engine.migrator import Listeners, Migrator
from qapigen.migration.guest.cpu import VCpus
from qapigen.migration.guest.devices import DeviceSet, TimerDevice
from qapigen.migration.guest.machine import Guest
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.guest.workloads import parse_workload

from .relay import HOST

__all__ = ["DEADLINE_SECONDS", "MIB", "Machine", "retry", "trial"]

MIB: Final = 1 << 20

#: Far more than anything here takes, on any machine.
DEADLINE_SECONDS: Final = 60.0


def _no_descriptor(name: str) -> int:
    raise KeyError(name)


@contextmanager
def trial(seed: object) -> Generator[random.Random, None, None]:
    """Chance for one trial; what goes wrong names the seed."""
    try:
        yield random.Random(repr(seed))
    except BaseException as error:
        error.add_note(f"seed: {seed!r}")
        raise


class Machine:
    """One guest and its migrator.  ``arrives``: the guest is still to come.

    ``told`` has statuses, passes ("pass N"), "STOP", "RESUME", and for a destination at last
    "arrived" or the reason why not.
    """

    def __init__(
        self,
        *,
        mib: int = 4,
        fill: int | None = None,
        workload: str = "idle",
        arrives: bool = False,
        on: Iterable[MigrationCapability] = (),
    ) -> None:
        self.told: list[str] = []
        self._changed = threading.Condition()
        ram = GuestRam([RamBlock("pc.ram", mib * MIB)])
        if fill is not None:
            ram.main.fill_random(np.random.default_rng(fill), slice(0, len(ram.main) // 2))
        self.guest = Guest(
            ram,
            DeviceSet([TimerDevice(time.monotonic)]),
            VCpus(parse_workload(workload), 1, ram, time.monotonic),
            run_state=RunState.INMIGRATE if arrives else RunState.PRELAUNCH,
            on_event=self.tell,
        )
        self.migrator = Migrator(
            self.guest,
            Listeners(
                status=lambda status: self.tell(status.value),
                passed=lambda number: self.tell(f"pass {number}"),
                arrived=lambda reason: self.tell("arrived" if reason is None else reason),
            ),
        )
        self.switch_on(MigrationCapability.EVENTS, *on)
        self.migrator.set_parameters(MigrateSetParameters(max_bandwidth=0))
        if not arrives:
            self.guest.cont()

    def tell(self, what: str) -> None:
        """Something happened; others may add to it what is to be waited for like the rest."""
        with self._changed:
            self.told.append(what)
            self._changed.notify_all()

    # --- orders ---

    def switch_on(self, *capabilities: MigrationCapability, state: bool = True) -> None:
        self.migrator.set_capabilities(
            [MigrationCapabilityStatus(capability=each, state=state) for each in capabilities]
        )

    def listen(self) -> str:
        """Wait for a source; where it is to connect to."""
        acceptor = incoming(f"tcp:{HOST}:0")
        address = acceptor.address
        self.migrator.receive(lambda: acceptor)
        return address

    def migrate(self, uri: str) -> None:
        """Begin; what was told before is forgotten."""
        self.told.clear()
        self.migrator.migrate(
            lambda: outgoing(uri, getfd=_no_descriptor), keep_problem=lambda error: True
        )

    # --- waiting ---

    def until(self, ready: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds that changes with what is told."""
        with self._changed:
            assert self._changed.wait_for(ready, DEADLINE_SECONDS), (what, self.told)

    def ended(self) -> MigrationStatus:
        """Wait for the end of the outgoing migration; which one it is."""
        ends = ("completed", "failed", "cancelled")
        self.until(lambda: any(each in ends for each in self.told), "the end")
        for thread in threading.enumerate():  # it tidies up after it has told
            if thread.name == "outgoing":
                thread.join(DEADLINE_SECONDS)
                assert not thread.is_alive()
        return self.migrator.status

    def arrival(self) -> str | None:
        """Wait for the end of the incoming migration; why the guest has not come, or None."""
        last = ("arrived", "load of", "listening", "the process ends")
        self.until(lambda: bool(self.told) and self.told[-1].startswith(last), "the arrival")
        return None if self.told[-1] == "arrived" else self.told[-1]

    # --- what is ---

    @property
    def running(self) -> bool:
        """Whether the guest makes progress here; state and processors agree on it."""
        assert self.guest.running is self.guest.cpus.running
        return self.guest.running

    @property
    def untouched(self) -> bool:
        """Whether the guest runs as if there had been no migration."""
        return (
            self.running and self.guest.cpus.throttle == 0 and not self.guest.ram.main.dirty.logging
        )

    def digests(self) -> dict[str, str]:
        return self.guest.ram.digests()

    def close(self) -> None:
        """The end of everything; also what becomes of a process that is killed."""
        self.migrator.close()
        self.guest.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def retry(source: Machine) -> None:
    """Another attempt, to a destination of its own, is as good as a first one."""
    if not source.running:
        source.guest.cont()
    source.switch_on(MigrationCapability.PAUSE_BEFORE_SWITCHOVER, state=False)
    with Machine(arrives=True, mib=source.guest.ram.size // MIB) as destination:
        source.migrate(destination.listen())
        assert source.ended() is MigrationStatus.COMPLETED, (source.told, destination.told)
        assert destination.arrival() is None
        assert destination.running
        assert not source.running
        assert destination.digests() == source.digests()
