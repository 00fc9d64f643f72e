"""migrate and what belongs to it, in each status that a source can be in.

One process goes through all of them; destinations are commands, files, and peers that pretend.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migration.channels.pairs import Background
from tests.migration.machines import CRAWL, DEADLINE_SECONDS, Machine, Peer, machine, until
from tests.migration.stream.layout_parser import parse
from tests.runtime.certificates import make_certificates

GENERIC = "GenericError"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A source whose guest has 8 MiB that are not zero."""
    folder = make_certificates(tmp_path_factory.mktemp("source"))
    with machine(folder, "--ram=8M", "--fill=random") as found:
        client = {"qom-type": "tls-creds-x509", "id": "client", "endpoint": "client"}
        found.execute("object-add", client, dir=str(folder))
        yield found


@pytest.fixture
def source(process: Machine) -> Iterator[Machine]:
    """The same with a running guest and the settings of the beginning, nothing going on."""
    process.execute("cont")
    process.heard()
    yield process
    process.execute("migrate_cancel")
    process.reached("none", "completed", "failed", "cancelled")
    process.switch(
        auto_converge=False, events=False, return_path=False, pause_before_switchover=False
    )
    process.set(max_bandwidth=33554432, tls_creds="", tls_hostname="")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    with Peer(tmp_path) as found:
        yield found


def brought(source: Machine, status: str, peer: Peer) -> None:
    """Have a migration be in this status, and stay there."""
    if status == "completed":
        source.set(max_bandwidth=0)
        source.execute("migrate", uri="exec:cat >/dev/null")
    elif status == "failed":
        source.execute("migrate", uri="unix:/nowhere/at/all")
    elif status == "setup":
        source.set(tls_creds="client", tls_hostname="localhost")
        source.execute("migrate", uri=peer.uri)  # which does not answer the handshake
    else:
        source.switch(return_path=True, pause_before_switchover=status != "active")
        source.set(max_bandwidth=0 if status in ("pre-switchover", "device") else CRAWL)
        source.execute("migrate", uri=peer.uri)
        source.reached("active", "pre-switchover")
    if status == "cancelled":
        source.execute("migrate_cancel")
    if status == "device":
        source.reached("pre-switchover")
        source.execute("migrate-continue", state="pre-switchover")
    source.reached(status)


BUSY = ["setup", "active", "pre-switchover", "device"]
OVER = ["completed", "failed", "cancelled"]


# --- what is refused in which status ---


@pytest.mark.parametrize("status", BUSY)
def test_busy(source: Machine, peer: Peer, tmp_path: Path, status: str) -> None:
    """No second migration, and no change of what the first one was begun with."""
    brought(source, status, peer)
    before = source.settings
    # Whatever else is wrong with it, this comes first.
    for wrong in ({}, {"blk": True}, {"inc": True, "uri": "magic:"}):
        arguments = {"uri": f"exec:touch {tmp_path}/began", **wrong}
        error, desc = source.refused("migrate", arguments)
        assert (error, "in progress" in desc) == (GENERIC, True)
    for request in ([], [{"capability": "events", "state": True}]):
        error, desc = source.refused("migrate-set-capabilities", capabilities=request)
        assert (error, "in progress" in desc) == (GENERIC, True)
    for other in {*BUSY, *OVER, "none", "colo", "cancelling"} - {status}:
        error, desc = source.refused("migrate-continue", state=other)
        assert (error, f"'{status}'" in desc) == (GENERIC, True)
    assert source.refused("migrate-start-postcopy")[0] == GENERIC
    assert source.refused("x-colo-lost-heartbeat")[0] == GENERIC
    assert source.refused("migrate-incoming", uri="tcp::0")[0] == GENERIC
    assert (source.settings, source.status) == (before, status)
    assert not (tmp_path / "began").exists()


