"""What both families of documentation have in common (E33 to E36, E38)."""

from __future__ import annotations

import pytest

from tests.compiler.schema_texts import (
    BOTH,
    CLASSIC,
    MODERN,
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
    Case("doc-symbol-colon", block("«@aa: »") + AA, DESCRIBED, CLASSIC),
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
    for dialect in ("9.0", "modern"):
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
def test_places_of_sections(dialect: str) -> None:
    text = (
        "\n" + block("@aa:", "", "text", "more", "", "@a: text", "", "Since: 1.0", "       x") + AA
    )
    (doc,) = tree_of(text, dialect).docs
    lines = [(s.span.line, text[s.span.start : s.span.end]) for s in doc.sections]
    assert [line for _, line in lines[1:]] == ["# @a: text", "# Since: 1.0"]
    assert [number for number, _ in lines[1:]] == [8, 10]
    assert lines[0] in [(4, "#"), (5, "# text")]  # the older ones count from the first line


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["@a: one"], "one"),
        (["@a:   one  "], "one"),
        (["@a: one", "    two"], "one\ntwo"),
        (["@a: one", "    two", "        three", "    four"], "one\ntwo\n    three\nfour"),
        (["@a:", "    two", "     three"], "two\n three"),
        (["@a: one", "    two", "", "", "    three", ""], "one\ntwo\n\n\nthree"),
    ],
)
def test_texts_have_no_common_indentation(lines: list[str], text: str, dialect: str) -> None:
    """That of the first line, which has the name before it, does not count."""
    assert sections("@aa:", "", *lines, dialect=dialect) == [("@a", text)]
