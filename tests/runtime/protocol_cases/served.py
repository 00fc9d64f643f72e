"""The server that the tables of arguments are held against: ``python -m ... KIND fd:N``.

In: what it is (``machine``, ``strict`` with the policy of the tables, ``agent``), an address.
Out: a server that has the commands of ``served.json``, or those of a guest agent.
Must not know: the cases.

Its commands do as little as tells taken arguments from refused ones.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from qapigen.runtime.aio import Server
from qapigen.runtime.errors import DEVICE_NOT_ACTIVE, DEVICE_NOT_FOUND, QapiError
from qapigen.runtime.messages import VersionTriple
from qapigen.runtime.session.dialects import GUEST_AGENT
from qapigen.runtime.session.policy import CompatPolicy, SchemaPolicy
from tests.compiler.backends.python.packages import files_of, write
from tests.outside import REPOSITORY
from tests.runtime.protocol_cases.arguments import POLICY

__all__ = ["served_command"]

VERSION = VersionTriple(7, 2, 22)

_AGENT = """
{ 'pragma': { 'command-returns-exceptions': [ 'guest-sync', 'guest-sync-delimited' ] } }
{ 'command': 'guest-ping' }
{ 'command': 'guest-sync', 'data': { 'id': 'int' }, 'returns': 'int' }
{ 'command': 'guest-sync-delimited', 'data': { 'id': 'int' }, 'returns': 'int' }
"""


def served_command(kind: str, fd: int) -> list[str]:
    """The command line of this program, for a listening descriptor."""
    return [sys.executable, "-m", __name__, kind, f"fd:{fd}"]


@contextmanager
def package(name: str, files: dict[str, str]) -> Iterator[ModuleType]:
    """A package made of a schema, imported."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files_of(files, name))
        sys.path.insert(0, folder)
        try:
            yield import_module(name)
        finally:
            sys.path.remove(folder)


def machine_files() -> dict[str, str]:
    """``served.json`` and the shipped schemas that it includes."""
    own = Path(__file__).with_suffix(".json")
    shared = ("common.json", "control.json", "run-state.json")
    paths = [own, *(REPOSITORY / "schemas" / name for name in shared)]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


class Machine:
    """Handlers; methods for what always succeeds are made at the end."""

    def __init__(self, types: ModuleType) -> None:
        self._types = types
        self._nodes: set[str] = set()

    def query_version(self) -> object:
        triple = self._types.VersionTriple(major=7, minor=2, micro=22)
        return self._types.VersionInfo(qemu=triple, package="")

    def query_yank(self) -> object:
        return [self._types.YankInstance_Chardev(id="qmp")]

    def human_monitor_command(self, **arguments: object) -> str:
        return ""

    def blockdev_add(self, options: Any) -> None:
        if options.driver == "copy-on-read" and isinstance(options.file, str):
            raise QapiError(f"there is no node {options.file!r}")
        self._nodes.add(options.node_name)

    def blockdev_del(self, *, node_name: str) -> None:
        if node_name not in self._nodes:
            raise QapiError(f"there is no node {node_name!r}")
        self._nodes.remove(node_name)

    def balloon(self, *, value: int) -> None:
        raise QapiError("there is no balloon", DEVICE_NOT_ACTIVE)

    def migrate_pause(self) -> None:
        raise QapiError("there is no migration")

    def migrate_recover(self, *, uri: str) -> None:
        raise QapiError("there is no migration")

    def yank(self, *, instances: list[object]) -> None:
        if instances:
            raise QapiError("there is nothing like this")

    def _lost(self, **arguments: object) -> None:
        raise QapiError("there is nothing like this", DEVICE_NOT_FOUND)

    def _done(self, *boxed: object, **arguments: object) -> None:
        pass

    set_link = device_del = qom_set = qom_get = nbd_server_remove = eject = _lost
    migrate_set_parameters = migrate_set_capabilities = announce_self = send_key = _done


class Agent:
    """A guest agent of three commands."""

    def guest_ping(self) -> None:
        pass

    def guest_sync(self, *, id: int) -> int:
        return id

    def guest_sync_delimited(self, *, id: int) -> int:
        return id


async def serve(kind: str, address: str) -> None:
    """Serve until the process is ended."""
    files = {"agent.json": _AGENT} if kind == "agent" else machine_files()
    with package("protocol_cases_served", files) as types:
        commands = import_module(f"{types.__name__}.commands")
        if kind == "agent":
            server = Server(
                commands.registry(Agent()),
                version=VERSION,
                dialect=GUEST_AGENT,
                repeat_errors=True,
            )
        else:
            policy = None
            if kind == "strict":
                schema = import_module(f"{types.__name__}.introspect").query_qmp_schema()
                policy = SchemaPolicy(CompatPolicy.parse(POLICY), schema)
            server = Server(
                commands.registry(Machine(types)),
                version=VERSION,
                policy=policy,
                repeat_errors=True,
            )
        async with server:
            await server.serve(address)
            await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