@pytest.mark.parametrize("status", BUSY)
def test_parameters_may_change_at_any_time(source: Machine, peer: Peer, status: str) -> None:
    brought(source, status, peer)
    source.set(downtime_limit=301)
    source.execute("migrate_set_downtime", value=0.3)
    assert source.refused("migrate-set-parameters", {"downtime-limit": -1})[0] == GENERIC
    assert source.execute("query-migrate-parameters")["downtime-limit"] == 300
    assert source.status == status


@pytest.mark.parametrize("status", OVER)
def test_over(source: Machine, peer: Peer, status: str) -> None:
    """Nothing is in the way of another one."""
    brought(source, status, peer)
    state = source.state
    assert state == ("postmigrate" if status == "completed" else "running")
    source.execute("migrate_cancel")  # there is nothing to cancel
    assert (source.status, source.state) == (status, state)
    source.heard()
    source.switch(events=True, return_path=False, pause_before_switchover=False)
    source.set(max_bandwidth=0)
    source.execute("migrate", uri="exec:cat >/dev/null")
    heard = source.heard("MIGRATION completed")
    assert heard[:3] == ["MIGRATION setup", "MIGRATION_PASS 1", "MIGRATION active"]
    assert source.state == "postmigrate"


@pytest.mark.parametrize("status", ["active", "device", *OVER])
def test_continue_where_there_is_no_pause(source: Machine, peer: Peer, status: str) -> None:
    """The right status is accepted, and a later pause does not end by it."""
    brought(source, status, peer)
    source.execute("migrate-continue", state=status)
    assert source.status == status
    if status == "active":
        source.execute("migrate_cancel")
    elif status == "device":
        peer.confirm()
    source.reached(*OVER)
    source.switch(pause_before_switchover=True, return_path=False)
    source.set(max_bandwidth=0)
    source.execute("migrate", uri="exec:cat >/dev/null")
    source.reached("pre-switchover")
    source.execute("migrate-continue", state="pre-switchover")
    source.reached("completed")


def test_cont_is_refused_while_the_guest_leaves(source: Machine, peer: Peer) -> None:
    brought(source, "pre-switchover", peer)
    for status in ("pre-switchover", "device"):
        if status == "device":
            source.execute("migrate-continue", state="pre-switchover")
        source.reached(status)
        assert source.state == "finish-migrate"
        error, desc = source.refused("cont")
        assert (error, "about to leave" in desc) == (GENERIC, True)
        source.execute("stop")
        assert (source.state, source.status) == ("finish-migrate", status)
    peer.confirm()
    source.reached("completed")
    source.execute("cont")
    assert (source.state, source.status) == ("running", "completed")


def test_inmigrate(tmp_path: Path) -> None:
    """A guest that is still to come cannot leave."""
    with machine(tmp_path, "--incoming=defer") as one:
        one.switch(events=True)
        before = one.settings
        for more in ({}, {"blk": True}):
            error, desc = one.refused("migrate", {"uri": "magic:", **more})
            assert (error, "incoming" in desc) == (GENERIC, True)
        assert (one.settings, one.info, one.heard()) == (before, {}, [])


# --- disks ---


@pytest.mark.parametrize("more", [{"blk": True}, {"inc": True}, {"blk": True, "inc": True}])
def test_disks(source: Machine, more: dict[str, bool]) -> None:
    """There is no engine for them: refused before anything, and the uri is not looked at."""
    source.switch(events=True)
    before, info = source.settings, source.info
    error, desc = source.refused("migrate", {"uri": "magic:", **more})
    assert (error, "'block'" in desc) == (GENERIC, True)
    assert (source.settings, source.info, source.heard()) == (before, info, [])
    source.set(block_incremental=True)
    error, desc = source.refused("migrate", {"uri": "magic:", **more})
    assert (error, "do not go with" in desc) == (GENERIC, True)
    assert (source.info, source.heard()) == (info, [])
    source.set(block_incremental=False)


