"""What all verbs that read a schema share: the arguments, reading, telling what is wrong."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, TextIO

from .status import FINDINGS, TROUBLE

if TYPE_CHECKING:
    from ..compiler.pipeline import Analysis

__all__ = ["add_arguments", "analyze_input", "report", "root_of", "use_color"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The schema, its dialect, colours."""
    parser.add_argument(
        "schema",
        metavar="SCHEMA",
        nargs="?",
        help="the root file of the schema (default: the migration schema that is shipped)",
    )
    parser.add_argument(
        "--dialect",
        choices=("auto", "2018", "modern", "7.2"),
        default="auto",
        help="the language the schema is written in (default: %(default)s, told by the schema)",
    )
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours in messages; auto: on a terminal, unless NO_COLOR is set",
    )


def root_of(options: argparse.Namespace) -> str:
    """The path of the root schema."""
    if options.schema is not None:
        return str(options.schema)
    from ..compiler.emit.assets import shipped_schema

    return str(shipped_schema())


def analyze_input(options: argparse.Namespace) -> Analysis:
    """Read and check the schema."""
    from ..compiler.disk import read_source
    from ..compiler.pipeline import analyze

    return analyze(root_of(options), read_source, options.dialect)


def report(analysis: Analysis, options: argparse.Namespace) -> int:
    """Tell the diagnostics on stderr; the exit status."""
    from ..compiler.diagnostics import render_text

    found = analysis.diagnostics
    sys.stderr.write(render_text(found, color=use_color(options, sys.stderr)))
    count = len(found)
    chosen = f" (dialect {analysis.dialect}, told by the schema; --dialect chooses another)"
    told = chosen if options.dialect == "auto" else ""
    print(f"{count} error{'s' if count != 1 else ''}{told}", file=sys.stderr)
    return TROUBLE if all(d.span is None for d in found) else FINDINGS


def use_color(options: argparse.Namespace, stream: TextIO) -> bool:
    """Whether to colour what goes to ``stream``."""
    if options.color != "auto":
        return bool(options.color == "always")
    return stream.isatty() and not os.environ.get("NO_COLOR")
