"""Run benches and print their tables: those named on the command line, or all but the longest."""

from __future__ import annotations

import platform
import sys
from importlib import import_module

from tests.bench.table import Table
from tests.bench.timing import yardstick_ms

#: The benches, each a module here.
BENCHES = (
    "compiler",
    "imports",
    "scale",
    "marshalling",
    "strictness",
    "qmp",
    "fairness",
    "deltas",
    "migration",
)

#: Those that take many minutes: only if they are named.
LONG_BENCHES = ("endurance",)


def main(names: list[str]) -> int:
    """Print the tables, with ``--markdown`` as Markdown; the exit status."""
    as_markdown = "--markdown" in names
    names = [name for name in names if name != "--markdown"]
    known = (*BENCHES, *LONG_BENCHES)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    yardstick = yardstick_ms()
    told = "no corpus, no yardstick" if yardstick is None else f"yardstick {yardstick:.0f} ms"
    print(f"Python {platform.python_version()} on {platform.machine()}; {told}")
    for name in names or BENCHES:
        made: Table | list[Table] = import_module(f"tests.bench.{name}").run()
        for table in made if isinstance(made, list) else [made]:
            print(f"\n{table.markdown() if as_markdown else table}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
