"""Follow includes, collect pragmas, put documentation with its definition.

In: the path of the root and a reader.  Out: a :class:`~.tree.SourceTree`, or None when the
report has problems.  Must not know: the file system (the reader does), what definitions mean.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field

from ..diagnostics import Note, Report
from ..dialect import Dialect
from ..ir import Doc, Include, Module
from ..source import Reader, ReadError, SourceFile, Span
from .directives import directive_of, include_target, pragma_settings
from .lexer import Source
from .parse import parse
from .tree import Broken, Expression, Object, Pragmas, SourceTree, Value

__all__ = ["load"]

_PLAIN = re.compile(r"^[^\S\n]*+(##)$", re.MULTILINE)

#: How deep includes may nest.  Real schemas need two or three.
DEEPEST_INCLUDE = 200


def load(root: str, read: Reader, dialect: Dialect, report: Report) -> SourceTree | None:
    """Read the schema at ``root`` and all that it includes; None after any problem."""
    loader = _Loader(read, dialect, report, os.path.dirname(os.path.abspath(root)))
    try:
        text = read(root)
    except ReadError as error:
        report.error("root-unreadable", None, f"cannot read the schema: {error}", path=root)
        return None
    loader.file(SourceFile(root, loader.module_name(root), text), chain=())
    if report.failed:
        return None
    if loader.plain is not None:
        _warn_of_comments(loader.plain, report)
    lists = {name: frozenset(places) for name, places in loader.places.items()}
    pragmas = Pragmas(loader.doc_required, lists, loader.places)
    modules = tuple(Module(name, tuple(found)) for name, found in loader.includes.items())
    return SourceTree(modules, tuple(loader.expressions), tuple(loader.docs), pragmas)


@dataclass(slots=True)
class _Loader:
    """What has been read so far."""

    read: Reader
    dialect: Dialect
    report: Report
    directory: str
    expressions: list[Expression] = field(default_factory=list)
    docs: list[Doc] = field(default_factory=list)
    includes: dict[str, list[Include]] = field(default_factory=dict)
    doc_required: bool = False
    places: dict[str, dict[str, Span]] = field(default_factory=dict)
    plain: Span | None = None  # the first comment that would be documentation, but is none

    def module_name(self, path: str) -> str:
        """The module of a file: its normalised path from the directory of the root."""
        return os.path.relpath(os.path.abspath(path), self.directory).replace(os.sep, "/")

    def file(self, file: SourceFile, chain: tuple[str, ...]) -> None:
        """Read one file; ``chain`` has the absolute paths of its includers."""
        chain = (*chain, os.path.abspath(file.path))
        self.includes[file.module] = []
        if not self.dialect.doc_comments and self.plain is None:
            found = _PLAIN.search(file.text)
            self.plain = Span(file, found.start(1), found.end(1)) if found else None
        before: Doc | None = None  # a block that what follows has to fit to
        for item in parse(Source(file, self.dialect, self.report)):
            if isinstance(item, Doc):
                self.not_followed(before, "another documentation block", item.span.start)
                self.docs.append(item)
                before = item
            else:
                if not isinstance(item, Broken):
                    self.expression(file, item, before, chain)
                before = None
        self.not_followed(before, "the end of the file", len(file.text))

    def expression(
        self, file: SourceFile, item: Value, before: Doc | None, chain: tuple[str, ...]
    ) -> None:
        """Take up a top-level value; ``before`` is the block directly before it."""
        kind = directive_of(item)
        if isinstance(item, Object) and kind is not None:
            self.not_followed(before, f"'{kind}'", item.start)
            if kind == "include":
                self.include(file, item, chain)
            else:
                self.pragma(file, item)
            return
        if before is not None and before.symbol is None:
            self.report.error(
                "doc-free-form-first",
                _opening(before),
                "free-form documentation right before a definition",
                hint="start the block with the name of the definition, '@NAME:'",
                reached=Span(file, item.end, item.end),
            )
            before = None
        self.expressions.append(Expression(file, item, before))

    def not_followed(self, doc: Doc | None, what: str, reached: int) -> None:
        """A definition's documentation must have the definition behind it.

        ``reached`` is the offset where it is known ``what`` it has instead.
        """
        if doc is None or doc.symbol is None or self.report.has_inside(doc.span):
            return  # what is wrong with a block itself is enough to tell
        self.report.error(
            "doc-not-followed",
            _opening(doc),
            f"documentation for '{doc.symbol}' is followed by {what}",
            hint="put it directly before its definition",
            reached=Span(doc.span.file, reached, reached),
        )

    def include(self, file: SourceFile, item: Object, chain: tuple[str, ...]) -> None:
        """Follow an include directive, unless its file was read before."""
        written = include_target(file, item, self.report)
        if written is None:
            return
        path = os.path.join(os.path.dirname(file.path), written.text)
        span = Span(file, item.start, item.end)
        focus = Span(file, written.start, written.end)
        absolute, module = os.path.abspath(path), self.module_name(path)
        self.includes[file.module].append(Include(module, span))
        if absolute in chain:
            notes = [Note(f"'{written.text}' is being read from here", at) for at in _trail(file)]
            self.report.error(
                "include-loop", span, f"'{written.text}' includes itself", focus=focus, notes=notes
            )
        elif len(chain) >= DEEPEST_INCLUDE:
            message = f"includes are nested more than {DEEPEST_INCLUDE} deep"
            self.report.error("include-loop", span, message, focus=focus)
        elif module not in self.includes:
            self.included(SourceFile(path, module, "", span), focus, chain)

    def included(self, file: SourceFile, focus: Span, chain: tuple[str, ...]) -> None:
        """Read an included file; ``focus`` is where its path stands."""
        assert file.included_from is not None
        try:
            text = self.read(file.path)
        except ReadError as error:
            message = f"cannot read '{file.path}': {error}"
            self.report.error("include-unreadable", file.included_from, message, focus=focus)
            return
        self.file(SourceFile(file.path, file.module, text, file.included_from), chain)

    def pragma(self, file: SourceFile, item: Object) -> None:
        """Take up a pragma's settings; of each, the last one wins."""
        settings = pragma_settings(file, item, self.dialect, self.report)
        for name, value in settings.items():
            if isinstance(value, bool):
                self.doc_required = value
            else:
                self.places[name] = value


def _warn_of_comments(place: Span, report: Report) -> None:
    report.error(
        "plain-comments",
        place,
        "what comments say is lost: documentation has no structure in QEMU 2.8 and earlier",
        hint="types, commands and events are complete; nothing in the output describes them",
    )


def _opening(doc: Doc) -> Span:
    return Span(doc.span.file, doc.span.start, doc.span.start + 2)


def _trail(file: SourceFile) -> tuple[Span, ...]:
    return (*Span(file, 0, 0).include_trail,)
