"""What a migration leaves in memory when it is over, however it ends.

The collector of cycles is off: it looks at old objects rarely, and the pages that a migration keeps
for comparing may be gigabytes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapigen.migration.engine.outgoing import OutgoingMigration
from qapigen.migration.engine.page_cache import PageCache
from qapigen.migration.engine.ram_sender import RamSender
from qapigen.migration.stream.format import PAGE_SIZE

from .fakes import FakeConnector, MemoryOutput, confirming
from .test_migrator import Machine

OUTPUTS: dict[str, tuple[Callable[[], MemoryOutput | FakeConnector], str]] = {
    "completes": (lambda: MemoryOutput(reply=confirming()), "completed"),
    "cannot connect": (lambda: FakeConnector("nobody there"), "failed"),
    "breaks": (lambda: MemoryOutput(break_at=4 * PAGE_SIZE), "failed"),
    "is refused": (lambda: MemoryOutput(reply=confirming(1)), "failed"),
    "is cancelled": (lambda: MemoryOutput(reply=confirming()), "cancelled"),
}


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive(kind: type) -> int:
    """How many objects of a class there are."""
    return sum(type(each) is kind for each in gc.get_objects())


@pytest.mark.parametrize("way", OUTPUTS)
@pytest.mark.parametrize("xbzrle", [False, True])
def test_migrations_leave_numbers_alone(way: str, xbzrle: bool) -> None:
    make, ending = OUTPUTS[way]
    machine = Machine(MigrationCapability.RETURN_PATH, MigrationCapability.EVENTS, fill=32)
    machine.switch(MigrationCapability.XBZRLE, state=xbzrle)
    if ending == "cancelled":
        machine.listener = lambda what: machine.migrator.cancel() if what == "pass 1" else None
    before = alive(OutgoingMigration)
    for _ in range(3):
        info = machine.run(make())
        assert info.status is MigrationStatus(ending)
        assert (alive(RamSender), alive(PageCache)) == (0, 0)
        assert alive(OutgoingMigration) == before + 1  # its numbers can be asked for
        machine.guest.cont()
    machine.migrator.close()


def test_what_was_left_to_send_is_told_afterwards() -> None:
    machine = Machine(MigrationCapability.EVENTS, fill=32)
    machine.listener = lambda what: machine.migrator.cancel() if what == "pass 1" else None
    machine.run(MemoryOutput())
    assert machine.migrator._outgoing is not None
    assert machine.migrator._outgoing.report().remaining_bytes == machine.guest.ram.size
