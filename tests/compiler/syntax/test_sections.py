"""Blocks as a whole: free-form ones, blocks without text, any block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tests.compiler.syntax.doc_blocks import block, sections

AA = "{ 'command': 'aa', 'data': { 'a': 'int' } }\n"


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["one"], "one"),
        (["", "one", "", "  two", ""], "one\n\n  two"),
        (["  one", "    two"], "one\n  two"),
        (["text", " = no title"], "text\n = no title"),
        (["Returns: no section here"], "Returns: no section here"),
        (["Since: 1.0", "Features:"], "Since: 1.0\nFeatures:"),
        (["foo @x: y", "@x and more"], "foo @x: y\n@x and more"),
    ],
)
def test_free_form(lines: list[str], text: str, dialect: str) -> None:
    assert sections("", *lines, dialect=dialect) == [("text", text)]


OTHER = block("@aa:", "", "Text.", " = One", "", "Note: = what") + AA


@params(
    [
        Case("doc-heading", block("@aa:", "«= Two»") + AA, OTHER, ("5.2", "6.0", "7.2", "8.2")),
        Case("doc-heading", block("@aa:", "", "@a: a", "", "«= Two»") + AA, OTHER, ("7.2",)),
        Case("doc-heading", block("@aa:", "", "Text.", "«=»") + AA, OTHER, ("7.2",)),
        Case(
            "doc-heading",
            block("@aa:", "", "@a: a", "", "«= Two»") + AA,
            block("@aa:", "", "Text.", "= Two", "", "@a: a") + AA,
            ("9.0", "9.1", "10.0"),
        ),
        Case("doc-heading", block("", "«= Two»"), block("= Two"), ("9.0", "10.0")),
        Case("doc-heading", block("= One", "«== Two»"), block("= One", " = Two"), ("9.0",)),
    ]
)
def test_misplaced_headings(case: Case, dialect: str) -> None:
    assert_case(case, dialect)
    assert shown(problems(case.text, "10.1" if dialect[0] in "91" else "5.1")) == []


@pytest.mark.parametrize("dialect", BOTH)
def test_blocks_without_text_have_no_sections(dialect: str) -> None:
    free, blank, named = tree_of(
        "##\n##\n" + block("", "") + block("@aa:") + "{ 'command': 'aa' }", dialect
    ).docs
    assert [doc.sections for doc in (free, blank, named)] == [(), (), ()]
    assert [doc.symbol for doc in (free, blank, named)] == [None, None, "aa"]


@pytest.mark.parametrize("dialect", CLASSIC)
def test_indented_blocks_have_the_same_sections(dialect: str) -> None:
    text = block("@aa:", "", "@a: text", "Since: 1.0", "       x") + AA
    indented = "".join(f"   {line}\n" for line in text.splitlines())
    found = [doc.sections for each in (text, indented) for doc in tree_of(each, dialect).docs]
    first, second = ([(s.kind, s.name, s.text) for s in each] for each in found)
    assert first == second


WORDS = st.sampled_from(
    [
        *(
            "",
            "@aa:",
            "@a: text",
            "@:",
            "@a",
            "@b: x",
            "Features:",
            "Returns: x",
            "Since:",
            "Since: 1",
        ),
        *("Errors:", "Note: x", "Note:", "TODO: x", "  text", "    deeper", "text", "::", "text::"),
        *(
            ".. qmp-example::",
            "Example: x",
            "Notes::",
            "@a:text",
            "\tx",
            " @b: c",
            "= T",
            "@x y: z",
        ),
    ]
)


@given(st.lists(WORDS, max_size=10), st.sampled_from(BOTH))
def test_any_block_is_cut(lines: list[str], dialect: str) -> None:
    """Nothing is lost: each line's text is in a section, or the block is wrong."""
    text = block("@aa:", *lines)
    found = problems(text + AA, dialect)
    for each in found:
        assert each.span is not None
        assert 0 <= each.span.start <= each.span.end <= len(text + AA)
    if not any(each.code.slug.startswith("doc-") for each in found):
        (doc,) = tree_of(text + AA, dialect).docs
        kept = "\n".join(f"{s.name}: {s.text}" for s in doc.sections)
        for line in lines:
            tail = line.split(":")[-1].strip()
            assert tail in kept
