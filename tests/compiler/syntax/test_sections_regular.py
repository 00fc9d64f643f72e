"""Regular blocks are cut as the cutter by lines cuts them; all others are left to it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Section
from qapigen.compiler.source import SourceFile, Span
from qapigen.compiler.syntax.comments import read_lines
from qapigen.compiler.syntax.sections_classic import ClassicCutter
from qapigen.compiler.syntax.sections_regular import cut_regular
from tests.compiler.schema_texts import CLASSIC

#: What stands in front of a block, so that it does not start the file.
BEFORE = "{ }\n"

Cut = tuple[str | None, list[Section]]


def file_of(*lines: str) -> SourceFile:
    """A file with one block; each line with its comment sign."""
    text = BEFORE + "".join(f"{line}\n" for line in ("##", *lines))
    return SourceFile("a.json", "a.json", f"{text}##")


def regular(file: SourceFile, dialect: str) -> Cut | None:
    return cut_regular(file, len(BEFORE), len(file.text), DIALECTS[dialect])


def by_lines(file: SourceFile, dialect: str) -> tuple[Cut, Report]:
    """What the cutter by lines gives, and what it finds wrong."""
    report = Report()
    start, end = len(BEFORE), len(file.text)
    lines = read_lines(file, start, end, report)
    cutter = ClassicCutter(Span(file, end - 2, end), lines, DIALECTS[dialect], report)
    symbol = cutter.symbol()
    return (symbol, [*(cutter.free_form() if symbol is None else cutter.definition())]), report


REGULAR = [
    [],
    ["#", "#"],
    ["# Text."],
    ["#", "# Text.", "#", "#", "#", "#   More @a and more.", "# @b", "#"],
    ["# @a: one"],
    ["# @a:", "# one", "#   two"],
    ["# @a b: c", "# @d"],
    ["# @a:    one", "#          two", "#", "#", "#           three", "#", "# @b: four"],
    ["# @a: one", "#", "# Text.", "# More.", "#", "# Since: 1.0"],
    ["# Intro.", "# @a: one", "# Returns:", "# two", "#", "# three", "# Since: 1.0", "#"],
    ["# Note: a", "# Note: b", "# Notes:", "#  c", "# Example:", "#", "#   -> { }", "#    <- { }"],
    ["# Since:2.0", "# Errors: none", "# Features: none", "#   Since: 1.0"],
    ["# @a: é\N{NO-BREAK SPACE}", "#     \tü", "#     \tü"],
]

IRREGULAR = [
    ["# Text. "],
    ["# "],
    ["  # Text."],
    [""],
    ["#Text."],
    ["# @: a"],
    ["# @a:b"],
    ["#  @a: b"],
    ["# @a: b", "# @a: c"],
    ["# @a:", "# @b: c"],
    ["# @a:"],
    ["# Since: 1", "# @a: b"],
    ["# @a: b", "#", "# Text.", "# @c: d"],
    ["# Since: 1", "# Since: 2"],
    ["# Since:"],
    ["# Since: 1", "# Features:", "# @a: b"],
    ["# Features:"],
    ["# Features:", "# Text."],
    ["# Features:", "# @a"],
]


@pytest.mark.parametrize("dialect", CLASSIC)
@pytest.mark.parametrize("lines", REGULAR, ids=str)
def test_regular_blocks(lines: list[str], dialect: str) -> None:
    file = file_of("# @Aa:", *lines)
    expected, report = by_lines(file, dialect)
    assert report.sorted() == ()
    assert regular(file, dialect) == expected


@pytest.mark.parametrize("dialect", CLASSIC)
@pytest.mark.parametrize("lines", IRREGULAR, ids=str)
def test_irregular_blocks(lines: list[str], dialect: str) -> None:
    assert regular(file_of("# @Aa:", *lines), dialect) is None


@pytest.mark.parametrize("dialect", CLASSIC)
@pytest.mark.parametrize(
    "line", ["", "#", "# Text.", "# @:", "# @Aa", "# @Aa: ", "# @Aa: text", " # @Aa:", "#@Aa:"]
)
def test_the_first_line_names_the_definition(line: str, dialect: str) -> None:
    assert regular(file_of(line), dialect) is None


@pytest.mark.parametrize("ends", [("## ", "##"), ("##", " ##"), ("##", "##x"), ("##x", "##")])
def test_irregular_ends(ends: tuple[str, str]) -> None:
    text = f"{BEFORE}{ends[0]}\n# @Aa:\n# Text.\n{ends[1]}"
    assert regular(SourceFile("a.json", "a.json", text), "7.2") is None


def test_features_are_known_since_7_2() -> None:
    lines = ["# @a: b", "#", "# Features:", "#", "# @a: c", "#", "# @d: e", "#", "# Since: 1"]
    file = file_of("# @Aa:", *lines)
    assert regular(file, "7.2") == by_lines(file, "7.2")[0]
    assert regular(file, "2018") is None


_LINES = st.sampled_from(
    [
        *("#", "#", "# text", "#   text", "#     deeper", "# \ttext", "# a @b: c", "# @b", "# #"),
        *("# @a: text", "# @b:", "# @c:   text", "# @d:e", "# @f g: h", "#  @i: j", "# @:"),
        *("# Since: 1", "# Since:", "# Since:1", "# Note: text", "# Notes:", "# TODO: x"),
        *("# Returns: x", "# Example: x", "# Examples:", "# Features:", "# Features: x"),
        *("# x ", "# ", "#x", "  # text", "", "# = Title", "# Returns:\tx", "# @k:\tl"),
    ]
)


@given(st.lists(_LINES, max_size=12), st.sampled_from(CLASSIC))
def test_what_is_cut_is_cut_alike(lines: list[str], dialect: str) -> None:
    file = file_of("# @Aa:", *lines)
    found = regular(file, dialect)
    if found is not None:
        expected, report = by_lines(file, dialect)
        assert report.sorted() == ()
        assert found == expected


@given(st.lists(st.text("#@: \taÉ\x1f\r\N{NO-BREAK SPACE}", max_size=8), max_size=6))
def test_any_text_that_is_cut_is_cut_alike(texts: list[str]) -> None:
    file = file_of("# @Aa:", *(f"# {text}" for text in texts if not text.startswith("#")))
    for dialect in CLASSIC:
        found = regular(file, dialect)
        if found is not None:
            expected, report = by_lines(file, dialect)
            assert report.sorted() == ()
            assert found == expected


@pytest.mark.parametrize("line", ["#", "# text", "#   text", "# @a", "# Features:", "# text "])
def test_the_time_is_linear(line: str) -> None:
    begun = time.perf_counter()
    for first in ("# Text.", "# @a: b", "# Note: x", "# Features:", "# bad "):
        regular(file_of("# @Aa:", first, *[line] * 100_000, "# x "), "7.2")
    assert time.perf_counter() - begun < 20
