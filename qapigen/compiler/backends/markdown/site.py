"""What all pages share: relations, links, the parser of documentation text.

In: a schema and the modules that get pages.  Out: :class:`Site`.
Must not know: what pages look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import basename
from typing import NamedTuple

from ...ir import Definition, Doc, Schema
from ..texts.blocks import Block, Heading
from ..texts.escape import code_span
from ..texts.markup import Outline, parser_for
from ..texts.writer import Writer
from .anchors import Anchors
from .relations import Relations

__all__ = ["Prose", "Site", "title_of"]


class Prose(NamedTuple):
    """A free-form block; with each of its parts the level of the heading, None for others."""

    blocks: tuple[tuple[Block, int | None], ...]


class Site:
    """A schema as seen by its pages.

    ``content`` has the free-form blocks and the definitions of each module in source order.  Of
    the modules that are asked for, those with nothing to show get no page: pragmas, say.
    """

    def __init__(self, schema: Schema, modules: Iterable[str]) -> None:
        self.schema = schema
        self.modules = {m.name: m for m in schema.modules}
        self.relations = Relations(schema)
        self.parse = parser_for(schema.dialect)
        self.content = self._content()
        shown = [m for m in modules if any(map(_is_seen, self.content[m]))]
        self.anchors = Anchors(schema, shown, {m: tuple(self._headings(m)) for m in shown})
        self._names: dict[tuple[str, str], str] = {}

    def _content(self) -> dict[str, list[Prose | Definition]]:
        placed: dict[str, list[tuple[int, Prose | Definition]]] = {m: [] for m in self.modules}
        outline = Outline()
        for doc in self.schema.docs:
            if doc.symbol is None:
                placed[doc.module].append((doc.span.start, self._prose(doc, outline)))
        for definition in self.schema.definitions:
            placed[definition.module].append((definition.span.start, definition))
        return {
            module: [item for _, item in sorted(items, key=lambda item: item[0])]
            for module, items in placed.items()
        }

    def _prose(self, doc: Doc, outline: Outline) -> Prose:
        blocks = (block for section in doc.sections for block in self.parse(section.text))
        return Prose(
            tuple((b, outline.level(b) if isinstance(b, Heading) else None) for b in blocks)
        )

    def _headings(self, module: str) -> Iterator[str]:
        """What may stand in the headings of a page, those of definitions left out."""
        yield title_of(module)
        for item in self.content[module]:
            if isinstance(item, Prose):
                for block, _ in item.blocks:
                    if isinstance(block, Heading):
                        yield "".join(part.text for part in block.inlines)

    def name(self, here: str, name: str) -> str:
        """The name of a definition or built-in type, with a link if it leads anywhere."""
        found = self._names.get((here, name))
        if found is None:  # the same few types are named again and again
            target = self.anchors.link(here, name)
            shown = code_span(name)
            found = shown if target is None else f"[{shown}]({target})"
            self._names[here, name] = found
        return found


def title_of(module: str) -> str:
    """The title of a page that has none of its own."""
    return basename(module).removesuffix(".json") or module


def _is_seen(item: Prose | Definition) -> bool:
    """Whether there is more of a page than its title if it has this."""
    if not isinstance(item, Prose):
        return True
    return bool(Writer(lambda _: None).text([b for b, level in item.blocks if level is None]))
