"""The compiler: its stages inside one warm process, and whole processes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from qapigen.compiler.check import check
from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS, Dialect
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import Options, render_all
from qapigen.compiler.syntax.load import load
from qapigen.compiler.syntax.tree import SourceTree
from tests.bench.schemas import BenchSchema, bench_schemas
from tests.bench.table import Table
from tests.bench.timing import YARDSTICK, ChildRun, child, in_yards, milliseconds, python

__all__ = ["run"]

PYTHON = ("types", "visit", "wire", "commands", "events", "client", "introspect")
DOCUMENTATION = ("markdown",)


def run() -> Table:
    """Times of all stages and processes, for each schema."""
    columns = ("ms", "yards", "cpu ms", "peak MiB")
    table = Table("Compiling", columns, notes=[YARDSTICK])
    bare = python("-c", "pass")
    _add_process(table, "an empty Python process", bare)
    for schema in bench_schemas():
        _stages(table, schema)
        _processes(table, schema)
    return table


def _stages(table: Table, schema: BenchSchema) -> None:
    """Read, parse, check, render, each given what the one before made."""
    texts: dict[str, str] = {}

    def read(path: str) -> str:
        texts[path] = read_source(path)
        return texts[path]

    dialect = DIALECTS[schema.dialect]
    tree = _load(schema, read, dialect)
    meaning = _check(tree, dialect)
    lines = sum(text.count("\n") for text in texts.values())
    stages: dict[str, Callable[[], object]] = {
        "read": lambda: [read_source(path) for path in texts],
        "parse": lambda: _load(schema, texts.__getitem__, dialect),
        "check": lambda: _check(tree, dialect),
        "render Python": lambda: _render(schema, meaning, PYTHON),
        "render docs": lambda: _render(schema, meaning, DOCUMENTATION),
    }
    for name, stage in stages.items():
        taken = milliseconds(stage)
        table.add(f"{schema.title}: {name}", taken, in_yards(taken), None, None)
    table.notes.append(
        f"{schema.title}: {len(texts)} files, {lines:,} lines; "
        f"gives {_output_lines(schema, meaning, PYTHON):,} lines of Python, "
        f"{_output_lines(schema, meaning, DOCUMENTATION):,} of Markdown"
    )


def _load(schema: BenchSchema, read: Callable[[str], str], dialect: Dialect) -> SourceTree:
    tree = load(str(schema.root), read, dialect, Report())
    assert tree is not None
    return tree


def _check(tree: SourceTree, dialect: Dialect) -> Schema:
    schema = check(tree, dialect, Report())
    assert schema is not None
    return schema


def _render(schema: BenchSchema, meaning: Schema, backends: tuple[str, ...]) -> dict[str, str]:
    return dict(render_all(meaning, Options(package=schema.package, backends=backends)))


def _output_lines(schema: BenchSchema, meaning: Schema, backends: tuple[str, ...]) -> int:
    return sum(text.count("\n") for text in _render(schema, meaning, backends).values())


def _processes(table: Table, schema: BenchSchema) -> None:
    """The command, from start to exit, as a build runs it."""
    base = ("-m", "qapigen")
    source = ("--dialect", schema.dialect, schema.root)
    _add_process(table, f"{schema.title}: process, check", python(*base, "check", *source))
    with tempfile.TemporaryDirectory() as folder:
        generate = (*base, "generate", "--package", schema.package, "-o")
        fresh = sorted(
            (_fresh(*generate, Path(folder) / str(round_), *source) for round_ in range(3)),
            key=lambda run: run.wall_ms,
        )
        _add_process(table, f"{schema.title}: process, generate all", fresh[1])
        again = python(*generate, Path(folder) / "0", *source)
        _add_process(table, f"{schema.title}: process, nothing changed", again)


def _fresh(*arguments: str | Path) -> ChildRun:
    return child(sys.executable, *arguments)


def _add_process(table: Table, name: str, run: ChildRun) -> None:
    table.add(name, run.wall_ms, in_yards(run.wall_ms), run.cpu_ms, run.peak_mib)
