"""The index: modules, then everything by name.

In: the site.  Out: the view of the index.
Must not know: templates, what pages look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...ir import Command, Definition, Event
from ..texts.blocks import Name
from ..texts.escape import code_span
from ..texts.writer import Writer
from .anchors import INDEX, relative
from .page import summary
from .site import Site
from .views import IndexEntryView, IndexGroupView, IndexView
from .wording import kind

__all__ = ["index_view"]

_SPECIAL = ("deprecated", "unstable")


def index_view(site: Site) -> IndexView:
    """The view of the page that lists all modules, commands, events and types on pages."""
    pages = site.anchors.pages
    root = site.schema.modules[0].name if site.schema.modules else None
    title = "Reference"
    if root is not None and root in pages:
        found = summary(site, root)
        title = found.title if found.titled else title
    shown = [d for d in site.schema.definitions if d.module in pages]
    commands = [d for d in shown if isinstance(d, Command)]
    events = [d for d in shown if isinstance(d, Event)]
    types = [d for d in shown if not isinstance(d, Command | Event)]
    groups = (
        IndexGroupView("Modules", tuple(_modules(site))),
        IndexGroupView("Commands", tuple(_definitions(site, commands))),
        IndexGroupView("Events", tuple(_definitions(site, events))),
        IndexGroupView("Types", tuple(_definitions(site, types))),
    )
    return IndexView(title, tuple(group for group in groups if group.entries))


def _modules(site: Site) -> Iterator[IndexEntryView]:
    def resolve(name: Name) -> str | None:
        return site.anchors.link(INDEX, name.name)

    writer = Writer(resolve)
    for module, page in site.anchors.pages.items():
        found = summary(site, module)
        remark = f" ({code_span(module)})" if found.titled else ""
        if found.sentence:
            remark += f": {writer.line(found.sentence)}"
        text = found.title if found.titled else code_span(module)
        yield IndexEntryView(text, relative(INDEX, page), remark)


def _definitions(site: Site, definitions: Iterable[Definition]) -> Iterator[IndexEntryView]:
    for definition in sorted(definitions, key=lambda d: (d.name.casefold(), d.name)):
        said = [] if isinstance(definition, Command | Event) else [kind(definition)]
        said += [f"**{f.name}**" for f in definition.features if f.name in _SPECIAL]
        link = site.anchors.link(INDEX, definition.name)
        assert link is not None  # it is on a page
        remark = f" ({', '.join(said)})" if said else ""
        yield IndexEntryView(code_span(definition.name), link, remark)
