"""What does not fit together is refused: the destination says why, and the guest stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.migration_pc import PC_BYTES, busy_pc
from tests.interop.migration_sides import (
    MIB,
    OurSide,
    QemuSide,
    Side,
    ours,
    qemu,
    stream_of,
    wait_until,
)
from tests.interop.migration_streams import filled_qemu, half_filled
from tests.interop.programs import QEMU
from tests.interop.raw_client import Refused
from tests.migration.stream.layout_parser import parse

pytestmark = pytest.mark.requires(QEMU)


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of a guest that ran."""
    return half_filled(tmp_path_factory.mktemp("half"))


@pytest.fixture(scope="module")
def one_of_ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurSide]:
    """A guest that is there for all tests."""
    with ours(tmp_path_factory.mktemp("source"), "--fill", "half") as side:
        yield side


@pytest.fixture
def our_source(one_of_ours: OurSide) -> OurSide:
    """The same; it runs, also if it has left before."""
    one_of_ours.ask("cont")
    return one_of_ours


def attempt(source: Side, destination: Side, folder: Path, *, answers: bool = True) -> None:
    """Try to migrate, with a return path unless said otherwise."""
    uri = f"unix:{folder}/way.sock"
    destination.listen(uri)
    source.switch(return_path=answers)
    source.migrate(uri)


def switch_on(side: Side, capability: str, release: Release) -> bool:
    """Switch a capability on, and what QEMU wants with it; False if that changes no stream."""
    if capability in release.removed:
        with pytest.raises(
            Refused, match=f"does not accept value '{capability}'".replace("_", "-")
        ):
            side.switch(**{capability: True})
        return False
    with_it = release.needed.get(capability)
    side.switch(**{name: True for name in (with_it, capability) if name is not None})
    return capability not in release.silent


def assert_refused(source: Side, destination: Side, words: str) -> None:
    """The guest runs on; the destination has ended, and said why."""
    assert source.ends() == "failed"
    source.wait_for_run_state("running")
    assert destination.exit_status() == 1
    assert words in destination.said


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize(
    ("size", "block", "told"),
    [
        (2 * MIB, "pc.ram", "Size mismatch: pc.ram: 0x100000 != 0x200000"),
        (MIB, "mem", 'Unknown ramblock "pc.ram"'),
    ],
)
def test_memory_that_qemu_does_not_have(
    size: int, block: str, told: str, answers: bool, our_source: OurSide, tmp_path: Path
) -> None:
    with qemu(tmp_path, "-incoming", "defer", size=size, block=block) as destination:
        attempt(our_source, destination, tmp_path, answers=answers)
        assert_refused(our_source, destination, told)
        assert our_source.report()["error-desc"]


@pytest.mark.parametrize(
    ("size", "block", "told"),
    [
        (2 * MIB, "pc.ram", "expected 2097152 bytes of RAM block 'pc.ram', 1048576 came"),
        (MIB, "mem", "expected the name of a RAM block"),
    ],
)
def test_memory_that_we_do_not_have(
    size: int, block: str, told: str, half: Path, tmp_path: Path
) -> None:
    with (
        filled_qemu(tmp_path, half) as source,
        ours(tmp_path, "--incoming", "defer", size=size, block=block) as destination,
    ):
        attempt(source, destination, tmp_path)
        assert_refused(source, destination, told)


def test_machines_of_another_type(half: Path, tmp_path: Path) -> None:
    with (
        ours(tmp_path, "--machine", "pc") as pc,
        ours(tmp_path, "--machine", "pc", "--incoming", "defer") as empty_pc,
        filled_qemu(tmp_path, half) as none,
        qemu(tmp_path, "-incoming", "defer") as empty_none,
    ):
        attempt(pc, empty_none, tmp_path)
        assert_refused(pc, empty_none, "Machine type received is 'pc' and local is 'none'")
        attempt(none, empty_pc, tmp_path)
        assert_refused(none, empty_pc, "expected machine type 'pc'")


def test_a_device_that_qemu_does_not_have(release: Release, tmp_path: Path) -> None:
    """The beginning of a type's name passes, a device behind all memory does not.

    Only a source that waits for an answer takes its guest back then.
    """
    with (
        ours(tmp_path, "--machine", "no", "--fill", "half") as source,
        qemu(tmp_path, "-incoming", "defer") as destination,
    ):
        attempt(source, destination, tmp_path)
        assert_refused(source, destination, release.unknown_section)
        assert source.trace().count("RESUME") == 1
        assert source.trace()[-1] == "failed"


