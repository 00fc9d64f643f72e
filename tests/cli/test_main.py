"""The command as a whole: verbs, exit statuses, streams, signals."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import qapigen
from qapigen.cli import main as main_module
from qapigen.cli.main import main
from qapigen.cli.parsing import VERBS
from qapigen.cli.status import CRASH, FINE, INTERRUPTED, TROUBLE, Trouble
from tests.cli.conftest import Call
from tests.cli.process import COMMAND, environment, run, write_files
from tests.outside import REPOSITORY

BAD = "{ 'struct': 'Foo', 'data': { 'a': 'Bar' } }\n"


# --- what stands before a verb ---


def test_version(call: Call) -> None:
    found = call("--version")
    assert (found.status, found.out) == (FINE, f"qapigen {qapigen.__version__}\n")


def test_no_arguments(call: Call) -> None:
    found = call()
    assert (found.status, found.out) == (TROUBLE, "")
    assert found.err.startswith("usage: qapigen")
    for verb in VERBS:
        assert verb in found.err


def test_help(call: Call) -> None:
    found = call("--help")
    assert found.status == FINE
    assert all(verb in found.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb(call: Call, verb: str) -> None:
    found = call(verb, "--help")
    assert (found.status, found.err) == (FINE, "")
    assert found.out.startswith(f"usage: qapigen {verb}")


def test_as_a_module(shop: Path) -> None:
    found = run("check", shop)
    assert (found.returncode, found.stdout) == (FINE, "")


def test_arguments_of_the_process(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["qapigen", "check", str(shop)])
    assert main() == FINE


# --- how it ends ---


def test_trouble(call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: list[str]) -> int:
        raise Trouble("a.json: error: no luck")

    monkeypatch.setattr(main_module, "_run", fail)
    found = call("check", shop)
    assert (found.status, found.out, found.err) == (TROUBLE, "", "a.json: error: no luck\n")


def test_crash(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect is told as such, with the traceback that a report needs."""

    def fail(words: list[str]) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(main_module, "_run", fail)
    found = call("check")
    assert (found.status, found.out) == (CRASH, "")
    assert "ZeroDivisionError: oh" in found.err
    assert found.err.rstrip().endswith("please report it")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A schema about which there is more to print than a pipe holds."""
    text = "".join(f"{{ 'struct': 'S{n}a', 'data': {{ 'a': 'Nope{n}' }} }}\n" for n in range(3000))
    good = "".join(f"{{ 'enum': 'Nope{n}', 'data': [ 'a' ] }}\n" for n in range(3000))
    write_files(tmp_path, {"bad.json": text})
    return write_files(tmp_path, {"big.json": text + good})


def test_interrupt(big: Path) -> None:
    """SIGINT while it works: a word, 130, no traceback."""
    with subprocess.Popen(
        [*COMMAND, "ir", str(big)],
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        # It cannot come to its end while nobody reads on.
        assert process.stdout.readline() == "{\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (INTERRUPTED, "qapigen: interrupted\n")


def test_nobody_reads_on(big: Path) -> None:
    """``qapigen ir | head -1``: no complaint."""
    with subprocess.Popen(
        [*COMMAND, "ir", str(big)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=60)
    assert err == ""
    assert process.returncode == TROUBLE


def test_nobody_reads_errors(big: Path) -> None:
    root = big.with_name("bad.json")
    with subprocess.Popen(
        [*COMMAND, "check", str(root)], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "bad.json" in process.stderr.readline()
        process.stderr.close()
        process.wait(timeout=60)
    assert process.returncode == TROUBLE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.may_skip
def test_no_room_for_output() -> None:
    with open("/dev/full", "w") as full:
        found = run("ir", stdout=full, stderr=subprocess.PIPE)
    assert found.returncode == TROUBLE
    assert found.stderr.startswith("qapigen: error: ")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("ir",), ("check",)])
def test_stdout_is_closed(words: tuple[str, ...]) -> None:
    script = 'exec "$@" >&-'
    found = subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, *words],
        env=environment(),
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in found.stderr
    assert found.returncode == (FINE if words == ("check",) else TROUBLE)


def test_output_is_utf_8_everywhere(tmp_path: Path) -> None:
    """What is printed is what would be written, whatever the terminal's encoding."""
    text = "##\n# @Tea:\n#\n# Thé, チャ\n##\n{ 'struct': 'Tea', 'data': {} }\n"
    root = write_files(tmp_path, {"a.json": text})
    for encoding in ("ascii", "latin-1", "utf-8"):
        found = run(
            *("generate", root, "-o", "-", "--backend", "types"),
            env={"PYTHONIOENCODING": encoding},
        )
        assert (found.returncode, found.stderr) == (FINE, "")
        assert "Thé, チャ" in found.stdout


# --- colours ---

ESCAPE = "\x1b["


def told_on_a_terminal(*arguments: str, env: dict[str, str]) -> str:
    """What the command tells a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=environment(env), stderr=theirs, stdout=theirs
    )
    os.close(theirs)
    told = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        told += piece
    os.close(ours)
    assert process.wait(timeout=60) == 1
    return told.decode()


@pytest.mark.parametrize(
    ("options", "env", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_on_a_terminal(
    tmp_path: Path, options: list[str], env: dict[str, str], coloured: bool
) -> None:
    root = write_files(tmp_path, {"a.json": BAD})
    told = told_on_a_terminal("check", str(root), *options, env=env)
    assert "unknown type" in re.sub("\x1b\\[[0-9;]*m", "", told)
    assert (ESCAPE in told) is coloured


@pytest.mark.parametrize(
    ("option", "forced", "coloured"),
    [("auto", "", False), ("always", "", True), ("auto", "1", True), ("never", "1", False)],
)
def test_colours_in_a_pipe(tmp_path: Path, option: str, forced: str, coloured: bool) -> None:
    root = write_files(tmp_path, {"a.json": BAD})
    env = {"FORCE_COLOR": forced}
    assert (ESCAPE in run("check", root, "--color", option, env=env).stderr) is coloured
    assert (ESCAPE in run("explain", "E101", "--color", option, env=env).stdout) is coloured


# --- what is loaded ---

PROBE = """
import contextlib, io, json, sys
from qapigen.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        main(sys.argv[1:])
    except SystemExit:
        pass
print(json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))
"""


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--version"], {"lark", "jinja2", "black"}),
        (["generate", "--help"], {"lark", "jinja2", "black"}),
        ([], {"lark", "jinja2", "black"}),
        (["ir"], {"jinja2", "black"}),
        (["introspect"], {"jinja2", "black"}),
        (["check"], {"jinja2", "black", "shtab", "socket"}),
        (["generate", "-o", "-"], {"black"}),
    ],
)
def test_loads_what_it_needs(words: list[str], unwanted: set[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        env=environment(),
        capture_output=True,
        check=True,
        text=True,
        cwd=REPOSITORY,
    )
    loaded = set(json.loads(result.stdout))
    assert "qapigen" in loaded
    assert not loaded & unwanted


@pytest.mark.parametrize(("verb", "collects"), [("vm", True), ("generate", False)])
def test_verbs_that_serve_collect_garbage(verb: str, collects: bool) -> None:
    """Short ones do without; a server that did would grow with each connection."""
    script = (
        "import gc, sys; from qapigen.cli.main import main; sys.argv = ['qapigen', sys.argv[1], '-h']\n"
        "try: main()\n"
        "except SystemExit: print('collects', gc.isenabled())"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, verb], capture_output=True, check=True, text=True
    )
    assert result.stdout.splitlines()[-1] == f"collects {collects}"
