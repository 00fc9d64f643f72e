"""What both families of documentation have in common (E33 to E36, E38)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.schema_texts import (
    BOTH,
    CLASSIC,
    MODERN,
    OLD,
    Case,
    assert_case,
    params,
    problems,
    shown,
    tree_of,
)
from tests.compiler.syntax.doc_blocks import block, sections

AA = "{ 'command': 'aa', 'data': { 'a': 'int' } }\n"
DESCRIBED = block("@aa:", "", "@a: text") + AA

CASES = [
    # E33
    Case("doc-symbol-colon", block("«@aa»") + AA, DESCRIBED),
    Case("doc-symbol-colon", block("«@aa: text»") + AA, DESCRIBED),
    Case("doc-symbol-colon", block("«@»"), block("", "@")),
    Case("doc-symbol-colon", block("«@aa:bb»") + AA, DESCRIBED),
    Case("doc-symbol-colon", block("«@aa: »") + AA, DESCRIBED, OLD),
    # E34
    Case("doc-empty-symbol", block("«@:»"), block("", "@")),
    # E35
    Case(
        "doc-empty-name",
        block("@aa:", "", "«@: text»", "", "@a: text") + AA,
        DESCRIBED,
        MODERN[:1],
    ),
    # E36
    Case(
        "doc-duplicate-name",
        block("@aa:", "", "@a: text", "", "«@a: more»") + AA,
        DESCRIBED,
    ),
    Case(
        "doc-duplicate-name",
        block("@aa:", "", "@a: text", "", "Features:", "@f: text", "«@f: text»")
        + AA.replace(" } }", " }, 'features': [ 'f' ] }"),
        block("@aa:", "", "@a: text", "", "Features:", "@f: text")
        + AA.replace(" } }", " }, 'features': [ 'f' ] }"),
        MODERN,
    ),
    # E38
    Case(
        "doc-duplicate-section",
        block("@aa:", "", "@a: text", "", "Since: 1.0", "", "«Since: 2.0»") + AA,
        block("@aa:", "", "@a: text", "", "Since: 1.0", "", "TODO: x", "", "TODO: y") + AA,
    ),
]


def _assert_first(case: Case, dialect: str) -> None:
    """Like the whole check, for texts whose block then no longer fits to the definition."""
    assert shown(problems(case.good, dialect)) == []
    found = problems(case.text, dialect)[0]
    assert found.code.slug == case.slug
    assert found.span is not None
    assert (found.span.start, found.span.end) == case.marked("«", "»")


@params(CASES)
def test_rules(case: Case, dialect: str) -> None:
    _assert_first(case, dialect)


def test_a_blank_behind_the_symbol_is_fine_today() -> None:
    for dialect in MODERN:
        assert problems(DESCRIBED.replace("@aa:", "@aa: \t"), dialect) == ()


def test_returns_may_stand_once() -> None:
    text = block("@aa:", "", "Returns: x", "", "«Returns: y»")
    definition = "{ 'command': 'aa', 'returns': 'Aa' } { 'struct': 'Aa', 'data': { } }"
    good = block("@aa:", "", "Returns: x") + definition
    for dialect in BOTH:
        assert_case(Case("doc-duplicate-section", text + definition, good), dialect)
    text = block("@aa:", "", "Errors: x", "", "«Errors: y»")
    good = block("@aa:", "", "Errors: x") + definition
    assert_case(Case("doc-duplicate-section", text + definition, good), "modern")


def test_a_member_and_a_feature_of_one_name() -> None:
    text = block("@aa:", "", "@a: text", "", "Features:", "@a: text")
    for dialect in MODERN:
        assert problems(text + AA.replace(" } }", " }, 'features': [ 'a' ] }"), dialect) == ()


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["one"], "one"),
        (["", "one", "", "  two", ""], "one\n\n  two"),
        (["  one", "    two"], "one\n  two"),
        (["= Title", "", "text"], "= Title\n\ntext"),
        (["Returns: no section here"], "Returns: no section here"),
        (["Since: 1.0", "Features:"], "Since: 1.0\nFeatures:"),
        (["foo @x: y", "@x and more"], "foo @x: y\n@x and more"),
    ],
)
def test_free_form(lines: list[str], text: str, dialect: str) -> None:
    assert sections("", *lines, dialect=dialect) == [("text", text)]


@pytest.mark.parametrize("dialect", BOTH)
def test_blocks_without_text_have_no_sections(dialect: str) -> None:
    free, blank, named = tree_of(
        "##\n##\n" + block("", "") + block("@aa:") + "{ 'command': 'aa' }", dialect
    ).docs
    assert [doc.sections for doc in (free, blank, named)] == [(), (), ()]
    assert [doc.symbol for doc in (free, blank, named)] == [None, None, "aa"]


@pytest.mark.parametrize("dialect", BOTH)
def test_places_of_sections(dialect: str) -> None:
    text = "\n" + block("@aa:", "", "text", "more", "", "@a: text", "", "Since: 1.0", "    x") + AA
    (doc,) = tree_of(text, dialect).docs
    lines = [(s.span.line, text[s.span.start : s.span.end]) for s in doc.sections]
    assert [line for _, line in lines[1:]] == ["# @a: text", "# Since: 1.0"]
    assert [number for number, _ in lines[1:]] == [8, 10]
    assert lines[0] in [(4, "#"), (5, "# text")]  # the older ones count from the first line


@pytest.mark.parametrize("dialect", CLASSIC)
def test_indented_blocks_have_the_same_sections(dialect: str) -> None:
    text = block("@aa:", "", "@a: text", "Since: 1.0", "  x") + AA
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
