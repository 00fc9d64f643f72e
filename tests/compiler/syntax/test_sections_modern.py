"""Sections in today's dialect."""

from __future__ import annotations

import pytest

from tests.compiler.schema_texts import Case, assert_case, params, problems, shown, warnings
from tests.compiler.syntax.doc_blocks import block, sections

STRUCT = "{ 'struct': 'Aa', 'data': { 'a': 'int', 'b': 'int' }, 'features': [ 'f' ] }\n"
NEWEST = ("modern",)
AB = ("", "@a: x", "", "@b: x", "")
F = ("Features:", "", "@f: x")


def described(*lines: str) -> str:
    return block("@Aa:", *lines) + STRUCT


COMPLETE = described(*AB, *F)


def command(*lines: str) -> str:
    return (
        block("@aa:", *lines)
        + "{ 'command': 'aa', 'returns': 'Bb' }\n{ 'struct': 'Bb', 'data': { } }"
    )


TEXTS: list[tuple[list[str], list[tuple[str, str]]]] = [
    # untagged text
    (["", "One.", "Two.", "", "Three."], [("text", "One.\nTwo.\n\nThree.")]),
    (["One."], [("text", "One.")]),
    (["", "  indented", "    more", "", "  less"], [("text", "indented\n  more\n\nless")]),
    # markers are seen at the start of a paragraph only
    (["", "Text", "Since: 1.0"], [("text", "Text\nSince: 1.0")]),
    (["", "Text", "@a: x"], [("text", "Text\n@a: x")]),
    (["", "Text", "Features:"], [("text", "Text\nFeatures:")]),
    (["", "Text", "", "Since: 1.0"], [("text", "Text"), ("Since", "1.0")]),
    (["", "  Since: 1.0"], [("text", "Since: 1.0")]),
    (["", "Since:: 1.0"], [("text", "Since:: 1.0")]),
    (["", "since: 1.0"], [("text", "since: 1.0")]),
    (["", "Features: f"], [("text", "Features: f")]),
    (["", "Note::", "", "Example:: x"], [("text", "Note::\n\nExample:: x")]),
    (["", "@a without colon"], [("text", "@a without colon")]),
    # descriptions
    (["", "@a: one", "", "@b: two"], [("@a", "one"), ("@b", "two")]),
    (["", "@a: one", "@b: two"], [("@a", "one"), ("@b", "two")]),
    (["", "@a:one"], [("@a", "one")]),
    (["", "@a:", "    one"], [("@a", "one")]),
    (["", "@a:", "", "    one"], [("@a", "one")]),
    (["", "@a: one", "    two", "      three"], [("@a", "one\ntwo\n  three")]),
    (["", "@a: one", "", "    two", "", "    three"], [("@a", "one\n\ntwo\n\nthree")]),
    (["", "@a b c: one"], [("@a b c", "one")]),
    # text may come before them and after them
    (
        ["", "Text.", "", "@a: one", "", "Text."],
        [("text", "Text."), ("@a", "one"), ("text", "Text.")],
    ),
    # tagged sections
    (["", "Returns: one", "    two"], [("Returns", "one\ntwo")]),
    (["", "Errors:", "    - one", "    - two"], [("Errors", "- one\n- two")]),
    (["", "Since:1.0"], [("Since", "1.0")]),
    (["", "TODO: one", "", "TODO: two"], [("TODO", "one"), ("TODO", "two")]),
    (["", "Since: 1.0", "", "Text.", "", "More."], [("Since", "1.0"), ("text", "Text.\n\nMore.")]),
    (["", "Since: 1.0", "", "  more", "", "Text"], [("Since", "1.0\n\nmore"), ("text", "Text")]),
    # features
    (
        ["", "Features:", "", "@f: one", "", "@g: two"],
        [("feature @f", "one"), ("feature @g", "two")],
    ),
    (["", "Features:", "@f: one"], [("feature @f", "one")]),
    (
        ["", "@f: one", "", "Features:", "", "@f: two", "", "Since: 1.0"],
        [("@f", "one"), ("feature @f", "two"), ("Since", "1.0")],
    ),
    # where a section ends
    (["", "@a: one", "Since: 2.0"], [("@a", "one"), ("Since", "2.0")]),
    (
        ["", "@a: one", "    two", "    three", "Since: 2.0"],
        [("@a", "one\ntwo\nthree"), ("Since", "2.0")],
    ),
    (["", "@a: one", "    two", "@b: three"], [("@a", "one\ntwo"), ("@b", "three")]),
    (["", "@a: one", "    two", "", "  three"], [("@a", "one\ntwo"), ("text", "three")]),
    (
        ["", "@a: one", "    two", "    three", "  four"],
        [("@a", "one\ntwo\nthree"), ("text", "four")],
    ),
    (["", "@a: one", "two"], [("@a", "one"), ("text", "two")]),
    # literal text keeps its blank lines
    (
        ["", ".. qmp-example::", "", "    -> { }", "", "    <- { }"],
        [("text", ".. qmp-example::\n\n    -> { }\n\n    <- { }")],
    ),
    (["", "One.", "", "", "Two."], [("text", "One.\n\n\nTwo.")]),
]


