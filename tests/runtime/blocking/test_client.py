from __future__ import annotations

import os
import socket
import threading
from itertools import count
from pathlib import Path

import pytest

from qapigen.runtime.blocking import Client, Subscription, reconnecting
from qapigen.runtime.errors import ConnectionLost, ProtocolError, QapiError, RemoteError
from tests.runtime.scripted_peer import Peer, Visit, event, success


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "qmp.sock"


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize("tcp", [False, True])
def test_connect_execute_close(place: Path, tcp: bool, timeout: float | None) -> None:
    def script(visit: Visit) -> None:
        assert visit.greet("oob")["arguments"] == {"enable": ["oob"]}
        command = visit.answer({"status": "running"})
        assert command == {"execute": "query-status", "id": command["id"]}
        assert visit.answer()["arguments"] == {"uri": "tcp:x:1"}
        visit.see_end()

    with Peer(None if tcp else place, script) as peer:
        with Client.connect(peer.address, timeout=timeout) as client:
            assert client.greeting is not None
            assert str(client.greeting.version) == "7.2.22"
            assert client.capabilities == ("oob",)
            status = client.execute("query-status", timeout=timeout)
            assert status == {"status": "running"}
            assert client.execute("migrate", {"uri": "tcp:x:1"}, timeout=timeout) == {}
            assert client.lost is None
        assert client.lost is not None
        with pytest.raises(ConnectionLost, match="closed"):
            client.execute("query-status")
        client.close()


