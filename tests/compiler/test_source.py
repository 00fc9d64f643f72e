"""Places in source files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.source import SourceFile, Span, source_order


def file(text: str, included_from: Span | None = None) -> SourceFile:
    return SourceFile("d/a.json", "a.json", text, included_from)


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("abc", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("a\nb", 1, (1, 2)),  # the newline belongs to its line
        ("a\nb", 2, (2, 1)),
        ("\n\n\nx", 3, (4, 1)),
        ("\t\tx", 2, (1, 3)),  # a tab is one column
        ("é\N{SNOWMAN}\U0001f600x", 3, (1, 4)),
        # the end of the file is behind the last character of the last line
        ("", 0, (1, 1)),
        ("abc", 3, (1, 4)),
        ("abc\n", 4, (1, 4)),
        ("abc\n\n", 5, (2, 1)),
        ("\n", 1, (1, 1)),
        ("a\n  ", 4, (2, 3)),
    ],
)
def test_positions(text: str, offset: int, position: tuple[int, int]) -> None:
    assert file(text).position(offset) == position


@pytest.mark.parametrize("text", ["a\nbc\n\nd", "a\nbc\n\nd\n", "\n", ""])
def test_lines(text: str) -> None:
    source = file(text)
    lines = text.split("\n")
    assert [source.line_text(n) for n in range(1, len(lines) + 1)] == lines


def test_spans() -> None:
    span = Span(file("ab\n  cd\nef"), 5, 9)
    assert (span.line, span.column) == (2, 3)
    assert (span.end_line, span.end_column) == (3, 2)
    assert str(span) == "d/a.json:2:3"


def test_files_are_what_they_are_not_what_they_hold() -> None:
    one, other = file("x"), file("x")
    assert one != other
    assert Span(one, 0, 1) == Span(one, 0, 1)
    assert Span(one, 0, 1) != Span(other, 0, 1)


def test_a_file_is_shown_without_its_text() -> None:
    assert "secret" not in repr(Span(file("secret"), 0, 1))


def test_the_way_to_a_file() -> None:
    root = file("abcdef")
    middle = file("ghi", Span(root, 2, 3))
    leaf = file("jkl", Span(middle, 1, 2))
    assert Span(root, 0, 1).include_trail == ()
    assert Span(leaf, 0, 1).include_trail == (Span(root, 2, 3), Span(middle, 1, 2))


def test_source_order() -> None:
    """That of the text with each file in place of the directive that named it."""
    root = file("abcdef")
    one, two = file("x", Span(root, 2, 3)), file("y", Span(root, 4, 5))
    inner = file("z", Span(one, 3, 4))
    places = [
        Span(root, 0, 1),
        Span(root, 2, 3),
        Span(one, 0, 1),
        Span(one, 3, 4),
        Span(inner, 9, 9),
        Span(one, 4, 5),
        Span(root, 3, 4),
        Span(two, 0, 1),
        Span(root, 5, 6),
    ]
    assert sorted(set(places), key=source_order) == places


@given(st.text(alphabet="ab\n\té", max_size=40), st.data())
def test_positions_lead_back(text: str, data: st.DataObject) -> None:
    source = file(text)
    offset = data.draw(st.integers(0, max(0, len(text) - 1)))
    line, column = source.position(offset)
    before = text[:offset]
    assert line == before.count("\n") + 1
    assert column == offset - (before.rfind("\n") + 1) + 1
    if text and text[offset] != "\n":
        assert source.line_text(line)[column - 1] == text[offset]


@given(st.text(alphabet="a\n", max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_positions_grow_with_offsets(text: str, one: int, two: int) -> None:
    source = file(text)
    first, second = sorted(min(each, len(text)) for each in (one, two))
    assert source.position(first) <= source.position(second)
