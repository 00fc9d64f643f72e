"""A guest arrives, or does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest

from qapi_migration.types.migration import MigrationCapability
from qapi_migration.types.run_state import RunState
from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.engine.incoming import IncomingMigration
from qapigen.migration.guest.devices import CounterDevice, Device
from qapigen.migration.guest.machine import Guest
from qapigen.migration.run_states import RUN_MOVES
from qapigen.migration.status import DESTINATION_MOVES, StatusHolder
from qapigen.migration.stream import returnpath, writer
from qapigen.migration.stream.format import PAGE_SIZE, SectionType

from .fakes import (
    DEADLINE_SECONDS,
    PING_1,
    FakeAcceptor,
    MemoryInput,
    MemoryOutput,
    Source,
    confirming,
    make_guest,
)

PONG_1 = returnpath.pong(1)
OPEN = bytes((8, 0, 1, 0, 0))
HEADER = writer.header() + writer.configuration("none")


def sent(
    state: RunState = RunState.RUNNING,
    *,
    on: Iterable[MigrationCapability] = (),
    devices: Sequence[Device] | None = None,
    fill: int = 10,
) -> tuple[bytes, Guest]:
    """What a source sends, and the guest that it had."""
    channel = MemoryOutput(reply=confirming())
    source = Source(channel, state=state, on=on, devices=devices, fill=fill).run()
    assert source.told[-1] == "completed"
    return bytes(channel.stream), source.guest


class Destination:
    """A guest that waits, with everything that was told, in order."""

    def __init__(
        self,
        channel: MemoryInput | str | None,
        *,
        autostart: bool = True,
        pages: int = 64,
        devices: Sequence[Device] | None = None,
    ) -> None:
        self.told: list[str] = []
        self.reasons: list[str | None] = []
        self.listener: Callable[[str], None] = lambda what: None
        self.autostart = autostart
        self.guest = make_guest(
            pages=pages, state=RunState.INMIGRATE, devices=devices, on_event=self.tell
        )
        self.status = StatusHolder(DESTINATION_MOVES, lambda new: self.tell(new.value))
        self.incoming = IncomingMigration(
            self.guest,
            acceptor=FakeAcceptor(channel).real,
            status=self.status,
            autostart=lambda: self.autostart,
            ended=self._ended,
        )

    def tell(self, what: str) -> None:
        self.told.append(what)
        self.listener(what)

    def _ended(self, reason: str | None) -> None:
        self.reasons.append(reason)
        self.tell("ended")

    def run(self) -> Destination:
        self.incoming.start()
        self.incoming.join()
        return self

    @property
    def reason(self) -> str:
        """Why the guest did not come."""
        (reason,) = self.reasons
        assert reason is not None
        return reason


def arrives(data: bytes, *, two_way: bool = True, piece: int = 1 << 20) -> Destination:
    return Destination(MemoryInput(data, two_way=two_way, piece=piece)).run()


def fails(data: bytes, *, two_way: bool = True) -> str:
    """That it fails, and leaves the guest waiting; why."""
    channel = MemoryInput(data, two_way=two_way)
    destination = Destination(channel).run()
    assert destination.told == ["active", "failed", "ended"]
    assert destination.guest.run_state is RunState.INMIGRATE
    assert not destination.guest.cpus.running
    assert channel.closed
    assert destination.reason.startswith("load of migration failed: ")
    return destination.reason


def device_stream(*sections: bytes, blocks: Iterable[tuple[str, int]] = ()) -> bytes:
    """A stream of hand-made sections, with memory that is all zero."""
    listed = writer.ram_list(list(blocks) or [("pc.ram", 64 * PAGE_SIZE)])
    return b"".join(
        (
            HEADER,
            writer.section_start(SectionType.START, 2, "ram", 0, 4) + listed + writer.EOS,
            writer.footer(2),
            writer.section_end(2) + writer.EOS + writer.footer(2),
            *sections,
            writer.EOF,
            writer.vm_description(PAGE_SIZE, []),
        )
    )


def global_state(name: bytes) -> bytes:
    payload = (len(name) + 1).to_bytes(4, "big") + name.ljust(100, b"\0")
    start = writer.section_start(SectionType.FULL, 4, "globalstate", 0, 1)
    return start + payload + writer.footer(4)


# --- arriving ---


@pytest.mark.parametrize("piece", [1, 1000, 1 << 20])
def test_a_guest_arrives(piece: int) -> None:
    data, left = sent(fill=3 if piece == 1 else 64)
    destination = arrives(data, piece=piece)
    assert destination.told == ["active", "RESUME", "completed", "ended"]
    assert destination.reasons == [None]
    assert destination.guest.run_state is RunState.RUNNING
    assert destination.guest.cpus.running
    assert destination.guest.ram.digests() == left.ram.digests()


def test_one_that_may_not_start_is_paused() -> None:
    data, _ = sent()
    destination = Destination(MemoryInput(data), autostart=False).run()
    assert destination.told == ["active", "completed", "ended"]
    assert destination.guest.run_state is RunState.PAUSED
    assert not destination.guest.cpus.running


def test_whether_it_may_start_is_asked_at_the_end() -> None:
    data, _ = sent()
    destination = Destination(MemoryInput(data))
    destination.listener = lambda what: setattr(destination, "autostart", False)
    destination.run()
    assert destination.guest.run_state is RunState.PAUSED


@pytest.mark.parametrize("autostart", [False, True])
@pytest.mark.parametrize(
    "state",
    [RunState.PAUSED, RunState.PRELAUNCH, RunState.POSTMIGRATE, RunState.SUSPENDED]
    + [RunState.SHUTDOWN, RunState.IO_ERROR, RunState.GUEST_PANICKED, RunState.WATCHDOG],
)
def test_a_guest_at_rest_stays_so(state: RunState, autostart: bool) -> None:
    data, _ = sent(state)
    destination = Destination(MemoryInput(data), autostart=autostart).run()
    assert destination.told == ["active", "completed", "ended"]
    assert destination.guest.run_state is state


def test_without_a_state_it_runs() -> None:
    destination = arrives(device_stream())
    assert destination.guest.run_state is RunState.RUNNING


@pytest.mark.parametrize(
    "name", [b"flying", b"", b"Running", b"inmigrate", b"debug", b"save-vm", b"colo"]
)
def test_a_state_in_which_no_guest_arrives(name: bytes) -> None:
    assert "run state" in fails(device_stream(global_state(name)))


@pytest.mark.parametrize("state", sorted(RUN_MOVES[RunState.INMIGRATE] - {RunState.COLO}))
def test_all_states_in_which_a_guest_arrives(state: RunState) -> None:
    destination = arrives(device_stream(global_state(state.value.encode())))
    assert destination.told[-2:] == ["completed", "ended"]
    assert destination.guest.run_state is state


def test_devices_arrive() -> None:
    data, _ = sent(devices=[CounterDevice(lambda: 77)])
    counter = CounterDevice(lambda: 0)
    Destination(MemoryInput(data), devices=[counter]).run()
    assert counter.count == 77


def test_pages_of_any_fill_arrive() -> None:
    zeros = bytearray(writer.PageWriter().zeros("pc.ram", np.array([5])))
    zeros[-1] = 0x41
    part = writer.section_part(2) + bytes(zeros) + writer.EOS + writer.footer(2)
    destination = arrives(device_stream(part))
    assert destination.guest.ram.main.read(4 * PAGE_SIZE, 3 * PAGE_SIZE) == (
        bytes(PAGE_SIZE) + b"A" * PAGE_SIZE + bytes(PAGE_SIZE)
    )


# --- the return path ---


def test_answers() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    channel = MemoryInput(data)
    Destination(channel).run()
    assert channel.answers == PONG_1 + returnpath.shut(0)


def test_the_last_word_follows_the_status() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    told: list[str] = []
    channel = MemoryInput(data, wrote=lambda data: told.append(f"type {data[1]}"))
    destination = Destination(channel)
    destination.listener = told.append
    destination.run()
    assert told == ["active", "type 2", "RESUME", "completed", "type 1", "ended"]


def test_nothing_is_said_without_a_return_path() -> None:
    data, _ = sent()
    channel = MemoryInput(data)
    Destination(channel).run()
    assert channel.answers == b""
    channel = MemoryInput(data[:-600])
    Destination(channel).run()
    assert channel.answers == b""


def test_a_failure_is_told_to_the_source() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    channel = MemoryInput(data[: len(data) // 2])
    destination = Destination(channel).run()
    assert destination.told == ["active", "failed", "ended"]
    assert channel.answers == PONG_1 + returnpath.shut(1)


def test_a_source_that_does_not_hear_the_last_word_changes_nothing() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    channel = MemoryInput(data)
    destination = Destination(channel)
    destination.listener = lambda what: channel.shutdown() if what == "completed" else None
    destination.run()
    assert destination.told == ["active", "RESUME", "completed", "ended"]
    assert destination.reasons == [None]


def test_a_return_path_needs_a_connection_that_goes_both_ways() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    assert "one-way" in fails(data, two_way=False)
    data, _ = sent()
    assert arrives(data, two_way=False).told[-2:] == ["completed", "ended"]


def test_an_answer_needs_a_return_path() -> None:
    assert "without a return path" in fails(HEADER + PING_1)


def test_a_return_path_may_be_opened_again() -> None:
    data, _ = sent()
    channel = MemoryInput(HEADER + OPEN + OPEN + PING_1 + data[len(HEADER) :])
    destination = Destination(channel).run()
    assert destination.told[-2:] == ["completed", "ended"]
    assert channel.answers == PONG_1 + returnpath.shut(0)


@pytest.mark.parametrize(
    "command",
    [
        writer.command(3, bytes(16)),
        writer.command(4),
        writer.command(5),
        writer.command(6, b"\0\6pc.ram\0" + bytes(16)),
        writer.command(7, bytes(4)),
    ],
)
def test_commands_of_postcopy_are_refused(command: bytes) -> None:
    assert "not supported here" in fails(HEADER + OPEN + command)


@pytest.mark.parametrize("command", [writer.command(3), writer.command(11)])
def test_commands_without_consequences(command: bytes) -> None:
    """Bitmaps that may come late, and the switchover of QEMU 10 and later."""
    data, guest = sent()
    channel = MemoryInput(HEADER + command + data[len(HEADER) :])
    destination = Destination(channel).run()
    assert destination.told[-2:] == ["completed", "ended"]
    assert destination.guest.ram.digests() == guest.ram.digests()


# --- failing ---


def test_nobody_could_connect() -> None:
    destination = Destination("cannot accept: too many").run()
    assert destination.told == ["ended"]
    assert destination.reason == "cannot accept: too many"
    assert destination.guest.run_state is RunState.INMIGRATE


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.9])
def test_the_input_ends_early(part: float) -> None:
    data, _ = sent()
    assert "the input ended" in fails(data[: int(len(data) * part)])


def test_the_connection_breaks() -> None:
    data, _ = sent()
    channel = MemoryInput(data[:5000], failure="reading failed: Connection reset by peer")
    destination = Destination(channel).run()
    assert destination.told == ["active", "failed", "ended"]
    assert "reset" in destination.reason


BAD = {
    "nothing of ours": b"GET / HTTP/1.1\r\n\r\n",
    "another machine": writer.header() + writer.configuration("pc-i440fx-2.12"),
    "another block": device_stream(blocks=[("vga.vram", 64 * PAGE_SIZE)]),
    "a block of another length": device_stream(blocks=[("pc.ram", 32 * PAGE_SIZE)]),
    "an unknown device": device_stream(
        writer.section_start(SectionType.FULL, 9, "e1000", 0, 1) + bytes(8) + writer.footer(9)
    ),
    "no name in the global state": device_stream(
        writer.section_start(SectionType.FULL, 4, "globalstate", 0, 1)
        + (5).to_bytes(4, "big")
        + b"x" * 100
        + writer.footer(4)
    ),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_loaded(data: bytes) -> None:
    assert fails(data)


def test_no_memory_is_a_failure() -> None:
    class Full(MemoryInput):
        def read_into(self, view: memoryview) -> int:
            raise MemoryError

    destination = Destination(Full(b"")).run()
    assert destination.told == ["active", "failed", "ended"]
    assert "out of memory" in destination.reason


def test_a_guest_that_is_elsewhere_by_now_is_a_failure() -> None:
    data, _ = sent(RunState.SUSPENDED)
    destination = Destination(MemoryInput(data))

    def told(what: str) -> None:
        if what == "active":
            destination.guest.set_state(RunState.PAUSED)

    destination.listener = told
    destination.run()
    assert destination.told == ["active", "failed", "ended"]


def test_a_defect_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)

    class Broken(CounterDevice):
        def load(self, values: object) -> None:
            raise RuntimeError("out of order")

    data, _ = sent(devices=[CounterDevice(lambda: 1)])
    channel = MemoryInput(data)
    destination = Destination(channel, devices=[Broken(lambda: 0)]).run()
    assert destination.told == ["active", "failed", "ended"]
    assert destination.guest.run_state is RunState.INMIGRATE
    assert channel.closed
    assert "defect" in destination.reason
    assert [str(each.exc_value) for each in seen] == ["out of order"]


# --- the end of the stream ---


def end_of(data: bytes) -> int:
    """How long the stream is up to EOF."""
    return data.rindex(b"\0\6\0\0") + 1


@pytest.mark.parametrize("more", [0, 1, 3, 30])
def test_a_stream_without_its_description_is_complete(more: int) -> None:
    data, _ = sent()
    assert arrives(data[: end_of(data) + more]).told[-2:] == ["completed", "ended"]


def test_the_connection_may_break_behind_the_end() -> None:
    data, left = sent()
    channel = MemoryInput(data[: end_of(data)], failure="reading failed: reset")
    destination = Destination(channel).run()
    assert destination.told == ["active", "RESUME", "completed", "ended"]
    assert destination.guest.ram.digests() == left.ram.digests()


def test_not_if_the_source_waits_for_an_answer() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    channel = MemoryInput(data[: end_of(data)], failure="reading failed: reset")
    destination = Destination(channel).run()
    assert destination.told == ["active", "failed", "ended"]
    assert destination.guest.run_state is RunState.INMIGRATE


def test_a_source_that_has_gone_without_the_answer_keeps_the_guest() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])
    channel = MemoryInput(data)
    channel.deserted = True
    destination = Destination(channel).run()
    assert destination.told == ["active", "failed", "ended"]
    assert destination.guest.run_state is RunState.INMIGRATE
    assert "did not wait" in (destination.reasons[0] or "")


def test_a_source_that_wants_no_answer_may_be_gone() -> None:
    data, _ = sent()
    channel = MemoryInput(data)
    channel.deserted = True
    assert Destination(channel).run().told[-2:] == ["completed", "ended"]


# --- the process ends ---


def test_abandoned_before_anybody_came() -> None:
    destination = Destination(None)
    destination.incoming.start()
    destination.incoming.abandon()
    destination.incoming.join()
    assert destination.told == []
    assert destination.guest.run_state is RunState.INMIGRATE


@pytest.mark.parametrize("complete", [False, True])
def test_abandoned_while_loading(complete: bool) -> None:
    data, _ = sent()
    channel = MemoryInput(data[: end_of(data)] if complete else data[:5000], hold=True)
    destination = Destination(channel)
    destination.incoming.start()
    assert channel.at_end.wait(DEADLINE_SECONDS)
    destination.incoming.abandon()
    destination.incoming.join()
    assert destination.told == ["active", "failed"]
    assert destination.reasons == []
    assert channel.closed


def test_abandoned_in_the_moment_of_connecting() -> None:
    class Late(FakeAcceptor):
        def accept(self) -> MemoryInput:
            destination.incoming.abandon()
            return super().accept()

    channel = MemoryInput(b"")
    destination = Destination(None)
    destination.incoming._acceptor = Late(channel).real
    destination.run()
    assert destination.told == []
    assert channel.closed


def test_abandoned_before_it_began() -> None:
    destination = Destination(None)
    destination.incoming.abandon()
    destination.incoming.join()
    assert destination.told == []


def test_a_write_that_fails_fails_the_load() -> None:
    data, _ = sent(on=[MigrationCapability.RETURN_PATH])

    class Deaf(MemoryInput):
        def write(self, data: object) -> None:
            raise ChannelError("writing failed: Broken pipe")

    destination = Destination(Deaf(data)).run()
    assert destination.told == ["active", "failed", "ended"]
    assert "Broken pipe" in destination.reason
