"""The ``__init__`` modules of a generated package.

In: which names live in which module.  Out: the files.  All of them load lazily: importing the
package of a big schema runs a few lines, using one command runs the modules that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .. import Request
from .annotations import all_key, isort_key
from .text import all_block, call, docstring, exploded, import_block, import_from, string

__all__ = [
    "ClientClass",
    "Render",
    "client_package",
    "lazy_package",
    "package_path",
    "root_package",
    "specs_package",
]


class Render(Protocol):
    """Renders a template to the text of a file."""

    def __call__(self, request: Request, path: str, template: str, /, **values: object) -> str:
        """The text of the file ``path``."""
        ...


def package_path(package: str) -> str:
    """The folder of a package whose name may have dots."""
    return package.replace(".", "/")


def root_package(
    request: Request, exported: Mapping[str, Sequence[str]], render: Render
) -> dict[str, str]:
    """``__init__.py``, which leads to all classes, and the mark that the package is typed."""
    home = {name: module for module, names in exported.items() for name in names}
    public = sorted(home, key=all_key)
    text = render(
        request,
        "__init__.py",
        "python/package.py.j2",
        title="Types, commands and events of a QAPI schema.",
        **_names(public, _reexports(exported)),
        home=_table("_HOME", {name: home[name] for name in public}),
    )
    return {"__init__.py": text, "py.typed": ""}


def _reexports(exported: Mapping[str, Sequence[str]], folder: str = "types.") -> list[str]:
    """Imports that tell type checkers where names come from."""
    return [
        import_from(f".{folder}{module}", sorted(names, key=isort_key), indent=4)
        for module, names in sorted(exported.items())
        if names
    ]


def lazy_package(
    request: Request, folder: str, title: str, modules: Iterable[str], render: Render
) -> dict[str, str]:
    """The ``__init__.py`` of a folder of modules."""
    found = sorted(modules, key=all_key)
    path = f"{folder}/__init__.py"
    text = render(
        request,
        path,
        "python/folder.py.j2",
        title=title,
        annotations=_annotations(found),
        **_names(found, [import_from(".", found, indent=4)] if found else []),
    )
    return {path: text}


def _annotations(modules: Iterable[str]) -> bool:
    """Whether a package of ``modules`` imports the future's: not beside a module of that name."""
    return "annotations" not in modules


def _names(public: Sequence[str], imports: Sequence[str]) -> dict[str, object]:
    """What a package offers, in parts and as the text that follows its own imports."""
    found = [*([import_block([], imports)] if imports else []), all_block(public)]
    names_block = "\n\n".join(found)
    return {"public": public, "annotation_imports": imports, "names_block": names_block}


_TITLES = {
    "commands": "Commands: handlers for them, and the registry that calls those.",
    "events": "Events: what is known about each, constructors and emitters.",
}


def specs_package(
    request: Request, folder: str, home: Mapping[str, str], render: Render
) -> dict[str, str]:
    """The ``__init__.py`` of the commands or events; ``home`` has the module of each."""
    path = f"{folder}/__init__.py"
    text = render(
        request,
        path,
        f"python/{folder}_package.py.j2",
        title=_TITLES[folder],
        home=_table("_HOME", home),
    )
    return {path: text}


@dataclass(frozen=True, slots=True)
class ClientClass:
    """The class of a client: its first line for type checkers, and that which is executed."""

    head: str
    lazy_head: str
    doc: str


_CLIENTS = {
    "Async": "A connection to a server, for programs that use asyncio.",
    "Blocking": "A connection to a server, for programs without an event loop.",
}


def client_package(
    request: Request,
    methods: Mapping[str, str],
    events: Mapping[str, str],
    render: Render,
) -> dict[str, str]:
    """The ``__init__.py`` of clients: classes with the methods of all modules.

    ``methods`` and ``events`` have the module of each method and of each class for an event.
    """
    parts = sorted(set(methods.values()), key=all_key)
    public = sorted(["AsyncClient", "BlockingClient", *events], key=all_key)
    exported: dict[str, list[str]] = {}
    for name, module in events.items():
        exported.setdefault(module, []).append(name)
    imports = [import_from(".", parts, indent=4)] if parts else []
    text = render(
        request,
        "client/__init__.py",
        "python/client_package.py.j2",
        title="Clients: a method for each command, a class for each event.",
        **_names(public, imports + _reexports(exported, "")),
        annotations=_annotations(parts),
        classes=[_client_class(prefix, parts) for prefix in _CLIENTS],
        methods=_table("_METHODS", methods, "_builtins."),
        events=_table("_EVENTS", events, "_builtins."),
    )
    return {"client/__init__.py": text}


def _client_class(prefix: str, parts: Sequence[str]) -> ClientClass:
    base = f"{prefix}TypedClient"
    bases = [f"{part}.{prefix}Commands" for part in parts] or [base]
    head = f"class {prefix}Client("
    doc = docstring(_CLIENTS[prefix], indent=8)
    return ClientClass(call(head, bases, "):", indent=4), f"{head}{base}):", doc)


def _table(target: str, values: Mapping[str, str], builtins: str = "") -> str:
    """``target = {"key": "value", ...}``, a key a line; ``builtins``: what built-in names need."""
    rows = [f"{string(key)}: {string(value)}" for key, value in values.items()]
    target += f": {builtins}dict[{builtins}str, {builtins}str]"
    return exploded(f"{target} = {{", rows, "}") if rows else f"{target} = {{}}"
