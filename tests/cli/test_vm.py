"""``qapigen vm``: its options, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from qapi_migration.client import BlockingClient
from qapigen.cli.status import TROUBLE
from tests.cli.conftest import Call, one_error
from tests.cli.process import COMMAND, environment
from tests.house.test_light_imports import among, loaded_by
from tests.migration.machines import DEADLINE_SECONDS, Machine, machine, until
from tests.terminal import Terminal

#: What only this verb may load, and late.
OF_THE_VM = {"numpy", "rich", "qapigen.migration"}


@pytest.fixture(autouse=True)
def nobody_waits_for_ever() -> Iterator[None]:
    """A machine that was not to be served ends its test, which runs in this process."""

    def end(number: int, frame: object) -> None:
        raise TimeoutError("a machine is served")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(2 * int(DEADLINE_SECONDS))
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# --- help, and options that are wrong ---


def test_help(call: Call) -> None:
    outcome = call("vm", "--help")
    assert (outcome.status, outcome.err) == (0, "")
    for word in ("--ram", "--incoming", "rom=64K", "hotcold", "defer", "Exit status:", "stdio"):
        assert word in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--ram=0"], "whole number of pages"),
        (["--ram=5000"], "whole number of pages"),
        (["--ram=1M", "--ram=rom=5"], "block rom: "),
        (["--ram=much"], "--ram much: expected a size such as"),
        (["--ram="], "--ram : expected a size"),
        (["--ram=-1M"], "--ram -1M: expected a size"),
        (["--ram=ram="], "--ram ram=: expected a size"),
        (["--ram==1M"], "name of a block has 1 to 255"),
        (["--ram", f"{'x' * 256}=1M"], "name of a block has 1 to 255"),
        (["--ram=a=1M", "--ram=a=2M"], "two blocks have the name a"),
        (["--ram=1M", "--ram=2M"], "two blocks have the name pc.ram"),
        (["--ram=100000T"], "not so much memory"),
        (["--ram=15E"], "not so much memory"),
        (["--cpus=0"], "1 to 255 vCPUs"),
        (["--cpus=256"], "1 to 255 vCPUs"),
        (["--workload=busy"], "'busy'"),
        (["--workload=rate=x"], "rate"),
        (["--workload=hot=1"], "rate is missing"),
        (["--workload=rate=1,rate=2"], "twice"),
        (["--workload=rate=1,pattern=zigzag"], "zigzag"),
        (["--ram=1M", "--workload=rate=1,hot=257"], "257 hot pages does not fit"),
        (["--machine="], "type of a machine has 1 to 255"),
        (["--machine", "x" * 256], "type of a machine has 1 to 255"),
        (["--disk=x"], "NAME=FILE"),
        (["--disk=a=/nowhere/at/all"], "/nowhere/at/all"),
        (["--disk=a=/tmp"], "no regular file"),
        (["--qmp=here"], "'here' is no address"),
        (["--qmp=tcp:127.0.0.1:70000"], "65535"),
        (["--qmp=unix:/nowhere/at/all"], "/nowhere/at/all"),
        (["--qmp=fd:977"], "977"),
    ],
)
def test_wrong_option(call: Call, options: list[str], told: str) -> None:
    line = one_error(call("vm", *options), TROUBLE)
    assert line.startswith("qapigen vm: error: ")
    assert told in line


@pytest.mark.parametrize(
    "options", [["--cpus=two"], ["--fill=full"], ["--memory=1M"], ["1M"], ["--incoming"]]
)
def test_no_such_option(call: Call, options: list[str]) -> None:
    outcome = call("vm", *options)
    assert (outcome.status, outcome.out) == (TROUBLE, "")
    assert "usage: qapigen vm" in outcome.err


def test_two_disks(call: Call, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    for first, second, told in [("a=a", "a=b", "name a"), ("a=a", "c=c", "the same file")]:
        paths = [
            f"--disk={name}={tmp_path}/{path}"
            for name, path in (each.split("=") for each in (first, second))
        ]
        assert told in one_error(call("vm", *paths), TROUBLE)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("magic:x", "no migration protocol"),
        ("tcp:127.0.0.1", "the port is missing"),
        ("unix:/nowhere/at/all", "/nowhere/at/all"),
        ("fd:977", "977"),
        ("fd:name", "number"),
        ("", "no migration protocol"),
    ],
)
def test_no_guest_can_be_waited_for(call: Call, uri: str, told: str) -> None:
    line = one_error(call("vm", "--ram=1M", f"--incoming={uri}"), 1)
    assert line.startswith("qapigen vm: error: ")
    assert told in line


def test_address_in_use(call: Call, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"{tmp_path}/taken")
        unix.listen()
        port = taken.getsockname()[1]
        for option, address, status in [
            ("--qmp", f"tcp:127.0.0.1:{port}", TROUBLE),
            ("--qmp", f"unix:{tmp_path}/taken", TROUBLE),
            ("--incoming", f"tcp:127.0.0.1:{port}", 1),
        ]:
            line = one_error(call("vm", "--ram=1M", f"{option}={address}"), status)
            assert address in line
            assert "in use" in line or "listens there already" in line


# --- libraries ---

WITHOUT = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from qapigen.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


def without(libraries: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where some libraries are not installed."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, libraries, *arguments],
        env=environment(),
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
    )


def test_library_that_is_not_needed(tmp_path: Path) -> None:
    """The others of the verb's own help, rich without the line of progress, all other verbs."""
    assert without("rich", "vm", "--ram=0").stderr.endswith("whole number of pages\n")
    for arguments in (["vm", "--help"], ["call", "--help"], ["generate", f"--out={tmp_path}/o"]):
        result = without("numpy,rich", *arguments)
        assert result.returncode == 0
        assert "numpy" not in result.stderr


