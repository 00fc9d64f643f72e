"""Pages as a reader's browser has them: Markdown to HTML, and what is in that.

Schemas for tests are put together from model values, so that documentation can hold any text,
also one that no comment could hold.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from urllib.parse import unquote

from markdown_it import MarkdownIt

from qapigen.compiler.backends import Request
from qapigen.compiler.backends.markdown.backend import pages
from qapigen.compiler.emit.filetree import FileTree
from qapigen.compiler.emit.render import Renderer
from qapigen.compiler.ir import (
    Definition,
    Doc,
    Include,
    Member,
    Module,
    Schema,
    Section,
    SectionKind,
    Struct,
    TypeRef,
)
from qapigen.compiler.source import SourceFile, Span

__all__ = [
    "DIALECTS",
    "Html",
    "broken_links",
    "documented",
    "html_of",
    "page_of",
    "prose",
    "render",
    "schema_of",
    "section",
    "span_at",
    "struct",
]

DIALECTS = ("2018", "7.2", "modern")

_FILE = SourceFile("test.json", "test.json", "")
_RENDERER = Renderer()
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass
class Html(HTMLParser):
    """What a rendered page consists of."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[tuple[str, str]] = field(default_factory=list)  #: tag and text, at top level

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        values = dict(attrs)
        self.ids += [v for v in [values.get("id")] if v is not None]
        self.hrefs += [v for v in [values.get("href")] if v is not None]
        if len(self.open) == 1 and tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append((tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open and self.headings and self.open[0] == self.headings[-1][0]:
            tag, text = self.headings[-1]
            self.headings[-1] = (tag, text + data)

    @property
    def anchors(self) -> set[str]:
        """What a link may lead to: ids that are written out, and those of headings at GitHub."""
        found = set(self.ids)
        for _, text in self.headings:
            own = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            numbered = (f"{own}-{number}" for number in count(1))
            found.add(own if own not in found else next(n for n in numbered if n not in found))
        return found

    @property
    def text(self) -> str:
        """All text, blanks made alike."""
        return " ".join("".join(self.texts).split())


def html_of(markdown: str) -> Html:
    """The rendered form of ``markdown``; its tags must be balanced."""
    parser = Html()
    parser.feed(_MARKDOWN.render(markdown))
    parser.close()
    assert not parser.open
    return parser


def broken_links(files: Mapping[str, str]) -> Iterator[str]:
    """Links that lead nowhere, and ids that are there twice."""
    read = {path: html_of(text) for path, text in files.items()}
    for path, html in read.items():
        if len(set(html.ids)) != len(html.ids):
            yield f"{path}: an id is used twice"
        for href in html.hrefs:
            if href.startswith(("http://", "https://", "ftp://", "mailto:")):
                continue
            target, _, fragment = href.partition("#")
            page = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target)))
            found = read.get(page if target else path)
            if found is None or (fragment and unquote(fragment) not in found.anchors):
                yield f"{path}: {href}"


def span_at(start: int) -> Span:
    """A place in a file; only the order of places matters here."""
    return Span(_FILE, start, start)


def section(kind: SectionKind, name: str, text: str) -> Section:
    """A section of a documentation block."""
    return Section(kind, name, text, span_at(0))


def documented(name: str, *sections: Section, module: str = "test.json") -> Doc:
    """The documentation of a definition."""
    return Doc(name, module, span_at(0), sections)


def prose(text: str, at: int = 0, module: str = "test.json") -> Doc:
    """A free-form block."""
    return Doc(None, module, span_at(at), (section(SectionKind.TEXT, "", text),))


def struct(name: str, at: int = 0, *, doc: Doc | None = None, **members: str) -> Struct:
    """A struct of required members."""
    return Struct(
        name=name,
        module="test.json",
        span=span_at(at),
        doc=doc,
        members=tuple(
            Member(n, TypeRef(t), False, None, (), span_at(at)) for n, t in members.items()
        ),
    )


def schema_of(
    definitions: Sequence[Definition],
    docs: Sequence[Doc] = (),
    *,
    dialect: str = "modern",
    modules: Mapping[str, Sequence[str]] | None = None,
) -> Schema:
    """A schema; ``modules`` has the includes of each."""
    return Schema(
        dialect,
        tuple(
            Module(name, tuple(Include(i, span_at(0)) for i in includes))
            for name, includes in (modules or {"test.json": ()}).items()
        ),
        tuple(definitions),
        (*docs, *(d.doc for d in definitions if d.doc is not None)),
    )


def render(schema: Schema, modules: Sequence[str] | None = None) -> FileTree:
    """The pages of some modules, or of all."""
    names = tuple(m.name for m in schema.modules) if modules is None else tuple(modules)
    return pages(schema, Request("example", names, _RENDERER))


def page_of(*definitions: Definition, docs: Sequence[Doc] = (), dialect: str = "modern") -> str:
    """The page of a schema with one module."""
    return render(schema_of(definitions, docs, dialect=dialect))["docs/example/test.md"]
