"""Many clients at once, and some that do not read or that go: nothing is lost, nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qapi_migration.commands import registry
from qapi_migration.commands.control import ControlCommands
from qapi_migration.commands.misc import MiscCommands
from qapi_migration.commands.run_state import RunStateCommands
from qapi_migration.events.run_state import RunStateEvents
from qapi_migration.types.control import SchemaInfo, VersionInfo, VersionTriple
from qapi_migration.types.run_state import RunState, StatusInfo
from qapigen.runtime import messages
from qapigen.runtime.aio import Server, current_session
from qapigen.runtime.aio.connection import ServerConnection
from qapigen.runtime.session.server import ServerSession
from tests.runtime.aio.conftest import Play

CLIENTS = 100
COMMANDS = 200

#: Answers of this size fill a socket soon.
LARGE = "x" * 4000

Message = dict[str, Any]
Address = str | tuple[str, int]


class Machine(ControlCommands, MiscCommands, RunStateCommands):
    """Answers at once, or when ``gate`` is set, or much."""

    def __init__(self, **options: Any) -> None:
        version = messages.VersionTriple(7, 2, 0)
        self.server = Server(registry(self), version=version, **options)
        self.events = RunStateEvents(self.server.emit)
        self.gate = asyncio.Event()
        self.waiting = 0
        self.answered = 0

    def query_version(self) -> VersionInfo:
        self.answered += 1
        return VersionInfo(qemu=VersionTriple(major=7, minor=2, micro=0), package=LARGE)

    async def query_status(self) -> StatusInfo:
        await asyncio.sleep(0)
        return StatusInfo(running=True, singlestep=False, status=RunState.RUNNING)

    async def query_qmp_schema(self) -> list[SchemaInfo]:
        self.waiting += 1
        await self.gate.wait()
        return []

    def stop(self) -> None:
        self.events.stop()

    def getfd(self, *, fdname: str) -> None:
        current_session().getfd(fdname)

    def closefd(self, *, fdname: str) -> None:
        current_session().closefd(fdname)


class Client:
    """A client without any cleverness."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def message(self) -> Message:
        line = await self.reader.readuntil(b"\r\n")
        message: Message = json.loads(line)
        return message

    async def negotiate(self) -> None:
        assert "QMP" in await self.message()
        self.writer.write(request("qmp_capabilities"))
        assert await self.message() == {"return": {}}

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def request(name: str, **members: object) -> bytes:
    return json.dumps({"execute": name, **members}).encode()


async def connect(address: Address) -> Client:
    """A client, as soon as the server's queue has room for it."""
    while True:
        try:
            if isinstance(address, str):
                streams = await asyncio.open_unix_connection(address, limit=1 << 26)
            else:
                streams = await asyncio.open_connection(*address, limit=1 << 26)
        except BlockingIOError:
            await asyncio.sleep(0)
        else:
            return Client(*streams)


@asynccontextmanager
async def client(address: Address, *, negotiated: bool = True) -> AsyncIterator[Client]:
    connected = await connect(address)
    try:
        if negotiated:
            await connected.negotiate()
        yield connected
    finally:
        await connected.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let everything run until something is true."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - many different things are waited for
            await asyncio.sleep(0)


@asynccontextmanager
async def machine(path: Path, kind: str = "unix", **options: Any) -> AsyncIterator[Any]:
    """A machine with its address; afterwards nothing may be left of it."""
    made = Machine(**options)
    async with made.server:
        if kind == "unix":
            address: Address = str(path / "qmp.sock")
            await made.server.serve(f"unix:{address}")
        else:
            served: Any = await made.server.serve("tcp:127.0.0.1:0")
            address = ("127.0.0.1", served.port)
        async with client(address):
            pass  # event loops keep a few files of their own from the first connection on
        await until(lambda: not made.server.clients)
        before = open_files()
        yield made, address
        await until(lambda: not made.server.clients)
        await until(lambda: len(asyncio.all_tasks()) == 1)
        await until(lambda: open_files() <= before)
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, ServerConnection)] == []
    assert [each for each in gc.get_objects() if isinstance(each, ServerSession)] == []


