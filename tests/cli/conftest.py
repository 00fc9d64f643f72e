"""Schemas for the command, and the command called in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qapigen.cli.main import main
from tests.cli.process import write_files

SHOP = {
    "shop.json": """
{ 'include': 'sub/goods.json' }
{ 'include': 'staff.json' }
{ 'command': 'buy', 'data': { 'what': 'Good' }, 'returns': 'Receipt' }
{ 'struct': 'Receipt', 'data': { 'sum': 'number' } }
{ 'event': 'CLOSED' }
""",
    "sub/goods.json": "{ 'enum': 'Good', 'data': [ 'milk', 'tea' ] }\n",
    "staff.json": "{ 'struct': 'Clerk', 'data': { 'name': 'str' } }\n",
}


@dataclass(frozen=True)
class Outcome:
    """What a call of the command gave."""

    status: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The root of a schema in three files."""
    return write_files(tmp_path / "schema", SHOP)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Calls the command in this process."""

    def call_main(*arguments: str | Path) -> Outcome:
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as end:  # argparse ends so
            status = end.code if isinstance(end.code, int) else 1
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return call_main


def one_error(outcome: Outcome, status: int) -> str:
    """The one diagnostic of a call that failed in the decent way: no traceback, no output."""
    assert outcome.status == status
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    lines = [line for line in outcome.err.splitlines() if "error: " in line]
    assert len(lines) == 1, outcome.err
    return lines[0]
