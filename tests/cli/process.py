"""The command in a process of its own, as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.outside import REPOSITORY

__all__ = [
    "COMMAND",
    "environment",
    "open_to_others",
    "run",
    "run_unprivileged",
    "write_files",
]

COMMAND = (sys.executable, "-m", "qapigen")


#: What the terminal of whoever runs the tests says, and what changes how failures are treated.
_LEFT_OUT = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "CI")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the process; colours only where a test asks for them."""
    base = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    return base | {"PYTHONPATH": str(REPOSITORY)} | dict(more or {})


def run(
    *arguments: str | Path, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    chosen: dict[str, Any] = defaults | options
    result: subprocess.CompletedProcess[str] = subprocess.run(
        [*COMMAND, *(str(each) for each in arguments)],
        env=environment(env),
        check=False,
        timeout=120,
        **chosen,
    )
    return result


# All that is needed is loaded first: the Python at hand may be readable by its owner only.
UNPRIVILEGED = """
import contextlib, io, json, os, sys
from qapigen.cli.main import main
warm, arguments = json.loads(sys.argv[1])
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    main(warm)
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.exit(main(arguments))
"""


def run_unprivileged(
    *arguments: str | Path, warm: Sequence[str | Path]
) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody who is not root, after a first run of ``warm``."""
    both = json.dumps([[str(each) for each in words] for words in (warm, arguments)])
    return subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, both],
        env=environment(),
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )


def open_to_others(folder: Path) -> None:
    """Let everybody into a temporary folder."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and len(each.parts) > 2:
            each.chmod(each.stat().st_mode | 0o555)


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Put schema files into a folder; the path of the first."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder / next(iter(files))