def open_files() -> set[str]:
    """What this process has open."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
    return {each for each in found if "/proc/" not in each}


kinds = pytest.mark.parametrize("kind", ["unix", "tcp"])


def conversation(seed: int) -> tuple[bytes, list[tuple[str, object]]]:
    """Random commands, and what has to come back."""
    random = Random(seed)
    data = b""
    answers: list[tuple[str, object]] = []
    for number in range(COMMANDS):
        tag = f"{seed}-{number}"
        kind = random.choice(["return", "return", "later", "unknown", "refused", "junk"])
        match kind:
            case "return":
                data += request("query-version", id=tag)
                answers.append(("return", tag))
            case "later":
                data += request("query-status", id=tag)
                answers.append(("return", tag))
            case "unknown":
                data += request("nope", id=tag) + b"\n"
                answers.append(("CommandNotFound", tag))
            case "refused":
                data += request("query-version", id=tag, arguments={"a": 1})
                answers.append(("GenericError", tag))
            case "junk":
                data += random.choice([b"#\n", b"{,}", b'{"a" 1}', b"[]"])
                answers.append(("GenericError", None))
    return data, answers


def told(message: Message) -> tuple[str, object]:
    kind = "return" if "return" in message else message["error"]["class"]
    return kind, message.get("id")


async def talk(address: Address, seed: int) -> None:
    """Send all of a conversation in random pieces, and get all of its answers in their order."""
    data, answers = conversation(seed)
    random = Random(seed)
    async with client(address) as connected:

        async def send() -> None:
            at = 0
            while at < len(data):
                size = random.randint(1, 3000)
                connected.writer.write(data[at : at + size])
                await connected.writer.drain()
                at += size

        sending = asyncio.create_task(send())
        assert [told(await connected.message()) for _ in answers] == answers
        await sending


@kinds
def test_a_hundred_clients(play: Play, tmp_path: Path, kind: str) -> None:
    async def main() -> None:
        async with machine(tmp_path, kind) as (_, address), asyncio.TaskGroup() as group:
            for seed in range(CLIENTS):
                group.create_task(talk(address, seed))

    play(main())


@kinds
def test_one_that_does_not_read(play: Play, tmp_path: Path, kind: str) -> None:
    """It is not read from any more; the others do not notice, and it misses nothing."""
    total = 5000  # more than all buffers on the way hold

    async def main() -> None:
        async with machine(tmp_path, kind) as (made, address), client(address) as slow:
            slow.writer.transport.set_write_buffer_limits(1)

            async def send() -> None:
                for number in range(total):
                    slow.writer.write(request("query-version", id=number))
                    await slow.writer.drain()

            slow.reader._transport.pause_reading()  # type: ignore[attr-defined]
            sending = asyncio.create_task(send())
            async with asyncio.TaskGroup() as group:
                for seed in range(20):
                    group.create_task(talk(address, seed))
            # All others are done, and the slow one has not got through.
            assert made.answered < total
            assert held_back(made.server) < 1 << 22
            slow.reader._transport.resume_reading()  # type: ignore[attr-defined]
            for number in range(total):
                assert told(await slow.message()) == ("return", number)
            await sending

    play(main())


def held_back(server: Server) -> int:
    """How much the server keeps for clients that do not read."""
    connections = [each for each in gc.get_objects() if isinstance(each, ServerConnection)]
    transports = [each._transport for each in connections]
    return sum(each.get_write_buffer_size() for each in transports if each is not None)


@kinds
def test_events_reach_all(play: Play, tmp_path: Path, kind: str) -> None:
    """All clients in command mode get all events, in the same order."""
    total = 2000

    async def events(each: Client) -> list[Message]:
        return [await each.message() for _ in range(total)]

    async def main() -> None:
        async with (
            machine(tmp_path, kind) as (made, address),
            client(address, negotiated=False) as early,
            contextlib.AsyncExitStack() as stack,
        ):
            assert "QMP" in await early.message()
            many = [await stack.enter_async_context(client(address)) for _ in range(30)]
            reading = [asyncio.create_task(events(each)) for each in many]
            for number in range(total):
                made.events.stop()
                if number % 50 == 0:
                    await asyncio.sleep(0)
            seen = await asyncio.gather(*reading)
            assert [each["event"] for each in seen[0]] == ["STOP"] * total
            assert all(each == seen[0] for each in seen)
            early.writer.write(request("stop", id=1))
            assert told(await early.message()) == ("CommandNotFound", 1)

    play(main())


@kinds
def test_one_that_does_not_read_events(play: Play, tmp_path: Path, kind: str) -> None:
    """It loses its connection, not its events: what it finds to read has no gap."""

    async def main() -> None:
        async with (
            machine(tmp_path, kind, backlog_bytes=1 << 16) as (made, address),
            client(address) as lazy,
        ):
            lazy.reader._transport.pause_reading()  # type: ignore[attr-defined]
            sent = 0
            async with asyncio.timeout(30):
                while made.server.clients:
                    made.events.resume() if sent % 2 else made.events.stop()
                    sent += 1
                    if sent % 100 == 0:
                        await asyncio.sleep(0)
            lazy.reader._transport.resume_reading()  # type: ignore[attr-defined]
            got = 0
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                while True:
                    name = (await lazy.message())["event"]
                    assert name == ("RESUME" if got % 2 else "STOP")
                    got += 1
            assert got < sent

    play(main())


@kinds
@pytest.mark.parametrize("how", ["close", "half-close", "reset"])
def test_those_that_go(play: Play, tmp_path: Path, kind: str, how: str) -> None:
    """Clients go at random bytes, with answers unread and commands unfinished."""
    random = Random(f"{kind} {how}")

    async def visit(address: Address, seed: int) -> None:
        data, answers = conversation(seed)
        data = request("qmp_capabilities") + data
        async with client(address, negotiated=False) as connected:
            connected.writer.write(data[: random.randint(0, len(data))])
            if how == "half-close":
                connected.writer.write_eof()
                lines = (await connected.reader.read()).split(b"\r\n")
                assert lines.pop() == b""
                got = [told(json.loads(line)) for line in lines[2:]]
                assert got == answers[: len(got)]
                return
            for _ in range(random.randint(0, 5)):
                await asyncio.sleep(0)
            if how == "reset":
                connected.writer.transport.abort()

    async def main() -> None:
        async with machine(tmp_path, kind) as (_, address):
            for start in range(0, 300, 50):
                async with asyncio.TaskGroup() as group:
                    for seed in range(start, start + 50):
                        group.create_task(visit(address, seed))
            await talk(address, 1)

    play(main())


@kinds
def test_commands_that_outlive_their_clients(play: Play, tmp_path: Path, kind: str) -> None:
    """They go on, and what they answer reaches nobody."""

    async def main() -> None:
        async with machine(tmp_path, kind, exclusive=False) as (made, address):
            for number in range(20):
                async with client(address) as gone:
                    gone.writer.write(request("query-qmp-schema", id="late"))
                    await until(lambda number=number: made.waiting > number)  # type: ignore[misc]
            async with client(address) as new:
                new.writer.write(request("query-status", id="before"))
                assert told(await new.message()) == ("return", "before")
                made.gate.set()
                await until(lambda: len(made.server.clients) == 1)
                new.writer.write(request("query-status", id="after"))
                assert told(await new.message()) == ("return", "after")

    play(main())


def test_descriptors_of_those_that_go(play: Play, tmp_path: Path) -> None:
    """All are closed with the connection but the one with the name, which anybody can close."""

    async def main() -> None:
        async with machine(tmp_path) as (_, address):
            for number in range(50):
                async with client(address) as giver:
                    data = request("getfd", arguments={"fdname": "a"}, id=number)
                    data = data[: None if number % 2 else -1]
                    wrapped = giver.writer.get_extra_info("socket")
                    with (
                        socket.socket(fileno=os.dup(wrapped.fileno())) as plain,
                        Path(os.devnull).open("rb") as spare,  # noqa: ASYNC230,
                    ):
                        socket.send_fds(plain, [data], [spare.fileno()] * 3)
                    if number % 2:
                        assert told(await giver.message()) == ("return", number)
            async with client(address) as heir:
                heir.writer.write(request("closefd", arguments={"fdname": "a"}, id="end"))
                assert told(await heir.message()) == ("return", "end")

    play(main())


def test_an_end_while_a_command_runs(play: Play, tmp_path: Path) -> None:
    """It is still answered, and the connection ends with it."""

    async def main() -> None:
        made = Machine()
        async with made.server:
            address = str(tmp_path / "qmp.sock")
            await made.server.serve(f"unix:{address}")
            async with client(address) as connected:
                connected.writer.write(request("query-qmp-schema", id=1))
                await until(lambda: made.waiting == 1)
                closing = asyncio.create_task(made.server.close(grace_seconds=30))
                await asyncio.sleep(0)
                made.gate.set()
                assert told(await connected.message()) == ("return", 1)
                async with asyncio.timeout(20):
                    assert await connected.reader.read() == b""
                    await closing

    play(main())


def test_an_end_under_load(play: Play, tmp_path: Path) -> None:
    """The server ends while everybody talks: each answer that arrives is whole, and its own."""
    ready = asyncio.Semaphore(0)

    async def chatter(address: Address, seed: int) -> int:
        data, answers = conversation(seed)
        async with client(address) as connected:
            ready.release()
            connected.writer.write(data)
            got: list[tuple[str, object]] = []
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                while len(got) < len(answers):
                    got.append(told(await connected.message()))
            assert got == answers[: len(got)]
            return len(got)

    async def main() -> None:
        made = Machine()
        async with made.server:
            address = str(tmp_path / "qmp.sock")
            await made.server.serve(f"unix:{address}")
            tasks = [asyncio.create_task(chatter(address, seed)) for seed in range(50)]
            for _ in tasks:
                await ready.acquire()
            # Nobody has to be thrown out for it.
            async with asyncio.timeout(20):
                await made.server.close(grace_seconds=30)
            counts: list[int] = await asyncio.gather(*tasks)
        assert sum(counts) < 50 * COMMANDS
        assert not made.server.clients

    play(main())
