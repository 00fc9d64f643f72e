"""The destination: migrate-incoming, stop and cont before the guest is there, how it arrives.

Guests come from files: streams that one source wrote.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migration.machines import Machine, machine

GENERIC = "GenericError"


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The stream of a guest in each of some run states, by the state."""
    folder = tmp_path_factory.mktemp("streams")
    found: dict[str, Path] = {}
    with machine(folder, "--paused", "--fill=half") as source:
        for state in ("prelaunch", "running", "paused", "postmigrate"):
            if state == "running":
                source.execute("cont")
            elif state == "paused":
                source.execute("cont")
                source.execute("stop")
            assert source.state == state
            found[state] = folder / state
            source.execute("migrate", uri=f"exec:cat > {found[state]}")
            source.reached("completed")
    return found


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Machine]:
    """A destination that was not told yet where its guest comes from."""
    with machine(tmp_path, "--incoming=defer", name="waiting") as found:
        yield found


# --- migrate-incoming ---


def test_wrong_uris_may_be_corrected(waiting: Machine, tmp_path: Path) -> None:
    """Each attempt is told, as QEMU does; after all of them, a right one is accepted."""
    waiting.switch(events=True)
    before = waiting.settings
    for uri, told in [
        ("defer", "defer"),
        ("magic:x", "no migration protocol"),
        ("", "no migration protocol"),
        ("tcp:127.0.0.1", "port"),
        ("unix:/nowhere/at/all", "/nowhere/at/all"),
        ("fd:977", "977"),
        ("fd:3", "not started with"),  # open, but the program's own
        ("fd:nobody", "nobody"),
        ("rdma:x:1", "RDMA"),
    ]:
        error, desc = waiting.refused("migrate-incoming", uri=uri)
        assert (error, told in desc) == (GENERIC, True), uri
        assert waiting.heard() == ["MIGRATION setup"]
    assert (waiting.settings, waiting.info) == (before, {})
    assert waiting.execute("migrate-incoming", uri=f"unix:{tmp_path}/in") == {}
    assert waiting.heard() == ["MIGRATION setup"]


def test_once_only(waiting: Machine, tmp_path: Path) -> None:
    """The first one goes on as if nothing had been."""
    waiting.execute("migrate-incoming", uri=f"unix:{tmp_path}/in")
    assert waiting.heard() == ["MIGRATION setup"]  # the capability events is off
    before = waiting.settings
    for uri in (f"unix:{tmp_path}/in", f"unix:{tmp_path}/other", "defer", "magic:x"):
        error, desc = waiting.refused("migrate-incoming", uri=uri)
        assert (error, "started already" in desc) == (GENERIC, True)
    assert (waiting.settings, waiting.info, waiting.heard()) == (before, {}, [])
    assert not (tmp_path / "other").exists()
    assert waiting.state == "inmigrate"
    with socket.socket(socket.AF_UNIX) as source:
        source.connect(f"{tmp_path}/in")  # it listens
        waiting.reached("active")
        assert waiting.info == {"status": "active"}
        assert not (tmp_path / "in").exists()  # to one only


def test_not_deferred(tmp_path: Path) -> None:
    """The uri was given at the start; there the event has been, too early for anybody."""
    with machine(tmp_path, f"--incoming=unix:{tmp_path}/in") as one:
        error, desc = one.refused("migrate-incoming", uri=f"unix:{tmp_path}/other")
        assert (error, "--incoming defer" in desc) == (GENERIC, True)
        assert one.info == {}
        assert (tmp_path / "in").exists()
        assert not (tmp_path / "other").exists()
        assert one.quit() == 0
    assert not (tmp_path / "in").exists()


# --- how a guest arrives ---


@pytest.mark.parametrize(
    ("state", "orders", "arrived"),
    [
        ("running", [], "running"),
        ("running", ["stop"], "paused"),
        ("running", ["stop", "cont"], "running"),
        ("running", ["--paused"], "paused"),
        ("running", ["--paused", "cont"], "running"),
        ("paused", [], "paused"),
        ("paused", ["cont"], "paused"),
        ("prelaunch", [], "prelaunch"),
        ("postmigrate", [], "postmigrate"),
    ],
)
def test_arrival(
    tmp_path: Path, streams: dict[str, Path], state: str, orders: list[str], arrived: str
) -> None:
    """Events: those of the migration if they are switched on, and RESUME before the last one."""
    options = [order for order in orders if order.startswith("--")]
    with machine(tmp_path, "--incoming=defer", *options) as one:
        for order in orders:
            if order not in options:
                assert one.execute(order) == {}
                assert (one.state, one.heard()) == ("inmigrate", [])
        one.switch(events=True)
        one.execute("migrate-incoming", uri=f"exec:cat {streams[state]}")
        heard = one.heard("MIGRATION completed")
        resumed = ["RESUME"] if arrived == "running" else []
        assert heard == ["MIGRATION setup", "MIGRATION active", *resumed, "MIGRATION completed"]
        assert one.info == {"status": "completed"}
        assert one.state == arrived
        # From here on it is a guest like any other.
        one.execute("cont")
        one.execute("stop")
        assert one.state == "paused"
        assert one.heard() == [*([] if resumed else ["RESUME"]), "STOP"]


