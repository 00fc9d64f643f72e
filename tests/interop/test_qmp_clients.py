"""Our clients talk to real servers: QEMU, its storage daemon, its guest agent.

Each test has both clients: the one for asyncio is driven by an event loop of the test's own
behind the same calls as the blocking one (:mod:`.drivers`).
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.aio.tls import client_context
from qapigen.runtime.errors import (
    COMMAND_NOT_FOUND,
    DEVICE_NOT_FOUND,
    GENERIC_ERROR,
    ConnectionLost,
    ProtocolError,
    RemoteError,
)
from tests.interop.drivers import DRIVERS, Driver
from tests.interop.packages import Package
from tests.interop.programs import (
    AGENT,
    DAEMON,
    QEMU,
    agent_socket,
    machine_socket,
    storage_daemon_socket,
)
from tests.runtime.certificates import make_certificates

#: Long enough for a machine that is busy with other tests.
PATIENCE = 30.0

requires_qemu = pytest.mark.requires(QEMU)
requires_daemon = pytest.mark.requires(DAEMON)
requires_agent = pytest.mark.requires(AGENT)


@pytest.fixture(params=DRIVERS.values(), ids=list(DRIVERS))
def driver(request: pytest.FixtureRequest) -> type[Driver]:
    """How a client is driven: asyncio or blocking."""
    found: type[Driver] = request.param
    return found


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[str]:
    """The address of a QEMU that nobody talks to."""
    with machine_socket(tmp_path) as path:
        yield f"unix:{path}"


@pytest.fixture
def vm(qemu: str, driver: type[Driver]) -> Iterator[Driver]:
    """A client in command mode."""
    with driver(qemu) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path, driver: type[Driver]) -> Iterator[Driver]:
    """A client of a storage daemon."""
    with storage_daemon_socket(tmp_path) as path, driver(f"unix:{path}") as client:
        yield client


@pytest.fixture
def guest(tmp_path: Path, driver: type[Driver]) -> Iterator[Driver]:
    """A client of a guest agent."""
    with agent_socket(tmp_path) as path, driver(f"unix:{path}", mode="guest-agent") as client:
        yield client


# --- QEMU ---


@requires_qemu
def test_greeting_and_negotiation(vm: Driver) -> None:
    assert vm.client.greeting is not None
    version = vm.execute("query-version")
    assert vm.client.greeting.to_wire() == {
        "QMP": {"version": version, "capabilities": list(vm.client.greeting.capabilities)}
    }
    assert vm.client.greeting.capabilities == vm.client.capabilities == ("oob",)


@requires_qemu
def test_without_oob(qemu: str, driver: type[Driver]) -> None:
    with driver(qemu, oob=False) as client:
        assert client.client.capabilities == ()
        assert client.execute("query-name") == {}


@requires_qemu
def test_one_client_after_the_other(qemu: str, driver: type[Driver]) -> None:
    """Each gets a greeting of its own, and none what was meant for the one before."""
    for _ in range(5):
        with driver(qemu) as client:
            assert client.execute("query-status")["status"] == "prelaunch"


@requires_qemu
def test_typed_answers(vm: Driver, qapi: Package) -> None:
    status = qapi.answer("query-status", vm.execute("query-status"))
    assert status.running is False
    assert status.status is qapi.type("RunState").PRELAUNCH
    schema = qapi.answer("query-qmp-schema", vm.execute("query-qmp-schema"))
    assert len(schema) > 900


@requires_qemu
@pytest.mark.parametrize(
    ("name", "arguments", "error_class"),
    [
        ("no-such-command", {}, COMMAND_NOT_FOUND),
        ("qmp_capabilities", {}, COMMAND_NOT_FOUND),
        ("query-status", {"a": 1}, GENERIC_ERROR),
        ("device_del", {"id": "nobody"}, DEVICE_NOT_FOUND),
        ("migrate", {"uri": "nonsense:"}, GENERIC_ERROR),
    ],
)
def test_errors(vm: Driver, name: str, arguments: dict[str, Any], error_class: str) -> None:
    with pytest.raises(RemoteError) as caught:
        vm.execute(name, arguments)
    assert (caught.value.error_class, caught.value.command) == (error_class, name)
    assert caught.value.desc
    assert vm.execute("query-name") == {}


@requires_qemu
def test_text_of_all_kinds(vm: Driver) -> None:
    """What is not ASCII arrives, and comes back."""
    text = '\x00\x7f"\\/ä€\U0001f4a1\n'
    vm.execute("migrate-set-parameters", {"tls-hostname": text.replace("\x00", "")})
    answer = vm.execute("query-migrate-parameters")
    assert answer["tls-hostname"] == text.replace("\x00", "")


@requires_qemu
def test_stop_and_resume(vm: Driver) -> None:
    with vm.client.subscribe("STOP", "RESUME") as events:
        vm.execute("cont")
        vm.execute("stop")
        names = [vm.get(events, timeout=PATIENCE).name for _ in range(2)]
    assert names == ["RESUME", "STOP"]
    assert vm.execute("query-status")["status"] == "paused"


@requires_qemu
def test_events_that_came_before_they_are_waited_for(vm: Driver) -> None:
    vm.execute("cont")
    vm.execute("stop")
    stop = vm.wait_event("STOP", timeout=PATIENCE)
    resume = vm.wait_event("RESUME", timeout=PATIENCE)
    assert (resume.timestamp.seconds, resume.timestamp.microseconds) <= (
        stop.timestamp.seconds,
        stop.timestamp.microseconds,
    )


@requires_qemu
def test_typed_events(vm: Driver, qapi: Package) -> None:
    """The events of a small migration, in their order, until it has completed."""
    from qapigen.runtime.events import parse_event

    capability = {"capability": "events", "state": True}
    vm.execute("migrate-set-capabilities", {"capabilities": [capability]})
    seen: list[str] = []
    with vm.client.subscribe("MIGRATION") as events:
        vm.execute("migrate", {"uri": "exec:cat >/dev/null"})
        while not seen or seen[-1] not in ("completed", "failed"):
            event = vm.get(events, timeout=PATIENCE)
            _, data = parse_event(qapi.events, event.to_wire())
            assert isinstance(data, qapi.type("MigrationEventData"))
            seen.append(str(data.status))
    assert seen[0] == "setup"
    assert seen[-1] in ("completed", "failed")
    assert vm.execute("query-migrate")["status"] == seen[-1]


@requires_qemu
def test_out_of_band(vm: Driver) -> None:
    assert vm.execute("query-yank", oob=True) == vm.execute("query-yank")
    with pytest.raises(RemoteError) as caught:
        vm.execute("query-status", oob=True)
    assert caught.value.error_class == GENERIC_ERROR
    with pytest.raises(RemoteError):
        vm.execute("migrate-pause", oob=True)


@requires_qemu
def test_out_of_band_overtakes(tmp_path: Path) -> None:
    """A command that is busy with others holds no out-of-band command up."""
    driver = DRIVERS["asyncio"]
    with machine_socket(tmp_path) as path, driver(f"unix:{path}") as vm:
        names = ["query-qmp-schema"] * 30
        finished = vm.together([(name, {}, False) for name in names] + [("query-yank", {}, True)])
        assert finished.index(len(names)) < len(names) // 2


@requires_qemu
def test_many_at_a_time(tmp_path: Path) -> None:
    """More commands than the server has room for: each gets its own answer."""
    driver = DRIVERS["asyncio"]
    with machine_socket(tmp_path) as path, driver(f"unix:{path}") as vm:
        wanted = [f"/objects/{number}" for number in range(300)]
        answers = vm.gather("qom-list", [{"path": path} for path in wanted])
        for path_of_node, answer in zip(wanted, answers, strict=True):
            assert isinstance(answer, RemoteError)
            assert answer.error_class == DEVICE_NOT_FOUND
            assert path_of_node in answer.desc


@requires_qemu
def test_file_descriptors(vm: Driver, tmp_path: Path) -> None:
    """What is sent along arrives: QEMU writes into our file."""
    target = tmp_path / "out"
    with target.open("wb") as file:
        vm.execute("getfd", {"fdname": "out"}, fds=[file.fileno()])
    vm.execute("closefd", {"fdname": "out"})
    with target.open("wb") as file:
        found = vm.execute("add-fd", {"fdset-id": 7}, fds=[file.fileno()])
    assert found["fdset-id"] == 7
    assert [row["fdset-id"] for row in vm.execute("query-fdsets")] == [7]
    vm.execute("chardev-add", _file_chardev("/dev/fdset/7"))
    vm.execute("chardev-remove", {"id": "log"})
    with pytest.raises(RemoteError):
        vm.execute("getfd", {"fdname": "nothing"})


def _file_chardev(path: str) -> dict[str, Any]:
    return {"id": "log", "backend": {"type": "file", "data": {"out": path}}}


@requires_qemu
def test_several_file_descriptors_at_a_time(tmp_path: Path) -> None:
    driver = DRIVERS["asyncio"]
    with (
        machine_socket(tmp_path) as path,
        driver(f"unix:{path}") as vm,
        Path(os.devnull).open("rb") as spare,
    ):
        many = [{"fdname": f"fd{number}"} for number in range(20)]
        assert vm.gather("getfd", many, fds=[spare.fileno()]) == [{}] * 20
        assert vm.gather("closefd", many) == [{}] * 20


@requires_qemu
def test_quit(qemu: str, driver: type[Driver]) -> None:
    with driver(qemu) as client:
        with client.client.subscribe("SHUTDOWN") as events:
            with suppress(ConnectionLost):  # it may be gone before it answers
                assert client.execute("quit") == {}
            event = client.get(events, timeout=PATIENCE)
            assert event.data == {"guest": False, "reason": "host-qmp-quit"}
        with pytest.raises(ConnectionLost):
            client.execute("query-status", timeout=PATIENCE)


@requires_qemu
def test_tcp(vm: Driver, driver: type[Driver]) -> None:
    """A second monitor, made by the first, on TCP and on IPv6 where there is one."""
    for number, host in enumerate(("127.0.0.1", "::1")):
        if host == "::1" and not _has_ipv6():
            continue
        name = f"tcp{number}"
        inet = {"type": "inet", "data": {"host": host, "port": "0"}}
        backend = {"type": "socket", "data": {"addr": inet, "server": True, "wait": False}}
        vm.execute("chardev-add", {"id": name, "backend": backend})
        rows = {row["label"]: row["filename"] for row in vm.execute("query-chardev")}
        port = rows[name].rpartition(":")[2].partition(",")[0]
        assert port.isdigit()
        # It is no monitor, so it says nothing; but a connection is made.
        shown = f"[{host}]" if ":" in host else host
        with pytest.raises(TimeoutError), driver(f"tcp:{shown}:{port}", timeout=0.2):
            pass


def _has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@requires_qemu
def test_tls(tmp_path: Path, driver: type[Driver]) -> None:
    """Short and long commands arrive as a whole, whatever else there is to say."""
    make_certificates(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd, port = listener.fileno(), listener.getsockname()[1]
        tls = f"tls-creds-x509,id=tls0,dir={tmp_path},endpoint=server,verify-peer=on"
        monitor = f"socket,id=qmp,fd={fd},server=on,wait=off,tls-creds=tls0"
        command = [QEMU, "-machine", "none", "-nodefaults", "-display", "none", "-S"]
        command += ["-object", tls, "-chardev", monitor, "-mon", "chardev=qmp,mode=control"]
        machine = subprocess.Popen(command, pass_fds=[fd])
    try:
        with driver(f"tcp:localhost:{port}", tls=client_context(tmp_path)) as vm:
            for size in (1, 20_000):
                secret = {"qom-type": "secret", "id": f"s{size}", "data": "x" * size}
                assert vm.execute("object-add", secret, timeout=PATIENCE) == {}
            assert vm.execute("query-status", timeout=PATIENCE)["running"] is False
    finally:
        machine.terminate()
        machine.wait()


# --- the storage daemon ---


@requires_daemon
def test_nodes_come_and_go(store: Driver, daemon_qapi: Package) -> None:
    node = daemon_qapi.type("BlockdevOptions_NullCo")(node_name="made", size=2**40)
    store.execute("blockdev-add", daemon_qapi.arguments("blockdev-add", node))
    found = daemon_qapi.answer(
        "query-named-block-nodes", store.execute("query-named-block-nodes", {"flat": True})
    )
    sizes = {each.node_name: each.image.virtual_size for each in found}
    assert sizes["made"] == 2**40
    store.execute("blockdev-del", {"node-name": "made"})
    with pytest.raises(RemoteError):
        store.execute("blockdev-del", {"node-name": "made"})
    with pytest.raises(RemoteError):
        store.execute("blockdev-del", {"node-name": "disk0"})  # cor0 needs it


@requires_daemon
def test_a_job_to_its_end(store: Driver, tmp_path: Path) -> None:
    """An image is created by a job, whose changes of state are events."""
    image = tmp_path / "made.img"
    options = {"driver": "file", "filename": str(image), "size": 65536}
    with store.client.subscribe("JOB_STATUS_CHANGE") as events:
        store.execute("blockdev-create", {"job-id": "job0", "options": options})
        seen: list[object] = []
        while "concluded" not in seen:
            event = store.get(events, timeout=PATIENCE)
            assert event.data is not None
            assert event.data["id"] == "job0"
            seen.append(event.data["status"])
    assert seen[0] == "created"
    store.execute("job-dismiss", {"id": "job0"})
    assert store.execute("query-jobs") == []
    assert image.stat().st_size == 65536


# --- the guest agent ---


@requires_agent
def test_ping(guest: Driver) -> None:
    assert guest.client.greeting is None
    assert guest.execute("guest-ping") == {}
    assert guest.execute("guest-sync", {"id": 2**62}) == 2**62


@requires_agent
def test_typed_guest_info(guest: Driver, qga: Package) -> None:
    info = qga.answer("guest-info", guest.execute("guest-info"))
    names = {each.name for each in info.supported_commands if each.enabled}
    assert {"guest-ping", "guest-file-open", "guest-get-osinfo"} <= names


@requires_agent
@pytest.mark.parametrize(
    ("name", "arguments", "error_class"),
    [
        ("query-status", {}, COMMAND_NOT_FOUND),
        ("guest-shutdown", {}, COMMAND_NOT_FOUND),  # blocked by the test
        ("guest-file-read", {"handle": 4711}, GENERIC_ERROR),
        ("guest-sync", {"id": 1.5}, GENERIC_ERROR),
    ],
)
def test_guest_errors(guest: Driver, name: str, arguments: Any, error_class: str) -> None:
    with pytest.raises(RemoteError) as caught:
        guest.execute(name, arguments)
    assert caught.value.error_class == error_class
    assert guest.execute("guest-ping") == {}


@requires_agent
def test_a_client_finds_what_another_left(tmp_path: Path, driver: type[Driver]) -> None:
    """Half a command of the last client, and its answers, disturb nobody."""
    with agent_socket(tmp_path) as path:
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(path))
            rude.sendall(b'{"execute": "guest-ping", "id": 1}{"execute": "guest-in')
        with driver(f"unix:{path}", mode="guest-agent") as client:
            assert client.execute("guest-sync", {"id": 5}) == 5


@requires_agent
def test_a_file_goes_through(guest: Driver, tmp_path: Path) -> None:
    """Bytes of all kinds, written and read in pieces."""
    content = os.urandom(200_000)
    name = str(tmp_path / "copied")
    handle = guest.execute("guest-file-open", {"path": name, "mode": "w"})
    for at in range(0, len(content), 48_000):
        piece = content[at : at + 48_000]
        written = guest.execute(
            "guest-file-write",
            {"handle": handle, "buf-b64": base64.b64encode(piece).decode()},
        )
        assert written["count"] == len(piece)
    guest.execute("guest-file-close", {"handle": handle})
    assert Path(name).read_bytes() == content

    handle = guest.execute("guest-file-open", {"path": name})
    read = b""
    while True:
        answer = guest.execute("guest-file-read", {"handle": handle, "count": 65_536})
        read += base64.b64decode(answer["buf-b64"])
        if answer["eof"]:
            break
    guest.execute("guest-file-close", {"handle": handle})
    assert read == content
    with pytest.raises(RemoteError):
        guest.execute("guest-file-close", {"handle": handle})


@requires_agent
def test_a_qmp_client_of_a_guest_agent(tmp_path: Path, driver: type[Driver]) -> None:
    """It says nothing by itself: the client waits in vain."""
    with (
        agent_socket(tmp_path) as path,
        pytest.raises((TimeoutError, ProtocolError)),
        driver(f"unix:{path}", timeout=0.2),
    ):
        pass


@requires_qemu
def test_a_guest_agent_client_of_qemu(qemu: str, driver: type[Driver]) -> None:
    """It does not know the command that synchronises."""
    with (
        pytest.raises((TimeoutError, ProtocolError)),
        driver(qemu, mode="guest-agent", timeout=2.0),
    ):
        pass
