"""Pages as differences (``xbzrle``), to QEMU and from it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.stream.format import StreamError
from qapigen.migration.stream.reader import Deltas, Expected, Pages, StreamReader, Zeros
from tests.interop.migration_pc import BUSY_BYTES, BUSY_PAGES, busy_pc
from tests.interop.migration_sides import (
    BLOCK,
    ENDS,
    MIB,
    UNLIMITED,
    Side,
    into_file,
    ours,
    qemu,
    wait_until,
)
from tests.interop.programs import QEMU
from tests.migration.stream.layout_parser import Layout, parse

pytestmark = pytest.mark.requires(QEMU)


@pytest.mark.parametrize("returns", [False, True], ids=["plain", "returns"])
def test_to_qemu(returns: bool, tmp_path: Path) -> None:
    """It takes our deltas without a switch, and has what our guest had in the end."""
    uri = f"unix:{tmp_path}/way.sock"
    options = "--fill", "half", "--workload", "rate=20000,hot=300"
    with (
        ours(tmp_path, *options, size=2 * MIB) as source,
        qemu(tmp_path, "-incoming", "defer", "-S", size=2 * MIB) as destination,
    ):
        source.switch(xbzrle=True, return_path=returns)
        destination.switch(return_path=returns)
        destination.listen(uri)
        source.set(max_bandwidth=MIB, downtime_limit=1)
        source.migrate(uri)
        wait_until(lambda: has_deltas_or_ended(source), "deltas")
        source.set(max_bandwidth=UNLIMITED, downtime_limit=2000)
        assert (source.ends(), destination.ends()) == ("completed", "completed")
        cache = source.report()["xbzrle-cache"]
        came, left = destination.memory(), source.memory()
    assert came == left
    assert 0 < cache["bytes"] < cache["pages"] * 100


def test_from_qemu(tmp_path: Path) -> None:
    """A PC at work: what its stream says of its memory, deltas and all, is what it had."""
    path = tmp_path / "stream"
    with busy_pc(tmp_path) as source:
        source.switch(xbzrle=True)
        source.set(max_bandwidth=MIB, downtime_limit=1)
        source.migrate(into_file(path))
        wait_until(lambda: has_deltas_or_ended(source), "deltas")
        source.set(max_bandwidth=UNLIMITED, downtime_limit=2000)
        assert source.ends() == "completed"
        cache = source.report()["xbzrle-cache"]
        left = source.memory()
    wait_until(path.exists, "the whole stream")
    stream = path.read_bytes()
    layout = parse(stream)
    # QEMU counts pages that were looked up and had not changed, too.
    assert 0 < layout.counts["delta"] <= cache["pages"]
    ram = loaded(stream, layout)
    assert {name: ram[name].read(0, size) for name, size in layout.blocks.items()} == layout.ram
    came = layout.ram[BLOCK]
    # QEMU 7.2 loses writes of the firmware, below, as it does not forget which pages it knows.
    assert came[BUSY_BYTES] == left[BUSY_BYTES]
    assert came[MIB:] == left[MIB:]


def has_deltas_or_ended(source: Side) -> bool:
    report = source.report()
    deltas = report.get("xbzrle-cache", {}).get("pages", 0)
    return deltas > 4 * BUSY_PAGES or report["status"] in ENDS


def loaded(stream: bytes, layout: Layout) -> GuestRam:
    """The memory that our reader makes of a stream, whose devices we do not have."""
    ram = GuestRam([RamBlock(name, size) for name, size in layout.blocks.items()])
    reader = StreamReader(Expected(layout.machine, layout.blocks, ()))
    with suppress(StreamError):  # the first device ends it
        for item in reader.feed(stream):
            match item:
                case Pages():
                    ram[item.block].load_pages(item.indexes, item.data)
                case Zeros():
                    ram[item.block].load_zeros(item.indexes, item.fill)
                case Deltas():
                    ram[item.block].load_deltas(item.indexes, item.data)
    return ram
