"""All links of whole references lead somewhere, and their pages are tidy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qapigen.compiler.pipeline import Options, compile_schema
from tests.compiler.backends.markdown_pages import broken_links, html_of

ALLOWED = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "ul", "ol", "li", "pre", "code"}
ALLOWED |= {"em", "strong", "blockquote"}

Compile = Callable[[Path, str], Mapping[str, str]]


@pytest.fixture(scope="module")
def reference() -> Compile:
    """Gives the pages for a schema on disk."""

    def read(path: str) -> str:
        return Path(path).read_text(encoding="utf-8")

    def compile_it(root: Path, dialect: str) -> Mapping[str, str]:
        options = Options(dialect=dialect, backends=("markdown",))
        files = compile_schema(str(root), read, options).files
        assert files is not None
        return files

    return compile_it


def check(files: Mapping[str, str]) -> None:
    assert list(broken_links(files)) == []
    for path, text in files.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path
        assert "\n\n\n" not in re.sub(r"(?s)```.*?```", "code", text), path
        assert set(html_of(text).tags) <= ALLOWED, path


def test_shipped_schemas(reference: Compile, schemas: Path) -> None:
    files = reference(schemas / "qapi-schema.json", "modern")
    check(files)
    assert "`migrate` (command)" in files["docs/qapi/migration.md"]
    assert "*Not documented*" not in "".join(files.values())


@pytest.mark.parametrize(
    ("root", "dialect"),
    [
        ("example/shop.json", "modern"),
        ("seed/with-pragma.json", "2018"),
        ("qemu-2.12-dev/qapi-schema.json", "2018"),
        ("qemu-2.12-dev/qga/qapi-schema.json", "2018"),
        ("qemu-7.2/qapi/qapi-schema.json", "7.2"),
        ("qemu-7.2/qga/qapi-schema.json", "7.2"),
        ("qemu-7.2/storage-daemon/qapi/qapi-schema.json", "7.2"),
        ("qapi-tests/2018/qapi-schema-test.json", "2018"),
        ("qapi-tests/modern/qapi-schema-test.json", "modern"),
    ],
)
def test_corpus(reference: Compile, corpus: Path, root: str, dialect: str) -> None:
    check(reference(corpus / root, dialect))


def test_output_is_the_same_each_time(reference: Compile, schemas: Path) -> None:
    root = schemas / "qapi-schema.json"
    assert reference(root, "modern") == reference(root, "modern")


def test_a_broken_link_is_found() -> None:
    files = {
        "docs/a.md": '<a id="x"></a> [a](b.md#y) [b](#x) [c](#z) [d](b.md#b-2) <a id="x"></a>',
        "docs/b.md": "# B!\n\n## B! 2\n\n[b](#b)",
    }
    assert list(broken_links(files)) == [
        "docs/a.md: an id is used twice",
        "docs/a.md: b.md#y",
        "docs/a.md: #z",
    ]