def test_false_equals_absent(source: Machine) -> None:
    """And detach means nothing at all."""
    source.set(max_bandwidth=0)
    for detach in (True, False):
        source.execute("cont")
        source.execute("migrate", uri="exec:cat >/dev/null", blk=False, inc=False, detach=detach)
        source.reached("completed")


# --- uris, and why it failed ---


def test_unknown_prefix(source: Machine) -> None:
    """An error, and the status failed, whose reason is not kept."""
    source.switch(events=True)
    for uri in ("magic:x", "TCP:127.0.0.1:1", "", "defer", "tcp"):
        error, desc = source.refused("migrate", uri=uri)
        assert (error, "no migration protocol" in desc) == (GENERIC, True)
        assert source.info == {"status": "failed"}
        assert source.heard() == ["MIGRATION setup", "MIGRATION failed"]
    assert source.state == "running"


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("tcp:127.0.0.1", "port"),
        ("tcp:127.0.0.1:x", "port"),
        ("tcp:127.0.0.1:70000", "port"),
        ("tcp:::1:4444", "brackets"),
        ("tcp:127.0.0.1:4444,magic=1", "magic"),
        ("unix:", "path"),
        ("unix:" + "x" * 200, "107"),
        ("exec:", "command"),
        ("fd:", "name"),
        ("fd:nobody", "nobody"),
        ("rdma:127.0.0.1:4444", "RDMA"),
    ],
)
def test_start_error(source: Machine, uri: str, told: str) -> None:
    """An error, and the status failed with the same reason, until the next migrate."""
    source.switch(events=True)
    error, desc = source.refused("migrate", uri=uri)
    assert (error, told in desc) == (GENERIC, True)
    assert source.info == {"status": "failed", "error-desc": desc}
    assert source.heard() == ["MIGRATION setup", "MIGRATION failed"]
    assert source.state == "running"
    source.refused("migrate", uri="magic:")
    assert source.info == {"status": "failed"}


@pytest.mark.parametrize("uri", ["unix:{}/nobody", "tcp:127.0.0.1:1"])
def test_nobody_listens(source: Machine, tmp_path: Path, uri: str) -> None:
    """migrate succeeds; the reason is kept until the next one."""
    source.switch(events=True)
    uri = uri.format(tmp_path)
    assert source.execute("migrate", uri=uri) == {}
    assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]
    info = source.info
    assert info.keys() == {"status", "error-desc"}
    assert uri.partition(":")[2] in info["error-desc"]
    assert source.state == "running"
    source.refused("migrate", uri="magic:")
    assert source.info == {"status": "failed"}


def test_refused_migrate_leaves_the_last_one_alone(source: Machine, tmp_path: Path) -> None:
    source.execute("migrate", uri=f"unix:{tmp_path}/nobody")
    source.reached("failed")
    before = source.info
    assert source.refused("migrate", uri=f"unix:{tmp_path}/nobody", blk=True)[0] == GENERIC
    assert source.info == before


def test_command_that_ends_early(source: Machine) -> None:
    """Its status means nothing, but the rest of the guest cannot be written."""
    source.set(max_bandwidth=0)
    source.execute("migrate", uri="exec:exit 3")
    source.reached("failed")
    assert source.info["error-desc"]
    assert source.state == "running"


def test_return_path_needs_two_ways(source: Machine) -> None:
    reader, writer = os.pipe()
    source.switch(return_path=True, events=True)
    source.send_descriptor("pipe", writer)
    source.execute("migrate", uri="fd:pipe")
    assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]
    assert "one way" in source.info["error-desc"]
    os.close(reader)
    os.close(writer)


def test_destination_says_no(source: Machine, peer: Peer) -> None:
    source.switch(return_path=True)
    source.set(max_bandwidth=0)
    source.execute("migrate", uri=peer.uri)
    until(lambda: peer.taken or None)
    peer.say(b"\x00\x01\x00\x04\x00\x00\x00\x01")  # SHUT
    source.reached("failed")
    assert "could not load the guest" in source.info["error-desc"]
    assert source.state == "running"


