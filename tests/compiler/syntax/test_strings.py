"""Strings: escapes, characters, the closing quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.strings import decode_string
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

GOOD = "{ 'enum': 'Ee', 'data': [ ], 'prefix': 'x' }"


def decoded(literal: str, dialect: str) -> tuple[str, int, list[str]]:
    """The value of a literal, where it ends, and what is wrong with it."""
    report = Report()
    file = SourceFile("a.json", "a.json", literal)
    text, end = decode_string(file, 0, DIALECTS[dialect], report)
    return text, end, [d.code.slug for d in report.sorted()]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r"'\b\f\n\r\t'", "\b\f\n\r\t"),
        (r"'\\\/\'\"'", "\\/'\""),
        (r"'\u0041\u007f\u0001\u007Fx'", "A\x7f\x01\x7fx"),
        (r"'\\u0041'", r"\u0041"),
        (r"'\u0027'", "'"),
        ("'\t\x01é\x7f\N{NO-BREAK SPACE}'", "\t\x01é\x7f\N{NO-BREAK SPACE}"),
        ("''", ""),
    ],
)
def test_old_strings(literal: str, value: str) -> None:
    assert decoded(literal, "2018") == (value, len(literal), [])


@pytest.mark.parametrize(
    ("literal", "value"), [(r"'\\'", "\\"), (r"'a\\b\\'", "a\\b\\"), ("' !~\"'", ' !~"')]
)
@pytest.mark.parametrize("dialect", BOTH)
def test_strings_of_all(literal: str, value: str, dialect: str) -> None:
    assert decoded(literal, dialect) == (value, len(literal), [])


def test_escapes_count_before_keys_are_compared() -> None:
    assert problems(r"{ '\u0073truct': 'Ok', 'data': { 'a\u0062': 'str' } }", "2018") == ()


def string(body: str, mark: str = "«'»") -> str:
    """The good schema with another string for its prefix."""
    return GOOD.replace("'x'", f"{mark}{body}'")


CASES = [
    # E6
    Case("bad-escape", string(r"a‹\x›41"), GOOD),
    Case("bad-escape", string(r"‹\0›"), GOOD),
    Case("bad-escape", string(r"‹\n›"), GOOD, MODERN),
    Case("bad-escape", string(r"‹\/›"), GOOD, MODERN),
    Case("bad-escape", string(r"‹\u›0041"), GOOD, MODERN),
    Case("bad-escape", string(r"‹\'›"), GOOD, MODERN),
    # E7
    Case("bad-unicode-escape", string(r"‹\u12 4›5"), GOOD, OLD),
    Case("bad-unicode-escape", string(r"‹\u›"), GOOD, OLD),
    Case("bad-unicode-escape", string(r"‹\u00g1›"), GOOD, OLD),
    # E8
    Case("unicode-escape-range", string(r"‹\u0000›"), string(r"\u0001", "'"), OLD),
    Case("unicode-escape-range", string(r"x‹\u0080›"), string(r"x\u007f", "'"), OLD),
    Case("unicode-escape-range", string(r"‹\uFFFF›"), GOOD, OLD),
    # E9
    Case("string-character", string("a‹\t›"), string("a ", "'"), MODERN),
    Case("string-character", string("‹\xe9›"), string("~", "'"), MODERN),
    Case("string-character", string("‹\x7f›"), GOOD, MODERN),
    Case("string-character", string("‹\0›"), GOOD, MODERN),
    Case("string-character", string("‹\x1f›\x1f"), GOOD, MODERN),
]


@params(CASES)
def test_bad(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


UNTERMINATED = ["'", "'abc", "'abc \"", "'abc # d", "'ab\\'", "'ab\\", "'ab\\\\", "'é"]


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("literal", UNTERMINATED)
@pytest.mark.parametrize("rest", ["", "\n", "\n{ 'struct': 'Next', 'data': { } }\n"])
def test_unterminated(literal: str, rest: str, dialect: str) -> None:
    """Told at the quote, with the rest of the line as its focus; the next line is read again."""
    found = problems(f"{GOOD}\n  {literal}{rest}", dialect)
    assert shown(found)[0] == "root.json:2:3: unterminated-string"
    assert len(found) <= 2
    assert found[0].focus is not None
    assert found[0].focus.end - found[0].focus.start == len(literal)


def test_several_problems_of_one_string() -> None:
    assert decoded(r"'\x\u12\u0000'", "2018")[2] == [
        "bad-escape",
        "bad-unicode-escape",
        "unicode-escape-range",
    ]
    assert decoded("'\\n\t\\q'", "modern")[2] == ["string-character", "bad-escape", "bad-escape"]


def test_hints_name_the_escapes_there_are() -> None:
    assert problems(string(r"\x", "'"), "modern")[0].hint == r"the only escape is \\"
    assert r"\uXXXX" in (problems(string(r"\x", "'"), "2018")[0].hint or "")


def _escaped(character: str) -> str:
    return {"\\": "\\\\", "'": "\\'", "\n": "\\n"}.get(character, character)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_old_strings_come_back(value: str) -> None:
    literal = "'" + "".join(map(_escaped, value)) + "'"
    assert decoded(literal, "2018") == (value, len(literal), [])


@given(st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=20))
def test_unicode_escapes_come_back(value: str) -> None:
    literal = "'" + "".join(f"\\u{ord(c):04x}" for c in value) + "'"
    assert decoded(literal, "2018") == (value, len(literal), [])


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'")))
def test_modern_strings_come_back(value: str) -> None:
    literal = "'" + value.replace("\\", "\\\\") + "'"
    assert decoded(literal, "modern") == (value, len(literal), [])


@given(st.text(alphabet="'\\u00419fn/\n\té", max_size=30), st.sampled_from(BOTH))
def test_any_string_ends(body: str, dialect: str) -> None:
    _, end, _ = decoded(f"'{body}", dialect)
    line_end = len(f"'{body}".partition("\n")[0])
    assert 1 <= end <= line_end
