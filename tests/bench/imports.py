"""What it costs to import generated packages and the runtime, in fresh interpreters."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.schemas import bench_schemas
from tests.bench.table import Table
from tests.bench.timing import YARDSTICK, child, in_yards

__all__ = ["run"]

# Imports what it is told and prints the milliseconds; the clock starts with the interpreter up.
PROBE = """
import sys
from time import perf_counter
start = perf_counter()
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
print((perf_counter() - start) * 1000, len(sys.modules))
"""

ROUNDS = 9


def run() -> Table:
    """Import times, modules loaded, peak memory of the importing process."""
    columns = ("ms", "yards", "modules", "peak MiB")
    table = Table("Importing", columns, notes=[YARDSTICK])
    with tempfile.TemporaryDirectory() as folder:
        _add(table, Path(folder), "nothing")
        _add(table, Path(folder), "qapigen.runtime", "qapigen.runtime")
        _add(table, Path(folder), "qapigen.runtime.commands", "qapigen.runtime.commands")
        _add(table, Path(folder), "qapigen.compiler.pipeline", "qapigen.compiler.pipeline")
        for schema in bench_schemas():
            package = schema.package
            options = ("--backend", "python", "--package", package, "-o", folder)
            source = ("--dialect", schema.dialect, schema.root)
            child(sys.executable, "-m", "qapigen", "generate", *options, *source)
            names = _modules(Path(folder), package)
            _add(table, Path(folder), f"{schema.title}: the package", package)
            _add(table, Path(folder), f"{schema.title}: all {len(names)} modules", *names)
    return table


def _modules(folder: Path, package: str) -> list[str]:
    """The modules of a generated package, those of its sub-packages too."""
    paths = sorted((folder / package).rglob("*.py"))
    names = [".".join(path.relative_to(folder).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def _add(table: Table, folder: Path, title: str, *names: str) -> None:
    command: list[str | Path] = [sys.executable, "-c", PROBE, folder, *names]
    child(*command)  # writes the byte code
    runs = [child(*command) for _ in range(ROUNDS)]
    times, modules = zip(*(map(json.loads, run.output.split()) for run in runs), strict=True)
    peak = median(run.peak_mib for run in runs)
    taken = median(times)
    table.add(title, taken, in_yards(taken), str(modules[0]), peak)
