"""Two ends of a channel, of every kind there is, and threads with a deadline."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from qapigen.migration.channels import IncomingChannel, OutgoingChannel, incoming, outgoing
from qapigen.migration.channels.credentials import x509_context
from qapigen.migration.channels.tls import TlsClient, TlsServer

__all__ = [
    "DEADLINE_SECONDS",
    "ONE_WAY",
    "TWO_WAY",
    "Background",
    "Pair",
    "client_tls",
    "connected",
    "no_descriptor",
    "open_descriptors",
    "received",
    "server_tls",
]

#: Far more than anything here takes, on any machine.
DEADLINE_SECONDS = 60.0

#: Kinds with a return path, and without.
TWO_WAY = ("tcp", "unix", "fd-socket", "exec", "tls-tcp", "tls-unix")
ONE_WAY = ("fd-pipe",)

_T = TypeVar("_T")


class Background(Generic[_T]):
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._done: list[_T] = []
        self._failed: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._done.append(self._call())
        except BaseException as error:  # noqa: BLE001 - told by result()
            self._failed.append(error)

    def result(self) -> _T:
        """What it returned, or raised; it has to have ended in time."""
        self.thread.join(DEADLINE_SECONDS)
        assert not self.thread.is_alive(), "still waiting"
        if self._failed:
            raise self._failed[0]
        return self._done[0]


@dataclass
class Pair:
    """The two ends."""

    source: OutgoingChannel
    destination: IncomingChannel

    def close(self) -> None:
        self.source.shutdown()
        self.destination.shutdown()
        self.source.close()
        self.destination.close()


def client_tls(folder: Path) -> TlsClient:
    return TlsClient(x509_context(folder, server=False, verify_peer=True), "localhost")


def server_tls(folder: Path) -> TlsServer:
    return TlsServer(x509_context(folder, server=True, verify_peer=True))


def no_descriptor(name: str) -> int:
    raise KeyError(name)


@contextmanager
def connected(kind: str, folder: Path) -> Iterator[Pair]:
    """A pair of one of the kinds; ``folder`` holds certificates and room for a socket."""
    pair = _connect(kind, folder)
    try:
        yield pair
    finally:
        pair.close()


def _connect(kind: str, folder: Path) -> Pair:
    if kind == "fd-pipe":
        reader, writer = os.pipe()
        return _over_descriptors(reader, writer)
    if kind == "fd-socket":
        ours, theirs = socket.socketpair()
        return _over_descriptors(theirs.detach(), ours.detach())
    if kind == "exec":
        return _over_exec(folder)
    tls = kind.startswith("tls-")
    server = server_tls(folder) if tls else None
    uri = f"unix:{folder}/socket" if kind.endswith("unix") else "tcp:127.0.0.1:0"
    acceptor = incoming(uri, tls=lambda: server)
    client = client_tls(folder) if tls else None
    connector = outgoing(acceptor.address, getfd=no_descriptor, tls=lambda: client)
    accepted = Background(acceptor.accept)
    source = connector.connect()
    return Pair(source, accepted.result())


def _over_descriptors(reader: int, writer: int) -> Pair:
    source = outgoing("fd:out", getfd={"out": writer}.__getitem__).connect()
    return Pair(source, incoming(f"fd:{reader}").accept())


def _over_exec(folder: Path) -> Pair:
    """Each end leads to a shell with two cats; the shells are connected by named pipes."""
    forth, back, ready = folder / "forth", folder / "back", folder / "ready"
    for path in (forth, back, ready):
        if not path.exists():
            os.mkfifo(path)
    told = os.open(ready, os.O_RDWR)
    cats = f"echo >{ready}; cat <&5 4>&- & exec cat >&4 5<&-"
    source = outgoing(f"exec:exec 4>{forth} 5<{back}; {cats}", getfd=no_descriptor)
    destination = incoming(f"exec:exec 5<{forth} 4>{back}; {cats}")
    for _ in ("source", "destination"):
        os.read(told, 1)
    os.close(told)
    return Pair(source.connect(), destination.accept())


def received(channel: IncomingChannel, most: int | None = None) -> bytes:
    """All that comes until the end, or ``most`` bytes."""
    data = bytearray()
    room = bytearray(64 * 1024)
    while most is None or len(data) < most:
        view = memoryview(room)[: None if most is None else most - len(data)]
        count = channel.read_into(view)
        if not count:
            break
        data += view[:count]
    return bytes(data)


def open_descriptors() -> set[str]:
    """The descriptors of this process, apart from that of the question."""
    return {fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")}
