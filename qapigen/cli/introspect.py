"""Print what query-qmp-schema answers for a schema: the SchemaInfo list, as JSON."""

from __future__ import annotations

import argparse
import json
import sys

from . import schema_input
from .status import FINE

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


def run(options: argparse.Namespace) -> int:
    """Print the list; the exit status."""
    from ..compiler.passes.introspect import introspect

    # Made of the whole schema: numbers do not depend on the configuration.
    analysis = schema_input.analyze_input(options, configured=False)
    status = schema_input.report(analysis, options, stdout_taken=True)
    if status != FINE or analysis.schema is None:
        return status
    config = schema_input.config_of(options)
    rows = introspect(analysis.schema, mask=options.names == "masked", config=config)
    lines = ",\n ".join(json.dumps(row, sort_keys=True) for row in rows)
    sys.stdout.write(f"[\n {lines}\n]\n" if rows else "[]\n")
    return FINE
