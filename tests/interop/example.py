"""The example server of the documentation, running.

In: a folder for its socket.  Out: the socket, or a TCP port.
Must not know: who connects.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.process import environment
from tests.interop.processes import serving
from tests.outside import REPOSITORY

__all__ = ["EXAMPLE", "example_server", "example_tcp_server"]

EXAMPLE = REPOSITORY / "docs" / "examples" / "qmp_server.py"


@contextmanager
def example_server(folder: Path) -> Iterator[Path]:
    """The path of a socket that the example serves."""
    path = folder / "example.sock"
    with serving(lambda fd: [sys.executable, str(EXAMPLE), f"fd:{fd}"], path):
        yield path


@contextmanager
def example_tcp_server() -> Iterator[tuple[str, int]]:
    """Host and port that the example serves: it tells which port the system has chosen."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE), "tcp:127.0.0.1:0"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            word, address = process.stderr.readline().split()
            assert word == "serving", address
            host, port = address.removeprefix("tcp:").rsplit(":", 1)
            yield host, int(port)
        finally:
            process.terminate()
