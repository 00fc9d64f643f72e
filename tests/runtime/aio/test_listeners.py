"""Listening: the file of a socket, families, clients who have to wait."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from qapigen.runtime.addresses import TcpAddress, UnixAddress
from qapigen.runtime.aio.listeners import Listener, open_tcp, open_unix, peer_of
from qapigen.runtime.errors import QapiError

from .conftest import Play
from .serving import NEGOTIATE, RawClient, command, sample_server, until


def unix(path: Path) -> UnixAddress:
    return UnixAddress(str(path))


def test_an_abstract_name() -> None:
    address = UnixAddress(f"qapigen-test-{os.getpid()}", abstract=True)
    (listening,) = open_unix(address, mode=0o600)
    with listening:
        with pytest.raises(QapiError, match="in use"):
            open_unix(address, mode=0o600)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address.sockaddr)
            assert str(os.getpid()) in peer_of(client, address)


def test_the_file_goes_away_unless_it_is_another_servers(tmp_path: Path) -> None:
    async def scenario() -> None:
        for replaced in (False, True):
            address = unix(tmp_path / "s")
            sockets = open_unix(address, mode=0o600)
            listener = Listener(address, sockets, accepted=lambda *_: None)
            if replaced:
                (tmp_path / "s").rename(tmp_path / "old")
                (other,) = open_unix(address, mode=0o600)
                other.close()
            listener.close()
            assert listener.closed
            listener.close()  # again
            assert (tmp_path / "s").exists() == replaced

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("family", "families"),
    [("ipv4", {socket.AF_INET}), ("any", {socket.AF_INET, socket.AF_INET6})],
)
def test_every_address_of_a_host_has_the_same_port(
    family: str, families: set[socket.AddressFamily]
) -> None:
    async def scenario() -> None:
        address, sockets = await open_tcp(TcpAddress("", 0, family))  # type: ignore[arg-type]
        ports = {each.getsockname()[1] for each in sockets}
        assert ports == {address.port} and address.port != 0
        assert {each.family for each in sockets} <= families
        for each in sockets:
            each.close()

    asyncio.run(scenario())


@pytest.mark.may_skip
def test_ipv6() -> None:
    async def scenario() -> None:
        try:
            address, sockets = await open_tcp(TcpAddress("::1", 0, "ipv6"))
        except QapiError as error:
            pytest.skip(f"no IPv6 here: {error}")
        assert str(address).startswith("tcp:[::1]:")
        assert [each.family for each in sockets] == [socket.AF_INET6]
        sockets[0].close()

    asyncio.run(scenario())


def test_a_port_in_use_and_an_unknown_host() -> None:
    async def scenario() -> None:
        address, sockets = await open_tcp(TcpAddress("127.0.0.1", 0))
        with pytest.raises(QapiError, match=f"{address}: cannot listen: .*in use"):
            await open_tcp(address)
        sockets[0].close()
        with pytest.raises(QapiError, match="cannot listen"):
            await open_tcp(TcpAddress("no-such-host.invalid", 1))
        with pytest.raises(QapiError, match="cannot listen"):
            await open_tcp(TcpAddress("192.0.2.1", 0))  # of no machine

    asyncio.run(scenario())


def test_tcp_clients_are_served(play: Play) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            address = await server.serve("tcp:127.0.0.1:0")
            assert server.addresses == [address]
            async with await RawClient.ready(address) as client:
                assert "from 127.0.0.1 port" in (await client.call("whoami"))["peer"]
                with pytest.raises(QapiError):
                    await server.serve(address)

    play(scenario())


def test_several_addresses_at_once(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            places = [
                await server.serve(f"unix:{tmp_path}/a"),
                await server.serve(f"{tmp_path}/b"),
                await server.serve("tcp:localhost:0,ipv4"),
                await server.serve(f"unix:@qapigen-test-{os.getpid()}"),
            ]
            for place in places:
                async with await RawClient.ready(place) as client:
                    assert await client.call("echo", {"x": str(place)}) == {"x": str(place)}

    play(scenario())


def test_one_client_at_a_time_as_qemu_has_it(play: Play, tmp_path: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            address = await server.serve(f"unix:{tmp_path}/s", most_clients=1)
            first = await RawClient.ready(address)
            async with await RawClient.connect(address) as second:
                second.send(NEGOTIATE, command("echo", {}))
                for _ in range(20):
                    assert await first.call("echo", {}) == {}
                assert len(server.clients) == 1
                await first.close()
                assert "QMP" in await second.message()
                assert await second.message() == {"return": {}}
                assert (await second.message())["id"] == "echo"

    play(scenario())


class Exhausted:
    """A listening socket of a process that cannot have more descriptors."""

    def __init__(self, real: socket.socket) -> None:
        self.real = real

    def accept(self) -> NoReturn:
        raise OSError(errno.EMFILE, "none left")


def test_a_system_that_is_exhausted_is_left_alone_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        address, seen = unix(tmp_path / "s"), []
        (real,) = sockets = open_unix(address, mode=0o600)
        listener = Listener(address, sockets, accepted=lambda client, _: seen.append(client))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address.path)
            listener._accept(Exhausted(real))  # type: ignore[arg-type]
            assert not listener._watching
            for _ in range(5):
                await asyncio.sleep(0)
            assert seen == []
            listener._go_on()  # what the timer does
            await until(lambda: seen)
            seen[0].close()
            listener._accept(Exhausted(real))  # type: ignore[arg-type]
            listener.close()

    asyncio.run(scenario())
    assert "none left" in caplog.text
