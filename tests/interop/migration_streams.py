"""Streams as files: what is in one, and machines that are filled from one.

In: files, bytes.  Out: what our own reader makes of them, and a QEMU with a guest.
Must not know: what is to be in a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from qapigen.migration.guest.devices import DeviceSet, TimerDevice
from qapigen.migration.stream.devices import DeviceDescription
from qapigen.migration.stream.format import PAGE_SIZE
from qapigen.migration.stream.reader import (
    Device,
    EndOfStream,
    Expected,
    Pages,
    SectionEnd,
    StreamReader,
    Zeros,
)
from tests.interop.migration_sides import BLOCK, MIB, QemuSide, ours, qemu, stream_of

__all__ = ["DEVICES", "Read", "filled_qemu", "half_filled", "read"]

#: What our own machine has without options.
DEVICES: Final = tuple(DeviceSet([TimerDevice(lambda: 0.0)]).descriptions)

_PIECE_BYTES: Final = 100_000  # no multiple of anything


@dataclass
class Read:
    """What our own reader finds in a stream."""

    memory: dict[str, bytearray]
    sections: list[str] = field(default_factory=list)
    devices: dict[tuple[str, int], dict[str, object]] = field(default_factory=dict)
    normal: int = 0
    zero: int = 0
    complete: bool = False


def read(
    stream: bytes,
    blocks: Mapping[str, int],
    *,
    machine: str = "none",
    devices: Sequence[DeviceDescription] = DEVICES,
) -> Read:
    """Read a stream in pieces, as a machine with these parts does; StreamError if it cannot."""
    reader = StreamReader(Expected(machine, blocks, devices))
    found = Read({name: bytearray(size) for name, size in blocks.items()})
    for at in range(0, len(stream), _PIECE_BYTES):
        for item in reader.feed(stream[at : at + _PIECE_BYTES]):
            _take(item, found)
    reader.finish()
    return found


def _take(item: object, found: Read) -> None:
    match item:
        case Pages(block=block, indexes=indexes, data=data):
            found.normal += len(indexes)
            for index, page in zip(indexes.tolist(), data, strict=True):
                found.memory[block][index * PAGE_SIZE : (index + 1) * PAGE_SIZE] = page.tobytes()
        case Zeros(block=block, indexes=indexes, fill=fill):
            found.zero += len(indexes)
            for index in indexes.tolist():
                page = bytes([fill]) * PAGE_SIZE
                found.memory[block][index * PAGE_SIZE : (index + 1) * PAGE_SIZE] = page
        case Device(name=name, instance=instance, values=values):
            found.devices[name, instance] = dict(values)
        case SectionEnd(name=name):
            found.sections.append(name)
        case EndOfStream():
            found.complete = True


def half_filled(folder: Path, *, size: int = MIB) -> Path:
    """A file with the stream of a guest that has something in its memory, and runs."""
    path = folder / "half-filled.stream"
    with ours(folder, "--fill", "half", size=size) as side:
        path.write_bytes(stream_of(side))
    return path


@contextmanager
def filled_qemu(
    folder: Path, stream: Path, *options: str, size: int = MIB, block: str = BLOCK
) -> Iterator[QemuSide]:
    """A QEMU whose guest came from a file, and runs unless ``options`` have ``-S``."""
    arriving = "-incoming", f"exec:cat {stream}"
    with qemu(folder, *arriving, *options, size=size, block=block) as side:
        side.wait_for_run_state("paused" if "-S" in options else "running")
        yield side
