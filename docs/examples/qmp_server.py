"""A QMP server for a machine that does nothing but run and stop.

Start it with ``python docs/examples/qmp_server.py unix:PATH``, or with ``tcp:HOST:PORT``,
``stdio`` or ``fd:N``, or with several of them; every QMP client can talk to it.
"""

from __future__ import annotations

import sys

from qapi_migration.commands import SPECS
from qapi_migration.commands.control import ControlCommands
from qapi_migration.commands.run_state import RunStateCommands
from qapi_migration.events.run_state import RunStateEvents
from qapi_migration.introspect import query_qmp_schema
from qapi_migration.types.run_state import RunState, ShutdownCause, StatusInfo
from qapigen.runtime import QapiError
from qapigen.runtime.aio import DescriptorCommands, Server, run
from qapigen.runtime.messages import VersionTriple
from qapigen.runtime.session.introspection import IntrospectedRegistry

VERSION, PACKAGE = VersionTriple(2, 12, 50), "example"


class Machine(ControlCommands, RunStateCommands):
    """A method for each command; the registry answers what clients ask any server."""

    def __init__(self) -> None:
        self.running = True
        handlers = (self, DescriptorCommands())
        self.commands = IntrospectedRegistry(
            SPECS, handlers, version=VERSION, package=PACKAGE, schema=query_qmp_schema
        )
        self.server = Server(self.commands, version=VERSION, package=PACKAGE)
        self.events = RunStateEvents(self.server.emit)

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


async def main(*addresses: str) -> None:
    """Serve until somebody says ``quit``."""
    async with Machine().server as server:
        for address in addresses:
            print("serving", await server.serve(address), file=sys.stderr, flush=True)
        await server.wait_closed()


if __name__ == "__main__":
    try:
        run(main(*(sys.argv[1:] or ["stdio"])))
    except (QapiError, KeyboardInterrupt) as error:
        sys.exit(f"qmp_server: {error}")
