"""Commands of the shell at the end of a channel."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from qapigen.migration.channels import pipes
from qapigen.migration.channels.channel import ChannelError, OutgoingChannel
from qapigen.migration.channels.interrupt import Interrupt
from qapigen.migration.channels.pipes import CommandListener, CommandOpener, start_command
from qapigen.migration.channels.uri import ExecUri
from tests.migration.channels.pairs import Background, open_descriptors, received

#: Tells its number, then takes no notice of its input.
STUBBORN = "echo $$; exec sleep 1000"


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    before = open_descriptors()
    yield
    assert open_descriptors() == before


@pytest.fixture(params=["pidfd", "polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to learn of the end of a process."""
    if request.param == "polling":
        monkeypatch.setattr(pipes, "_watch", lambda _: None)
    return str(request.param)


def opened(command: str) -> OutgoingChannel:
    interrupt = Interrupt()
    try:
        return CommandOpener(ExecUri(command)).open(interrupt)
    finally:
        interrupt.close()


def number_of(channel: OutgoingChannel) -> int:
    """The number that the command tells."""
    told = b""
    while not told.endswith(b"\n"):
        told += channel.read(100)
    return int(told)


def is_gone(pid: int) -> bool:
    """Whether it has ended and was waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.usefixtures("way")
def test_output_is_complete_after_closing(tmp_path: Path) -> None:
    """Also what the command does when its input has ended."""
    data = os.urandom(3_000_000)
    path = tmp_path / "saved"
    channel = opened(f"cat > {path}.part; mv {path}.part {path}")
    assert channel.two_way
    channel.write([data[:1_000_000], data[1_000_000:]])
    assert channel.position == len(data)
    channel.close()
    assert path.read_bytes() == data


@pytest.mark.usefixtures("way")
def test_answers_that_nobody_reads(tmp_path: Path) -> None:
    """They do not keep the command from its end."""
    data = bytes(600_000)
    channel = opened(f"cat > {tmp_path}/saved; cat {tmp_path}/saved; echo done > {tmp_path}/done")
    channel.write(data)
    channel.close()
    assert (tmp_path / "done").read_text() == "done\n"


def test_return_path() -> None:
    channel = opened("exec cat")
    channel.write(b"there and back")
    assert channel.read(100) == b"there and back"
    channel.close()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("exit 3", "the command ended with status 3"),
        ("/no/such/program", "the command ended with status 127"),
        ("kill -9 $$", "the command was ended by signal 9"),
    ],
)
def test_a_command_that_fails_with_the_whole_stream(end: str, told: str) -> None:
    channel = opened(f"cat > /dev/null; {end}")
    channel.write(b"x")
    with pytest.raises(ChannelError, match=told):
        channel.close(whole=True)
    channel.close()


def test_the_status_of_a_command_that_had_not_all_means_nothing() -> None:
    channel = opened("cat > /dev/null; exit 3")
    channel.write(b"x")
    channel.close()


def test_command_that_ends_early() -> None:
    """It shows when somebody writes, and on the return path."""
    channel = opened("exit 3")
    assert channel.read(1) == b""
    with pytest.raises(ChannelError, match="writing failed: Broken pipe"):
        channel.write(bytes(10_000_000))
    channel.close()


@pytest.mark.usefixtures("way")
def test_incoming(tmp_path: Path) -> None:
    (tmp_path / "saved").write_bytes(bytes(range(256)) * 1000)
    interrupt = Interrupt()
    listener = CommandListener(ExecUri(f"cat {tmp_path}/saved; cat > {tmp_path}/back"))
    assert listener.address == f"exec:cat {tmp_path}/saved; cat > {tmp_path}/back"
    assert (listener.port, listener.lasting) == (None, False)
    channel = listener.accept(interrupt)
    listener.close()
    assert channel.two_way
    assert received(channel, 256_000) == bytes(range(256)) * 1000
    channel.write(b"answer")
    channel.close()
    assert (tmp_path / "back").read_bytes() == b"answer"
    interrupt.close()


@pytest.mark.usefixtures("way")
def test_rest_that_nobody_wants() -> None:
    """A command that has more to say learns that nobody listens."""
    interrupt = Interrupt()
    channel = CommandListener(ExecUri("echo $$; exec cat /dev/zero")).accept(interrupt)
    pid = int(received(channel, 1 + len(str(os.getpid()))).split(b"\n")[0] or 0)
    channel.close()
    assert pid
    interrupt.close()


@pytest.mark.usefixtures("way")
def test_shutdown_terminates() -> None:
    channel = opened(STUBBORN)
    pid = number_of(channel)
    assert not is_gone(pid)
    channel.shutdown()
    channel.close()
    assert is_gone(pid)


@pytest.mark.usefixtures("way")
def test_shutdown_cuts_patience_short() -> None:
    channel = opened(STUBBORN)
    pid = number_of(channel)
    closing = Background(channel.close)
    channel.shutdown()
    closing.result()
    assert is_gone(pid)


@pytest.mark.usefixtures("way")
def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "PATIENCE_SECONDS", 0.05)
    channel = opened(STUBBORN)
    pid = number_of(channel)
    channel.close()
    assert is_gone(pid)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("hurried", [False, True])
def test_a_command_with_a_whole_stream_is_left_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hurried: bool
) -> None:
    """Neither impatience nor a wish to go on takes from it what it has."""
    monkeypatch.setattr(pipes, "PATIENCE_SECONDS", 1e6 if hurried else 0.05)
    go, saved = tmp_path / "go", tmp_path / "saved"
    os.mkfifo(go)
    channel = opened(f"read x < {go}; cat > {saved}; echo saved")
    channel.write(b"all of it")
    if hurried:
        channel.shutdown()
    channel.close(whole=True)
    assert not saved.exists()
    go.write_text("\n")
    (command,) = [each for each in threading.enumerate() if each.name == "command"]
    command.join(60)
    assert saved.read_bytes() == b"all of it"


@pytest.mark.usefixtures("way")
def test_what_a_command_has_started_ends_with_it() -> None:
    channel = opened("sleep 1000 & echo $!; wait")
    pid = number_of(channel)
    channel.shutdown()
    channel.close()
    # Its parent is gone, so somebody else takes note of its end, soon.
    with suppress(ProcessLookupError):
        watch = os.pidfd_open(pid)
        assert select.select([watch], [], [], 60)[0]
        os.close(watch)


def test_end_of_writing() -> None:
    """A command that reads to the end of its input has it, and can still answer."""
    channel = opened("cat > /dev/null; echo done")
    channel.write(b"x")
    channel.end_writing()
    assert channel.read(100) == b"done\n"
    assert channel.two_way
    channel.close()


def test_the_text_of_a_failure_is_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChannelError) as caught:
        CommandOpener(ExecUri("x" * 200_000))
    assert len(str(caught.value)) < 200


def test_clock() -> None:
    """What is left of the patience is asked from the clock."""
    times = iter([0.0, 0.0, pipes.PATIENCE_SECONDS + 1])
    channel = start_command(
        ExecUri("echo $$; exec >&-; exec sleep 1000"), writing=True, clock=lambda: next(times)
    )
    pid = number_of(channel)
    channel.close()  # the first time, it is only the end of the output
    assert is_gone(pid)


def test_command_that_will_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "LAST_SECONDS", 0.05)
    channel = opened("trap '' TERM; echo $$; while :; do read x || sleep 0.01; done")
    pid = number_of(channel)
    channel.shutdown()
    channel.close()
    assert is_gone(pid)


def test_never_used() -> None:
    before = open_descriptors()
    opener = CommandOpener(ExecUri("exec sleep 1000"))
    assert open_descriptors() != before
    opener.drop()
    listener = CommandListener(ExecUri("exec sleep 1000"))
    listener.close()
    listener.close()


def test_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "_SHELL", "/bin/no-such-shell")
    with pytest.raises(ChannelError, match="cannot start exec:x: No such file"):
        CommandOpener(ExecUri("x"))


def test_children_inherit_nothing_else() -> None:
    """A command that has another channel open would keep it open."""
    first = opened("exec cat")
    second = opened("ls /proc/$$/fd | wc -l; cat")
    assert int(second.read(100)) <= 5  # the standard ones, and what ls and sh use
    first.close()
    second.close()
