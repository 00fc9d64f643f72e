from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from qapigen.runtime.blocking import Client
from qapigen.runtime.errors import ConnectionLost, RemoteError, VisitError
from qapigen.runtime.typed.blocking import BlockingTypedClient
from tests.runtime.sample_commands import RunPassData
from tests.runtime.sample_types import RunState
from tests.runtime.scripted_peer import Peer, Visit, event
from tests.runtime.typed.samples import BlockingSample, RunPassEvent, StopEvent

Play = Callable[[Callable[[Visit], object], Callable[[str], None]], None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays what the server does against what the client does, which gets the address."""

    def run(server: Callable[[Visit], object], client: Callable[[str], None]) -> None:
        with Peer(tmp_path / "qmp.sock", server) as peer:
            client(peer.address)

    return run


def test_commands(play: Play) -> None:
    def server(visit: Visit) -> None:
        visit.greet("oob")
        assert visit.answer()["arguments"] == {"uri": "tcp:x:1"}
        assert visit.answer()["exec-oob"] == "start"
        command = visit.answer({"status": "resting", "new": True})
        assert command == {"execute": "query-run", "id": command["id"]}
        assert visit.answer([1])["arguments"] == {"anything": None}
        assert visit.hear()["execute"] == "halt"  # and there is no reply
        visit.see_end()

    def client(address: str) -> None:
        with BlockingSample.connect(address, timeout=30) as vm:
            assert isinstance(vm, BlockingSample)
            assert vm.greeting is not None and vm.greeting.version.major == 7
            vm.start(uri="tcp:x:1", timeout=30)
            vm.start(uri="tcp:x:1", oob=True)
            assert (vm.query_run()).status == "resting"
            assert vm.raw({"anything": None}) == [1]
            vm.halt(timeout=30)
        with pytest.raises(ConnectionLost):
            vm.query_run()

    play(server, client)


def test_errors(play: Play) -> None:
    """Wrong arguments are not sent; a wrong answer leaves the connection as it is."""

    def server(visit: Visit) -> None:
        visit.greet()
        visit.refuse("no", "DeviceNotFound")
        visit.answer({"status": 1})
        visit.answer({"status": "active"})
        visit.see_end()

    def client(address: str) -> None:
        vm = BlockingSample(Client.connect(address))
        with pytest.raises(VisitError, match=r"^arguments\.uri: "):
            vm.start(uri=cast("Any", 1))
        with pytest.raises(RemoteError, match="^no$") as caught:
            vm.start(uri="")
        assert caught.value.error_class == "DeviceNotFound"
        with pytest.raises(VisitError, match=r"^return\.status: "):
            vm.query_run()
        assert (vm.query_run()).status is RunState.ACTIVE
        vm.close()

    play(server, client)


def test_file_descriptors(play: Play) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer("taken")
        for number in visit.fds:
            os.close(number)
        assert len(visit.fds) == 1
        visit.see_end()

    def client(address: str) -> None:
        number = os.open(os.devnull, os.O_RDONLY)
        try:
            with BlockingSample.connect(address) as vm:
                assert vm.add_fd(fds=[number]) == "taken"
        finally:
            os.close(number)

    play(server, client)


def test_timeout(play: Play) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        visit.see_end()

    def client(address: str) -> None:
        vm = BlockingSample.connect(address)
        with vm, pytest.raises(TimeoutError, match="query-run"):
            vm.query_run(timeout=0.3)

    play(server, client)


def test_events(play: Play) -> None:
    wrong = event("RUN_PASS", **{"pass": "x"})

    def server(visit: Visit) -> None:
        visit.greet()
        passes = [event("RUN_PASS", **{"pass": number}) for number in (1, 2)]
        visit.answer(before=(event("OTHER"), passes[0], wrong, event("STOP"), passes[1]))
        visit.see_end()

    def client(address: str) -> None:
        with BlockingSample.connect(address) as vm:
            with vm.events(RunPassEvent, StopEvent) as events:
                vm.start(uri="")
                assert (events.get(timeout=30)).data == RunPassData(pass_=1)
                with pytest.raises(VisitError, match=r"^data\.pass: "):
                    next(events)
                assert isinstance(next(events), StopEvent)
                for each in events:
                    assert each.data == RunPassData(pass_=2)
                    events.close()
            stop = vm.wait_event(StopEvent, timeout=30)
            assert stop.timestamp.microseconds == 2
            with pytest.raises(TimeoutError):
                vm.wait_event(StopEvent, timeout=0)
            with pytest.raises(TypeError, match="which classes"):
                vm.events()

    play(server, client)


def test_unread_and_kept_events(play: Play) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        passes = (event("RUN_PASS", **{"pass": number}) for number in range(5))
        visit.answer(before=(*passes, event("STOP")))
        visit.see_end()

    def client(address: str) -> None:
        with BlockingSample.connect(address, wait=False, answer_bytes=1000) as vm:
            with vm.events(RunPassEvent, limit=2) as last, vm.events(RunPassEvent) as all_of_them:
                vm.start(uri="")
                assert (last.left_out, all_of_them.left_out) == ({"RUN_PASS": 3}, {})
                assert (last.dropped, all_of_them.dropped) == (3, 0)
                assert (last.get(timeout=30)).data == RunPassData(pass_=3)
                assert (all_of_them.get(timeout=30)).data == RunPassData(pass_=0)
            kept = vm.kept_events(RunPassEvent)
            assert [each.data.pass_ for each in kept] == [0, 1, 2, 3, 4]
            assert isinstance(vm.wait_event(StopEvent, timeout=0), StopEvent)
            assert vm.kept_events(StopEvent) == []

    play(server, client)


def test_on_event(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    def server(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=(event("STOP"), event("RUN_PASS", **{"pass": "x"}), event("STOP")))
        visit.answer(before=(event("STOP"),))
        visit.see_end()

    def client(address: str) -> None:
        heard: list[object] = []
        with BlockingSample.connect(address) as vm:
            forget = vm.on_event(heard.append, StopEvent, RunPassEvent)
            vm.start(uri="")
            assert [type(each) for each in heard] == [StopEvent, StopEvent]
            forget()
            vm.start(uri="")
            assert len(heard) == 2

    with caplog.at_level(logging.CRITICAL):
        play(server, client)


def test_guest_agent(play: Play) -> None:
    def server(visit: Visit) -> None:
        visit.synchronise()
        visit.answer({"status": "active"})
        visit.see_end()

    def client(address: str) -> None:
        with BlockingSample.connect(address, mode="guest-agent") as agent:
            assert agent.greeting is None
            assert (agent.query_run()).status is RunState.ACTIVE

    play(server, client)


def test_the_base_has_no_commands() -> None:
    assert not [name for name in vars(BlockingTypedClient) if name.startswith("query")]