@pytest.mark.parametrize(
    ("lines", "expected"), TEXTS, ids=lambda value: "-".join(map(str, value))[:40]
)
def test_sections(lines: list[str], expected: list[tuple[str, str]]) -> None:
    assert sections("@aa:", *lines, dialect="modern") == expected


CASES = [
    # E35
    Case("doc-empty-name", described(*AB[:-1], "«@: x»", "", *F), COMPLETE, NEWEST),
    # E36
    Case("doc-duplicate-name", described(*AB, "«@a: y»", "", *F), COMPLETE, NEWEST),
    Case("doc-duplicate-name", described(*AB, *F, "", "«@f: y»"), COMPLETE, NEWEST),
    # E37
    Case(
        "doc-late-description",
        described("", "@a: x", "", "Text.", "", "«@b: x»", "", *F),
        COMPLETE,
        NEWEST,
    ),
    Case(
        "doc-late-description",
        described("", "@a: x", "", *F, "", "Text.", "", "«@b: x»"),
        COMPLETE,
        NEWEST,
    ),
    Case(
        "doc-late-description",
        described("", "@a: x", "", "Since: 1", "", "«@b: x»", "", *F),
        COMPLETE,
        NEWEST,
    ),
    # E38
    Case(
        "doc-duplicate-section",
        command("", "Since: 1", "", "«Since: 2»"),
        command("", "Since: 1"),
        NEWEST,
    ),
    Case(
        "doc-duplicate-section",
        command("", "Errors: 1", "", "«Errors: 2»"),
        command("", "Errors: 1"),
        NEWEST,
    ),
    Case(
        "doc-duplicate-section",
        command("", "Returns: 1", "", "«Returns: 2»"),
        command("", "Returns: 1"),
        NEWEST,
    ),
    # E39
    Case("doc-empty-section", described("", "«@a:»", "", "@b: x", "", *F), COMPLETE, NEWEST),
    Case("doc-empty-section", described(*AB, "Features:", "", "«@f:»"), COMPLETE, NEWEST),
    Case("doc-empty-section", described(*AB, *F, "", "«Since:»"), COMPLETE, NEWEST),
    Case("doc-empty-section", described(*AB, *F, "", "«TODO:»", "", "Text."), COMPLETE, NEWEST),
    Case(
        "doc-empty-section",
        command("", "«Errors:»", "- one"),
        command("", "Errors:", "  - one"),
        NEWEST,
    ),
    # E40
    Case("doc-free-form-name", block("", "«@x: y»"), block("", "@x y"), NEWEST),
    Case(
        "doc-free-form-name", block("text", "«@x and more: text»"), block("text", " @x: y"), NEWEST
    ),
    Case("doc-free-form-name", block("text", "«@:»"), block("text", "text @x: y"), NEWEST),
    # E43
    Case(
        "doc-second-features", described(*AB, *F, "", "«Features:»", "", "@g: x"), COMPLETE, NEWEST
    ),
    # E44: told at the line that is there instead
    Case(
        "doc-no-features",
        described(*AB, *F, "", "Since: 1")
        .replace("# @f: x\n", "")
        .replace("# Since: 1", "«# Since: 1»"),
        COMPLETE,
        NEWEST,
    ),
    Case("doc-no-features", described(*AB, "Features:", "", "«Text.»"), COMPLETE, NEWEST),
    Case(
        "doc-no-features", described(*AB, "Features:").replace("##\n{", "«##»\n{"), COMPLETE, NEWEST
    ),
    # E45
    Case(
        "doc-indentation",
        described("", "@a: x", "    y", "«  z»", "", "@b: x", "", *F),
        COMPLETE,
        NEWEST,
    ),
    Case("doc-indentation", described("", "@a: x", "    y", "«Since: 1»"), COMPLETE, NEWEST),
    Case(
        "doc-indentation",
        command("", "Returns:", "    y", "«z»"),
        command("", "Returns:", "    y"),
        NEWEST,
    ),
    Case("doc-indentation", described("", "@a: x", "    y", "«  @b: x»", "", *F), COMPLETE, NEWEST),
    Case(
        "doc-indentation",
        command("", "Returns: x", "    y", "«   z»"),
        command("", "Returns: x", "    y", "     z"),
        NEWEST,
    ),
    # E46
    Case(
        "doc-obsolete-section",
        described(*AB, *F, "", "«Note: x»"),
        described(*AB, *F, "", "Note:: x"),
        NEWEST,
    ),
    Case(
        "doc-obsolete-section", described("«Notes:»", *AB, *F), described("Notes", *AB, *F), NEWEST
    ),
    Case("doc-obsolete-section", described("", "«Example:»", "  x", *AB, *F), COMPLETE, NEWEST),
    Case("doc-obsolete-section", described("", "«Examples: x»", *AB, *F), COMPLETE, NEWEST),
]


