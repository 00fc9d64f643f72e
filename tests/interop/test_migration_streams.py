"""Streams of QEMU and of ours, each looked at by our reader, by another parser, and by QEMU."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from qapigen.migration.stream.devices import DeviceDescription, Field
from qapigen.migration.stream.format import StreamError
from tests.interop.differences import QEMU_7_2, Release
from tests.interop.migration_pc import BUSY_PAGES, busy_pc
from tests.interop.migration_sides import (
    BLOCK,
    MIB,
    UNLIMITED,
    QemuSide,
    into_file,
    ours,
    qemu,
    stream_of,
    wait_until,
)
from tests.interop.migration_streams import filled_qemu, half_filled, read
from tests.interop.programs import QEMU
from tests.migration.stream.layout_parser import Layout, parse, payload_size

pytestmark = pytest.mark.requires(QEMU)

BLOCKS = {BLOCK: MIB}
PAGES = MIB // 4096

#: The byte of ``globalstate`` behind its length and the run state.
TELLS_SUSPENSION = 4 + 32


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of ours, of a guest that ran."""
    return half_filled(tmp_path_factory.mktemp("half"))


def sections(release: Release) -> list[tuple[str, str, int]]:
    """What a machine without devices sends, with the numbers of its sections."""
    ram, timer, state = release.sections
    parts = [("start", "ram", ram), ("end", "ram", ram)]
    return [*parts, ("full", "timer", timer), ("full", "globalstate", state)]


def run_state(stream: bytes) -> str:
    """The state that travels with the guest, by the parser that is none of ours."""
    return parse(stream).field_of("globalstate", "runstate").rstrip(b"\0").decode()


def end_of_state(stream: bytes) -> int:
    """Where the guest is complete and the description begins, with a mark and its length."""
    (found,) = re.finditer(rb'\x06.{4}\{ ?"(page_size|configuration)"', stream, re.DOTALL)
    return found.start()


@pytest.mark.parametrize(
    ("options", "orders", "state"),
    [((), [], "running"), ((), ["stop"], "paused"), (("-S",), [], "paused")],
)
def test_a_stream_of_qemu(
    release: Release,
    half: Path,
    options: tuple[str, ...],
    orders: list[str],
    state: str,
    tmp_path: Path,
) -> None:
    """Both readers find the same in it."""
    with filled_qemu(tmp_path, half, *options) as side:
        for order in orders:
            side.ask(order)
        stream = stream_of(side)
        memory = side.memory()
    layout = parse(stream)
    assert layout.machine == "none"
    assert layout.blocks == BLOCKS
    assert layout.ram[BLOCK] == memory
    assert [each for each in layout.sections if each[0] != "part"] == sections(release)
    assert tuple(layout.commands) == release.commands
    assert run_state(stream) == state

    found = read(stream, BLOCKS)
    assert found.complete
    assert found.memory[BLOCK] == memory
    assert (found.normal, found.zero) == (layout.counts["normal"], layout.counts["zero"])
    assert found.sections == [name for _, name, _ in layout.sections]
    assert list(found.devices) == [("timer", 0), ("globalstate", 0)]
    value = found.devices["globalstate", 0]["runstate"]
    assert isinstance(value, bytes)
    assert value.partition(b"\0")[0].decode() == state


@pytest.mark.parametrize("options", [(), ("-S",)])
def test_a_stream_of_qemu_with_nothing_in_it(options: tuple[str, ...], tmp_path: Path) -> None:
    """All pages are there even so, as marks."""
    with qemu(tmp_path, *options) as side:
        stream = stream_of(side)
    layout = parse(stream)
    assert (layout.counts["normal"], layout.counts["zero"]) == (0, PAGES)
    found = read(stream, BLOCKS)
    assert (found.normal, found.zero) == (0, PAGES)
    assert run_state(stream) == ("prelaunch" if options else "running")


