"""Whether a process that serves for long keeps its size: one `qapigen vm`, and very many clients.

Three processes of their own: connections of every kind and end, commands of one connection that
stays, migrations that complete, fail and are cancelled.  After each twentieth of them the memory of
the process is looked at, with its open descriptors and its threads.
"""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import cycle
from pathlib import Path
from statistics import linear_regression
from typing import Final

from qapigen.runtime.errors import RemoteError
from qapigen.runtime.messages import Event
from tests.bench.guests import Machine, free_port, ours, running
from tests.bench.table import Table

__all__ = ["run"]

#: How many of each kind; the environment may ask for another share of them.
CONNECTIONS: Final = 100_000
COMMANDS: Final = 1_000_000
MIGRATIONS: Final = 1_000

#: So often the process is looked at, and only later ones count: first times fill caches.
_LOOKS: Final = 20
_COUNT_FROM: Final = 4

_MIB: Final = 4
_PATIENCE_SECONDS: Final = 60.0
_NEGOTIATE: Final = b'{"execute":"qmp_capabilities"}'
_ASK: Final = b'{"execute":"query-status","id":1}'


def run() -> Table:
    """Each kind in a process of its own."""
    share = float(os.environ.get("QAPIGEN_ENDURANCE", "1"))
    columns = ("KiB, early", "half-way", "at the end", "bytes for each", "descriptors", "threads")
    table = Table("A process that serves for long", columns)
    table.notes += [
        f"early: after {_COUNT_FROM} of {_LOOKS} parts; bytes for each: slope of resident memory "
        "from there on; descriptors, threads: how many more at the end than early",
    ]
    for name, count, work in (
        ("connections", CONNECTIONS, _connections),
        ("commands", COMMANDS, _commands),
        ("migrations", MIGRATIONS, _migrations),
    ):
        count = max(_LOOKS, round(count * share))
        watch = work(count)
        table.add(f"{count:,} {name}", *watch.cells())
    return table


