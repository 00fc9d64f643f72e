"""QMP over a Unix socket: our server beside QEMU, our clients beside qemu.qmp, idle clients.

The command is query-status, which every server answers from what it knows.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from qapigen.runtime.aio import Client
from tests.bench.table import Table
from tests.interop.processes import Process, serving
from tests.outside import REPOSITORY

__all__ = ["run"]

COMMAND = b'{"execute":"query-status","id":%d}'
IN_FLIGHT = 64
IDLE_CLIENTS = 1000

#: How long one figure is measured, about.
SECONDS = 1.5

#: A figure is the median of so many.
ROUNDS = 3

_EXAMPLE = REPOSITORY / "docs" / "examples" / "qmp_server.py"
_UVLOOP = """
import runpy, sys
from qapigen.runtime import aio
example = runpy.run_path(sys.argv[1], run_name="example")
aio.run(example["main"](*sys.argv[2:]), uvloop=True)
"""


def run() -> list[Table]:
    """Servers under one raw client, clients on two servers, memory."""
    return [_servers(), _clients(), _memory()]


# --- servers ---


def _qemu(fd: int) -> Sequence[str]:
    options = ["-machine", "none", "-nodefaults", "-display", "none", "-S"]
    monitor = f"socket,id=qmp,fd={fd},server=on,wait=on"
    return ["qemu-system-x86_64", *options, "-chardev", monitor, "-mon", "chardev=qmp,mode=control"]


def _ours(fd: int) -> Sequence[str]:
    return [sys.executable, str(_EXAMPLE), f"fd:{fd}"]


def _ours_uvloop(fd: int) -> Sequence[str]:
    return [sys.executable, "-c", _UVLOOP, str(_EXAMPLE), f"fd:{fd}"]


# What asyncio alone takes: each command gets the same bytes, and nobody looks at it.
_ECHO = """
import asyncio, socket, sys
class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.write = transport.write
        self.write(b'{"QMP": {"version": {}, "capabilities": []}}\\r\\n')
    def data_received(self, data):
        self.write(b'{"return": {"running": true, "status": "running"}}\\r\\n' * data.count(b"}"))
async def main():
    listening = socket.socket(fileno=int(sys.argv[1]))
    await asyncio.get_running_loop().create_unix_server(Echo, sock=listening)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def _echo(fd: int) -> Sequence[str]:
    return [sys.executable, "-c", _ECHO, str(fd)]


SERVERS: dict[str, tuple[Callable[[int], Sequence[str]], bool]] = {
    "QEMU 7.2": (_qemu, shutil.which("qemu-system-x86_64") is not None),
    "qapigen": (_ours, True),
    "qapigen, uvloop": (_ours_uvloop, find_spec("uvloop") is not None),
    "asyncio, an echo": (_echo, True),
}


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    address: str
    process: Process

    def cpu_seconds(self) -> float:
        """The processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self) -> int:
        """The memory that it has in use."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() // 1024


@contextmanager
def running(name: str) -> Iterator[Running]:
    """One of :data:`SERVERS`."""
    search = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "generated")])
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {"PYTHONPATH": search}),
        serving(SERVERS[name][0], Path(folder) / "qmp.sock") as process,
    ):
        yield Running(f"{folder}/qmp.sock", process)


