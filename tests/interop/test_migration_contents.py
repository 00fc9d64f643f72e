"""Memory arrives as it was: of all sizes and contents, and with a guest that writes all the time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from qapigen.migration.guest.ram import RamBlock
from tests.interop.differences import Release
from tests.interop.migration_sides import (
    BLOCK,
    MIB,
    UNLIMITED,
    OurSide,
    QemuSide,
    Side,
    ours,
    qemu,
    recorded,
)
from tests.interop.migration_ways import incoming_option, send
from tests.interop.programs import QEMU

pytestmark = pytest.mark.requires(QEMU)

#: One size that no larger unit divides, and one for which there is more than one window.
ODD = MIB + 8192
LARGE = 256 * MIB


@pytest.mark.parametrize(
    ("size", "fill"),
    [
        (MIB, "zero"),
        (MIB, "half"),
        (ODD, "random"),
        (16 * MIB, "half"),
        (64 * MIB, "zero"),
        (64 * MIB, "random"),
        (LARGE, "half"),
    ],
)
def test_a_guest_of_this_size(size: int, fill: str, tmp_path: Path) -> None:
    """To QEMU and from there to us.

    Digests are compared; the bytes themselves, too, where that does not take too long.
    """
    uri = f"unix:{tmp_path}/way.sock"
    with (
        ours(tmp_path, "--fill", fill, size=size) as first,
        qemu(tmp_path, "-incoming", "defer", size=size) as between,
        ours(tmp_path, "--incoming", "defer", size=size) as last,
    ):
        _move(first, between, uri)
        _move(between, last, uri)
        passed = between.memory()
        came = last.memory() if size < LARGE else passed
        digests = first.digests(), last.digests()
    assert len(passed) == size
    assert (passed.count(0) == size) == (fill == "zero")
    assert came == passed
    assert digests == ({BLOCK: _digest(passed)}, {BLOCK: _digest(passed)})


@pytest.mark.slow
def test_a_gigabyte(tmp_path: Path) -> None:
    """To QEMU and from there to us."""
    way, size = "tcp-ipv4", 1024 * MIB
    with (
        ours(tmp_path, "--fill", "half", size=size) as first,
        qemu(tmp_path, "-incoming", "defer", size=size) as between,
        ours(tmp_path, "--incoming", incoming_option(way), size=size) as last,
    ):
        for source, destination in ((first, between), (between, last)):
            source.switch(return_path=True)
            source.set(max_bandwidth=UNLIMITED)
            assert destination.run_state == "inmigrate"
            send(way, source, destination, tmp_path)
            assert (source.ends(), destination.ends()) == ("completed", "completed")
            source.wait_for_run_state("postmigrate")
        ram = between.report()["ram"]
        assert min(ram["normal"], ram["duplicate"]) > 0
        assert ram["normal"] + ram["duplicate"] >= size // 4096
        assert first.digests() == last.digests()


def test_the_numbers_of_both_sources(release: Release, tmp_path: Path) -> None:
    """For the same guest, QEMU and we count the same pages and bytes."""
    uri = f"unix:{tmp_path}/way.sock"
    with (
        ours(tmp_path, "--fill", "half", "--paused", size=4 * MIB) as first,
        qemu(tmp_path, "-incoming", "defer", size=4 * MIB) as between,
        ours(tmp_path, "--incoming", "defer", size=4 * MIB) as last,
    ):
        _move(first, between, uri)
        _move(between, last, uri)
        one, other = first.report()["ram"], between.report()["ram"]
    for name in release.counters:
        assert one[name] == other[name], name
    assert one["page-size"] == other["page-size"] == 4096
    # How many sections there are, and so how many ends of sections, is a matter of time.
    assert one["dirty-sync-count"] >= 2
    assert other["dirty-sync-count"] >= 2
    assert one["transferred"] == pytest.approx(other["transferred"], rel=0.01)


def test_a_guest_that_writes_all_the_time(tmp_path: Path) -> None:
    """It takes several passes over a narrow way, and the last state is what arrives."""
    uri = f"unix:{tmp_path}/way.sock"
    options = "--fill", "half", "--workload", "dirty"
    with (
        ours(tmp_path, *options, size=8 * MIB) as source,
        qemu(tmp_path, "-incoming", "defer", "-S", size=8 * MIB) as destination,
    ):
        destination.listen(uri)
        # The hot pages do not fit into what may go in 100 ms, so that time goes by in each pass.
        source.set(max_bandwidth=4 * MIB, downtime_limit=1)
        source.migrate(uri)
        source.wait_for_pass(4)
        assert source.report()["status"] == "active"
        assert source.run_state == "running"
        source.set(max_bandwidth=UNLIMITED, downtime_limit=2000)
        assert (source.ends(), destination.ends()) == ("completed", "completed")
        report = source.report()["ram"]
        came, left = destination.memory(), source.memory()
    assert came == left
    assert report["dirty-sync-count"] >= 5
    assert report["normal"] > 8 * MIB // 2 // 4096 + 3 * 128 / 2  # the hot pages went again


def test_a_narrow_way_out_of_qemu(tmp_path: Path) -> None:
    """Its memory comes in many small sections, and many that are empty."""
    with (
        ours(tmp_path, "--fill", "random", size=2 * MIB) as first,
        qemu(tmp_path, "-incoming", "defer", size=2 * MIB) as between,
        ours(tmp_path, "--incoming", "defer", "--paused", size=2 * MIB) as last,
    ):
        uri = f"unix:{tmp_path}/way.sock"
        _move(first, between, uri)
        last.listen(uri)
        between.set(max_bandwidth=4 * MIB)
        between.migrate(uri)
        assert (between.ends(), last.ends()) == ("completed", "completed")
        assert last.run_state == "paused"
        assert last.memory() == between.memory()


def test_memory_is_compared_indeed(tmp_path: Path) -> None:
    """What the other tests compare differs where guests do."""
    with (
        ours(tmp_path, "--fill", "half", "--workload", "rate=0,seed=1") as one,
        ours(tmp_path, "--fill", "half", "--workload", "rate=0,seed=2") as other,
    ):
        memories = one.memory(), other.memory()
        assert recorded(one).blocks == recorded(other).blocks == {BLOCK: MIB}
        digests = one.digests(), other.digests()
    assert memories[0] != memories[1]
    assert digests == tuple({BLOCK: _digest(memory)} for memory in memories)


def _move(source: OurSide | QemuSide, destination: Side, uri: str) -> None:
    source.set(max_bandwidth=UNLIMITED)
    source.migrate(destination.listen(uri))
    assert (source.ends(), destination.ends()) == ("completed", "completed")
    source.wait_for_run_state("postmigrate")


def _digest(memory: bytes) -> str:
    """What ``--digest`` tells of a block with these contents."""
    with closing(RamBlock(BLOCK, len(memory))) as block:
        block.write(0, memory)
        return block.digest()
