"""What both clients do alike: one table of servers, and what a program sees of each."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime import aio, blocking, waiters
from qapigen.runtime.errors import ConnectionLost, QapiError
from qapigen.runtime.session.listeners import UNREAD_EVENTS
from tests.runtime.scripted_peer import PATIENCE_SECONDS, Peer, Visit, event, success


class Driver:
    """A client whose calls are made one after the other; ``idle`` says that it does nothing."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._loop = asyncio.new_event_loop()

    def connect(self, address: str, **options: Any) -> AbstractContextManager[Any]:
        if self.kind == "blocking":
            return blocking.Client.connect(address, timeout=20, **options)
        client = self._loop.run_until_complete(aio.Client.connect(address, timeout=20, **options))
        return _Driven(client, self)

    def wait(self, name: str, client: Any, *arguments: Any, **options: Any) -> Any:
        """One of the functions of ``waiters``."""
        if self.kind == "blocking":
            return getattr(waiters, f"{name}_blocking")(client, *arguments, **options)
        function: Callable[..., Awaitable[Any]] = getattr(waiters, name)
        return self.run(function(client.driven, *arguments, **options))

    def run(self, awaitable: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(asyncio.wait_for(awaitable, PATIENCE_SECONDS))

    def close(self) -> None:
        self._loop.close()


class _Driven(AbstractContextManager["_Driven"]):
    """The client for asyncio behind calls that block."""

    def __init__(self, client: aio.Client, driver: Driver) -> None:
        self.driven = client
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.driven, name)
        if name not in ("execute", "wait_event", "wait_closed", "close"):
            return found
        return lambda *arguments, **options: self._driver.run(found(*arguments, **options))

    def __exit__(self, *error: object) -> None:
        self._driver.run(self.driven.close())


