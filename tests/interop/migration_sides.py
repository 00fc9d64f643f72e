"""The two ends of a migration as running programs: QEMU without a machine, and our own.

In: a folder, sizes, options.  Out: sides that are told and asked in the same words.
Must not know: what a migration is expected to do.

Both programs have one block of memory, without processors in QEMU's case: what is in it came
from somewhere else.
"""

from __future__ import annotations

import json
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.interop.processes import Process, serving
from tests.interop.programs import QEMU
from tests.interop.raw_client import Message, RawClient, connected
from tests.migration.stream.layout_parser import Layout, parse

__all__ = [
    "BLOCK",
    "ENDS",
    "MIB",
    "UNLIMITED",
    "OurSide",
    "QemuSide",
    "Side",
    "into_file",
    "ours",
    "qemu",
    "qemu_with",
    "recorded",
    "stream_of",
    "wait_until",
]

MIB: Final = 1 << 20

#: How QEMU's documentation calls a machine's memory.
BLOCK: Final = "pc.ram"

#: Statuses after which nothing more happens.
ENDS: Final = ("completed", "failed", "cancelled")

#: ``max-bandwidth`` that no machine reaches.
UNLIMITED: Final = 1 << 40

#: Far more than anything here takes, on any machine.
PATIENCE_SECONDS: Final = 60.0

_SERVED: Final = re.compile(r"serving (\S+)\n")

_BETWEEN_LOOKS_SECONDS: Final = 0.01


class Side(ABC):
    """A program with a monitor, to which nobody has spoken yet."""

    def __init__(self, path: Path, process: Process) -> None:
        self._path = path
        self.process = process
        self._files = 0
        self._connections = ExitStack()

    @cached_property
    def client(self) -> RawClient:
        """The monitor in command mode; events of migrations are switched on."""
        client = self._connections.enter_context(connected(self._path))
        client.negotiate()
        client.execute("migrate-set-capabilities", _capabilities({"events": True}))
        return client

    def close(self) -> None:
        """Hang up."""
        self._connections.close()

    # --- to be told ---

    def ask(self, command: str, **arguments: object) -> Any:
        """Execute a command; members of its arguments with underscores for hyphens."""
        given = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.client.execute(command, given or None)

    def switch(self, **capabilities: bool) -> None:
        """Set capabilities."""
        self.client.execute("migrate-set-capabilities", _capabilities(capabilities))

    def set(self, **parameters: object) -> None:
        """Set parameters of migrations."""
        self.ask("migrate-set-parameters", **parameters)

    def migrate(self, uri: str) -> None:
        """Begin to migrate; events of earlier attempts are forgotten."""
        self.client.events.clear()
        self.ask("migrate", uri=uri)

    def quit(self) -> None:
        """End the program, which may be gone before it answers."""
        with suppress(EOFError, OSError):
            self.ask("quit")

    # --- to be asked ---

    def ends(self) -> str:
        """Wait for the end of the migration that goes on: its status."""
        event = self.client.wait_for("MIGRATION", lambda data: data["status"] in ENDS)
        return str(event["data"]["status"])

    def wait_for_status(self, status: str) -> None:
        """Wait until a migration has gone through this status."""
        self.client.wait_for("MIGRATION", lambda data: bool(data["status"] == status))

    def wait_for_pass(self, number: int) -> None:
        """Wait until the source has looked so many times for pages that were written."""
        self.client.wait_for("MIGRATION_PASS", lambda data: bool(data["pass"] >= number))

    def report(self) -> Message:
        """What query-migrate answers."""
        found = self.ask("query-migrate")
        assert isinstance(found, dict)
        return found

    @property
    def run_state(self) -> str:
        """What the guest is doing."""
        return str(self.ask("query-status")["status"])

    def wait_for_run_state(self, state: str) -> None:
        """Wait until the guest is in this state; QEMU tells some of them after the event."""
        wait_until(lambda: self.run_state == state, f"the run state {state}")

    def trace(self) -> list[str]:
        """What has been told of the migration so far: statuses, STOP, RESUME; no passes."""
        self.ask("query-status")  # what was sent before it has arrived now
        told = [e["data"]["status"] if e["event"] == "MIGRATION" else e["event"] for e in self._own]
        return [word for word in told if word != "MIGRATION_PASS"]

    @property
    def _own(self) -> list[Message]:
        names = ("MIGRATION", "MIGRATION_PASS", "STOP", "RESUME")
        return [event for event in self.client.events if event["event"] in names]

    def exit_status(self) -> int:
        """Wait for the end of the program."""
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def said(self) -> str:
        """What the program wrote on its terminal."""
        return self._path.with_suffix(".log").read_text(encoding="utf-8", errors="replace")

    def wait_for_words(self, words: str) -> None:
        """Wait until the program has written these words on its terminal."""
        wait_until(lambda: words in self.said, f"the words '{words}'")

    def new_file(self) -> Path:
        """A name for a file."""
        self._files += 1
        return self._path.with_name(f"{self._path.stem}-{self._files}.bin")

    # --- what the programs do each in their own way ---

    @abstractmethod
    def memory(self) -> bytes:
        """All of the guest's memory; it stands still."""

    @abstractmethod
    def listen(self, uri: str) -> str:
        """Begin to wait for a guest (of a side that was started to do so); where it is found."""


class QemuSide(Side):
    """QEMU without a machine: memory and a monitor."""

    def __init__(self, path: Path, process: Process, size: int) -> None:
        super().__init__(path, process)
        self._size = size

    def exit_status(self) -> int:
        """Wait for its end; it does nothing before somebody has called."""
        if "client" not in vars(self):
            self._connections.enter_context(connected(self._path))
        return super().exit_status()

    def memory(self) -> bytes:
        """As QEMU writes it to a file."""
        path = self.new_file()
        self.ask("pmemsave", val=0, size=self._size, filename=str(path))
        data = path.read_bytes()
        path.unlink()
        return data

    def listen(self, uri: str) -> str:
        """Where it listens is told by query-migrate."""
        self.ask("migrate-incoming", uri=uri)
        if not uri.startswith("tcp:"):
            return uri
        address = self.report()["socket-address"][0]
        host = address["host"]
        return f"tcp:[{host}]:{address['port']}" if ":" in host else f"tcp:{host}:{address['port']}"


class OurSide(Side):
    """``qapigen vm``."""

    def memory(self) -> bytes:
        """As it goes out in a stream of its own, which a parser of the tests' own reads."""
        return bytes(recorded(self).ram[BLOCK])

    def listen(self, uri: str) -> str:
        """Where it listens is told on the terminal, and only for uris of the command line."""
        if uri.startswith("tcp:"):
            return self.address
        self.ask("migrate-incoming", uri=uri)
        return uri

    @property
    def address(self) -> str:
        """Where a guest is waited for that was announced on the command line."""
        wait_until(lambda: len(_SERVED.findall(self.said)) == 2, "the address of the listener")
        return str(_SERVED.findall(self.said)[1])  # behind that of the monitor

    def digests(self) -> dict[str, str]:
        """End the program: what it tells of its memory then, by block."""
        self.quit()
        assert self.exit_status() == 0, self.said
        last = self.said.splitlines()[-1]
        digests = json.loads(last)
        assert isinstance(digests, dict), last
        return digests


def recorded(side: Side) -> Layout:
    """A stream of this side's guest, taken apart by a parser that shares nothing with us."""
    return parse(stream_of(side))


def stream_of(side: Side) -> bytes:
    """The stream of a side's guest, which leaves with it."""
    path = side.new_file()
    side.switch(return_path=False, pause_before_switchover=False)  # a file says nothing
    side.set(max_bandwidth=UNLIMITED, tls_creds="")
    side.migrate(into_file(path))
    assert side.ends() == "completed", side.report()
    wait_until(path.exists, "the whole stream")
    data = path.read_bytes()
    path.unlink()
    return data


def into_file(path: Path) -> str:
    """A uri to migrate to: a file that is there when all of it is; QEMU does not wait for that."""
    return f"exec:cat > {path}.part && mv {path}.part {path}"


@contextmanager
def qemu(folder: Path, *options: str, size: int = MIB, block: str = BLOCK) -> Iterator[QemuSide]:
    """A QEMU with a block of memory.  It runs unless ``options`` have ``-S``."""
    memory = f"memory-backend-ram,id={block},size={size}"
    machine = ("-machine", f"none,memory-backend={block}", "-m", f"{size // 1024}K")
    with qemu_with(folder, "-object", memory, *machine, *options, size=size) as side:
        yield side


@contextmanager
def qemu_with(folder: Path, *options: str, size: int) -> Iterator[QemuSide]:
    """A QEMU with nothing but what ``options`` say; ``size`` is that of its memory."""
    fixed = ("-accel", "tcg", "-nodefaults", "-display", "none")

    def command(fd: int) -> list[str]:
        monitor = f"socket,id=qmp,fd={fd},server=on,wait=on"
        return [QEMU, *fixed, *options, "-chardev", monitor, "-mon", "chardev=qmp,mode=control"]

    path = _new_socket(folder, "qemu")
    with serving(command, path) as process:
        side = QemuSide(path, process, size)
        try:
            yield side
        finally:
            side.close()


@contextmanager
def ours(folder: Path, *options: str, size: int = MIB, block: str = BLOCK) -> Iterator[OurSide]:
    """Our own program with a block of memory.  It runs unless ``options`` have ``--paused``."""

    def command(fd: int) -> list[str]:
        program = [sys.executable, "-m", "qapigen", "vm"]
        return [*program, "--ram", f"{block}={size}", "--qmp", f"fd:{fd}", "--digest", *options]

    path = _new_socket(folder, "ours")
    with serving(command, path) as process:
        side = OurSide(path, process)
        try:
            yield side
        finally:
            side.close()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look again and again until something holds that nobody tells of."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(_BETWEEN_LOOKS_SECONDS)


def _capabilities(states: dict[str, bool]) -> dict[str, Sequence[object]]:
    changes = [
        {"capability": name.replace("_", "-"), "state": state} for name, state in states.items()
    ]
    return {"capabilities": changes}


def _new_socket(folder: Path, name: str) -> Path:
    number = sum(1 for _ in folder.glob(f"{name}*.sock"))
    return folder / f"{name}{number}.sock"
