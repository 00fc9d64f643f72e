"""How long a client waits for its answers while another one keeps the same server busy.

The busy one is a process of its own, which sends as fast as the server reads, drops what is
answered, and connects again when the server has enough of it.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from multiprocessing.synchronize import Event
from statistics import median, quantiles
from time import perf_counter
from typing import Final

from tests.bench.qmp import Raw, running
from tests.bench.table import Table

__all__ = ["run"]

_SECONDS: Final = 3.0
_FEWEST: Final = 200
_NEGOTIATE: Final = b'{"execute":"qmp_capabilities"}'
_DEEP: Final = 1000

#: What the busy client sends, again and again.
TEXTS: Final[Mapping[str, bytes]] = {
    "closing brackets": b"}" * 65536,
    "broken texts of a line each": b'{"execute":]\n' * 5000,
    "bytes that no text has": b"\xff" * 65536,
    f"texts {_DEEP:,} levels deep": (b"[" * _DEEP + b"]" * _DEEP + b"\n") * 32,
    f"commands {_DEEP:,} levels deep": (
        b'{"execute":"query-status","arguments":{"a":' + b"[" * _DEEP + b"]" * _DEEP + b"}}\n"
    )
    * 32,
    "small commands": b'{"execute":"query-status"}' * 2500,
}


def run() -> Table:
    """Each kind of text, before and after the negotiation, and nobody at all."""
    columns = (
        "median ms",
        "99 % ms",
        "longest ms",
        "negotiated: median ms",
        "99 % ms",
        "longest ms",
    )
    table = Table("A client's answers while another one sends", columns)
    table.notes += [
        f"answers to query-status, one by one for {_SECONDS:.0f} seconds; left: the busy client has "
        "not negotiated, right: it has",
    ]
    with running("qapigen") as server:
        table.add("nothing", *_waits(server.address), None, None, None)
        for name, text in TEXTS.items():
            cells: list[float] = []
            for negotiated in (False, True):
                with _busy(server.address, text, negotiated):
                    cells += _waits(server.address)
            table.add(name, *cells)
    return table


def _waits(address: str) -> tuple[float, float, float]:
    """Milliseconds for an answer: the median, what 99 of 100 stay below, the longest."""
    with closing(Raw(address)) as client:
        client.one(20)
        waits: list[float] = []
        while len(waits) < _FEWEST or sum(waits) < _SECONDS * 1000:
            start = perf_counter()
            client.one(1)
            waits.append((perf_counter() - start) * 1000)
    return median(waits), quantiles(waits, n=100)[-1], max(waits)


@contextmanager
def _busy(address: str, text: bytes, negotiated: bool) -> Iterator[None]:
    context = multiprocessing.get_context("fork")
    first, begun = _NEGOTIATE + b"\n" if negotiated else b"", context.Event()
    process = context.Process(target=_send, args=(address, first, text, begun), daemon=True)
    process.start()
    try:
        begun.wait()
        yield
    finally:
        process.terminate()
        process.join()


def _send(address: str, first: bytes, text: bytes, begun: Event) -> None:
    """Never ends by itself."""
    while True:
        with socket.socket(socket.AF_UNIX) as busy, suppress(ConnectionError):
            busy.connect(address)
            busy.sendall(first)
            busy.setblocking(False)
            begun.set()
            _keep_sending(busy, text)


def _keep_sending(busy: socket.socket, text: bytes) -> None:
    rest = memoryview(text)
    while True:
        readable, writable, _ = select.select([busy], [busy], [])
        if readable and not busy.recv(1 << 20):
            return
        if writable:
            with suppress(BlockingIOError):
                rest = rest[busy.send(rest) :] or memoryview(text)
