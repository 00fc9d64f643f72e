"""Syntax trees: every node says where it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qapigen.compiler.source import Span
from qapigen.compiler.syntax.tree import Array, Bool, Null, Object, Pragmas, Str, Value
from tests.compiler.schema_texts import BOTH, tree_of

TEXT = """
{ 'struct': 'Aa',
	'data': [ true, false , [ ], {  },
    'x' ] # comment
}
"""


def walk(value: Value) -> Iterator[Value]:
    """A value and all in it."""
    yield value
    if isinstance(value, Array):
        for item in value.items:
            yield from walk(item)
    elif isinstance(value, Object):
        for entry in value.entries.values():
            yield entry.key
            yield from walk(entry.value)


@pytest.mark.parametrize("dialect", BOTH)
def test_every_node_has_its_extent(dialect: str) -> None:
    (expression,) = tree_of(TEXT, dialect).expressions
    pieces = [TEXT[node.start : node.end] for node in walk(expression.value)]
    assert pieces == [
        TEXT.strip(),
        *("'struct'", "'Aa'", "'data'"),
        "[ true, false , [ ], {  },\n    'x' ]",
        *("true", "false", "[ ]", "{  }", "'x'"),
    ]


def test_extent_of_null() -> None:
    (expression,) = tree_of("{ 'a': null }", "2018").expressions
    assert isinstance(expression.value, Object)
    assert expression.value.entries["a"].value == Null(7, 11)


def test_places_of_nodes() -> None:
    (expression,) = tree_of(TEXT).expressions
    whole = expression.span()
    assert (whole.line, whole.column, whole.end_line, whole.end_column) == (2, 1, 5, 2)
    assert isinstance(expression.value, Object)
    data = expression.span(expression.value.entries["data"].key)
    assert (data.line, data.column, data.end_line, data.end_column) == (3, 2, 3, 8)
    assert data.file is expression.file is whole.file
    assert str(data) == "root.json:3:2"


@pytest.mark.parametrize("dialect", ["2018"])
def test_escaped_strings_keep_their_extent(dialect: str) -> None:
    text = r"{ 'a\u0062': '\\' }"
    (expression,) = tree_of(text, dialect).expressions
    assert isinstance(expression.value, Object)
    entry = expression.value.entries["ab"]
    assert text[entry.key.start : entry.key.end] == r"'a\u0062'"
    assert isinstance(entry.value, Str)
    assert (entry.value.text, entry.value.end - entry.value.start) == ("\\", 4)


def test_values() -> None:
    (expression,) = tree_of("{ 'a': true, 'b': [ false, 'x' ] }").expressions
    assert isinstance(expression.value, Object)
    assert list(expression.value.entries) == ["a", "b"]
    assert expression.value.entries["a"].value == Bool(True, 7, 11)
    array = expression.value.entries["b"].value
    assert isinstance(array, Array)
    assert array.items == (Bool(False, 20, 25), Str("x", 27, 30))


def test_pragmas_that_nobody_set() -> None:
    pragmas = Pragmas(False, {"some": frozenset({"x"})})
    assert pragmas.names("some") == {"x"}
    assert pragmas.names("other") == frozenset()
    assert pragmas.names(None) == frozenset()


def test_a_span_of_nothing_is_the_whole() -> None:
    (expression,) = tree_of("  { }").expressions
    assert expression.span() == Span(expression.file, 2, 5)
