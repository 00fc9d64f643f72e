"""Which state the machine may be in after which: one table.

In: two states, or the name of one that came with a guest.  Out: whether the move is allowed, and
the state in which an arrived guest begins.
Must not know: who asks, what halts the guest, events.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from qapi_migration.types.run_state import RunState
from qapigen.runtime.errors import cut

__all__ = ["NEEDS_RESET", "RUN_MOVES", "may_move", "state_after_load"]

#: From each state, those that may come next.  To stay is always allowed and not listed.
#:
#: A migration leads to ``finish-migrate`` from every state in which a guest can rest, and back
#: to that same state if it comes to nothing; ``prelaunch`` is what a reset leads to.
RUN_MOVES: Final[Mapping[RunState, frozenset[RunState]]] = MappingProxyType(
    {
        RunState.DEBUG: frozenset(
            {
                RunState.RUNNING,
                RunState.SUSPENDED,
                RunState.PRELAUNCH,
                RunState.FINISH_MIGRATE,
            }
        ),
        RunState.INMIGRATE: frozenset(
            {
                RunState.RUNNING,
                RunState.PAUSED,
                RunState.PRELAUNCH,
                RunState.POSTMIGRATE,
                RunState.FINISH_MIGRATE,
                RunState.SUSPENDED,
                RunState.SHUTDOWN,
                RunState.IO_ERROR,
                RunState.INTERNAL_ERROR,
                RunState.WATCHDOG,
                RunState.GUEST_PANICKED,
                RunState.COLO,
            }
        ),
        RunState.INTERNAL_ERROR: frozenset(
            {RunState.PAUSED, RunState.PRELAUNCH, RunState.FINISH_MIGRATE}
        ),
        RunState.IO_ERROR: frozenset(
            {RunState.RUNNING, RunState.PRELAUNCH, RunState.FINISH_MIGRATE}
        ),
        RunState.PAUSED: frozenset(
            {
                RunState.RUNNING,
                RunState.PRELAUNCH,
                RunState.POSTMIGRATE,
                RunState.FINISH_MIGRATE,
                RunState.COLO,
            }
        ),
        RunState.POSTMIGRATE: frozenset(
            {RunState.RUNNING, RunState.PRELAUNCH, RunState.FINISH_MIGRATE}
        ),
        RunState.PRELAUNCH: frozenset(
            {RunState.RUNNING, RunState.INMIGRATE, RunState.FINISH_MIGRATE}
        ),
        RunState.FINISH_MIGRATE: frozenset(
            {
                RunState.RUNNING,
                RunState.PAUSED,
                RunState.PRELAUNCH,
                RunState.POSTMIGRATE,
                RunState.COLO,
                # Back to where it was, as the guest has not left.
                RunState.DEBUG,
                RunState.SUSPENDED,
                RunState.SHUTDOWN,
                RunState.IO_ERROR,
                RunState.INTERNAL_ERROR,
                RunState.WATCHDOG,
                RunState.GUEST_PANICKED,
            }
        ),
        RunState.RESTORE_VM: frozenset({RunState.RUNNING, RunState.PRELAUNCH}),
        RunState.RUNNING: frozenset(
            {
                RunState.DEBUG,
                RunState.INTERNAL_ERROR,
                RunState.IO_ERROR,
                RunState.PAUSED,
                RunState.FINISH_MIGRATE,
                RunState.RESTORE_VM,
                RunState.SAVE_VM,
                RunState.SHUTDOWN,
                RunState.SUSPENDED,
                RunState.WATCHDOG,
                RunState.GUEST_PANICKED,
                RunState.COLO,
            }
        ),
        RunState.SAVE_VM: frozenset({RunState.RUNNING}),
        RunState.SHUTDOWN: frozenset(
            {RunState.PAUSED, RunState.PRELAUNCH, RunState.FINISH_MIGRATE}
        ),
        RunState.SUSPENDED: frozenset(
            {RunState.RUNNING, RunState.PRELAUNCH, RunState.FINISH_MIGRATE, RunState.COLO}
        ),
        RunState.WATCHDOG: frozenset(
            {RunState.RUNNING, RunState.PRELAUNCH, RunState.FINISH_MIGRATE, RunState.COLO}
        ),
        RunState.GUEST_PANICKED: frozenset(
            {RunState.RUNNING, RunState.PRELAUNCH, RunState.FINISH_MIGRATE}
        ),
        RunState.COLO: frozenset({RunState.RUNNING}),
    }
)

#: States that the command ``cont`` refuses to leave; the guest needs a reset first.
NEEDS_RESET: Final = frozenset({RunState.INTERNAL_ERROR, RunState.SHUTDOWN})

# In one of them a guest waits until it is there.  In the other it stands during a checkpoint, and
# only who makes checkpoints leads it out again.
_NOT_ARRIVING: Final = frozenset({RunState.INMIGRATE, RunState.COLO})


def may_move(old: RunState, new: RunState) -> bool:
    """Whether the machine may go from ``old`` to ``new``; to stay where it is, it always may."""
    return old is new or new in RUN_MOVES[old]


def state_after_load(name: str | None, autostart: bool) -> RunState:
    """The state in which a guest begins on the destination (migration, global state).

    ``name`` is the state that came with the guest, None if none came (as with ``running``, the
    guest is to run) or if it counts no more, as after postcopy.  ``autostart`` tells whether a
    guest may start by itself; one that may not is ``paused``.  A guest that was halted stays so.

    Raises ValueError for a name that is no state, or none in which a guest can arrive.
    """
    state = RunState.RUNNING if name is None else RunState.known(name)
    if state is None:
        raise ValueError(f"the guest comes in an unknown run state: {cut(str(name))!a}")
    if state is RunState.RUNNING:
        return RunState.RUNNING if autostart else RunState.PAUSED
    if state in _NOT_ARRIVING or not may_move(RunState.INMIGRATE, state):
        raise ValueError(f"a guest cannot arrive in the run state '{state.value}'")
    return state
