"""Deprecated commands are marked for type checkers (PEP 702)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from .packages import files_of, write

SCHEMA = """
{ 'pragma': { 'command-returns-exceptions': [ 'fetch', 'fetch-more' ] } }
{ 'command': 'deprecated', 'features': [ 'deprecated' ] }
{ 'command': 'fetch', 'returns': 'int', 'features': [ 'unstable', 'deprecated' ] }
{ 'command': 'fetch-more', 'returns': 'int', 'features': [ 'unstable' ] }
"""

USE = """
from marked.client import AsyncClient, BlockingClient

async def use(soon: AsyncClient, now: BlockingClient) -> int:
    await soon.deprecated()
    now.deprecated()
    now.fetch_more(timeout=1)
    first = await soon.fetch()
    second = now.fetch()
    return first + second
"""

#: What is told of it, by line.
TOLD = {
    5: "the command deprecated is deprecated",
    6: "the command deprecated is deprecated",
    8: "the command fetch is deprecated",
    9: "the command fetch is deprecated",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, files_of({"schema.json": SCHEMA}, "marked"))
    (tmp_path / "use.py").write_text(USE)
    return tmp_path


def test_at_run_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    client = import_module("marked.client")
    for each in (client.AsyncClient, client.BlockingClient):
        assert each.fetch.__deprecated__ == "the command fetch is deprecated"
        assert each.deprecated.__deprecated__ == "the command deprecated is deprecated"
        assert not hasattr(each.fetch_more, "__deprecated__")


def test_mypy_tells(folder: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental"]
    command += ["--enable-error-code=deprecated", "--config-file=", "use.py"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = [line for line in found.stdout.splitlines() if "[deprecated]" in line]
    assert len(told) == len(TOLD), found.stdout
    for line, (number, text) in zip(told, TOLD.items(), strict=True):
        assert line.startswith(f"use.py:{number}:") and text in line


def test_pyright_tells(folder: Path) -> None:
    if find_spec("pyright") is None:
        pytest.skip("not installed: pyright")
    settings = {"typeCheckingMode": "strict", "reportDeprecated": "warning", "include": ["use.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = {
        each["range"]["start"]["line"] + 1: each["message"].splitlines()[-1].strip()
        for each in json.loads(found.stdout)["generalDiagnostics"]
    }
    assert told == TOLD
