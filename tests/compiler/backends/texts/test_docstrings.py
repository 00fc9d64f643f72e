"""Documentation text as it stands in docstrings."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.texts import classic, rst
from qapigen.compiler.backends.texts.blocks import Paragraph, Text
from qapigen.compiler.backends.texts.docstrings import DocstringWriter
from tests.compiler.backends.markdown_pages import html_of

WRITER = DocstringWriter()

TEXTS = {
    "plain": ("A text: 2 * 3, a_b, <c> & \\*.", "A text: 2 * 3, a_b, <c> & *."),
    "member": ("If @some-name is absent", "If `some-name` is absent"),
    "definition": ("See `Known` and :ref:`that <x>`.", "See `Known` and that."),
    "literal": ("``*a`b*``", "``*a`b*``"),
    "two literals side by side": ("``a``\\ ``b``", "`ab`"),
    "stress": ("*a* or **b**", "*a* or **b**"),
    "URL": ("see http://x.org/a_b.", "see http://x.org/a_b."),
    "link": ("see `that <http://x.org>`_.", "see [that](http://x.org)."),
    "ragged": ("a\n  b\nc", "a\nb\nc"),
    "note": (".. note:: Mind\n   *this*.", "Note: Mind\n*this*."),
    "note of two paragraphs": (".. tip:: a\n\n   b\n\nc", "Tip: a\n\nb\n\nc"),
    "note that is a list": (".. note::\n\n   - a\n   - b", "Note\n\n- a\n- b"),
    "admonition": (".. admonition:: By the way\n\n   x", "By the way: x"),
    "admonition without title": (".. admonition::\n\n   x", "x"),
    "quote": ("a\n\n  b\n\nc", "a\n\nb\n\nc"),
    "example": (
        ".. qmp-example::\n\n   -> { }\n   <- { }\n\nend",
        "Example\n\n```text\n-> { }\n<- { }\n```\n\nend",
    ),
    "example with title": (
        ".. qmp-example::\n   :title: The first\n\n   { }",
        "Example: The first\n\n```json\n{ }\n```",
    ),
    "annotated example": (
        ".. qmp-example::\n   :annotated:\n\n   Ask::\n\n     -> { }",
        "Example\n\nAsk:\n\n```text\n-> { }\n```",
    ),
    "literal block": ("Like::\n\n  a\n    b", "Like:\n\n```text\na\n  b\n```"),
    "literal block with a fence": ("::\n\n  ```\n  a", "````text\n```\na\n````"),
    "table": ("== ==\na  b\n== ==", "```text\n== ==\na  b\n== ==\n```"),
    "list": ("a\n\n- b\n  c\n\n  - d\n- e", "a\n\n- b\nc\n    - d\n- e".replace("\nc", "\n    c")),
    "heading": ("Title\n=====\n\na", "Title\n\na"),
    "comment": (".. nothing\n\na", "a"),
    "a fence that is none": ("a text\n```\nb", "a text\n\\```\nb"),
    "directive of no meaning": (".. image:: a.png", "```text\n.. image:: a.png\n```"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_markup(text: str, expected: str) -> None:
    assert WRITER.text(rst.parse(text)) == expected


def test_old_markup() -> None:
    text = "see @a, *b* and _c_\n\n| -> { }\n| <- { }\n\n1. d\n2. e"
    assert WRITER.text(classic.parse(text)) == (
        "see `a`, **b** and *c*\n\n```text\n-> { }\n<- { }\n```\n\n1. d\n2. e"
    )


WORDS = st.lists(st.text("abcäß", min_size=1, max_size=5), min_size=1, max_size=9)
LINES = st.lists(WORDS.map(" ".join), min_size=1, max_size=3)


@given(LINES, LINES, LINES, LINES)
def test_nothing_is_lost(
    first: list[str], note: list[str], item: list[str], code: list[str]
) -> None:
    """What a reader of Markdown sees of a docstring is all that the comment says."""
    inner = "\n".join(f"      {line}" for line in item)
    text = "\n\n".join(
        [
            "\n".join(first),
            ".. note::\n\n" + "\n".join(f"   {line}" for line in note) + f"\n\n   -\n{inner}",
            "::\n\n" + "\n".join(f"  {line}" for line in code),
        ]
    )
    html = html_of(WRITER.text(rst.parse(text)))
    words = [*first, "Note:", *note, *item, *code]
    assert html.text == " ".join(" ".join(words).split())
    assert html.tags.count("pre") == html.tags.count("li") == 1


@given(st.text("ab \n\t.-`*_<>", max_size=40))
def test_plain_text_stays_as_it_is(text: str) -> None:
    """Apart from blanks, and from fences that would swallow what comes behind them."""
    written = WRITER.text([Paragraph((Text(text),))])
    assert written.replace("\\`", "`").split() == text.split()
    assert inspect.cleandoc(written) == written
