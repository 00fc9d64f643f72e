"""Machines with a guest that can be migrated, as processes: ours and QEMU's, driven alike.

In: what the guest's memory is like.  Out: processes, their migrations and their memory.
Must not know: what is measured, how often.
"""

from __future__ import annotations

import mmap
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from qapigen.runtime.blocking import Client
from qapigen.runtime.messages import Event
from tests.interop.processes import Process, serving
from tests.outside import REPOSITORY

__all__ = [
    "QEMU",
    "Kind",
    "Machine",
    "Migrated",
    "free_port",
    "have_qemu",
    "migrate",
    "ours",
    "qemu",
    "running",
    "warm_memory",
]

QEMU = "qemu-system-x86_64"

#: A command line, for the descriptor where the monitor listens.
Kind = Callable[[int], Sequence[str]]

_PATIENCE_SECONDS = 300.0
_MOST_WARM_MIB = 2048

# Where Linux tells a host which memory is free, and within which time it does.
_REPORTING = Path("/sys/module/page_reporting")
_REPORTING_SECONDS = 2.5


def have_qemu() -> bool:
    """Whether QEMU can take part."""
    return shutil.which(QEMU) is not None


def ours(mib: int, *options: str) -> Kind:
    """A command line of ours, with so much memory."""
    command = [sys.executable, "-P", "-m", "qapigen", "vm", "--ram", f"{mib}M", *options]
    return lambda fd: [*command, "--qmp", f"fd:{fd}"]


def qemu(mib: int) -> Kind:
    """A command line of QEMU that waits for such a guest."""
    memory = f"memory-backend-ram,id=pc.ram,size={mib}M,reserve=off"
    machine = ["-object", memory, "-machine", "none,memory-backend=pc.ram", "-m", f"{mib}M"]
    quiet = ["-nodefaults", "-display", "none", "-S", "-incoming", "defer"]

    def command(fd: int) -> Sequence[str]:
        monitor = f"socket,id=qmp,fd={fd},server=on,wait=on"
        return [QEMU, *machine, *quiet, "-chardev", monitor, "-mon", "chardev=qmp,mode=control"]

    return command


@dataclass(frozen=True)
class Machine:
    """A process with a guest, and a client of its monitor."""

    client: Client
    process: Process
    address: str  # the path of its monitor's socket

    @property
    def resident_kib(self) -> int:
        """The memory that the process has now."""
        return self._status_kib("VmRSS")

    @property
    def peak_mib(self) -> float:
        """The most memory that the process has had."""
        return self._status_kib("VmHWM") / 1024

    def _status_kib(self, what: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1])

    @property
    def cpu_seconds(self) -> float:
        """The processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self) -> None:
        """A guest that has left, or runs, stands still and may be sent (again)."""
        self.client.execute("cont")
        self.client.execute("stop")


@contextmanager
def running(kind: Kind, *, search: Sequence[Path] = (REPOSITORY,)) -> Iterator[Machine]:
    """Run a machine; modules of ours come from the checkout."""
    paths = os.pathsep.join(str(path) for root in search for path in (root, root / "generated"))
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {"PYTHONPATH": paths}),
        serving(kind, Path(folder) / "qmp.sock") as process,
        Client.connect(f"unix:{folder}/qmp.sock", timeout=_PATIENCE_SECONDS) as client,
    ):
        events = {"capabilities": [{"capability": "events", "state": True}]}
        client.execute("migrate-set-capabilities", events)
        client.execute("migrate-set-parameters", {"max-bandwidth": 100 << 30})
        yield Machine(client, process, f"{folder}/qmp.sock")


@dataclass(frozen=True)
class Migrated:
    """What a migration took: as the source tells it, until the guest was there, of processors."""

    total_ms: float
    arrived_ms: float
    source_cpu_ms: float
    destination_cpu_ms: float


def migrate(source: Machine, destination: Machine, *, mib: int) -> Migrated:
    """Move a guest with so much memory over TCP, as fast as it goes."""
    uri = {"uri": f"tcp:127.0.0.1:{free_port()}"}
    destination.client.execute("migrate-incoming", uri)
    source.client.clear_events()
    warm_memory(min(mib * 5 // 4, _MOST_WARM_MIB))
    before = source.cpu_seconds, destination.cpu_seconds
    start = perf_counter()
    source.client.execute("migrate", uri)
    _completed(destination)
    arrived = perf_counter() - start
    _completed(source)
    told = source.client.execute("query-migrate")
    assert isinstance(told, dict)
    return Migrated(
        max(told["total-time"], 1),
        arrived * 1000,
        (source.cpu_seconds - before[0]) * 1000,
        (destination.cpu_seconds - before[1]) * 1000,
    )


def warm_memory(mib: int) -> None:
    """Have so much free memory that is fit for use at once.

    On a virtual machine, memory that was free for two seconds may go back to the host, and getting
    it again takes longer than a migration.  What has been in use until now is still there, and it
    stays for as long if nothing else has become free in the last two seconds.
    """
    if not _REPORTING.exists():
        return
    with mmap.mmap(-1, mib << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for offset in range(0, len(memory), mmap.PAGESIZE):
            memory[offset] = 1
        threading.Event().wait(_REPORTING_SECONDS)


def _completed(machine: Machine) -> None:
    event = machine.client.wait_event("MIGRATION", wanted=_over, timeout=_PATIENCE_SECONDS)
    if (event.data or {}).get("status") != "completed":
        raise SystemExit(f"the migration of {machine.process.args!r} failed")


def _over(event: Event) -> bool:
    return (event.data or {}).get("status") in {"completed", "failed", "cancelled"}


def free_port() -> int:
    """A port of the loopback address where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
