"""Streams that somebody has tampered with, or made up: refused in so many words, at little cost."""

from __future__ import annotations

import random
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import pytest

from qapi_migration.types.migration import MigrationCapability, MigrationStatus
from qapi_migration.types.run_state import RunState
from tests.migration.engine.fakes import MemoryOutput, Source, confirming

from .machines import DEADLINE_SECONDS, MIB, Machine, trial
from .processes import VmProcess, poll
from .relay import HOST

RETURN_PATH = MigrationCapability.RETURN_PATH

PAGES = 256
REASON = re.compile(r"load of migration failed: .+")

Stream = Callable[[], Iterator[bytes]]


@cache
def good_stream(returns: bool) -> bytes:
    """What a source sends: memory half full, timer, state."""
    channel = MemoryOutput(reply=confirming())
    on = [RETURN_PATH] if returns else []
    source = Source(channel, on=on, pages=PAGES, fill=PAGES // 2).run()
    assert source.told[-1] == "completed"
    source.guest.close()
    return bytes(channel.stream)


def end_of(stream: bytes) -> int:
    """The place of the byte with which a stream is complete."""
    return stream.rindex(b"\0\6\0\0")


class Arrived:
    """What became of a stream that a destination was given, over a real connection."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        with Machine(arrives=True, mib=PAGES * 4096 // MIB) as machine:
            address = machine.listen()
            with socket.create_connection((HOST, int(address.rpartition(":")[2]))) as end:
                reading = threading.Thread(target=_drain, args=(end,), daemon=True)
                reading.start()
                self.sent = send(end, pieces)
                self.reason = machine.arrival()
                self.status = machine.migrator.incoming_status
                self.run_state = machine.guest.run_state
                self.touched = machine.guest.ram.touched_bytes
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                reading.join(DEADLINE_SECONDS)

    def check_refused(self) -> None:
        assert self.reason is not None, "it was taken"
        self.check_sound()

    def check_sound(self) -> None:
        """Refused with a reason; or harmless, and the guest is here."""
        if self.reason is None:
            assert self.status is MigrationStatus.COMPLETED
            assert self.run_state is not RunState.INMIGRATE
            return
        assert REASON.fullmatch(self.reason), self.reason
        assert "defect" not in self.reason
        assert len(self.reason) < 500
        assert self.status is MigrationStatus.FAILED
        assert self.run_state is RunState.INMIGRATE


def _drain(end: socket.socket) -> None:
    with suppress(OSError):
        while end.recv(4096):
            pass


def send(end: socket.socket, pieces: Iterator[bytes]) -> int:
    """Send until somebody has enough of it; how many bytes."""
    sent = 0
    with suppress(OSError):
        for piece in pieces:
            end.sendall(piece)
            sent += len(piece)
        end.shutdown(socket.SHUT_WR)
    return sent


def whole(stream: bytes) -> Iterator[bytes]:
    yield stream


def endless(
    start: bytes, piece: bytes = bytes(64 << 10), *, most: int = 256 * MIB
) -> Iterator[bytes]:
    yield start
    for _ in range(most // len(piece)):
        yield piece


def mutated(stream: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, lost, doubled or put in; rather not in the contents of pages."""
    raw = bytearray(stream)
    places = [*range(0x90), *range(end_of(stream) - 300, end_of(stream) + 6)]
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        at = chance.choice(
            (chance.choice(places), chance.choice(places), chance.randrange(len(raw)))
        )
        at %= len(raw)
        match chance.randrange(7):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                raw[at] ^= 1 << chance.randrange(8)
            case 2:
                del raw[at : at + chance.randrange(1, 10)]
            case 3:
                raw[at:at] = chance.randbytes(chance.randrange(1, 10))
            case 4:
                raw[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
            case 5:
                raw[at : at + 8] = struct.pack(">Q", chance.getrandbits(64))
            case _:
                length = chance.randrange(1, 5000)
                raw[at:at] = raw[at : at + length]
    return bytes(raw)


def test_the_good_one_arrives() -> None:
    for returns in (False, True):
        arrived = Arrived(whole(good_stream(returns)))
        assert arrived.reason is None
        assert arrived.run_state is RunState.RUNNING


@pytest.mark.parametrize("seed", range(30))
def test_mutated(seed: int) -> None:
    """Ten for each seed."""
    refused = 0
    for number in range(10):
        with trial(("mutated", seed, number)) as chance:
            arrived = Arrived(whole(mutated(good_stream(chance.random() < 0.5), chance)))
            arrived.check_sound()
            refused += arrived.reason is not None
    assert refused, "ten in a row that were harmless"


@pytest.mark.parametrize("seed", range(40))
def test_cut_short(seed: int) -> None:
    """Without the byte that completes it, at whatever place."""
    with trial(("short", seed)) as chance:
        stream = good_stream(seed % 2 == 1)
        end = end_of(stream)
        at = chance.choice(
            (chance.randrange(0x90), end - chance.randrange(250), chance.randrange(end))
        )
        arrived = Arrived(whole(stream[:at]))
        arrived.check_refused()
        assert arrived.touched <= PAGES * 4096


@pytest.mark.parametrize("more", [1, 2, 6, 100])
@pytest.mark.parametrize("returns", [False, True], ids=["plain", "return-path"])
def test_an_end_right_behind_the_end(returns: bool, more: int) -> None:
    """The guest is here; but a source that wants to be told keeps it, if it cannot be told."""
    stream = good_stream(returns)
    arrived = Arrived(whole(stream[: end_of(stream) + more]))
    if returns:
        arrived.check_refused()
    else:
        assert arrived.reason is None
        assert arrived.run_state is RunState.RUNNING


@pytest.mark.parametrize("seed", range(20))
def test_junk_from_somewhere_on(seed: int) -> None:
    with trial(("junk", seed)) as chance:
        stream = good_stream(False)
        at = chance.randrange(end_of(stream))
        arrived = Arrived(endless(stream[:at], chance.randbytes(64 << 10), most=16 * MIB))
        arrived.check_sound()


#: The header, the machine's name, and what stands before the list of blocks.
FRONT = 0x22


def ram_start(payload: bytes) -> bytes:
    return good_stream(False)[:FRONT] + payload


HOSTILE: dict[str, Callable[[], Iterator[bytes]]] = {
    "nothing": lambda: whole(b""),
    "zeros without an end": lambda: endless(b""),
    "ones without an end": lambda: endless(b"", b"\xff" * 65536),
    "a text": lambda: whole(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"),
    "a TLS handshake": lambda: whole(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
    "version 2": lambda: whole(b"QEVM\0\0\0\2" + good_stream(False)[8:]),
    "a name of 4 GiB": lambda: endless(b"QEVM\0\0\0\3\7\xff\xff\xff\xff", b"n" * 65536),
    "another machine": lambda: whole(b"QEVM\0\0\0\3\7\0\0\0\4pc-1" + good_stream(False)[17:]),
    "2^63 bytes of memory": lambda: endless(ram_start(struct.pack(">Q", 1 << 63 | 4)), b"\6pc.ram"),
    "a block of another size": lambda: whole(
        ram_start(struct.pack(">Q", 1 << 40 | 4) + b"\6pc.ram" + struct.pack(">Q", 1 << 40))
    ),
    "an unknown block": lambda: whole(
        ram_start(struct.pack(">Q", PAGES << 12 | 4) + b"\3ram" + struct.pack(">Q", PAGES << 12))
    ),
    "a block again and again": lambda: endless(
        ram_start(struct.pack(">Q", 1 << 40 | 4)),
        (b"\6pc.ram" + struct.pack(">Q", PAGES << 12)) * 1000,
    ),
    "a page behind the end": lambda: whole(ram_part(struct.pack(">Q", 1 << 40 | 8) + b"\6pc.ram")),
    "a page of no block": lambda: whole(ram_part(struct.pack(">Q", 8 | 0x20) + bytes(4096))),
    "a delta": lambda: whole(ram_part(struct.pack(">Q", 0x40) + b"\6pc.ram\1\xff\xff")),
    "4 GiB of a compressed page": lambda: endless(
        ram_part(struct.pack(">Q", 0x100) + b"\6pc.ram\xff\xff\xff\xff")
    ),
    "all flags": lambda: whole(ram_part(b"\xff" * 8)),
    "a package of 4 GiB": lambda: endless(
        good_stream(False)[:17] + b"\x08\0\7\0\4\xff\xff\xff\xff"
    ),
    "ranges to discard": lambda: endless(good_stream(False)[:17] + b"\x08\0\6\xff\xff"),
    "postcopy": lambda: whole(good_stream(False)[:17] + b"\x08\0\4\0\0"),
    "an unknown command": lambda: whole(good_stream(False)[:17] + b"\x08\0\x63\0\0"),
    "a ping that cannot be answered": lambda: whole(
        good_stream(False)[:17] + b"\x08\0\2\0\4\0\0\0\1"
    ),
    "an unknown device": lambda: endless(good_stream(False)[:17] + b"\4\0\0\0\1\4evil" + bytes(8)),
    "a part that has not begun": lambda: whole(good_stream(False)[:17] + b"\2\0\0\0\2"),
    "a subsection of the machine": lambda: endless(
        good_stream(False)[:17] + b"\5\xffconfiguration/" + b"x" * 300
    ),
    "a state of no guest": lambda: whole(good_stream(False).replace(b"running\0", b"zombies\0")),
    "a state in which none arrives": lambda: whole(
        good_stream(False).replace(b"running".ljust(100, b"\0"), b"restore-vm".ljust(100, b"\0"))
    ),
}


def ram_part(payload: bytes) -> bytes:
    """A stream up to a first PART section, and that."""
    stream = good_stream(False)
    part = stream.index(b"\2\0\0\0\2")
    return stream[: part + 5] + payload


@pytest.mark.parametrize("name", HOSTILE)
def test_made_up(name: str) -> None:
    arrived = Arrived(HOSTILE[name]())
    arrived.check_refused()
    # Refused while it came, not when it had come.
    assert arrived.sent < 64 * MIB


def test_pages_without_an_end() -> None:
    """Legal for ever, and never more memory than the guest has."""
    page = struct.pack(">Q", 8 | 0x20) + b"x" * 4096
    first = ram_part(struct.pack(">Q", 8) + b"\6pc.ram" + b"x" * 4096)
    arrived = Arrived(endless(first, page * 16, most=64 * MIB))
    arrived.check_refused()
    assert arrived.sent >= 64 * MIB
    assert arrived.touched <= 4096


# --- processes ---

PROCESSES = (
    "nothing",
    "zeros without an end",
    "a name of 4 GiB",
    "2^63 bytes of memory",
    "a block again and again",
    "4 GiB of a compressed page",
    "an unknown device",
    "a state of no guest",
)


def refuses(process: VmProcess, path: Path, pieces: Iterator[bytes]) -> None:
    """A process with status 1, one line that says why, and nothing else."""
    process.ready()
    assert process.status == "inmigrate"
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(str(path))
        send(end, pieces)
        assert process.wait() == 1, process.errors
    (reason,) = [each for each in process.errors if "serving" not in each]
    assert REASON.fullmatch(reason.removeprefix("qapigen vm: ")), process.errors
    assert "defect" not in reason
    assert not path.exists()


@pytest.mark.parametrize("part", range(4))
def test_processes(tmp_path: Path, part: int) -> None:
    """Streams that were made up, and one that was cut, each to a process of its own."""
    stream = good_stream(False)
    with trial(("processes", part)) as chance, ExitStack() as ending:
        streams = [HOSTILE[name] for name in PROCESSES[part::4]]
        at = chance.randrange(end_of(stream))
        streams.append(lambda: whole(stream[:at]))
        paths = [tmp_path / f"in{number}" for number in range(len(streams))]
        processes = [
            ending.enter_context(
                VmProcess(tmp_path, f"d{number}", "--ram", "1M", incoming=f"unix:{path}")
            )
            for number, path in enumerate(paths)
        ]
        for process, path, make in zip(processes, paths, streams, strict=True):
            refuses(process, path, make())


def test_memory_of_a_process(tmp_path: Path) -> None:
    """One that stays after the failure has not grown by what it was sent or told."""
    path = tmp_path / "in"
    options = ("--ram", "1M", "--no-exit-on-incoming-failure")
    with VmProcess(tmp_path, "d", *options, incoming=f"unix:{path}") as process:
        process.ready()
        before = process.memory("VmHWM")
        page = struct.pack(">Q", 8 | 0x20) + b"x" * 4096
        first = ram_part(struct.pack(">Q", 8) + b"\6pc.ram" + b"x" * 4096)
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(str(path))
            send(end, endless(first, page * 64, most=128 * MIB))
        poll(lambda: process.info()["status"] == "failed" or None, "the failure")
        assert process.memory("VmHWM") - before < 20 * MIB
        assert not process.running
