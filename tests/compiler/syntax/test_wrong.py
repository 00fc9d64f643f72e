"""Syntax errors: how they are told, and where reading goes on."""

from __future__ import annotations

import time

import pytest

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Doc
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.lexer import Source
from qapigen.compiler.syntax.parse import Item, parse
from qapigen.compiler.syntax.tree import Broken, Object, Str
from tests.compiler.schema_texts import (
    BOTH,
    MODERN,
    OLD,
    Case,
    assert_case,
    params,
    problems,
    shown,
)

GOOD = "{ 'struct': 'Good', 'data': { } }"


def parsed(text: str, dialect: str = "modern") -> tuple[list[Item], list[str]]:
    """The items of a text, and what is wrong with it."""
    report = Report()
    file = SourceFile("a.json", "a.json", text)
    items = parse(Source(file, DIALECTS[dialect], report))
    return items, shown(report.sorted())


CASES = [
    # E10: the old language looks at the first token only.
    Case("top-level-not-object", f"{GOOD} «[»{GOOD}]", GOOD, OLD),
    Case("top-level-not-object", f"«'»Good' {GOOD}", GOOD, OLD),
    Case("top-level-not-object", "«t»rue", GOOD, OLD),
    Case("top-level-not-object", "«n»ull", GOOD, OLD),
    Case("top-level-not-object", f"{GOOD}«}}»", GOOD, OLD),
    Case("top-level-not-object", f"{GOOD}«,»\n{GOOD.replace('Good', 'Other')}", GOOD, OLD),
    # E12
    Case("expected-value", "{ 'struct': «}»", GOOD),
    Case("expected-value", "{ 'struct': «,» 'data': { } }", GOOD),
    Case("expected-value", "{ 'struct': «:» 'data' }", GOOD),
    Case("expected-value", "{ 'data': [ 'x', «]» }", "{ 'enum': 'Ee', 'data': [ 'x' ] }"),
    Case("expected-value", f"{GOOD}«}}»", GOOD, MODERN),
    Case("expected-value", f"{GOOD}«,»\n{GOOD.replace('Good', 'Other')}", GOOD, MODERN),
    Case("expected-value", f"«:»{GOOD}", GOOD, MODERN),
    # E13
    Case("expected-key-or-brace", "{ «{» 'struct': 'Good' } }", GOOD),
    Case("expected-key-or-brace", "{ «true» }", GOOD),
    Case("expected-key-or-brace", "{ «,» 'struct': 'Good' }", GOOD),
    Case("expected-key-or-brace", "{ «]»", GOOD),
    # E14
    Case("expected-key", "{ 'struct': 'Good', «}»", GOOD),
    Case("expected-key", "{ 'struct': 'Good', «,» 'data': { } }", GOOD),
    Case("expected-key", "{ 'struct': 'Good', «false» }", GOOD),
    # E15
    Case("expected-colon", "{ 'struct' «,» 'data': { } }", GOOD),
    Case("expected-colon", "{ 'struct' «'Good'» }", GOOD),
    Case("expected-colon", "{ 'struct'«}»", GOOD),
    # E16
    Case("expected-comma-or-brace", "{ 'struct': 'Good' «'data'»: { } }", GOOD),
    Case("expected-comma-or-brace", "{ 'struct': 'Good' «]»", GOOD),
    Case("expected-comma-or-brace", "{ 'struct': 'Good' «:»", GOOD),
    Case("expected-comma-or-brace", "{ 'enum': 'Ee', 'data': true«false» }", GOOD),
    # E18
    Case("expected-value-or-bracket", "{ 'data': [ «,» 'x' ] }", GOOD),
    Case("expected-value-or-bracket", "{ 'data': [ «}»", GOOD),
    Case("expected-value-or-bracket", "{ 'data': [ «:» ] }", GOOD),
    # E19
    Case("expected-comma-or-bracket", "{ 'data': [ 'x' «'y'» ] }", GOOD),
    Case("expected-comma-or-bracket", "{ 'data': [ 'x' «}»", GOOD),
    Case("expected-comma-or-bracket", "{ 'data': [ [ ] «:» 'x' ] }", GOOD),
]

ENDS = [
    ("{", "expected-key-or-brace"),
    ("{ 'a'", "expected-colon"),
    ("{ 'a':", "expected-value"),
    ("{ 'a': 'b'", "expected-comma-or-brace"),
    ("{ 'a': 'b',", "expected-key"),
    ("{ 'a': [", "expected-value-or-bracket"),
    ("{ 'a': [ 'b'", "expected-comma-or-bracket"),
    ("{ 'a': [ 'b',", "expected-value"),
]


