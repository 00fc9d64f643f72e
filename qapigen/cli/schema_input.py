"""What all verbs that read a schema share: the arguments, reading, telling what is wrong."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ..compiler.dialect import DIALECT_NAMES
from . import configuration_input
from .standard_input import reader, root_path
from .status import FINDINGS, FINE, TROUBLE, Trouble
from .terminal import add_color_option, has_colors

if TYPE_CHECKING:
    from ..compiler.codes import Code
    from ..compiler.diagnostics import Diagnostic
    from ..compiler.pipeline import Analysis

__all__ = [
    "add_arguments",
    "analyze_input",
    "dialect_told",
    "report",
    "root_of",
]


_RELEASES = [name for name in DIALECT_NAMES if "." in name]
_OLDEST, _NEWEST = _RELEASES[0], _RELEASES[-1]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The schema, its dialect, colours."""
    _add_schema(parser)
    configuration_input.add_arguments(parser)
    _add_messages(parser)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "schema",
        metavar="SCHEMA",
        nargs="?",
        help="the root file of the schema; - reads it from standard input (default: the migration "
        "schema that is shipped)",
    )
    parser.add_argument(
        "--dialect",  # no metavar: scripts read in the help which there are
        choices=("auto", *DIALECT_NAMES),
        default="auto",
        help=f"the release of QEMU in whose language the schema is written: {_OLDEST} to "
        f"{_NEWEST}; 2018 is 2.12, modern the newest (default: %(default)s, the newest release "
        "that finds no error)",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="tell what speaks for the dialect, and with which symbols a program was built",
    )


def _add_messages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-W",
        dest="warnings",
        action="append",
        default=[],
        metavar="error=CODE|warn=CODE|off=CODE",
        help="take a warning as an error or as a warning, or leave it out; without =CODE, all; may "
        "be repeated",
    )
    parser.add_argument(
        "--strict-style",
        action="store_true",
        help="take breaches of the rules of style (E047, E048) as errors, as QEMU's generator "
        "does; check, ir and introspect do so anyhow where --dialect names a release that has them",
    )
    parser.add_argument(
        "--diagnostics",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="the form in which errors and warnings are told: text and github on stderr, "
        "json and sarif on stdout unless that has other output (default: %(default)s)",
    )
    add_color_option(parser)


def root_of(options: argparse.Namespace) -> str:
    """The path of the root schema."""
    if options.schema is not None:
        return root_path(options.schema)
    from ..compiler.emit.assets import shipped_schema

    return str(shipped_schema())


def analyze_input(
    options: argparse.Namespace, *, select: bool = True, judging: bool = True
) -> Analysis:
    """Read and check the schema, and leave out what the configuration leaves out.

    ``select`` false: the result has the configuration, and the whole schema.
    ``judging``: the verdict of the release that was named is wanted, in matters of style, too.
    """
    from ..compiler.passes.select import KEEP_ALL, Config
    from ..compiler.pipeline import analyze, configured

    given, strict = configuration_input.given(options), _strict(options, judging)
    early = given if select and isinstance(given, Config) else KEEP_ALL
    analysis = analyze(root_of(options), reader(options), options.dialect, early, strict=strict)
    if analysis.schema is None or given == early:
        return analysis
    config = configuration_input.settled(given, analysis.schema, options)
    return configured(analysis, config) if select else replace(analysis, config=config)


def _strict(options: argparse.Namespace, judging: bool) -> frozenset[str]:
    """The rules of style whose breach is an error: what ``-W`` says goes before all else."""
    from ..compiler.codes import CODES, STYLE

    usual = "error" if options.strict_style else "warn"
    if judging and options.dialect != "auto":
        usual = "error"
    levels = [_level(text) for text in options.warnings]
    return frozenset(
        slug for slug in STYLE if (_last_level(levels, CODES[slug]) or usual) == "error"
    )


def report(analysis: Analysis, options: argparse.Namespace, *, stdout_taken: bool = False) -> int:
    """Tell what is wrong with the schema; the exit status, FINE after mere warnings.

    ``stdout_taken``: a schema without errors has output that goes to stdout.
    """
    from ..compiler.diagnostics import render_text

    _tell_reasons(analysis, options)
    found = _leveled(analysis, options)
    errors = [each for each in found if each.severity == "error"]
    if options.diagnostics == "text":
        sys.stderr.write(render_text(found, color=has_colors(options.color, sys.stderr)))
        _summarize(found, analysis, options)
    else:
        from ..compiler.diagnostic_formats import FORMATS

        aside = options.diagnostics == "github" or (stdout_taken and not errors)
        stream = sys.stderr if aside else sys.stdout
        stream.write(FORMATS[options.diagnostics](found))
    if not errors:
        return FINE
    return TROUBLE if all(each.span is None for each in errors) else FINDINGS


