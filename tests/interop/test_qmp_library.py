"""QEMU's own Python library talks to our example server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.example import example_server, example_tcp_server

pytest.importorskip("qemu.qmp", reason="not installed: qemu.qmp")
from qemu.qmp import (
    ConnectError,
    EventListener,
    ExecInterruptedError,
    ExecuteError,
    QMPClient,
    Runstate,
)
from qemu.qmp.legacy import QEMUMonitorProtocol

PATIENCE = 30.0


class Peer(QMPClient):
    """The same client; what a server returns is anything."""

    async def execute(self, *given: Any, **options: Any) -> Any:
        return await super().execute(*given, **options)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server that is only asked."""
    with example_server(tmp_path_factory.mktemp("shared")) as path:
        yield path


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A server of the test's own, to be changed."""
    with example_server(tmp_path) as path:
        yield path


@asynccontextmanager
async def connected(address: Path | tuple[str, int]) -> AsyncIterator[Peer]:
    client = Peer("test")
    await client.connect(str(address) if isinstance(address, Path) else address)
    try:
        yield client
    finally:
        await client.disconnect()


def run(address: Path | tuple[str, int], conversation: Callable[[Peer], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), connected(address) as client:
            await conversation(client)

    asyncio.run(main())


def test_greeting_and_queries(shared: Path) -> None:
    async def talk(client: Peer) -> None:
        assert client.greeting is not None
        version = await client.execute("query-version")
        assert client.greeting.QMP.version == version
        assert client.greeting.QMP.capabilities == ["oob"]
        assert (await client.execute("query-status"))["status"] == "running"
        names = {row["name"] for row in await client.execute("query-commands")}
        assert {"qmp_capabilities", "query-qmp-schema", "stop", "cont", "quit"} <= names

    run(shared, talk)


def test_a_long_line(shared: Path) -> None:
    """The introspection data is one line of many kilobytes."""

    async def talk(client: Peer) -> None:
        rows = await client.execute("query-qmp-schema")
        kinds = {row["meta-type"] for row in rows}
        assert kinds == {"builtin", "enum", "array", "object", "alternate", "command", "event"}
        assert len(str(rows)) > 10_000

    run(shared, talk)


@pytest.mark.parametrize(
    ("name", "arguments", "error_class"),
    [
        ("no-such-command", None, "CommandNotFound"),
        ("qmp_capabilities", None, "CommandNotFound"),
        ("query-status", {"a": 1}, "GenericError"),
        ("getfd", {}, "GenericError"),
        ("getfd", {"fdname": 5}, "GenericError"),
        ("getfd", {"fdname": "x"}, "GenericError"),
        ("closefd", {"fdname": "nobody"}, "GenericError"),
        ("migrate", {"uri": "tcp:h:1"}, "CommandNotFound"),
    ],
)
def test_errors(shared: Path, name: str, arguments: Any, error_class: str) -> None:
    async def talk(client: Peer) -> None:
        with pytest.raises(ExecuteError) as caught:
            await client.execute(name, arguments)
        assert caught.value.error.error.class_ == error_class
        assert caught.value.error.error.desc
        # It is the command that failed, not the connection.
        assert client.runstate is Runstate.RUNNING
        await client.execute("query-status")

    run(shared, talk)


def test_no_out_of_band_commands(shared: Path) -> None:
    async def talk(client: Peer) -> None:
        with pytest.raises(ExecuteError) as caught:
            await client.execute("query-status", oob=True)
        assert caught.value.error.error.class_ == "GenericError"

    run(shared, talk)


def test_many_at_a_time(shared: Path) -> None:
    async def talk(client: Peer) -> None:
        names = ["query-status", "query-version", "query-commands"] * 100
        answers = await asyncio.gather(*map(client.execute, names))
        assert [type(answer) for answer in answers[:3]] == [dict, dict, list]
        assert answers == answers[:3] * 100

    run(shared, talk)


def test_commands_without_id(shared: Path) -> None:
    """Answers are matched by their order then."""

    async def talk(client: Peer) -> None:
        reply = await client.execute_msg(client.make_execute_msg("query-status"))
        assert isinstance(reply, dict)
        assert reply["status"] == "running"
        raw = await client._raw({"execute": "query-status"}, assign_id=False)
        assert dict(raw) == {"return": reply}
        raw = await client._raw({"execute": "no-such"}, assign_id=False)
        assert set(raw) == {"error"}

    run(shared, talk)


def test_events_in_their_order(own: Path) -> None:
    async def talk(client: Peer) -> None:
        with client.listener(("STOP", "RESUME")) as listener:
            for name in ("stop", "cont", "stop", "stop", "cont"):
                assert await client.execute(name) == {}
            names = [(await listener.get())["event"] for _ in range(4)]
        assert names == ["STOP", "RESUME", "STOP", "RESUME"]
        assert listener.empty()

    run(own, talk)


def test_events_reach_everybody(own: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), connected(own) as one, connected(own) as other:
            with other.listener("STOP") as listener:
                await one.execute("stop")
                assert (await listener.get())["event"] == "STOP"

    asyncio.run(main())


def test_events_before_the_answer(own: Path) -> None:
    """As from QEMU, an event comes before the answer to the command that caused it."""

    async def talk(client: Peer) -> None:
        seen: list[object] = []
        listener = EventListener()
        client.register_listener(listener)
        await client.execute("stop")
        seen += [event["event"] for event in listener.clear()]
        assert seen == ["STOP"]

    run(own, talk)


def test_quit(own: Path) -> None:
    """The event, the answer, the end: in this order."""

    async def main() -> None:
        client = Peer("test")
        await client.connect(str(own))
        with client.listener("SHUTDOWN") as listener:
            try:
                assert await client.execute("quit") == {}
            except ExecInterruptedError:
                pytest.fail("quit was not answered")
            event = await listener.get()
        assert event["data"] == {"guest": False, "reason": "host-qmp-quit"}
        while client.runstate is Runstate.RUNNING:
            await client.runstate_changed()
        with pytest.raises(EOFError):
            await client.disconnect()
        with pytest.raises(ConnectError):
            await QMPClient("late").connect(str(own))

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


def test_one_after_the_other(shared: Path) -> None:
    async def talk(client: Peer) -> None:
        await client.execute("query-status")

    for _ in range(5):
        run(shared, talk)


def test_tcp() -> None:
    async def talk(client: Peer) -> None:
        assert (await client.execute("query-status"))["running"] is True

    with example_tcp_server() as address:
        run(address, talk)


@pytest.fixture
def loop() -> Iterator[None]:
    """An event loop for who takes the one that is set, and never closes one of its own."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


@pytest.mark.usefixtures("loop")
def test_the_legacy_interface(own: Path) -> None:
    """What programs used before there was asyncio: events are polled, errors are raised."""
    monitor = QEMUMonitorProtocol(str(own))
    greeting = monitor.connect()
    try:
        assert greeting is not None
        assert "QMP" in greeting
        status = monitor.cmd("query-status")
        assert isinstance(status, dict)
        assert status["running"] is True
        assert monitor.cmd_obj({"execute": "stop", "id": "mine"}) == {
            "return": {},
            "id": "mine",
        }
        event = monitor.pull_event(wait=PATIENCE)
        assert event is not None
        assert event["event"] == "STOP"
        monitor.clear_events()
        assert "error" in monitor.cmd_raw("no-such")
    finally:
        monitor.close()