def test_an_error_reply(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.refuse("no such thing", "DeviceNotFound")
        visit.answer(1)

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(RemoteError, match="no such thing") as caught:
            client.execute("device_del", {"id": "x"})
        assert caught.value.error_class == "DeviceNotFound"
        assert caught.value.command == "device_del"
        assert client.execute("query-status") == 1


def test_a_timeout_leaves_the_client_usable(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        slow = visit.hear()
        quick = visit.hear()
        visit.say(success(slow, "late"), success(quick, "in time"))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(TimeoutError, match=r"^slow: no answer within 0.3 s$"):
            client.execute("slow", timeout=0.3)
        assert client.execute("quick") == "in time"


def test_events_do_not_prolong_a_timeout(place: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        while not go_on.is_set():
            visit.say(event("NOISE"))
        visit.serve({"next": 2})

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(TimeoutError):
            client.execute("slow", timeout=0.3)
        go_on.set()
        assert client.execute("next") == 2


def test_the_end_of_the_connection(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        events = client.events()
        with pytest.raises(ConnectionLost, match="server closed"):
            client.execute("quit")
        client.wait_closed()
        client.poll()
        with pytest.raises(ConnectionLost, match="server closed"):
            client.execute("x")
        with pytest.raises(ConnectionLost, match="server closed"):
            client.wait_event()
        with pytest.raises(ConnectionLost, match="server closed"):
            events.get()
        with pytest.raises(ConnectionLost):
            next(events)


def test_waiting_for_the_end(place: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        visit.say(event("SHUTDOWN"))

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(TimeoutError, match="goes on within 0.01 s"):
            client.wait_closed(timeout=0.01)
        go_on.set()
        client.wait_closed(timeout=20)
        assert client.wait_event("SHUTDOWN").name == "SHUTDOWN"
        assert client.lost is not None


def test_what_is_no_qmp_ends_the_connection(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        visit.say(b"HTTP/1.1 400 Bad Request\r\n")
        visit.see_end()

    with (
        Peer(place, script) as peer,
        Client.connect(peer.address) as client,
        pytest.raises(ProtocolError, match="no QMP"),
    ):
        client.execute("query-status")


def test_events_before_the_answer_are_seen(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=(event("RESUME"), event("STOP", n=1)))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        heard: list[str] = []
        forget = client.on_event(lambda each: heard.append(each.name))
        with client.subscribe("STOP") as events:
            client.execute("stop")
            assert events.get(timeout=10).data == {"n": 1}
            assert len(events) == 0
        assert client.wait_event("STOP").data == {"n": 1}
        assert client.wait_event().name == "RESUME"
        with pytest.raises(TimeoutError, match="no event of STOP within 0.01 s"):
            client.wait_event("STOP", timeout=0.01)
        assert heard == ["RESUME", "STOP"]
        forget()


def test_iterating_over_events(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(before=tuple(event("JOB", n=number) for number in range(5)))
        visit.say(event("JOB", n=5))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        events = client.events("JOB")
        assert isinstance(events, Subscription)
        client.execute("start")
        numbers = []
        for each in events:
            assert each.data is not None
            numbers.append(each.data["n"])
            if len(numbers) == 6:
                events.close()
        assert numbers == list(range(6))
        late = client.wait_event("JOB", wanted=lambda each: each.data == {"n": 3})
        early = client.wait_event("JOB", wanted=lambda each: each.data == {"n": 1})
        assert (late.data, early.data) == ({"n": 3}, {"n": 1})
        client.clear_events()
        with pytest.raises(TimeoutError):
            client.wait_event("JOB", timeout=0)


def test_polling(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer()
        visit.say(*(event("JOB") for _ in range(3)))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        events = client.events()
        client.poll()
        assert len(events) == 0
        client.execute("start")
        while len(events) < 3:
            client.poll()


def test_a_function_told_of_an_event_may_execute_commands(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        first = visit.hear()
        visit.say(event("ONE"), success(first, 1), event("TWO"))
        assert visit.answer("inner")["execute"] == "inner"
        assert visit.answer("more")["execute"] == "inner"
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        found: list[object] = []
        client.on_event(lambda each: found.append(client.execute("inner")))
        events = client.events("TWO")
        assert client.execute("outer") == 1
        events.get()
        assert found == ["more", "inner"] or found == ["inner", "more"]


def test_threads_take_turns(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        for _ in range(100):
            command = visit.hear()
            visit.say(success(command, command["arguments"]["n"]))
        visit.see_end()

    results: dict[int, object] = {}
    with Peer(place, script) as peer, Client.connect(peer.address) as client:

        def run(start: int) -> None:
            for number in range(start, start + 25):
                results[number] = client.execute("echo", {"n": number})

        threads = [threading.Thread(target=run, args=(25 * part,)) for part in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert results == {number: number for number in range(100)}


def test_a_thread_waits_for_its_turn_no_longer_than_it_may(place: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        command = visit.hear()
        visit.say(event("BUSY"))
        go_on.wait(20)
        visit.say(success(command, "slow"))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        results: list[object] = []
        begun = threading.Event()
        client.on_event(lambda each: begun.set())
        thread = threading.Thread(target=lambda: results.append(client.execute("slow")))
        thread.start()
        begun.wait(20)
        with pytest.raises(TimeoutError, match="quick: no answer within 0.3 s"):
            client.execute("quick", timeout=0.3)
        go_on.set()
        thread.join()
        assert results == ["slow"]


@pytest.mark.parametrize("timeout", [None, 30])
@pytest.mark.parametrize("tcp", [False, True])
def test_closed_by_another_thread(place: Path, tcp: bool, timeout: float | None) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        visit.say(event("BEGUN"))
        visit.see_end()

    with Peer(None if tcp else place, script) as peer, Client.connect(peer.address) as client:
        found: list[BaseException] = []
        begun = threading.Event()
        client.on_event(lambda each: begun.set())

        def wait() -> None:
            with pytest.raises(ConnectionLost, match="this client was closed") as caught:
                client.wait_event("NEVER", timeout=timeout)
            found.append(caught.value)

        threads = [threading.Thread(target=wait, daemon=True) for _ in range(2)]
        for each in threads:
            each.start()
        go_on.set()
        assert begun.wait(20)
        client.poll()  # does not wait for the others
        closing = threading.Thread(target=client.close, daemon=True)
        closing.start()
        for each in (closing, *threads):
            each.join(20)
        assert len(found) == 2
        assert client.lost is not None and "closed" in client.lost.desc


def test_closed_by_a_function_told_of_an_event(place: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        visit.say(event("NOW"))
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        client.on_event(lambda each: client.close())
        go_on.set()
        with pytest.raises(ConnectionLost, match="this client was closed"):
            client.wait_event("NEVER")


@pytest.mark.parametrize("timeout", [1e8, 1e12, float("inf")])
def test_more_time_than_the_system_can_wait(place: Path, timeout: float) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(1)
        visit.say(event("LAST"))

    with (
        Peer(place, script) as peer,
        Client.connect(peer.address, timeout=timeout) as client,
    ):
        assert client.execute("a", timeout=timeout) == 1
        assert client.wait_event("LAST", timeout=timeout).name == "LAST"
        client.wait_closed(timeout=timeout)


def test_oob(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet("oob")
        assert visit.answer("now")["exec-oob"] == "yank"
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        assert client.execute("yank", oob=True) == "now"


def test_oob_may_be_declined(place: Path) -> None:
    def script(visit: Visit) -> None:
        assert visit.greet("oob")["arguments"] == {}
        visit.see_end()

    with (
        Peer(place, script) as peer,
        Client.connect(peer.address, oob=False) as client,
        pytest.raises(QapiError, match="not enabled"),
    ):
        client.execute("yank", oob=True)


def test_guest_agent(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.synchronise()
        visit.hear()
        number = visit.hear()["arguments"]["id"]
        visit.say(b'{"return": "late"}\n', b"\xff", {"return": number})
        visit.answer("right")
        assert visit.hear()["execute"] == "guest-shutdown"
        visit.answer(3)
        visit.see_end()

    with (
        Peer(place, script) as peer,
        Client.connect(peer.address, mode="guest-agent", timeout=20) as client,
    ):
        assert client.greeting is None
        with pytest.raises(TimeoutError):
            client.execute("guest-slow", timeout=0.3)
        assert client.execute("guest-ping") == "right"
        assert client.execute("guest-shutdown", success_response=False) is None
        assert client.execute("guest-get-time") == 3


def test_file_descriptors(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        for name in "abc":
            command = visit.hear()
            assert command["arguments"]["fdname"] == name
            (descriptor,) = visit.fds
            os.write(descriptor, name.encode())
            os.close(descriptor)
            visit.fds.clear()
            visit.say(success(command))
        visit.see_end()

    reading, writing = os.pipe()
    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        for name in "abc":
            client.execute("getfd", {"fdname": name}, fds=[writing])
        os.close(writing)
    assert os.read(reading, 10) == b"abc"
    assert os.read(reading, 10) == b""
    os.close(reading)


@pytest.mark.parametrize("fds", [[0] * 254, [9999], [-1]])
def test_file_descriptors_that_cannot_be_sent(place: Path, fds: list[int]) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        assert visit.answer(7)["execute"] == "query-status"
        visit.see_end()

    with Peer(place, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(QapiError, match="descriptor") as caught:
            client.execute("getfd", {"fdname": "x"}, fds=fds)
        assert not isinstance(caught.value, ConnectionLost)
        assert client.execute("query-status") == 7


def test_file_descriptors_need_a_unix_socket() -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer(7)

    with Peer(None, script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(QapiError, match="Unix socket"):
            client.execute("getfd", {"fdname": "x"}, fds=[0])
        assert client.execute("query-status") == 7


def test_from_socket_and_accept(place: Path) -> None:
    def run(connection: socket.socket) -> None:
        with connection:
            visit = Visit(connection)
            visit.greet()
            visit.answer(1)
            visit.see_end()

    ours, theirs = socket.socketpair()
    peer = threading.Thread(target=run, args=(theirs,))
    peer.start()
    with Client.from_socket(ours) as client:
        assert client.execute("a") == 1
    peer.join()

    def connect() -> None:
        theirs = socket.socket(socket.AF_UNIX)
        while theirs.connect_ex(str(place)):
            pass
        run(theirs)

    peer = threading.Thread(target=connect)
    peer.start()
    with Client.accept(f"unix:{place}", timeout=20) as client:
        assert client.execute("a") == 1
    peer.join()
    assert not place.exists()


def test_a_server_that_does_not_greet(place: Path) -> None:
    with (
        Peer(place, Visit.see_end) as peer,
        pytest.raises(TimeoutError, match="no answer within 0.3 s"),
    ):
        Client.connect(peer.address, timeout=0.3)


def test_a_server_that_goes_before_it_greets(place: Path) -> None:
    with (
        Peer(place, lambda visit: None) as peer,
        pytest.raises(ConnectionLost, match="server closed"),
    ):
        Client.connect(peer.address)


def test_reconnecting(place: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.answer("there")

    answers: list[object] = []
    waited: list[float] = []

    def visit_all(address: str) -> None:
        clock = count(0, 10).__next__  # every connection holds for ten seconds
        for client in reconnecting(
            address, delays=lambda: (1, 2), sleep=waited.append, clock=clock
        ):
            answers.append(client.execute("query-status"))
            if len(answers) < 3:
                client.wait_closed()
            else:
                os.unlink(place)

    with (
        Peer(place, script, script, script) as peer,
        pytest.raises(ConnectionLost, match="no connection to unix:"),
    ):
        visit_all(peer.address)
    assert answers == ["there"] * 3
    assert waited == [1, 2]


def test_reconnecting_to_a_server_that_drops_everybody(place: Path) -> None:
    waited: list[float] = []
    clients: list[Client] = []

    def visit_all(address: str) -> None:
        for client in reconnecting(
            address, delays=lambda: (1, 2), sleep=waited.append, clock=lambda: 0.0
        ):
            clients.append(client)
            client.wait_closed()

    with (
        Peer(place, Visit.greet, Visit.greet, Visit.greet) as peer,
        pytest.raises(ConnectionLost, match="server closed"),
    ):
        visit_all(peer.address)
    assert waited == [1, 2]
    assert len(clients) == 3
