"""Our servers as processes, and a case put to a server however its bytes are cut.

In: a folder, a table.  Out: the address of a running server, complaints.
Must not know: what the cases say.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.interop.processes import serving
from tests.outside import REPOSITORY
from tests.runtime.protocol_cases.cases import Case
from tests.runtime.protocol_cases.conversation import bytewise, faults, in_pieces, whole
from tests.runtime.protocol_cases.served import served_command

__all__ = ["WAYS", "Cut", "complaints", "connected", "example_server", "served"]

Cut = Callable[[bytes], Sequence[bytes]]

EXAMPLE = REPOSITORY / "docs" / "examples" / "qmp_server.py"

#: More bytes than this are not sent one by one: it is only slow.
BYTEWISE_LIMIT = 10_000


def _few_bytes(data: bytes) -> Sequence[bytes]:
    return bytewise(data) if len(data) <= BYTEWISE_LIMIT else whole(data)


def _random(data: bytes) -> Sequence[bytes]:
    return in_pieces(data, Random(data))


#: How the bytes of a case arrive.
WAYS: dict[str, Cut] = {"whole": whole, "bytewise": _few_bytes, "random": _random}


def complaints(
    address: Path, table: Iterable[Case], cut: Cut = whole, *, close: bool, of_qemu: bool = False
) -> dict[str, list[str]]:
    """What a server answers otherwise than a table says, by the names of the cases."""
    found = {}
    for each in table:
        with connected(address) as connection:
            told = faults(connection, each, cut(each.sends), of_qemu=of_qemu, close=close)
        if told:
            found[f"{each.name} {each.sends[:80]!r}"] = told
    return found


@contextmanager
def connected(address: Path) -> Iterator[socket.socket]:
    """A connection to a Unix socket."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.connect(str(address))
        yield connection


#: Runs a script whose server says as often as QEMU 7.2 that a text is wrong.
_REPEATING = """
import functools, runpy, sys
from qapigen.runtime import aio
aio.Server = functools.partial(aio.Server, repeat_errors=True)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@contextmanager
def example_server(folder: Path, *, repeat_errors: bool = False) -> Iterator[Path]:
    """The example of the documentation."""
    python = [sys.executable, *(("-c", _REPEATING) if repeat_errors else ()), str(EXAMPLE)]
    with _python(folder, lambda fd: [*python, f"fd:{fd}"]) as address:
        yield address


@contextmanager
def served(folder: Path, kind: str) -> Iterator[Path]:
    """A server with the commands that the tables of arguments need."""
    with _python(folder, lambda fd: served_command(kind, fd)) as address:
        yield address


@contextmanager
def _python(folder: Path, command: Callable[[int], Sequence[str]]) -> Iterator[Path]:
    path = folder / "qmp.sock"
    search = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "generated")])
    with patch.dict(os.environ, {"PYTHONPATH": search}), serving(command, path):
        yield path