def test_without_the_capability(waiting: Machine, streams: dict[str, Path]) -> None:
    waiting.execute("migrate-incoming", uri=f"exec:cat {streams['running']}")
    assert waiting.heard("RESUME") == ["MIGRATION setup", "RESUME"]
    waiting.reached("completed")
    assert waiting.heard() == []


def test_arrived_guest_moves_on(waiting: Machine, streams: dict[str, Path], tmp_path: Path) -> None:
    """It is a source like any other then; and the memory is what it was."""
    waiting.execute("stop")
    waiting.execute("migrate-incoming", uri=f"exec:cat {streams['running']}")
    waiting.reached("completed")
    assert waiting.refused("migrate-incoming", uri="tcp::0")[0] == GENERIC
    waiting.execute("migrate", uri="unix:/nowhere/at/all")
    waiting.reached("failed")
    waiting.execute("migrate", uri=f"exec:cat > {tmp_path}/again")
    waiting.reached("completed")
    assert waiting.info["ram"]["total"] == 1 << 20
    first, second = streams["running"].read_bytes(), (tmp_path / "again").read_bytes()
    begin = first.index(b"pc.ram")
    assert first[: begin + 2000] == second[: begin + 2000]
    assert len(first) == len(second)


# --- descriptors ---


def test_inherited_descriptor(tmp_path: Path, streams: dict[str, Path]) -> None:
    with streams["paused"].open("rb") as file:
        fd = file.fileno()
        with machine(tmp_path, f"--incoming=fd:{fd}", pass_fds=(fd,)) as one:
            one.reached("completed")
            assert one.state == "paused"


def test_descriptor_by_name(waiting: Machine, streams: dict[str, Path]) -> None:
    """A socket that the client keeps the other end of."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            waiting.send_descriptor("in", theirs.fileno())
        waiting.execute("migrate-incoming", uri="fd:in")
        feeding = threading.Thread(target=ours.sendall, args=(streams["paused"].read_bytes(),))
        feeding.start()
        waiting.reached("completed")
        feeding.join()
    assert waiting.state == "paused"


def test_name_of_no_use(waiting: Machine) -> None:
    reader, writer = os.pipe()
    waiting.send_descriptor("in", writer)
    error, desc = waiting.refused("migrate-incoming", uri="fd:in")
    assert (error, "cannot be read" in desc) == (GENERIC, True)
    os.close(writer)
    os.close(reader)


# --- a guest that does not arrive ---

BROKEN = {
    "no stream": b"GET / HTTP/1.1\r\n\r\n",
    "nothing": b"",
}


@pytest.fixture(params=["cut off", *BROKEN])
def broken(request: pytest.FixtureRequest, tmp_path: Path, streams: dict[str, Path]) -> str:
    """The uri of a stream that cannot be loaded."""
    whole = streams["running"].read_bytes()
    path = tmp_path / "broken"
    path.write_bytes(BROKEN.get(request.param, whole[: len(whole) // 2]))
    return f"exec:cat {path}"


def test_failure_ends_the_process(tmp_path: Path, broken: str) -> None:
    with machine(tmp_path, "--incoming=defer") as one:
        one.execute("migrate-incoming", uri=broken)
        assert one.ended() == 1
        assert "qapigen vm: load of migration failed: " in one.log
        assert "Traceback" not in one.log


def test_failure_that_is_to_be_looked_at(tmp_path: Path, broken: str) -> None:
    with machine(tmp_path, "--incoming=defer", "--no-exit-on-incoming-failure") as one:
        one.switch(events=True)
        one.execute("migrate-incoming", uri=broken)
        heard = one.heard("MIGRATION failed")
        assert heard == ["MIGRATION setup", "MIGRATION active", "MIGRATION failed"]
        info = one.info
        assert info == {"status": "failed", "error-desc": info["error-desc"]}
        assert info["error-desc"].startswith("load of migration failed: ")
        assert one.state == "inmigrate"
        # Neither side of it begins again.
        assert one.refused("migrate-incoming", uri=broken)[0] == GENERIC
        assert one.refused("migrate", uri="exec:true")[0] == GENERIC
        one.execute("cont")
        assert (one.state, one.info) == ("inmigrate", info)
        assert one.quit() == 0


def test_failure_at_the_start(tmp_path: Path) -> None:
    """It may happen before any client is there."""
    with machine(tmp_path, "--incoming=exec:true", "--no-exit-on-incoming-failure") as one:
        one.reached("failed")
        assert one.quit() == 0


def test_other_machine(tmp_path: Path, streams: dict[str, Path]) -> None:
    """The destination has to be made as the source was."""
    for options, told in [
        (["--ram=2M"], "pc.ram"),
        (["--ram=ram=1M"], "pc.ram"),
        (["--machine=virt"], "virt"),
    ]:
        with machine(
            tmp_path,
            *options,
            f"--incoming=exec:cat {streams['running']}",
            "--no-exit-on-incoming-failure",
            name="".join(filter(str.isalnum, options[0])),
        ) as one:
            one.reached("failed")
            assert told in one.info["error-desc"]
