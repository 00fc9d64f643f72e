"""A source's and a destination's surroundings in memory, and a clock that moves when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.channel import Bytes, ChannelError
from qapigen.migration.channels.opening import Acceptor, Connector
from qapigen.migration.engine.outgoing import OutgoingMigration
from qapigen.migration.guest.cpu import VCpus
from qapigen.migration.guest.devices import Device, DeviceSet, TimerDevice
from qapigen.migration.guest.machine import Guest
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.guest.workloads import parse_workload
from qapigen.migration.settings import Capabilities, Parameters
from qapigen.migration.status import SOURCE_MOVES, StatusHolder
from qapigen.migration.stream import returnpath
from qapigen.migration.stream.format import PAGE_SIZE
from tests.migration.stream import layout_parser

__all__ = [
    "DEADLINE_SECONDS",
    "PING_1",
    "RESTING",
    "FakeAcceptor",
    "FakeClock",
    "FakeConnector",
    "MemoryInput",
    "MemoryOutput",
    "Source",
    "as_it_was",
    "confirming",
    "ends",
    "filled",
    "make_guest",
    "on_told",
    "threads_named",
    "transferred_by",
]

#: Far more than anything here takes, on any machine.
DEADLINE_SECONDS = 60.0

#: The command that a destination answers first.
PING_1 = bytes((8, 0, 2, 0, 4, 0, 0, 0, 1))


#: States in which a guest can be when somebody wants it to move.
RESTING = [
    RunState.PAUSED,
    RunState.PRELAUNCH,
    RunState.SUSPENDED,
    RunState.POSTMIGRATE,
    RunState.SHUTDOWN,
    RunState.IO_ERROR,
    RunState.GUEST_PANICKED,
    RunState.INTERNAL_ERROR,
    RunState.WATCHDOG,
    RunState.DEBUG,
]


class FakeClock:
    """Seconds that pass only while somebody waits, or as a channel needs them."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.waits: list[float] = []
        #: Told after each step of time.
        self.passed: list[Callable[[float], None]] = []

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for listener in self.passed:
            listener(self.now)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)