def test_our_stream_is_laid_out_like_qemus(release: Release, half: Path, tmp_path: Path) -> None:
    """The same sections, as many pages of each kind, the same description, in the way of 7.2."""
    our_layout = parse(half.read_bytes())
    with filled_qemu(tmp_path, half) as side:
        layout = parse(stream_of(side))
    assert our_layout.machine == layout.machine
    assert our_layout.blocks == layout.blocks
    assert our_layout.ram == layout.ram
    assert [each for each in our_layout.sections if each[0] != "part"] == sections(QEMU_7_2)
    for kind in ("normal", "zero", "named"):
        assert our_layout.counts[kind] == layout.counts[kind], kind
    assert our_layout.devices.keys() == layout.devices.keys()
    state = bytearray(our_layout.devices["globalstate", 0])
    assert state[TELLS_SUSPENSION] == 0
    state[TELLS_SUSPENSION] = release.tells_suspension
    assert state == layout.devices["globalstate", 0]
    assert len(our_layout.devices["timer", 0]) == len(layout.devices["timer", 0])
    assert tuple(layout.description) == release.description
    for one, other in zip(entries(our_layout), entries(layout), strict=True):
        fields = tuple(each["name"] for each in other["fields"])
        assert payload_size(one) == payload_size(other)
        assert one == other or (other["name"], fields) == ("globalstate", release.state_fields)


def entries(layout: Layout) -> list[dict[str, Any]]:
    """The devices of a description."""
    found: list[dict[str, Any]] = layout.description["devices"]  # type: ignore[assignment]
    return found


def test_cut_anywhere_it_is_incomplete(half: Path, tmp_path: Path) -> None:
    """A stream of QEMU that ends before its time is refused by our reader wherever that is."""
    with filled_qemu(tmp_path, half) as side:
        stream = stream_of(side)
    end = end_of_state(stream)
    assert read(stream[:end], BLOCKS).complete
    for cut in [*range(200), end // 2, *range(end - 200, end)]:
        with pytest.raises(StreamError, match="ended"):
            read(stream[:cut], BLOCKS)


@pytest.mark.parametrize("program", ["qemu", "ours"])
def test_cut_streams_are_refused_by_both(program: str, half: Path, tmp_path: Path) -> None:
    """Without its end it lets no guest start, here and there; without a description it does."""
    stream = half.read_bytes()
    end = end_of_state(stream)
    start, option = (qemu, "-incoming") if program == "qemu" else (ours, "--incoming")
    for cut, complete in ((end, True), (end - 1, False)):
        path = tmp_path / "cut.stream"
        path.write_bytes(stream[:cut])
        with _arriving(start, option, path, tmp_path) as side:
            if complete:
                side.wait_for_run_state("running")
            else:
                assert side.exit_status() == 1
                assert "load of migration failed" in side.said


Start = Callable[..., AbstractContextManager[QemuSide]]


def _arriving(
    start: object, option: str, path: Path, folder: Path
) -> AbstractContextManager[QemuSide]:
    begin: Start = start  # type: ignore[assignment]
    return begin(folder, option, f"exec:cat {path}")


def test_a_stream_for_another_machine(tmp_path: Path) -> None:
    """That of a machine with devices is no stream for us, which is told at its beginning."""
    with qemu(tmp_path) as side:
        stream = stream_of(side)
    assert read(stream, BLOCKS, machine="none").complete
    # A name that begins with that of the stream passes, as it does with QEMU.
    assert read(stream, BLOCKS, machine="nonesuch").complete
    with pytest.raises(StreamError, match="none"):
        read(stream, BLOCKS, machine="pc")


def test_a_stream_of_a_whole_machine(tmp_path: Path) -> None:
    """Six blocks, thirty devices, pages that come again and again: our reader gets all of it."""
    with busy_pc(tmp_path) as side:
        side.set(max_bandwidth=4 * MIB, downtime_limit=1)
        path = tmp_path / "pc.stream"
        side.migrate(into_file(path))
        side.wait_for_pass(5)
        side.set(max_bandwidth=UNLIMITED, downtime_limit=2000)
        assert side.ends() == "completed"
        wait_until(path.exists, "the whole stream")
    stream = path.read_bytes()
    layout = parse(stream)
    assert len(layout.blocks) == 6
    assert len(layout.devices) > 20
    found = read(stream, layout.blocks, machine=layout.machine, devices=described(layout))
    assert found.complete
    assert found.memory == layout.ram
    assert found.normal == layout.counts["normal"] > BUSY_PAGES * 4
    assert {key: values["all"] for key, values in found.devices.items()} == layout.devices
    assert found.sections == [name for _, name, _ in layout.sections]


def described(layout: Layout) -> list[DeviceDescription]:
    """The devices of a stream, each as one field of so many bytes."""
    return [
        DeviceDescription(
            entry["name"],
            entry["instance_id"],
            entry["version"],
            (Field("all", "buffer", size=payload_size(entry)),),
        )
        for entry in entries(layout)
    ]
