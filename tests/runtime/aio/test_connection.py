"""One connection, on a transport that is looked at closely."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from qapigen.runtime.aio.connection import ServerConnection
from qapigen.runtime.aio.context import CommandContext
from qapigen.runtime.aio.gate import CommandGate
from qapigen.runtime.commands import ArgumentsStyle, CommandSpec, Registry
from qapigen.runtime.messages import Greeting, VersionTriple
from qapigen.runtime.session.server import ServerSession

from .conftest import Play
from .serving import NEGOTIATE, RawClient, Samples, command, event, sample_server, until


class Shelf(asyncio.Transport):
    """Keeps what is written, and what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.told: list[str] = []
        self.backlog = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.backlog

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")

    def close(self) -> None:
        self.told.append("close")

    def abort(self) -> None:
        self.told.append("abort")


class Alone:
    """A host of one connection."""

    def __init__(self) -> None:
        self.gate = CommandGate()
        self.backlog_bytes = 1000
        self.stopping = False
        self.ended = 0

    def connection_ended(self, connection: ServerConnection) -> None:
        self.ended += 1


class Clock:
    """Stands still, or goes on at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def connect(clock: Clock | None = None) -> tuple[ServerConnection, Shelf, Alone, Samples]:
    """A connection in command mode, for which no time passes."""
    samples, host, shelf = Samples(), Alone(), Shelf()
    specs = {
        name: CommandSpec(name=name, method=name, arguments=ArgumentsStyle.RAW)
        for name in ("echo", "echo_soon", "wait")
    }
    greeting = Greeting(VersionTriple(1, 2, 3), "", ())
    session = ServerSession(Registry(specs, [samples]), greeting=greeting)
    context = CommandContext("c", peer="p", emit=print, shutdown=print)
    connection = ServerConnection(session, context, host, clock=clock or Clock())
    connection.connection_made(shelf)
    connection.data_received(NEGOTIATE)
    shelf.writes.clear()
    return connection, shelf, host, samples


def test_replies_of_one_batch_are_one_write() -> None:
    async def scenario() -> None:
        connection, shelf, _, _ = connect()
        connection.data_received(command("echo", {}) * 20)
        assert len(shelf.writes) == 1 and shelf.writes[0].count(b"\r\n") == 20
        assert shelf.told == []

    asyncio.run(scenario())


def test_handlers_that_wait_for_nothing_are_answered_at_once() -> None:
    async def scenario() -> None:
        connection, shelf, _, _ = connect()
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def call() -> None:
            connection.data_received(command("echo_soon", {}) * 20)
            done.set_result(len(shelf.writes))

        loop.call_soon(call)
        assert await done == 1
        assert connection.tasks == frozenset()

    asyncio.run(scenario())


def test_slow_commands_leave_others_their_turn() -> None:
    """A turn ends when its time is over, and the rest comes in further ones."""

    async def scenario() -> None:
        connection, shelf, _, _ = connect(Clock(step=0.001))
        connection.data_received(command("echo", {}) * 20)
        turns = [b"".join(shelf.writes).count(b"\r\n")]
        assert 0 < turns[0] <= 5
        while turns[-1] < 20:
            await asyncio.sleep(0)
            turns.append(b"".join(shelf.writes).count(b"\r\n"))
            assert turns[-1] - turns[-2] <= 5
        assert turns[-1] == 20

    asyncio.run(scenario())


def test_very_many_commands_leave_others_their_turn() -> None:
    async def scenario() -> None:
        connection, shelf, _, samples = connect()
        connection.data_received(command("echo", {}) * 2000)
        assert 0 < len(samples.calls) < 2000
        assert shelf.told == ["pause"]
        await until(lambda: len(samples.calls) == 2000)
        assert shelf.told == ["pause", "resume"]
        assert b"".join(shelf.writes).count(b"\r\n") == 2000

    asyncio.run(scenario())


def test_nothing_is_started_for_a_client_that_does_not_read() -> None:
    async def scenario() -> None:
        connection, shelf, _, samples = connect()
        connection.pause_writing()
        connection.data_received(command("echo", {}))
        assert samples.calls == [] and shelf.told == ["pause"]
        connection.resume_writing()
        assert samples.calls == ["echo"] and shelf.told == ["pause", "resume"]

    asyncio.run(scenario())


def test_nothing_is_read_while_a_command_runs() -> None:
    async def scenario() -> None:
        connection, shelf, host, samples = connect()
        connection.data_received(command("wait"))
        await until(lambda: connection.tasks)
        assert shelf.told == ["pause"] and not host.gate.free
        samples.go.set()
        await until(lambda: not connection.tasks)
        assert shelf.told == ["pause", "resume"] and host.gate.free

    asyncio.run(scenario())


def test_events_are_collected_and_limited() -> None:
    async def scenario() -> None:
        connection, shelf, _, _ = connect()
        for _ in range(10):
            connection.send_event(event("SAID"), b"line\r\n")
        assert shelf.writes == []
        await asyncio.sleep(0)
        assert shelf.writes == [b"line\r\n" * 10]
        shelf.backlog = 1001
        connection.send_event(event("SAID"), b"line\r\n")
        await asyncio.sleep(0)
        assert shelf.told == ["abort"]

    asyncio.run(scenario())


def test_a_late_reply_is_dropped() -> None:
    async def scenario() -> None:
        connection, shelf, host, samples = connect()
        connection.data_received(command("wait"))
        await until(lambda: connection.tasks)
        connection.connection_lost(None)
        assert host.ended == 1
        samples.go.set()
        await until(lambda: not connection.tasks)
        assert shelf.writes == [] and host.gate.free
        connection.close()
        connection.abort()
        connection.send_event(event("SAID"), b"line\r\n")

    asyncio.run(scenario())


def test_what_comes_after_the_end_is_ignored() -> None:
    async def scenario() -> None:
        connection, shelf, _, samples = connect()
        connection.close()
        assert shelf.told == ["close"]
        connection.data_received(command("echo", {}))
        connection.eof_received()
        connection.resume_writing()
        assert samples.calls == [] and set(shelf.told) == {"close"}

    asyncio.run(scenario())


@settings(max_examples=30)
@given(st.lists(st.integers(1, 60), max_size=20))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    text = (
        command("echo", {"a": "é"}) + b" nope " + command("no-such") + b"[]" + command("echo", {})
    )

    async def scenario() -> bytes:
        connection, shelf, _, _ = connect()
        rest = text
        for cut in cuts:
            if rest[:cut]:
                connection.data_received(rest[:cut])
            rest = rest[cut:]
        if rest:
            connection.data_received(rest)
        return b"".join(shelf.writes)

    assert asyncio.run(scenario()).count(b"\r\n") == 5


def test_a_server_without_room_for_more_reads_on_later(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            async with await RawClient.ready(f"unix:{tmp_path}/s") as client:
                client.send(command("wait"), *(command("echo", {}, id=n) for n in range(5000)))
                await samples.waiting.wait()
                samples.go.set()
                assert (await client.message())["id"] == "wait"
                ids = [cast("int", (await client.message())["id"]) for _ in range(5000)]
                assert ids == list(range(5000))

    play(scenario())
