"""Blocks to Markdown, and back through a reader of Markdown: nothing lost, nothing added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qapigen.compiler.backends.texts.blocks import (
    Block,
    Code,
    Emphasis,
    Fence,
    Heading,
    Inline,
    Link,
    Listing,
    Name,
    Paragraph,
    Quote,
    Strong,
    Text,
    Titled,
)
from qapigen.compiler.backends.texts.escape import (
    clean,
    code_span,
    heading_text,
    is_url,
    line_starts,
    plain,
)
from qapigen.compiler.backends.texts.writer import Writer
from tests.compiler.backends.markdown_pages import html_of


def resolve(name: Name) -> str | None:
    return f"#{name.name}" if name.name == "known" else None


WRITER = Writer(resolve)

#: Anything at all, with a bias to what means something in Markdown and HTML.
NASTY = st.sampled_from(list("*_`~#+-=>|<&;:!?.,()[]{}\\/\"'$@^ \t\n0123456789abxé\u2014\u00a0"))
TEXT = st.text(st.one_of(NASTY, st.characters(exclude_categories=["Cs"])), max_size=40)
PIECES = st.lists(
    st.one_of(
        TEXT,
        st.sampled_from(
            [
                "\n# ",
                "\n- ",
                "\n1. ",
                "\n> ",
                "\n```\n",
                "\n---\n",
                "\n| a | b |\n|---|---|\n",
                "<script>",
                "</p>",
                "<!--",
                "&lt;",
                "&#42;",
                "![",
                "](x)",
                "[x]: y\n",
                "\n    ",
                "**",
                "__",
                "~~",
                "``",
                "<http://x>",
                "\\",
                "\r",
                "\x00",
                "\u2028",
                "\n:-:\n",
                "a\n===",
            ]
        ),
    ),
    max_size=6,
).map("".join)


def squeezed(text: str) -> str:
    """The text without blanks: where lines break is not of interest."""
    return "".join(clean(text).split())


def shown(blocks: Sequence[Block]) -> str:
    return squeezed(html_of(WRITER.text(blocks)).text)


@given(PIECES)
@example("a\n===")
@example("a | b\n--|--\n1 | 2")
@example("x\n:-:")
@example("1986\\. A great year\n1986. What a year\n7) up")
@example("<script>alert(1)</script>")
@example("a\r# b\r\n\r\n<b>c</b>")
@example("![x](y) [x][y] [x]: z &copy; &#65; a_b_ _c_ __d__ 2*3*4")
def test_text_is_just_text(text: str) -> None:
    html = html_of(WRITER.text([Paragraph((Text(text),))]))
    assert set(html.tags) <= {"p"}
    assert squeezed(html.text) == squeezed(text)


@given(PIECES)
@example("`")
@example("a ``` b ` c")
def test_code_is_just_code(text: str) -> None:
    html = html_of(f"x {code_span(text)} y")
    assert html.tags == (["p", "code"] if clean(text).split() else ["p"])
    assert squeezed(html.text) == f"x{squeezed(text)}y"


@given(PIECES)
def test_what_needs_no_escape_is_no_exception(text: str) -> None:
    """Something to escape at the end of a text changes nothing for the rest of it."""
    assert clean(f"{text}\u200e\u061c\U000e0041") == f"{clean(text)}\ufffd\ufffd\ufffd"
    assert clean(f"{text}\0") == f"{clean(text)}\N{REPLACEMENT CHARACTER}"
    if not text.endswith(("!", "}")):
        assert plain(f"{text} `") == rf"{plain(text)} \`"
    if line_starts(text):
        assert line_starts(f"{text}\n#") == f"{line_starts(text)}\n\\#"
    assert code_span(f" {text}") == code_span(text)


@given(PIECES)
@example("```\n</pre># a\n````")
@example("a\rb")
def test_fence_keeps_its_lines(text: str) -> None:
    blocks = [Quote((), (Listing(None, ((Fence(text, "json"), Paragraph((Text("end"),))),)),))]
    html = html_of(WRITER.text(blocks))
    assert html.tags == ["blockquote", "ul", "li", "pre", "code", "p"]
    lines = [line.rstrip() for line in clean(text).split("\n")]
    assert "\n".join(lines).strip() in "".join(html.texts)


def inline_parts(text: st.SearchStrategy[str]) -> st.SearchStrategy[Inline]:
    return st.one_of(
        text.map(Text),
        text.map(Code),
        text.map(Emphasis),
        text.map(Strong),
        st.tuples(text, st.sampled_from(["http://a/b(c)?d=e&copy=f#g_*", "mailto:x"])).map(
            lambda pair: Link(*pair)
        ),
        st.tuples(st.sampled_from(["known", "other"]), text, st.booleans()).map(
            lambda name: Name(*name)
        ),
    )


def leads_somewhere(part: Inline) -> bool:
    known = isinstance(part, Link) or (isinstance(part, Name) and part.name == "known")
    return known and bool(squeezed(part.text))


@given(st.lists(inline_parts(TEXT), max_size=6))
@example([Code("a"), Text(""), Emphasis("\x1f "), Code("b")])
@example([Code("a"), Code("b")])
@example([Code("a"), Name("other", "other", True), Code("`b")])
@example([Text("a!"), Link("b", "http://c")])
@example([Text("a"), Emphasis("b"), Text("c")])
@example([Strong("a"), Emphasis("b"), Strong("c")])
@example([Emphasis("a*"), Text("."), Strong("_b")])
@example([Link("a](b", "http://c/)")])
def test_parts_stay_apart(parts: list[Inline]) -> None:
    html = html_of(WRITER.text([Paragraph(tuple(parts))]))
    assert set(html.tags) <= {"p", "code", "em", "strong", "a"}
    assert squeezed(html.text) == squeezed("".join(part.text for part in parts))
    assert len(html.hrefs) == len([p for p in parts if leads_somewhere(p)])


def nested(children: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    blocks = st.lists(children, min_size=1, max_size=3).map(tuple)
    start = st.one_of(st.none(), st.integers(0, 20))
    return st.one_of(
        st.tuples(start, st.lists(blocks, min_size=1, max_size=3).map(tuple)).map(
            lambda pair: Listing(*pair)
        ),
        st.tuples(st.just((Text("Title"),)), blocks).map(lambda pair: Quote(*pair)),
        st.tuples(st.just((Text("Title"),)), blocks).map(lambda pair: Titled(*pair)),
    )


WORDS = st.sampled_from(
    ["plain", "# x", "- x", "1. x", "> x", "```", "    x", "<b>", "a\n\nb", "+"]
)
BLOCKS = st.recursive(
    st.one_of(
        st.one_of(WORDS, st.just("")).map(lambda text: Paragraph((Text(text),))),
        WORDS.map(lambda text: Fence(text, "text")),
        WORDS.map(lambda text: Heading("=", (Text(text),))),
    ),
    nested,
    max_leaves=8,
)


def count(blocks: Iterable[Block], kind: type) -> int:
    """How many blocks of a kind there are, at any depth."""
    total = 0
    for block in blocks:
        total += isinstance(block, kind)
        if isinstance(block, Quote | Titled):
            total += count(block.blocks, kind)
        elif isinstance(block, Listing):
            total += sum(count(item, kind) for item in block.items)
    return total


def items(blocks: Iterable[Block]) -> int:
    total = 0
    for block in blocks:
        if isinstance(block, Quote | Titled):
            total += items(block.blocks)
        elif isinstance(block, Listing):
            total += sum(1 + items(item) for item in block.items)
    return total


def bullets(*levels: tuple[str, ...]) -> Listing:
    """A list of texts, and behind the last of them a list of those of the next level."""
    texts, *deeper = levels
    items = [(Paragraph((Text(text),)),) for text in texts]
    inner: tuple[Block, ...] = (bullets(*deeper),) if deeper else ()
    return Listing(None, (*items[:-1], (*items[-1], *inner)))


@given(st.lists(BLOCKS, max_size=4))
@example([Listing(None, ((Paragraph((Text("a"),)),),)), Listing(None, ((Fence("b", ""),),))])
@example([Listing(1, ((Paragraph((Text("a"),)),),)), Listing(1, ((Fence("b", ""),),))])
@example([bullets(("a",), ("",))])
@example([bullets(("a",), ("", "b"))])
@example([Listing(None, ((Listing(None, ((bullets(("",)),),)),),))])
def test_blocks_keep_their_structure(blocks: list[Block]) -> None:
    html = html_of(WRITER.text(blocks))
    assert html.tags.count("pre") == count(blocks, Fence)
    assert html.tags.count("blockquote") == count(blocks, Quote)
    assert html.tags.count("ul") + html.tags.count("ol") == count(blocks, Listing)
    assert html.tags.count("li") == items(blocks)
    assert not {"h1", "h2", "h3", "hr", "table"} & set(html.tags)


@given(PIECES)
@example("a #")
@example("a ##")
@example("#")
def test_heading_is_one_line(text: str) -> None:
    html = html_of(f"## {heading_text(plain(text))}\n\nend\n")
    assert html.tags == ["h2", "p"]
    assert squeezed(html.text) == f"{squeezed(text)}end"


def test_numbers_of_items_go_on() -> None:
    one = (Paragraph((Text("x"),)),)
    assert WRITER.text([Listing(9, (one, one))]) == "9. x\n10. x"


def test_items_with_paragraphs_are_set_apart() -> None:
    two = (Paragraph((Text("a"),)), Paragraph((Text("b"),)))
    assert WRITER.text([Listing(None, (two, two))]) == "- a\n\n    b\n\n- a\n\n    b"


def test_titles_are_bold_once() -> None:
    title = (Text("See "), Strong("this"), Text(" "), Code("x"))
    assert WRITER.text([Quote(title, ())]) == "> **See this `x`**"


def test_entry_without_paragraph() -> None:
    assert WRITER.entry("head", [Fence("x", "")], indent="  ") == "head\n\n  ```\n  x\n  ```"
    assert WRITER.entry("head", [Paragraph(()), Fence("x", "")]) == "head\n\n```\nx\n```"
    assert WRITER.entry("head", []) == "head"


@pytest.mark.parametrize("url", ["http://x", "HTTPS://x/y?z#a", "ftp://x", "mailto:a@b"])
def test_url(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "x.html", "//x", "http://a b", "http://<"]
)
def test_no_url(url: str) -> None:
    assert not is_url(url)
