"""The states of the machine: the table over all pairs, and arriving guests."""

from __future__ import annotations

from itertools import product

import pytest

from qapi_migration.types.run_state import RunState
from qapigen.migration.run_states import NEEDS_RESET, RUN_MOVES, may_move, state_after_load

#: States that the machine passes through; a migration never begins in one of them.
PASSING = {RunState.FINISH_MIGRATE, RunState.RESTORE_VM, RunState.SAVE_VM, RunState.COLO}

#: How a guest may be when it arrives, besides running.
ARRIVING = {
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
}

RESTING = set(RunState) - PASSING - {RunState.INMIGRATE}


def test_the_table_has_all_states() -> None:
    assert list(RUN_MOVES) == list(RunState)


@pytest.mark.parametrize(("old", "new"), list(product(RunState, RunState)))
def test_every_pair(old: RunState, new: RunState) -> None:
    assert may_move(old, new) is (old is new or new in RUN_MOVES[old])


@pytest.mark.parametrize("state", RunState)
def test_staying_is_allowed_and_not_listed(state: RunState) -> None:
    assert may_move(state, state)
    assert state not in RUN_MOVES[state]


@pytest.mark.parametrize("state", RunState)
def test_which_states_a_migration_leads_out_of(state: RunState) -> None:
    begins = RESTING | {RunState.INMIGRATE, RunState.FINISH_MIGRATE}
    assert may_move(state, RunState.FINISH_MIGRATE) is (state in begins)


@pytest.mark.parametrize("state", sorted(RESTING))
def test_a_guest_that_did_not_leave_is_as_before(state: RunState) -> None:
    assert may_move(RunState.FINISH_MIGRATE, state)


def test_the_end_of_an_outgoing_migration() -> None:
    assert may_move(RunState.FINISH_MIGRATE, RunState.POSTMIGRATE)
    assert may_move(RunState.POSTMIGRATE, RunState.RUNNING)
    assert not may_move(RunState.RUNNING, RunState.POSTMIGRATE)


@pytest.mark.parametrize("state", RunState)
def test_what_may_be_halted_for_a_checkpoint(state: RunState) -> None:
    halted = {
        RunState.RUNNING,
        RunState.PAUSED,
        RunState.SUSPENDED,
        RunState.WATCHDOG,
        RunState.INMIGRATE,
        RunState.FINISH_MIGRATE,
        RunState.COLO,
    }
    assert may_move(state, RunState.COLO) is (state in halted)
    assert may_move(RunState.COLO, RunState.RUNNING)


def test_saving_devices() -> None:
    assert RUN_MOVES[RunState.SAVE_VM] == {RunState.RUNNING}
    assert may_move(RunState.RUNNING, RunState.SAVE_VM)
    assert not may_move(RunState.PAUSED, RunState.SAVE_VM)


@pytest.mark.parametrize("state", sorted(NEEDS_RESET))
def test_what_needs_a_reset_does_not_run_at_once(state: RunState) -> None:
    assert not may_move(state, RunState.RUNNING)


def test_everything_else_can_run_again() -> None:
    stuck = {state for state in RunState if not may_move(state, RunState.RUNNING)}
    assert stuck == NEEDS_RESET


# --- arriving ---


@pytest.mark.parametrize("name", [None, "running"])
def test_a_running_guest_runs_if_it_may(name: str | None) -> None:
    assert state_after_load(name, autostart=True) is RunState.RUNNING
    assert state_after_load(name, autostart=False) is RunState.PAUSED


@pytest.mark.parametrize("autostart", [True, False])
@pytest.mark.parametrize("state", sorted(ARRIVING))
def test_a_halted_guest_stays_halted(state: RunState, autostart: bool) -> None:
    assert state_after_load(state.value, autostart) is state


@pytest.mark.parametrize("state", sorted(set(RunState) - ARRIVING - {RunState.RUNNING}))
def test_no_guest_arrives_like_that(state: RunState) -> None:
    with pytest.raises(ValueError, match=f"^a guest cannot arrive in the run state '{state}'$"):
        state_after_load(state.value, autostart=True)


@pytest.mark.parametrize("name", ["", "Running", "running\0", "finish_migrate", "x" * 5000])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="^the guest comes in an unknown run state") as caught:
        state_after_load(name, autostart=True)
    assert len(str(caught.value)) < 150