@params(CASES)
def test_syntax(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(("text", "slug"), ENDS)
@pytest.mark.parametrize("tail", ["", "\n", " # comment", "\n\n"])
def test_the_end_comes_too_early(text: str, slug: str, tail: str, dialect: str) -> None:
    found = problems(text + tail, dialect)
    assert [d.code.slug for d in found] == [slug]
    assert found[0].message.endswith("not the end of the file")


@pytest.mark.parametrize("value", ["'x'", "[ ]", "[ { } ]", "true", "false"])
def test_any_value_parses_at_the_top_today(value: str) -> None:
    """It is refused as a whole (E11), and reading goes on behind it."""
    for dialect in MODERN:
        items, wrong = parsed(f"{GOOD} {value} {GOOD}", dialect)
        assert len(items) == 3
        assert wrong == [f"a.json:1:{len(GOOD) + 2}: top-level-not-definition"]
        (found,) = problems(f"{GOOD} {value}", dialect)
        assert found.focus is not None
        assert found.focus.end - found.focus.start == len(value)


# Keys given twice (E17).

DUPLICATE = [
    Case("duplicate-key", "{ 'struct': 'Good', 'data': { }, ‹'data'›: «{» } }", GOOD),
    Case("duplicate-key", "{ 'struct': 'Good', ‹'struct'›: «'»Good', 'data': { } }", GOOD),
    Case("duplicate-key", "{ 'struct': 'Good', 'data': { 'a': 'int', ‹'a'›: «[»'int'] } }", GOOD),
    Case(
        "duplicate-key",
        r"{ 'struct': 'Good', 'data': { }, ‹'dat\u0061'›: «n»ull }",
        GOOD,
        OLD,
    ),
]


@params(DUPLICATE)
def test_duplicate_keys(case: Case, dialect: str) -> None:
    found = assert_case(case, dialect)
    (note,) = found.notes
    assert note.span is not None
    assert found.focus is not None
    assert note.span.start < found.focus.start


def test_a_key_given_three_times() -> None:
    text = "{ 'a': 'x', 'a': 'y', 'b': true, 'a': 'z' }"
    items, wrong = parsed(text)
    assert wrong == ["a.json:1:18: duplicate-key", "a.json:1:39: duplicate-key"]
    (item,) = items
    assert isinstance(item, Object)
    assert list(item.entries) == ["a", "b"]
    assert item.entries["a"].value == Str("x", 7, 10)


def test_the_same_key_in_different_objects() -> None:
    assert parsed("{ 'a': { 'a': [ { 'a': true } ] } } { 'a': true }")[1] == []


# Hints.


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{ 'a': 'b' 'c': 'd' }", "comma before"),
        ("{ 'a': [ 'b' { } ] }", "comma before"),
        ("{ 'a': 'b', }", "take the comma before it away"),
        ("{ 'a': [ 'b', ] }", "take the comma before it away"),
    ],
)
def test_hints(text: str, hint: str) -> None:
    assert hint in (problems(text)[0].hint or "")


@pytest.mark.parametrize("text", ["{ 'a': }", "{ 'a': [ ] 'b': 'c' ]", "[ } ]"])
def test_no_comma_is_blamed_that_is_not_there(text: str) -> None:
    assert "take the comma" not in (problems(text, "modern")[0].hint or "")


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("{ 'a': 12 }", "stray-character"),
        ("{ 'a': 'b', 12 }", "stray-character"),
        ("{ 'a': [ 'b', nul ] }", "stray-character"),
        ("{ 'a': [ 'b' ; 'c' ] }", "stray-character"),
        ("{ \"a\": 'b' }", "stray-character"),
        ("{ 'a', ; 'b' ]", "expected-colon"),
        ("{ 'a': 'b }", "unterminated-string"),
        ("{ 'a': [ 'b ]", "unterminated-string"),
        ("12 ]", "stray-character"),
    ],
)
def test_what_is_no_token_is_told_once(text: str, slug: str, dialect: str) -> None:
    """Not again as the lack of what it stands for."""
    found = problems(text, dialect)
    assert found[0].code.slug == slug
    assert len(found) == 1 or text.startswith("12"), shown(found)


@pytest.mark.parametrize("dialect", BOTH)
def test_a_wrong_token_may_also_be_in_the_wrong_place(dialect: str) -> None:
    assert shown(problems(r"{ 'a' 'b\x' }", dialect)) == [
        "root.json:1:7: bad-escape",
        "root.json:1:7: expected-colon",
    ]


