"""Where everything is: the page of each module, the id of each definition.

In: a schema, the modules that get pages, the headings on those.  Out: paths, ids, links.
Must not know: what pages look like.

Rules, which other people's links rely on:

* module ``a/b.json`` is on the page ``docs/PACKAGE/a/b.md``; of a module above the root's folder
  the ``..`` are left out.  Where two want the same page, or one that wants the index, the later
  one in the schema gets ``-2`` (and so on) behind its name;
* the heading of a definition is ``NAME (KIND)``, and its id is what GitHub, MyST and MkDocs agree
  to make of that: ``name-kind``, in small letters, without dots.  Where a page has that id
  already, the later one of the two definitions is ``NAME (KIND, 2)``, and so on.

No id is written out: HTML in Markdown is nothing that MyST can lead a link to.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from ...ir import Schema
from .wording import kind

__all__ = ["INDEX", "ROOT", "Anchors", "relative"]

#: The folder of the pages of all packages.
ROOT = "docs"
#: The page that lists everything; paths of pages are those below the folder of a package.
INDEX = "index.md"

_NOT_IN_ID = re.compile(r"[^\w\- ]")
_RUNS = re.compile(r"[- ]+")


class Anchors:
    """Finds pages and makes links to them."""

    def __init__(
        self, schema: Schema, modules: Iterable[str], headings: Mapping[str, Iterable[str]]
    ) -> None:
        """``headings`` has the texts of those of each module that are no definitions'."""
        self.pages = _pages(modules)
        self._kinds: dict[str, str] = {}
        self._places: dict[str, tuple[str, str]] = {}
        taken = {m: {_common_id(text) for text in headings.get(m, ())} for m in self.pages}
        for definition in schema.definitions:
            page = self.pages.get(definition.module)
            if page is not None:
                text = _free_kind(definition.name, kind(definition), taken[definition.module])
                self._kinds[definition.name] = text
                self._places[definition.name] = (page, _fragment(f"{definition.name} ({text})"))
        self._ways: dict[tuple[str, str], str] = {}

    def page(self, module: str) -> str | None:
        """The path of a module's page; None if it has none."""
        return self.pages.get(module)

    def kind(self, name: str) -> str:
        """What stands in parentheses behind the name in the heading of a definition on a page."""
        return self._kinds[name]

    def link(self, here: str, name: str) -> str | None:
        """How the page ``here`` refers to a definition.

        None if the definition does not exist or is on no page.
        """
        found = self._places.get(name)
        if found is None:
            return None
        page, fragment = found
        return fragment if page == here and fragment else f"{self.way(here, page)}{fragment}"

    def way(self, here: str, page: str) -> str:
        """The same as :func:`relative`, worked out once for each pair of pages."""
        found = self._ways.get((here, page))
        if found is None:
            found = self._ways[here, page] = relative(here, page)
        return found


def relative(here: str, page: str) -> str:
    """How the page ``here`` refers to another page, as a link's destination."""
    # A file name may have bytes that are no text.
    return quote(posixpath.relpath(page, posixpath.dirname(here)), errors="surrogateescape")


def _free_kind(name: str, kind: str, taken: set[str]) -> str:
    """The kind, with a number if a heading of the page has the id already; ``taken`` grows."""
    text, number = kind, 2
    while (wanted := _common_id(f"{name} ({text})")) in taken:
        text = f"{kind}, {number}"
        number += 1
    taken.add(wanted)
    return text


def _common_id(heading: str) -> str:
    """An id that is the same for two headings if it is in any of the tools.

    MkDocs leaves out what is not ASCII and takes hyphens in a row as one.
    """
    return _RUNS.sub("-", _NOT_IN_ID.sub("", heading.encode("ascii", "ignore").decode().lower()))


def _fragment(heading: str) -> str:
    """``#`` and the id of a heading; empty if the tools differ about it: the page must do."""
    found = _NOT_IN_ID.sub("", heading.lower()).replace(" ", "-")
    return f"#{found}" if found == _common_id(heading) else ""


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
    parts = [p for p in module.removesuffix(".json").split("/") if p not in ("", ".", "..")]
    return "/".join(parts or ["schema"])
