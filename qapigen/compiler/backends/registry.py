"""Backends by name: the shipped ones, then those of installed packages."""

from __future__ import annotations

from importlib import import_module

from . import BACKENDS, Backend

__all__ = ["GROUP", "BackendFailure", "backend_names", "find_backend"]

#: The entry point group in which installed packages offer backends.
GROUP = "qapigen.backends"


class BackendFailure(Exception):
    """A backend that is not there or does not load; ``str()`` says which and why."""


def find_backend(name: str) -> Backend:
    """The backend of that name."""
    if name in BACKENDS:
        module, _, function = BACKENDS[name].partition(":")
        found: Backend = getattr(import_module(module), function)
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP, name=name):
        try:
            loaded: Backend = entry.load()
        except Exception as error:  # whatever a foreign module does when it is imported
            raise BackendFailure(f"the backend '{name}' ({entry.value}) fails: {error}") from error
        return loaded
    raise BackendFailure(f"no backend '{name}'; there are {', '.join(backend_names())}")


def backend_names() -> list[str]:
    """The names of all backends that are there."""
    from importlib.metadata import entry_points

    return [*BACKENDS, *sorted({entry.name for entry in entry_points(group=GROUP)})]
