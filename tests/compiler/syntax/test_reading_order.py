"""Which problem of reading comes first: the one that QEMU's generator stops at.

It reads a block line by line, and looks at what stands behind a block before it reads that.
"""

from __future__ import annotations

import pytest

from qapigen.compiler.dialect import DIALECTS
from tests.compiler.schema_texts import problems
from tests.compiler.syntax.doc_blocks import block

AA = "{ 'command': 'aa', 'data': { 'a': 'int' } }\n"
ALL = ("2.9", "4.2", "5.2", "7.2", "8.1", "9.0", "10.2", "modern")


def first(text: str, dialect: str) -> str:
    """The first problem, as line and code."""
    found, *_ = problems(text, dialect)
    assert found.span is not None
    return f"{found.span.line} {found.code.slug}"


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    ("text", "found"),
    [
        # What is wrong with a block comes before what is wrong about its place ...
        (block("", "@a: x") + AA, "3 doc-free-form-name"),
        (block("text", "\tx").replace("# \t", "#\t") + AA, "3 doc-no-space"),
        # ... and that before what is wrong with the next one or behind the definition.
        (block("text") + AA + "x", "1 doc-free-form-first"),
        (block("@aa:") + "##\n# @bb:\n{ }", "1 doc-not-followed"),
        (block("@aa:") + block("", "@a: x"), "1 doc-not-followed"),
        (block("@aa:") + "{ 'include': 'no.json' }", "1 doc-not-followed"),
        (block("@aa:") + "{ 'pragma': { 'no': 1 } }", "4 stray-character"),
        # The next token is read before it is known what it is.
        (block("text") + "{ 'command': x }", "4 stray-character"),
        (block("@aa:") + "x\n" + block("@bb:"), "4 stray-character"),
        # Lines of a block without an end are looked at all the same.
        ("##\n# @aa\n# text\n" + AA, "2 doc-symbol-colon"),
        ("##\n# @aa:\n#x\n" + AA, "3 doc-no-space"),
        ("##\n# @aa:\n#\n# @a: x\n# @a: y\n" + AA, "5 doc-duplicate-name"),
        ("##x\n# @aa:\n" + AA, "1 doc-opening"),
        ("##\n# @aa:\n#\n# @a:\n" + AA, "5 doc-unterminated"),
        ("##\n# @aa:\n#\n# Since:\n" + AA, "5 doc-unterminated"),
        ("##\n#\n", "2 doc-unterminated"),
        ("##", "1 doc-unterminated"),
    ],
)
def test_order(text: str, found: str, dialect: str) -> None:
    assert first(text, dialect) == found


@pytest.mark.parametrize(
    ("lines", "old", "new"),
    [
        # What is wrong with the next section is noticed before that this one is empty, which up to
        # 8.2 the next section tells, and from 9.0 on the end of the block.
        (["@a:", "", "@a: x"], "6 doc-duplicate-name", "6 doc-duplicate-name"),
        (["@a:", "@a:"], "5 doc-duplicate-name", "5 doc-duplicate-name"),
        (["@a:", "@: x"], "5 doc-empty-name", "5 doc-empty-name"),
        (["Since:", "", "Since: 1"], "6 doc-duplicate-section", "6 doc-duplicate-section"),
        (["Since:", "@a: x"], "5 doc-late-description", "5 doc-late-description"),
        (
            ["@a: x", "", "Features:", "@f:", "@f: x"],
            "8 doc-duplicate-name",
            "8 doc-duplicate-name",
        ),
        (["@a:", "", "x"], "6 doc-empty-section", "4 doc-empty-section"),
        (["@a:", "Since: 1"], "5 doc-empty-section", "4 doc-empty-section"),
        (["@a:"], "5 doc-empty-section", "4 doc-empty-section"),
    ],
)
@pytest.mark.parametrize("dialect", ["4.1", "5.2", "7.2", "8.2", "9.0", "10.2"])
def test_sections_without_text(lines: list[str], old: str, new: str, dialect: str) -> None:
    text = block("@aa:", "", *lines) + AA
    assert first(text, dialect) == (new if DIALECTS[dialect].docs == "modern" else old)


def test_an_empty_section_is_not_told_where_its_end_is_wrong() -> None:
    text = block("@aa:", "", "@a:", "@a: x") + AA
    for dialect in ("2018", "7.2"):
        assert [d.code.slug for d in problems(text, dialect)] == ["doc-duplicate-name"]


@pytest.mark.parametrize("dialect", ["4.2", "5.2", "7.2", "8.2", "9.0", "modern"])
def test_descriptions_of_nothing(dialect: str) -> None:
    """They are looked for behind each definition, from 9.0 on behind all of them."""
    text = block("@aa:", "", "@a: x", "@no: x") + AA + "{ 'command': 'bb', 'data': 'No' }"
    slugs = [found.code.slug for found in problems(text, dialect)]
    expected = ["doc-unknown-member", "unknown-type"]
    assert slugs == (expected if dialect in ("4.2", "5.2", "7.2", "8.2") else expected[::-1])


@pytest.mark.parametrize(
    ("dialect", "slugs"),
    [
        ("4.1", ["unknown-type", "upper-case-member"]),
        ("4.2", ["upper-case-member", "unknown-type"]),
        ("5.2", ["upper-case-member", "unknown-type"]),
    ],
)
def test_upper_case_is_one_of_the_rules_for_names_since_4_2(dialect: str, slugs: list[str]) -> None:
    text = "{ 'struct': 'Aa', 'data': { 'a': 'No' } } { 'enum': 'Ee', 'data': [ 'A' ] }"
    assert [found.code.slug for found in problems(text, dialect)][:2] == slugs
