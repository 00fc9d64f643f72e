"""The headings of a page, and the words the reference has of its own."""

from __future__ import annotations

import pytest

from qapigen.compiler.backends.markdown.wording import badges, condition, execution
from qapigen.compiler.ir import All, Any, Command, Cond, Feature, Not, SectionKind, Symbol
from tests.compiler.backends.markdown_pages import (
    documented,
    html_of,
    page_of,
    prose,
    section,
    span_at,
    struct,
)


def headings(*parts: str) -> list[tuple[str, str]]:
    """The headings of a page of these free-form blocks, a struct behind each."""
    docs = [prose(text, at=2 * n) for n, text in enumerate(parts)]
    structs = [struct(f"S{n}", at=2 * n + 1) for n in range(len(parts))]
    return html_of(page_of(*structs, docs=docs)).headings


def test_a_leading_heading_is_the_title() -> None:
    assert headings("***\nTop\n***\n\ntext", "Sub\n===") == [
        *(("h1", "Top"), ("h2", "S0 (struct)"), ("h2", "Sub"), ("h3", "S1 (struct)"))
    ]


def test_two_headings_of_the_highest_level_are_below_the_module() -> None:
    assert headings("***\nOne\n***\n\nSub\n===", "***\nTwo\n***") == [
        *(("h1", "test"), ("h2", "One"), ("h3", "Sub"), ("h4", "S0 (struct)")),
        *(("h2", "Two"), ("h3", "S1 (struct)")),
    ]


def test_a_heading_behind_text_is_no_title() -> None:
    assert headings("text\n\n***\nOne\n***") == [
        *(("h1", "test"), ("h2", "One"), ("h3", "S0 (struct)"))
    ]


def test_a_page_without_headings() -> None:
    assert headings("text") == [("h1", "test"), ("h2", "S0 (struct)")]


def test_headings_go_no_deeper_than_html() -> None:
    marks = '*=-~^"'
    text = "\n\n".join(f"Title\n{mark * 5}" for mark in marks)
    assert {tag for tag, _ in headings(f"x\n\n{text}")} == {f"h{n}" for n in range(1, 7)}


def test_a_heading_in_a_definition_is_not_in_the_outline() -> None:
    doc = documented("S", section(SectionKind.TEXT, "", "= Big\n\ntext"))
    page = html_of(page_of(struct("S", doc=doc), dialect="2018"))
    assert page.headings == [("h1", "test"), ("h2", "S (struct)")]
    assert "Big" in page.text


# Words.


A, B, C = Symbol("A"), Symbol("B"), Symbol("C")


@pytest.mark.parametrize(
    ("cond", "words"),
    [
        (A, "`A`"),
        (Not(A), "not `A`"),
        (All((A, B)), "`A` and `B`"),
        (Any((A, All((B, C)))), "`A` or (`B` and `C`)"),
        (Not(Any((A, B))), "not (`A` or `B`)"),
        (All((A, Any((B,)))), "`A` and `B`"),
        (Not(Not(A)), "not not `A`"),
    ],
)
def test_condition(cond: Cond, words: str) -> None:
    assert condition(cond) == words


def test_badges() -> None:
    features = [
        Feature("deprecated", None, span_at(0)),
        Feature("shiny", None, span_at(0)),
        Feature("unstable", A, span_at(0)),
    ]
    special = ["**deprecated**", "**unstable** only if `A`"]
    assert badges(features, all_of_them=False) == special
    assert badges(features, all_of_them=True) == [special[0], "feature `shiny`", special[1]]


def test_execution() -> None:
    plain = Command(name="x", module="test.json", span=span_at(0))
    assert execution(plain) == ""
    odd = Command(name="x", module="test.json", span=span_at(0), gen=False, coroutine=True)
    assert execution(odd).count(".") == 2
