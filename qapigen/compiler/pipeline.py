"""The compiler on one screen: each stage takes what the last one gave.

In: the path of a schema, a reader, options.  Out: files in memory, or diagnostics.
Must not know: the file system (the reader and the caller do), how diagnostics are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from .backends import Request
from .backends.registry import find_backend
from .check import check
from .check.advice import advise
from .choice import choose
from .diagnostics import Diagnostic, Report, in_order
from .dialect import DIALECTS
from .emit.filetree import FileTree
from .ir import Schema
from .passes.reach import modules_needed
from .passes.select import KEEP_ALL, Config
from .records import record
from .source import Reader
from .syntax.detect import guess_release
from .syntax.load import load

__all__ = [
    "Analysis",
    "Options",
    "Result",
    "analyze",
    "compile_schema",
    "configured",
    "render_all",
    "select",
]


@record(frozen=True, slots=True, kw_only=True)
class Options:
    """What is wanted.

    ``dialect`` is one of the dialects or ``auto``; ``modules`` are the schema modules to make
    output for, with those that they need, all if empty; ``templates`` are folders that come
    before the shipped ones; ``format`` has black format the Python files; ``config`` decides
    conditions.
    """

    dialect: str = "auto"
    package: str = "qapi"
    backends: tuple[str, ...] = (
        *("types", "visit", "wire", "commands", "events", "client", "introspect"),
        "markdown",
    )
    modules: tuple[str, ...] = ()
    templates: tuple[Path, ...] = ()
    format: bool = False
    mask: bool = True
    config: Config = KEEP_ALL


@record(frozen=True, slots=True)
class Analysis:
    """What the front end found: a schema, or diagnostics in the order to show them.

    ``whole`` is the schema with what the configuration, ``config``, leaves out.  With ``auto``,
    ``reasons`` are all that spoke for the dialect, ``deciding`` is what ruled out newer ones.
    """

    dialect: str
    schema: Schema | None
    diagnostics: tuple[Diagnostic, ...]
    whole: Schema | None = None
    reasons: tuple[str, ...] = ()
    deciding: str = ""
    config: Config = KEEP_ALL

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are no warnings."""
        return [each for each in self.diagnostics if each.severity == "error"]


@record(frozen=True, slots=True)
class Result:
    """What a compilation gave: files, or diagnostics."""

    analysis: Analysis
    files: FileTree | None


def analyze(
    root: str,
    read: Reader,
    dialect: str = "auto",
    config: Config = KEEP_ALL,
    *,
    strict: frozenset[str] = frozenset(),
) -> Analysis:
    """Text to schema.

    ``strict`` has the rules of style (:data:`.codes.STYLE`) whose breach is an error.  They do not
    count when ``auto`` chooses: it would take a release without the rule.
    """
    if dialect != "auto":
        found = _analyze(root, read, dialect, config)
    else:
        found = _choose(root, read, config)
    return _judge(found, strict)


def _judge(found: Analysis, strict: frozenset[str]) -> Analysis:
    """The breaches of some rules of style made errors."""
    if not any(each.code.slug in strict for each in found.diagnostics):
        return found
    judged = in_order(
        replace(each, promoted=True) if each.code.slug in strict else each
        for each in found.diagnostics
    )
    return replace(found, schema=None, diagnostics=judged)


def _choose(root: str, read: Reader, config: Config) -> Analysis:
    """Text to schema in the dialect that fits."""
    read = cache(read)
    guess = guess_release(root, read)
    chosen = choose(
        guess.release,
        lambda name: _analyze(root, read, name, config),
        lambda found: found.errors,
        guess.preferred,
        guess.floor,
    )
    reasons = [str(each) for each in guess.evidence]
    reasons += [f"QEMU {release} refuses {_shown(each)}" for release, each in chosen.refused]
    decided = guess.deciding
    if guess.preferring is not None and chosen.dialect == guess.preferred:
        decided = guess.preferring
    deciding = str(decided) if decided is not None else ""
    if chosen.refused:
        deciding = reasons[-1]
    return replace(chosen.read, reasons=tuple(reasons), deciding=deciding)


def _shown(error: Diagnostic) -> str:
    """Where a release found its first error, and which."""
    return f"{error.span or error.path}: {error.message} [{error.code.id}]"


def _analyze(root: str, read: Reader, dialect: str, config: Config) -> Analysis:
    """Text to schema in one dialect."""
    rules, report = DIALECTS[dialect], Report()
    tree = load(root, read, rules, report)
    if tree is not None and rules.wildcards:
        from .syntax.old_forms import in_forms_of_today  # for schemas of long ago

        tree = in_forms_of_today(tree, rules)
    whole = check(tree, rules, report) if tree is not None else None
    schema = select(whole, config, report) if whole is not None else None
    if tree is not None and whole is not None and not report.failed:
        advise(tree, whole, rules, report)
    found = report.sorted()
    return Analysis(rules.name, None if report.failed else schema, found, whole, config=config)


def configured(analysis: Analysis, config: Config) -> Analysis:
    """What the front end found with the whole schema, under a configuration that it led to."""
    if analysis.schema is None or analysis.whole is None:
        return analysis
    report = Report()
    schema = select(analysis.whole, config, report)
    return replace(
        analysis,
        schema=None if report.failed else schema,
        diagnostics=in_order([*report.sorted(), *analysis.diagnostics]),
        config=config,
    )


def select(schema: Schema, config: Config, report: Report) -> Schema:
    """Schema to the schema that a configuration leaves."""
    if config == KEEP_ALL:
        return schema
    from .configuration import report_broken  # most runs can do without
    from .passes.configure import configure

    selected, broken = configure(schema, config)
    for each in broken:
        report_broken(each, report)
    return selected


def render_all(schema: Schema, options: Options, whole: Schema | None = None) -> FileTree:
    """Schema to files; ``whole`` is the schema before a configuration was applied.

    Raises TemplateFailure, FormatFailure or BackendFailure.
    """
    from .emit.render import Renderer  # jinja is slow to load, and only wanted here

    modules = modules_needed(schema, options.modules or [m.name for m in schema.modules])
    renderer = Renderer(options.templates, finish=_formatter() if options.format else None)
    request = Request(
        options.package, modules, renderer, options.mask, whole or schema, options.config
    )
    files = FileTree()
    for name in options.backends:
        files |= find_backend(name)(schema, request)
    return files


def compile_schema(root: str, read: Reader, options: Options) -> Result:
    """Text to files."""
    analysis = analyze(root, read, options.dialect, options.config)
    if analysis.schema is None:
        return Result(analysis, None)
    return Result(analysis, render_all(analysis.schema, options, analysis.whole))


def _formatter() -> Callable[[str, str], str]:
    from .emit.pyformat import format_python

    return format_python
