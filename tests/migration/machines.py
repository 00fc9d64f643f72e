"""Machines in processes of their own, as users run them, and a destination that only pretends.

In: options of the command.  Out: a client of each machine, and all events that it has heard.
Must not know: what a test wants to see.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from qapi_migration.client import BlockingClient
from qapigen.migration.stream import returnpath, writer
from qapigen.migration.stream.format import CommandNumber
from qapigen.runtime.errors import RemoteError
from qapigen.runtime.messages import Event
from tests.cli.process import COMMAND, environment

__all__ = ["CRAWL", "DEADLINE_SECONDS", "Machine", "Peer", "machine", "until"]

#: Far more than anything here takes, on any machine.
DEADLINE_SECONDS = 60.0

#: The value of max-bandwidth with which a guest of a few MiB takes minutes: a page in 100 ms.
CRAWL = 10

_FIRST_PING = writer.command(CommandNumber.PING, (1).to_bytes(4, "big"))


class Machine:
    """A process, its first monitor, and the events that this heard."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.qmp = BlockingClient.connect(address, timeout=DEADLINE_SECONDS)
        self._events = self.qmp.client.subscribe()
        self.last_event: Event | None = None
        self._log = log

    # --- commands ---

    def execute(self, name: str, arguments: Mapping[str, object] | None = None, **more: Any) -> Any:
        """What a command returns; ``more`` are arguments whose names have no dash."""
        given = {**(arguments or {}), **more}
        return self.qmp.client.execute(name, given or None, timeout=DEADLINE_SECONDS)

    def refused(
        self, name: str, arguments: Mapping[str, object] | None = None, **more: Any
    ) -> tuple[str, str]:
        """The class and the text of the error that a command has to be answered with."""
        try:
            answer = self.execute(name, arguments, **more)
        except RemoteError as error:
            return error.error_class, error.desc
        raise AssertionError(f"{name} was not refused, it returned {answer}")

    def switch(self, **capabilities: bool) -> None:
        """Switch capabilities on or off."""
        request = [
            {"capability": name.replace("_", "-"), "state": state}
            for name, state in capabilities.items()
        ]
        self.execute("migrate-set-capabilities", capabilities=request)

    def set(self, **parameters: object) -> None:
        """Set parameters."""
        wire = {name.replace("_", "-"): value for name, value in parameters.items()}
        self.execute("migrate-set-parameters", wire)

    def send_descriptor(self, name: str, fd: int) -> None:
        """``getfd``."""
        self.qmp.getfd(fdname=name, fds=[fd], timeout=DEADLINE_SECONDS)

    # --- what there is to see ---

    @property
    def state(self) -> str:
        """What the guest is doing."""
        return cast("str", self.execute("query-status")["status"])

    @property
    def info(self) -> dict[str, Any]:
        """The answer to query-migrate."""
        return cast("dict[str, Any]", self.execute("query-migrate"))

    @property
    def status(self) -> str:
        """Of the migration; ``none`` where there was none."""
        return cast("str", self.info.get("status", "none"))

    @property
    def settings(self) -> list[Any]:
        """All that a refused command must leave alone."""
        names = ("capabilities", "parameters", "cache-size")
        return [self.execute(f"query-migrate-{name}") for name in names] + [self.state]

    def reached(self, *statuses: str) -> None:
        """Wait for one of these statuses of the migration."""
        until(lambda: self.status in statuses or None)

    def heard(self, last: str = "") -> list[str]:
        """The events since the last call, up to the one that is ``last``; "": all by now."""
        found: list[str] = []
        if not last:
            self.execute("query-status")  # what was sent before it has come
            while (event := self._events.take(None)) is not None:
                found.append(self._said(event))
            return found
        while last not in found:
            try:
                found.append(self._said(self._events.get(timeout=DEADLINE_SECONDS)))
            except Exception as error:
                error.add_note(f"waiting for {last}, heard {found}; {self.log}")
                raise
        return found

    def _said(self, event: Event) -> str:
        """An event in short: ``MIGRATION active``, ``MIGRATION_PASS 1``, ``STOP``."""
        self.last_event = event
        data = event.data or {}
        told = [data[key] for key in ("status", "pass", "reason") if key in data]
        return " ".join([event.name, *map(str, told)])

    # --- the end ---

    @property
    def log(self) -> str:
        """What the process said on stderr."""
        return self._log.read_text("utf-8", "backslashreplace")

    @property
    def out(self) -> str:
        """What it said on stdout."""
        return self._log.with_suffix(".out").read_text("utf-8")

    def ended(self) -> int:
        """Wait for the end; the exit status."""
        return self.process.wait(DEADLINE_SECONDS)

    def quit(self) -> int:
        """End it; the exit status."""
        self.execute("quit")
        return self.ended()


@contextmanager
def machine(
    folder: Path, *options: str, name: str = "vm", pass_fds: tuple[int, ...] = ()
) -> Iterator[Machine]:
    """A running machine; the default is a small guest that stands still.

    The socket is bound here: the kernel keeps the client waiting until the process is up.
    """
    path, log = folder / f"{name}.sock", folder / f"{name}.log"
    if not any(option.startswith("--ram") for option in options):
        options = ("--ram=1M", *options)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        fd = listener.fileno()
        with log.open("wb") as errors, log.with_suffix(".out").open("wb") as out:
            process = subprocess.Popen(
                [*COMMAND, "vm", f"--qmp=fd:{fd}", *options],
                pass_fds=[fd, *pass_fds],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )
    try:
        found = Machine(process, f"unix:{path}", log)
        with found.qmp:
            yield found
    except Exception as error:
        error.add_note(f"{name} said: {log.read_text('utf-8', 'backslashreplace')}")
        raise
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def until(find: Callable[[], Any]) -> Any:
    """What ``find`` gives as soon as it gives something; AssertionError after a long time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (found := find()) is None:
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.005)
    return found


class Peer:
    """A destination that takes everything, answers the first PING, and says what it is told to.

    With ``deaf`` it accepts, but reads nothing.
    """

    def __init__(self, folder: Path, name: str = "peer", *, deaf: bool = False) -> None:
        self.uri = f"unix:{folder}/{name}"
        self.taken = bytearray()
        self.over = threading.Event()  # the source has closed
        self._deaf = deaf
        self._closing = False
        self._connections: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/{name}")
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Write on the return path."""
        until(lambda: self._connections or None)[0].sendall(data)

    def confirm(self) -> None:
        """Tell the source that the guest is here, once it has sent all of it."""
        self.at_the_end()
        self.say(returnpath.shut(0))

    def at_the_end(self) -> None:
        """Wait for the description of the devices, behind which nothing follows."""
        until(lambda: (b'"page_size"' in self.taken[-4096:] and self.taken.endswith(b"}")) or None)

    def close(self) -> None:
        """Break the connection, and accept none."""
        self._closing = True
        for each in (self._listener, *self._connections):
            with suppress(OSError):  # it is at its end
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive(), "the peer does not end"
        for each in (self._listener, *self._connections):
            each.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # nobody came
        self._connections.append(connection)
        if self._deaf or self._closing:
            return
        with suppress(OSError):  # it was broken
            answered = False
            while data := connection.recv(1 << 20):
                self.taken += data
                if not answered and _FIRST_PING in self.taken[:200]:
                    answered = True
                    connection.sendall(returnpath.pong(1))
        self.over.set()
