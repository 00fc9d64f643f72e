"""One process: a guest, its migrations, and the monitors that clients connect to.

In: options.  Out: a program that serves QMP until somebody ends it, and its exit status.
Must not know: the command line, terminals, how commands do what they do.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from qapi_migration.commands import SPECS
from qapi_migration.events.migration import MigrationEvents
from qapi_migration.events.run_state import RunStateEvents
from qapi_migration.introspect import query_qmp_schema
from qapi_migration.types.migration import MigrationInfo, MigrationStatus
from qapi_migration.types.run_state import RunState, ShutdownCause
from qapigen import __version__
from qapigen.runtime import QapiError
from qapigen.runtime.aio import DescriptorCommands, Server
from qapigen.runtime.messages import Event, VersionTriple
from qapigen.runtime.session.introspection import IntrospectedRegistry

from .commands import Commands
from .engine.migrator import Listeners, Migrator
from .guest.cpu import VCpus
from .guest.devices import CounterDevice, Device, DeviceSet, TimerDevice
from .guest.drives import Drive, Drives
from .guest.machine import RESUME, STOP, Guest
from .guest.ram import GuestRam, RamBlock
from .guest.workloads import Idle, Workload
from .objects import Objects
from .stream.format import MOST_NAME_BYTES

__all__ = ["DEFER", "Fill", "NotListening", "Vm", "VmOptions"]

#: The version of the schema's commands, as the greeting tells it.
_VERSION: Final = VersionTriple(2, 12, 50)
_PACKAGE: Final = f"qapigen-{__version__}"

#: ``incoming`` with this value waits for ``migrate-incoming``.
DEFER: Final = "defer"

#: What is in the memory of a new guest.
Fill = Literal["zero", "half", "random"]

_WATCH_SECONDS: Final = 0.2  # how often the watcher is told
_HALF_PAGES: Final = 64  # of ``half``: random and zero in turn

_log = logging.getLogger(__name__)


class NotListening(QapiError):
    """No guest can be waited for where the options say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmOptions:
    """What the process is to be; ValueError for a type of machine that no stream can carry.

    ``blocks`` are the guest's memory, bytes by name; ``monitors`` the addresses of QMP.
    ``incoming`` is the uri that a guest comes from, or :data:`DEFER`.  A process whose guest
    could not be loaded ends with status 1 unless ``exit_on_incoming_failure`` is false; then it
    stays and tells the status ``failed``.  ``inherited``: the descriptors from which a guest may
    come by number; None for any.
    """

    blocks: Mapping[str, int]
    monitors: Sequence[str] = ()
    incoming: str | None = None
    paused: bool = False
    machine: str = "none"
    workload: Workload = field(default_factory=Idle)
    cpus: int = 1
    fill: Fill = "zero"
    drives: Sequence[Drive] = ()
    exit_on_incoming_failure: bool = True
    inherited: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.machine.encode()) <= MOST_NAME_BYTES:
            raise ValueError(f"the type of a machine has 1 to {MOST_NAME_BYTES} bytes")


