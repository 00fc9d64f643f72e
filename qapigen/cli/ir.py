"""Print what a schema means: its modules, definitions and documentation, as JSON.

The format is qapi-ir/1: docs/formats.md describes it.
"""

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
    parser.add_argument("--format", choices=("json",), default="json", help="(default: json)")


def run(options: argparse.Namespace) -> int:
    """Print the facts; the exit status."""
    from ..compiler.backends.facts import facts

    analysis = schema_input.analyze_input(options)
    status = schema_input.report(analysis, options, stdout_taken=True)
    if status != FINE or analysis.schema is None:
        return status
    json.dump(facts(analysis.schema), sys.stdout, indent=1)
    sys.stdout.write("\n")
    return FINE
