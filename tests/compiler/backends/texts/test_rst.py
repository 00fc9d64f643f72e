"""Markup of the modern dialect, as it looks in Markdown."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qapigen.compiler.backends.texts import rst
from qapigen.compiler.backends.texts.blocks import Heading, Name, Text
from qapigen.compiler.backends.texts.markup import Outline
from qapigen.compiler.backends.texts.text_lines import MAX_DEPTH, guess_language
from qapigen.compiler.backends.texts.writer import Writer
from tests.compiler.backends.markdown_pages import html_of


def resolve(name: Name) -> str | None:
    return {"Known": "#K", "mine": "#m"}.get(name.name)


def shown(text: str) -> str:
    return Writer(resolve).text(rst.parse(text))


INLINE = {
    "literal": ("a ``*b*`` c", "a `*b*` c"),
    "literal with backquotes": ("``a`b``", "``a`b``"),
    "literal without end": ("a ``b c", r"a \`\`b c"),
    "literal that begins with a blank": ("a `` b``", r"a \`\` b\`\`"),
    "emphasis": ("an *important* word", "an *important* word"),
    "emphasis over lines": ("*a\nb*", "*a\nb*"),
    "emphasis inside a word": ("a*b*c", r"a\*b\*c"),
    "a product": ("2 * 3 * 4", r"2 \* 3 \* 4"),
    "a quoted star": ('a "*" and "*"', r'a "\*" and "\*"'),
    "strong": ("**very** strong", "**very** strong"),
    "strong without end": ("**very strong", r"\*\*very strong"),
    "definition": ("see `Known`.", "see [`Known`](#K)."),
    "no definition": ("see `Other`.", "see `Other`."),
    "backquotes in words": ("a`b`c", r"a\`b\`c"),
    "quotes as in old texts": ("`a' or `b'", r"\`a' or \`b'"),
    "member": ("@mine, @Known and @other-one", "[`mine`](#m), [`Known`](#K) and `other-one`"),
    "member before a stop": ("is @mine.", "is [`mine`](#m)."),
    "an address": ("me@mine.org", "me@mine.org"),
    "role": (":qapi:cmd:`Known`", "[`Known`](#K)"),
    "role and module": (":qapi:type:`QMP:Known`", "[`Known`](#K)"),
    "role with title": (":qapi:any:`that one <Known>`", "[that one](#K)"),
    "role with title, unknown": (":qapi:any:`that one <Other>`", "that one"),
    "role, not to be linked": (":qapi:cmd:`!Known`", "`Known`"),
    "role, short": (":qapi:cmd:`~Known`", "[`Known`](#K)"),
    "label": (":ref:`some-label`", "`some-label`"),
    "label with title": (":ref:`some words <some-label>`", "some words"),
    "literal role": (":file:`a_b`", "`a_b`"),
    "emphasis role": (":emphasis:`a` :strong:`b`", "*a* **b**"),
    "link": ("`the text <https://x.org/a>`_ is", "[the text](https://x.org/a) is"),
    "link that runs": ("`x <javascript:alert(1)>`_", "x (javascript:alert(1))"),
    "named link": ("`the text`_", "the text"),
    "bare URL": ("at https://x.org/a_b.", "at [https://x.org/a_b](https://x.org/a_b)."),
    "URL in parentheses": ("(http://x.org/a)", "([http://x.org/a](http://x.org/a))"),
    "URL with parentheses": ("http://x.org/a(b)", "[http://x.org/a(b)](http://x.org/a%28b%29)"),
    "URL in angle brackets": ("<http://x.org>", "<[http://x.org](http://x.org)>"),
    "escaped": (r"a \*b\* \@mine \\ c", r"a \*b\* @mine \\ c"),
    "escaped blank": (r"``a``\ s", "`a`s"),
    "role inside a word": ("a:ref:`b`", "a:ref:`b`"),
    "role without end": (":ref:`b", r"&#58;ref:\`b"),
    "URL inside a word": ("xhttp://y and _ftp://z", r"xhttp://y and \_ftp://z"),
    "URL at the end of a sentence": ("Use ftp://a.", "Use [ftp://a](ftp://a)."),
    "backslash before a letter": (r"C:\temp", r"C:\\temp"),
    "tags": ("<b>x</b> &amp;", "&lt;b>x&lt;/b> &amp;amp;"),
}

BLOCKS = {
    "paragraphs": ("a\nb\n\n\nc", "a\nb\n\nc"),
    "bullets": ("- a\n  b\n- c\n\nd", "- a\n    b\n- c\n\nd"),
    "bullets apart": ("* a\n\n* b\n\n  c", "- a\n\n- b\n\n    c"),
    "bullets in bullets": ("- a\n\n  - b\n  - c\n- d", "- a\n    - b\n    - c\n- d"),
    "bullets of another kind": ("- a\n\n* b", "- a\n\n* b"),
    "bullet without text": ("-\n- a", "- <!-- -->\n- a"),
    "dash in a paragraph": ("a\n- b", "a\n\\- b"),
    "no bullet": ("-1 is it", r"\-1 is it"),
    "numbers": ("1. a\n2. b\n\n   c", "1. a\n\n2. b\n\n    c"),
    "numbers with parentheses": ("(1) a\n(2) b", "1. a\n2. b"),
    "numbers without number": ("#. a\n#. b", "1. a\n2. b"),
    "numbers from three": ("3) a\n4) b", "3. a\n4. b"),
    "numbers with a gap": ("1. a\n\n5. b", "1. a\n\n5) b"),
    "a year": ("1986. What a year\nit was", "1986\\. What a year\nit was"),
    "bullets in numbers": ("1. a\n\n   - b\n2. c", "1. a\n    - b\n2. c"),
    "literal": ("Like::\n\n  *a*\n    b\n\nc", "Like:\n\n```text\n*a*\n  b\n```\n\nc"),
    "literal by a line": ("a\n\n::\n\n  b", "a\n\n```text\nb\n```"),
    "literal behind a blank": ("a ::\n\n  b", "a\n\n```text\nb\n```"),
    "literal at once": ("a::\n  b\n\nc", "a:\n\n```text\nb\n```\n\nc"),
    "literal in an item": ("- a::\n\n    b\n\n- c", "- a:\n\n    ```text\n    b\n    ```\n\n- c"),
    "no literal": ("a::\n\nb", "a:\n\nb"),
    "literal with backquotes": ("::\n\n  ```\n  a", "````text\n```\na\n````"),
    "quote": ("a\n\n  b\n  c\n\nd", "a\n\n> b\n> c\n\nd"),
    "definition": ("term\n  what it is", "- term\n\n    what it is"),
    "ragged paragraph": ("a\n  b\nc", "a\nb\nc"),
    "note": (
        ".. note:: Mind\n   *this*.\n\n   Twice.",
        "> **Note**\n>\n> Mind\n> *this*.\n>\n> Twice.",
    ),
    "note of two paragraphs": (".. note:: a\n\n   b", "> **Note**\n>\n> a\n>\n> b"),
    "note below": (".. note::\n\n   Mind.", "> **Note**\n>\n> Mind."),
    "caution": (".. caution:: Hot.", "> **Caution**\n>\n> Hot."),
    "admonition": (".. admonition:: By *the* way\n\n   x", "> **By the way**\n>\n> x"),
    "admonition without title": (".. admonition::\n\n   x", "> x"),
    "note in an item": ("- .. note:: x", "- > **Note**\n  >\n  > x"),
    "example": (
        ".. qmp-example::\n\n   -> { }\n   <- { }\n\nend",
        "**Example**\n\n```text\n-> { }\n<- { }\n```\n\nend",
    ),
    "example with title": (
        ".. qmp-example::\n   :title: The *first*\n\n   -> { }",
        "**Example: The first**\n\n```text\n-> { }\n```",
    ),
    "example with something left out": (
        ".. qmp-example::\n\n   <- { ... }",
        "**Example**\n\n```text\n<- { ... }\n```",
    ),
    "annotated example": (
        ".. qmp-example::\n   :annotated:\n   :title: T\n\n   Ask::\n\n     -> { }\n\n   Done.",
        "**Example: T**\n\nAsk:\n\n```text\n-> { }\n```\n\nDone.",
    ),
    "empty example": (".. qmp-example::\n\na", "**Example**\n\na"),
    "code": (".. code-block:: c++\n\n   a *b;", "```c++\na *b;\n```"),
    "code in QMP": (".. code-block:: QMP\n\n   { }", "```json\n{ }\n```"),
    "messages in JSON": (".. code-block:: json\n\n   -> { }", "```text\n-> { }\n```"),
    "code with options": (".. code-block:: c\n   :linenos:\n\n   x", "```c\nx\n```"),
    "code in no language": (".. code-block:: `x` y\n\n   z", "```text\nz\n```"),
    "unknown directive": (
        ".. image:: a.png\n   :alt: b",
        "```text\n.. image:: a.png\n   :alt: b\n```",
    ),
    "raw HTML": (".. raw:: html\n\n   <b>", "```text\n.. raw:: html\n\n   <b>\n```"),
    "table directive": (
        ".. table:: T\n   :widths: auto\n\n   == ==\n   a  b\n   == ==",
        "T\n\n```text\n== ==\na  b\n== ==\n```",
    ),
    "grid": ("+--+\n|a |\n+--+\n\nb", "```text\n+--+\n|a |\n+--+\n```\n\nb"),
    "line block": ("| a\n| b\n\nc", "```text\na\nb\n```\n\nc"),
    "prompt": (">>> 1\n1\n\nc", "```text\n>>> 1\n1\n```\n\nc"),
    "comment": ("a\n\n.. b\n   c\n\nd", "a\n\nd"),
    "target": (".. _a-b:\n\nc", "c"),
    "footnote": (".. [1] a\n   b", "\\[1\\] a\nb"),
    "transition": ("a\n\n----\n\nb", "a\n\nb"),
    "heading": ("Title\n=====\n\na", "**Title**\n\na"),
    "no heading": ("a paragraph\n==", "a paragraph\n&#61;="),
    "equals sign": ("= a", "= a"),
    "tab": ("a\n\n\tb", "a\n\n> b"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), INLINE.values(), ids=INLINE)
def test_inline(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), BLOCKS.values(), ids=BLOCKS)
def test_blocks(text: str, expected: str) -> None:
    assert shown(text) == expected
    html_of(expected)  # and that has balanced tags


def test_headings_rank_by_first_use() -> None:
    blocks = rst.parse("****\nBook\n****\n\nChapter\n=======\n\nBook 2\n======\n\nPart\n----")
    outline = Outline()
    found = [b for b in blocks if isinstance(b, Heading)]
    assert [h.inlines for h in found] == [(Text(t),) for t in ("Book", "Chapter", "Book 2", "Part")]
    levels = [outline.level(h) for h in found]
    assert levels[0] < levels[1] == levels[2] < levels[3]


def test_over_and_underline_must_be_alike() -> None:
    assert not any(isinstance(b, Heading) for b in rst.parse("****\nBook\n===="))
    assert isinstance(rst.parse("***\nBook\n***")[0], Heading)


def test_headings_with_equals_signs() -> None:
    blocks = rst.parse("= A\n\nb\n\n== C", equals_headings=True)
    assert [b.style for b in blocks if isinstance(b, Heading)] == ["=", "=="]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("  " * n + "- x" for n in range(2000)),
        "- " * 2000,
        "\n\n".join(" " * n + "x" for n in range(1000)),
        "\n".join("   " * n + ".. note:: x\n" for n in range(500)),
    ],
    ids=["bullets", "one line", "quotes", "notes"],
)
def test_deep_nesting_is_cut(text: str) -> None:
    html = html_of(shown(text))
    assert html.tags.count("ul") + html.tags.count("blockquote") <= 2 * MAX_DEPTH
    assert html.text.count("x") == text.count("x")


@pytest.mark.parametrize(
    "unit",
    [
        "*a ",
        "**a ",
        "`a",
        "``a ",
        ":a",
        ":a:`b ",
        "`a <",
        "@a-",
        "http://a",
        "\\",
        "- a\n",
        "a\n b\n",
        "1. a\n",
        "a::\n\n b\n",
        ".. a\n",
        "| a\n",
        "= a\n",
        "a\n==\n",
        "<",
        "[",
        "_",
        "__a",
    ],
)
def test_long_text_of_any_kind(unit: str) -> None:
    """No pattern takes more than linear time: the test would not come to an end otherwise."""
    assert shown("start\n\n" + unit * 20_000).startswith("start")


@given(st.text(st.sampled_from("ab*_`@:.\\|+-=<>[]()1 \n"), max_size=120))
def test_any_text_can_be_shown(text: str) -> None:
    markdown = shown(text)
    assert all(line == line.rstrip() for line in markdown.split("\n"))
    allowed = {"p", "a", "code", "pre", "em", "strong", "ul", "ol", "li", "blockquote"}
    assert set(html_of(markdown).tags) <= allowed


LINES = st.tuples(
    st.sampled_from(["", "", "@", '"', "(", "  ", "\t", "- ", "= ", "| ", "1. ", ".. ", ">>> "]),
    st.sampled_from(["Some words", "a", "1.2", "12", "*", "====", "----", "", "\u2022", "_"]),
    st.sampled_from(["", "", ".", "::", " ", "\t", "\r", "\u00a0", " b"]),
).map("".join)


@given(lines=st.lists(LINES, min_size=1, max_size=4), equals_headings=st.booleans())
@example(lines=["1.2"], equals_headings=False)
@example(lines=["12.", "1.2."], equals_headings=False)
@example(lines=["Title", "====="], equals_headings=False)
@example(lines=["Like::"], equals_headings=False)
@example(lines=["Term", "  words"], equals_headings=False)
def test_a_lone_paragraph_is_read_like_any_other(lines: list[str], equals_headings: bool) -> None:
    """Blank lines around keep the reader from seeing at once that there is but a paragraph."""
    text = "\n".join(lines)
    alone = rst.parse(text, equals_headings=equals_headings)
    assert alone == rst.parse(f"\n{text}\n\n", equals_headings=equals_headings)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("[ 1, 2 ]", "json"),
        ('{ "a": 1.5e3,\n  "b": null }\n\n{}\n', "json"),
        ('-> { "execute": "x" }', "text"),
        ('<- { "return": {} }', "text"),
        ('{ "a": ... }', "text"),
        ("{ 'a': 1 }", "text"),
        ('{ "a": 1 } // one', "text"),
        ("[ NaN ]", "text"),
        ("[" * 100_000, "text"),
        (f"[ {'1' * 5_000} ]", "json"),
        ('"a"', "text"),
        ("1. Ask\n-> {}", "text"),
        ("-> data", "text"),
        ("", "text"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert guess_language(text) == language
