"""Paths of pages, ids, links between them."""

from __future__ import annotations

import pytest

from qapigen.compiler.backends.markdown.anchors import Anchors, anchor, relative
from qapigen.compiler.ir import Command, Enum, EnumValue, Event
from tests.compiler.backends.markdown_pages import (
    broken_links,
    html_of,
    render,
    schema_of,
    span_at,
    struct,
)


def pages(*modules: str) -> list[str]:
    return list(Anchors(schema_of([], modules=dict.fromkeys(modules, ())), modules).pages.values())


def test_a_page_per_module() -> None:
    assert pages("a.json", "lib/b.json") == ["a.md", "lib/b.md"]


def test_modules_above_the_root() -> None:
    assert pages("a.json", "../../b.json", "./c.json") == [
        "a.md",
        "_up/_up/b.md",
        "c.md",
    ]


def test_no_module_takes_the_index() -> None:
    assert pages("index.json", "lib/index.json") == ["index-2.md", "lib/index.md"]


def test_no_two_modules_share_a_page() -> None:
    assert pages("a.json", "a", "A.json") == ["a.md", "a-2.md", "A-3.md"]


def test_other_endings_stay() -> None:
    assert pages("a.qapi") == ["a.qapi.md"]


def test_ids_keep_case_and_kind() -> None:
    command = Command(name="do-it", module="test.json", span=span_at(0))
    event = Event(name="DO_IT", module="test.json", span=span_at(0))
    assert anchor(command) == "command.do-it"
    assert anchor(event) == "event.DO_IT"
    assert anchor(struct("DoIt"), "a_b") == "type.DoIt.a_b"
    assert anchor(struct("__com.x-y_DoIt")) == "type.__com.x-y_DoIt"


def test_names_that_differ_in_case_have_their_own_ids() -> None:
    values = tuple(EnumValue(name, None, (), span_at(0)) for name in ("on", "On", "ON"))
    enum = Enum(name="Switch", module="test.json", span=span_at(0), values=values)
    text = render(schema_of([enum, struct("switch"), struct("SWITCH")]))["docs/example/test.md"]
    assert html_of(text).ids == [
        *("type.Switch", "type.Switch.on", "type.Switch.On", "type.Switch.ON"),
        *("type.switch", "type.SWITCH"),
    ]


def test_an_id_does_not_depend_on_other_names() -> None:
    alone = html_of(render(schema_of([struct("A", a="int")]))["docs/example/test.md"]).ids
    among = html_of(
        render(schema_of([struct("a"), struct("A", a="int")]))["docs/example/test.md"]
    ).ids
    assert set(alone) < set(among)


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
        [struct("A", a="B"), struct("B")], modules={"test.json": ["other.json"], "other.json": ()}
    )
    files = render(schema, ["other.json"])
    assert list(files) == ["docs/example/index.md", "docs/example/other.md"]
    assert "A" not in files["docs/example/index.md"]
    assert list(broken_links(files)) == []
    files = render(schema, ["test.json"])
    assert "Includes `other.json`" in files["docs/example/test.md"]
    assert list(broken_links(files)) == []
