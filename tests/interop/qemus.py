"""The QEMU that is installed and, if there is one, a newer one beside it.

In: the environment variable QEMU_NEW_BIN, a folder with programs.  Out: the programs.
Must not know: what is asked of them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.processes import serving
from tests.interop.programs import QEMU

__all__ = ["NEWER_VARIABLE", "QEMUS", "Qemu"]

NEWER_VARIABLE = "QEMU_NEW_BIN"


@dataclass(frozen=True)
class Qemu:
    """A program that is a QEMU."""

    name: str
    program: str

    def __str__(self) -> str:
        return self.name

    @property
    def release(self) -> str:
        """Its release, as 7.2."""
        text = subprocess.run(
            [self.program, "--version"], capture_output=True, check=True, text=True
        ).stdout
        return ".".join(text.split("version ")[1].split(".")[:2])

    @contextmanager
    def socket(self, folder: Path, options: Sequence[str] = ()) -> Iterator[Path]:
        """A monitor of such a QEMU, without a machine unless options ask for one."""
        machine = list(options) or ["-machine", "none"]

        def command(fd: int) -> list[str]:
            monitor = f"socket,id=qmp,fd={fd},server=on,wait=off"
            shared = ["-nodefaults", "-display", "none", "-S", "-chardev", monitor]
            return [self.program, *machine, *shared, "-mon", "chardev=qmp,mode=control"]

        path = folder / "qmp.sock"
        with serving(command, path):
            yield path


def _qemus() -> Iterator[Qemu]:
    yield Qemu("installed", QEMU)
    if folder := os.environ.get(NEWER_VARIABLE):
        yield Qemu("newer", str(Path(folder) / QEMU))


QEMUS = tuple(_qemus())
