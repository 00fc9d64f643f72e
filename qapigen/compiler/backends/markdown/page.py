"""The page of a module.

In: a module and the site.  Out: its view, and what the index says about it.
Must not know: templates, what definitions look like.

A page whose only heading of the highest level stands first has it as its title.  Any other page
is named after its module, and its headings are below that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...ir import Definition
from ..texts.blocks import Block, Heading, Inline, Name, Paragraph, Text
from ..texts.escape import code_span, heading_text, plain
from ..texts.writer import Writer
from .anchors import INDEX, relative
from .description import describe
from .site import Prose, Site, title_of
from .views import DefinitionView, PageView, PartView

__all__ = ["Summary", "page_view", "summary"]

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Summary:
    """A module in short.  ``titled`` tells that the title is the author's, not the module's."""

    title: str
    titled: bool
    sentence: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class _Headings:
    """The headings of a page: the one that is the title, the depth of each level."""

    title: Heading | None
    depths: dict[int, int]


def page_view(site: Site, module: str) -> PageView:
    """The view of a module's page; the module must have one."""
    return _Page(site, module).view()


def summary(site: Site, module: str) -> Summary:
    """The title of a module's page, and the first sentence on it, if there is any."""
    page = _Page(site, module)
    first = next((b for b, _ in page.prose() if isinstance(b, Paragraph)), None)
    sentence = () if first is None else tuple(_first_sentence(first.inlines))
    return Summary(page.title(), page.headings.title is not None, sentence)


class _Page:
    def __init__(self, site: Site, module: str) -> None:
        self.site = site
        self.module = module
        self.path = site.anchors.pages[module]
        self.content = site.content[module]
        self.writer = Writer(self.resolve)
        self.headings = self.find_headings()

    def resolve(self, name: Name) -> str | None:
        return self.site.anchors.link(self.path, name.name)

    def prose(self) -> Iterator[tuple[Block, int | None]]:
        """The free-form text of the page."""
        for item in self.content:
            if isinstance(item, Prose):
                yield from item.blocks

    def find_headings(self) -> _Headings:
        levels = [level for _, level in self.prose() if level is not None]
        ranks = {level: rank for rank, level in enumerate(sorted(set(levels)))}
        top = self.content[0] if self.content else None
        title: Heading | None = None
        if isinstance(top, Prose) and top.blocks:
            block, level = top.blocks[0]
            # The first heading is the title if no other is as high.
            if isinstance(block, Heading) and level == min(levels) and levels.count(level) == 1:
                title = block
        highest = 2 if title is None else 1
        depths = {level: min(rank + highest, _DEEPEST) for level, rank in ranks.items()}
        return _Headings(title, depths)

    def title(self) -> str:
        title = self.headings.title
        if title is not None:
            return heading_text(self.writer.line(title.inlines))
        return heading_text(plain(title_of(self.module)))

    def view(self) -> PageView:
        return PageView(self.title(), tuple(self.facts()), tuple(self.parts()))

    def facts(self) -> Iterator[str]:
        yield f"[Index]({relative(self.path, INDEX)})"
        yield f"Module {code_span(self.module)}"
        targets = dict.fromkeys(i.module for i in self.site.modules[self.module].includes)
        if targets:
            yield f"Includes {', '.join(map(self.module_link, targets))}"

    def module_link(self, module: str) -> str:
        page = self.site.anchors.pages.get(module)
        shown = code_span(module)
        return shown if page is None else f"[{shown}]({relative(self.path, page)})"

    def parts(self) -> Iterator[PartView]:
        depth = 1
        for item in self.content:
            if isinstance(item, Prose):
                levels = [level for _, level in item.blocks if level is not None]
                text = "\n\n".join(filter(None, self.texts(item)))
                if text:
                    yield PartView(text=text)
                if levels:
                    depth = self.headings.depths[levels[-1]]
            else:
                yield PartView(definition=self.describe(item, depth))

    def describe(self, definition: Definition, depth: int) -> DefinitionView:
        level = min(depth + 1, _DEEPEST)
        return describe(self.site, definition, here=self.path, level=level)

    def texts(self, prose: Prose) -> Iterator[str]:
        """Headings and what is between them; the title is not among them."""
        between: list[Block] = []
        for block, level in prose.blocks:
            if level is None or not isinstance(block, Heading):
                between.append(block)
                continue
            yield self.writer.text(between)
            between.clear()
            if block is not self.headings.title:
                text = heading_text(self.writer.line(block.inlines))
                yield f"{'#' * self.headings.depths[level]} {text}"
        yield self.writer.text(between)


def _first_sentence(inlines: Iterable[Inline]) -> Iterator[Inline]:
    for part in inlines:
        if isinstance(part, Text):
            end = _sentence_end(part.text)
            if end is not None:
                yield Text(part.text[:end])
                return
        yield part


def _sentence_end(text: str) -> int | None:
    """Where a sentence ends in ``text``, mark included; None if it does not."""
    for at, character in enumerate(text):
        behind = text[at + 1 : at + 2]
        if character in ".!?" and (not behind or behind.isspace()):
            return at + 1
    return None
