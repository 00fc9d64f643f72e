from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.aio.client import Client, reconnecting
from qapigen.runtime.errors import ConnectionLost, ProtocolError, QapiError, RemoteError
from tests.runtime.scripted_peer import Peer, Visit, event, success

Play = Callable[[Coroutine[Any, Any, object]], None]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "qmp.sock"


def test_connect_execute_close(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        assert visit.greet("oob")["arguments"] == {"enable": ["oob"]}
        command = visit.answer({"status": "running"})
        assert command == {"execute": "query-status", "id": command["id"]}
        assert visit.answer()["arguments"] == {"uri": "tcp:x:1"}
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address, timeout=10) as client:
            assert client.greeting is not None
            assert str(client.greeting.version) == "7.2.22"
            assert client.capabilities == ("oob",)
            assert await client.execute("query-status") == {"status": "running"}
            assert await client.execute("migrate", {"uri": "tcp:x:1"}, timeout=10) == {}
            assert client.lost is None
        assert client.lost is not None
        with pytest.raises(ConnectionLost, match="closed"):
            await client.execute("query-status")
        await client.close()

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_an_error_reply(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.refuse("no such thing", "DeviceNotFound")
        visit.answer(1)

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            with pytest.raises(RemoteError, match="no such thing") as caught:
                await client.execute("device_del", {"id": "x"})
            assert caught.value.error_class == "DeviceNotFound"
            assert caught.value.command == "device_del"
            assert await client.execute("query-status") == 1

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_many_at_a_time_answered_backwards(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        commands = [visit.hear() for _ in range(50)]
        visit.say(*(success(each, each["arguments"]["n"]) for each in reversed(commands)))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            calls = [client.execute("echo", {"n": number}) for number in range(50)]
            assert await asyncio.gather(*calls) == list(range(50))

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_a_timeout_leaves_the_client_usable(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        slow = visit.hear()
        quick = visit.hear()
        visit.say(success(slow, "late"), success(quick, "in time"))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            with pytest.raises(TimeoutError, match=r"^slow: no answer within 0.3 s$"):
                await client.execute("slow", timeout=0.3)
            assert await client.execute("quick") == "in time"

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_a_cancelled_command_leaves_the_client_usable(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        first = visit.hear()
        visit.say(event("GO"))
        visit.say(success(visit.hear(), 2), success(first, 1))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            call = asyncio.create_task(client.execute("first"))
            await client.wait_event("GO")
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await client.execute("second") == 2

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_everybody_who_waits_is_told_of_the_end(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        for _ in range(3):
            visit.hear()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            events = client.events()
            waiting = [
                *(client.execute("wait") for _ in range(3)),
                events.get(),
                client.wait_event("STOP"),
                anext(events),
            ]
            found = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(each) for each in found] == [ConnectionLost] * 6
            assert len({id(each) for each in found}) == 6
            await client.wait_closed()
            with pytest.raises(ConnectionLost):
                await client.execute("more")
            with pytest.raises(ConnectionLost):
                await client.subscribe("STOP").get()

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_what_is_no_qmp_ends_the_connection(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        visit.say(b"HTTP/1.1 400 Bad Request\r\n")
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            with pytest.raises(ProtocolError, match="no QMP"):
                await client.execute("query-status")

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_events_before_the_answer_are_seen(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=(event("RESUME"), event("STOP", n=1)))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            heard: list[str] = []
            forget = client.on_event(lambda each: heard.append(each.name))
            with client.subscribe("STOP") as events:
                await client.execute("stop")
                assert (await events.get(timeout=10)).data == {"n": 1}
                assert len(events) == 0
            assert (await client.wait_event("STOP")).data == {"n": 1}
            assert (await client.wait_event()).name == "RESUME"
            with pytest.raises(TimeoutError, match="no event of STOP within 0.01 s"):
                await client.wait_event("STOP", timeout=0.01)
            assert heard == ["RESUME", "STOP"]
            forget()

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_a_timeout_of_the_callers_own_is_left_alone(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.say(event("STOP"))
        visit.see_end()

    def wanted(_: object) -> bool:
        raise TimeoutError("of my own")

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            for timeout in (None, 20):
                with pytest.raises(TimeoutError, match="^of my own$"):
                    await client.wait_event(wanted=wanted, timeout=timeout)

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_iterating_over_events(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=tuple(event("JOB", n=number) for number in range(5)))
        visit.say(event("JOB", n=5))
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            events = client.events("JOB")
            await client.execute("start")
            numbers: list[object] = []

            async def follow() -> None:
                async for each in events:
                    assert each.data is not None
                    numbers.append(each.data["n"])
                    if len(numbers) == 6:
                        events.close()

            await follow()
            assert numbers == list(range(6))
            late = await client.wait_event("JOB", wanted=lambda each: each.data == {"n": 3})
            early = await client.wait_event("JOB", wanted=lambda each: each.data == {"n": 1})
            assert (late.data, early.data) == ({"n": 3}, {"n": 1})
            client.clear_events()
            with pytest.raises(TimeoutError):
                await client.wait_event("JOB", timeout=0)

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_oob_overtakes(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet("oob")
        commands = [visit.hear() for _ in range(8)]
        visit.say(event("BUSY"))
        urgent = visit.hear()
        assert urgent["exec-oob"] == "yank"
        visit.say(success(urgent, "now"), *(success(each) for each in commands))
        visit.serve({})

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            slow = [asyncio.create_task(client.execute("slow")) for _ in range(20)]
            await client.wait_event("BUSY")
            assert await client.execute("yank", oob=True) == "now"
            await asyncio.gather(*slow)

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_oob_may_be_declined(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        assert visit.greet("oob")["arguments"] == {}
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address, oob=False) as client:
            with pytest.raises(QapiError, match="not enabled"):
                await client.execute("yank", oob=True)

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_without_success_response(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.synchronise()
        assert visit.hear()["execute"] == "guest-shutdown"
        visit.answer(3)

    async def scenario(address: str) -> None:
        async with await Client.connect(address, mode="guest-agent") as client:
            assert client.greeting is None
            assert await client.execute("guest-shutdown", success_response=False) is None
            assert await client.execute("guest-get-time") == 3

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_guest_agent_after_a_timeout(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.synchronise()
        visit.hear()
        number = visit.hear()["arguments"]["id"]
        visit.say(b'{"return": "late"}\n', b"\xff", {"return": number})
        visit.answer("right")
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address, mode="guest-agent") as client:
            with pytest.raises(TimeoutError):
                await client.execute("guest-slow", timeout=0.3)
            assert await client.execute("guest-ping") == "right"

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_file_descriptors(play: Play, place: Path) -> None:
    written = b""

    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer()
        for name in "abc":
            assert visit.hear()["arguments"]["fdname"] == name
            (descriptor,) = visit.fds
            os.write(descriptor, name.encode())
            os.close(descriptor)
            visit.fds.clear()
            visit.say({"return": {}, "id": visit_id(visit)})
        visit.see_end()

    def visit_id(visit: Visit) -> str:
        return f"{token[0]}-{next(numbers)}"

    token: list[str] = []
    numbers = iter(range(2, 10))

    async def scenario(address: str) -> None:
        nonlocal written
        reading, writing = os.pipe()
        async with await Client.connect(address) as client:
            token.append(client._link.session._token)
            calls = [client.execute("getfd", {"fdname": each}, fds=[writing]) for each in "abc"]
            await asyncio.gather(client.execute("query-status"), *calls)
        os.close(writing)
        while data := os.read(reading, 100):
            written += data
        os.close(reading)

    with Peer(place, script) as peer:
        play(scenario(peer.address))
    assert written == b"abc"


@pytest.mark.parametrize("fds", [[0] * 254, [9999], [-1]])
def test_file_descriptors_that_cannot_be_sent(play: Play, place: Path, fds: list[int]) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        assert visit.answer(7)["execute"] == "query-status"
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            with pytest.raises(QapiError, match="descriptor") as caught:
                await client.execute("getfd", {"fdname": "x"}, fds=fds)
            assert not isinstance(caught.value, ConnectionLost)
            assert await client.execute("query-status") == 7

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_file_descriptors_need_a_unix_socket(play: Play) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(7)

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            with pytest.raises(QapiError, match="Unix socket"):
                await client.execute("getfd", {"fdname": "x"}, fds=[0])
            assert await client.execute("query-status") == 7

    with Peer(None, script) as peer:
        play(scenario(peer.address))


def test_reading_while_writing(play: Play, place: Path) -> None:
    """Neither side reads more than it must; only a client that does both comes to the end."""
    size = 4 * 1024 * 1024

    def script(visit: Visit) -> None:
        visit.greet()
        visit.say(*(event("BIG", text="x" * 1024) for _ in range(size // 1024)))
        assert len(visit.answer("y" * size)["arguments"]["text"]) == size
        visit.see_end()

    async def scenario(address: str) -> None:
        async with await Client.connect(address) as client:
            answer = await client.execute("echo", {"text": "x" * size})
            assert answer == "y" * size

    with Peer(place, script) as peer:
        play(scenario(peer.address))


def test_from_socket_and_accept(play: Play, place: Path) -> None:
    def run(connection: socket.socket) -> None:
        with connection:
            visit = Visit(connection)
            visit.greet()
            visit.answer(1)
            visit.see_end()

    def connect() -> None:
        theirs = socket.socket(socket.AF_UNIX)
        while theirs.connect_ex(str(place)):
            pass
        run(theirs)

    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        peer = loop.run_in_executor(None, run, theirs)
        async with await Client.from_socket(ours) as client:
            assert await client.execute("a") == 1
        await peer
        accepting = asyncio.create_task(Client.accept(f"unix:{place}", timeout=20))
        peer = loop.run_in_executor(None, connect)
        async with await accepting as client:
            assert await client.execute("a") == 1
        await peer
        with pytest.raises(TimeoutError, match="nobody connected"):
            await Client.accept(f"unix:{place}", timeout=0.01)

    play(scenario())
    assert not place.exists()


def test_a_server_that_does_not_greet(play: Play, place: Path) -> None:
    async def scenario(address: str) -> None:
        with pytest.raises(TimeoutError, match="no answer within 0.3 s"):
            await Client.connect(address, timeout=0.3)

    with Peer(place, Visit.see_end) as peer:
        play(scenario(peer.address))


def test_a_server_that_goes_before_it_greets(play: Play, place: Path) -> None:
    async def scenario(address: str) -> None:
        with pytest.raises(ConnectionLost, match="server closed"):
            await Client.connect(address)

    with Peer(place, lambda visit: None) as peer:
        play(scenario(peer.address))


def test_reconnecting(play: Play, place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer("there")

    async def scenario(address: str) -> None:
        answers: list[object] = []
        waited: list[float] = []

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        clients: list[Client] = []

        async def visit_all() -> None:
            clock = count(0, 10).__next__  # every connection holds for ten seconds
            async for client in reconnecting(
                address, delays=lambda: (1, 2), sleep=sleep, clock=clock
            ):
                clients.append(client)
                answers.append(await client.execute("query-status"))
                if len(answers) < 3:
                    await client.wait_closed()
                else:
                    os.unlink(place)

        with pytest.raises(ConnectionLost, match="no connection to unix:"):
            await visit_all()
        assert answers == ["there"] * 3
        assert waited == [1, 2]
        assert all(each.lost is not None for each in clients)

    with Peer(place, script, script, script) as peer:
        play(scenario(peer.address))


def test_reconnecting_to_a_server_that_drops_everybody(play: Play, place: Path) -> None:
    waited: list[float] = []
    clients: list[Client] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def visit_all(address: str) -> None:
        async for client in reconnecting(
            address, delays=lambda: (1, 2), sleep=sleep, clock=lambda: 0.0
        ):
            clients.append(client)
            await client.wait_closed()

    async def scenario(address: str) -> None:
        with pytest.raises(ConnectionLost, match="server closed"):
            await visit_all(address)

    with Peer(place, drop, drop, drop) as peer:
        play(scenario(peer.address))
    assert waited == [1, 2]
    assert len(clients) == 3


def drop(visit: Visit) -> None:
    visit.greet()
