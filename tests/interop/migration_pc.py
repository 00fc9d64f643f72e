"""A QEMU with a whole PC, whose guest does nothing but write to its memory.

In: a folder.  Out: a side with a guest that is at work.
Must not know: migrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.interop.migration_sides import MIB, QemuSide, qemu_with, wait_until

__all__ = ["BUSY_BYTES", "BUSY_PAGES", "PC_BYTES", "busy_pc"]

#: The memory of the machine, in the block ``pc.ram``.
PC_BYTES: Final = 16 * MIB

#: A boot sector that adds one to the first byte of each page from 64 to 512 KiB, for ever.
#: Between two rounds it switches the 21st address line, so QEMU forgets which pages it knows to
#: be written.
_PROGRAM: Final = bytes.fromhex(
    "bb0010"  # again: mov bx, 0x1000
    "8edb"  #   next: mov ds, bx
    "fe060000"  #     inc byte [0]
    "81c30001"  #     add bx, 0x100
    "81fb0080"  #     cmp bx, 0x8000
    "72f0"  #         jb next
    "e492 3402 e692"  #  in al, 0x92; xor al, 2; out 0x92, al
    "ebe5"  #         jmp again
)

_FIRST_BYTE: Final = 0x10000

#: How many pages it writes.
BUSY_PAGES: Final = 0x70

#: And where they are.
BUSY_BYTES: Final = slice(_FIRST_BYTE, _FIRST_BYTE + BUSY_PAGES * 4096)

_SECTOR_BYTES: Final = 512


@contextmanager
def busy_pc(folder: Path) -> Iterator[QemuSide]:
    """A PC that is past its firmware and writes."""
    disk = folder / "boot.img"
    sector = _PROGRAM.ljust(_SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"
    disk.write_bytes(sector.ljust(128 * _SECTOR_BYTES, b"\0"))
    drive = f"file={disk},format=raw,if=ide"
    options = "-machine", "pc", "-m", f"{PC_BYTES // MIB}M", "-drive", drive
    with qemu_with(folder, *options, size=PC_BYTES) as side:
        values = set()

        def counts() -> bool:
            values.add(side.memory()[_FIRST_BYTE])
            return len(values) > 2

        wait_until(counts, "the guest's program")
        yield side
