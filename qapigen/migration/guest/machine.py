"""The machine: memory, devices and vCPUs, and the run state that rules them.

In: orders to halt, to go on, to be in a state.  Out: run states, the events STOP and RESUME.
Must not know: migrations, QMP, why somebody gives an order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final

from qapi_migration.types.run_state import RunState

from ..run_states import may_move
from .cpu import VCpus
from .devices import DeviceSet
from .ram import GuestRam

__all__ = ["RESUME", "STOP", "Guest", "IllegalRunState"]

#: Names of the events.
STOP: Final = "STOP"
RESUME: Final = "RESUME"

#: States for the machine's own purposes, which a halted guest is moved to as well.  The others
#: are reasons for which a running guest halts; a halted one keeps the reason that it has.
_ALSO_FROM_HALTED = frozenset(
    {RunState.FINISH_MIGRATE, RunState.SAVE_VM, RunState.RESTORE_VM, RunState.COLO}
)


class IllegalRunState(Exception):
    """A move between two run states that is not in the table."""

    def __init__(self, old: RunState, new: RunState) -> None:
        super().__init__(f"the machine cannot go from '{old.value}' to '{new.value}'")
        self.old = old
        self.new = new


class Guest:
    """A simulated machine with all its parts.

    Every method may be called by any thread but a vCPU's; one lock lets them follow each other.
    ``on_event`` is called under that lock, so events come in the order of the moves: it has to
    return soon and may not wait for another thread that gives orders to this guest.

    A guest in ``running`` has its vCPUs at work; in every other state no vCPU writes.
    """

    def __init__(
        self,
        ram: GuestRam,
        devices: DeviceSet,
        cpus: VCpus,
        *,
        machine: str = "none",
        run_state: RunState = RunState.PRELAUNCH,
        on_event: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.ram = ram
        self.devices = devices
        self.cpus = cpus
        #: The type of the machine, as a stream names it.
        self.machine = machine
        self._on_event = on_event
        self._lock = RLock()
        self._state = run_state
        if self.running:
            self._set_going()

    @property
    def run_state(self) -> RunState:
        """What the machine is doing."""
        return self._state

    @property
    def running(self) -> bool:
        """Whether the guest makes progress."""
        return self._state is RunState.RUNNING

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else gives orders meanwhile, so the run state seen holds until the next one."""
        with self._lock:
            yield

    def stop(self, to: RunState) -> bool:
        """Halt the guest and be in the state ``to``; whether it was running until now.

        When this returns, no vCPU writes any more.  STOP is sent only if the guest was running.
        A guest that was halted keeps its state, unless ``to`` is one of the machine's own
        (``finish-migrate``, ``save-vm``, ``restore-vm``, ``colo``).

        ``finish-migrate`` notes the state up to now, see :meth:`leave`.  Raises IllegalRunState,
        and does nothing, if the table has no such move.
        """
        with self._lock:
            was_running = self.running
            if was_running or to in _ALSO_FROM_HALTED:
                self._move(to)
            return was_running

    def leave(self) -> RunState:
        """Halt the guest for its move (``finish-migrate``); the state that travels with it.

        That is the one it had until now, noted in the same moment as the guest is halted.  STOP
        is sent if it was running.  Raises IllegalRunState, and does nothing, if the guest cannot
        leave from its state.
        """
        with self._lock:
            self._move(RunState.FINISH_MIGRATE)
            return self.devices.stored_state

    def cont(self) -> bool:
        """Let the guest run; whether it was halted until now.

        RESUME is sent only then.  Raises IllegalRunState if it cannot run in its state.
        """
        with self._lock:
            was_halted = not self.running
            self._move(RunState.RUNNING)
            return was_halted

    def set_state(self, state: RunState) -> None:
        """Be in a state, with all that belongs to it: the vCPUs halt or start, with an event.

        To be in it already is no move.  Raises IllegalRunState, and does nothing, if the table
        has no such move.
        """
        with self._lock:
            self._move(state)

    def close(self) -> None:
        """Halt the vCPUs, silently, and give the memory back: the end of this guest."""
        with self._lock:
            self.cpus.stop()
            self.ram.close()

    def _move(self, new: RunState) -> None:
        old = self._state
        if new is old:
            return
        if not may_move(old, new):
            raise IllegalRunState(old, new)
        if new is RunState.FINISH_MIGRATE:
            self.devices.store_state(old)
        if old is RunState.RUNNING:
            self.cpus.stop()
            self.devices.run_changed(False)
            self._state = new
            self._on_event(STOP)
            return
        self._state = new
        if new is RunState.RUNNING:
            self._on_event(RESUME)
            self._set_going()

    def _set_going(self) -> None:
        self.devices.run_changed(True)
        self.cpus.start()
