"""Print what query-qmp-schema answers for a schema: the SchemaInfo list, as JSON.

With --diff, print where a running program and the schema differ: lines that begin with - for what
only the schema has, with + for what only the program has, with ! for what is not the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from . import schema_input
from .live import LIVE_FORMS, Live, read_live
from .status import FINDINGS, FINE
from .terminal import show

if TYPE_CHECKING:
    from ..compiler.pipeline import Analysis

__all__ = ["arguments", "run"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    schema_input.add_arguments(parser)
    parser.add_argument(
        "--names",
        choices=("masked", "unmasked"),
        default="masked",
        help="numbers in place of type names, as on the wire, or the names "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--diff",
        metavar="LIVE",
        help=f"print how a running program differs, and exit with 1 if it does: {LIVE_FORMS}, or "
        "a file with its answer to query-qmp-schema; - is standard input",
    )


def run(options: argparse.Namespace) -> int:
    """Print the list, or the differences; the exit status."""
    from ..compiler.passes.introspect import introspect

    live = read_live(options.diff, options) if options.diff is not None else None
    # Made of the whole schema: numbers do not depend on the configuration.
    analysis = schema_input.analyze_input(options, select=False)
    status = schema_input.report(analysis, options, stdout_taken=True)
    if status != FINE or analysis.schema is None:
        return status
    if live is not None:
        return _print_differences(analysis, live, options)
    rows = introspect(analysis.schema, mask=options.names == "masked", config=analysis.config)
    lines = ",\n ".join(json.dumps(row, sort_keys=True) for row in rows)
    sys.stdout.write(f"[\n {lines}\n]\n" if rows else "[]\n")
    return FINE


def _print_differences(analysis: Analysis, live: Live, options: argparse.Namespace) -> int:
    """A line for each place that differs, in the manner of diff."""
    from ..compiler.diagnostics import one_line
    from ..compiler.passes.deduce import conditions
    from ..compiler.passes.select import cond_text, remaining

    schema = analysis.schema
    assert schema is not None
    found = [each for each in live.findings(schema, analysis.config) if each.differs]
    if not found:
        return FINE
    conds, explained = conditions(schema), 0
    lines = [f"--- {schema_input.root_of(options)}", f"+++ {live.name}"]
    for each in sorted(found, key=lambda each: (each.place.owner, each.place.part)):
        mark = "!" if each.problem else "-" if each.ours else "+"
        text = f": {each.problem}" if each.problem else ""
        left = remaining(conds.get(each.place), analysis.config)
        if mark == "-" and not isinstance(left, bool):
            text = f" (if {cond_text(left)})"
            explained += 1
        lines.append(f"{mark}{each.place}{text}")
    show("".join(f"{one_line(line)}\n" for line in lines))
    noun = "difference" if len(found) == 1 else "differences"
    print(f"{len(found)} {noun}, {explained} of them conditional in the schema", file=sys.stderr)
    return FINDINGS
