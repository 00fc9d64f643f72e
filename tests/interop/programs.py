"""The programs we talk to, and how they are started.

In: a folder for sockets and files.  Out: clients of running programs.
Must not know: typed values.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.interop.processes import activated, serving
from tests.interop.raw_client import RawClient, connected

__all__ = [
    "AGENT",
    "DAEMON",
    "QEMU",
    "agent",
    "agent_socket",
    "bare_machine",
    "machine_socket",
    "rich_machine",
    "storage_daemon",
    "storage_daemon_socket",
]

QEMU = "qemu-system-x86_64"
DAEMON = "qemu-storage-daemon"
AGENT = "qemu-ga"

_BARE = ("-machine", "none", "-nodefaults", "-display", "none", "-S")

# A machine that has a bit of everything, so that its answers have many members and branches.
# Its processors never run.
_RICH = """
-machine pc -accel tcg -S -nodefaults -name lamp -uuid 7a3c2f10-5b1e-4e0b-9d57-1f2a3b4c5d6e
-smp 2,maxcpus=4 -m 64,slots=2,maxmem=1G
-object memory-backend-ram,id=ram0,size=64M -numa node,memdev=ram0
-object memory-backend-ram,id=ram1,size=32M -device pc-dimm,memdev=ram1,id=dimm0
-object iothread,id=t0
-object throttle-group,id=group0,x-iops-total=100
-object secret,id=secret0,data=letmein
-vnc unix:{folder}/vnc.sock -device VGA
-blockdev null-co,node-name=disk0,size=67108864,read-zeroes=on
-device virtio-blk-pci,drive=disk0,id=vd0,iothread=t0
-blockdev null-co,node-name=disk1,size=67108864
-blockdev throttle,node-name=slow,throttle-group=group0,file=disk1 -device ide-hd,drive=slow,id=ide0
-device virtio-scsi-pci,id=scsi0 -device scsi-cd,bus=scsi0.0,id=cd0
-netdev user,id=n0 -device virtio-net-pci,netdev=n0,id=net0
-netdev hubport,id=n1,hubid=0 -device e1000,netdev=n1,id=net1
-chardev null,id=null0 -device virtio-serial-pci -device virtserialport,chardev=null0,name=port0
-chardev ringbuf,id=ring0 -serial chardev:ring0
-device virtio-balloon-pci,id=balloon0 -device virtio-rng-pci,id=rng0 -device vmgenid,guid=auto
-device qemu-xhci,id=usb0 -device usb-tablet,bus=usb0.0
-device pci-bridge,chassis_nr=1,id=bridge0
-device rocker,name=switch0
"""

#: What the agent of a test must never do to the machine that runs the test.
_BLOCKED = (
    "guest-exec",
    "guest-fsfreeze-freeze",
    "guest-fsfreeze-freeze-list",
    "guest-fstrim",
    "guest-set-memory-blocks",
    "guest-set-time",
    "guest-set-user-password",
    "guest-set-vcpus",
    "guest-shutdown",
    "guest-ssh-add-authorized-keys",
    "guest-ssh-remove-authorized-keys",
    "guest-suspend-disk",
    "guest-suspend-hybrid",
    "guest-suspend-ram",
)


@contextmanager
def bare_machine(folder: Path) -> Iterator[RawClient]:
    """A QEMU without a machine, in command mode."""
    with machine_socket(folder) as path, _negotiated(path) as client:
        yield client


@contextmanager
def rich_machine(folder: Path) -> Iterator[RawClient]:
    """A QEMU with many devices, in command mode."""
    words = [word.format(folder=folder) for word in _RICH.split()]
    with (
        machine_socket(folder, words) as path,
        _negotiated(path) as client,
        Path(os.devnull).open("rb") as spare,
    ):
        # The other descriptors of a process are not for its command line to name.
        client.execute("add-fd", {"fdset-id": 1, "opaque": "spare"}, fds=[spare.fileno()])
        yield client


@contextmanager
def storage_daemon(folder: Path) -> Iterator[RawClient]:
    """A storage daemon with a node, a filter and a character device, in command mode."""
    with storage_daemon_socket(folder) as path, _negotiated(path) as client:
        yield client


@contextmanager
def machine_socket(folder: Path, options: Sequence[str] = _BARE) -> Iterator[Path]:
    """A QEMU, without a machine unless ``options`` ask for one, and nobody connected to it."""

    def command(fd: int) -> list[str]:
        monitor = f"socket,id=qmp,fd={fd},server=on,wait=on"
        return [QEMU, *options, "-chardev", monitor, "-mon", "chardev=qmp,mode=control"]

    path = folder / "qmp.sock"
    with serving(command, path):
        yield path


@contextmanager
def storage_daemon_socket(folder: Path) -> Iterator[Path]:
    """The same storage daemon, and nobody connected to it."""
    path = folder / "qmp.sock"

    def command(fd: int) -> list[str]:
        monitor = f"socket,id=qmp,fd={fd},server=on,wait=on"
        words = "--blockdev null-co,node-name=disk0,size=67108864 --chardev null,id=null0"
        words += " --blockdev copy-on-read,node-name=cor0,file=disk0 --object iothread,id=t0"
        return [DAEMON, "--chardev", monitor, "--monitor", "chardev=qmp", *words.split()]

    with serving(command, path):
        yield path


@contextmanager
def _negotiated(path: Path) -> Iterator[RawClient]:
    with connected(path) as client:
        client.negotiate()
        yield client


@contextmanager
def agent(folder: Path) -> Iterator[RawClient]:
    """A guest agent whose guest is the machine we run on: it is only asked, never told."""
    with agent_socket(folder) as path, connected(path) as client:
        assert client.execute("guest-sync-delimited", {"id": 4711}) == 4711
        yield client


@contextmanager
def agent_socket(folder: Path) -> Iterator[Path]:
    """The same guest agent, and nobody connected to it."""
    path = folder / "agent.sock"
    files = ["-t", str(folder), "-f", str(folder / "agent.pid")]
    with activated([AGENT, "-b", ",".join(_BLOCKED), *files], path):
        yield path
