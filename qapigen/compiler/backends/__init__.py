"""Schema to files: the backends.

A backend is a function ``(schema, request) -> FileTree``.  The table below names the shipped
ones, loaded on demand; others are found as entry points in the group ``qapigen.backends`` under
the name they give there.  :data:`BACKEND_API` is the version of that interface.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..emit.filetree import FileTree
from ..ir import Schema

if TYPE_CHECKING:
    from ..emit.render import Renderer
from ..passes.select import KEEP_ALL, Config

__all__ = ["BACKENDS", "BACKEND_API", "Backend", "Request"]

#: The version of what backends are given and give.
BACKEND_API = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What a backend is asked for.

    ``package`` is the name of the Python package (dots allowed); ``modules`` are the schema
    modules to make output for, in schema order; ``mask`` is whether introspection shows
    numbers in place of type names.  ``whole`` is the schema with all that ``config`` leaves out:
    introspection data are made of it, because numbers do not depend on the configuration.
    """

    package: str
    modules: tuple[str, ...]
    renderer: Renderer
    mask: bool = True
    whole: Schema | None = None
    config: Config = KEEP_ALL


Backend = Callable[[Schema, Request], FileTree]

#: The shipped backends, as ``module:function``.
BACKENDS = {
    "types": "qapigen.compiler.backends.python.backend:types",
    "visit": "qapigen.compiler.backends.python.backend:visit",
    "wire": "qapigen.compiler.backends.python.backend:wire",
    "commands": "qapigen.compiler.backends.python.backend:commands",
    "events": "qapigen.compiler.backends.python.backend:events",
    "client": "qapigen.compiler.backends.python.backend:client",
    "introspect": "qapigen.compiler.backends.python.backend:introspect",
    "markdown": "qapigen.compiler.backends.markdown.backend:pages",
}
