"""Each of the waits, with both kinds of clients."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime import aio, blocking, waiters
from qapigen.runtime.errors import QapiError
from qapigen.runtime.waiters import JobResult
from tests.runtime.scripted_peer import Peer, Visit, event

Wait = Callable[..., Any]


@pytest.fixture(params=["asyncio", "blocking"])
def wait(request: pytest.FixtureRequest, tmp_path: Path) -> Wait:
    """Runs one of the waits against a server's script; gives what the wait gives."""

    async def wait_async(address: str, name: str, *arguments: Any, **options: Any) -> Any:
        function: Callable[..., Awaitable[Any]] = getattr(waiters, name)
        async with await aio.Client.connect(address) as client:
            return await function(client, *arguments, **options)

    def run(server: Callable[[Visit], object], name: str, *arguments: Any, **options: Any) -> Any:
        with Peer(tmp_path / "qmp.sock", server) as peer:
            if request.param == "asyncio":
                return asyncio.run(wait_async(peer.address, name, *arguments, **options))
            with blocking.Client.connect(peer.address) as client:
                return getattr(waiters, f"{name}_blocking")(client, *arguments, **options)

    return run


def test_follow_migration(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        # Events wake the client, which would ask for itself much later.
        visit.answer({"status": "active"}, before=(event("MIGRATION", status="active"),))
        assert visit.answer({"status": "completed"})["execute"] == "query-migrate"
        visit.see_end()

    seen: list[dict[str, Any]] = []
    info = wait(server, "follow_migration", timeout=30, interval=300, on_progress=seen.append)
    assert info == {"status": "completed"}
    assert [each["status"] for each in seen] == ["active", "completed"]


def test_follow_a_migration_without_events(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        for status in ("setup", "active", "failed"):
            visit.answer({"status": status})
        visit.see_end()

    assert wait(server, "follow_migration", interval=0)["status"] == "failed"


def test_wait_job(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        change = event("JOB_STATUS_CHANGE", id="j", status="concluded")
        visit.answer([{"id": "j", "status": "running"}])
        visit.say(change)
        visit.answer([{"id": "j", "status": "concluded", "error": "bad"}])
        visit.see_end()

    seen: list[dict[str, Any]] = []
    result = wait(server, "wait_job", "j", timeout=30, interval=300, on_progress=seen.append)
    assert result == JobResult("j", "bad")
    assert len(seen) == 2


def test_wait_device_deleted(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer([{"name": "d", "type": "child<x>"}])
        visit.say(event("DEVICE_DELETED", device="d", path="/d"))
        visit.see_end()

    assert wait(server, "wait_device_deleted", "d", timeout=30, interval=300) is None


def test_the_guest_refuses(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer([{"name": "d", "type": "child<x>"}])
        visit.say(event("DEVICE_UNPLUG_GUEST_ERROR", device="d", path="/d"))
        visit.see_end()

    with pytest.raises(QapiError, match="the guest does not let go of device 'd'"):
        wait(server, "wait_device_deleted", "d", timeout=30)


def test_too_late(wait: Wait) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer([{"id": "j", "status": "running"}])
        visit.see_end()

    with pytest.raises(TimeoutError, match=r"^job 'j' goes on after 0.5 s$"):
        wait(server, "wait_job", "j", timeout=0.5)


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_timeout_of_the_callers_own_is_left_alone(wait: Wait, timeout: float | None) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer({"status": "active"})
        visit.see_end()

    def on_progress(_: object) -> None:
        raise TimeoutError("of my own")

    with pytest.raises(TimeoutError, match="^of my own$"):
        wait(server, "follow_migration", timeout=timeout, on_progress=on_progress)
