"""Compile a schema into a typed Python package and its documentation.

The package goes to DIR/NAME, the documentation to DIR/docs.  Files are written only where they
differ, and files of earlier runs that are no longer made are removed.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import schema_input
from .status import FINDINGS, FINE, Trouble

if TYPE_CHECKING:
    from ..compiler.emit.filetree import FileTree
    from ..compiler.pipeline import Analysis

__all__ = ["arguments", "run"]

#: What ``--backend python`` stands for.
PYTHON = ("types", "visit", "wire", "commands", "events", "client", "introspect")
#: The package of the shipped schema.
SHIPPED_PACKAGE = "qapi_migration"
#: The modules of the standard library, by their names in lower case.
_STANDARD = frozenset(name.lower() for name in sys.stdlib_module_names)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    schema_input.add_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        required=True,
        help="where the output goes; '-' prints it instead",
    )
    parser.add_argument(
        "--package",
        metavar="NAME",
        help="the name of the Python package, dots allowed (default: from the schema's name)",
    )
    parser.add_argument(
        "--backend",
        action="append",
        metavar="NAME",
        help="what to make, may be repeated: types, visit, wire, commands, events, client, "
        "introspect, python (all of these), markdown, or an installed backend (default: all)",
    )
    parser.add_argument(
        "--module",
        action="append",
        default=[],
        metavar="FILE",
        help="make output for this file of the schema and those it needs; may be repeated",
    )
    parser.add_argument(
        "--templates",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of templates that come before the shipped ones; may be repeated",
    )
    parser.add_argument(
        "--format",
        choices=("black", "none"),
        help="have black format the Python files (default: black with --templates; "
        "the shipped templates print black's form already)",
    )
    parser.add_argument(
        "--unmask", action="store_true", help="type names, not numbers, in introspection data"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; print how the output differs, and exit with 1 if it does",
    )


def run(options: argparse.Namespace) -> int:
    """Generate, or compare; the exit status."""
    package = _package(options)
    _expect_possible(options)
    analysis = schema_input.analyze_input(options, judging=False)
    status = schema_input.report(analysis, options, stdout_taken=options.output == "-")
    if status != FINE or analysis.schema is None:
        return status
    files = _files(analysis, package, options)
    if options.output == "-":
        return _print(files)
    from ..compiler.disk import OutputError, compare, write

    try:
        if options.check:
            return _compare(compare(Path(options.output), package, files), options.output)
        changes = write(Path(options.output), package, files)
    except OutputError as error:
        raise Trouble(str(error)) from error
    removed = f", {len(changes.removed)} removed" if changes.removed else ""
    print(
        f"{options.output}: {len(changes.written)} files written, "
        f"{changes.unchanged} unchanged{removed} (dialect {analysis.dialect})",
        file=sys.stderr,
    )
    return FINE


def _expect_possible(options: argparse.Namespace) -> None:
    """Trouble for what cannot be, whatever the schema is."""
    if options.output != "-":
        from ..compiler.disk import OutputError, expect_folder

        try:
            expect_folder(Path(options.output))
        except OutputError as error:
            raise Trouble(str(error)) from error
    elif options.check:
        raise Trouble("qapigen generate: error: --check needs a directory to compare with")
    if options.backend is not None:
        from ..compiler.backends.registry import backend_names
        from ..runtime.errors import cut, did_you_mean

        known = ["python", *backend_names()]
        for name in options.backend:
            if name not in known:
                near = did_you_mean(name, known) or f"; there are {', '.join(known)}"
                raise Trouble(f"qapigen generate: error: there is no backend {cut(name)!a}{near}")


def _files(analysis: Analysis, package: str, options: argparse.Namespace) -> FileTree:
    """The output in memory; Trouble for what the user asked for and is not there."""
    schema = analysis.schema
    assert schema is not None
    from ..compiler.backends.registry import BackendFailure
    from ..compiler.emit.filetree import TreeFailure
    from ..compiler.emit.pyformat import FormatFailure
    from ..compiler.emit.render import TemplateFailure
    from ..compiler.pipeline import Options, render_all

    modules = [module.name for module in schema.modules]
    for name in options.module:
        if name not in modules:
            from ..runtime.errors import cut, did_you_mean

            near = did_you_mean(name, modules) or f"; there are {', '.join(modules)}"
            raise Trouble(f"qapigen generate: error: no module {cut(name)!a} in the schema{near}")
    for folder in options.templates:
        if not Path(folder).is_dir():
            raise Trouble(f"{folder}: error: no folder of templates")
    wanted = Options(
        package=package,
        backends=_backends(options.backend),
        modules=tuple(options.module),
        templates=tuple(Path(folder) for folder in options.templates),
        format=(options.format or ("black" if options.templates else "none")) == "black",
        mask=not options.unmask,
        config=analysis.config,
    )
    try:
        return render_all(schema, wanted, analysis.whole)
    except (BackendFailure, TemplateFailure, FormatFailure, TreeFailure) as error:
        raise Trouble(f"qapigen generate: error: {error}") from error


def _backends(names: list[str] | None) -> tuple[str, ...]:
    found: list[str] = []
    for name in names or ["python", "markdown"]:
        found += PYTHON if name == "python" else [name]
    return tuple(dict.fromkeys(found))


def _package(options: argparse.Namespace) -> str:
    """The name of the package: as given, or made of the schema's file name."""
    if options.package is not None:
        parts = str(options.package).split(".")
        if not all(_is_name(part) for part in parts):
            raise Trouble(
                f"qapigen generate: error: '{options.package}' cannot name a Python package"
            )
        if _is_taken(parts[0]):
            raise Trouble(
                f"qapigen generate: error: a package '{parts[0]}' would stand in for the module of "
                f"{'qapigen itself' if parts[0] == 'qapigen' else 'the standard library'}, or be "
                f"hidden by it; try '--package qapi_{parts[0]}', or put it into a package: "
                f"'--package NAME.{options.package}'"
            )
        return str(options.package)
    if options.schema is None:
        return SHIPPED_PACKAGE
    stem = Path(options.schema).name.removesuffix(".json").lower()
    text = "".join(c if c.isascii() and c.isalnum() else "_" for c in stem).strip("_")
    usable = _is_name(text) and not _is_taken(text)
    return text if usable else f"qapi_{text}".rstrip("_")


def _is_name(text: str) -> bool:
    from keyword import iskeyword

    return text.isascii() and text.isidentifier() and not iskeyword(text)


def _is_taken(text: str) -> bool:
    """Whether a module of that name comes with Python, or is this program."""
    # On file systems that ignore case, 'Json' is the folder that 'import json' finds.
    return text.lower() == "qapigen" or text.lower() in _STANDARD


def _as_in_files() -> None:
    """Have stdout take generated text with the bytes that a file has, whatever the terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _print(files: FileTree) -> int:
    """All files on stdout, each under its path if there are several."""
    _as_in_files()
    for path, text in files.items():
        if len(files) > 1:
            sys.stdout.write(f"# ==> {path} <==\n")
        sys.stdout.write(text)
    return FINE


def _compare(difference: str, output: str) -> int:
    _as_in_files()
    sys.stdout.write(difference)
    if not difference:
        return FINE
    print(f"{output}: stale; run the command again without --check", file=sys.stderr)
    return FINDINGS
