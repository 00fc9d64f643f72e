"""The guest's disks: a name and a file each.

In: texts such as ``d0=disk.img``.  Out: drives that are known to be usable.
Must not know: what is on a disk, who reads or writes it.

Drives are kept in the order given, which is the order in which they move.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..stream.format import MOST_NAME_BYTES

__all__ = ["SECTOR", "Drive", "DriveError", "Drives", "parse_disk"]

#: Bytes of a sector, the unit of a disk's length.
SECTOR: Final = 512


class DriveError(Exception):
    """A drive cannot be used, with the reason."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A disk of the guest.  ``read_only`` ones do not move: the other host has to have them."""

    name: str
    path: Path
    read_only: bool = False

    def size_bytes(self) -> int:
        """The length of the disk; a part of a sector at the end counts as a whole one.

        Raises DriveError if the file cannot be used as a disk at this moment.
        """
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise DriveError(f"drive {self.name}: {self.path}: {error.strerror}") from error
        if not stat.S_ISREG(found.st_mode):
            raise DriveError(f"drive {self.name}: {self.path} is no regular file")
        wanted = os.R_OK if self.read_only else os.R_OK | os.W_OK
        if not os.access(self.path, wanted):
            what = "read" if self.read_only else "read and write"
            raise DriveError(f"drive {self.name}: no permission to {what} {self.path}")
        return -(-found.st_size // SECTOR) * SECTOR


class Drives:
    """All drives of a guest, by name, in the order given.

    Raises DriveError for two drives of one name or with one file, and for a file that cannot be
    used.
    """

    def __init__(self, drives: Iterable[Drive] = ()) -> None:
        self._drives: dict[str, Drive] = {}
        names_by_file: dict[tuple[int, int], str] = {}
        for drive in drives:
            if drive.name in self._drives:
                raise DriveError(f"two drives have the name {drive.name}")
            drive.size_bytes()
            found = os.stat(drive.path)
            other = names_by_file.setdefault((found.st_dev, found.st_ino), drive.name)
            if other != drive.name:
                raise DriveError(f"drives {other} and {drive.name} have the same file")
            self._drives[drive.name] = drive

    def __iter__(self) -> Iterator[Drive]:
        return iter(self._drives.values())

    def __len__(self) -> int:
        """The number of drives."""
        return len(self._drives)

    def __getitem__(self, name: str) -> Drive:
        return self._drives[name]

    def __contains__(self, name: object) -> bool:
        return name in self._drives


def parse_disk(text: str) -> Drive:
    """The drive that ``NAME=FILE`` names.  Raises ValueError that says what is wrong."""
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise ValueError(f"disk {text!r}: expected NAME=FILE")
    if not name.isascii() or not name.isprintable() or " " in name:
        raise ValueError(f"disk {text!r}: the name has other than plain ASCII characters")
    if len(name) > MOST_NAME_BYTES:
        raise ValueError(f"disk {text!r}: the name has more than {MOST_NAME_BYTES} bytes")
    return Drive(name, Path(path))
