"""What a guest was doing is what it does on the other side, between QEMU and us."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.migration_sides import QemuSide, Side, ours, qemu, stream_of
from tests.interop.programs import QEMU
from tests.interop.raw_client import Refused

pytestmark = pytest.mark.requires(QEMU)

Start = Callable[..., AbstractContextManager[Side]]

#: Source, destination, and their options to begin with a guest that does not run.
DIRECTIONS = [
    pytest.param(ours, "--paused", qemu, "-S", id="to-qemu"),
    pytest.param(qemu, "-S", ours, "--paused", id="from-qemu"),
]
INCOMING: dict[Start, str] = {ours: "--incoming", qemu: "-incoming"}

RUNS = ["setup", "active", "STOP", "completed"], ["setup", "active", "RESUME", "completed"]
RESTS = ["setup", "active", "completed"], ["setup", "active", "completed"]


@pytest.mark.parametrize(("source", "rests", "destination", "waits"), DIRECTIONS)
@pytest.mark.parametrize(
    ("orders", "start_allowed", "arrives", "told"),
    [
        pytest.param(["cont"], True, "running", RUNS, id="running"),
        pytest.param(["cont"], False, "paused", (RUNS[0], RESTS[1]), id="running-to-wait"),
        pytest.param(["cont", "stop"], True, "paused", RESTS, id="paused"),
        pytest.param([], True, "prelaunch", RESTS, id="never-started"),
        pytest.param([], False, "prelaunch", RESTS, id="never-started-to-wait"),
    ],
)
def test_the_state_that_arrives(
    source: Start,
    rests: str,
    destination: Start,
    waits: str,
    orders: list[str],
    start_allowed: bool,
    arrives: str,
    told: tuple[list[str], list[str]],
    release: Release,
    tmp_path: Path,
) -> None:
    """The run state, and the events of both sides on the way there."""
    held = () if start_allowed else (waits,)
    with (
        source(tmp_path, rests) as leaving,
        destination(tmp_path, INCOMING[destination], "defer", *held) as coming,
    ):
        for order in orders:
            leaving.ask(order)
        uri = f"unix:{tmp_path}/way.sock"
        coming.listen(uri)
        leaving.switch(return_path=True)
        leaving.migrate(uri)
        assert (leaving.ends(), coming.ends()) == ("completed", "completed")
        assert coming.run_state == arrives
        tells = release.traced(*told[0]) if isinstance(leaving, QemuSide) else told[0]
        assert (leaving.trace(), coming.trace()) == (tells, told[1])
        leaving.wait_for_run_state("postmigrate")


@pytest.mark.parametrize(("source", "rests", "destination", "waits"), DIRECTIONS)
@pytest.mark.parametrize(("order", "arrives"), [("stop", "paused"), ("cont", "running")])
def test_orders_while_the_guest_is_awaited(
    source: Start,
    rests: str,
    destination: Start,
    waits: str,
    order: str,
    arrives: str,
    tmp_path: Path,
) -> None:
    """They are kept for when it comes."""
    held = (waits,) if order == "cont" else ()
    with (
        source(tmp_path) as leaving,
        destination(tmp_path, INCOMING[destination], "defer", *held) as coming,
    ):
        uri = f"unix:{tmp_path}/way.sock"
        coming.listen(uri)
        coming.ask(order)
        assert coming.run_state == "inmigrate"
        leaving.migrate(uri)
        assert coming.ends() == "completed"
        assert coming.run_state == arrives


def test_a_guest_that_had_left_already(tmp_path: Path) -> None:
    """From us it goes again as what it is there, which later versions refuse."""
    with (
        ours(tmp_path) as source,
        qemu(tmp_path, "-incoming", "defer") as one,
        qemu(tmp_path, "-incoming", "defer") as other,
    ):
        for number, destination in enumerate((one, other)):
            uri = f"unix:{tmp_path}/way{number}.sock"
            destination.listen(uri)
            source.migrate(uri)
            assert (source.ends(), destination.ends()) == ("completed", "completed")
        assert (one.run_state, other.run_state) == ("running", "postmigrate")


def test_qemu_does_not_let_it_go_twice(tmp_path: Path) -> None:
    """Not before it runs again."""
    with qemu(tmp_path) as source, ours(tmp_path, "--incoming", "defer") as destination:
        stream_of(source)
        source.wait_for_run_state("postmigrate")
        uri = f"unix:{tmp_path}/way.sock"
        destination.listen(uri)
        with pytest.raises(Refused, match="paused due to previous migration"):
            source.migrate(uri)
        source.ask("cont")
        source.migrate(uri)
        assert (source.ends(), destination.ends()) == ("completed", "completed")
        assert destination.run_state == "running"


@pytest.mark.parametrize(("source", "rests", "destination", "waits"), DIRECTIONS)
def test_a_pause_before_the_switchover(
    source: Start, rests: str, destination: Start, waits: str, tmp_path: Path
) -> None:
    """The destination notices nothing of it but the time that goes by."""
    with (
        source(tmp_path) as leaving,
        destination(tmp_path, INCOMING[destination], "defer") as coming,
    ):
        uri = f"unix:{tmp_path}/way.sock"
        coming.listen(uri)
        leaving.switch(return_path=True, pause_before_switchover=True)
        leaving.migrate(uri)
        leaving.wait_for_status("pre-switchover")
        assert leaving.run_state == "finish-migrate"
        assert coming.run_state == "inmigrate"
        assert coming.report()["status"] == "active"
        leaving.ask("migrate-continue", state="pre-switchover")
        assert (leaving.ends(), coming.ends()) == ("completed", "completed")
        trace = leaving.trace()
        assert coming.run_state == "running"
    assert trace == ["setup", "active", "STOP", "pre-switchover", "device", "completed"]


@pytest.mark.parametrize(("source", "rests", "destination", "waits"), DIRECTIONS)
def test_a_pause_that_is_cancelled(
    source: Start, rests: str, destination: Start, waits: str, tmp_path: Path
) -> None:
    """The guest runs on where it was; the destination has waited in vain, and ends."""
    with (
        source(tmp_path) as leaving,
        destination(tmp_path, INCOMING[destination], "defer") as coming,
    ):
        uri = f"unix:{tmp_path}/way.sock"
        coming.listen(uri)
        leaving.switch(pause_before_switchover=True)
        leaving.migrate(uri)
        leaving.wait_for_status("pre-switchover")
        leaving.ask("migrate_cancel")
        assert leaving.ends() == "cancelled"
        leaving.wait_for_run_state("running")
        assert coming.exit_status() == 1
        trace = leaving.trace()
        # QEMU ends the pause before it cancels, so the next status may be seen in between; and
        # its RESUME comes when it likes.
        dispensable = {"RESUME", "device"} if isinstance(leaving, QemuSide) else {"RESUME"}
        told = [word for word in trace if word not in dispensable]
        assert told == ["setup", "active", "STOP", "pre-switchover", "cancelling", "cancelled"]
        assert trace.count("RESUME") == 1
        assert isinstance(leaving, QemuSide) or trace.index("RESUME") < trace.index("cancelled")