def _leveled(analysis: Analysis, options: argparse.Namespace) -> tuple[Diagnostic, ...]:
    """The diagnostics as ``-W`` has them; Trouble for a code that is none."""
    levels = [_level(text) for text in options.warnings]
    found: list[Diagnostic] = []
    for each in analysis.diagnostics:
        level = None
        if each.code.is_warning:
            level = _last_level(levels, each.code)
        if level != "off":
            found.append(replace(each, promoted=True) if level == "error" else each)
    return tuple(found)


def _last_level(levels: list[tuple[str, Code | None]], code: Code) -> str | None:
    """What ``-W`` says about a code: the last one that names it, or all, wins."""
    return next((level for level, of in reversed(levels) if of in (None, code)), None)


def _level(text: str) -> tuple[str, Code | None]:
    from ..compiler.codes import find_code

    level, equals, name = text.partition("=")
    if level not in ("error", "warn", "off"):
        wanted = "error=CODE, warn=CODE or off=CODE"
        from ..runtime.errors import did_you_mean

        near = did_you_mean(level, ("error", "warn", "off"))
        raise Trouble(f"qapigen: error: -W wants {wanted}, not '{text}'{near}")
    code = find_code(name) if equals else None
    if equals and (code is None or not code.is_warning):
        known = "not the code of a warning; 'qapigen explain' lists them"
        if code is not None:
            known = "an error, which cannot be changed"
        raise Trouble(f"qapigen: error: -W {text}: '{name}' is {known}")
    return level, code


def _summarize(
    found: tuple[Diagnostic, ...], analysis: Analysis, options: argparse.Namespace
) -> None:
    """A last line that counts."""
    from ..compiler.codes import STYLE
    from ..compiler.diagnostics import MOST_DIAGNOSTICS

    parts = []
    for severity in ("error", "warning"):
        count = sum(each.severity == severity for each in found)
        if count:
            parts.append(f"{count} {severity}{'s' if count != 1 else ''}")
    if len(analysis.diagnostics) >= MOST_DIAGNOSTICS:
        parts.append("and no more are told")
    if parts:
        print(f"{', '.join(parts)}{_dialect_remark(analysis, options)}", file=sys.stderr)
        if STYLE.issuperset(each.code.slug for each in found if each.severity == "error"):
            _tell_of_style(found)
        print(f"'qapigen explain {found[0].code.id}' tells more", file=sys.stderr)


def _tell_of_style(found: tuple[Diagnostic, ...]) -> None:
    """How to go on where nothing is wrong but style."""
    from ..compiler.codes import STYLE

    broken = [each for each in found if each.code.slug in STYLE]
    rules = sorted({each.code.id for each in broken})
    if any(each.severity == "error" for each in broken):
        ways = " ".join(f"-W warn={rule}" for rule in rules)
        print(f"only style is wrong: '{ways}' goes on", file=sys.stderr)
    elif broken:
        ways = " ".join(f"-W off={rule}" for rule in rules)
        print(f"'{ways}' leaves style out", file=sys.stderr)


def _dialect_remark(analysis: Analysis, options: argparse.Namespace) -> str:
    """Which dialect was taken, and why; which the text speaks for, if it is another."""
    from ..compiler.dialect import DIALECTS
    from ..compiler.syntax.detect import guess_release

    if all(each.span is None for each in analysis.diagnostics):
        return ""  # nothing was read that could tell
    if options.dialect == "auto":
        return f" ({dialect_told(analysis)}; --dialect chooses another)"
    if analysis.schema is not None:
        return ""
    guess = guess_release(root_of(options), reader(options))
    seems = DIALECTS[guess.release].name
    if seems == DIALECTS[options.dialect].name or guess.deciding is None:
        return ""
    return f" (the schema looks like one of the dialect {seems}: {guess.deciding})"


def dialect_told(analysis: Analysis) -> str:
    """The dialect, and what decided for it, in one line."""
    if analysis.deciding:
        return f"dialect {analysis.dialect}, since {analysis.deciding}"
    return f"dialect {analysis.dialect}"


def _tell_reasons(analysis: Analysis, options: argparse.Namespace) -> None:
    """With ``-v``, all that spoke for the dialect."""
    if options.verbose and options.dialect == "auto":
        for reason in analysis.reasons or ("nothing speaks for an old release",):
            print(f"dialect: {reason}", file=sys.stderr)
