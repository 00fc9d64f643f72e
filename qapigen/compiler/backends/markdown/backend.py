"""Schema to Markdown pages.

In: a checked schema and what is asked for.  Out: ``docs/PACKAGE/index.md`` and a page per module,
so that several packages can have their pages below one folder.
Must not know: syntax trees, how text is escaped.
"""

from __future__ import annotations

from ...emit.filetree import FileTree
from ...ir import Schema
from .. import Request
from .anchors import INDEX, ROOT
from .index import index_view
from .page import page_view
from .site import Site

__all__ = ["pages"]


def pages(schema: Schema, request: Request) -> FileTree:
    """The reference of ``request.modules``.

    What is defined elsewhere is named but not linked to.  Raises what the renderer raises for
    templates that are wrong.
    """
    site = Site(schema, request.modules)
    render = request.renderer.render
    files = {INDEX: render("markdown/index.md.j2", INDEX, index=index_view(site))}
    for module, path in site.anchors.pages.items():
        files[path] = render("markdown/module.md.j2", path, page=page_view(site, module))
    return FileTree(files).below(f"{ROOT}/{request.package}")