class MemoryOutput:
    """An outgoing channel that keeps what is written.

    ``bytes_per_second`` makes writing take time on ``clock``.  ``reply`` is given each write and
    answers on the return path.  ``break_at`` is the position that no write gets beyond.
    ``written`` is called after each write.
    """

    def __init__(
        self,
        *,
        two_way: bool = True,
        clock: FakeClock | None = None,
        bytes_per_second: float | None = None,
        reply: Callable[[bytes], bytes] = lambda data: b"",
        break_at: int | None = None,
        written: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        self.two_way = two_way
        self.stream = bytearray()
        self.writes: list[bytes] = []
        self.closed = False
        self.whole = False
        self.ended_writing = False
        self.down = False
        self.break_at = break_at
        self.written = written
        self._reply = reply
        self._clock = clock
        self._bytes_per_second = bytes_per_second
        self._answers = bytearray()
        self._ended = False
        self._changed = threading.Condition()

    @property
    def position(self) -> int:
        return len(self.stream)

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        pieces = [data] if isinstance(data, (bytes, bytearray, memoryview)) else data
        whole = b"".join(bytes(piece) for piece in pieces)
        if self.down or self.closed:
            raise ChannelError("the channel was shut down")
        if self.break_at is not None and self.position + len(whole) > self.break_at:
            self.stream += whole[: self.break_at - self.position]
            raise ChannelError("writing failed: Connection reset by peer")
        self.stream += whole
        self.writes.append(whole)
        if self._clock is not None and self._bytes_per_second is not None:
            self._clock.advance(len(whole) / self._bytes_per_second)
        self.say(self._reply(whole))
        self.written(whole)

    def say(self, data: bytes) -> None:
        """The destination answers."""
        with self._changed:
            self._answers += data
            self._changed.notify_all()

    def hang_up(self) -> None:
        """The destination says no more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def read(self, most: int) -> bytes:
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._answers or self._ended or self.down, DEADLINE_SECONDS
            )
            assert ready, "nobody answers, and nobody ends it"
            if self.down:
                raise ChannelError("the channel was shut down")
            data = bytes(self._answers[:most])
            del self._answers[:most]
            return data

    def shutdown(self) -> None:
        with self._changed:
            self.down = True
            self._changed.notify_all()

    def end_writing(self) -> None:
        self.ended_writing = True

    def close(self, *, whole: bool = False) -> None:
        self.closed = True
        self.whole = whole


def ends(data: bytes) -> bool:
    """Whether this is the write that lets the destination have the guest."""
    return data.startswith(b"\0\x06")


def confirming(status: int = 0) -> Callable[[bytes], bytes]:
    """A destination that answers the first PING, and at the end tells its status."""

    def reply(data: bytes) -> bytes:
        answer = returnpath.pong(1) if PING_1 in data else b""
        return answer + (returnpath.shut(status) if ends(data) else b"")

    return reply


class FakeConnector:
    """Gives a channel, or says why there is none; with ``hold`` not before it is cancelled."""

    def __init__(self, channel: MemoryOutput | str, *, hold: bool = False) -> None:
        self._channel = channel
        self._hold = hold
        self.connecting = threading.Event()
        self.cancelled = threading.Event()

    def connect(self) -> MemoryOutput:
        self.connecting.set()
        if self._hold:
            assert self.cancelled.wait(DEADLINE_SECONDS)
            raise ChannelError("connecting was cancelled")
        if isinstance(self._channel, str):
            raise ChannelError(self._channel)
        return self._channel

    def cancel(self) -> None:
        self.cancelled.set()

    @property
    def real(self) -> Connector:
        """What the types want."""
        return cast("Connector", self)


class MemoryInput:
    """An incoming channel: what was sent, piece by piece, and what follows it.

    After that comes the end of the input, or ``failure``, or nothing until somebody shuts it
    down (``hold``).
    """

    def __init__(
        self,
        data: bytes,
        *,
        two_way: bool = True,
        piece: int = 1 << 20,
        failure: str | None = None,
        hold: bool = False,
        wrote: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        self.two_way = two_way
        self.answers = bytearray()
        self.deserted = False
        self.closed = False
        self.at_end = threading.Event()
        self._data = data
        self._at = 0
        self._piece = piece
        self._failure = failure
        self._hold = hold
        self._wrote = wrote
        self._down = threading.Event()

    def read_into(self, view: memoryview) -> int:
        part = self._data[self._at : self._at + min(self._piece, len(view))]
        if not part:
            self.at_end.set()
            if self._hold:
                assert self._down.wait(DEADLINE_SECONDS)
            if self._down.is_set():
                raise ChannelError("the channel was shut down")
            if self._failure is not None:
                raise ChannelError(self._failure)
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        if self._down.is_set():
            raise ChannelError("the channel was shut down")
        assert isinstance(data, bytes)
        self.answers += data
        self._wrote(data)

    def shutdown(self) -> None:
        self._down.set()

    def close(self) -> None:
        self.closed = True


class FakeAcceptor:
    """Somebody has connected already; or nobody will, for a reason or until it is cancelled."""

    def __init__(self, channel: MemoryInput | str | None) -> None:
        self._channel = channel
        self._cancelled = threading.Event()

    def accept(self) -> MemoryInput:
        if self._channel is None:
            assert self._cancelled.wait(DEADLINE_SECONDS)
            raise ChannelError("listening was cancelled")
        if isinstance(self._channel, str):
            raise ChannelError(self._channel)
        return self._channel

    def cancel(self) -> None:
        self._cancelled.set()

    @property
    def real(self) -> Acceptor:
        """What the types want."""
        return cast("Acceptor", self)


def make_guest(
    *,
    pages: int = 64,
    blocks: Sequence[RamBlock] = (),
    state: RunState = RunState.RUNNING,
    workload: str = "idle",
    devices: Sequence[Device] | None = None,
    clock: Callable[[], float] | None = None,
    on_event: Callable[[str], None] = lambda name: None,
    threads: bool = False,
) -> Guest:
    """A guest whose vCPUs run in steps, unless ``threads``."""
    now = clock or FakeClock()
    ram = GuestRam(blocks or [RamBlock("pc.ram", pages * PAGE_SIZE)])
    cpus = VCpus(parse_workload(workload), 1, ram, now, threads=threads)
    listed = [TimerDevice(now)] if devices is None else devices
    return Guest(ram, DeviceSet(listed), cpus, run_state=state, on_event=on_event)


def filled(guest: Guest, pages: int | None = None, *, seed: int = 1) -> Guest:
    """The same guest with random contents in the first pages of its largest block."""
    guest.ram.main.fill_random(np.random.default_rng(seed), slice(pages))
    return guest


class Source:
    """One attempt over a memory channel, with everything that was told, in order.

    Without ``clock`` the time stands still; the guest lives as time passes.
    """

    def __init__(
        self,
        channel: MemoryOutput | FakeConnector,
        *,
        guest: Guest | None = None,
        on: Iterable[MigrationCapability] = (),
        clock: FakeClock | None = None,
        state: RunState = RunState.RUNNING,
        pages: int = 64,
        fill: int | None = 0,
        workload: str = "idle",
        devices: Sequence[Device] | None = None,
        **parameters: int,
    ) -> None:
        self.clock = clock or FakeClock()
        self.parameters = Parameters(**{"max_bandwidth": 0, **parameters})  # type: ignore[arg-type]
        #: Statuses, passes and events of the guest.
        self.told: list[str] = []
        #: Called with each of them, too.
        self.listener: Callable[[str], None] = lambda what: None
        self.guest = guest or make_guest(
            pages=pages,
            state=state,
            workload=workload,
            devices=devices,
            clock=self.clock,
            on_event=self._tell,
        )
        if fill != 0:
            filled(self.guest, fill)
        self.clock.passed.append(self.guest.cpus.step)
        self.connector = channel if isinstance(channel, FakeConnector) else FakeConnector(channel)
        self.status = StatusHolder(SOURCE_MOVES, lambda new: self._tell(new.value))
        self.status.swap(MigrationStatus.NONE, MigrationStatus.SETUP)
        self.attempt = OutgoingMigration(
            self.guest,
            connector=self.connector.real,
            status=self.status,
            capabilities=Capabilities(frozenset(on)),
            parameters=lambda: self.parameters,
            clock=self.clock,
            passed=lambda number: self._tell(f"pass {number}"),
            wait=self.clock.wait,
        )

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self.listener(what)

    def run(self) -> Source:
        """The whole attempt."""
        self.attempt.start()
        self.attempt.join()
        return self


def on_told(source: Source, what: str, call: Callable[[], None]) -> None:
    """Do something in the moment that something is told."""
    source.listener = lambda told: call() if told == what else None


def as_it_was(source: Source, state: RunState = RunState.RUNNING) -> bool:
    """Whether the guest is as it was before, and nothing is left of the attempt."""
    guest = source.guest
    return (
        guest.run_state is state
        and guest.cpus.running is (state is RunState.RUNNING)
        and guest.cpus.throttle == 0
        and not guest.ram.main.dirty.logging
    )


def transferred_by(stream: bytes) -> int:
    """What the counter ``transferred`` is to tell, counted from the stream itself."""
    found = layout_parser.parse(stream)
    (name,) = found.blocks
    parts = sum(kind == "part" for kind, _, _ in found.sections)
    counts = found.counts
    return (
        counts["normal"] * (8 + PAGE_SIZE)
        + counts["zero"] * 9
        + counts["named"] * (1 + len(name))
        + parts * 8
    )


def threads_named(*names: str) -> list[str]:
    """Which threads of these names are alive."""
    return [each.name for each in threading.enumerate() if each.name in names]
