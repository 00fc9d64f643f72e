"""A machine as a process: which events it sends, how it ends, how two of them go together."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from qapi_migration.client import BlockingClient
from qapi_migration.types.migration import MigrationInfo
from qapi_migration.types.run_state import RunState, ShutdownCause
from qapigen.migration.guest.drives import Drive, DriveError
from qapigen.migration.guest.workloads import Idle, Writes
from qapigen.migration.vm import DEFER, Fill, NotListening, Vm, VmOptions
from qapigen.runtime.errors import ConnectionLost, QapiError
from tests.migration.channels.pairs import Background
from tests.migration.machines import CRAWL, DEADLINE_SECONDS, Machine, Peer, machine, until

_T = TypeVar("_T")

DIRTY = ("--ram=8M", "--fill=half", "--workload=dirty")


@contextmanager
def two(
    folder: Path, *of_source: str, of_destination: tuple[str, ...] = (), events: bool = True
) -> Iterator[tuple[Machine, Machine]]:
    """A source and a destination that waits at ``in``; all events of both are sent."""
    with (
        machine(folder, *DIRTY, *of_source, name="source") as source,
        machine(folder, "--ram=8M", "--incoming=defer", *of_destination, name="dest") as dest,
    ):
        if events:
            source.switch(events=True)
            dest.switch(events=True)
        dest.execute("migrate-incoming", uri=f"unix:{folder}/in")
        # The first pass takes longer than a window of 100 ms, so there is a second one.
        source.set(max_bandwidth=16 << 20)
        yield source, dest


def passes(heard: list[str]) -> list[str]:
    """The events with those of MIGRATION_PASS told apart no more; they have to count up."""
    numbers = [int(each.split()[1]) for each in heard if each.startswith("MIGRATION_PASS")]
    assert numbers == list(range(1, len(numbers) + 1))
    short: list[str] = []
    for each in heard:
        each = "PASS" if each.startswith("MIGRATION_PASS") else each.removeprefix("MIGRATION ")
        if short[-1:] != ["PASS"] or each != "PASS":
            short.append(each)
    return short


def when(one: Machine) -> float:
    """When the last event that was heard happened, in seconds."""
    assert one.last_event is not None
    stamp = one.last_event.timestamp
    return stamp.seconds + stamp.microseconds / 1e6


# --- traces ---

ARRIVES = ["setup", "active", "RESUME", "completed"]


def test_running_guest(tmp_path: Path) -> None:
    with two(tmp_path) as (source, dest):
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        heard = source.heard("MIGRATION completed")
        assert passes(heard) == ["setup", "PASS", "active", "PASS", "STOP", "PASS", "completed"]
        assert passes(dest.heard("MIGRATION completed")) == ARRIVES
        assert (source.state, dest.state) == ("postmigrate", "running")
        info = source.info
        assert info["ram"]["dirty-sync-count"] == sum("PASS" in each for each in heard)
        assert (source.heard(), dest.heard()) == ([], [])


def test_paused_guest(tmp_path: Path) -> None:
    with two(tmp_path) as (source, dest):
        source.execute("stop")
        assert source.heard() == ["STOP"]
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        heard = source.heard("MIGRATION completed")
        assert passes(heard) == ["setup", "PASS", "active", "PASS", "completed"]
        assert passes(dest.heard("MIGRATION completed")) == ["setup", "active", "completed"]
        assert (source.state, dest.state) == ("postmigrate", "paused")


def test_with_a_return_path(tmp_path: Path) -> None:
    """The source completes when the destination has."""
    with two(tmp_path) as (source, dest):
        source.switch(return_path=True)
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        heard = source.heard("MIGRATION completed")
        assert passes(heard) == ["setup", "PASS", "active", "PASS", "STOP", "PASS", "completed"]
        assert passes(dest.heard("MIGRATION completed")) == ARRIVES
        assert when(dest) <= when(source)


def test_with_a_pause(tmp_path: Path) -> None:
    with two(tmp_path) as (source, dest):
        source.switch(pause_before_switchover=True)
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        heard = source.heard("MIGRATION pre-switchover")
        assert (source.state, dest.state) == ("finish-migrate", "inmigrate")
        assert (source.info["status"], dest.info) == ("pre-switchover", {"status": "active"})
        assert source.heard() == []
        source.execute("migrate-continue", state="pre-switchover")
        heard += source.heard("MIGRATION completed")
        assert passes(heard) == [
            *("setup", "PASS", "active", "PASS", "STOP"),
            *("pre-switchover", "device", "PASS", "completed"),
        ]
        assert passes(dest.heard("MIGRATION completed")) == ARRIVES


def test_cancelled(tmp_path: Path) -> None:
    """The destination ends with status 1; another one can be tried at once."""
    with two(tmp_path) as (source, dest):
        source.set(max_bandwidth=CRAWL)
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        heard = source.heard("MIGRATION active")
        source.execute("migrate_cancel")
        heard += source.heard("MIGRATION cancelled")
        assert passes(heard) == ["setup", "PASS", "active", "cancelling", "cancelled"]
        assert source.state == "running"
        assert dest.ended() == 1
        source.execute("migrate", uri="exec:cat >/dev/null")
        source.set(max_bandwidth=0)
        assert source.heard("MIGRATION completed")[1] == "MIGRATION_PASS 1"


def test_refused_and_unknown(tmp_path: Path) -> None:
    with machine(tmp_path) as source:
        source.switch(events=True)
        source.execute("migrate", uri=f"unix:{tmp_path}/nobody")
        assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]
        source.refused("migrate", uri="magic:x")
        assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]


def test_events_are_each_side_s_own_affair(tmp_path: Path) -> None:
    """Without the capability there is but the first one of the destination."""
    with two(tmp_path, events=False) as (source, dest):
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        source.reached("completed")
        assert source.heard() == ["STOP"]
        dest.reached("completed")
        assert dest.heard() == ["MIGRATION setup", "RESUME"]
        source.execute("cont")
        source.refused("migrate", uri="magic:")
        assert source.heard() == ["RESUME"]


def test_source_of_a_guest_that_has_arrived(tmp_path: Path) -> None:
    """From one to the next: each of them is told of by the machine that has it."""
    with two(tmp_path) as (source, middle):
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        middle.heard("MIGRATION completed")
        with machine(tmp_path, "--ram=8M", "--incoming=defer", name="last") as last:
            last.switch(events=True)
            last.execute("migrate-incoming", uri=f"unix:{tmp_path}/further")
            middle.switch(return_path=True)
            middle.set(max_bandwidth=16 << 20)
            middle.execute("migrate", uri=f"unix:{tmp_path}/further")
            heard = passes(middle.heard("MIGRATION completed"))
            assert heard == ["setup", "PASS", "active", "PASS", "STOP", "PASS", "completed"]
            assert passes(last.heard("MIGRATION completed")) == ARRIVES
            states = [one.state for one in (source, middle, last)]
            assert states == ["postmigrate", "postmigrate", "running"]


# --- the end ---


def test_quit(tmp_path: Path) -> None:
    """All clients are told why, then there is no connection any more."""
    with machine(tmp_path) as one, BlockingClient.connect(one.address) as other:
        one.execute("quit")
        assert one.heard("SHUTDOWN host-qmp-quit") == ["SHUTDOWN host-qmp-quit"]
        assert one.last_event is not None
        assert one.last_event.data == {"guest": False, "reason": "host-qmp-quit"}
        event = other.client.wait_event("SHUTDOWN", timeout=DEADLINE_SECONDS)
        assert event.data == one.last_event.data
        for client in (one.qmp, other):
            client.client.wait_closed(timeout=DEADLINE_SECONDS)
        assert one.ended() == 0
        assert one.log.splitlines() == [one.log.strip()]  # where it served, and nothing else


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal(tmp_path: Path, number: signal.Signals) -> None:
    with machine(tmp_path) as one:
        one.process.send_signal(number)
        assert one.heard("SHUTDOWN host-signal") == ["SHUTDOWN host-signal"]
        assert one.ended() == 0
        assert "Traceback" not in one.log


def test_two_orders_to_end(tmp_path: Path) -> None:
    """Are one."""
    with machine(tmp_path) as one:
        for _ in range(3):
            one.process.send_signal(signal.SIGTERM)
        assert one.heard("SHUTDOWN host-signal") == ["SHUTDOWN host-signal"]
        with pytest.raises(ConnectionLost) as caught:
            one.heard("more")
        assert "heard []" in caught.value.__notes__[0]
        assert one.ended() == 0


@pytest.mark.parametrize("status", ["active", "pre-switchover", "device"])
def test_source_quits(tmp_path: Path, status: str) -> None:
    """At any stage; whoever is at the other end sees the end."""
    with machine(tmp_path, *DIRTY) as source, Peer(tmp_path) as peer:
        source.switch(pause_before_switchover=status != "active", return_path=True)
        source.set(max_bandwidth=CRAWL if status == "active" else 0)
        source.execute("migrate", uri=peer.uri)
        if status == "device":
            source.reached("pre-switchover")
            source.execute("migrate-continue", state="pre-switchover")
        source.reached(status)
        assert source.quit() == 0
        assert peer.over.wait(DEADLINE_SECONDS)
        assert "Traceback" not in source.log


@pytest.mark.parametrize("how", ["quit", "migrate_cancel"])
def test_destination_that_does_not_read(tmp_path: Path, how: str) -> None:
    """Nobody waits for it."""
    with machine(tmp_path, *DIRTY) as source, Peer(tmp_path, deaf=True) as peer:
        source.set(max_bandwidth=0)
        source.execute("migrate", uri=peer.uri)
        source.reached("active")
        until(lambda: source.info["ram"]["transferred"] > 100_000 or None)
        if how == "quit":
            assert source.quit() == 0
        else:
            source.execute(how)
            source.reached("cancelled")
            assert source.state == "running"


def test_source_quits_and_the_destination_fails(tmp_path: Path) -> None:
    with two(tmp_path) as (source, dest):
        source.set(max_bandwidth=CRAWL)
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        dest.heard("MIGRATION active")
        assert source.quit() == 0
        assert dest.ended() == 1
        assert "load of migration failed" in dest.log


@pytest.mark.parametrize("return_path", [True, False])
@pytest.mark.parametrize("how", ["quit", "kill"])
def test_destination_ends(tmp_path: Path, how: str, return_path: bool) -> None:
    """The source notices, and its guest goes on."""
    with two(tmp_path, of_destination=("--no-exit-on-incoming-failure",)) as (source, dest):
        source.switch(return_path=return_path)
        source.set(max_bandwidth=CRAWL)
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        dest.heard("MIGRATION active")
        if how == "quit":
            assert dest.quit() == 0
            assert "load of migration" not in dest.log
        else:
            dest.process.kill()
            assert dest.ended() == -signal.SIGKILL
        heard = source.heard("MIGRATION failed")
        assert passes(heard) == ["setup", "PASS", "active", "failed"]
        assert source.info.keys() == {"status", "error-desc"}
        assert source.state == "running"


def test_destination_that_waits_quits(tmp_path: Path) -> None:
    for uri in (f"unix:{tmp_path}/x", "tcp:127.0.0.1:0", "exec:sleep 1000", "defer"):
        with machine(tmp_path, f"--incoming={uri}", name=uri[:4]) as one:
            assert one.state == "inmigrate"
            assert one.quit() == 0
            assert "failed" not in one.log


# --- in this process ---


def running(use: Callable[[Vm], Awaitable[_T]], options: VmOptions) -> _T:
    """What a function gives that is called while a machine is served; then this ends."""

    async def go() -> _T:
        vm = Vm(options)
        opened = asyncio.Event()
        serving = asyncio.create_task(vm.run(ready=lambda _: opened.set()))
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await opened.wait()
                return await use(vm)
        finally:
            vm.end(ShutdownCause.HOST_SIGNAL)
            assert await serving == 0
            vm.guest.close()

    return asyncio.run(go())


def test_addresses_and_answers_are_told() -> None:
    told: list[list[str]] = []
    seen: list[MigrationInfo] = []

    async def go() -> int:
        options = VmOptions(
            blocks={"ram": 4096}, monitors=["tcp:127.0.0.1:0"], incoming="tcp:127.0.0.1:0"
        )
        vm = Vm(options)

        def watch(info: MigrationInfo) -> None:
            seen.append(info)
            if len(seen) == 2:
                vm.end(ShutdownCause.HOST_SIGNAL)

        status = await vm.run(ready=told.append, watch=watch)
        vm.guest.close()
        return status

    assert asyncio.run(go()) == 0
    (addresses,) = told
    assert len(addresses) == 2
    assert all(each.startswith("tcp:127.0.0.1:") for each in addresses)
    assert not any(each.endswith(":0") for each in addresses)
    assert seen == [MigrationInfo()] * len(seen)
    assert len(seen) >= 2


@pytest.mark.parametrize(
    ("monitor", "incoming", "error"),
    [
        ("unix:/nowhere/at/all", None, QapiError),
        ("unix:/nowhere/at/all", "defer", QapiError),
        ("tcp:127.0.0.1:0", "unix:/nowhere/at/all", NotListening),
        ("tcp:127.0.0.1:0", "magic:", NotListening),
    ],
)
def test_what_cannot_be_served(monitor: str, incoming: str | None, error: type[QapiError]) -> None:
    async def go() -> None:
        vm = Vm(VmOptions(blocks={"ram": 4096}, monitors=[monitor], incoming=incoming))
        try:
            await vm.run(ready=lambda _: pytest.fail("it is not ready"))
        finally:
            vm.guest.close()

    with pytest.raises(QapiError) as caught:
        asyncio.run(go())
    assert type(caught.value) is error


def test_another_thread_than_the_main_one() -> None:
    """Signals are left to the main thread's program."""

    async def look(vm: Vm) -> RunState:
        return vm.guest.run_state

    options = VmOptions(blocks={"ram": 4096})
    assert Background(lambda: running(look, options)).result() is RunState.RUNNING


