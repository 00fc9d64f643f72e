"""Rules of the grammar, each given its parts."""

from __future__ import annotations

from typing import Any

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.builder import Builder
from qapigen.compiler.syntax.lexer import Source, tokens
from qapigen.compiler.syntax.tree import Array, Object, Str
from tests.compiler.schema_texts import shown

BUILD = Builder()


def parts_of(text: str) -> tuple[list[Any], Report]:
    """The tokens of a text but for its end."""
    report = Report()
    source = Source(SourceFile("a.json", "a.json", text), DIALECTS["modern"], report)
    return list(tokens(source))[:-1], report


def test_an_object_with_and_without_members() -> None:
    brace, end = parts_of("{}")[0]
    assert BUILD.object([brace, end]) == Object({}, 0, 2)
    brace, key, value, end = parts_of("{ 'a': 'b' }")[0]
    found = BUILD.object([brace, BUILD.members([key, value]), end])
    assert found.entries["a"].value.text == "b"  # type: ignore[union-attr]
    assert (found.start, found.end) == (0, 12)


def test_members_are_added_to_those_before() -> None:
    tokens_, report = parts_of("{ 'a': true, 'a': false }")
    brace, key, value, comma, other, last, end = tokens_
    members = BUILD.members([BUILD.members([key, value]), comma, other, last])
    assert [entry.value for entry in members] == [value, last]
    assert BUILD.object([brace, members, end]).entries["a"].value is value
    assert shown(report.sorted()) == ["a.json:1:19: duplicate-key"]


def test_an_array_with_and_without_elements() -> None:
    opened, closed = parts_of("[ ]")[0]
    assert BUILD.array([opened, closed]) == Array((), 0, 3)
    opened, first, comma, second, closed = parts_of("[ 'a', 'b' ]")[0]
    elements = BUILD.elements([BUILD.elements([first]), comma, second])
    array = BUILD.array([opened, elements, closed])
    assert [value.text for value in array.items if isinstance(value, Str)] == ["a", "b"]


def test_a_file_without_items() -> None:
    assert BUILD.start(["END"]) == []
