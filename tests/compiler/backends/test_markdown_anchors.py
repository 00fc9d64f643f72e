"""Paths of pages, ids, links between them."""

from __future__ import annotations

import pytest

from qapigen.compiler.backends.markdown.anchors import Anchors, relative
from qapigen.compiler.ir import Command, Definition, Enum, EnumValue, Event
from tests.compiler.backends.markdown_pages import (
    broken_links,
    html_of,
    prose,
    render,
    schema_of,
    span_at,
    struct,
)


def pages(*modules: str) -> list[str]:
    return list(
        Anchors(schema_of([], modules=dict.fromkeys(modules, ())), modules, {}).pages.values()
    )


def test_a_page_per_module() -> None:
    assert pages("a.json", "lib/b.json") == ["a.md", "lib/b.md"]


def test_modules_above_the_root() -> None:
    assert pages("a.json", "../../b.json", "./c.json") == ["a.md", "b.md", "c.md"]
    assert pages("a.json", "../a.json", "../../lib/a.json") == ["a.md", "a-2.md", "lib/a.md"]


def test_no_module_takes_the_index() -> None:
    assert pages("index.json", "lib/index.json") == ["index-2.md", "lib/index.md"]


def test_no_two_modules_share_a_page() -> None:
    assert pages("a.json", "a", "A.json") == ["a.md", "a-2.md", "A-3.md"]


def test_other_endings_stay() -> None:
    assert pages("a.qapi") == ["a.qapi.md"]


def links(*definitions: Definition, headings: tuple[str, ...] = ()) -> list[str | None]:
    """How other pages refer to these definitions."""
    made = Anchors(schema_of(definitions), ["test.json"], {"test.json": headings})
    return [made.link("other.md", definition.name) for definition in definitions]


def test_ids_are_those_of_headings() -> None:
    command = Command(name="do-it", module="test.json", span=span_at(0))
    event = Event(name="DONE_IT", module="test.json", span=span_at(0))
    assert links(command, event, struct("DoIt"), struct("__com.x-y_DoIt")) == [
        "test.md#do-it-command",
        "test.md#done_it-event",
        "test.md#doit-struct",
        "test.md#__comx-y_doit-struct",
    ]


def test_where_tools_differ_the_page_must_do() -> None:
    """MkDocs takes hyphens in a row as one, GitHub does not."""
    assert links(struct("a--b"), struct("a-"), struct("a_")) == [
        *("test.md", "test.md", "test.md#a_-struct")
    ]
    made = Anchors(schema_of([struct("a-")]), ["test.json"], {})
    assert made.link("test.md", "a-") == "test.md"


def test_names_that_differ_in_case_have_their_own_ids() -> None:
    schema = schema_of([struct("Switch"), struct("switch"), struct("SWITCH", a="switch")])
    files = render(schema)
    page = html_of(files["docs/example/test.md"])
    assert [text for tag, text in page.headings if tag == "h2"] == [
        *("Switch (struct)", "switch (struct, 2)", "SWITCH (struct, 3)")
    ]
    assert page.hrefs.count("#switch-struct-2") == 1
    assert list(broken_links(files)) == []


@pytest.mark.parametrize("heading", ["A (struct)", "A. Struct", "a--struct", "a struct!"])
def test_no_definition_takes_the_id_of_a_heading(heading: str) -> None:
    assert links(struct("A"), headings=(heading,)) == ["test.md#a-struct-2"]
    files = render(
        schema_of([struct("A", 2), struct("B", 3, a="A")], [prose(f"= {heading}")], dialect="7.2")
    )
    assert "(#a-struct-2)" in files["docs/example/test.md"]
    assert list(broken_links(files)) == []


def test_no_definition_takes_the_id_of_a_title() -> None:
    schema = schema_of(
        [Command(name="a", module="a-command.json", span=span_at(0))],
        modules={"a-command.json": ()},
    )
    assert "a-command.md#a-command-2" in render(schema)["docs/example/index.md"]


def test_nothing_is_written_out_in_html() -> None:
    values = (EnumValue("on", None, (), span_at(0)),)
    enum = Enum(name="Switch", module="test.json", span=span_at(0), values=values)
    files = render(schema_of([enum, struct("S", a="Switch")]))
    assert [path for path, text in files.items() if "<" in text] == []


@pytest.mark.parametrize("text", [None, "= Title", "= Title\n\n== Another", ".. a comment", ""])
def test_a_module_with_nothing_to_show_has_no_page(text: str | None) -> None:
    docs = [] if text is None else [prose(text, module="empty.json")]
    schema = schema_of(
        [struct("S")], docs, dialect="7.2", modules={"test.json": ["empty.json"], "empty.json": ()}
    )
    files = render(schema)
    assert sorted(files) == ["docs/example/index.md", "docs/example/test.md"]
    assert "Includes `empty.json`" in files["docs/example/test.md"]
    assert "empty" not in files["docs/example/index.md"]


@pytest.mark.parametrize("text", ["= Title\n\nWords.", "Words.", "* item", "::\n\n  x"])
def test_a_module_with_words_has_a_page(text: str) -> None:
    schema = schema_of([], [prose(text)], dialect="7.2")
    assert "docs/example/test.md" in render(schema)


@pytest.mark.parametrize(
    ("here", "page", "expected"),
    [
        ("a.md", "b.md", "b.md"),
        ("a.md", "lib/b.md", "lib/b.md"),
        ("lib/b.md", "a.md", "../a.md"),
        ("a.md", "b c(d)#e.md", "b%20c%28d%29%23e.md"),
        ("a.md", "javascript:x.md", "javascript%3Ax.md"),
    ],
)
def test_relative(here: str, page: str, expected: str) -> None:
    assert relative(here, page) == expected


def test_links_between_odd_modules() -> None:
    modules = ["test.json", "../x y.json", "index.json", "lib/a#b.json"]
    schema = schema_of(
        [struct("A", a="A")], modules={m: [o for o in modules if o != m] for m in modules}
    )
    assert list(broken_links(render(schema))) == []


def test_what_has_no_page_is_not_linked() -> None:
    schema = schema_of(
        [struct("A", a="B"), struct("B")],
        [prose("Words.", module="other.json")],
        modules={"test.json": ["other.json"], "other.json": ()},
    )
    files = render(schema, ["other.json"])
    assert list(files) == ["docs/example/index.md", "docs/example/other.md"]
    assert "A" not in files["docs/example/index.md"]
    assert list(broken_links(files)) == []
    files = render(schema, ["test.json"])
    assert "Includes `other.json`" in files["docs/example/test.md"]
    assert list(broken_links(files)) == []
