"""What a migration takes of the host's memory: the guest's own pages, and little more."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from .machines import MIB
from .processes import VmProcess, poll
from .test_killed import ANY_PORT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

GIB = 1024 * MIB

#: All that a process may take besides what the guest has touched: Python, numpy, maps, buffers.
MOST_BESIDES = 100 * MIB


def migrate(source: VmProcess, destination: VmProcess) -> dict[str, object]:
    """From one to the other, as fast as it goes; what there is to tell about it."""
    source.switch_on("events")
    source.execute("migrate-set-parameters", max_bandwidth=0)
    source.execute("migrate", uri=destination.uri)
    assert source.ended() == "completed"
    poll(lambda: destination.info().get("status") == "completed" or None, "the guest")
    return source.info()


def check_memory(process: VmProcess, touched: int) -> None:
    """Now, and at any time before."""
    for what in ("VmRSS", "VmHWM"):
        besides = process.memory(what) - touched
        assert besides <= MOST_BESIDES, f"{what}: {besides / MIB:.0f} MiB besides the guest"


@pytest.mark.parametrize(("fill", "touched"), [("half", 128 * MIB), ("random", 256 * MIB)])
def test_256_mib(tmp_path: Path, fill: str, touched: int) -> None:
    with ExitStack() as ending:
        source, destination = (
            ending.enter_context(
                VmProcess(tmp_path, name, "--ram", "256M", "--digest", *more, incoming=incoming)
            )
            for name, more, incoming in (
                ("source", ("--fill", fill, "--workload", "dirty"), None),
                ("destination", (), ANY_PORT),
            )
        )
        info = migrate(source.ready(), destination.ready())
        for process in (source, destination):
            check_memory(process, touched)
        assert isinstance(info["ram"], dict)
        assert info["ram"]["normal-bytes"] >= touched
        assert source.quit() == destination.quit()


def sparse(folder: Path, touched: int) -> tuple[int, float]:
    """A guest of 64 GiB that has used little of it; bytes that were sent, and seconds."""
    pages = touched // 4096
    workload = f"rate={pages * 20},hot={pages}"
    with ExitStack() as ending:
        source = ending.enter_context(
            VmProcess(
                folder, "source", "--ram", "64G", "--workload", workload, "--paused", "--digest"
            )
        )
        destination = ending.enter_context(
            VmProcess(folder, "destination", "--ram", "64G", "--digest", incoming=ANY_PORT)
        )
        source.ready()
        # One page after the other, round and round: when a round is over, all are in use.
        before = source.memory()
        source.execute("cont")
        poll(lambda: source.memory() >= before + touched or None, "the guest uses its memory")
        source.execute("stop")
        destination.ready()
        info = migrate(source, destination)
        for process in (source, destination):
            check_memory(process, touched)
        assert destination.status == "paused"
        ram = info["ram"]
        assert isinstance(ram, dict)
        assert ram["total"] == 64 * GIB
        assert isinstance(info["total-time"], int)
        assert source.quit() == destination.quit()
        return int(ram["transferred"]), info["total-time"] / 1000


def test_64_gib_that_are_hardly_used(tmp_path: Path) -> None:
    """What is sent, and the time for it, goes with what was touched, not with the size."""
    sizes = (64 * MIB, 128 * MIB)
    seconds: list[float] = []
    for size in sizes:
        folder = tmp_path / str(size)
        folder.mkdir()
        sent, took = sparse(folder, size)
        assert size * 0.95 <= sent <= size * 1.05 + MIB
        seconds.append(took)
    # One page in a hundred or fewer; all of them would take minutes.
    assert max(seconds) < 30
    assert seconds[1] < 4 * seconds[0] + 2, seconds
