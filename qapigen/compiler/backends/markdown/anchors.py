"""Where everything is: the page of each module, the id of each definition and member.

In: a schema and the modules that get pages.  Out: paths, ids, links between pages.
Must not know: what pages look like.

Rules, which other people's links rely on:

* module ``a/b.json`` is on the page ``docs/PACKAGE/a/b.md``; ``..`` in its name becomes ``_up``.
  Where two want the same page, or one that wants the index, the later one in the schema gets
  ``-2`` (and so on) behind its name;
* an id is ``command.NAME``, ``event.NAME`` or ``type.NAME`` for a definition, with ``.MEMBER``
  behind it for a member, argument, enum value or alternative.  Letters keep their case.

Ids are written out as elements of their own, so they work in every renderer.  Their dot keeps
them apart from those that GitHub makes of headings.  Nothing in an id depends on other names.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from urllib.parse import quote

from ...ir import Command, Definition, Event, Schema
from .escape import fragment

__all__ = ["INDEX", "ROOT", "Anchors", "anchor", "relative"]

#: The folder of the pages of all packages.
ROOT = "docs"
#: The page that lists everything; paths of pages are those below the folder of a package.
INDEX = "index.md"


class Anchors:
    """Finds pages and makes links to them."""

    def __init__(self, schema: Schema, modules: Iterable[str]) -> None:
        self.pages = _pages(modules)
        self._pages_of = {
            d.name: (self.pages[d.module], anchor(d))
            for d in schema.definitions
            if d.module in self.pages
        }
        self._ways: dict[tuple[str, str], str] = {}

    def page(self, module: str) -> str | None:
        """The path of a module's page; None if it has none."""
        return self.pages.get(module)

    def link(self, here: str, name: str, member: str | None = None) -> str | None:
        """How the page ``here`` refers to a definition or one of its members.

        None if the definition does not exist or is on no page.
        """
        found = self._pages_of.get(name)
        if found is None:
            return None
        page, place = found
        if member is not None:
            place = f"{place}.{fragment(member)}"
        return f"{self.way(here, page)}#{place}" if page != here else f"#{place}"

    def way(self, here: str, page: str) -> str:
        """The same as :func:`relative`, worked out once for each pair of pages."""
        found = self._ways.get((here, page))
        if found is None:
            found = self._ways[here, page] = relative(here, page)
        return found


def anchor(definition: Definition, member: str | None = None) -> str:
    """The id of a definition or of one of its members."""
    kind = "type"
    if isinstance(definition, Command):
        kind = "command"
    elif isinstance(definition, Event):
        kind = "event"
    own = f"{kind}.{fragment(definition.name)}"
    return own if member is None else f"{own}.{fragment(member)}"


def relative(here: str, page: str) -> str:
    """How the page ``here`` refers to another page, as a link's destination."""
    # A file name may have bytes that are no text.
    return quote(posixpath.relpath(page, posixpath.dirname(here)), errors="surrogateescape")


def _pages(modules: Iterable[str]) -> dict[str, str]:
    """The page of each module.  Paths that differ only in case count as the same."""
    taken = {INDEX.casefold()}
    pages: dict[str, str] = {}
    for module in modules:
        stem = _stem(module)
        path = f"{stem}.md"
        number = 2
        while path.casefold() in taken:
            path = f"{stem}-{number}.md"
            number += 1
        taken.add(path.casefold())
        pages[module] = path
    return pages


def _stem(module: str) -> str:
    parts = [p for p in module.removesuffix(".json").split("/") if p not in ("", ".")]
    return "/".join("_up" if p == ".." else p for p in parts or ["schema"])
