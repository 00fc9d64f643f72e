"""The tutorial as a list of steps: files to write, commands to run and what they print.

In: its text.  Out: steps, by section.
Must not know: how commands are run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Run", "Step", "Write", "sections"]

_SECTION = re.compile(r"^## (.*)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./]+\.\w+)`[^`]*:\s*\Z")


@dataclass(frozen=True)
class Write:
    """A file that the reader writes."""

    path: str
    text: str


@dataclass(frozen=True)
class Run:
    """A command that the reader types, and what has to be printed (``...``: anything)."""

    command: str
    output: str


Step = Write | Run


def sections(text: str) -> dict[str, list[Step]]:
    """The steps of each section that has any."""
    _, *parts = _SECTION.split(text)
    found = {title: _steps(body) for title, body in zip(parts[::2], parts[1::2], strict=True)}
    return {title: steps for title, steps in found.items() if steps}


def _steps(body: str) -> list[Step]:
    steps: list[Step] = []
    for fence in _FENCE.finditer(body):
        language, text = fence.groups()
        if language == "console":
            steps += _runs(text)
            continue
        named = _FILE.search(body[: fence.start()])
        assert named, f"no file is named before: {text[:60]!r}"
        steps.append(Write(named.group(1), text))
    return steps


def _runs(text: str) -> list[Run]:
    _, *parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert parts, f"no command in: {text!r}"
    return [Run(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
