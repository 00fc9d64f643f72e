"""Backends by name: the shipped ones, then those of installed packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from . import BACKENDS, Backend, Request

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ..emit.filetree import FileTree
    from ..ir import Schema

__all__ = ["GROUP", "BackendFailure", "backend_names", "find_backend"]

#: The entry point group in which installed packages offer backends.
GROUP = "qapigen.backends"


class BackendFailure(Exception):
    """A backend that is not there or is none; ``str()`` says which and why."""


def find_backend(name: str) -> Backend:
    """The backend of that name; BackendFailure if there is none or it does not load."""
    if name in BACKENDS:
        module, _, function = BACKENDS[name].partition(":")
        found: Backend = getattr(import_module(module), function)
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP, name=name):
        return _foreign(entry)
    raise BackendFailure(f"no backend '{name}'; there are {', '.join(backend_names())}")


def backend_names() -> list[str]:
    """The names of all backends that are there."""
    from importlib.metadata import entry_points

    found = {entry.name for entry in entry_points(group=GROUP)}
    return [*BACKENDS, *sorted(found - set(BACKENDS))]


def _foreign(entry: EntryPoint) -> Backend:
    """An installed backend, in a form that says whose fault a failure is."""
    title = f"the backend '{entry.name}' ({entry.value})"
    try:
        loaded: Callable[[Schema, Request], FileTree] = entry.load()
    except Exception as error:  # whatever a foreign module does on import
        raise BackendFailure(f"{title} fails: {type(error).__name__}: {error}") from error
    if not callable(loaded):
        raise BackendFailure(f"{title} is no function")

    def backend(schema: Schema, request: Request) -> FileTree:
        try:
            files: object = loaded(schema, request)
        except Exception as error:
            error.add_note(f"This is {title}, which is not a part of qapigen.")
            raise
        if not isinstance(files, Mapping):
            raise BackendFailure(f"{title} gives no files but {files!r:.60}")
        from ..emit.filetree import FileTree

        return files if isinstance(files, FileTree) else FileTree(files)

    return backend
