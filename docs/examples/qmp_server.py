"""A QMP server for a machine that does nothing but run and stop.

Start it with ``python docs/examples/qmp_server.py unix:PATH``, or with ``tcp:HOST:PORT``,
``stdio`` or ``fd:N``, or with several of them; every QMP client can talk to it.
"""

from __future__ import annotations

import sys

from qapi_migration.commands import registry
from qapi_migration.commands.control import ControlCommands
from qapi_migration.commands.misc import MiscCommands
from qapi_migration.commands.run_state import RunStateCommands
from qapi_migration.events.run_state import RunStateEvents
from qapi_migration.introspect import query_qmp_schema
from qapi_migration.types.control import CommandInfo, SchemaInfo, VersionInfo, VersionTriple
from qapi_migration.types.run_state import RunState, ShutdownCause, StatusInfo
from qapi_migration.visit.control import visit_SchemaInfo_list
from qapigen.runtime import QapiError, from_wire, messages
from qapigen.runtime.aio import Server, current_session, run

VERSION = messages.VersionTriple(2, 12, 50)


class Machine(ControlCommands, RunStateCommands, MiscCommands):
    """Serves three files of the schema."""

    def __init__(self) -> None:
        self.running = True
        self.commands = registry(self)
        self.server = Server(self.commands, version=VERSION, package="example")
        self.events = RunStateEvents(self.server.emit)

    def query_version(self) -> VersionInfo:
        triple = VersionTriple(major=VERSION.major, minor=VERSION.minor, micro=VERSION.micro)
        return VersionInfo(qemu=triple, package="example")

    def query_commands(self) -> list[CommandInfo]:
        # The session itself serves the first, before there can be any other.
        return [CommandInfo(name=name) for name in ("qmp_capabilities", *self.commands.names())]

    def query_qmp_schema(self) -> list[SchemaInfo]:
        served = {command.name for command in self.query_commands()}
        schema = query_qmp_schema()
        return from_wire(
            visit_SchemaInfo_list,
            [row for row in schema if row["meta-type"] != "command" or row["name"] in served],
        )

    def query_status(self) -> StatusInfo:
        status = RunState.RUNNING if self.running else RunState.PAUSED
        return StatusInfo(running=self.running, singlestep=False, status=status)

    def stop(self) -> None:
        if self.running:
            self.running = False
            self.events.stop()

    def cont(self) -> None:
        if not self.running:
            self.running = True
            self.events.resume()

    def quit(self) -> None:
        self.events.shutdown(guest=False, reason=ShutdownCause.HOST_QMP_QUIT)
        self.server.shutdown()

    def getfd(self, *, fdname: str) -> None:
        current_session().getfd(fdname)

    def closefd(self, *, fdname: str) -> None:
        current_session().closefd(fdname)


async def main(*addresses: str) -> None:
    """Serve until somebody says ``quit``."""
    machine = Machine()
    async with machine.server:
        for address in addresses:
            print("serving", await machine.server.serve(address), file=sys.stderr, flush=True)
        await machine.server.wait_closed()


if __name__ == "__main__":
    try:
        run(main(*(sys.argv[1:] or ["stdio"])))
    except (QapiError, KeyboardInterrupt) as error:
        sys.exit(f"qmp_server: {error}")
