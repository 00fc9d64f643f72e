"""Scripts with real clients, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime import aio, blocking
from qapigen.runtime.errors import ConnectionLost, RemoteError
from qapigen.runtime.typed.aio import AsyncTypedClient
from qapigen.runtime.typed.blocking import BlockingTypedClient
from qapigen.runtime.waiters.play import play, play_blocking
from qapigen.runtime.waiters.scripts import Ask, Listen, Script
from tests.runtime.scripted_peer import Peer, Visit, event

Player = Callable[[str, Script[Any], float | None], Any]

NAMES = ("NEWS",)


async def play_async(address: str, script: Script[Any], timeout: float | None) -> Any:
    async with await aio.Client.connect(address) as client:
        return await play(client, script, NAMES, timeout, "it goes on")


async def play_typed(address: str, script: Script[Any], timeout: float | None) -> Any:
    async with await AsyncTypedClient.connect(address) as client:
        return await play(client, script, NAMES, timeout, "it goes on")


def run_blocking(address: str, script: Script[Any], timeout: float | None) -> Any:
    with blocking.Client.connect(address) as client:
        return play_blocking(client, script, NAMES, timeout, "it goes on")


def run_typed_blocking(address: str, script: Script[Any], timeout: float | None) -> Any:
    with BlockingTypedClient.connect(address) as client:
        return play_blocking(client, script, NAMES, timeout, "it goes on")


def run_async(address: str, script: Script[Any], timeout: float | None) -> Any:
    return asyncio.run(play_async(address, script, timeout))


def run_typed_async(address: str, script: Script[Any], timeout: float | None) -> Any:
    return asyncio.run(play_typed(address, script, timeout))


PLAYERS = [run_async, run_typed_async, run_blocking, run_typed_blocking]


@pytest.fixture(params=PLAYERS, ids=lambda player: player.__name__)
def player(request: pytest.FixtureRequest) -> Player:
    found: Player = request.param
    return found


def whole() -> Generator[Ask | Listen, Any, list[object]]:
    """One of everything."""
    found: list[object] = []
    try:
        yield Ask("first", {"a": 1})
    except RemoteError as error:
        found.append(error.desc)
    found.append((yield Ask("second")))
    event = yield Listen(30)
    found.append(event.data)
    found.append((yield Listen(0)))
    return found


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_answers_errors_events(player: Player, tmp_path: Path, timeout: float | None) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        assert visit.refuse("no")["arguments"] == {"a": 1}
        visit.answer([2], before=(event("OTHER"), event("NEWS", a=3)))
        visit.see_end()

    with Peer(tmp_path / "qmp.sock", server) as peer:
        assert player(peer.address, whole(), timeout) == ["no", [2], {"a": 3}, None]


def asks() -> Script[None]:
    yield Ask("never")


def listens() -> Script[None]:
    while True:
        yield Listen(30)


@pytest.mark.parametrize("script", [asks, listens])
def test_too_late(player: Player, tmp_path: Path, script: Callable[[], Script[None]]) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        if script is asks:
            visit.hear()
        visit.see_end()

    with (
        Peer(tmp_path / "qmp.sock", server) as peer,
        pytest.raises(TimeoutError, match=r"^it goes on after 0.01 s$"),
    ):
        player(peer.address, script(), 0.01)


@pytest.mark.parametrize("script", [asks, listens])
def test_the_server_goes(
    player: Player, tmp_path: Path, script: Callable[[], Script[None]]
) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        if script is asks:
            visit.hear()

    with Peer(tmp_path / "qmp.sock", server) as peer, pytest.raises(ConnectionLost):
        player(peer.address, script(), None)


def test_a_script_that_fails(player: Player, tmp_path: Path) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.refuse("no")
        visit.see_end()

    with Peer(tmp_path / "qmp.sock", server) as peer, pytest.raises(RemoteError, match="^no$"):
        player(peer.address, asks(), None)
