"""``make demo``: what a newcomer sees first, on a terminal and in a pipe."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.cli.process import environment
from tests.outside import REPOSITORY
from tests.terminal import Terminal

DEMO = [sys.executable, str(REPOSITORY / "docs/examples/demo.py")]

#: What begins a line, in this order; between them there may be more.
ORDER = [
    "1. Compile the migration schema",
    "$ qapigen generate -o OUT",
    "2. Look at what a struct became",
    "    class ReplicationStatus",
    "3. Serve commands",
    '-> {"execute": "query-migrate"',
    "4. Move a busy guest from one process to another",
    "$ qapigen vm --qmp",
    "$ qapigen vm --qmp",
    "completed  100 %",
    "the source says postmigrate, the destination says paused",
    "memory of the source: ",
    "memory of the destination: ",
    "the guest has arrived, and not a byte is different",
]


def assert_in_order(lines: list[str]) -> None:
    rest = iter(lines)
    for start in ORDER:
        assert any(line.startswith(start) for line in rest), (start, lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [{"TERM": "xterm-256color"}, {"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}],
    ids=lambda more: "-".join(more),
)
def test_on_a_terminal(more: dict[str, str]) -> None:
    terminal = Terminal()
    with terminal.running(DEMO, environment(more)) as process:
        terminal.read_all()
        assert process.wait() == 0
    rows = terminal.rows()
    assert_in_order(rows)
    assert not [row for row in rows if "Traceback" in row]
    ends = [row for row in rows if row.startswith("completed  100 %")]
    assert len(ends) == 1
    if more["TERM"] == "dumb":
        assert b"\x1b[?25l" not in terminal.raw


@pytest.mark.slow
def test_in_a_pipe() -> None:
    """One pipe for all that the processes print, on stdout and on stderr."""
    result = subprocess.run(
        DEMO,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert_in_order(result.stdout.splitlines())
    assert "\x1b" not in result.stdout
    digests = re.findall(r"^memory of the \w+: +([0-9a-f]{64})$", result.stdout, re.MULTILINE)
    assert len(digests) == 2
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_without_stderr() -> None:
    """The tour itself is on stdout."""
    terminal = Terminal()
    with terminal.running(DEMO, environment(), stderr_closed=True) as process:
        terminal.read_all()
        assert process.wait() == 0
    rows = terminal.rows()
    assert rows[-1] == ORDER[-1]