#: Capabilities of a source, and how we say that we cannot take what comes.
ENGINES = [
    ("compress", "compressed pages (compress) are not supported here"),
    ("postcopy_ram", "command 3 of postcopy is not supported here"),
    ("dirty_bitmaps", "sections of 'dirty-bitmap' are not supported here"),
    ("block", "sections of 'block' are not supported here"),
    ("x_colo", "expected a known command, number 8 came"),
    ("x_ignore_shared", "configuration/capabilities"),
]


@pytest.mark.parametrize(("capability", "told"), ENGINES)
def test_engines_that_we_do_not_have(
    capability: str, told: str, release: Release, half: Path, tmp_path: Path
) -> None:
    disk = "-drive", "driver=null-co,if=none,id=d0,size=1048576"
    with (
        filled_qemu(tmp_path, half, *disk) as source,
        ours(tmp_path, "--incoming", "defer") as destination,
    ):
        if not switch_on(source, capability, release):
            return
        attempt(source, destination, tmp_path)
        assert_refused(source, destination, told)


@pytest.mark.parametrize("capability", ["xbzrle", "zero_blocks", "release_ram", "auto_converge"])
def test_engines_that_have_nothing_to_do(
    capability: str, release: Release, half: Path, tmp_path: Path
) -> None:
    """A guest that writes nothing gives no deltas: the stream is a plain one."""
    with (
        filled_qemu(tmp_path, half) as source,
        ours(tmp_path, "--incoming", "defer") as destination,
    ):
        if not switch_on(source, capability, release):
            return
        attempt(source, destination, tmp_path)
        assert (source.ends(), destination.ends()) == ("completed", "completed")
        assert destination.run_state == "running"


@pytest.mark.parametrize(
    "capability", ["xbzrle", "compress", "postcopy_ram", "dirty_bitmaps", "block", "x_colo"]
)
def test_engines_that_only_the_destination_has_on(
    capability: str, release: Release, our_source: OurSide, tmp_path: Path
) -> None:
    """QEMU takes a plain stream with each of them."""
    with qemu(tmp_path, "-incoming", "defer", "-S") as destination:
        if not switch_on(destination, capability, release):
            return
        attempt(our_source, destination, tmp_path)
        assert (our_source.ends(), destination.ends()) == ("completed", "completed")
        assert destination.run_state == "paused"
        assert destination.memory() == our_source.memory()


@pytest.mark.parametrize("fill", ["half", "zero"])
def test_a_destination_that_waits_for_more_connections(fill: str, tmp_path: Path) -> None:
    """With ``multifd`` on its side only, QEMU reads nothing.

    A small stream is written even so; then the return path keeps the guest here.
    """
    with (
        ours(tmp_path, "--fill", fill) as source,
        qemu(tmp_path, "-incoming", "defer") as destination,
    ):
        destination.switch(multifd=True)
        attempt(source, destination, tmp_path)
        source.wait_for_status("active")
        if fill == "zero":
            source.client.wait_for("STOP")
        assert source.report()["status"] == "active"
        source.ask("migrate_cancel")
        assert source.ends() == "cancelled"
        assert source.run_state == "running"


@contextmanager
def pc_and_its_likeness(folder: Path) -> Iterator[tuple[QemuSide, OurSide]]:
    """A PC that is at work, and a machine of ours with memory of the same names and sizes."""
    with ExitStack() as programs:
        source = programs.enter_context(busy_pc(folder))
        source.ask("stop")
        layout = parse(stream_of(source))
        source.ask("cont")
        others = [f"--ram={name}={n}" for name, n in layout.blocks.items() if name != "pc.ram"]
        options = "--machine", layout.machine, "--incoming", "defer", *others
        yield source, programs.enter_context(ours(folder, *options, size=PC_BYTES))


def assert_works(pc: QemuSide) -> None:
    """The guest counts on."""
    first = pc.memory()
    wait_until(lambda: pc.memory() != first, "the guest")


def test_a_whole_machine(release: Release, tmp_path: Path) -> None:
    """The memory of a PC is all there when its first device proves to be unknown."""
    with pc_and_its_likeness(tmp_path) as (source, destination):
        attempt(source, destination, tmp_path)
        assert_refused(
            source, destination, f"expected a device of this machine, '{release.first_device}'"
        )
        assert_works(source)


def test_a_destination_that_stays(half: Path, tmp_path: Path) -> None:
    """It tells what was wrong, and its guest does not run."""
    stays = "--no-exit-on-incoming-failure"
    with (
        filled_qemu(tmp_path, half) as source,
        ours(tmp_path, stays, "--incoming", "defer", size=2 * MIB) as destination,
    ):
        attempt(source, destination, tmp_path)
        assert source.ends() == "failed"
        assert destination.ends() == "failed"
        assert destination.run_state == "inmigrate"
        assert destination.report()["status"] == "failed"
        assert destination.trace() == ["setup", "active", "failed"]
