"""How a migration goes on: the tables over all pairs, races, and the page made of them."""

from __future__ import annotations

import threading
from itertools import pairwise, product

import pytest

from qapi_migration.types.migration import MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.migration.status import (
    BUSY,
    DESTINATION_MOVES,
    IN_PROGRESS,
    IN_TRANSFER,
    SOURCE_MOVES,
    IllegalMove,
    Moves,
    StatusHolder,
    page,
)
from tests.outside import REPOSITORY

S = MigrationStatus

#: The moves of each side, said without the tables.
SOURCE = {
    S.NONE: {S.SETUP},
    S.SETUP: {S.ACTIVE, S.FAILED, S.CANCELLING},
    S.ACTIVE: {
        *(S.PRE_SWITCHOVER, S.POSTCOPY_ACTIVE, S.COMPLETED, S.COLO, S.FAILED, S.CANCELLING),
    },
    S.PRE_SWITCHOVER: {S.DEVICE, S.POSTCOPY_ACTIVE, S.CANCELLING},
    S.DEVICE: {S.COMPLETED, S.COLO, S.FAILED, S.CANCELLING},
    S.POSTCOPY_ACTIVE: {S.COMPLETED, S.FAILED, S.CANCELLING},
    S.COLO: {S.COMPLETED},
    S.CANCELLING: {S.CANCELLED},
}
DESTINATION = {
    S.NONE: {S.ACTIVE},
    S.ACTIVE: {S.POSTCOPY_ACTIVE, S.COMPLETED, S.COLO, S.FAILED},
    S.POSTCOPY_ACTIVE: {S.COMPLETED, S.FAILED},
    S.COLO: {S.COMPLETED},
}

SIDES = [pytest.param(SOURCE_MOVES, SOURCE), pytest.param(DESTINATION_MOVES, DESTINATION)]
ENDED = (S.CANCELLED, S.COMPLETED, S.FAILED)


def way_to(moves: Moves, goal: MigrationStatus) -> list[MigrationStatus] | None:
    """The statuses from none to the goal by a shortest way; None if it is never reached."""
    ways = [[S.NONE]]
    for way in ways:
        if way[-1] is goal:
            return way
        ways += [[*way, new] for new in moves[way[-1]] if new not in way]
    return None


def holder_in(
    moves: Moves, status: MigrationStatus, told: list[MigrationStatus] | None = None
) -> StatusHolder:
    """A holder that was led to a status."""
    way = way_to(moves, status)
    assert way is not None
    calls: list[MigrationStatus] = []
    holder = StatusHolder(moves, (calls if told is None else told).append)
    for old, new in pairwise(way):
        assert holder.swap(old, new)
    return holder


def reachable(moves: Moves) -> list[MigrationStatus]:
    return [status for status in S if way_to(moves, status)]


# --- the tables ---


@pytest.mark.parametrize(("moves", "expected"), SIDES)
@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_every_pair(
    moves: Moves,
    expected: dict[S, set[S]],
    old: MigrationStatus,
    new: MigrationStatus,
) -> None:
    told: list[MigrationStatus] = []
    if way_to(moves, old) is None:
        assert not moves[old]
        return
    holder = holder_in(moves, old, told)
    told.clear()
    if new in expected.get(old, set()):
        assert holder.swap(old, new) is True
        assert (holder.status, told) == (new, [new])
    else:
        with pytest.raises(IllegalMove, match=f"'{old.value}' to '{new.value}'"):
            holder.swap(old, new)
        assert (holder.status, told) == (old, [])


@pytest.mark.parametrize("moves", [SOURCE_MOVES, DESTINATION_MOVES])
def test_the_tables_have_all_statuses_and_a_reason_for_each_move(moves: Moves) -> None:
    assert set(moves) == set(S)
    for followers in moves.values():
        assert all(followers.values())


def test_which_statuses_a_side_can_be_in() -> None:
    assert set(reachable(SOURCE_MOVES)) == set(S)
    never = {S.SETUP, S.CANCELLING, S.CANCELLED, S.PRE_SWITCHOVER, S.DEVICE}
    assert set(reachable(DESTINATION_MOVES)) == set(S) - never


def test_busy_is_what_can_be_called_off() -> None:
    assert {status for status in S if S.CANCELLING in SOURCE_MOVES[status]} == BUSY
    assert {S.SETUP, S.ACTIVE, S.POSTCOPY_ACTIVE, S.PRE_SWITCHOVER, S.DEVICE} == BUSY


def test_in_progress_is_what_another_one_cannot_follow() -> None:
    assert {S.NONE, *ENDED} == set(S) - IN_PROGRESS
    assert {status for status in S if S.NONE in SOURCE_MOVES[status]} == set(ENDED)


def test_in_transfer() -> None:
    assert ({S.CANCELLING}, {S.SETUP}) == (IN_TRANSFER - BUSY, BUSY - IN_TRANSFER)


# --- the holder ---


