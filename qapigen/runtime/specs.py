"""Specifications that are loaded when they are asked for.

In: which module of a generated package has which commands or events.  Out: a mapping from
their names to their specifications.
Must not know: what a specification is, but for its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Protocol, TypeVar

__all__ = ["LazySpecs", "NamedSpec"]


class NamedSpec(Protocol):
    """Anything that has the name of a command or an event."""

    @property
    def name(self) -> str:
        """The schema's name."""
        ...


Spec = TypeVar("Spec", bound=NamedSpec, covariant=True)


class LazySpecs(Mapping[str, Spec]):
    """The specifications of a generated package, by schema name and in its order.

    ``modules`` maps each name to the module of ``package`` whose ``attribute`` (a tuple of
    specifications) has it.  A module is imported when one of its names is looked up; names,
    their number and ``in`` need no import.
    """

    def __init__(
        self, package: str, modules: Mapping[str, str], *, attribute: str = "COMMANDS"
    ) -> None:
        self._package = package
        self._modules = modules
        self._attribute = attribute
        self._loaded: dict[str, Spec] = {}

    def __getitem__(self, name: str) -> Spec:
        if name not in self._loaded:
            module = import_module(f"{self._package}.{self._modules[name]}")
            specs: tuple[Spec, ...] = getattr(module, self._attribute)
            self._loaded.update((spec.name, spec) for spec in specs)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules
