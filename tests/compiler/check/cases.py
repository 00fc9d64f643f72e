"""Cases: a schema with one problem, marked where it is, and the same without the problem.

In the text of a bad schema ``«...»`` stands around what the diagnostic shows, and ``§`` before
the place that its first note points to.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from qapigen.compiler.check import check
from qapigen.compiler.diagnostics import Diagnostic, Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Schema
from qapigen.compiler.source import ReadError
from qapigen.compiler.syntax.load import load

__all__ = ["BOTH", "MODERN", "OLD", "Case", "accepted", "assert_bad", "compiled", "params"]

OLD = ("2018",)
MODERN = ("modern", "7.2")
BOTH = ("2018", "modern", "7.2")

_MARKS = str.maketrans("", "", "«»§")


@dataclass(frozen=True)
class Case:
    """One problem: its code, and ``about``, what is blamed (``struct A``), if it has a name."""

    code: str
    about: str
    bad: str
    good: str
    dialects: tuple[str, ...] = BOTH
    hint: str | None = None

    @property
    def text(self) -> str:
        """The bad schema without marks."""
        return self.bad.translate(_MARKS)

    def marked(self, mark: str) -> int | None:
        """Where a mark stands, as an offset into :attr:`text`."""
        before, found, _ = self.bad.partition(mark)
        return len(before.translate(_MARKS)) if found else None


def params(cases: list[Case]) -> pytest.MarkDecorator:
    """Every case in each of its dialects."""
    found = [
        pytest.param(case, dialect, id=f"{case.code}-{dialect}-{number}")
        for number, case in enumerate(cases)
        for dialect in case.dialects
    ]
    return pytest.mark.parametrize(("case", "dialect"), found)


def compiled(
    text: str | dict[str, str], dialect: str = "modern"
) -> tuple[Schema | None, tuple[Diagnostic, ...]]:
    """The schema, if there is one, and all errors in order."""
    files = {"root.json": text} if isinstance(text, str) else text

    def read(path: str) -> str:
        if path not in files:
            raise ReadError("not in this test")
        return files[path]

    report = Report()
    tree = load("root.json", read, DIALECTS[dialect], report)
    assert tree is not None, [found.message for found in report.sorted()]
    schema = check(tree, DIALECTS[dialect], report)
    assert (schema is None) == report.failed
    return schema, tuple(found for found in report.sorted() if not found.code.is_warning)


def accepted(text: str | dict[str, str], dialect: str = "modern") -> Schema:
    """The schema of a text that has no problems."""
    schema, problems = compiled(text, dialect)
    assert schema is not None, [(found.code.id, found.message) for found in problems]
    return schema


def assert_bad(case: Case, dialect: str) -> Diagnostic:
    """Check that the bad text has exactly this problem, and the good one none."""
    accepted(case.good, dialect)
    schema, problems = compiled(case.text, dialect)
    assert schema is None
    assert [found.code.id for found in problems] == [case.code], [p.message for p in problems]
    (found,) = problems
    assert str(found.definition or "").replace("'", "") == case.about
    _assert_places(case, found)
    _assert_words(found)
    if case.hint is not None:
        assert case.hint in (found.hint or "")
    return found


def _assert_places(case: Case, found: Diagnostic) -> None:
    focus = case.marked("«")
    assert focus is not None
    assert found.focus is not None
    assert (found.focus.start, found.focus.end) == (focus, case.marked("»"))
    assert found.span is not None
    if not found.code.slug.startswith("doc-"):  # those of sections have tests of their own
        assert case.text[found.span.start : found.span.end] in "{['tf"
        assert found.span.start == _opening(case.text, focus)
    places = [note.span for note in found.notes if note.span is not None]
    assert (places[0].start if places else None) == case.marked("§")


def _opening(text: str, offset: int) -> int:
    """Where the expression around ``offset`` starts: at the start of a line, in these texts."""
    starts = [at for at in range(offset + 1) if at == 0 or text[at - 1] == "\n"]
    return max(at for at in starts if text[at] not in " #")


def _assert_words(found: Diagnostic) -> None:
    message = found.message
    assert message[0].islower() or message[0] == "'"
    assert not message.endswith(".")
