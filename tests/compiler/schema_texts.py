"""Schemas that stand in a test as text: read, checked, and wrong ones with marks in them.

In the text of a case ``«...»`` stands around the place that the diagnostic blames, and
``‹...›`` around its focus, where that is another place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from qapigen.compiler.codes import STYLE
from qapigen.compiler.diagnostics import Diagnostic, Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.source import Reader, ReadError, Span
from qapigen.compiler.syntax.load import load
from qapigen.compiler.syntax.tree import SourceTree

__all__ = [
    "BOTH",
    "CLASSIC",
    "MODERN",
    "OLD",
    "Case",
    "Files",
    "assert_case",
    "params",
    "problems",
    "reader",
    "schema_of",
    "shown",
    "tree_of",
    "warnings",
]

OLD = ("2018",)
MODERN = ("modern", "7.2")
CLASSIC = ("2018", "7.2")
BOTH = ("2018", "modern", "7.2")

#: A lone text is the file ``root.json``; of several files the first is the root.
Files = str | Mapping[str, str]

_MARKS = str.maketrans("", "", "«»‹›")


def _texts(files: Files) -> Mapping[str, str]:
    return {"root.json": files} if isinstance(files, str) else files


def reader(files: Files) -> Reader:
    """Reads from a dict instead of the disk."""
    texts = _texts(files)

    def read(path: str) -> str:
        if path not in texts:
            raise ReadError("No such file or directory")
        return texts[path]

    return read


def _root(files: Files) -> str:
    return next(iter(_texts(files)))


def tree_of(files: Files, dialect: str = "modern") -> SourceTree:
    """What a schema says; it has to be well formed."""
    report = Report()
    tree = load(_root(files), reader(files), DIALECTS[dialect], report)
    assert tree is not None, shown(report.sorted())
    return tree


def problems(files: Files, dialect: str = "modern") -> tuple[Diagnostic, ...]:
    """The errors that are found when a schema is read and checked, style included."""
    found = analyze(_root(files), reader(files), dialect, strict=STYLE).diagnostics
    return tuple(d for d in found if d.severity == "error")


def warnings(files: Files, dialect: str = "modern") -> tuple[Diagnostic, ...]:
    """The warnings."""
    found = analyze(_root(files), reader(files), dialect).diagnostics
    return tuple(d for d in found if d.severity == "warning")


def schema_of(files: Files, dialect: str = "modern") -> Schema:
    """The meaning of a schema that has to be right."""
    analysis = analyze(_root(files), reader(files), dialect)
    assert analysis.schema is not None, shown(analysis.diagnostics)
    return analysis.schema


def shown(found: tuple[Diagnostic, ...]) -> list[str]:
    """Diagnostics in short: place and code."""
    return [f"{d.span}: {d.code.slug}" for d in found]


@dataclass(frozen=True)
class Case:
    """A text with one problem, and the same without it."""

    slug: str
    bad: str
    good: str
    dialects: tuple[str, ...] = BOTH

    @property
    def text(self) -> str:
        """The bad text without marks."""
        return self.bad.translate(_MARKS)

    def marked(self, opening: str, closing: str) -> tuple[int, int] | None:
        """Start and end of a marked part, as offsets into :attr:`text`."""
        if opening not in self.bad:
            return None
        start = len(self.bad[: self.bad.index(opening)].translate(_MARKS))
        end = len(self.bad[: self.bad.index(closing)].translate(_MARKS))
        return start, end


def params(cases: list[Case]) -> pytest.MarkDecorator:
    """Every case in each of its dialects."""
    found = [
        pytest.param(case, dialect, id=f"{number}-{case.slug}-{dialect}")
        for number, case in enumerate(cases)
        for dialect in case.dialects
    ]
    return pytest.mark.parametrize(("case", "dialect"), found)


def assert_case(case: Case, dialect: str) -> Diagnostic:
    """The bad text has exactly this problem at the marked place, and the good one has none."""
    assert shown(problems(case.good, dialect)) == []
    found = problems(case.text, dialect)
    assert [d.code.slug for d in found] == [case.slug], shown(found)
    (diagnostic,) = found
    assert diagnostic.span is not None
    assert _extent(diagnostic.span) == case.marked("«", "»"), str(diagnostic.span)
    focus = case.marked("‹", "›")
    if focus is not None:
        assert diagnostic.focus is not None
        assert _extent(diagnostic.focus) == focus
    assert_words(diagnostic)
    return diagnostic


def _extent(span: Span) -> tuple[int, int]:
    return span.start, span.end


def assert_words(found: Diagnostic) -> None:
    """Messages are one line, begin small and have no full stop."""
    assert found.message[0].islower() or not found.message[0].isalpha()
    assert not found.message.endswith(".")
    assert "\n" not in found.message + (found.hint or "")
