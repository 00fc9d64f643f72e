"""Nothing that comments of QEMU's releases say is lost: neither in pages nor in docstrings.

What they say is what each release's own parser reads; the corpus has that.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from qapigen.compiler.backends.python.documentation import Documentation
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import (
    Command,
    Definition,
    Enum,
    EnumValue,
    Event,
    InlineMembers,
    Member,
    Schema,
    Struct,
    Union,
)
from qapigen.compiler.pipeline import Options, compile_schema
from tests.compiler.backends.markdown_pages import broken_links
from tests.outside import unpack_release

#: One for each way in which comments are read.
RELEASES = ("2.12", "4.2", "6.1", "8.2", "9.0", "9.2", "10.2")

#: Markup in comments whose words nobody is to see, and what is to be seen in its place.
MARKUP = (
    (r"^( *)\.\. qmp-example::", r"\1 Example"),
    (r"^( *)\.\. (note|tip|caution|warning|seealso|important)::", r"\1 \2"),
    (r"^( *)\.\. admonition::", r"\1"),
    (r"^ *\.\. (?!\[)(code-block|table|_|$).*$", ""),
    (r"^ *:(title|annotated|widths|linenos|align):(?: +auto)?", ""),
    (r":[A-Za-z][\w:+.-]*:`", "`"),
    (r"(`[^`<]*[^`<\s])\s*<[^`>]*>`", r"\1`"),
)

_WORD = re.compile(r"[^\W_]+")
_MESSAGE = re.compile(r"^[ |]*((?:->|<-) .*?) *$", re.MULTILINE)
_FENCE = re.compile(r"^([ >]*(?:- )?)(`{3,})\w*\n(.*?)^[ >]*\2$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ `([^`]+)` \(.*\)$", re.MULTILINE)


def words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def seen(text: str) -> str:
    """A text of a comment without the markup."""
    for pattern, instead in MARKUP:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text


@dataclass(frozen=True)
class Said:
    """What a documentation block says: of which definition, if any, in which texts."""

    symbol: str | None
    texts: tuple[str, ...]

    @property
    def messages(self) -> Counter[str]:
        """The lines of its examples that are messages, or the beginnings of such."""
        return Counter(line for text in self.texts for line in _MESSAGE.findall(text))

    def missing(self, shown: str) -> list[str]:
        """The words that are not in a text as often as here."""
        wanted = sum((words(seen(text)) for text in self.texts), Counter())
        return sorted((wanted - words(html.unescape(shown))).elements())


def blocks(facts: Path) -> Iterator[Said]:
    """The documentation blocks of a schema, as the release's own parser reads them."""
    for block in json.loads(facts.read_text("utf-8")):
        sections = [s for s in block["sections"] if s["tag"] != "TODO"]
        parts = [*block["members"], *block["features"], *sections]
        texts = [block["body"], *(part["text"] for part in parts)]
        names = [part["name"] for part in (*block["members"], *block["features"])]
        tags = [section["tag"] for section in sections if section["tag"]]
        yield Said(block["symbol"], tuple(filter(None, [*texts, *names, *tags])))


def by_definition(pages: Mapping[str, str]) -> dict[str, str]:
    """The part of a page that each definition has; everything else under no name."""
    found = {"": ""}
    for text in pages.values():
        pieces = _HEADING.split(text)
        found[""] += pieces[0]
        for name, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            found[name] = piece
            found[""] += piece  # free-form text may stand behind any definition
    return found


def messages_in_fences(markdown: str) -> Counter[str]:
    return Counter(
        line for _, _, body in _FENCE.findall(markdown) for line in _MESSAGE.findall(body)
    )


def docstrings(schema: Schema) -> Iterator[tuple[str, str]]:
    """The texts of all docstrings that a definition has, in one."""
    documentation = Documentation(schema)
    for definition in schema.definitions:
        if isinstance(definition, Command | Event):
            yield definition.name, documentation.action(definition)
        else:
            texts = [documentation.type(definition)]
            for member in own_parts(definition):
                literal = documentation.member_docstring(member)
                texts += [member.name, literal or ""]
            yield definition.name, "\n".join(texts)


def own_parts(definition: Definition) -> tuple[Member | EnumValue, ...]:
    match definition:
        case Enum():
            return definition.values
        case Struct():
            return definition.members
        case Union(base=InlineMembers(members)):
            return members
        case _:
            return ()


@dataclass(frozen=True)
class Root:
    """A program's schema in a release, what its comments say, and what is made of it."""

    said: tuple[Said, ...]
    schema: Schema
    pages: Mapping[str, str]


@pytest.fixture(
    scope="module",
    params=[pytest.param(r, marks=pytest.mark.xdist_group(f"release-{r}")) for r in RELEASES],
)
def roots(
    request: pytest.FixtureRequest, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Root]:
    """All programs of a release."""
    release = str(request.param)
    folder = unpack_release(corpus, release, tmp_path_factory.mktemp("release"))
    found: list[Root] = []
    for name, part in (("main", "qapi"), ("qga", "qga"), ("qsd", "storage-daemon/qapi")):
        facts = folder / f"expected/{name}-docs.json"
        if facts.exists():
            options = Options(dialect=release, backends=("markdown",))
            result = compile_schema(str(folder / part / "qapi-schema.json"), read_source, options)
            assert result.analysis.schema is not None
            assert result.files is not None
            found.append(Root(tuple(blocks(facts)), result.analysis.schema, result.files))
    assert len(found) >= 2
    return found


@pytest.mark.slow
def test_pages_say_all(roots: list[Root]) -> None:
    for root in roots:
        shown = by_definition(root.pages)
        lost = {
            said.symbol or said.texts[0][:40]: missing
            for said in root.said
            if (missing := said.missing(shown[said.symbol or ""]))
        }
        assert lost == {}


@pytest.mark.slow
def test_docstrings_say_all(roots: list[Root]) -> None:
    for root in roots:
        shown = dict(docstrings(root.schema))
        lost = {
            said.symbol: missing
            for said in root.said
            if said.symbol and (missing := said.missing(shown[said.symbol]))
        }
        assert lost == {}


@pytest.mark.slow
def test_examples_are_blocks_of_code(roots: list[Root]) -> None:
    """Each message of an example is in one, as it was written, in pages and in docstrings."""
    total = 0
    for root in roots:
        pages = by_definition(root.pages)
        texts = dict(docstrings(root.schema))
        for said in root.said:
            total += said.messages.total()
            assert not said.messages - messages_in_fences(pages[said.symbol or ""]), said.symbol
            if said.symbol:
                assert not said.messages - messages_in_fences(texts[said.symbol]), said.symbol
    assert total > 300


@pytest.mark.slow
def test_no_link_is_broken(roots: list[Root]) -> None:
    for root in roots:
        assert list(broken_links(root.pages)) == []
        assert all(len(text.splitlines()) > 4 for text in root.pages.values())
        assert not [path for path in root.pages if "_up" in path]