@params(CASES)
def test_rules(case: Case, dialect: str) -> None:
    """The first problem is the one at the marked place; what the same rule finds may follow."""
    assert shown(problems(case.good, dialect)) == []
    first, *others = problems(case.text, dialect)
    assert first.code.slug == case.slug
    assert first.span is not None
    assert (first.span.start, first.span.end) == case.marked("«", "»")
    assert all(other.code.slug == case.slug for other in others), shown((first, *others))


@pytest.mark.parametrize(
    ("tag", "hint"),
    [("Note", ".. note::"), ("Notes", ".. note::"), ("Example", ".. qmp-example::")],
)
def test_what_to_write_instead(tag: str, hint: str) -> None:
    (found,) = problems(described(f"{tag}: x", *AB, *F))
    assert hint in (found.hint or "")


# Text that looks as if it belonged to a section (W2).


def unindented(lines: list[str]) -> list[int]:
    """The lines that are warned of."""
    return [
        w.span.line
        for w in warnings(described(*lines))
        if w.code.slug == "doc-unindented-text" and w.span is not None
    ]


UNINDENTED = [
    (["", "@a: one", "two"], 5),
    (["", "Since: 1.0", "", "TODO: one", "two"], 7),
    (["", "Features:", "", "@f: one", "two"], 7),
]


@pytest.mark.parametrize(("lines", "line"), UNINDENTED)
def test_unindented_text_is_warned_of(lines: list[str], line: int) -> None:
    assert unindented(lines) == [line]


@pytest.mark.parametrize(
    "lines",
    [
        ["", "@a: one", "  two", "", "@b: x", "", *F],
        ["", "@a: one", "", "two", "", *F],
        ["", "@a: one", "@b: x", "", *F],
        ["", "@a: one", "", "@b: one", "Features:", "@f: x"],
        ["", *AB, *F, "Since: 1.0"],
    ],
)
def test_other_text_is_not_warned_of(lines: list[str]) -> None:
    assert unindented(lines) == []


def test_indentation_is_counted_from_the_first_indented_line() -> None:
    """Lines may be indented deeper, and less again, but not less than that line."""
    assert sections("@aa:", "", "@a: one", "  two", "      three", "  four", dialect="modern") == [
        ("@a", "one\ntwo\n    three\nfour")
    ]


def test_errors_do_not_belong_to_definitions_other_than_commands() -> None:
    assert_case(
        Case(
            "doc-errors-not-command",
            described(*AB, *F, "", "«Errors: x»"),
            command("", "Errors: x"),
            NEWEST,
        ),
        "modern",
    )
