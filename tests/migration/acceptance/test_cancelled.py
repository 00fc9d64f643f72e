"""Cancelled at any moment, in any status: the guest is in one place, and may go again."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState

from .machines import DEADLINE_SECONDS, Machine, retry, trial
from .processes import VmProcess, poll
from .relay import HOST, Relay
from .test_killed import ANY_PORT, RAM, WORKLOADS, place, whole_length

RETURN_PATH = MigrationCapability.RETURN_PATH
PAUSE = MigrationCapability.PAUSE_BEFORE_SWITCHOVER

#: What is told on the way, and so may be waited for.
NEWS = ("setup", "pass 1", "active", "pass 2", "STOP", "completed")
NEWS_WITH_PAUSE = (*NEWS, "pre-switchover", "device", "device")

ENDS = {"completed", "failed", "cancelled"}


def check_places(source: Machine, destination: Machine, relay: Relay) -> None:
    """Cancelled, and the guest is here; or completed, and it is there."""
    status = source.ended()
    if status is MigrationStatus.COMPLETED:
        assert destination.arrival() is None
        assert destination.running
        assert source.guest.run_state is RunState.POSTMIGRATE
        assert not source.running
        assert source.digests() == destination.digests()
        assert "cancelling" not in source.told
    else:
        assert status is MigrationStatus.CANCELLED, source.told
        assert source.untouched
        # What was under way comes to its end, and that is all.
        told = [each for each in source.told if each != "byte"]
        after = told[told.index("cancelling") + 1 :]
        assert after[-1] == "cancelled"
        assert all(each in ("STOP", "RESUME") or "pass " in each for each in after[:-1]), after
        relay.close()
        if relay.connected.is_set():
            reason = destination.arrival()
            assert reason is not None, "it runs on both ends"
            assert reason.startswith("load of migration failed: ")
            assert "defect" not in reason
        assert destination.guest.run_state is RunState.INMIGRATE
    source.migrator.cancel()  # there is nothing left that could be
    assert source.migrator.status is status


def conduct(source: Machine, chance: random.Random, trigger: str, delay: float) -> None:
    """Give the orders: end a pause, and cancel when the trigger is told."""

    def due() -> bool:
        return trigger in source.told or not ENDS.isdisjoint(source.told)

    source.until(lambda: due() or "pre-switchover" in source.told)
    if not due() and chance.random() < 0.8:
        source.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
        source.until(due)
    if delay:
        threading.Event().wait(delay)
    source.migrator.cancel()


def attempt(chance: random.Random, seed: int, *, trigger: str | None, delay: float) -> str:
    """One attempt that is cancelled; ``trigger`` None stands for a number of bytes."""
    on = [each for each in (RETURN_PATH, PAUSE) if chance.random() < 0.5]
    if trigger == "news":
        trigger = chance.choice(NEWS_WITH_PAUSE if PAUSE in on else NEWS)
    at = place(chance, whole_length(RETURN_PATH in on)) if trigger is None else None
    holds = chance.random() < 0.5  # at that byte, until it has been cancelled
    cancelled = threading.Event()
    with ExitStack() as ending:
        workload = WORKLOADS[seed % len(WORKLOADS)]
        source = ending.enter_context(Machine(fill=seed, workload=workload, on=on))
        destination = ending.enter_context(Machine(arrives=True))

        def at_byte() -> None:
            source.tell("byte")
            if holds:
                assert cancelled.wait(DEADLINE_SECONDS)

        relay = Relay(destination.listen(), cut=at, at_cut=at_byte, cuts=False)
        ending.enter_context(relay)
        source.migrate(relay.uri)
        conduct(source, chance, trigger or "byte", delay)
        cancelled.set()
        check_places(source, destination, relay)
        end = source.migrator.status.value
        if seed % 4 == 0:
            retry(source)
    return end


@pytest.mark.parametrize("seed", range(50))
def test_at_a_random_byte(seed: int) -> None:
    with trial(("byte", seed)) as chance:
        attempt(chance, seed, trigger=None, delay=0)


@pytest.mark.parametrize("seed", range(50))
def test_at_a_random_moment(seed: int) -> None:
    """After some news, at once or a little later."""
    with trial(("moment", seed)) as chance:
        delay = chance.choice((0.0, 0.0, chance.uniform(0, 0.002), chance.uniform(0, 0.03)))
        attempt(chance, seed, trigger="news", delay=delay)


@pytest.mark.parametrize("returns", [False, True], ids=["plain", "return-path"])
@pytest.mark.parametrize("news", ["setup", "pass 1", "active", "pre-switchover"])
def test_with_the_link_at_a_stand(news: str, returns: bool) -> None:
    """Nothing gets through, so nothing but the order can end it."""
    on = [PAUSE, RETURN_PATH] if returns else [PAUSE]
    with ExitStack() as ending:
        source = ending.enter_context(Machine(fill=1, mib=16, workload=WORKLOADS[1], on=on))
        destination = ending.enter_context(Machine(arrives=True, mib=16))
        cancelled = threading.Event()
        stands = None if news == "pre-switchover" else 0
        relay = Relay(
            destination.listen(),
            cut=stands,
            at_cut=lambda: _wait(cancelled),
            cuts=False,
        )
        ending.enter_context(relay)
        ending.callback(cancelled.set)
        source.migrate(relay.uri)
        source.until(lambda: news in source.told)
        source.migrator.cancel()
        assert source.ended() is MigrationStatus.CANCELLED
        assert source.untouched
        cancelled.set()
        check_places(source, destination, relay)
        retry(source)


def _wait(event: threading.Event) -> None:
    assert event.wait(DEADLINE_SECONDS)


def test_while_connecting() -> None:
    """A listener whose queue is full lets nobody in, and sends nobody away."""
    with ExitStack() as ending:
        listener = ending.enter_context(socket.create_server((HOST, 0), backlog=0))
        where = listener.getsockname()
        for _ in range(4):
            waiting = ending.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(where)
        source = ending.enter_context(Machine(fill=1, workload=WORKLOADS[1]))
        source.migrate(f"tcp:{HOST}:{where[1]}")
        assert source.migrator.status is MigrationStatus.SETUP
        source.migrator.cancel()
        assert source.ended() is MigrationStatus.CANCELLED
        assert source.told == ["setup", "cancelling", "cancelled"]
        assert source.untouched
        retry(source)


def test_before_the_first_one_and_after_the_last_one() -> None:
    with Machine(fill=1) as source:
        source.migrator.cancel()
        assert source.migrator.status is MigrationStatus.NONE
        retry(source)
        source.migrator.cancel()
        assert source.migrator.status is MigrationStatus.COMPLETED
        assert source.guest.run_state is RunState.POSTMIGRATE


@pytest.mark.parametrize("seed", range(4))
def test_processes(tmp_path: Path, seed: int) -> None:
    """The same by command, again and again at one source; then it leaves."""
    options = (*RAM, "--fill", "half", "--workload", WORKLOADS[seed % 3], "--digest")
    on = ["events", *(["return-path"] if seed % 2 else [])]
    with trial(("processes", seed)) as chance, ExitStack() as ending:
        source = ending.enter_context(VmProcess(tmp_path, "source", *options))
        destinations = [
            ending.enter_context(VmProcess(tmp_path, f"d{n}", *RAM, "--digest", incoming=ANY_PORT))
            for n in range(4)
        ]
        source.ready()
        source.switch_on(*on)
        for destination in destinations[:3]:
            # Slow enough for a command to come in between.
            source.execute("migrate-set-parameters", max_bandwidth=20_000_000)
            cancel_on_the_way(source, destination.ready(), chance)
        last = destinations[3].ready()
        source.execute("migrate", uri=last.uri)
        assert source.ended() == "completed"
        poll(lambda: last.running or None, "the guest")
        assert not source.running
        assert source.quit() == last.quit()


def cancel_on_the_way(source: VmProcess, destination: VmProcess, chance: random.Random) -> None:
    """At a random byte; the guest runs at the source when this returns."""
    cut = place(chance, whole_length(returns=False))
    with Relay(destination.uri, cut=cut, cuts=False) as relay:
        source.execute("migrate", uri=relay.uri)
        poll(lambda: relay.reached.is_set() or relay.all_passed or None, "so many bytes")
        source.execute("migrate_cancel")
        end = source.ended()
        if end == "completed":
            poll(lambda: destination.running or None, "the guest")
            assert not source.running
            destination.kill()
            source.execute("cont")
        else:
            assert end == "cancelled", (cut, end)
            assert destination.wait() == 1, destination.errors
    assert source.running


def bytes_sent(source: Machine) -> int:
    """Of the attempt that goes on, or went on last."""
    attempt = source.migrator._outgoing
    assert attempt is not None
    return 0 if attempt._channel is None else attempt._channel.position


def has_answer(source: Machine) -> bool:
    """Whether the destination has said anything."""
    attempt = source.migrator._outgoing
    assert attempt is not None
    return attempt._returns is not None and attempt._returns.spoken


def length_of_zeros() -> int:
    """How long the stream of an untouched guest is."""
    with Machine(on=[RETURN_PATH]) as source, Machine(arrives=True) as destination:
        source.migrate(destination.listen())
        assert source.ended() is MigrationStatus.COMPLETED
        return bytes_sent(source)


@pytest.mark.parametrize("spoken", [False, True])
@pytest.mark.parametrize("way", ["tcp", "unix"])
def test_a_destination_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, spoken: bool
) -> None:
    """It finds all of the stream when it goes on, and nobody who waits: it does not start."""
    monkeypatch.setattr("qapigen.migration.engine.outgoing._WORD_SECONDS", 0.0)
    monkeypatch.setattr("qapigen.migration.engine.outgoing._ANSWER_SECONDS", 0.0)
    arrival = ANY_PORT if way == "tcp" else f"unix:{tmp_path}/arrival"
    whole = length_of_zeros()
    with (
        Machine(on=[RETURN_PATH, PAUSE]) as source,  # little, so that buffers hold all of it
        VmProcess(tmp_path, "frozen", *RAM, incoming=arrival) as destination,
    ):
        destination.ready()
        if not spoken:
            destination.freeze()
        source.migrate(destination.uri)
        source.until(lambda: "pre-switchover" in source.told)
        if spoken:
            poll(lambda: has_answer(source) or None, "its first answer")
            destination.freeze()
        source.migrator.proceed(MigrationStatus.PRE_SWITCHOVER)
        poll(lambda: bytes_sent(source) >= whole or None, "the end of the stream")
        source.migrator.cancel()
        assert source.ended() is MigrationStatus.CANCELLED
        assert source.told[-3:] == ["cancelling", "RESUME", "cancelled"]
        destination.thaw()
        assert destination.wait() == 1, destination.errors
        assert source.untouched
