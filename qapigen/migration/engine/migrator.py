"""The one outgoing and the one incoming migration of a process, and the settings of both.

In: orders that were checked for their form, events of engines.  Out: attempts that run, a status,
numbers; refusals as QapiError.
Must not know: commands, JSON, event loops, what an address consists of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationInfo,
    MigrationStatus,
)
from qapi_migration.types.run_state import RunState
from qapigen.runtime.errors import QapiError

from ..progress import IncomingReport, OutgoingReport, migration_info
from ..settings import Capabilities, Parameters, with_capabilities, with_parameters
from ..status import BUSY, DESTINATION_MOVES, IN_PROGRESS, SOURCE_MOVES, StatusHolder
from .incoming import IncomingMigration
from .outgoing import OutgoingMigration

if TYPE_CHECKING:
    from ..channels.opening import Acceptor, Connector
    from ..guest.machine import Guest

__all__ = ["Listeners", "Migrator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Who hears of what happens; called in whatever thread it happens in, in order.

    ``status`` and ``passed`` are told only with the capability ``events`` on.  ``arrived`` is
    told when an incoming migration is over: None, or why the guest did not come.
    """

    status: Callable[[MigrationStatus], None]
    passed: Callable[[int], None]
    arrived: Callable[[str | None], None]


class Migrator:
    """Holds what outlives an attempt.  Commands call it from one thread.

    ``clock`` gives seconds that never go back.
    """

    def __init__(
        self,
        guest: Guest,
        listeners: Listeners,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.guest = guest
        self.capabilities = Capabilities()
        self.parameters = Parameters()
        self.autostart = True  # of a guest that arrives
        self._listeners = listeners
        self._clock = clock
        self._outgoing_status = StatusHolder(SOURCE_MOVES, self._tell_status)
        self._incoming_status = StatusHolder(DESTINATION_MOVES, self._tell_status)
        self._outgoing: OutgoingMigration | None = None
        self._incoming: IncomingMigration | None = None
        self._start_problem: str | None = None

    # --- settings ---

    def set_capabilities(self, request: Iterable[MigrationCapabilityStatus]) -> None:
        """All of the request, or a QapiError and nothing of it."""
        self.capabilities = with_capabilities(
            self.capabilities,
            request,
            busy=self._outgoing_status.status in BUSY,
            incoming=self.guest.run_state is RunState.INMIGRATE,
        )

    def set_parameters(self, request: MigrateSetParameters) -> None:
        """All of the request, or a QapiError and nothing of it."""
        self.parameters = with_parameters(self.parameters, request)

    # --- the source ---

    @property
    def status(self) -> MigrationStatus:
        """Of the outgoing migration."""
        return self._outgoing_status.status

    def check_migrate(self) -> None:
        """Raise QapiError if no migration may begin now (``migrate``, preconditions)."""
        if self.status in IN_PROGRESS:
            raise QapiError("There is a migration in progress already")
        if self.guest.run_state is RunState.INMIGRATE:
            raise QapiError("The guest itself waits for an incoming migration")
        name = self.guest.devices.not_migratable
        if name is not None:
            raise QapiError(f"The device '{name}' cannot be migrated")

    def migrate(
        self, prepare: Callable[[], Connector], *, keep_problem: Callable[[QapiError], bool]
    ) -> None:
        """Begin an attempt.

        ``prepare`` makes the connector, and may refuse: the status is ``failed`` then, and the
        refusal is raised.  ``keep_problem`` tells of a refusal whether query-migrate gives it.
        """
        self.check_migrate()
        self._join_outgoing()
        self._outgoing = None
        self._start_problem = None
        self._outgoing_status.reset()
        self._outgoing_status.swap(MigrationStatus.NONE, MigrationStatus.SETUP)
        try:
            self._begin(prepare())
        except QapiError as error:
            self._start_problem = error.desc if keep_problem(error) else None
            raise
        finally:
            if self._outgoing is None:
                self._outgoing_status.swap(MigrationStatus.SETUP, MigrationStatus.FAILED)

    def _begin(self, connector: Connector) -> None:
        try:
            self._outgoing = OutgoingMigration(
                self.guest,
                connector=connector,
                status=self._outgoing_status,
                capabilities=self.capabilities,
                parameters=lambda: self.parameters,
                clock=self._clock,
                passed=self._tell_pass,
            )
            self._outgoing.start()
        except BaseException:  # no memory, no thread
            self._outgoing = None
            connector.cancel()
            raise

    def cancel(self) -> None:
        """Give the outgoing migration up, where that is possible."""
        if self._outgoing is not None:
            self._outgoing.cancel()

    def proceed(self, state: MigrationStatus) -> None:
        """``migrate-continue``: end the pause.  Raises QapiError if the status is another one."""
        status = self.status
        if status is not state:
            raise QapiError(f"The migration is in the status '{status.value}', not '{state.value}'")
        # With any other status there is no pause that could end; a later one must not.
        if self._outgoing is not None and state is MigrationStatus.PRE_SWITCHOVER:
            self._outgoing.release()

    # --- the destination ---

    @property
    def incoming_status(self) -> MigrationStatus:
        """Of the incoming migration."""
        return self._incoming_status.status

    def receive(self, listen: Callable[[], Acceptor]) -> Acceptor:
        """Listen and wait for a source (``migrate-incoming``).

        ``listen`` may refuse with a QapiError.  Clients hear of each attempt, whatever becomes
        of it and whether or not ``events`` is on.
        """
        self._listeners.status(MigrationStatus.SETUP)
        acceptor = listen()
        self._incoming = IncomingMigration(
            self.guest,
            acceptor=acceptor,
            status=self._incoming_status,
            autostart=lambda: self.autostart,
            ended=self._listeners.arrived,
        )
        self._incoming.start()
        return acceptor

    # --- both ---

    def info(self) -> MigrationInfo:
        """What ``query-migrate`` answers."""
        return migration_info(self._outgoing_report(), self._incoming_report())

    def _outgoing_report(self) -> OutgoingReport:
        if self._outgoing is None:
            return OutgoingReport(status=self.status, error=self._start_problem)
        return self._outgoing.report()

    def _incoming_report(self) -> IncomingReport:
        status = self.incoming_status
        problem = None if self._incoming is None else self._incoming.problem
        return IncomingReport(status=status, error=problem)

    def close(self) -> None:
        """End what runs, because the process ends."""
        if self._outgoing is not None:
            self._outgoing.abandon()
        if self._incoming is not None:
            self._incoming.abandon()
            self._incoming.join()
        self._join_outgoing()

    def _join_outgoing(self) -> None:
        if self._outgoing is not None:
            self._outgoing.join()

    def _tell_status(self, status: MigrationStatus) -> None:
        if self.capabilities[MigrationCapability.EVENTS]:
            self._listeners.status(status)

    def _tell_pass(self, number: int) -> None:
        if self.capabilities[MigrationCapability.EVENTS]:
            self._listeners.passed(number)