def test_a_long_string_is_told_in_short() -> None:
    (found,) = problems("{ 'a' '" + "x" * 10_000 + "' }")
    assert len(found.message) < 120


# Documentation where it does not belong.


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("before", "slug"),
    [
        ("{", "expected-key-or-brace"),
        ("{ 'a':", "expected-value"),
        ("{ 'a': 'b'", "expected-comma-or-brace"),
        ("{ 'a': [", "expected-value-or-bracket"),
    ],
)
def test_documentation_inside_an_expression(before: str, slug: str, dialect: str) -> None:
    for block in ("##\n# text\n##", "##\n# @Aa:\n##", "##\n##"):
        found = problems(f"{before}\n{block}\n}}", dialect)
        assert shown(found)[0] == f"root.json:2:1: {slug}"
        assert found[0].message.endswith("not a documentation block")


# Going on behind an error.

BROKEN = f"""{GOOD}
{{ 'enum' 'First', 'data': [ ] }}
{{ 'enum': 'Second'
  'data': [ ] }}
##
# @Third:
##
{{ 'enum': 'Third', 'data': [ 'x' 'y' ] }}
{{ 'include': 'more.json' }}
{{ 'enum': 'Fourth', }}
"""


@pytest.mark.parametrize("dialect", BOTH)
def test_all_errors_of_a_file_are_told(dialect: str) -> None:
    items, wrong = parsed(BROKEN, dialect)
    assert wrong == [
        "a.json:2:10: expected-colon",
        "a.json:4:3: expected-comma-or-brace",
        "a.json:8:34: expected-comma-or-bracket",
        "a.json:10:21: expected-key",
    ]
    kinds = [type(item) for item in items]
    assert kinds == [Object, Broken, Broken, Doc, Broken, Object, Broken]


@pytest.mark.parametrize("dialect", BOTH)
def test_all_errors_of_all_files_are_told_in_source_order(dialect: str) -> None:
    files = {
        "root.json": BROKEN,
        "more.json": "{ 'include': 'most.json' }\n{ ]\n",
        "most.json": "{ 'x' }",
    }
    assert shown(problems(files, dialect)) == [
        "root.json:2:10: expected-colon",
        "root.json:4:3: expected-comma-or-brace",
        "root.json:8:34: expected-comma-or-bracket",
        "most.json:1:7: expected-colon",
        "more.json:2:3: expected-key-or-brace",
        "root.json:10:21: expected-key",
    ]


def test_an_item_left_open_ends_where_the_next_one_starts() -> None:
    text = "{ 'struct': 'Open', 'data': { 'x': 'int' }\n{ 'enum' }\n{ ]\n"
    assert shown(problems(text)) == [
        "root.json:2:1: expected-comma-or-brace",
        "root.json:2:10: expected-colon",
        "root.json:3:3: expected-key-or-brace",
    ]


def test_documentation_of_a_broken_definition_is_not_to_blame() -> None:
    broken = "##\n# @Aa:\n##\n{ 'struct' }\n"
    for rest in ("", "##\n# @Bb:\n##\n{ 'struct': 'Bb', 'data': { } }", "{ 'pragma': { } }"):
        for dialect in BOTH:
            assert shown(problems(broken + rest, dialect)) == ["root.json:4:12: expected-colon"]


def test_items_before_an_error_are_kept() -> None:
    for count in range(4):
        items, wrong = parsed(f"{GOOD}\n" * count + "]")
        assert [type(item) for item in items] == [*[Object] * count, Broken]
        assert wrong == [f"a.json:{count + 1}:1: expected-value"]


# Size.


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("[" * 100_000, "2018"),
        ("[" * 50_000 + "]" * 50_000, "modern"),
        ("{ 'a': " * 30_000, "2018"),
        (
            "{ 'struct': 'Aa', 'data': { 'x': " + "{ 'type': " * 10_000 + "'int'" + "}" * 10_002,
            "7.2",
        ),
        (
            "{ 'enum': 'Aa', 'data': [], 'if': " + "{ 'not': " * 10_000 + "'X'" + "}" * 10_001,
            "modern",
        ),
        ("{ 'pragma': " + "[" * 20_000 + "]" * 20_000 + "}", "2018"),
        ("}" * 100_000, "modern"),
        ("\n{" * 2_000, "2018"),
        ("]\n" * 50_000, "modern"),
        ("##\n# @Aa:\n##\n" * 1_000, "modern"),
    ],
    ids=lambda value: value[:24],
)
def test_deep_and_long(text: str, dialect: str) -> None:
    begun = time.perf_counter()
    assert problems(text, dialect)
    assert time.perf_counter() - begun < 20