def test_signals_are_handed_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def look(vm: Vm) -> None:
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] != before

    running(look, VmOptions(blocks={"ram": 4096}))
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    ("incoming", "paused", "state"),
    [
        (None, False, RunState.RUNNING),
        (None, True, RunState.PRELAUNCH),
        (DEFER, False, RunState.INMIGRATE),
        (DEFER, True, RunState.INMIGRATE),
        ("tcp:127.0.0.1:0", False, RunState.INMIGRATE),
    ],
)
def test_first_state(incoming: str | None, paused: bool, state: RunState) -> None:
    async def look(vm: Vm) -> tuple[RunState, bool]:
        return vm.guest.run_state, vm.migrator.autostart

    options = VmOptions(blocks={"ram": 4096}, incoming=incoming, paused=paused)
    assert running(look, options) == (state, not paused)


def test_guest_stands_still_at_the_end() -> None:
    """So that its memory can be looked at."""

    async def go() -> None:
        vm = Vm(VmOptions(blocks={"ram": 1 << 20}, workload=Writes(1e6)))
        written = threading.Event()
        watching = asyncio.create_task(
            vm.run(watch=lambda _: written.set() if vm.guest.cpus.written else None)
        )
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.to_thread(written.wait)
        vm.end(ShutdownCause.HOST_SIGNAL)
        assert await watching == 0
        assert not vm.guest.cpus.running
        vm.guest.close()

    asyncio.run(go())


