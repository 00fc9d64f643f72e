"""The commands of a machine that migrates: each looks at its arguments, calls, and returns.

In: typed arguments.  Out: typed results, or QapiError.
Must not know: JSON, how anything is done, event loops.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, NoReturn

from qapi_migration.commands.control import ControlCommands
from qapi_migration.commands.migration import MigrationCommands
from qapi_migration.commands.objects import ObjectsCommands
from qapi_migration.commands.run_state import RunStateCommands
from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationInfo,
    MigrationParameters,
    MigrationStatus,
    ReplicationStatus,
)
from qapi_migration.types.objects import ObjectOptions
from qapi_migration.types.run_state import RunState, StatusInfo
from qapigen.runtime import QapiError
from qapigen.runtime.aio import current_session

from .channels.opening import incoming, outgoing
from .channels.uri import UnknownProtocol
from .run_states import NEEDS_RESET
from .settings import (
    cache_size_request,
    capability_list,
    check_capabilities,
    downtime_request,
    speed_request,
    to_query,
)

if TYPE_CHECKING:
    from .channels.opening import Connector
    from .channels.tls import TlsClient, TlsServer
    from .engine.migrator import Migrator
    from .objects import Objects

__all__ = ["Commands"]


class Commands(ControlCommands, MigrationCommands, ObjectsCommands, RunStateCommands):
    """The commands of the machine; what clients ask any server is served by the registry.

    ``quit_`` ends the process.  ``deferred`` says that the process was started to learn from
    ``migrate-incoming`` where its guest comes from.
    """

    def __init__(
        self,
        migrator: Migrator,
        objects: Objects,
        *,
        quit_: Callable[[], None],
        deferred: bool = False,
        inherited: Container[int] | None = None,
    ) -> None:
        self._migrator = migrator
        self._guest = migrator.guest
        self._objects = objects
        self._quit = quit_
        self._deferred = deferred
        self._inherited = inherited
        self._listening = False

    # --- the server ---

    def quit(self) -> None:
        """End the process."""
        self._quit()

    def object_add(self, arguments: ObjectOptions, /) -> None:
        """Make credentials."""
        self._objects.add(arguments)

    def object_del(self, *, id: str) -> None:  # noqa: A002 - the member's name
        """Forget them."""
        self._objects.remove(id)

    # --- the guest ---

    def query_status(self) -> StatusInfo:
        """What the guest is doing."""
        return StatusInfo(
            running=self._guest.running, singlestep=False, status=self._guest.run_state
        )

    def stop(self) -> None:
        """Halt the guest; one that is still to come will not start."""
        with self._guest.alone():
            if self._guest.run_state is RunState.INMIGRATE:
                self._migrator.autostart = False
            else:
                self._guest.stop(RunState.PAUSED)

    def cont(self) -> None:
        """Let the guest run; one that is still to come will start."""
        with self._guest.alone():
            state = self._guest.run_state
            if state is RunState.INMIGRATE:
                self._migrator.autostart = True
            elif state is RunState.FINISH_MIGRATE:
                raise QapiError("The guest is about to leave; cancel the migration first")
            elif state in NEEDS_RESET:
                raise QapiError(f"A guest in the state '{state.value}' runs only after a reset")
            else:
                self._guest.cont()

    # --- migration: settings ---

    def migrate_set_capabilities(self, *, capabilities: list[MigrationCapabilityStatus]) -> None:
        """All of them or none."""
        self._migrator.set_capabilities(capabilities)

    def query_migrate_capabilities(self) -> list[MigrationCapabilityStatus]:
        """Which are on."""
        return capability_list(self._migrator.capabilities)

    def migrate_set_parameters(self, arguments: MigrateSetParameters, /) -> None:
        """All of them or none."""
        self._migrator.set_parameters(arguments)

    def query_migrate_parameters(self) -> MigrationParameters:
        """All of them."""
        return to_query(self._migrator.parameters)

    def migrate_set_speed(self, *, value: int) -> None:
        """Parameter max-bandwidth, in bytes per second."""
        self._migrator.set_parameters(speed_request(value))

    def migrate_set_downtime(self, *, value: float) -> None:
        """Parameter downtime-limit, in seconds here."""
        self._migrator.set_parameters(downtime_request(value))

    def migrate_set_cache_size(self, *, value: int) -> None:
        """Parameter xbzrle-cache-size, in bytes."""
        self._migrator.set_parameters(cache_size_request(value))

    def query_migrate_cache_size(self) -> int:
        """Parameter xbzrle-cache-size, in bytes."""
        return self._migrator.parameters.xbzrle_cache_size

    # --- migration: the source ---

    def migrate(
        self,
        *,
        uri: str,
        blk: bool | None = None,
        inc: bool | None = None,
        detach: bool | None = None,
    ) -> None:
        """Start an attempt."""
        self._migrator.check_migrate()
        if blk or inc:
            self._check_disks()
        self._migrator.migrate(
            lambda: self._connector(uri),
            keep_problem=lambda error: not isinstance(error, UnknownProtocol),
        )

    def _check_disks(self) -> None:
        """Whether the disks can be migrated as this one ``migrate`` asks for."""
        capabilities = self._migrator.capabilities
        on = capabilities[MigrationCapability.BLOCK] or self._migrator.parameters.block_incremental
        if on:
            raise QapiError("blk and inc do not go with 'block' or 'block-incremental' set already")
        check_capabilities(capabilities.changed({MigrationCapability.BLOCK: True}))

    def _connector(self, uri: str) -> Connector:
        return outgoing(uri, getfd=current_session().take_fd, tls=self._tls_client)

    def _tls_client(self) -> TlsClient | None:
        """Asked for once the connection is there, in the thread that connects."""
        parameters = self._migrator.parameters
        return self._objects.tls_client(parameters.tls_creds, parameters.tls_hostname)

    def _tls_server(self) -> TlsServer | None:
        return self._objects.tls_server(self._migrator.parameters.tls_creds)

    def migrate_cancel(self) -> None:
        """Give up, if there is something to give up."""
        self._migrator.cancel()

    def migrate_continue(self, *, state: MigrationStatus) -> None:
        """End the pause before the switchover."""
        self._migrator.proceed(state)

    def migrate_start_postcopy(self) -> None:
        """Refused: no capability for it can be on."""
        raise QapiError("Switch the capability 'postcopy-ram' on before the migration starts")

    def query_migrate(self) -> MigrationInfo:
        """How it goes."""
        return self._migrator.info()

    def client_migrate_info(
        self,
        *,
        protocol: str,
        hostname: str,
        port: int | None = None,
        tls_port: int | None = None,
        cert_subject: str | None = None,
    ) -> None:
        """Only for SPICE, which this machine does not have."""
        del hostname, port, tls_port, cert_subject
        if protocol != "spice":
            raise QapiError("protocol: 'spice' is the only one there is")
        raise QapiError("This machine has no SPICE display", error_class="DeviceNotActive")

    # --- migration: the destination ---

    def migrate_incoming(self, *, uri: str) -> None:
        """Listen for the guest."""
        if not self._deferred:
            raise QapiError("The process was not started with '--incoming defer'")
        if self._listening:
            raise QapiError("The incoming migration has been started already")
        self.listen(uri, getfd=current_session().take_fd)

    def listen(self, uri: str, *, getfd: Callable[[str], int] | None = None) -> str:
        """Listen at an address; the one that clients find it at.  Raises QapiError.

        ``getfd`` finds descriptors by their names; without it, they have numbers only.
        """
        acceptor = self._migrator.receive(
            lambda: incoming(uri, tls=self._tls_server, getfd=getfd, inherited=self._inherited)
        )
        self._listening = True
        return acceptor.address

    # --- migration: what has no engine ---

    def x_colo_lost_heartbeat(self) -> None:
        """Refused: nothing can be in the status ``colo``."""
        raise QapiError("COLO is not in use")

    def xen_save_devices_state(self, *, filename: str, live: bool | None = None) -> NoReturn:
        """Refused."""
        raise QapiError("This machine cannot save the state of its devices for Xen")

    def xen_set_replication(
        self, *, enable: bool, primary: bool, failover: bool | None = None
    ) -> NoReturn:
        """Refused."""
        raise _no_replication()

    def query_xen_replication_status(self) -> ReplicationStatus:
        """Refused."""
        raise _no_replication()

    def xen_colo_do_checkpoint(self) -> NoReturn:
        """Refused."""
        raise _no_replication()


def _no_replication() -> QapiError:
    return QapiError("This machine has no replication of disks")
