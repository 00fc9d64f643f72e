"""Deprecated commands, members and values are marked (PEP 702), commands for type checkers too."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from qapigen.runtime.model import type_hints

from .packages import files_of, write

SCHEMA = """
{ 'pragma': { 'command-returns-exceptions': [ 'fetch', 'fetch-more' ] } }
{ 'command': 'deprecated', 'features': [ 'deprecated' ] }
{ 'command': 'fetch', 'returns': 'int', 'features': [ 'unstable', 'deprecated' ] }
{ 'command': 'fetch-more', 'returns': 'int', 'features': [ 'unstable' ] }
{ 'enum': 'Speed', 'data': [ 'slow', { 'name': 'full', 'features': [ 'deprecated' ] } ] }
{ 'struct': 'Engine',
  'data': { 'speed': 'Speed',
            'and-one-with-a-name-that-leaves-no-room-for-anything-else':
              { 'type': [ 'Speed' ], 'features': [ 'deprecated' ] },
            '*old-speed': { 'type': 'int', 'features': [ 'unstable', 'deprecated' ] } } }
{ 'command': 'run', 'data': 'Engine' }
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


def test_members_and_values(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    made = import_module("marked")
    hints = get_type_hints(made.Engine, include_extras=True)
    marked = {name: hint for name, hint in hints.items() if get_origin(hint) is Annotated}
    assert list(marked) == [
        "and_one_with_a_name_that_leaves_no_room_for_anything_else",
        "old_speed",
    ]
    old, mark = get_args(marked["old_speed"])
    assert old == int | None
    assert mark.message == "the member old-speed is deprecated"
    assert hints["speed"] is made.Speed
    assert type_hints(made.Engine)["old_speed"] == int | None
    assert made.Speed.FULL.__deprecated__ == "the value full is deprecated"
    assert not hasattr(made.Speed.SLOW, "__deprecated__")
    assert not hasattr(made.Speed, "__deprecated__")
    assert [each.value for each in made.Speed] == ["slow", "full"]
    assert pickle.loads(pickle.dumps(made.Speed.FULL)) is made.Speed.FULL


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