class Raw:
    """A client that knows lines only, so that the server is what is measured."""

    def __init__(self, address: str, *, oob: bool = False) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address)
        self._lines = self._socket.makefile("rb", 1 << 20)
        self._lines.readline()
        options = b',"arguments":{"enable":["oob"]}' if oob else b""
        self._socket.sendall(b'{"execute":"qmp_capabilities"' + options + b"}")
        self._lines.readline()

    def one(self, count: int) -> None:
        """One command after the other."""
        for number in range(count):
            self._socket.sendall(COMMAND % number)
            self._lines.readline()

    def many(self, count: int) -> None:
        """A number of them at a time."""
        batch = b"".join(COMMAND % number for number in range(IN_FLIGHT))
        for _ in range(max(1, count // IN_FLIGHT)):
            self._socket.sendall(batch)
            for _ in range(IN_FLIGHT):
                self._lines.readline()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@dataclass(frozen=True)
class Rate:
    """What a number of commands took, a command."""

    a_second: float
    client_us: float
    server_us: float


def _rate(work: Callable[[int], object], server: Running) -> Rate:
    """The median of some rounds, each long enough for the ticks of processor time."""
    count = 256
    work(count)
    while True:
        start = perf_counter()
        work(count)
        taken = perf_counter() - start
        if taken > SECONDS / 4:
            break
        count *= 2
    count = int(count * SECONDS / taken) // IN_FLIGHT * IN_FLIGHT
    return sorted((_round(work, server, count) for _ in range(ROUNDS)), key=lambda r: r.a_second)[
        ROUNDS // 2
    ]


def _round(work: Callable[[int], object], server: Running, count: int) -> Rate:
    served, own, start = server.cpu_seconds(), process_time(), perf_counter()
    work(count)
    taken = perf_counter() - start
    return Rate(
        count / taken,
        (process_time() - own) / count * 1e6,
        (server.cpu_seconds() - served) / count * 1e6,
    )


def _servers() -> Table:
    columns = (
        "one by one /s",
        f"{IN_FLIGHT} in flight /s",
        "with oob /s",
        "server us",
        "us in flight",
    )
    table = Table("QMP servers under a raw client", columns)
    table.notes += [
        "query-status with an id over a Unix socket; server us: its processor time a command, one "
        "by one and in flight; with oob: in flight with out-of-band execution enabled",
        "an echo: an asyncio.Protocol that sends the same bytes for each closing brace",
    ]
    for name, (_, there) in SERVERS.items():
        if not there:
            table.add(name, "not installed")
            continue
        with running(name) as server:
            one, many = (_with_raw(server, work) for work in (Raw.one, Raw.many))
            oob = _with_raw(server, Raw.many, oob=True)
        table.add(name, one.a_second, many.a_second, oob.a_second, one.server_us, many.server_us)
    return table


def _with_raw(server: Running, work: Callable[[Raw, int], None], *, oob: bool = False) -> Rate:
    client = Raw(server.address, oob=oob)
    try:
        return _rate(lambda count: work(client, count), server)
    finally:
        client.close()


# --- clients ---


@contextmanager
def _raw(address: str) -> Iterator[tuple[Callable[[int], object], Callable[[int], object]]]:
    client = Raw(address)
    try:
        yield client.one, client.many
    finally:
        client.close()


@contextmanager
def _blocking(address: str) -> Iterator[tuple[Callable[[int], object], None]]:
    from qapigen.runtime.blocking import Client as BlockingClient

    with BlockingClient.connect(f"unix:{address}") as client:

        def one(count: int) -> None:
            for _ in range(count):
                client.execute("query-status")

        yield one, None


def _in_loop(
    connect: Callable[[str], Any], disconnect: Callable[[Any], Any], *, uvloop: bool
) -> Callable[[str], Any]:
    """Both kinds of work for a client of asyncio."""

    @contextmanager
    def working(address: str) -> Iterator[tuple[Callable[[int], object], Callable[[int], object]]]:
        async def one(client: Any, count: int) -> None:
            for _ in range(count):
                await client.execute("query-status")

        async def many(client: Any, count: int) -> None:
            await asyncio.gather(*[one(client, count // IN_FLIGHT) for _ in range(IN_FLIGHT)])

        from qapigen.runtime.aio.loops import loop_factory

        with asyncio.Runner(loop_factory=loop_factory(uvloop=uvloop)) as runner:
            client = runner.run(connect(address))
            try:
                yield (
                    lambda count: runner.run(one(client, count)),
                    lambda count: runner.run(many(client, count)),
                )
            finally:
                runner.run(disconnect(client))

    return working


async def _connect_ours(address: str) -> Client:
    return await Client.connect(f"unix:{address}")


async def _connect_theirs(address: str) -> Any:
    from qemu.qmp import QMPClient

    client = QMPClient("bench")
    await client.connect(address)
    return client


_CLIENTS: dict[str, tuple[Callable[[str], Any], str]] = {
    "raw": (_raw, "socket"),
    "qapigen, blocking": (_blocking, "qapigen.runtime.blocking"),
    "qapigen": (_in_loop(_connect_ours, Client.close, uvloop=False), "asyncio"),
    "qapigen, uvloop": (_in_loop(_connect_ours, Client.close, uvloop=True), "uvloop"),
    "qemu.qmp": (
        _in_loop(_connect_theirs, lambda client: client.disconnect(), uvloop=False),
        "qemu.qmp",
    ),
    "qemu.qmp, uvloop": (
        _in_loop(_connect_theirs, lambda client: client.disconnect(), uvloop=True),
        "qemu.qmp",
    ),
}


def _clients() -> Table:
    columns = []
    names = [name for name in ("QEMU 7.2", "qapigen") if SERVERS[name][1]]
    for name in names:
        columns += [f"{name}: one by one /s", "client us", f"{IN_FLIGHT} in flight /s", "client us"]
    table = Table("QMP clients", tuple(columns))
    table.notes += ["client us: processor time of the client a command, one by one and in flight"]
    with ExitStack() as stack:
        servers = [stack.enter_context(running(name)) for name in names]
        for title, (working, needs) in _CLIENTS.items():
            if not _installed(needs):
                table.add(title, "not there", *[None] * (len(columns) - 1))
                continue
            cells: list[float | None] = []
            for server in servers:
                with working(server.address) as (one, many):
                    for work in (one, many):
                        rate = None if work is None else _rate(work, server)
                        cells += [rate.a_second, rate.client_us] if rate else [None, None]
            table.add(title, *cells)
    return table


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


# --- memory ---


def _memory() -> Table:
    # Both ends of all connections: the server inherits the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    table = Table("Idle QMP clients", ("server KiB alone", f"with {IDLE_CLIENTS}", "KiB a client"))
    table.notes += ["resident memory of the server; each client has negotiated and asked once"]
    for name in ("qapigen", "qapigen, uvloop"):
        if not SERVERS[name][1]:
            table.add(name, "not installed", None, None)
            continue
        with running(name) as server, ExitStack() as stack:
            for _ in range(10):
                _idle(server, stack)
            before = server.resident_kib()
            for _ in range(IDLE_CLIENTS):
                _idle(server, stack)
            after = server.resident_kib()
        table.add(name, before, after, (after - before) / IDLE_CLIENTS)
    return table


def _idle(server: Running, stack: ExitStack) -> None:
    client = Raw(server.address)
    stack.callback(client.close)
    client.one(1)
