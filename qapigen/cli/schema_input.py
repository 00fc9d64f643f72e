"""What all verbs that read a schema share: the arguments, reading, telling what is wrong."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, TextIO

from .status import FINDINGS, TROUBLE, Trouble

if TYPE_CHECKING:
    from ..compiler.passes.select import Config
    from ..compiler.pipeline import Analysis

__all__ = ["add_arguments", "analyze_input", "config_of", "report", "root_of", "use_color"]


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
        "-D",
        dest="defined",
        action="append",
        default=[],
        metavar="NAME",
        help="a configuration symbol that is defined; may be repeated",
    )
    parser.add_argument(
        "-U",
        dest="undefined",
        action="append",
        default=[],
        metavar="NAME",
        help="a configuration symbol that is not defined; may be repeated",
    )
    parser.add_argument(
        "--config",
        default="all",
        metavar="all|none|FILE",
        help="what is conditional: keep all that -D and -U do not decide, take all other symbols "
        "as not defined, or read a file that says which are (default: %(default)s)",
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


def analyze_input(options: argparse.Namespace, *, configured: bool = True) -> Analysis:
    """Read and check the schema, and leave out what the configuration leaves out."""
    from ..compiler.disk import read_source
    from ..compiler.passes.select import KEEP_ALL
    from ..compiler.pipeline import analyze

    config = config_of(options) if configured else KEEP_ALL
    return analyze(root_of(options), read_source, options.dialect, config)


def config_of(options: argparse.Namespace) -> Config:
    """What is known about configuration symbols; Trouble for what cannot be understood."""
    from ..compiler.configuration import ConfigurationError, parse_configuration, symbol
    from ..compiler.disk import read_source
    from ..compiler.passes.select import Config
    from ..compiler.source import ReadError

    try:
        defined = frozenset(symbol(name) for name in options.defined)
        undefined = frozenset(symbol(name) for name in options.undefined)
        if both := defined & undefined:
            raise ConfigurationError(f"-D and -U both name {', '.join(sorted(both))}")
        if options.config in ("all", "none"):
            return Config(defined, undefined, complete=options.config == "none")
        told = parse_configuration(read_source(options.config), options.config)
    except ConfigurationError as error:
        raise Trouble(f"qapigen: error: {error}") from error
    except ReadError as error:
        raise Trouble(f"{options.config}: error: {error}") from error
    # What the command line says goes before what the file says.
    return Config(
        defined | (told.defined - undefined), undefined | (told.undefined - defined)
    )


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