def test_events_of_threads_come_in_their_order() -> None:
    """One of the loop's own thread comes after those that were before it elsewhere."""

    async def go() -> list[str]:
        vm = Vm(VmOptions(blocks={"ram": 4096}, paused=True))
        heard: list[str] = []
        vm.server.emit = lambda event: heard.append(event.name)  # type: ignore[method-assign]
        vm._events._emit = vm.server.emit
        Background(vm.guest.cont).result()  # RESUME: the loop has not run since
        assert heard == []
        vm.guest.stop(RunState.PAUSED)
        vm.guest.close()
        return heard

    assert asyncio.run(go()) == ["RESUME", "STOP"]


def digests(fill: Fill, *, seed: int = 0, incoming: str | None = None) -> dict[str, str]:
    async def go() -> dict[str, str]:
        workload = Writes(1, seed=seed) if seed else Idle()
        vm = Vm(VmOptions(blocks={"a": 2 << 20}, fill=fill, workload=workload, incoming=incoming))
        found = vm.guest.ram.digests()
        filled = vm.guest.ram["a"].touched_bytes
        assert filled == (0 if incoming else {"zero": 0, "half": 1 << 20, "random": 2 << 20}[fill])
        vm.guest.close()
        return found

    return asyncio.run(go())


def test_fill() -> None:
    """The same for the same seed; a guest that arrives brings its own."""
    assert digests("random") == digests("random") != digests("random", seed=1)
    assert digests("half") == digests("half") != digests("random")
    assert digests("zero") == digests("random", incoming=DEFER)


def test_wrong_options(tmp_path: Path) -> None:
    for name in ("", "x" * 256):
        with pytest.raises(ValueError, match="type of a machine has 1 to 255 bytes"):
            VmOptions(blocks={"a": 4096}, machine=name)

    async def make(options: VmOptions) -> None:
        Vm(options)

    for options, error in [
        (VmOptions(blocks={}), ValueError),
        (VmOptions(blocks={"a": 4095}), ValueError),
        (VmOptions(blocks={"": 4096}), ValueError),
        (VmOptions(blocks={"a": 4096}, cpus=0), ValueError),
        (VmOptions(blocks={"a": 4096}, workload=Writes(1, hot=2)), ValueError),
        (VmOptions(blocks={"a": 4096}, drives=[Drive("d", tmp_path / "d")]), DriveError),
    ]:
        with pytest.raises(error):
            asyncio.run(make(options))
