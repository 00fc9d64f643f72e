"""Text of documentation stays where it belongs, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qapigen.compiler.ir import Alternate, Alternative, Command, SectionKind, TypeRef
from tests.compiler.backends.markdown_pages import (
    DIALECTS,
    documented,
    html_of,
    page_of,
    prose,
    render,
    schema_of,
    section,
    span_at,
    struct,
)

TEXTS = st.lists(
    st.one_of(
        st.text(st.sampled_from(list("*_`~#+-=>|<&;:!?.,()[]{}\\/\"'$@^ \n0189abx")), max_size=12),
        st.sampled_from(
            [
                "\n\n# a\n\n",
                "\n\n- b",
                "\n\n   ",
                "\n\n.. note:: c\n\n",
                "\n::\n\n  ",
                "```",
                "~~~",
                "<script>",
                "</a>",
                "<!--",
                "-->",
                "\n----\n",
                "\n====\n",
                "= d\n",
                "`e <f>`_",
                "@g ",
                "\n| h",
                "&lt;",
                "](javascript:x)",
                "[x]: y\n",
                "\r",
                "\x00",
                "\n\n1. i\n\n   j",
            ]
        ),
    ),
    max_size=8,
).map("".join)

ALLOWED = {"h1", "h2", "p", "a", "ul", "ol", "li", "pre", "code", "em", "strong", "blockquote"}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(text=TEXTS, kind=st.sampled_from(["text", "member", "feature", "Returns", "Since", "Note"]))
@example(text="<script>alert(1)</script>", kind="text")
@example(text="```\n</code>\n# x", kind="Example")
@example(text="-\n\n  ```\n x", kind="member")
@example(text="a\n\n.. raw:: html\n\n   <b>", kind="Errors")
def test_text_cannot_break_out(dialect: str, text: str, kind: str) -> None:
    """Whatever stands in a section, the rest of the page is as it was."""
    kinds = {k.value: k for k in SectionKind}
    hostile = section(kinds.get(kind, SectionKind.TAGGED), "a" if kind in kinds else kind, text)
    command = Command(name="c", module="test.json", span=span_at(1), doc=documented("c", hostile))
    after = struct("After", 2, doc=documented("After"), a="int")
    page = html_of(page_of(command, after, dialect=dialect))
    assert page.headings == [("h1", "test"), ("h2", "c (command)"), ("h2", "After (struct)")]
    assert set(page.tags) <= ALLOWED
    assert page.text.endswith("Members a (int, required): Not documented")
    assert not [h for h in page.hrefs if not h.startswith(("http", "ftp", "index.md", "#"))]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(text=TEXTS)
def test_free_text_cannot_break_out(dialect: str, text: str) -> None:
    files = render(schema_of([struct("After", 2, a="int")], [prose(text, 1)], dialect=dialect))
    page = html_of(files["docs/example/test.md"])
    assert page.headings[-1][1] == "After (struct)"
    assert page.headings[0][0] == "h1"
    assert set(page.tags) <= ALLOWED | {"h3", "h4", "h5", "h6"}
    assert set(html_of(files["docs/example/index.md"]).tags) <= ALLOWED


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tags_appear_as_text(dialect: str) -> None:
    text = "<script>alert('x')</script> & <a id='y'> &lt;"
    doc = documented("S", section(SectionKind.TEXT, "", text))
    page = html_of(page_of(struct("S", doc=doc), dialect=dialect))
    assert text in page.text
    assert page.ids == []


def test_sections_come_in_source_order() -> None:
    doc = documented(
        "c",
        section(SectionKind.TEXT, "", "first"),
        section(SectionKind.TAGGED, "Since", "1.0\n\nand 1.1 here"),
        section(SectionKind.TAGGED, "Example", "-> {}"),
        section(SectionKind.TAGGED, "TODO", "hidden"),
        section(SectionKind.TEXT, "", "last"),
    )
    command = Command(name="c", module="test.json", span=span_at(0), doc=doc)
    text = html_of(page_of(command, dialect="7.2")).text
    order = ["Since 1.0 and 1.1 here", "first", "Returns: an empty object", "Example", "last"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "hidden" not in text


def test_a_description_of_nothing_is_kept() -> None:
    doc = documented("S", section(SectionKind.MEMBER, "ghost", "boo"))
    assert "- **`ghost`**: boo" in page_of(struct("S", doc=doc))


def test_arguments_that_are_an_alternate() -> None:
    """The 2018 dialect permits them."""
    some = Alternative("some", TypeRef("int"), None, span_at(0))
    either = Alternate(name="Either", module="test.json", span=span_at(0), alternatives=(some,))
    command = Command(name="c", module="test.json", span=span_at(1), data="Either", boxed=True)
    page = page_of(either, command, dialect="2018")
    assert "**Arguments:** one of the alternatives of [`Either`](#either-alternate)" in page
    assert page.count("`some`") == 1
