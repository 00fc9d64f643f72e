"""Clients of a server: greeting, commands, order, events, the end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.aio.server import Server
from qapigen.runtime.messages import Event
from qapigen.runtime.session.dialects import GUEST_AGENT

from .conftest import Play
from .serving import NEGOTIATE, RawClient, Samples, command, event, sample_server, until


def scenes(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/qmp.sock"


def test_a_client_is_greeted_and_served(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server(package="pack")
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.connect(scenes(tmp_path)) as client:
                assert await client.message() == {
                    "QMP": {
                        "version": {
                            "qemu": {"major": 7, "minor": 2, "micro": 22},
                            "package": "pack",
                        },
                        "capabilities": ["oob"],
                    }
                }
                assert (await client.ask(command("echo")))["error"]["class"] == "CommandNotFound"
                assert await client.ask(NEGOTIATE) == {"return": {}}
                assert await client.call("echo", {"a": [1, None]}) == {"a": [1, None]}

    play(scenario())


def test_oob_need_not_be_offered(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server(oob=False)
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.connect(scenes(tmp_path)) as client:
                assert (await client.message())["QMP"]["capabilities"] == []

    play(scenario())


def test_commands_are_answered_in_their_order(play: Play, tmp_path: Path) -> None:
    """Sync and async handlers, errors, all in one write, more than fit into a batch."""

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                names = ["echo", "echo_soon", "fail", "no-such", "cancel"] * 400
                client.send(*(command(name, {}, id=number) for number, name in enumerate(names)))
                for number, name in enumerate(names):
                    reply = await client.message()
                    assert reply["id"] == number
                    assert ("return" in reply) == (name in ("echo", "echo_soon")), reply

    play(scenario())


def test_async_handlers_run_in_a_task(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                assert await client.call("echo_soon", {"x": 1}) == {"task": True, "x": 1}

    play(scenario())


def test_a_handler_knows_its_connection(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        samples.go.set()
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as first,
                await RawClient.ready(scenes(tmp_path)) as second,
            ):
                assert (await first.call("whoami"))["name"] == "client-1"
                assert (await second.call("whoami"))["name"] == "client-2"
                assert str(tmp_path) in (await first.call("whoami"))["peer"]
                assert (await second.call("wait"))["peer"] == "client-2"
                assert [each.name for each in server.clients] == ["client-1", "client-2"]

    play(scenario())


def test_a_failing_handler_is_a_generic_error(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                for name in ("fail", "cancel"):
                    reply = await client.ask(command(name))
                    assert reply["error"]["class"] == "GenericError"
                    assert reply["id"] == name
                    assert "on purpose" not in reply["error"]["desc"]
                assert await client.call("echo", {}) == {}

    play(scenario())
    assert "on purpose" in caplog.text


def test_one_command_at_a_time_for_all_clients(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as first,
                await RawClient.ready(scenes(tmp_path)) as second,
                await RawClient.ready(scenes(tmp_path)) as third,
            ):
                first.send(command("wait"), command("echo", {}))
                await samples.waiting.wait()
                second.send(command("echo", {}), command("echo", {}, id=2))
                third.send(b"nope ", command("no-such"))
                # Errors of texts that are no commands do not have to wait.
                assert "error" in await third.message()
                assert samples.calls == ["wait"]
                samples.go.set()
                assert (await first.message())["id"] == "wait"
                assert (await second.message())["id"] == "echo"
                assert (await second.message())["id"] == 2
                assert (await first.message())["id"] == "echo"
                assert (await third.message())["id"] == "no-such"

    play(scenario())


def test_handlers_may_meet_if_that_is_wanted(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server(exclusive=False)
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as first,
                await RawClient.ready(scenes(tmp_path)) as second,
            ):
                first.send(command("wait"), command("echo", {}))
                await samples.waiting.wait()
                assert await second.call("echo", {}) == {}
                assert samples.calls == ["wait", "echo"]  # and not what waits behind
                samples.go.set()
                assert (await first.message())["id"] == "wait"

    play(scenario())


def test_out_of_band_commands_overtake(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path), oob=True) as client:
                client.send(command("wait"), *[command("echo", {}, id=n) for n in range(7)])
                client.send(b'{"exec-oob": "urgent", "arguments": {}, "id": "first"}')
                assert (await client.message())["id"] == "first"
                samples.go.set()
                assert [(await client.message())["id"] for _ in range(8)] == ["wait", *range(7)]

    play(scenario())


def test_events_go_to_all_who_negotiated_before_the_reply(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as first,
                await RawClient.ready(scenes(tmp_path)) as second,
                await RawClient.connect(scenes(tmp_path)) as third,
            ):
                first.send(command("say", {"count": 200}))
                for number in range(200):
                    seen = await first.message(), await second.message()
                    assert seen[0] == seen[1]
                    assert seen[0]["data"] == {"number": number}
                assert (await first.message())["id"] == "say"
                server.emit(event("LATER"))
                assert (await second.message())["event"] == "LATER"
                assert "QMP" in await third.message()
                third.send(NEGOTIATE)
                assert await third.message() == {"return": {}}  # nothing is made up for

    play(scenario())


class Clock:
    """Stands still unless it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_some_events_are_limited_for_all_clients(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        server, _ = sample_server(clock=clock)
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                await client.ask(command("say", {"count": 3, "name": "RTC_CHANGE"}))
                assert (await client.message())["id"] == "say"
                clock.now += 2
                # The timer belongs to the loop's clock: what it does is done here at once.
                server._send_released()
                assert (await client.message())["data"] == {"number": 2}

    play(scenario())


class HidesSaid:
    """A policy that hides one event and shows everything else."""

    def check_command(self, spec: object) -> None:
        pass

    def check_arguments(self, spec: object, arguments: object) -> None:
        pass

    def shown_answer(self, spec: object, answer: object) -> object:
        return answer

    def shown_event(self, event: Event) -> Event | None:
        return None if event.name == "SAID" else event


def test_a_policy_hides_events(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server(policy=HidesSaid())
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                assert await client.call("say", {"count": 3}) == {}
                client.send(command("say", {"count": 1, "name": "TOLD"}))
                assert (await client.message())["event"] == "TOLD"

    play(scenario())


def test_the_guest_agents_dialect(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server(dialect=GUEST_AGENT)
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.connect(scenes(tmp_path)) as client:
                client.send(command("echo", {}))
                assert await client.line() == b'{"return": {}, "id": "echo"}\n'
                server.emit(event("NOBODY_HEARS"))
                client.send(command("echo", {}, id=None))
                assert json.loads(await client.line()) == {"return": {}, "id": None}

    play(scenario())


def test_every_split_of_the_input_gives_the_same(play: Play, tmp_path: Path) -> None:
    text = NEGOTIATE + command("echo", {"é": "ü"}) + b"[1]" + command("no-such") + b"\n"

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            seen = set()
            for cut in range(0, len(text), 3):
                async with await RawClient.connect(scenes(tmp_path)) as client:
                    await client.message()
                    client.send(text[:cut])
                    await asyncio.sleep(0)
                    client.send(text[cut:])
                    client.writer.write_eof()
                    seen.add(await client.rest())
            assert len(seen) == 1
            assert seen.pop().count(b"\r\n") == 4

    play(scenario())


# --- ends ---


def test_half_close_is_answered_and_then_closed(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                client.send(command("wait"), command("echo", {}), b'{"execute": "ec')
                client.writer.write_eof()
                await samples.waiting.wait()
                samples.go.set()
                lines = (await client.rest()).split(b"\r\n")
                assert [json.loads(line)["id"] for line in lines[:-1]] == ["wait", "echo"]

    play(scenario())


def test_a_client_that_leaves_takes_along_what_was_not_started(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path), oob=True) as client:
                client.send(command("wait"), command("echo", {}))
                await samples.waiting.wait()
            async with await RawClient.ready(scenes(tmp_path)) as other:
                other.send(command("echo", {"mine": True}))
                await until(lambda: len(server.clients) == 1)
                samples.go.set()
                assert (await other.message())["return"] == {"mine": True}
                assert samples.calls == ["wait", "echo"]  # the other's

    play(scenario())


@pytest.mark.parametrize("more", [(), ("echo",)], ids=["", "more-sent"])
@pytest.mark.parametrize("half", [False, True], ids=["at-once", "in-two-steps"])
def test_a_client_that_leaves_is_dropped_while_its_handler_waits(
    play: Play, tmp_path: Path, more: tuple[str, ...], half: bool
) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                client.send(command("wait"), *(command(name, {}) for name in more))
                await samples.waiting.wait()
                if half:
                    client.writer.write_eof()
                    for _ in range(10):
                        await asyncio.sleep(0)
                assert len(server.clients) == 1
            await until(lambda: not server.clients)
            assert samples.calls == ["wait"]  # which goes on
            async with await RawClient.ready(scenes(tmp_path)) as other:
                other.send(command("echo", {"mine": True}))
                samples.go.set()
                assert (await other.message())["return"] == {"mine": True}

    play(scenario())


def test_a_new_client_starts_afresh(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path), oob=True) as client:
                client.send(b'{"execute": ')
            async with await RawClient.connect(scenes(tmp_path)) as client:
                assert "QMP" in await client.message()
                reply = await client.ask(b'{"exec-oob": "urgent", "id": 1}')
                assert reply["error"]["class"] == "GenericError"

    play(scenario())


def test_quit_is_answered_then_all_is_over(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        await server.serve(scenes(tmp_path))
        async with (
            await RawClient.ready(scenes(tmp_path)) as client,
            await RawClient.ready(scenes(tmp_path)) as other,
        ):
            client.send(command("quit"), command("echo", {}))
            assert (await client.message())["id"] == "quit"
            assert await client.rest() == b""
            assert await other.rest() == b""
            await server.wait_closed()
            assert samples.calls == []
            assert not (tmp_path / "qmp.sock").exists()
            with pytest.raises(RuntimeError):
                await server.serve(scenes(tmp_path))
        await server.close()  # again

    play(scenario())


def test_closing_waits_for_commands_that_run(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        await server.serve(scenes(tmp_path))
        async with (
            await RawClient.ready(scenes(tmp_path)) as client,
            await RawClient.ready(scenes(tmp_path)) as other,
        ):
            client.send(command("wait"), command("echo", {}))
            await samples.waiting.wait()
            other.send(command("echo", {}))
            closing = asyncio.create_task(server.close())
            await until(lambda: not (tmp_path / "qmp.sock").exists())
            assert not closing.done()
            samples.go.set()
            assert (await client.message())["id"] == "wait"
            assert await client.rest() == b""
            assert await other.rest() == b""
            await closing
            assert samples.calls == ["wait"]

    play(scenario())


def test_closing_does_not_wait_for_ever(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        await server.serve(scenes(tmp_path))
        async with await RawClient.ready(scenes(tmp_path)) as client:
            client.send(command("wait"))
            await samples.waiting.wait()
            await server.close(grace_seconds=0)
            assert await client.rest() == b""

    play(scenario())


def test_what_is_left_over_of_a_lost_client_is_cancelled_at_the_end(
    play: Play, tmp_path: Path
) -> None:
    async def scenario() -> None:
        server, samples = sample_server()
        await server.serve(scenes(tmp_path))
        async with await RawClient.ready(scenes(tmp_path), oob=True) as client:
            client.send(command("wait"))
            await samples.waiting.wait()
        await until(lambda: not server.clients)
        await server.close(grace_seconds=0)

    play(scenario())


def test_a_server_without_anybody_left_ends(play: Play) -> None:
    async def scenario() -> None:
        import socket

        server, _ = sample_server()
        ours, theirs = socket.socketpair()
        await server.serve(f"fd:{theirs.detach()}")
        reader, writer = await asyncio.open_connection(sock=ours)
        client = RawClient(reader, writer)
        assert "QMP" in await client.message()
        await client.close()
        await server.wait_closed()

    play(scenario())


# --- slow readers ---


def test_a_slow_reader_is_not_read_and_loses_nothing(play: Play, tmp_path: Path) -> None:
    count, size = 200, 100_000

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as slow,
                await RawClient.ready(scenes(tmp_path)) as other,
            ):
                slow.reader._limit = 1  # type: ignore[attr-defined]  # it stops to read at once
                slow.send(*(command("big", {"size": size}, id=n) for n in range(count)))
                most = 0
                for _ in range(300):
                    assert await other.call("echo", {}) == {}
                    most = max(most, *(unsent(server)))
                # A batch of replies, never all of them.
                assert 0 < most < count * size / 4
                slow.reader._limit = 2**26  # type: ignore[attr-defined]
                for number in range(count):
                    assert (await slow.message())["id"] == number

    play(scenario())


def unsent(server: Server) -> list[int]:
    """Bytes that each connection holds in memory."""
    found = []
    for connection in server._connections:
        assert connection._transport is not None
        found.append(connection._transport.get_write_buffer_size())
    return found


def test_who_does_not_read_events_is_disconnected(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        server, _ = sample_server(backlog_bytes=200_000)
        async with server:
            await server.serve(scenes(tmp_path))
            async with (
                await RawClient.ready(scenes(tmp_path)) as slow,
                await RawClient.ready(scenes(tmp_path)) as other,
            ):
                slow.reader._limit = 1  # type: ignore[attr-defined]
                most = 0
                while len(server.clients) == 2:
                    server.emit(event("TOLD", text="x" * 10_000))
                    assert (await other.message())["event"] == "TOLD"
                    most = max(most, *unsent(server))
                assert most < 1_000_000
                assert await other.call("echo", {}) == {}
            # What had been sent by then is whole; only the last line may be cut.

    play(scenario())
    assert "does not read its events" in caplog.text


def test_events_in_a_tight_loop_do_not_pile_up(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, samples = sample_server(backlog_bytes=100_000)
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                client.reader._limit = 1  # type: ignore[attr-defined]
                for _ in range(20_000):
                    server.emit(event("TOLD", text="x" * 100))
                assert not samples.calls
                await until(lambda: not server.clients)

    play(scenario())


def test_a_client_may_write_much_before_it_reads(play: Play, tmp_path: Path) -> None:
    """Both sides would block if the server waited with reading until it could write."""

    async def scenario() -> None:
        server, samples = sample_server()
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.ready(scenes(tmp_path)) as client:
                wanted: list[Any] = [f"{n}" * 100 for n in range(2000)]
                client.send(*(command("echo", {"x": text}, id=text) for text in wanted))
                assert [(await client.message())["id"] for _ in wanted] == wanted
                assert len(samples.calls) == 2000

    play(scenario())


def test_nothing_is_needed_to_make_a_server() -> None:
    """Outside of an event loop, too."""
    server, samples = sample_server()
    assert isinstance(samples, Samples)
    server.emit(event("NOBODY_HEARS"))
    assert server.clients == [] and server.addresses == []


def test_clients_that_do_not_negotiate_give_way(play: Play, tmp_path: Path) -> None:
    """To the newest; those that have negotiated stay."""

    async def scenario() -> None:
        server, _ = sample_server(most_negotiating=2)
        async with server:
            await server.serve(scenes(tmp_path))
            async with await RawClient.connect(scenes(tmp_path)) as earnest:
                await earnest.message()
                assert await earnest.ask(NEGOTIATE) == {"return": {}}
                idle = [await RawClient.connect(scenes(tmp_path)) for _ in range(3)]
                for each in idle:
                    await each.message()
                assert await idle[0].reader.read() == b""
                assert await idle[1].ask(NEGOTIATE) == {"return": {}}
                assert await idle[2].ask(NEGOTIATE) == {"return": {}}
                assert await earnest.call("echo", {"a": 1}) == {"a": 1}
                for each in idle:
                    each.writer.close()

    play(scenario())