class _EventQueue:
    """Events of all threads, in the order in which they happened, for the event loop's thread."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._events: deque[Event] = deque()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def put(self, event: Event) -> None:
        """Send an event after all that were put before; at once in the loop's own thread."""
        self._events.append(event)
        if threading.get_ident() == self._thread:
            self.send()
        else:
            self.call(self.send)

    def send(self) -> None:
        """Send what there is."""
        while self._events:
            self._emit(self._events.popleft())

    def call(self, function: Callable[[], None]) -> None:
        """Have the loop's thread call something soon; a loop that has ended does not."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)


class Vm:
    """The process.  To be made and used in a running event loop; ``clock`` gives seconds."""

    def __init__(self, options: VmOptions, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._exit_status = 0
        self._ended = asyncio.Event()
        self.drives = Drives(options.drives)
        self.guest = _guest(options, clock=clock, on_event=self._tell_run)
        self.migrator = Migrator(
            self.guest,
            Listeners(status=self._tell_status, passed=self._tell_pass, arrived=self._arrived),
            clock=clock,
        )
        self.migrator.autostart = not options.paused
        self.commands = Commands(
            self.migrator,
            Objects(),
            quit_=lambda: self.end(ShutdownCause.HOST_QMP_QUIT),
            deferred=options.incoming == DEFER,
            inherited=options.inherited,
        )
        served = IntrospectedRegistry(
            SPECS,
            (self.commands, DescriptorCommands()),
            version=_VERSION,
            package=_PACKAGE,
            schema=query_qmp_schema,
        )
        self.server = Server(served, version=_VERSION, package=_PACKAGE)
        self._events = _EventQueue(self.server.emit)
        self._migration_events = MigrationEvents(self._events.put)
        self._run_events = RunStateEvents(self._events.put)

    async def run(
        self,
        *,
        ready: Callable[[list[str]], None] = lambda addresses: None,
        watch: Callable[[MigrationInfo], None] | None = None,
    ) -> int:
        """Serve until the end; the exit status of the process.

        ``ready`` is told the addresses of the monitors and of the listener for a guest, once
        all of them are open; ``watch`` what query-migrate answers, several times a second.
        Raises QapiError for a monitor that cannot be served, :class:`NotListening` if it is the
        listener for a guest that cannot.
        """
        with self._signals():
            try:
                ready(await self._open())
                await self._wait(watch)
            finally:
                await self._close()
        return self._exit_status

    def end(self, cause: ShutdownCause) -> None:
        """End the process in an orderly way; clients hear why, once."""
        if self._ended.is_set():
            return
        self._run_events.shutdown(guest=False, reason=cause)
        self._ended.set()
        self.server.shutdown()

    async def _open(self) -> list[str]:
        opened = [str(await self.server.serve(address)) for address in self._options.monitors]
        incoming = self._options.incoming
        if incoming is None:
            if not self._options.paused:
                self.guest.cont()
        elif incoming != DEFER:
            try:
                opened.append(self.commands.listen(incoming))
            except QapiError as error:
                raise NotListening(error.desc) from error
        return opened

    async def _wait(self, watch: Callable[[MigrationInfo], None] | None) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_WATCH_SECONDS if watch is not None else None):
                    await self._ended.wait()
            if watch is not None:
                watch(self.migrator.info())

    async def _close(self) -> None:
        await self.server.close()
        # Threads may wait for the network, and the loop may be what they talk to.
        await asyncio.to_thread(self.migrator.close)
        self.guest.cpus.stop()  # silently: nobody hears of it any more

    # --- what happens, in any thread ---

    def _tell_run(self, name: str) -> None:
        if name == STOP:
            self._run_events.stop()
        elif name == RESUME:
            self._run_events.resume()

    def _tell_status(self, status: MigrationStatus) -> None:
        self._migration_events.migration(status=status)

    def _tell_pass(self, number: int) -> None:
        self._migration_events.migration_pass(pass_=number)

    def _arrived(self, problem: str | None) -> None:
        if problem is None:
            return
        self._events.call(lambda: self._not_arrived(problem))

    def _not_arrived(self, problem: str) -> None:
        if self._ended.is_set():
            return
        _log.error("%s", problem)
        if self._options.exit_on_incoming_failure:
            self._exit_status = 1
            self._ended.set()
            self.server.shutdown()

    def _signals(self) -> _Signals:
        return _Signals(lambda: self.end(ShutdownCause.HOST_SIGNAL))


class _Signals:
    """While it lasts, SIGTERM and SIGINT end the process in an orderly way."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._set: list[signal.Signals] = []

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._end)
            self._set.append(number)

    def __exit__(self, *unused: object) -> None:
        for number in self._set:
            self._loop.remove_signal_handler(number)


def _guest(
    options: VmOptions, *, clock: Callable[[], float], on_event: Callable[[str], None]
) -> Guest:
    """A guest that stands still, with its memory as the options say."""
    arrives = options.incoming is not None
    ram = GuestRam([RamBlock(name, size) for name, size in options.blocks.items()])
    cpus = VCpus(options.workload, options.cpus, ram, clock)
    devices: list[Device] = [TimerDevice(clock)]
    if options.machine != "none":
        devices.append(CounterDevice(lambda: cpus.written))
    if not arrives:
        _fill(ram, options.fill, options.workload.seed)
    return Guest(
        ram,
        DeviceSet(devices),
        cpus,
        machine=options.machine,
        run_state=RunState.INMIGRATE if arrives else RunState.PRELAUNCH,
        on_event=on_event,
    )


def _fill(ram: GuestRam, fill: Fill, seed: int) -> None:
    """Give the memory its first contents, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for block in ram:
        if fill == "random":
            block.fill_random(rng)
        elif fill == "half":
            for start in range(0, len(block), 2 * _HALF_PAGES):
                block.fill_random(rng, slice(start, start + _HALF_PAGES))