@pytest.mark.parametrize("moves", [SOURCE_MOVES, DESTINATION_MOVES])
def test_it_begins_with_none(moves: Moves) -> None:
    told: list[MigrationStatus] = []
    assert StatusHolder(moves, told.append).status is S.NONE
    assert told == []


def test_a_swap_that_comes_too_late_changes_nothing() -> None:
    told: list[MigrationStatus] = []
    holder = holder_in(SOURCE_MOVES, S.CANCELLING, told)
    told.clear()
    assert holder.swap(S.ACTIVE, S.COMPLETED) is False
    assert holder.swap(S.ACTIVE, S.FAILED) is False
    assert (holder.status, told) == (S.CANCELLING, [])


def test_a_move_that_is_not_listed_is_found_even_where_it_comes_too_late() -> None:
    holder = holder_in(SOURCE_MOVES, S.COMPLETED)
    with pytest.raises(IllegalMove):
        holder.swap(S.COLO, S.FAILED)


@pytest.mark.parametrize("ended", ENDED)
def test_a_migration_that_ended_is_forgotten_silently(ended: MigrationStatus) -> None:
    told: list[MigrationStatus] = []
    holder = holder_in(SOURCE_MOVES, ended, told)
    told.clear()
    holder.reset()
    assert (holder.status, told) == (S.NONE, [])
    assert holder.swap(S.NONE, S.SETUP)
    assert told == [S.SETUP]


def test_nothing_to_forget() -> None:
    for moves in (SOURCE_MOVES, DESTINATION_MOVES):
        holder = holder_in(moves, S.NONE)
        holder.reset()
        assert holder.status is S.NONE


@pytest.mark.parametrize("status", sorted(IN_PROGRESS))
def test_a_migration_in_progress_is_not_forgotten(status: MigrationStatus) -> None:
    holder = holder_in(SOURCE_MOVES, status)
    with pytest.raises(IllegalMove, match=f"'{status.value}' cannot be forgotten"):
        holder.reset()
    assert holder.status is status


@pytest.mark.parametrize("status", [S.COMPLETED, S.FAILED])
def test_a_destination_serves_once(status: MigrationStatus) -> None:
    holder = holder_in(DESTINATION_MOVES, status)
    with pytest.raises(IllegalMove):
        holder.reset()


def test_the_status_is_there_when_the_call_comes() -> None:
    seen: list[tuple[MigrationStatus, MigrationStatus]] = []
    holder = StatusHolder(SOURCE_MOVES, lambda new: seen.append((new, holder.status)))
    holder.swap(S.NONE, S.SETUP)
    holder.swap(S.SETUP, S.ACTIVE)
    assert seen == [(S.SETUP, S.SETUP), (S.ACTIVE, S.ACTIVE)]


@pytest.mark.parametrize("_round", range(20))
def test_one_of_many_wins_a_race(_round: int) -> None:
    told: list[MigrationStatus] = []
    holder = holder_in(SOURCE_MOVES, S.ACTIVE, told)
    told.clear()
    start = threading.Barrier(6)
    won: list[MigrationStatus] = []

    def race(new: MigrationStatus) -> None:
        start.wait(timeout=30)
        if holder.swap(S.ACTIVE, new):
            won.append(new)

    racers = [
        threading.Thread(target=race, args=(new,))
        for new in (S.COMPLETED, S.FAILED, S.CANCELLING) * 2
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=30)
    assert len(won) == 1
    assert told == won == [holder.status]


def test_calls_come_in_the_order_of_the_changes() -> None:
    """The second change waits until the first one was told."""
    told: list[MigrationStatus] = []
    second = threading.Thread(target=lambda: holder.swap(S.SETUP, S.ACTIVE))

    def tell(new: MigrationStatus) -> None:
        if new is S.SETUP:
            second.start()
            second.join(timeout=0.05)  # it has every chance to come first
        told.append(new)

    holder = StatusHolder(SOURCE_MOVES, tell)
    holder.swap(S.NONE, S.SETUP)
    second.join(timeout=30)
    assert told == [S.SETUP, S.ACTIVE]


# --- the page ---


def test_the_page_is_up_to_date() -> None:
    kept = (REPOSITORY / "docs" / "migration-states.md").read_text(encoding="utf-8")
    assert kept == page(), "python -m qapigen.migration.status > docs/migration-states.md"


def test_the_page_has_every_move() -> None:
    text = page()
    assert text.count("```mermaid") == 2
    for moves in (SOURCE_MOVES, DESTINATION_MOVES):
        for old, followers in moves.items():
            for new, trigger in followers.items():
                assert f"| `{old.value}` | `{new.value}` | {trigger} |\n" in text
                ends = [end.value.replace("-", "_") for end in (old, new)]
                assert f"    {ends[0]} --> {ends[1]}\n" in text
    for state in RunState:
        assert f"\n| `{state.value}` | " in text


def test_every_cell_of_the_page_is_closed() -> None:
    rows = [line for line in page().splitlines() if line.startswith("|")]
    assert len(rows) > 50
    assert all(row.count("|") in {3, 4} and row.endswith(" |") for row in rows if "---" not in row)
