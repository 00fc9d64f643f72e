"""What has colours, and where a line can change."""

from __future__ import annotations

import argparse
import io
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from qapigen.cli.terminal import add_color_option, has_colors, show, writes_over

ON = {"TERM": "xterm"}


@pytest.fixture(scope="module")
def terminal() -> Iterator[TextIO]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("environment", "on_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "DUMB"}, False, False),
        ({"TERM": "unknown"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "", "TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True, True),
    ],
)
def test_colours(
    terminal: TextIO, environment: dict[str, str], on_terminal: bool, in_pipe: bool
) -> None:
    assert has_colors("auto", terminal, environment) is on_terminal
    assert has_colors("auto", io.StringIO(), environment) is in_pipe
    for stream in (terminal, io.StringIO()):
        assert has_colors("always", stream, environment)
        assert not has_colors("never", stream, environment)


def test_the_environment_of_the_process(terminal: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert has_colors("auto", terminal) and writes_over(terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert not has_colors("auto", terminal) and not writes_over(terminal)


def test_colour_settings_do_not_move_a_cursor(terminal: TextIO) -> None:
    """Where a line can change is another question than what colour it has."""
    assert writes_over(terminal, ON | {"NO_COLOR": "1"})
    assert not writes_over(io.StringIO(), ON | {"FORCE_COLOR": "1"})
    assert not writes_over(None, ON)


def test_option() -> None:
    parser = argparse.ArgumentParser()
    add_color_option(parser)
    assert parser.parse_args([]).color == "auto"
    assert parser.parse_args(["--color", "never"]).color == "never"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "t\u00e9 \u2026"), ("latin-1", "t\u00e9 \\u2026")]
)
def test_what_a_terminal_cannot_show(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    show("t\u00e9 \u2026")
    stream.flush()
    assert data.getvalue().decode(encoding) == shown
