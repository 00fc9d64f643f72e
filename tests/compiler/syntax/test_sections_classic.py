"""Sections in the dialects 2018 and 7.2."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import SectionKind
from tests.compiler.schema_texts import (
    BOTH,
    CLASSIC,
    OLD,
    Case,
    assert_case,
    params,
    problems,
    shown,
    tree_of,
)
from tests.compiler.syntax.doc_blocks import block, sections

STRUCT = "{ 'struct': 'Aa', 'data': { 'a': 'int', 'b': 'int' } }\n"


def described(*lines: str) -> str:
    return block("@Aa:", *lines) + STRUCT


@pytest.mark.parametrize("dialect", CLASSIC)
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Body.", "More."], [("text", "Body.\nMore.")]),
        (["", "Body.", "", "", "More."], [("text", "Body.\n\n\nMore.")]),
        # markers are seen anywhere at the start of a line
        (["Body.", "Since: 1.0"], [("text", "Body."), ("Since", "1.0")]),
        (["@a: one", "@b: two"], [("@a", "one"), ("@b", "two")]),
        (["@a:", "one", "two"], [("@a", "one\ntwo")]),
        (["@a: one", "    two", "      three"], [("@a", "one\ntwo\n  three")]),
        (["@a:    one"], [("@a", "one")]),
        # ... but only with a blank behind the colon, and not behind others
        (["Since:2.0"], [("text", "Since:2.0")]),
        (["Body. Since: 2.0"], [("text", "Body. Since: 2.0")]),
        (["  Since: 2.0"], [("text", "Since: 2.0")]),
        (["Since : 2.0", "since: 2.0"], [("text", "Since : 2.0\nsince: 2.0")]),
        (["Errors: none"], [("text", "Errors: none")]),
        (["@a and: text", "@b"], [("text", "@a and: text\n@b")]),
        # every tag
        (
            [
                "Returns: a",
                "Since: b",
                "Note: c",
                "Notes: d",
                "Example: e",
                "Examples: f",
                "TODO: g",
            ],
            [
                *(("Returns", "a"), ("Since", "b"), ("Note", "c"), ("Notes", "d")),
                *(("Example", "e"), ("Examples", "f"), ("TODO", "g")),
            ],
        ),
        (["Note: a", "Note: b"], [("Note", "a"), ("Note", "b")]),
        # text behind a blank line leaves a description, indented text does not
        (["@a: one", "", "two"], [("@a", "one"), ("text", "two")]),
        (["@a: one", "", "    two"], [("@a", "one\n\ntwo")]),
        (["@a: one", "", "two", "", "three"], [("@a", "one"), ("text", "two\n\nthree")]),
        # ... nor does it leave a tagged section
        (["Note:", "one", "", "two"], [("Note", "one\n\ntwo")]),
        (["Example:", "", "  -> { }", "    <- { }"], [("Example", "-> { }\n  <- { }")]),
        (["TODO:", "text"], [("TODO", "text")]),
    ],
)
def test_sections(lines: list[str], expected: list[tuple[str, str]], dialect: str) -> None:
    assert sections("@aa:", *lines, dialect=dialect) == expected


@pytest.mark.parametrize(
    ("lines", "refusing"),
    [
        (["@a: one", "two"], {"5.2", "7.2"}),
        (["@a: one", "  two"], {"5.2", "7.2"}),
        (["@a: one", "    two", "", "    three"], set()),
        (["@a:", "two", "  three"], set()),
        (["@a: one", "    two", "  three"], {"5.2", "7.2", "8.1", "8.2"}),
        (["@a: one", "    two", "    three", "  four"], {"5.2", "7.2", "8.1", "8.2"}),
        (["Since: 1.0", "", "More."], {"5.2", "7.2"}),
        (["Note: one", "  two", "", "three"], {"5.2", "7.2", "8.1", "8.2"}),
    ],
)
def test_how_far_text_is_indented(lines: list[str], refusing: set[str]) -> None:
    """From 5.2 on as far as the first text, from 8.1 on as far as the second line."""
    found = {
        dialect: [each.code.slug for each in problems(described(*lines), dialect)]
        for dialect in ("2018", "5.1", "5.2", "7.2", "8.1", "8.2")
    }
    assert {dialect for dialect, slugs in found.items() if slugs} == refusing
    assert all(slugs in ([], ["doc-indentation"]) for slugs in found.values())


def test_features_are_known_since_7_2() -> None:
    lines = ["@a: one", "", "Features:", "", "@f: two", "@g: three", "", "Since: 1.0"]
    assert sections("@aa:", *lines, dialect="7.2") == [
        ("@a", "one"),
        ("feature @f", "two"),
        ("feature @g", "three"),
        ("Since", "1.0"),
    ]
    assert sections("@aa:", "Features:", "", "@f: two", dialect="2018") == [
        ("text", "Features:"),
        ("@f", "two"),
    ]
    # behind other sections it is text, and so is anything on its line
    assert sections("@aa:", "Since:", "1.0", "Features:", dialect="7.2") == [
        ("Since", "1.0\nFeatures:")
    ]
    assert sections("@aa:", "Features:", "Text.", "", "@f: two", dialect="7.2") == [
        ("text", "Text."),
        ("feature @f", "two"),
    ]
    assert sections("@aa:", "Features: x", dialect="7.2") == [("text", "Features: x")]
    assert sections("@aa:", "Features:", dialect="7.2") == []


CASES = [
    # E35
    Case("doc-empty-name", described("«@: text»"), described("@a: text"), CLASSIC),
    # E36
    Case("doc-duplicate-name", described("@a: x", "«@a: y»"), described("@a: x", "@b: y"), CLASSIC),
    # E37
    Case(
        "doc-late-description",
        described("Since: 1.0", "«@a: x»"),
        described("@a: x", "Since: 1.0"),
        CLASSIC,
    ),
    Case(
        "doc-late-description",
        described("@a: x", "", "Text.", "", "«@b: x»"),
        described("Text.", "", "@a: x", "", "@b: x", "", "Text."),
        CLASSIC,
    ),
    # E38
    Case(
        "doc-duplicate-section",
        described("Since: 1.0", "«Since: 2.0»"),
        described("Note: 1.0", "Note: 2.0", "Since: 2.0"),
        CLASSIC,
    ),
    # E39: told where the next section begins, or the block ends
    Case("doc-empty-section", described("‹@a:›", "«@b: x»"), described("@a: x", "@b: x"), CLASSIC),
    Case(
        "doc-empty-section",
        described("@a: x", "‹Since:›").replace("##\n{", "«##»\n{"),
        described("Since: 1"),
        CLASSIC,
    ),
    Case(
        "doc-empty-section",
        described("‹@a:›", "", "«Since: 1.0»"),
        described("@a: x", "", "Since: 1.0"),
        CLASSIC,
    ),
    Case(
        "doc-empty-section",
        described("‹Note:›", "", "«TODO: x»"),
        described("Note: x", "TODO: x"),
        CLASSIC,
    ),
    Case("doc-empty-section", described("‹@a:›", "", "«text»"), described("@a:", "text"), CLASSIC),
    # E40
    Case("doc-free-form-name", block("", "«@a: x»"), block("", "@a x:"), CLASSIC),
    Case("doc-free-form-name", block("text", "«@a:»"), block("text", "text @a:"), CLASSIC),
    Case("doc-free-form-name", block("text", "«  @a: x»"), block("text", "  x @a: x"), OLD),
    Case("doc-free-form-name", described("«  @a: x»"), described("@a: x"), OLD),
    Case("doc-free-form-name", described("@a: x", "«  @b: x»"), described("@a: x", "  @b x"), OLD),
    Case("doc-free-form-name", described("text", "«@a:b»"), described("text", "@a b"), CLASSIC),
    Case(
        "doc-free-form-name",
        described("Note:", "«@a:b»"),
        described("Note:", "x @a:b"),
        CLASSIC,
    ),
]


@params(CASES)
def test_rules(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


def test_indented_names_are_text() -> None:
    """In examples always, elsewhere since significant indentation came."""
    assert problems(described("Example:", "  @a: x"), "2018") == ()
    assert problems(described("Note:", "  @a: x"), "7.2") == ()
    assert problems(block("text", "  @a: x"), "7.2") == ()


def test_tags_of_other_dialects() -> None:
    """What a dialect does not know as a tag is text."""
    found = {d: shown(problems(described("@a: x", "@b: x", "", "Errors: x"), d)) for d in BOTH}
    assert found["2018"] == found["7.2"] == []
    assert found["modern"] == ["root.json:6:1: doc-errors-not-command"]


FEATURED = "{ 'command': 'aa', 'data': { 'a': 'int' }, 'features': [ 'f' ] }"
NAMED = {SectionKind.TEXT: "text", SectionKind.MEMBER: "@{}", SectionKind.FEATURE: "feature @{}"}


@pytest.mark.parametrize("dialect", ["4.2", "5.2", "7.2", "8.2"])
@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["Text.", "Features:", "@f: x"], [("text", "Text."), ("feature @f", "x")]),
        (["@a: y", "", "Features:", "@f: x"], [("@a", "y"), ("feature @f", "x")]),
        # Indented text below the heading goes on with what was before it.
        (["@a: y", "", "Features:", "    z", "@f: x"], [("@a", "y\n\nz"), ("feature @f", "x")]),
    ],
)
def test_features_in_older_releases(
    lines: list[str], found: list[tuple[str, str]], dialect: str
) -> None:
    (doc,) = tree_of(block("@aa:", "", *lines) + FEATURED, dialect).docs
    assert [(NAMED[s.kind].format(s.name), s.text) for s in doc.sections] == found


def test_features_right_behind_a_member_are_text() -> None:
    text = block("@aa:", "", "@a: y", "Features:", "@f: x") + FEATURED
    (doc,) = tree_of(text, "4.2").docs
    assert [(s.name, s.text) for s in doc.sections] == [("a", "y\nFeatures:"), ("f", "x")]
    for dialect in ("5.2", "7.2"):
        assert shown(problems(text, dialect))[0] == "root.json:5:1: doc-indentation"


@pytest.mark.parametrize("dialect", ["5.2", "7.2"])
def test_text_between_features_and_their_descriptions_ends_them(dialect: str) -> None:
    text = block("@aa:", "", "Text.", "", "Features:", "More.", "@f: x") + FEATURED
    assert [p.code.slug for p in problems(text, dialect)] == ["doc-late-description"]


@pytest.mark.parametrize(
    ("blanks", "wrong"), [("", False), ("  ", True), ("       ", True), ("        ", False)]
)
def test_lines_of_blanks_are_indented_by_them(blanks: str, wrong: bool) -> None:
    """From 5.2 to 8.0: such a line is not empty."""
    lines = f"# TODO:   x\n# {blanks}\n#         y\n"
    text = f"##\n# @aa:\n#\n{lines}##\n{{ 'command': 'aa' }}"
    slugs = {d: [p.code.slug for p in problems(text, d)] for d in ("5.1", "5.2", "7.2", "9.0")}
    expected = ["doc-indentation"] if wrong else []
    assert slugs == {"5.1": [], "5.2": expected, "7.2": expected, "9.0": []}
