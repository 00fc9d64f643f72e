"""The pages about diagnostics: every code has one, and what its schemas are said to give, they give.

Schemas below a heading that begins with ``Wrong`` have exactly the problem of the page; all others
have none.  :mod:`qapigen.compiler.explanations` says what the first lines of fences can hold.

``python -m tests.compiler.test_explanations`` writes the index anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qapigen.compiler.codes import CODES, Code, Stage
from qapigen.compiler.diagnostics import Diagnostic
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.emit.assets import asset_folder
from qapigen.compiler.explanations import (
    Fence,
    Heading,
    Page,
    Paragraph,
    by_stage,
    code_named,
    index,
    parse_page,
    read_page,
    similar,
)
from qapigen.compiler.passes.select import KEEP_ALL, NONE_DEFINED
from qapigen.compiler.pipeline import analyze
from tests.compiler.schema_texts import reader, shown
from tests.outside import REPOSITORY

FOLDER = REPOSITORY / "docs" / "diagnostics"
PAGES = {code.id: read_page(code) for code in CODES.values()}
OPTIONS = {"dialect", "file", "root", "config"}
COLUMNS = 80


@dataclass
class Example:
    """A schema on a page."""

    page: str
    wrong: bool
    dialects: tuple[str, ...]
    config: str | None
    root: str | None
    files: dict[str, str] = field(default_factory=dict)

    def problems(self, dialect: str) -> tuple[Diagnostic, ...]:
        config = NONE_DEFINED if self.config == "none" else KEEP_ALL
        root = self.root or next(iter(self.files))
        return analyze(root, reader(self.files), dialect, config).diagnostics


def sections(page: Page) -> Iterator[tuple[str, list[Fence]]]:
    """The schemas of each section of a page, with the heading."""
    heading, found = "", list[Fence]()
    for block in page.blocks:
        if isinstance(block, Heading):
            yield heading, found
            heading, found = block.text, []
        elif isinstance(block, Fence) and block.language == "qapi":
            found.append(block)
    yield heading, found


def examples(name: str) -> Iterator[Example]:
    """The schemas of the page of a code."""
    for heading, fences in sections(PAGES[name]):
        shared: Example | None = None
        for fence in fences:
            if "file" not in fence.options or shared is None:
                example = example_of(name, heading, fence)
                yield example
                shared = example if "file" in fence.options else shared
            else:
                example = shared
            example.files[fence.options.get("file", "schema.json")] = fence.text


def example_of(name: str, heading: str, fence: Fence) -> Example:
    dialects = tuple(fence.options.get("dialect", ",".join(PAGES[name].dialects)).split(","))
    config, root = fence.options.get("config"), fence.options.get("root")
    return Example(name, heading.startswith("Wrong"), dialects, config, root)


EXAMPLES = {name: list(examples(name)) for name in PAGES}
IN_DIALECTS = [
    pytest.param(example, dialect, id=f"{name}-{number}-{dialect}")
    for name, found in EXAMPLES.items()
    for number, example in enumerate(found, 1)
    for dialect in example.dialects
]
WRONG_ELSEWHERE = [
    pytest.param(example, dialect, id=f"{name}-{number}-{dialect}")
    for name, found in EXAMPLES.items()
    for number, example in enumerate(found, 1)
    for dialect in sorted({"2018", "7.2", "modern"} - set(PAGES[name].dialects))
    if example.wrong
]
by_name = pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.id)


# The schemas.


@pytest.mark.parametrize(("example", "dialect"), IN_DIALECTS)
def test_schema(example: Example, dialect: str) -> None:
    found = example.problems(dialect)
    ids = [each.code.id for each in found]
    assert ids == ([example.page] if example.wrong else []), shown(found)


@pytest.mark.parametrize(("example", "dialect"), WRONG_ELSEWHERE)
def test_dialects_are_all_that_have_the_check(example: Example, dialect: str) -> None:
    assert example.page not in {each.code.id for each in example.problems(dialect)}


@by_name
def test_page_has_a_pair_for_each_dialect(code: Code) -> None:
    dialects = PAGES[code.id].dialects
    for wrong in (True, False):
        shown_in = {d for e in EXAMPLES[code.id] if e.wrong is wrong for d in e.dialects}
        assert shown_in == set(dialects)


# The pages.


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{n}.md" for n in PAGES)}


@by_name
def test_page_begins_with_what_the_table_says(code: Code) -> None:
    page = PAGES[code.id]
    assert page.title == f"{code.id}: {code.title}"
    assert isinstance(page.blocks[0], Paragraph)
    assert page.blocks[0].lines[0].startswith(f"Name: `{code.slug}`. Dialects: ")
    assert page.dialects == tuple(
        name for name in ("2.8", "2018", "7.2", "modern") if name in page.dialects
    )


@by_name
def test_page_explains_before_it_shows(code: Code) -> None:
    headings = [block.text for block in PAGES[code.id].blocks if isinstance(block, Heading)]
    kinds = [heading.split(":")[0] for heading in headings]
    pairs = kinds[:-1] if kinds[-1] == "How to mend it" else kinds
    assert pairs == ["Wrong", "Right"] * (len(pairs) // 2) != []
    explained = PAGES[code.id].blocks[1]
    assert isinstance(explained, Paragraph)
    assert len(" ".join(explained.lines)) > 100


@by_name
def test_page_fits_a_terminal(code: Code) -> None:
    text = (FOLDER / f"{code.id}.md").read_text(encoding="utf-8")
    assert text.endswith("\n") and not text.endswith("\n\n")
    for line in text.splitlines():
        assert len(line) <= COLUMNS and line == line.rstrip(), line


@by_name
def test_fences_have_known_options(code: Code) -> None:
    for _, fences in sections(PAGES[code.id]):
        for fence in fences:
            assert fence.options.keys() <= OPTIONS
            assert set(fence.options.get("dialect", "modern").split(",")) <= DIALECTS.keys()
            assert fence.options.get("config", "none") == "none"


@by_name
def test_links_lead_to_pages(code: Code) -> None:
    text = (FOLDER / f"{code.id}.md").read_text(encoding="utf-8")
    for shown_as, target in re.findall(r"\[([^\]]+)\]\(([^)]+)\)", text):
        assert target == f"{shown_as}.md"
        assert shown_as in PAGES and shown_as != code.id


def test_pages_are_found_where_they_are_written() -> None:
    assert asset_folder("diagnostics") == FOLDER


# The index.


def test_index_is_current() -> None:
    current = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert current == index(), "run: python -m tests.compiler.test_explanations"


def test_index_has_every_code_once() -> None:
    assert re.findall(r"^\| \[(\w+)\]\((\w+)\.md\)", index(), re.MULTILINE) == [
        (code.id, code.id) for _, codes in by_stage() for code in codes
    ]
    assert sum(len(codes) for _, codes in by_stage()) == len(CODES)
    assert len(list(by_stage())) == len(Stage)


# Finding codes.


@pytest.mark.parametrize(
    "name",
    ["E101", "e101", "E0101", "unknown-type", "Unknown-Type", "unknown_type", "unknown type"],
)
def test_names_of_a_code(name: str) -> None:
    assert code_named(name) == CODES["unknown-type"]


@pytest.mark.parametrize(
    "name", ["", "E", "101", "E999", "X101", "unknown", "E1O1", "é", "E" * 999]
)
def test_names_of_no_code(name: str) -> None:
    assert code_named(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("101", ["E101"]),
        ("1", ["E001", "W001"]),
        ("W101", ["E101"]),
        ("x0101", ["E101"]),
        ("unkown-type", ["unknown-type"]),
        ("Unkown Type", ["unknown-type"]),
        ("unguarded", ["unguarded-type"]),
        ("E999", []),
        ("E" + "9" * 99, []),
        ("frobnicate", []),
        ("", []),
    ],
)
def test_what_may_have_been_meant(name: str, meant: list[str]) -> None:
    assert similar(name)[: len(meant) or None] == meant


# Parsing.

PAGE = """\
# X001: a title

Name: `some-slug`. Dialects: 2018, 7.2.

Text with `code`,
two lines of it.
## Wrong
```qapi file=a.json dialect=2018
first

# third
```
```
plain
```

Last.
"""


def test_page_in_blocks() -> None:
    page = parse_page(PAGE)
    assert (page.title, page.dialects) == ("X001: a title", ("2018", "7.2"))
    assert page.blocks == (
        Paragraph(("Name: `some-slug`. Dialects: 2018, 7.2.",)),
        Paragraph(("Text with `code`,", "two lines of it.")),
        Heading("Wrong"),
        Fence("qapi", {"file": "a.json", "dialect": "2018"}, "first\n\n# third\n"),
        Fence("", {}, "plain\n"),
        Paragraph(("Last.",)),
    )


@pytest.mark.parametrize("text", ["", "# X001: a title\n", "X001\n\nName: `a`. Dialects: 2018.\n"])
def test_text_that_is_no_page(text: str) -> None:
    with pytest.raises(ValueError, match="a page starts with"):
        parse_page(text)


def write_index(folder: Path) -> None:
    """Write the index of the pages."""
    (folder / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    write_index(FOLDER)
