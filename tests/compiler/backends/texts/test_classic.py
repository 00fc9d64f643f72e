"""Markup of the 2018 dialect, as it looks in Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.texts import classic
from qapigen.compiler.backends.texts.blocks import Heading, Name, Text
from qapigen.compiler.backends.texts.markup import parser_for
from qapigen.compiler.backends.texts.writer import Writer
from tests.compiler.backends.markdown_pages import html_of


def resolve(name: Name) -> str | None:
    return f"#{name.name}" if name.name == "mine" else None


def shown(text: str) -> str:
    return Writer(resolve).text(classic.parse(text))


CASES = {
    "strong": ("very *important* this", "very **important** this"),
    "a product": ("2*3*4 and 2 * 3 * 4", r"2\*3\*4 and 2 \* 3 \* 4"),
    "strong ends with the line": ("*a\nb*", "\\*a\nb\\*"),
    "emphasis": ("_before_ and _after that_.", "*before* and *after that*."),
    "underscores in names": ("a_b_c and __d__", r"a_b_c and \_\_d\_\_"),
    "names": ("see @mine and @other-one.", "see [`mine`](#mine) and `other-one`."),
    "an address": ("me@mine.org", "me@mine.org"),
    "URL": ("(see https://x.org/a).", "(see [https://x.org/a](https://x.org/a))."),
    "quotes": ("`a' or `b'", r"\`a' or \`b'"),
    "backquotes mean nothing": ("``a``", r"\`\`a\`\`"),
    "tags": ("child<x>", "child&lt;x>"),
    "paragraphs": ("a\n  b\n\n    c", "a\nb\n\nc"),
    "bullets": ("a:\n- b\n  c\n- d", "a:\n\n- b\n    c\n- d"),
    "stars": ("* b\n\n* c", "- b\n- c"),
    "list and text": ("- a\n\nb", "- a\n\nb"),
    "numbers": ("1. a\nb\n2. c", "1. a\n    b\n2. c"),
    "numbers from three": ("3. a\n4. b", "3. a\n4. b"),
    "numbers, then bullets": ("1. a\n- b", "1. a\n\n- b"),
    "no item": ("-1 is it\n2.5 too", "\\-1 is it\n2.5 too"),
    "example lines": ("a\n| -> { }\n| <- { }\nb", "a\n\n```text\n-> { }\n<- { }\n```\n\nb"),
    "example lines apart": ("| a\n\n| b", "```text\na\n```\n\n```text\nb\n```"),
    "example lines in an item": ("- a\n| b\n- c", "- a\n\n    ```text\n    b\n    ```\n\n- c"),
    "heading": ("a\n= B\nc", "a\n\n**B**\n\nc"),
    "no heading": ("=a\n=== b", "=a\n=== b"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_markup(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_headings() -> None:
    assert classic.parse("= A\n== B") == (Heading("=", (Text("A"),)), Heading("==", (Text("B"),)))


def test_dialects_differ() -> None:
    text = "*a* ``b``"
    assert parser_for("2018")(text) != parser_for("7.2")(text) == parser_for("modern")(text)
    assert parser_for("7.2")("= A") != parser_for("modern")("= A")


@pytest.mark.parametrize("unit", ["*a ", "_a ", "@a-", "http://a.", "- a\n", "1. a\n\n", "| a\n\n"])
def test_long_text_of_any_kind(unit: str) -> None:
    """No pattern takes more than linear time: the test would not come to an end otherwise."""
    assert shown("start\n\n" + unit * 20_000).startswith("start")


@given(st.text(st.sampled_from("ab*_`@:.\\|+-=<>[]()1 \n"), max_size=120))
def test_any_text_can_be_shown(text: str) -> None:
    markdown = shown(text)
    assert all(line == line.rstrip() for line in markdown.split("\n"))
    allowed = {"p", "a", "code", "pre", "em", "strong", "ul", "ol", "li"}
    assert set(html_of(markdown).tags) <= allowed
