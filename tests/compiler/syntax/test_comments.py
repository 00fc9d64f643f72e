"""Documentation comments before they are cut: where blocks begin and end, and their format."""

from __future__ import annotations

import pytest

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.comments import DOC_BLOCK, read_lines
from tests.compiler.schema_texts import (
    BOTH,
    CLASSIC,
    Case,
    assert_case,
    params,
    problems,
    shown,
    tree_of,
)

NEWEST = ("modern",)
GOOD = "##\n# text\n##\n"


def lines_of(block: str) -> list[str]:
    """The texts of a block's lines; the block has to be right."""
    report = Report()
    found = DOC_BLOCK.match(block)
    assert found is not None
    lines = read_lines(SourceFile("a.json", "a.json", block), 0, found.end(), report)
    assert not report.failed
    assert all(block[line.start] == "#" for line in lines)
    assert all(block[line.end] == "\n" for line in lines)
    return [line.text for line in lines]


@pytest.mark.parametrize(
    ("block", "texts"),
    [
        ("##\n##", []),
        ("##\n#\n##", [""]),
        ("##\n# one\n#  two\n##", ["one", " two"]),
        ("##\n# trailing  \t\n##", ["trailing"]),
        ("##\n\n# one\n   \n\n# two\n\n##", ["one", "two"]),  # blank source lines vanish
        ("##\n  # one\n\t# two\n  #\n   ##", ["one", "two", ""]),
        ("##\n# # ## not the end\n##", ["# ## not the end"]),
        ("##\n# \n#  \n##", ["", ""]),
        ("##\n# caf\xe9 \N{SNOWMAN}\n##", ["caf\xe9 \N{SNOWMAN}"]),
    ],
)
def test_lines(block: str, texts: list[str]) -> None:
    assert lines_of(block) == texts


def test_a_block_ends_at_the_first_line_with_two_signs() -> None:
    found = DOC_BLOCK.match("##\n# a\n## # b\n# c\n##\n")
    assert found is not None
    assert found[0] == "##\n# a\n## # b"


@pytest.mark.parametrize(
    "text", ["##", "##\n", "##\n# a", "##\n# a\n[\n##", "##\n# a\n'x' # b\n##", "# x\n##"]
)
def test_no_block(text: str) -> None:
    assert DOC_BLOCK.match(text) is None


BLOCKS = [
    # E29
    Case("doc-opening", "«## text»\n# text\n##\n", GOOD),
    Case("doc-opening", "«## »\n# text\n##\n", GOOD),
    Case("doc-opening", "  «###»\n# text\n##\n", GOOD),
    # E30
    Case("doc-closing", "##\n# text\n«## »\n", GOOD),
    Case("doc-closing", "##\n# text\n«###»\n", GOOD),
    Case("doc-closing", "##\n# text\n   «## x»\n", GOOD),
    # E31
    Case("doc-unterminated", "‹##›\n# text\n«»", GOOD),
    Case("doc-unterminated", "‹##›«»", GOOD),
    Case("doc-unterminated", "‹##›\n\n  # text\n#«»", GOOD),
    # E32
    Case("doc-no-space", "##\n# text\n«#‹t›ext»\n##\n", GOOD),
    Case("doc-no-space", "##\n# text\n «#‹\t›text»\n##\n", GOOD),
    Case("doc-no-space", "##\n# text\n«#‹\xa0›x»\n##\n", GOOD),
]


@params(BLOCKS)
def test_blocks(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("rest", "place"),
    [
        ("{ 'struct': 'Aa', 'data': { } }\n", "3:1"),
        ("  'x'", "3:3"),
        ("word", "3:1"),
        ("\n\n]", "5:1"),
        ("# more\n{ }", "4:1"),
    ],
)
def test_something_else_in_a_block(rest: str, place: str, dialect: str) -> None:
    found = problems(f"##\n# text\n{rest}", dialect)
    assert f"root.json:{place}: doc-unterminated" in shown(found)


def test_reading_goes_on_behind_a_block_without_end() -> None:
    found = problems("##\n# text\n{ 'include': 'no.json' }\n##\n# @Bb\n##\n")
    assert shown(found) == [
        "root.json:3:1: doc-unterminated",
        "root.json:3:1: include-unreadable",
        "root.json:5:1: doc-symbol-colon",
    ]


# Length of lines (E47).


