"""The grammar: the table that is kept is the one that lark makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import qapigen.compiler.syntax
from qapigen.compiler.syntax.builder import Builder
from qapigen.compiler.syntax.grammar import parser, table, table_text

KEPT = Path(qapigen.compiler.syntax.__file__).with_name("table.json")


def test_the_table_is_current() -> None:
    """If not: ``python -m qapigen.compiler.syntax.grammar`` prints the one to keep."""
    assert KEPT.read_text(encoding="ascii") == table_text()


def test_the_command_prints_the_table_whatever_the_seed_of_hashes() -> None:
    command = [sys.executable, "-m", "qapigen.compiler.syntax.grammar"]
    for seed in ("1", "2"):
        made = subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        )
        assert made.stdout == KEPT.read_text(encoding="ascii")


def test_moves_lead_to_states_or_end_rules() -> None:
    rows = json.loads(table_text())
    assert rows == table()
    for row in rows:
        for move in row.values():
            if isinstance(move, int):
                assert 0 < move < len(rows)
            else:
                size, rule = move
                assert size > 0
                assert callable(getattr(Builder, rule))


def test_one_parser_serves_all() -> None:
    assert parser() is parser()
