"""Ways from one side to the other: how a guest gets from a source to a destination.

In: two sides that wait for orders.  Out: the guest is on its way.
Must not know: what the sides are, what is to come of it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.interop.migration_sides import Side, into_file, wait_until

__all__ = ["ONE_WAY", "TWO_WAY", "WAYS", "has_ipv6", "incoming_option", "send"]


def has_ipv6() -> bool:
    """Whether the machine has the IPv6 address of itself."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _over_address(uri: str) -> Callable[[Side, Side, Path], None]:
    def begin(source: Side, destination: Side, folder: Path) -> None:
        source.migrate(destination.listen(uri.format(folder=folder)))

    return begin


def _over_socket(source: Side, destination: Side, folder: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        _give(destination, "way-in", theirs.fileno())
        _give(source, "way-out", ours.fileno())
    destination.listen("fd:way-in")
    source.migrate("fd:way-out")


def _over_pipe(source: Side, destination: Side, folder: Path) -> None:
    reader, writer = os.pipe()
    _give(destination, "way-in", reader)
    _give(source, "way-out", writer)
    os.close(reader)
    os.close(writer)
    destination.listen("fd:way-in")
    source.migrate("fd:way-out")


def _over_descriptors_of_a_file(source: Side, destination: Side, folder: Path) -> None:
    with _new_file(folder) as path:
        with path.open("wb") as file:
            _give(source, "way-out", file.fileno())
        source.migrate("fd:way-out")
        source.ends()
        with path.open("rb") as file:
            _give(destination, "way-in", file.fileno())
        destination.listen("fd:way-in")


def _over_commands(source: Side, destination: Side, folder: Path) -> None:
    with _new_file(folder) as path:
        source.migrate(into_file(path))
        source.ends()
        wait_until(path.exists, "the whole stream")
        destination.listen(f"exec:cat {path}")
        destination.ends()


def _give(side: Side, name: str, descriptor: int) -> None:
    side.client.execute("getfd", {"fdname": name}, fds=[descriptor])


@contextmanager
def _new_file(folder: Path) -> Iterator[Path]:
    path = folder / "stream"
    yield path
    path.unlink()


#: What can carry answers back to the source.
TWO_WAY: Final[Mapping[str, Callable[[Side, Side, Path], None]]] = {
    "tcp-ipv4": _over_address("tcp:127.0.0.1:0"),
    "tcp-ipv6": _over_address("tcp:[::1]:0"),
    "unix": _over_address("unix:{folder}/way.sock"),
    "fd-socket": _over_socket,
}

#: What cannot.
ONE_WAY: Final[Mapping[str, Callable[[Side, Side, Path], None]]] = {
    "fd-pipe": _over_pipe,
    "fd-file": _over_descriptors_of_a_file,
    "exec": _over_commands,
}

WAYS: Final = {**TWO_WAY, **ONE_WAY}

_INCOMING: Final = {"tcp-ipv4": "tcp:127.0.0.1:0", "tcp-ipv6": "tcp:[::1]:0"}


def incoming_option(way: str) -> str:
    """What our own destination has to be started with; QEMU can be told everything later."""
    return _INCOMING.get(way, "defer")


def send(way: str, source: Side, destination: Side, folder: Path) -> None:
    """Begin to migrate."""
    WAYS[way](source, destination, folder)
