"""The section of the guest's memory."""

from __future__ import annotations

import pytest

from qapigen.migration.engine.iterables import Pending, RamSection
from qapigen.migration.engine.outlet import Outlet
from qapigen.migration.engine.page_encoders import PlainPages
from qapigen.migration.engine.ram_sender import RamSender
from qapigen.migration.guest.devices import ITERABLE_IDS, DeviceSet, TimerDevice
from qapigen.migration.progress import Counters
from qapigen.migration.stream import writer
from qapigen.migration.stream.format import PAGE_SIZE
from qapigen.migration.stream.writer import PageWriter

from .fakes import FakeClock, MemoryOutput, filled, make_guest


class Memory:
    """A section, with what its syncs have found."""

    def __init__(self, pages: int = 20, fill: int | None = None) -> None:
        self.guest = filled(make_guest(pages=pages), fill)
        self.block = self.guest.ram.main
        self.counters = Counters()
        self.synced: list[int] = []
        self.channel = MemoryOutput()
        self.limit: int | None = None
        self.out = Outlet(self.channel, lambda position: self.limit)
        sender = RamSender(
            self.guest.ram, encoder=PlainPages(self.counters, PageWriter()), clock=FakeClock()
        )
        self.section = RamSection(sender, self.counters, self.synced.append)

    def begun(self) -> Memory:
        self.section.start(self.out)
        self.out.flush()
        self.channel.stream.clear()
        return self


def test_amounts_add_up() -> None:
    total = Pending(1, 2, 4) + Pending(8, 16, 32)
    assert total == Pending(9, 18, 36)
    assert total.total == 63
    assert Pending().total == 0


def test_no_section_number_is_given_twice() -> None:
    devices = DeviceSet([TimerDevice(FakeClock())])
    numbers = [number for number, _, _ in devices.save()] + list(ITERABLE_IDS.values())
    assert sorted(numbers) == [0, 1, 2, 3, 4]
    assert ITERABLE_IDS["ram"] == 2


def test_the_start_looks_at_the_log_and_lists_the_blocks() -> None:
    memory = Memory()
    assert not memory.block.dirty.logging
    memory.section.start(memory.out)
    memory.out.flush()
    assert memory.block.dirty.logging
    assert memory.synced == [0]
    expected = writer.ram_list([("pc.ram", 20 * PAGE_SIZE)]) + writer.EOS
    assert memory.channel.stream == expected
    assert memory.counters.transferred == 0
    assert memory.section.remaining_bytes == 20 * PAGE_SIZE


def test_the_log_is_looked_at_only_below_the_threshold() -> None:
    memory = Memory().begun()
    memory.block.write(0, b"x")
    due = 20 * PAGE_SIZE
    assert memory.section.pending(0) == Pending(precopy_only=due)
    assert memory.section.pending(due) == Pending(precopy_only=due)
    assert memory.synced == [0]
    memory.section.pending(due + 1)
    assert memory.synced == [0, 1]


def test_what_the_sync_found_is_pending() -> None:
    memory = Memory().begun()
    assert memory.section.iterate(memory.out)
    memory.block.write(3 * PAGE_SIZE, b"x")
    assert memory.section.pending(0).total == 0
    assert memory.section.pending(1).total == PAGE_SIZE


def test_a_part_ends_with_a_mark_that_counts() -> None:
    memory = Memory().begun()
    assert memory.section.iterate(memory.out)
    memory.out.flush()
    assert memory.channel.stream.endswith(writer.EOS)
    assert memory.counters.transferred == len(memory.channel.stream) == 20 * (8 + PAGE_SIZE) + 15


def test_a_part_without_pages_counts_as_well() -> None:
    memory = Memory(fill=1).begun()
    memory.section.iterate(memory.out)
    before = memory.counters.transferred
    assert memory.section.iterate(memory.out)
    assert memory.counters.transferred == before + 8


def test_a_part_that_reached_the_limit_is_not_all() -> None:
    memory = Memory().begun()
    memory.limit = 0
    assert not memory.section.iterate(memory.out)
    assert memory.counters.normal == 1


@pytest.mark.parametrize("limit", [None, 0])
def test_the_end_has_all_that_was_written_and_no_mark_that_counts(limit: int | None) -> None:
    memory = Memory().begun()
    memory.section.iterate(memory.out)
    memory.out.flush()
    memory.channel.stream.clear()
    before = memory.counters.transferred
    memory.block.write(0, bytes(2 * PAGE_SIZE))
    memory.block.write(9 * PAGE_SIZE, b"x")
    memory.limit = limit
    memory.section.complete(memory.out)
    memory.out.flush()
    assert memory.synced == [0, 3]
    assert memory.section.remaining_bytes == 0
    assert memory.counters.duplicate == 2
    assert memory.channel.stream.endswith(writer.EOS)
    assert memory.counters.transferred - before == len(memory.channel.stream) - 8


def test_cleanup_ends_the_log_at_any_time() -> None:
    memory = Memory()
    memory.section.cleanup()
    memory.begun()
    memory.section.cleanup()
    memory.section.cleanup()
    assert not memory.block.dirty.logging
