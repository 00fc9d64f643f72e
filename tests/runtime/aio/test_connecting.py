from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.addresses import FdAddress, TcpAddress, UnixAddress
from qapigen.runtime.aio.client import Client
from qapigen.runtime.aio.connecting import accept
from qapigen.runtime.errors import ConnectionLost, QapiError
from qapigen.runtime.session.client import ClientSession
from tests.runtime.aio.serving import sample_server
from tests.runtime.scripted_peer import Peer, Visit

Play = Callable[[Coroutine[Any, Any, object]], None]


def script(visit: Visit) -> None:
    visit.greet()
    visit.answer(1)
    visit.see_end()


@pytest.mark.parametrize("place", ["unix", "tcp:127.0.0.1:0"])
def test_many_at_once(play: Play, tmp_path: Path, place: str) -> None:
    """More than wait for asyncio's own listeners."""

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            address = await server.serve(place if place != "unix" else f"unix:{tmp_path}/s")
            many = await asyncio.gather(*[Client.connect(address, timeout=50) for _ in range(300)])
            assert await many[-1].execute("echo", {"text": "yes"}) == {"text": "yes"}
            await asyncio.gather(*[client.close() for client in many])

    play(scenario())


@pytest.mark.parametrize("how", ["text", "value", "tcp", "ipv4", "fd"])
def test_addresses(play: Play, tmp_path: Path, how: str) -> None:
    async def scenario(address: object) -> None:
        async with await Client.connect(address, timeout=20) as client:  # type: ignore[arg-type]
            assert await client.execute("a") == 1

    with Peer(None if how in ("tcp", "ipv4") else tmp_path / "s", script) as peer:
        address: object = peer.address
        if how == "value":
            address = UnixAddress(str(tmp_path / "s"))
        elif how == "ipv4":
            address = TcpAddress("localhost", int(peer.address.rpartition(":")[2]), "ipv4")
        elif how == "fd":
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(tmp_path / "s"))
            address = FdAddress(connection.detach())
        play(scenario(address))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("unix:/nowhere/at/all", "No such file"),
        ("tcp:127.0.0.1:1", "no connection to tcp:127.0.0.1:1"),
        ("fd:987654", "Bad file descriptor"),
        ("tcp:no.such.host.invalid:1", "no connection to tcp:no.such.host.invalid:1"),
    ],
)
def test_nobody_there(play: Play, address: str, reason: str) -> None:
    async def scenario() -> None:
        with pytest.raises(ConnectionLost, match=reason) as caught:
            await Client.connect(address, timeout=20, wait=False)
        assert isinstance(caught.value.__cause__, OSError)

    play(scenario())


@pytest.mark.parametrize("address", ["stdio", "nonsense"])
def test_no_place_to_connect_to(play: Play, address: str) -> None:
    async def scenario() -> None:
        for connect in (Client.connect, Client.accept):
            with pytest.raises(QapiError) as caught:
                await connect(address)
            assert not isinstance(caught.value, ConnectionLost)

    play(scenario())


def test_a_place_that_is_taken(play: Play, tmp_path: Path) -> None:
    (tmp_path / "s").touch()

    async def scenario() -> None:
        with pytest.raises(QapiError, match="something else") as caught:
            await Client.accept(str(tmp_path / "s"))
        assert not isinstance(caught.value, ConnectionLost)

    play(scenario())
    assert (tmp_path / "s").exists()


def test_a_listener_with_too_many_guests(play: Play, tmp_path: Path) -> None:
    where = tmp_path / "s"

    async def scenario(listener: socket.socket) -> None:
        with pytest.raises(TimeoutError):
            await Client.connect(str(where), timeout=0.03)
        late = asyncio.create_task(Client.connect(str(where), timeout=20))
        await asyncio.sleep(0)
        listener.accept()[0].close()
        visitor = await asyncio.get_running_loop().run_in_executor(None, listener.accept)
        with visitor[0]:
            await asyncio.get_running_loop().run_in_executor(None, Visit(visitor[0]).greet)
            async with await late as client:
                assert client.greeting is not None

    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(str(where))
        listener.listen(0)
        first.connect(str(where))
        play(scenario(listener))


def test_what_is_no_socket_is_left_alone(play: Play) -> None:
    reading, writing = os.pipe()

    async def scenario() -> None:
        with pytest.raises(ConnectionLost):
            await Client.connect(FdAddress(reading))

    play(scenario())
    os.close(reading)
    os.close(writing)


def test_a_host_that_cannot_be_looked_up(play: Play) -> None:
    async def scenario() -> None:
        with pytest.raises(ConnectionLost, match="no connection to tcp:"):
            await Client.connect("tcp:" + "x" * 70 + ".invalid:1", timeout=20)

    play(scenario())


@pytest.fixture
def port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found: int = listener.getsockname()[1]
    return found


@pytest.mark.may_skip
@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("tcp:localhost:{},ipv4", ["127.0.0.1"]),
        ("tcp::{},ipv6", ["::1"]),
        ("tcp:[::1]:{}", ["::1"]),
        ("tcp::{}", ["127.0.0.1", "::1"]),
    ],
)
def test_accepting_over_tcp(play: Play, address: str, hosts: list[str], port: int) -> None:
    if not socket.has_dualstack_ipv6() and "::1" in hosts:
        pytest.skip("no IPv6 here")

    async def scenario() -> None:
        for host in hosts:
            knocking = asyncio.create_task(knock(host, port))
            link = await accept(ClientSession(), address.format(port))
            assert link._transport is not None
            assert link._transport.get_extra_info("socket").getpeername()[0] == host
            link.abort()
            await link.closed
            await knocking

    play(scenario())


async def knock(host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as connection:
            connection.setblocking(False)
            with suppress(ConnectionRefusedError):
                await loop.sock_connect(connection, (host, port))
                await loop.sock_recv(connection, 1)
                return
        await asyncio.sleep(0)


def test_accepting_over_a_unix_socket(play: Play, tmp_path: Path) -> None:
    """The file is its owner's alone, and replaces one that a dead process has left."""
    where = tmp_path / "s"

    async def scenario() -> None:
        for cancelled in (False, True):
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(where))
            accepting = asyncio.create_task(accept(ClientSession(), str(where)))
            await asyncio.sleep(0)
            assert where.stat().st_mode & 0o777 == 0o600
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(where))
                if cancelled:
                    accepting.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await accepting
                else:
                    link = await accepting
                    link.abort()
                    await link.closed
            assert not where.exists()

    play(scenario())


def test_accepting_needs_a_port(play: Play) -> None:
    async def scenario() -> None:
        with pytest.raises(QapiError, match="which port"):
            await Client.accept("tcp:127.0.0.1:0", timeout=20)

    play(scenario())