@dataclass
class _Watch:
    """What a process takes, again and again."""

    machine: Machine
    count: int
    done: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def parts(self) -> Iterator[int]:
        """How many to do until the next look."""
        for part in range(_LOOKS):
            yield self.count * (part + 1) // _LOOKS - self.count * part // _LOOKS
            self._look(self.count * (part + 1) // _LOOKS)

    def _look(self, done: int) -> None:
        folder = Path(f"/proc/{self.machine.process.pid}")
        self.done.append(done)
        self.sizes.append(self.machine.resident_kib)
        self.descriptors.append(len(os.listdir(folder / "fd")))
        self.threads.append(len(os.listdir(folder / "task")))

    def cells(self) -> tuple[float | str, ...]:
        """The columns of the table."""
        slope, _ = linear_regression(self.done[_COUNT_FROM:], self.sizes[_COUNT_FROM:])
        return (
            *(self.sizes[at] for at in (_COUNT_FROM - 1, _LOOKS // 2 - 1, -1)),
            f"{slope * 1024:.1f}",
            *(
                f"{each[-1] - each[_COUNT_FROM - 1]:+d}"
                for each in (self.descriptors, self.threads)
            ),
        )


# --- connections ---


def _connections(count: int) -> _Watch:
    port = free_port()
    with running(ours(_MIB, "--qmp", f"tcp:127.0.0.1:{port}")) as machine:
        visits = cycle(_VISITS)
        watch = _Watch(machine, count)
        for part in watch.parts():
            for _ in range(part):
                next(visits)(machine.address, port)
    return watch


def _asks(path: str, port: int) -> None:
    with _connected(path) as client:
        _answered(client)


def _asks_over_tcp(path: str, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        _answered(client)


def _answered(client: socket.socket) -> None:
    lines = _negotiated(client)
    client.sendall(_ASK)
    lines.readline()
    lines.close()


def _says_nothing(path: str, port: int) -> None:
    _connected(path).close()


def _says_half(path: str, port: int) -> None:
    with _connected(path) as client:
        client.sendall(_NEGOTIATE + b'{"execute": "query-st')


def _says_garbage(path: str, port: int) -> None:
    with _connected(path) as client:
        lines = _negotiated(client)
        client.sendall(b"}" * 50 + b"\xff" + _ASK)
        lines.readline()
        lines.close()


def _does_not_read(path: str, port: int) -> None:
    with _connected(path) as client, suppress(BrokenPipeError):
        client.sendall(_NEGOTIATE + 20 * _ASK)


def _breaks_off(path: str, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(_NEGOTIATE + _ASK)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _sends_a_descriptor(path: str, port: int) -> None:
    with _connected(path) as client, open(os.devnull, "rb") as file:
        lines = _negotiated(client)
        text = b'{"execute":"getfd","arguments":{"fdname":"spare"}}'
        socket.send_fds(client, [text], [file.fileno()])
        lines.readline()
        lines.close()


_VISITS: Final[tuple[Callable[[str, int], None], ...]] = (
    _asks,
    _says_nothing,
    _asks_over_tcp,
    _says_half,
    _says_garbage,
    _does_not_read,
    _breaks_off,
    _sends_a_descriptor,
)


def _connected(path: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(_PATIENCE_SECONDS)
    client.connect(path)
    return client


def _negotiated(client: socket.socket) -> BufferedReader:
    lines = client.makefile("rb")
    client.sendall(_NEGOTIATE)
    lines.readline()
    lines.readline()
    return lines


# --- commands ---

_IN_FLIGHT: Final = 50
_TEXTS: Final = (
    _ASK,
    b'{"execute":"query-migrate","id":{"a":[1,2]}}',
    b'{"execute":"query-commands"}',
    b'{"execute":"no-such-command"}',
    b'{"execute":"getfd","arguments":{"name":1}}',
    b'{"execute":"cont"}',
    b'{"execute":"stop"}',
    b'{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1000000}}',
    b'{"execute":"query-status","id":"\\u00e4",}',
    b'{"execute":"query-version","arguments":{}}',
)


def _commands(count: int) -> _Watch:
    with running(ours(_MIB, "--paused")) as machine, _connected(machine.address) as client:
        lines = client.makefile("rb")
        client.sendall(_NEGOTIATE)
        lines.readline()
        lines.readline()
        texts = cycle(_TEXTS)
        watch = _Watch(machine, count)
        for part in watch.parts():
            while part > 0:
                batch = [next(texts) for _ in range(min(part, _IN_FLIGHT))]
                client.sendall(b"\n".join(batch) + b"\n")
                _hear(lines, len(batch))
                part -= len(batch)
            machine.client.execute("query-status")  # it reads the events that came, too
            machine.client.clear_events()
        lines.close()
    return watch


def _hear(lines: BufferedReader, answers: int) -> None:
    while answers:
        answers -= not lines.readline().startswith(b'{"event"')


# --- migrations ---


def _migrations(count: int) -> _Watch:
    options = ("--paused", "--fill", "random", "--workload", "rate=1000,hot=64")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(_sink(folder / "takes", close_at_once=False))
        stack.enter_context(_sink(folder / "hangs-up", close_at_once=True))
        machine = stack.enter_context(running(ours(_MIB, *options)))
        watch = _Watch(machine, count)
        kinds = cycle(_KINDS)
        for part in watch.parts():
            _to_a_process(machine)
            for _ in range(part - 1):
                next(kinds)(machine, folder)
    return watch


@contextmanager
def _sink(path: Path, *, close_at_once: bool) -> Iterator[None]:
    """What takes a guest and throws it away."""

    def serve() -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:  # it was shut down
                return
            with taken, suppress(ConnectionError):
                while not close_at_once and taken.recv(1 << 20):
                    pass

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _to_a_sink(machine: Machine, folder: Path) -> None:
    _moved(machine, f"unix:{folder}/takes", "completed")


def _to_a_command(machine: Machine, folder: Path) -> None:
    _moved(machine, "exec:cat >/dev/null", "completed")


def _to_a_descriptor(machine: Machine, folder: Path) -> None:
    with (folder / "state").open("wb") as file:
        machine.client.execute("getfd", {"fdname": "there"}, fds=[file.fileno()])
    _moved(machine, "fd:there", "completed")


def _to_nobody(machine: Machine, folder: Path) -> None:
    _moved(machine, f"unix:{folder}/nobody", "failed")


def _hung_up(machine: Machine, folder: Path) -> None:
    _moved(machine, f"unix:{folder}/hangs-up", "failed")


def _cancelled(machine: Machine, folder: Path) -> None:
    machine.client.execute("migrate-set-parameters", {"max-bandwidth": 100_000})
    _moved(machine, f"unix:{folder}/takes", "cancelled", cancel=True)
    machine.client.execute("migrate-set-parameters", {"max-bandwidth": 100 << 30})


_KINDS: Final[tuple[Callable[[Machine, Path], None], ...]] = (
    _to_a_sink,
    _to_nobody,
    _to_a_command,
    _hung_up,
    _to_a_descriptor,
    _cancelled,
)


def _to_a_process(machine: Machine) -> None:
    """A whole migration, with pages as differences and with the way back."""
    named = ("return-path", "xbzrle")
    with running(ours(_MIB, "--incoming", "defer")) as destination:
        for each in (machine, destination):
            _switch(each, named, on=True)
        uri = f"tcp:127.0.0.1:{free_port()}"
        destination.client.execute("migrate-incoming", {"uri": uri})
        _moved(machine, uri, "completed")
    _switch(machine, named, on=False)


def _switch(machine: Machine, names: tuple[str, ...], *, on: bool) -> None:
    each = [{"capability": name, "state": on} for name in names]
    machine.client.execute("migrate-set-capabilities", {"capabilities": each})


def _moved(machine: Machine, uri: str, ending: str, *, cancel: bool = False) -> None:
    """A migration from its command to the end that it has to have."""
    client = machine.client
    client.execute("cont")
    client.clear_events()
    try:
        client.execute("migrate", {"uri": uri})
    except RemoteError:
        assert ending == "failed", uri
        return
    if cancel:
        client.execute("migrate_cancel")
    event = client.wait_event("MIGRATION", wanted=_is_over, timeout=_PATIENCE_SECONDS)
    found = (event.data or {}).get("status")
    assert found == ending, (uri, found)


def _is_over(event: Event) -> bool:
    return (event.data or {}).get("status") in {"completed", "failed", "cancelled"}
