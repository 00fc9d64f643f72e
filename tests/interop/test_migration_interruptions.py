"""Migrations that are broken off in the middle, by whomever; and the next attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.migration_sides import MIB, UNLIMITED, Side, ours, qemu, wait_until
from tests.interop.migration_streams import filled_qemu, half_filled
from tests.interop.programs import QEMU

pytestmark = pytest.mark.requires(QEMU)

SIZE = 4 * MIB

#: So slow that a migration is in its middle for many seconds.
CRAWL = 100_000

TO_QEMU, FROM_QEMU = "to-qemu", "from-qemu"


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of a guest that ran."""
    return half_filled(tmp_path_factory.mktemp("half"), size=SIZE)


class Stage:
    """A source with a guest that runs, and as many destinations as it takes."""

    def __init__(self, direction: str, release: Release, half: Path, folder: Path) -> None:
        self._release = release
        self._to_qemu = direction == TO_QEMU
        self._half = half
        self._folder = folder
        self._programs = ExitStack()
        self._ways = 0

    def close(self) -> None:
        self._programs.close()

    def traced(self, *statuses: str) -> list[str]:
        """What the source tells where we tell these statuses."""
        return [*statuses] if self._to_qemu else self._release.traced(*statuses)

    def source(self) -> Side:
        """It crawls."""
        side: Side
        if self._to_qemu:
            start = ours(self._folder, "--fill", "half", size=SIZE)
            side = self._programs.enter_context(start)
        else:
            side = self._programs.enter_context(filled_qemu(self._folder, self._half, size=SIZE))
        side.set(max_bandwidth=CRAWL, downtime_limit=1)
        return side

    def destination(self) -> tuple[Side, str]:
        """One that listens, and where."""
        side: Side
        if self._to_qemu:
            start = qemu(self._folder, "-incoming", "defer", size=SIZE)
            side = self._programs.enter_context(start)
        else:
            side = self._programs.enter_context(
                ours(self._folder, "--incoming", "defer", size=SIZE)
            )
        self._ways += 1
        return side, side.listen(f"unix:{self._folder}/way{self._ways}.sock")


@pytest.fixture(params=[TO_QEMU, FROM_QEMU])
def stage(
    request: pytest.FixtureRequest, release: Release, half: Path, tmp_path: Path
) -> Iterator[Stage]:
    """Both directions."""
    stage = Stage(request.param, release, half, tmp_path)
    yield stage
    stage.close()


def begin(source: Side, destination: Side, uri: str) -> None:
    """Migrate up to the middle: pages have come, and many are still to come."""
    source.migrate(uri)
    wait_until(lambda: source.report().get("ram", {}).get("transferred", 0) > 0, "the first page")
    assert source.report()["ram"]["remaining"] > 0
    wait_until(lambda: destination.report().get("status") == "active", "the destination")


def assert_moves(source: Side, destination: Side, uri: str) -> None:
    """Another attempt, and it arrives whole."""
    source.set(max_bandwidth=UNLIMITED, downtime_limit=300)
    source.migrate(uri)
    assert (source.ends(), destination.ends()) == ("completed", "completed")
    assert destination.run_state == "running"
    source.wait_for_run_state("postmigrate")
    came = destination.memory()
    assert came == source.memory()
    assert came.count(0) < len(came)


@pytest.mark.parametrize("answers", [False, True])
def test_a_destination_that_is_killed(stage: Stage, answers: bool) -> None:
    source = stage.source()
    source.switch(return_path=answers)
    destination, uri = stage.destination()
    begin(source, destination, uri)
    destination.process.kill()
    assert source.ends() == "failed"
    assert source.run_state == "running"
    assert source.trace() == stage.traced("setup", "active", "failed")
    assert_moves(source, *stage.destination())


def test_a_destination_that_is_told_to_quit(stage: Stage) -> None:
    source = stage.source()
    destination, uri = stage.destination()
    begin(source, destination, uri)
    destination.quit()
    assert source.ends() == "failed"
    assert source.run_state == "running"
    destination.exit_status()
    assert_moves(source, *stage.destination())


@pytest.mark.parametrize("answers", [False, True])
def test_cancelled_by_the_source(stage: Stage, answers: bool) -> None:
    source = stage.source()
    source.switch(return_path=answers)
    destination, uri = stage.destination()
    begin(source, destination, uri)
    source.ask("migrate_cancel")
    assert source.ends() == "cancelled"
    assert source.run_state == "running"
    assert source.trace() == ["setup", "active", "cancelling", "cancelled"]
    assert destination.exit_status() == 1
    assert "load of migration failed" in destination.said
    assert_moves(source, *stage.destination())


def test_a_source_that_is_killed(stage: Stage) -> None:
    """The guest is gone, and does not run anywhere."""
    source = stage.source()
    destination, uri = stage.destination()
    begin(source, destination, uri)
    source.process.kill()
    assert destination.exit_status() == 1
    assert "load of migration failed" in destination.said


def test_a_source_that_is_told_to_quit(stage: Stage) -> None:
    source = stage.source()
    destination, uri = stage.destination()
    begin(source, destination, uri)
    source.quit()
    assert source.exit_status() == 0
    assert destination.exit_status() == 1
    assert "load of migration failed" in destination.said


def test_nobody_there(stage: Stage, tmp_path: Path) -> None:
    """Then somebody is."""
    source = stage.source()
    source.migrate(f"unix:{tmp_path}/nobody.sock")
    assert source.ends() == "failed"
    assert source.run_state == "running"
    assert "nobody.sock" in source.report()["error-desc"]
    assert source.trace() == stage.traced("setup", "failed")
    assert_moves(source, *stage.destination())
