"""Say what is wrong with a schema."""

from __future__ import annotations

import argparse
import sys

from . import schema_input
from .status import FINE

__all__ = ["arguments", "run"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    schema_input.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Check the schema; the exit status."""
    analysis = schema_input.analyze_input(options)
    status = schema_input.report(analysis, options)
    if status != FINE or analysis.schema is None:
        return status
    count = len(analysis.schema.definitions)
    print(
        f"no errors in {count} definitions ({schema_input.dialect_told(analysis)})", file=sys.stderr
    )
    return FINE
