"""Problems as data, and how they are shown in a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from qapigen.compiler.codes import CODES, STYLE, Stage
from qapigen.compiler.diagnostics import Definition, Diagnostic, Note, Report, render_text
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.source import SourceFile, Span
from tests.compiler.schema_texts import problems, reader

FILE = SourceFile("d/a.json", "a.json", "{ 'a':\tb }\nnext line\n")
SPAN = Span(FILE, 7, 8)


def text(span: Span | None = SPAN, **more: object) -> str:
    """A problem as the terminal shows it."""
    found = Diagnostic(CODES["stray-character"], "wrong", span, **more)  # type: ignore[arg-type]
    return render_text([found])


# The report.


def test_a_problem_is_reported_once() -> None:
    report = Report()
    for _ in range(3):
        report.error("stray-character", SPAN, "wrong")
    report.error("stray-character", SPAN, "also wrong")
    report.error("stray-character", Span(FILE, 8, 9), "wrong")
    report.error("bad-escape", SPAN, "wrong")
    assert len(report.sorted()) == 4


def test_all_that_can_be_said() -> None:
    report = Report()
    about, note = Definition("struct", "Aa"), Note("there", SPAN)
    report.error(
        "clash", SPAN, "wrong", focus=SPAN, definition=about, notes=[note], hint="do", path="p"
    )
    (found,) = report.sorted()
    assert found == Diagnostic(CODES["clash"], "wrong", SPAN, SPAN, about, (note,), "do", "p")
    assert found.severity == "error"
    assert str(about) == "struct 'Aa'"


def test_a_slug_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        Report().error("no-such-thing", None, "wrong")


def test_warnings_do_not_fail() -> None:
    report = Report()
    report.error("pragma-unused-name", SPAN, "hm")
    assert not report.failed
    assert not report.has_inside(SPAN)
    assert report.sorted()[0].severity == "warning"
    report.error("clash", SPAN, "wrong")
    assert report.failed


def test_order() -> None:
    """Reading in source order, then the rest as found, then warnings in source order."""
    included = SourceFile("b.json", "b.json", "x" * 9, Span(FILE, 2, 3))
    report = Report()
    report.error("pragma-unused-name", Span(FILE, 9, 9), "w2")
    report.error("pragma-unused-name", Span(included, 9, 9), "w1")
    report.error("clash", Span(FILE, 5, 6), "c1")
    report.error("clash", Span(FILE, 0, 1), "c2")
    report.error("bad-escape", Span(FILE, 5, 6), "r4")
    report.error("stray-character", Span(FILE, 5, 6), "r5")
    report.error("stray-character", Span(included, 7, 8), "r3")
    report.error("stray-character", Span(FILE, 1, 2), "r1")
    report.error("include-loop", Span(FILE, 2, 3), "r2")
    report.error("root-unreadable", None, "r0", path="a")
    assert [d.message for d in report.sorted()] == [
        *("r0", "r1", "r2", "r3", "r4", "r5", "c1", "c2", "w1", "w2")
    ]


@given(
    st.lists(st.integers(0, 20), max_size=8), st.integers(0, 20), st.integers(0, 20), st.booleans()
)
def test_looking_for_problems_in_a_place(
    places: list[int], one: int, other: int, elsewhere: bool
) -> None:
    report = Report()
    for at in places:
        report.error("bad-escape", Span(FILE, at, at + 1), "wrong")
    start, end = sorted((one, other))
    file = SourceFile("b", "b", "") if elsewhere else FILE
    expected = not elsewhere and any(start <= at <= end for at in places)
    assert report.has_inside(Span(file, start, end)) is expected


# In a terminal.


def test_place_source_and_caret() -> None:
    assert text() == (
        "d/a.json:1:8: error: wrong [E004]\n"  #
        "    1 | { 'a':\tb }\n"
        "      |       \t^\n"
    )


def test_without_a_place() -> None:
    assert text(None, path="x.json") == "x.json: error: wrong [E004]\n"


def test_everything() -> None:
    assert text(
        Span(FILE, 0, 1),
        focus=Span(FILE, 2, 5),
        definition=Definition("enum", "Aa"),
        notes=(Note("there", Span(FILE, 11, 15)), Note("by the way")),
        hint="do it",
    ) == (
        "d/a.json:1:1: error: wrong [E004]\n"
        "  in enum 'Aa'\n"
        "    1 | { 'a':\tb }\n"
        "      |   ^^^\n"
        "  d/a.json:2:1: note: there\n"
        "  note: by the way\n"
        "  hint: do it\n"
    )


def test_a_focus_on_another_line_is_named() -> None:
    shown = text(focus=Span(FILE, 11, 15)).split("\n")
    assert shown[1] == "  --> d/a.json:2:1"
    assert shown[2:4] == ["    2 | next line", "      | ^^^^"]


def test_a_focus_of_several_lines_is_shown_to_the_end_of_the_first() -> None:
    assert text(focus=Span(FILE, 7, 15)).split("\n")[2] == "      |       \t^^^"


@pytest.mark.parametrize(
    ("source", "start", "line"),
    [("ab\n", 3, "      |   ^"), ("ab", 2, "      |   ^"), ("", 0, "      | ^")],
)
def test_a_caret_at_the_end_of_the_file(source: str, start: int, line: str) -> None:
    span = Span(SourceFile("a", "a", source), start, start)
    assert text(span).split("\n")[2] == line


def test_the_way_to_an_included_file() -> None:
    middle = SourceFile("m.json", "m.json", "y\n" * 5, Span(FILE, 11, 12))
    leaf = SourceFile("l.json", "l.json", "zz", Span(middle, 4, 5))
    assert text(Span(leaf, 0, 1)).split("\n")[3:] == [
        "  m.json:3: note: included from here",
        "  d/a.json:2: note: included from here",
        "",
    ]


@pytest.mark.parametrize("start", [0, 100, 5_000, 999_990])
def test_long_lines_are_cut(start: int) -> None:
    source = SourceFile("a", "a", "0123456789" * 100_000)
    for length in (1, 500, 10):
        _, excerpt, carets, _ = text(Span(source, start, start + length)).split("\n")
        assert len(excerpt) <= 8 + 160
        assert len(carets) <= 8 + 160 + 1
        column = carets.index("^")
        assert excerpt[column] == str(start % 10)
    assert text(Span(source, 3, 6)).split("\n")[2] == "      |    ^^^"


def test_carets_under_tabs_keep_them() -> None:
    source = SourceFile("a", "a", "\t\tx\ty")
    _, excerpt, carets, _ = text(Span(source, 4, 5)).split("\n")
    assert excerpt == "    1 | \t\tx\ty"
    assert carets == "      | \t\t \t^"


EVIL = "\x1b[2J\x07\x00\r\x9b\N{RIGHT-TO-LEFT OVERRIDE}"


def test_control_characters_are_harmless_everywhere() -> None:
    source = SourceFile(f"p{EVIL}", "a", f"x{EVIL}y", Span(SourceFile(f"q{EVIL}", "q", "z"), 0, 1))
    shown = render_text(
        [
            Diagnostic(
                CODES["clash"],
                f"message{EVIL}\n",
                Span(source, 0, 1),
                Span(source, 3, 4),
                Definition("enum", f"Name{EVIL}\n"),
                (Note(f"note{EVIL}\n", Span(source, 0, 1)),),
                f"hint{EVIL}\n",
            ),
            Diagnostic(CODES["root-unreadable"], "m", None, path=f"root{EVIL}\n"),
        ]
    )
    assert all(c.isprintable() or c == "\n" for c in shown), ascii(shown)
    assert len(shown.splitlines()) == 8
    assert "x\N{REPLACEMENT CHARACTER}[2J" in shown


def test_colors() -> None:
    found = [
        Diagnostic(CODES["clash"], "wrong", SPAN),
        Diagnostic(CODES["pragma-unused-name"], "hm", SPAN),
    ]
    plain, colored = render_text(found), render_text(found, color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    error, warning = colored.split("d/a.json")[1:]
    assert "\x1b[31;1merror" in error
    assert "\x1b[33;1mwarning" in warning
    for line in colored.splitlines():
        assert line.count("\x1b[0m") * 2 >= line.count("\x1b")


def test_warnings_that_count_as_errors() -> None:
    found = Diagnostic(CODES["pragma-unused-name"], "hm", SPAN, promoted=True)
    assert found.severity == "error"
    assert render_text([found]).startswith("d/a.json:1:8: error: hm [W001]")


def test_messages_stay_short_whatever_the_schema_says() -> None:
    long = "x" * 100_000
    for schema in (
        f"{{ 'struct': '{long}', 'data': {{ }} }}",
        f"{{ 'struct': 'Aa', 'data': {{ 'a': '{long}' }} }}",
        f"{{ 'struct': 'Aa', '{long}': {{ }} }}",
        f"{{ 'include': '{long}' }}",
        f"{{ '{long}': 'x', '{long}': 'y' }}",
        f"##\n# @{long}:\n##\n",
    ):
        found = problems(schema)
        assert found
        assert max(map(len, render_text(found).splitlines())) < 1_100


# A page of typical errors.

PAGE = {
    "schema.json": """{ 'pragma': { 'doc-requried': true } }
{ 'include': 'types.json' }
{ 'include': 'lost.json' }
{ 'struct': 'Point', 'data': { 'x': 'int' 'y': 'int' } }
{ 'enum': "Color", 'data': [ 'red' ] }
{ 'command': 'stop', 'data': { 'now': 'bool', } }
##
# Free text. With one blank.
##
{ 'event': 'STOPPED }
""",
    "types.json": "\t{ 'struct': 'Size', 'data': {\t'w': 12 } }\n",
}

MEANING = {
    "schema.json": """{ 'include': 'types.json' }
{ 'struct': 'Point', 'data': { 'x': 'Int', 'Y': 'int' } }
{ 'struct': 'Size', 'data': { } }
{ 'command': 'stop', 'data': 'Color', 'gen': true }
{ 'union': 'Shape', 'base': { 'kind': 'Color' }, 'discriminator': 'kind',
  'data': { 'red': 'Size',
            'blu': 'Size' } }
##
# @start:
#
# Since: 1.0
##
{ 'command': 'start', 'data': { 'at': 'Size' } }
""",
    "types.json": "{ 'enum': 'Color', 'data': [ 'red', 'blue' ] }\n{ 'struct': 'Size', 'data': { } }\n",
}


@pytest.mark.parametrize("files", [PAGE, MEANING], ids=["reading", "checking"])
def test_a_page_of_errors(files: dict[str, str], snapshot: SnapshotAssertion) -> None:
    analysis = analyze("schema.json", reader(files), "modern", strict=STYLE)
    assert analysis.schema is None
    assert render_text(analysis.diagnostics) == snapshot


def test_the_pages_are_of_different_stages() -> None:
    stages = [{d.code.stage for d in problems(files)} for files in (PAGE, MEANING)]
    assert stages[0] == {Stage.READ}
    assert Stage.READ not in stages[1]