# --- cancelling ---


@pytest.mark.parametrize("status", ["setup", "active", "pre-switchover"])
@pytest.mark.parametrize("running", [True, False])
def test_cancel(source: Machine, peer: Peer, status: str, running: bool) -> None:
    """The guest goes on as before."""
    source.switch(events=True)
    if not running:
        source.execute("stop")
    state = source.state
    brought(source, status, peer)
    source.execute("migrate_cancel")
    heard = source.heard("MIGRATION cancelled")
    source.execute("migrate_cancel")  # once is enough
    assert source.heard() == []
    expected = ["MIGRATION cancelling", "MIGRATION cancelled"]
    if running and status == "pre-switchover":
        expected.insert(1, "RESUME")
    assert heard[-len(expected) :] == expected
    assert source.info == {"status": "cancelled"}
    assert source.state == state
    assert peer.over.wait(DEADLINE_SECONDS)


def test_cancel_in_device_is_too_late(source: Machine, peer: Peer) -> None:
    """The destination may run the guest already: only it can say."""
    brought(source, "device", peer)
    peer.at_the_end()
    source.execute("migrate_cancel")
    assert source.status == "device"
    peer.confirm()
    source.reached("completed")
    assert source.state == "postmigrate"


# --- descriptors ---


def taken(connection: socket.socket) -> bytes:
    data = bytearray()
    while more := connection.recv(1 << 20):
        data += more
    return bytes(data)


def test_socketpair(source: Machine) -> None:
    """A socket that the client made; the name is used up."""
    source.set(max_bandwidth=0)
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            source.send_descriptor("out", theirs.fileno())
        reading = Background(lambda: taken(ours))
        source.execute("migrate", uri="fd:out")
        source.reached("completed")
        stream = reading.result()
    assert parse(stream).ram["pc.ram"] is not None
    error, desc = source.refused("migrate", uri="fd:out")
    assert (error, "out" in desc) == (GENERIC, True)


def test_file(source: Machine, tmp_path: Path) -> None:
    source.set(max_bandwidth=0)
    with (tmp_path / "state").open("wb") as file:
        source.send_descriptor("file", file.fileno())
    source.execute("migrate", uri="fd:file")
    source.reached("completed")
    parsed = parse((tmp_path / "state").read_bytes())
    assert len(parsed.ram["pc.ram"]) == 8 << 20


def test_closefd(source: Machine, tmp_path: Path) -> None:
    with (tmp_path / "state").open("wb") as file:
        source.send_descriptor("file", file.fileno())
    source.execute("closefd", fdname="file")
    assert source.refused("closefd", fdname="file")[0] == GENERIC
    error, desc = source.refused("migrate", uri="fd:file")
    assert (error, "file" in desc) == (GENERIC, True)
    assert not (tmp_path / "state").read_bytes()


def test_names_of_descriptors(source: Machine, tmp_path: Path) -> None:
    """None begins with a digit; the last one of a name counts; all clients share them."""
    with (tmp_path / "a").open("wb") as a, (tmp_path / "b").open("wb") as b:
        for file in (a, b):
            source.send_descriptor("file", file.fileno())
        with pytest.raises(Exception, match="digit"):
            source.send_descriptor("7th", a.fileno())
    source.set(max_bandwidth=0)
    other = Machine(source.process, source.address, tmp_path / "log")
    with other.qmp:
        other.execute("migrate", uri="fd:file")
    source.reached("completed")
    assert (tmp_path / "a").stat().st_size == 0
    assert (tmp_path / "b").stat().st_size > 8 << 20


def test_descriptor_to_read(source: Machine) -> None:
    with open("/dev/null", "rb") as file:
        source.send_descriptor("in", file.fileno())
    error, desc = source.refused("migrate", uri="fd:in")
    assert (error, "cannot be written" in desc) == (GENERIC, True)
    assert source.info == {"status": "failed", "error-desc": desc}
