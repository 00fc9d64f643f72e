"""What the tutorial tells the reader to do works, and prints what it says."""

from __future__ import annotations

import doctest
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import environment
from tests.interop.programs import QEMU
from tests.interop.tutorial_text import Run, Step, Write, sections
from tests.outside import REPOSITORY

TUTORIAL = REPOSITORY / "docs" / "tutorial.md"
SECTIONS = sections(TUTORIAL.read_text(encoding="utf-8"))

#: How long a command may take on a machine that is busy.
PATIENCE = 60.0

SAME = doctest.OutputChecker()


class Reader:
    """Somebody at a terminal, in a folder with nothing but a copy of ``docs/examples``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[subprocess.Popen[str]] = []
        shutil.copytree(REPOSITORY / "docs" / "examples", folder / "docs" / "examples")
        places = [str(Path(sys.executable).parent), os.environ["PATH"]]
        modules = [str(folder), str(REPOSITORY), str(REPOSITORY / "generated")]
        self.environment = environment(
            {"PATH": os.pathsep.join(places), "PYTHONPATH": os.pathsep.join(modules)}
        )
        self.status = 0

    def do(self, step: Step) -> None:
        """Do what the tutorial says and look at what comes of it."""
        match step:
            case Write(path, text):
                (self.folder / path).write_text(text, encoding="utf-8")
            case Run(command, output) if command.endswith("&"):
                self.start(command.removesuffix("&"), output)
            case Run(command, output):
                self.run(command, output)

    def run(self, command: str, output: str) -> None:
        """Run a command to its end; the shell remembers the status of the one before."""
        script = f"(exit {self.status}); {_in_this_python(command)}"
        with (self.folder / "output").open("w+", encoding="utf-8") as file:
            # Not a pipe: a daemon keeps its end of that.
            self.status = subprocess.run(
                ["sh", "-c", script],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=PATIENCE,
            ).returncode
            file.seek(0)
            expect(command, output, file.read())

    def start(self, command: str, output: str) -> None:
        """Start a server, which is ready when it has said so."""
        server = subprocess.Popen(
            shlex.split(_in_this_python(command)),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.servers.append(server)
        assert server.stdout is not None
        expect(command, output, "".join(server.stdout.readline() for _ in output.splitlines()))

    def leave(self) -> None:
        """End the servers."""
        for server in self.servers:
            server.terminate()
            server.communicate(timeout=PATIENCE)


def _in_this_python(command: str) -> str:
    """The same command with the Python that runs the test."""
    for word, module in (("python ", ""), ("qapigen ", "-m qapigen ")):
        if command.startswith(word):
            return f"{shlex.quote(sys.executable)} {module}{command.removeprefix(word)}"
    return command


def expect(command: str, wanted: str, got: str) -> None:
    """The output is the one in the text; ``...`` there is anything."""
    fits = SAME.check_output(wanted, got, doctest.ELLIPSIS)
    assert fits, f"$ {command}\nwanted:\n{wanted}\ngot:\n{got}"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader at the beginning of a section."""
    someone = Reader(tmp_path)
    yield someone
    someone.leave()


def steps_of(*words: str) -> list[Step]:
    return [
        step
        for title, steps in SECTIONS.items()
        if any(word in title for word in words)
        for step in steps
    ]


def test_every_section_is_tested() -> None:
    assert list(SECTIONS) == [
        "Talk to a server",
        "Talk to it from Python",
        "Write a server",
        "Drive a real QEMU",
    ]


def test_talk_to_a_server(reader: Reader) -> None:
    for step in steps_of("Talk to"):
        reader.do(step)
    (server,) = reader.servers
    assert server.wait(PATIENCE) == 0, "it was told to quit"


def test_write_a_server(reader: Reader) -> None:
    for step in steps_of("Write a server"):
        reader.do(step)


@pytest.mark.requires(QEMU)
def test_drive_qemu(reader: Reader) -> None:
    steps = steps_of("Drive")
    assert shutil.which(QEMU)
    pidfile = reader.folder / "pid"
    try:
        for step in steps:
            if isinstance(step, Run) and step.command.startswith(QEMU):
                step = Run(f"{step.command} -pidfile {pidfile}", step.output)
            reader.do(step)
    finally:
        if pidfile.exists():  # only then does it still run
            os.kill(int(pidfile.read_text()), 15)


def test_wrong_output_is_found(reader: Reader) -> None:
    with pytest.raises(AssertionError, match=r"\$ echo one"):
        reader.do(Run("echo one", "two\n"))
    reader.do(Run("echo one", "o...\n"))
    reader.do(Run("false", ""))
    reader.do(Run("echo $?", "1\n"))