def test_verbs_load_none_of_it() -> None:
    verbs = [f"qapigen.cli.{name}" for name in ("main", "call", "generate", "check", "vm")]
    assert not among(loaded_by(*verbs), OF_THE_VM)
    assert "numpy" in among(loaded_by("qapigen.migration.vm"), OF_THE_VM)


# --- what it serves ---


@contextmanager
def started(
    *options: str, stderr: int = subprocess.PIPE, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """The command, and its end whatever happens."""
    with subprocess.Popen(
        [*COMMAND, "vm", "--ram=1M", *options],
        env=environment({"TERM": "xterm-256color", "COLUMNS": "120"}),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
    ) as process:
        watchdog = threading.Timer(DEADLINE_SECONDS, process.kill)  # nobody waits for ever
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()


def served(process: subprocess.Popen[str]) -> str:
    """The next address that it tells."""
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("qapigen vm: serving "), line
    return line.split()[3]


def test_several_monitors(tmp_path: Path) -> None:
    """Whatever one of them does, the others hear of it."""
    addresses = [f"--qmp=unix:{tmp_path}/a", "--qmp=tcp:127.0.0.1:0"]
    with started(*addresses) as process:
        told = [served(process) for _ in addresses]
        assert told[0] == f"unix:{tmp_path}/a"
        first, second = (BlockingClient.connect(each, timeout=DEADLINE_SECONDS) for each in told)
        with first, second:
            first.stop(timeout=DEADLINE_SECONDS)
            second.client.wait_event("STOP", timeout=DEADLINE_SECONDS)
            second.quit(timeout=DEADLINE_SECONDS)
            first.client.wait_event("SHUTDOWN", timeout=DEADLINE_SECONDS)
        assert process.wait(DEADLINE_SECONDS) == 0
    assert not (tmp_path / "a").exists()


def test_monitor_at_stdin(tmp_path: Path) -> None:
    """A client that goes does not end the guest."""
    with started("--qmp=stdio", f"--qmp=unix:{tmp_path}/a", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        greeting = json.loads(process.stdout.readline())
        assert greeting["QMP"]["version"]["qemu"]["major"] == 2
        process.stdin.write('{"execute": "qmp_capabilities"} {"execute": "query-status"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"return": {}}
        assert json.loads(process.stdout.readline())["return"]["status"] == "running"
        process.stdin.close()
        with BlockingClient.connect(f"unix:{tmp_path}/a", timeout=DEADLINE_SECONDS) as client:
            assert client.query_status(timeout=DEADLINE_SECONDS).running
            client.quit(timeout=DEADLINE_SECONDS)
        assert process.wait(DEADLINE_SECONDS) == 0


@pytest.mark.parametrize("options", [[], ["--incoming=tcp:127.0.0.1:0"], ["--incoming=defer"]])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_monitor(options: list[str], number: signal.Signals) -> None:
    """It runs until a signal comes."""
    with started(*options) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        expected = "serving tcp:127.0.0.1:" if "tcp" in str(options) else "serving nobody"
        assert expected in line
        process.send_signal(number)
        assert process.wait(DEADLINE_SECONDS) == 0
        assert process.stderr.read() == ""


# --- memory ---


def test_blocks(tmp_path: Path) -> None:
    with machine(tmp_path, "--ram=1M", "--ram=rom=64K", "--ram=vga=2M") as one:
        one.execute("migrate", uri="exec:cat >/dev/null")
        one.reached("completed")
        assert one.info["ram"]["total"] == (3 << 20) + (64 << 10)


def digest(one: Machine) -> dict[str, str]:
    """What it printed at its end."""
    assert one.quit() == 0
    (line,) = one.out.splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def test_digest(tmp_path: Path) -> None:
    """Equal on both sides of a migration, and only then."""
    options = ("--ram=4M", "--ram=rom=64K", "--digest")
    source = machine(
        tmp_path, *options, "--fill=half", "--workload=dirty", "--cpus=2", name="source"
    )
    with (
        source as one,
        machine(
            tmp_path, *options, "--paused", f"--incoming=unix:{tmp_path}/in", name="dest"
        ) as other,
    ):
        one.switch(return_path=True)
        one.execute("migrate", uri=f"unix:{tmp_path}/in")
        one.reached("completed")
        assert other.state == "paused"
        first, second = digest(one), digest(other)
    assert first == second
    assert first.keys() == {"pc.ram", "rom"}
    with machine(tmp_path, *options, name="empty") as empty:
        third = digest(empty)
    assert third["pc.ram"] != first["pc.ram"]


def test_no_digest_of_a_guest_that_did_not_arrive(tmp_path: Path) -> None:
    """The status tells, whatever is printed."""
    with started("--incoming=exec:true", "--digest") as process:
        assert process.wait(DEADLINE_SECONDS) == 1


# --- the line of progress ---


def migrated(address: str, uris: Sequence[str]) -> None:
    """Migrate a machine to some places, one after the other, and end it."""
    with BlockingClient.connect(address, timeout=DEADLINE_SECONDS) as client:
        for uri in uris:
            client.migrate(uri=uri, timeout=DEADLINE_SECONDS)
            while (info := client.query_migrate(timeout=DEADLINE_SECONDS)).status is not None:
                if info.status.value in ("completed", "failed"):
                    break
        client.quit(timeout=DEADLINE_SECONDS)


def test_progress_in_a_pipe(tmp_path: Path) -> None:
    """A line each time there is news, without anything for a terminal."""
    with started("--progress", f"--qmp=unix:{tmp_path}/a", "--fill=random") as process:
        migrated(served(process), [f"unix:{tmp_path}/nobody", "exec:cat >/dev/null"])
        assert process.wait(DEADLINE_SECONDS) == 0
        assert process.stderr is not None
        text = process.stderr.read()
    assert "\x1b" not in text
    lines = text.splitlines()
    assert any(line.startswith("qapigen vm: migration failed: ") for line in lines)
    assert lines[-1].startswith("completed  100 %  256 pages  ")
    assert lines[-1].endswith("  0.0 of 1 MiB left  0 pages zero")
    assert "downtime" in lines[-1]


TERMINALS = {
    "ordinary": {"TERM": "xterm"},
    "no-color": {"TERM": "xterm", "NO_COLOR": "1"},
    "no-color-empty": {"TERM": "xterm", "NO_COLOR": ""},
    "force-color": {"TERM": "xterm", "FORCE_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
}


@pytest.mark.parametrize("kind", TERMINALS)
def test_progress_on_a_terminal(tmp_path: Path, kind: str) -> None:
    """A line for each migration that changes and stays; logs and digests have their own lines."""
    terminal = Terminal()
    words = [*COMMAND, "vm", "--ram=1M", "--progress", "--digest", f"--qmp=unix:{tmp_path}/a"]
    with terminal.running(words, environment(TERMINALS[kind])) as process:
        terminal.read_until(b"/a")
        migrated(f"unix:{tmp_path}/a", [f"unix:{tmp_path}/nobody", "exec:cat >/dev/null"])
        terminal.read_all()
        assert process.wait(DEADLINE_SECONDS) == 0
    rows = terminal.rows()
    starts = ["qapigen vm: serving", "qapigen vm: migration failed: ", "completed  100 %", '{"pc']
    rest = iter(rows)
    for start in starts:
        assert any(row.startswith(start) for row in rest), (start, rows)
    assert sum(row.startswith("completed") for row in rows) == 1
    shown = terminal.raw.decode()
    if kind == "dumb":
        assert "\x1b" not in shown
    else:
        assert "\x1b[?25l" in shown  # the cursor is hidden,
        assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # and comes back


def test_digest_in_a_pipe_beside_progress_on_a_terminal(tmp_path: Path) -> None:
    """What is for programs comes on stdout, wherever the progress is drawn."""
    ours, theirs = pty.openpty()
    with started("--progress", "--digest", f"--qmp=unix:{tmp_path}/a", stderr=theirs) as process:
        os.close(theirs)
        text = b""
        while b"/a" not in text:
            text += os.read(ours, 4096)
        migrated(f"unix:{tmp_path}/a", ["exec:cat >/dev/null"])
        text += rest(ours)
        assert process.stdout is not None
        printed = process.stdout.read()
        assert process.wait(DEADLINE_SECONDS) == 0
    os.close(ours)
    assert list(json.loads(printed)) == ["pc.ram"]
    assert b"completed" in text
    assert b"pc.ram" not in text.replace(b"/a", b"")


def test_progress_without_stderr(tmp_path: Path) -> None:
    terminal = Terminal()
    words = [*COMMAND, "vm", "--ram=1M", "--progress", "--digest", f"--qmp=unix:{tmp_path}/a"]
    with terminal.running(words, environment(), stderr_closed=True) as process:
        until(lambda: (tmp_path / "a").is_socket() or None)  # nothing else tells that it serves
        migrated(f"unix:{tmp_path}/a", ["exec:cat >/dev/null"])
        terminal.read_all()
        assert process.wait(DEADLINE_SECONDS) == 0
    assert [list(json.loads(" ".join(terminal.rows()).replace(" ", "")))] == [["pc.ram"]]


def rest(fd: int) -> bytes:
    """All that comes until nobody has the terminal any more."""
    text = b""
    while True:
        try:
            more = os.read(fd, 4096)
        except OSError:  # how Linux tells the end
            return text
        if not more:
            return text
        text += more
