"""What is known of configuration symbols: the arguments, and what they come to.

In: options.  Out: a configuration; or a program that can be compared with the schema, which then
gives one.
Must not know: what a configuration is for.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from .live import LIVE_FORMS, Live, is_address, parse_answer, read_live
from .standard_input import reader, root_path
from .status import Trouble

if TYPE_CHECKING:
    from ..compiler.ir import Schema
    from ..compiler.passes.select import Config

__all__ = ["add_arguments", "given", "settled"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The symbols, and where else to learn of them."""
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
        metavar="all|none|FILE|LIVE",
        help="what is conditional: keep all that -D and -U do not decide, take all other symbols "
        "as not defined, read a file that says which are, or find them by what a running program "
        f"has of the schema: {LIVE_FORMS}, or a file with its answer to query-qmp-schema "
        "(default: %(default)s)",
    )


def given(options: argparse.Namespace) -> Config | Live:
    """What the options say; Trouble for what cannot be understood."""
    from ..compiler.passes.select import KEEP_ALL, Config

    if options.config == "all" and not options.defined and not options.undefined:
        return KEEP_ALL  # as nearly always: the rest has much to load
    config = _on_the_command_line(options)
    if options.config in ("all", "none"):
        return Config(config.defined, config.undefined, complete=options.config == "none")
    if is_address(options.config):
        return read_live(options.config, options)
    return _in_file(options, config)


def _on_the_command_line(options: argparse.Namespace) -> Config:
    from ..compiler.configuration import ConfigurationError, symbol
    from ..compiler.passes.select import Config

    try:
        defined = frozenset(symbol(name) for name in options.defined)
        undefined = frozenset(symbol(name) for name in options.undefined)
        if both := defined & undefined:
            raise ConfigurationError(f"-D and -U both name {', '.join(sorted(both))}")
    except ConfigurationError as error:
        raise Trouble(f"qapigen: error: {error}") from error
    return Config(defined, undefined)


def _in_file(options: argparse.Namespace, config: Config) -> Config | Live:
    from ..compiler.configuration import ConfigurationError, parse_configuration
    from ..compiler.source import ReadError

    path = root_path(options.config)
    try:
        text = reader(options)(path)
        if (live := parse_answer(text, path)) is not None:
            return live
        return _both(config, parse_configuration(text, path))
    except ConfigurationError as error:
        raise Trouble(f"qapigen: error: {error}") from error
    except ReadError as error:
        raise Trouble(f"{path}: error: {error}") from error


def _both(config: Config, more: Config) -> Config:
    """What the command line says goes before what anything else says."""
    return replace(
        more,
        defined=config.defined | (more.defined - config.undefined),
        undefined=config.undefined | (more.undefined - config.defined),
    )


def settled(given: Config | Live, schema: Schema, options: argparse.Namespace) -> Config:
    """The configuration, which a program may have to tell by what it has of the schema."""
    if not isinstance(given, Live):
        return given
    from ..compiler.passes.deduce import conditions, deduced, unexplained

    findings, conds = given.findings(schema), conditions(schema)
    config, wrong = deduced(findings, conds)
    odd = len(unexplained(findings, conds)) + len(wrong)
    if odd:
        places = "1 place" if odd == 1 else f"{odd} places"
        print(
            f"{given.name}: note: differs from the schema in {places} that no condition explains; "
            f"'qapigen introspect --diff' shows them",
            file=sys.stderr,
        )
    if options.verbose:
        for word, names in (("with", config.defined), ("without", config.undefined)):
            print(f"{given.name}: built {word} {', '.join(sorted(names))}", file=sys.stderr)
    return _both(_on_the_command_line(options), config)