@pytest.fixture(params=["asyncio", "blocking"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    made = Driver(request.param)
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "qmp.sock"


SHUTDOWN = event("SHUTDOWN", guest=True, reason="guest-shutdown")


# --- what was said before the end ---


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("unread", [False, True])
def test_a_server_that_says_why_and_goes(
    driver: Driver, place: Path, tcp: bool, unread: bool
) -> None:
    """``unread``: it leaves a command of the client unread, so the system breaks off."""
    sent = threading.Event()

    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer()
        visit.say(event("STOP"), SHUTDOWN)
        if unread:
            sent.wait(20)

    with (
        Peer(None if tcp else place, server) as peer,
        driver.connect(peer.address) as client,
    ):
        events = client.subscribe("SHUTDOWN")
        client.execute("system_powerdown")
        if unread:
            with pytest.raises(TimeoutError):
                client.execute("query-status", timeout=0.01)
            sent.set()
        peer.wait()
        with pytest.raises(ConnectionLost):
            client.execute("query-status")
        assert client.wait_event("SHUTDOWN", timeout=20).data == SHUTDOWN["data"]
        assert [each.name for each in client.kept_events()] == ["STOP"]
        assert events.take().data == SHUTDOWN["data"]
        with pytest.raises(ConnectionLost):
            client.wait_event("SHUTDOWN", timeout=20)


def test_an_answer_that_came_before_the_end(driver: Driver, place: Path) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.say(success(visit.hear(), "bye"), SHUTDOWN)

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        assert client.execute("quit") == "bye"
        assert client.wait_event("SHUTDOWN", timeout=20).data == SHUTDOWN["data"]


def test_events_before_the_client_is_ready(driver: Driver, place: Path) -> None:
    def server(visit: Visit) -> None:
        visit.say(event("FIRST"))
        visit.say(
            {"QMP": {"version": {}, "capabilities": []}},
            event("SECOND"),
            event("THIRD", n=1),
        )
        visit.answer(before=(event("FOURTH"),))
        visit.see_end()

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        names = [each.name for each in client.kept_events()]
        assert names == ["FIRST", "SECOND", "THIRD", "FOURTH"]
        assert client.wait_event("THIRD", timeout=0).data == {"n": 1}
        assert [each.name for each in client.kept_events("THIRD", "FIRST")] == ["FIRST"]
        client.clear_events()
        assert client.kept_events() == []


# --- servers that come later ---


def test_a_socket_that_is_not_there_yet(driver: Driver, place: Path) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.see_end()

    with pytest.raises(ConnectionLost, match="no connection to unix:.*: No such file"):
        driver.connect(f"unix:{place}", wait=False)
    # It refuses first, and then listens.
    with socket.socket(socket.AF_UNIX) as early:
        early.bind(str(place))
    watching = threading.Thread(target=_replace, args=(place, server))
    watching.start()
    with driver.connect(f"unix:{place}") as client:
        assert client.greeting is not None
    watching.join(20)


def _replace(place: Path, server: Callable[[Visit], object]) -> None:
    os.unlink(place)
    with Peer(place, server):
        pass


# --- replies to nothing ---


def test_a_reply_to_nothing(driver: Driver, place: Path, caplog: pytest.LogCaptureFixture) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        visit.say({"return": {"password": "hush"}})
        visit.answer(2)
        visit.see_end()

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        with pytest.raises(QapiError, match="a: the server sent a reply without an id"):
            client.execute("a", timeout=20)
        assert client.execute("b") == 2
    assert [each.levelno for each in caplog.records] == [logging.WARNING]
    assert "hush" not in caplog.text


# --- subscriptions that nobody reads ---


def test_unread_events_are_bounded_and_counted(
    driver: Driver, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    many = [event("A" if number % 2 else "B", n=number) for number in range(UNREAD_EVENTS + 10)]

    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=tuple(many))
        visit.see_end()

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        by_default, few = client.subscribe(), client.events("A", limit=3)
        every_one = client.subscribe(limit=None)
        client.execute("begin")
        assert (len(by_default), by_default.left_out) == (UNREAD_EVENTS, {"A": 5, "B": 5})
        assert by_default.take().data == {"n": 10}
        assert (len(few), few.dropped, few.left_out) == (3, len(many) // 2 - 3, {"A": few.dropped})
        assert (len(every_one), every_one.left_out) == (len(many), {})
        assert len(client.kept_events()) == 1000
    (warning,) = caplog.records
    assert "left_out" in warning.getMessage(), "only where nobody asked for a limit"


# --- guest agents ---


def test_an_agent_that_comes_later(driver: Driver, place: Path) -> None:
    """A serial line loses what is sent while nobody listens."""

    def server(visit: Visit) -> None:
        lost = visit.hear()
        visit.synchronise()
        visit.answer("pong")
        assert visit.hear()["execute"] == "guest-slow"
        late = visit.hear()  # is lost as well
        assert late["execute"] == lost["execute"] == "guest-sync-delimited"
        visit.synchronise()
        visit.answer("again")
        visit.see_end()

    with Peer(place, server) as peer, driver.connect(peer.address, mode="guest-agent") as client:
        assert client.execute("guest-ping", timeout=20) == "pong"
        with pytest.raises(TimeoutError):
            client.execute("guest-slow", timeout=0.01)
        assert client.execute("guest-ping", timeout=20) == "again"


def test_an_agents_answer_that_is_too_long(driver: Driver, place: Path) -> None:
    def server(visit: Visit) -> None:
        visit.synchronise()
        visit.answer("x" * 200_000)
        visit.answer("short")
        visit.answer("x" * 90_000)
        visit.see_end()

    options = {"mode": "guest-agent", "answer_bytes": 100_000}
    with Peer(place, server) as peer, driver.connect(peer.address, **options) as client:
        with pytest.raises(QapiError, match="guest-file-read: .* longer than 100000 bytes"):
            client.execute("guest-file-read", timeout=20)
        assert client.execute("guest-ping", timeout=20) == "short"
        assert len(client.execute("guest-file-read", timeout=20)) == 90_000


# --- devices whose ids are used again ---


def test_devices_of_the_same_id(driver: Driver, place: Path) -> None:
    deleted = event("DEVICE_DELETED", device="d", path="/machine/peripheral/d")

    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer()  # device_del
        visit.answer([], before=())  # qom-list: it is no longer listed
        visit.say(deleted)
        visit.answer(before=(deleted,))  # device_add: of an earlier one, told late
        visit.answer(before=(deleted,))  # device_del: this time, the event comes first
        visit.answer()  # device_del
        visit.refuse("gone", "DeviceNotFound")  # device_del again: the first one counts
        visit.answer([])
        visit.say(deleted)
        visit.answer("end")
        visit.see_end()

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        client.execute("device_del", {"id": "d"})
        driver.wait("wait_device_deleted", client, "d", timeout=20)
        client.execute("device_add", {"id": "d", "driver": "x"})
        client.execute("device_del", {"id": "d"})
        driver.wait("wait_device_deleted", client, "/machine/peripheral/d", timeout=20)
        client.execute("device_del", {"id": "d"})
        with pytest.raises(QapiError, match="gone"):
            client.execute("device_del", {"id": "d"})
        driver.wait("wait_device_deleted", client, "d", timeout=20)
        assert client.execute("more") == "end"


def test_ends_that_were_heard(driver: Driver, place: Path) -> None:
    completed = event("MIGRATION", status="completed")

    def server(visit: Visit) -> None:
        visit.greet()
        over = event("JOB_STATUS_CHANGE", id="j", status="null")
        visit.answer(before=(event("BLOCK_JOB_COMPLETED", device="j", error="bad"), over))
        visit.answer([])
        visit.answer({"status": "active"})
        visit.say(completed)

    with Peer(place, server) as peer, driver.connect(peer.address) as client:
        client.execute("blockdev-backup")
        found = driver.wait("wait_job", client, "j", timeout=20)
        assert found == waiters.JobResult("j", "bad")
        info = driver.wait("follow_migration", client, timeout=20, interval=300)
        assert info == {"status": "completed"}
        assert driver.wait("follow_migration", client, timeout=20) == info, "even if it is gone"
        with pytest.raises(ConnectionLost):
            driver.wait("wait_job", client, "other", timeout=20)
