"""A link that breaks at any byte, or an end that dies there: the guest runs in one place."""

from __future__ import annotations

import random
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.runtime.errors import ConnectionLost, QapiError

from .machines import DEADLINE_SECONDS, Machine, retry, trial
from .processes import VmProcess, poll
from .relay import HOST, Relay

RETURN_PATH = MigrationCapability.RETURN_PATH
ANY_PORT = f"tcp:{HOST}:0"

#: The length of a stream is known only if the guest is idle.
WORKLOADS = ("idle", "rate=2000,hot=64", "idle", "rate=20000,hot=400,pattern=random")


def source_of(seed: int, workload: str, *, returns: bool) -> Machine:
    on = [RETURN_PATH] if returns else []
    return Machine(fill=seed, workload=workload, on=on)


@cache
def whole_length(returns: bool) -> int:
    """Bytes of a stream when nothing goes wrong."""
    with (
        source_of(0, "idle", returns=returns) as source,
        Machine(arrives=True) as destination,
        Relay(destination.listen()) as relay,
    ):
        source.migrate(relay.uri)
        assert source.ended() is MigrationStatus.COMPLETED
        assert destination.arrival() is None
        relay.wait(DEADLINE_SECONDS)
        assert relay.all_passed
        return relay.passed


def place(chance: random.Random, whole: int) -> int:
    """Where to cut: often near the beginning or the end, where something happens."""
    match chance.randrange(5):
        case 0:
            return chance.randrange(200)
        case 1:
            return whole - chance.randrange(900)
        case 2:
            return whole - chance.choice((0, 0, 0, 1, 2, 50))
        case _:
            return chance.randrange(whole + 1)


def check_places(source: Machine, destination: Machine, relay: Relay, *, returns: bool) -> None:
    """What each end may believe, and that the guest runs on at most one of them."""
    status, reason = source.ended(), destination.arrival()
    assert status in {MigrationStatus.COMPLETED, MigrationStatus.FAILED}
    relay.wait(DEADLINE_SECONDS)
    if status is MigrationStatus.FAILED:
        assert source.untouched
        assert source.migrator.info().error_desc
        # Where the word that it is there was lost, nobody can know better.
        assert reason is not None or (returns and relay.all_passed), "it runs on both ends"
    else:
        assert source.guest.run_state is RunState.POSTMIGRATE
        assert not source.running
        assert reason is None or not returns, "it was confirmed, and is not there"
    if reason is None:
        assert destination.running
        assert destination.migrator.incoming_status is MigrationStatus.COMPLETED
    else:
        assert reason.startswith("load of migration failed: "), reason
        assert "defect" not in reason
        assert destination.guest.run_state is RunState.INMIGRATE
        assert destination.migrator.incoming_status is MigrationStatus.FAILED
    if status is MigrationStatus.COMPLETED and reason is None:
        assert source.digests() == destination.digests()


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("returns", [False, True], ids=["plain", "return-path"])
def test_the_link_breaks(returns: bool, seed: int) -> None:
    """Each end sees the other one die at a random byte, by a reset or by an end of its input."""
    with trial((returns, seed)) as chance:
        workload = WORKLOADS[seed % len(WORKLOADS)]
        cut = place(chance, whole_length(returns))
        abrupt = chance.random() < 0.6
        with source_of(seed, workload, returns=returns) as source:
            with (
                Machine(arrives=True) as destination,
                Relay(destination.listen(), cut=cut, abrupt=abrupt) as relay,
            ):
                source.migrate(relay.uri)
                check_places(source, destination, relay, returns=returns)
            if seed % 5 == 0:
                retry(source)


@pytest.mark.parametrize("orders", ["continue", "cancel"])
@pytest.mark.parametrize("returns", [False, True], ids=["plain", "return-path"])
def test_the_destination_dies_during_the_pause(returns: bool, orders: str) -> None:
    """That is noticed when it goes on, and the guest goes on here."""
    with (
        source_of(1, WORKLOADS[1], returns=returns) as source,
        Machine(arrives=True) as destination,
        Relay(destination.listen()) as relay,
    ):
        source.switch_on(MigrationCapability.PAUSE_BEFORE_SWITCHOVER)
        source.migrate(relay.uri)
        source.until(lambda: "pre-switchover" in source.told)
        assert source.guest.run_state is RunState.FINISH_MIGRATE
        assert relay.connected.wait(DEADLINE_SECONDS)
        relay.close()
        assert destination.arrival() is not None
        assert source.migrator.status is MigrationStatus.PRE_SWITCHOVER
        if orders == "cancel":
            source.migrator.cancel()
            assert source.ended() is MigrationStatus.CANCELLED
        else:
            source.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
            assert source.ended() is MigrationStatus.FAILED
        assert source.untouched
        assert "RESUME" in source.told
        retry(source)


