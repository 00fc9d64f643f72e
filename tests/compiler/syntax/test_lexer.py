"""Tokens: what there is, where it stands, what is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.lexer import END, Source, tokens
from qapigen.compiler.syntax.tree import Object, Str
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

GOOD = "{ 'struct': 'Good', 'data': { } }"


def lexed(text: str, dialect: str = "modern") -> tuple[list[tuple[str, str]], list[str]]:
    """Types and texts of all tokens but the end, and what was found wrong."""
    report = Report()
    file = SourceFile("a.json", "a.json", text)
    found = [*tokens(Source(file, DIALECTS[dialect], report))]
    *before, last = found
    assert last.type == END  # type: ignore[attr-defined]
    rows = [(t.type, text[t.start : t.end]) for t in before]  # type: ignore[attr-defined]
    return rows, shown(report.sorted())


def types(text: str, dialect: str = "modern") -> list[str]:
    rows, wrong = lexed(text, dialect)
    assert wrong == []
    return [kind for kind, _ in rows]


@pytest.mark.parametrize("dialect", BOTH)
def test_every_token(dialect: str) -> None:
    rows, wrong = lexed(" {'a' :[true ,false]}\n##\n# hello\n##\n", dialect)
    assert wrong == []
    assert rows == [
        ("LBRACE", "{"),
        ("KEY", "'a'"),
        ("LBRACKET", "["),
        ("TRUE", "true"),
        ("COMMA", ","),
        ("FALSE", "false"),
        ("RBRACKET", "]"),
        ("RBRACE", "}"),
        ("DOC_FREE_FORM", "##"),
        ("DOC_TEXT", "# hello"),
        ("DOC_END", "##\n# hello\n##"),
    ]


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\n" * 1000])
def test_a_key_is_one_token_with_its_colon(blank: str, dialect: str) -> None:
    text = f"{{ 'a'{blank}: true"
    source = Source(SourceFile("a.json", "a.json", text), DIALECTS[dialect], Report())
    found: list[Any] = [*tokens(source)]
    assert [token.type for token in found] == ["LBRACE", "KEY", "TRUE", END]
    parts = found[1].parts(text)
    assert [(t.type, text[t.start : t.end]) for t in parts] == [("STRING", "'a'"), ("COLON", ":")]
    assert parts[1].end == 5 + len(blank) + 1


@pytest.mark.parametrize("dialect", BOTH)
def test_other_keys_are_two_tokens(dialect: str) -> None:
    for key in ("'a' # comment\n:", r"'\\' :"):
        assert types(key, dialect) == ["STRING", "COLON"]
    assert types("'a' 'b':", dialect) == ["STRING", "KEY"]


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("colon", [":", " :", "\n:", " # comment\n:"])
def test_a_colon_stands_anywhere_behind_its_key(colon: str, dialect: str) -> None:
    (found,) = tree_of(f"{{ 'a'{colon} 'b', 'c'{colon} true }}", dialect).expressions
    assert isinstance(found.value, Object)
    keys = [entry.key for entry in found.value.entries.values()]
    assert keys == [Str("a", 2, 5), Str("c", 11 + len(colon), 14 + len(colon))]
    # ... and is told of, not the key, where there is no place for it
    wrong = problems(f"[ 'a'{colon} true ]", dialect)
    places = [d.span for d in wrong if d.code.slug == "expected-comma-or-bracket"]
    assert [span and span.end for span in places] == [len("[ 'a'") + len(colon)]


def test_null_is_a_token_of_the_old_language_only() -> None:
    assert types("null", "2018") == ["NULL"]
    for dialect in MODERN:
        assert lexed("null", dialect) == ([], ["a.json:1:1: stray-character"])


@pytest.mark.parametrize("dialect", BOTH)
def test_literals_have_no_boundary(dialect: str) -> None:
    assert types("truefalse", dialect) == ["TRUE", "FALSE"]
    assert types("true'x'false", dialect) == ["TRUE", "STRING", "FALSE"]
    assert lexed("falsey", dialect) == ([("FALSE", "false")], ["a.json:1:6: stray-character"])


@pytest.mark.parametrize("blank", [" ", "\t", "\v", "\f", "\x1c", "\x85", "\N{NO-BREAK SPACE}"])
@pytest.mark.parametrize("dialect", BOTH)
def test_blanks(blank: str, dialect: str) -> None:
    assert types(f"{blank}[{blank}{blank}]{blank}", dialect) == ["LBRACKET", "RBRACKET"]


@pytest.mark.parametrize("blank", ["\N{ZERO WIDTH SPACE}", "\0", "\x1b", "\x7f"])
def test_what_only_looks_like_a_blank(blank: str) -> None:
    assert lexed(f"[{blank}]")[1] == ["a.json:1:2: stray-character"]


@pytest.mark.parametrize("dialect", BOTH)
def test_ordinary_comments_are_skipped(dialect: str) -> None:
    text = "# one 'quote\n[ # two ]\n  #\n'#no'#three\n, # ## no block\n#x]{\n]# at the end"
    assert types(text, dialect) == ["LBRACKET", "STRING", "COMMA", "RBRACKET"]


def test_a_block_may_start_behind_code() -> None:
    assert types("[] ##\n# x\n##") == [
        *("LBRACKET", "RBRACKET"),
        *("DOC_FREE_FORM", "DOC_TEXT", "DOC_END"),
    ]


# Stray characters (E4): one alone in the old language, the rest of its word in today's.

STRAY = [
    Case("stray-character", f"{GOOD}\n«;»", GOOD),
    Case("stray-character", f'«"»{GOOD}', GOOD, OLD),
    Case("stray-character", f"«\ufeff»{GOOD}", GOOD),
    Case("stray-character", f"{GOOD} «-»", GOOD, OLD),
    Case("stray-character", f"{GOOD} «-12.5e3»", GOOD, MODERN),
    Case("stray-character", f"{GOOD} «wo#rd»", GOOD, MODERN),
    Case("stray-character", f"{GOOD} «w»o#rd", GOOD, OLD),
    Case("stray-character", f"{GOOD} «word\xe9»\xa0", GOOD, MODERN),
    Case("stray-character", "{ 'struct': 'Good', 'data': «x»{ } }", GOOD),
    Case("stray-character", "{ 'struct': «x»'Good', 'data': { } }", GOOD),
    Case("stray-character", "\t{ 'struct':\t«?»\t'Good', 'data': { } }", GOOD),
    Case("stray-character", "{ 'struct': 'Good', 'data': { } }\n\n  «\0»\n", GOOD),
]


@params(STRAY)
def test_stray(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


@pytest.mark.parametrize(
    ("text", "dialect", "hint"),
    [
        ('"x"', "2018", "single quotes"),
        ("12", "modern", "no numbers"),
        ("-1", "2018", "no numbers"),
        ("\ufeff", "modern", "byte-order mark"),
        ("null", "modern", "QEMU 4.1"),
        ("// x 'y", "modern", "begin with '#'"),
        ("/* x\ny */", "2018", "begin with '#'"),
        ("True", "modern", "'true'"),
        ("False", "2018", "'false'"),
        ("None", "modern", "leave the key out"),
    ],
)
def test_stray_hint(text: str, dialect: str, hint: str) -> None:
    assert hint in (problems(text, dialect)[0].hint or "")


@pytest.mark.parametrize("comment", ["// a 'b {", "/* a\n'b { */", "/* a 'b {"])
def test_a_comment_of_another_language_is_one_error(comment: str) -> None:
    found = problems(f"{{ 'command': 'go' }} {comment}\n{{ 'command': 'on' }}")
    assert [d.code.slug for d in found] == ["stray-character"]


def test_a_long_stray_word_is_told_in_short() -> None:
    (found,) = problems("x" * 10_000)
    assert found.span is not None
    assert found.span.end == 10_000
    assert len(found.message) < 100


def test_all_stray_words_are_told() -> None:
    for dialect in BOTH:
        found = problems(f"ab {GOOD} cd # ef\ngh", dialect)
        assert shown(found) == [
            "root.json:1:1: stray-character",
            "root.json:1:38: stray-character",
            "root.json:2:1: stray-character",
        ]


# The end of the file.


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "1:2"),
        ("{\n", "1:2"),
        ("{\n\n", "2:1"),
        ("{ # comment", "1:12"),
        ("{\n  ", "2:3"),
        ("\t{", "1:3"),
    ],
)
@pytest.mark.parametrize("dialect", BOTH)
def test_place_of_the_end(text: str, place: str, dialect: str) -> None:
    assert shown(problems(text, dialect)) == [f"root.json:{place}: expected-key-or-brace"]


def test_nothing_at_all_is_a_schema() -> None:
    for text in ("", "\n", "# only a comment", "\n\n  \t"):
        for dialect in BOTH:
            assert problems(text, dialect) == ()


# Size.


def test_huge_tokens() -> None:
    big = "x" * 1_000_000
    begun = time.perf_counter()
    for dialect in CLASSIC:
        rows, wrong = lexed(f"'{big}' #{big}\n##\n# {big}\n##\n{big} '\\\\{big}'", dialect)
        assert [kind for kind, _ in rows] == [
            *("STRING", "DOC_FREE_FORM", "DOC_TEXT", "DOC_END"),
            "STRING",
        ]
        assert wrong == ["a.json:5:1: stray-character"]
    assert time.perf_counter() - begun < 20


@given(st.lists(st.sampled_from(["{", "}", "[", "]", ":", ",", "'s'", "true", "false"])))
def test_tokens_tile_the_text(parts: list[str]) -> None:
    """Tokens come in the order of the text, with nothing but blanks between them."""
    text = " \n".join(parts)
    rows, wrong = lexed(text)
    assert wrong == []
    shown_parts = [p for kind, piece in rows for p in ([piece, ":"] if kind == "KEY" else [piece])]
    assert shown_parts == parts


@given(st.text(alphabet="{}[]:,'\\ntruefals \t\n#x\"\ufeff\0é", max_size=60))
def test_any_text_ends(text: str) -> None:
    for dialect in BOTH:
        rows, _ = lexed(text, dialect)
        assert all(piece in text for _, piece in rows)


# Commas of long ago.


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("{ 'a': 'b', }", "{ 'a': 'b' }"),
        ("{ 'a': [ 'b', 'c', ], }", "{ 'a': [ 'b', 'c' ] }"),
        ("{ 'a': 'b' 'c': 'd' }", "{ 'a': 'b', 'c': 'd' }"),
        (
            "{ 'a': { } 'c' : [ ] 'd': true 'e': null }",
            "{ 'a': { }, 'c': [ ], 'd': true, 'e': null }",
        ),
        ("{ 'a': [ 'b' 'c' [ 'd' ] { } [ ] ] }", "{ 'a': [ 'b', 'c', [ 'd' ], { }, [ ] ] }"),
        ("{ } { 'a': 'b' } { }", "{ } { 'a': 'b' } { }"),
        ("", ""),
    ],
)
def test_commas_of_long_ago(loose: str, strict: str) -> None:
    assert types(loose, "1.5") == types(strict, "1.5") == types(strict, "2018")
    if loose != strict:
        assert types(loose, "1.6") == types(loose, "2018") != types(strict, "2018")


@pytest.mark.parametrize("text", ["{ , }", "[ , 'a' ]", "{ 'a': 'b', , 'c': 'd' }", "{ 'a': , }"])
def test_other_commas_stay(text: str) -> None:
    assert types(text, "1.5") == types(text, "2018")