def block(*lines: str) -> str:
    return "".join(f"{line}\n" for line in ("##", *lines, "##"))


LONG = [
    Case("doc-long-line", block("«# " + "x" * 68 + "‹x›»"), block("# " + "x" * 68), NEWEST),
    Case("doc-long-line", block("«# " + "é" * 68 + "‹éé›»"), block("# " + "é" * 68), NEWEST),
    Case("doc-long-line", block("   «# " + "x" * 68 + "‹x›»"), block("   # " + "x" * 68), NEWEST),
    Case(
        "doc-long-line",
        block("# @Aa:", "#", "«# @x: " + "y" * 64 + "‹y›»")
        + "{ 'struct': 'Aa', 'data': {'x': 'int'} }",
        block("# @Aa:", "#", "# @x: " + "y" * 64) + "{ 'struct': 'Aa', 'data': {'x': 'int'} }",
        NEWEST,
    ),
    Case(
        "doc-long-line",
        block("«# see https://host/" + "x" * 51 + "‹xx›»"),
        block("#   https://host/" + "x" * 90),
        NEWEST,
    ),
    Case(
        "doc-long-line",
        block("«# gopher://host/" + "x" * 54 + "‹xx›»"),
        block("# ftp://host/" + "x" * 90),
        NEWEST,
    ),
]


@params(LONG)
def test_long_lines(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


# Blanks between sentences (E48).

SENTENCES = [
    Case("doc-sentence-space", block("# One.« »Two."), block("# One.  Two."), NEWEST),
    Case("doc-sentence-space", block("# One!« »Two"), block("# One! two"), NEWEST),
    Case("doc-sentence-space", block("# One?« »(two)"), block("# One?  (two)"), NEWEST),
    Case("doc-sentence-space", block("# vol.« »1"), block("# e.g. 1"), NEWEST),
    Case("doc-sentence-space", block("# i.e.« »Foo"), block("# e.g. Foo"), NEWEST),
    Case("doc-sentence-space", block("# 10.« »Foo"), block("# 1. Foo"), NEWEST),
    Case("doc-sentence-space", block("#   1. Foo.« »Bar"), block("#   1. Foo"), NEWEST),
    Case("doc-sentence-space", block("    # One.« »Two"), block("    # One.\n    # Two"), NEWEST),
]


@params(SENTENCES)
def test_sentences(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


@pytest.mark.parametrize("dialect", CLASSIC)
@pytest.mark.parametrize("case", [*LONG, *SENTENCES], ids=lambda case: case.slug)
def test_older_dialects_have_no_format(case: Case, dialect: str) -> None:
    assert problems(case.text, dialect) == ()


# Literal text has no format.

BAD = "One. Two"


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        (["::", "", f"    {BAD}", f"      {BAD}"], []),
        (["  ::", f"    {BAD}", "", f"    {BAD}"], []),
        (["::", "", f"    {BAD}", f"   {BAD}"], [4]),
        (["::", "", f"    {BAD}", "", BAD, f"    {BAD}"], [5, 6]),
        ([".. qmp-example::", "", f"    {BAD}"], []),
        ([".. qmp-example::", "   :title: Any", "", f"   {BAD}"], []),
        (["paragraph. Ends::", "", f"    {BAD}"], [1, 3]),
        ([".. code-block::", "", f"    {BAD}"], [3]),
        (["   .. qmp-example::", "", f"      {BAD}"], [3]),
        # Without indentation it goes on up to a line that is indented less than another.
        (["::", "", BAD, BAD, f"  {BAD}", BAD], [6]),
        (["::", f"    {'x' * 80}", "y" * 80], [3]),
    ],
)
def test_literal_text(lines: list[str], bad: list[int]) -> None:
    text = block(*(f"# {line}".rstrip() for line in lines))
    places = [d.span.line for d in problems(text) if d.span is not None]
    assert places == [line + 1 for line in bad]


def test_spans_of_blocks() -> None:
    text = "\n##\n# @Aa:\n#\n# text\n##\n{ 'struct': 'Aa', 'data': { } }\n"
    (doc,) = tree_of(text).docs
    assert (doc.span.line, doc.span.column) == (2, 1)
    assert (doc.span.end_line, doc.span.end_column) == (6, 3)
    assert text[doc.span.start : doc.span.end] == "##\n# @Aa:\n#\n# text\n##"