# --- processes ---

RAM = ("--ram", "4M")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("returns", [False, True], ids=["plain", "return-path"])
def test_the_destination_is_killed(tmp_path: Path, returns: bool, seed: int) -> None:
    """Three of them, one after the other; the guest survives, and leaves at last."""
    options = (*RAM, "--fill", "half", "--workload", WORKLOADS[seed], "--digest")
    with trial(("destination", returns, seed)) as chance, ExitStack() as ending:
        source = ending.enter_context(VmProcess(tmp_path, "source", *options))
        destinations = [
            ending.enter_context(VmProcess(tmp_path, f"d{n}", *RAM, "--digest", incoming=ANY_PORT))
            for n in range(4)
        ]
        source.ready()
        source.switch_on("events", *(["return-path"] if returns else []))
        source.execute("migrate-set-parameters", max_bandwidth=0)
        for destination in destinations[:3]:
            cut = place(chance, whole_length(returns))
            kill_while_receiving(source, destination.ready(), cut, returns=returns)
        last = destinations[3].ready()
        source.execute("migrate", uri=last.uri)
        assert source.ended() == "completed"
        assert (source.running, source.status) == (False, "postmigrate")
        poll(lambda: last.running or None, "the guest")
        assert source.quit() == last.quit()


def kill_while_receiving(
    source: VmProcess, destination: VmProcess, cut: int, *, returns: bool
) -> None:
    """The destination dies after ``cut`` bytes; the guest runs at the source when this returns."""
    with Relay(destination.uri, cut=cut, at_cut=destination.kill) as relay:
        source.execute("migrate", uri=relay.uri)
        end = source.ended()
        assert source.running is (end == "failed"), (cut, end)
        if end == "completed":
            relay.wait(DEADLINE_SECONDS)
            # Nobody has confirmed it; or it was, in the moment before the kill.
            assert not returns or relay.all_passed, cut
            destination.kill()  # a stream may have been shorter than the one that was measured
            assert source.status == "postmigrate"
            source.execute("cont")
        else:
            assert end == "failed", (cut, end)
            assert relay.reached.wait(DEADLINE_SECONDS)
            assert source.info()["error-desc"], cut
    assert source.running


@pytest.mark.parametrize("seed", range(5))
def test_the_source_is_killed(tmp_path: Path, seed: int) -> None:
    """The destination has the guest if all of it was there, else it ends with status 1."""
    with trial(("source", seed)) as chance, ExitStack() as ending:
        pairs = [
            (
                ending.enter_context(
                    VmProcess(tmp_path, f"s{n}", *RAM, "--fill", "half", "--workload", workload)
                ),
                ending.enter_context(VmProcess(tmp_path, f"d{n}", *RAM, incoming=ANY_PORT)),
            )
            for n, workload in enumerate(WORKLOADS[:3])
        ]
        for source, destination in pairs:
            returns = chance.random() < 0.5
            cut = place(chance, whole_length(returns))
            abrupt = chance.random() < 0.5
            destination.ready()
            source.ready()
            source.switch_on(*(["return-path"] if returns else []))
            source.execute("migrate-set-parameters", max_bandwidth=0)
            with Relay(destination.uri, cut=cut, at_cut=source.kill, abrupt=abrupt) as relay:
                with suppress(ConnectionLost):  # it may be dead before it has answered
                    source.execute("migrate", uri=relay.uri)
                poll(lambda: relay.reached.is_set() or relay.all_passed or None, "the cut")
                source.kill()  # a stream may have been shorter than the one that was measured
                check_survivor(destination, relay, returns=returns)
                if not abrupt and not returns and relay.all_passed:
                    assert destination.ended_with is None, "all of it had arrived"


def check_survivor(destination: VmProcess, relay: Relay, *, returns: bool) -> None:
    """A destination whose source is dead has the guest and runs it, or has ended cleanly."""

    def outcome() -> str | int | None:
        if destination.ended_with is not None:
            return destination.ended_with
        try:
            return "runs" if destination.info().get("status") == "completed" else None
        except QapiError:  # it has ended in the meantime
            return None

    found = poll(outcome, "the destination comes to an end")
    relay.wait(DEADLINE_SECONDS)
    if found == "runs":
        assert destination.running
        assert relay.all_passed or not returns
    else:
        assert destination.wait() == 1, destination.errors
        (reason,) = [each for each in destination.errors if "serving" not in each]
        assert reason.startswith("qapigen vm: load of migration failed: "), reason
        assert "defect" not in reason
