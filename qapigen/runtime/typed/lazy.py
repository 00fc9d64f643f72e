"""Methods that are loaded when they are asked for.

In: which module of a generated package has which methods.  Out: a class that has all of them.
Must not know: commands.

The class of all commands of a big schema would load hundreds of docstrings and annotations.
So it gets a small stand-in for each method, which puts the methods of the module into the class
in place of their stand-ins when one of them is looked up: ``super()``, ``inspect`` and ``help``
work as with methods that were there from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["add_lazy_methods"]


def add_lazy_methods(
    cls: type[object], package: str, methods: Mapping[str, str], *, source: str
) -> None:
    """Give ``cls`` the methods of the classes ``source`` in the modules of ``package``.

    ``methods`` maps the name of each method to its module.
    """
    for name, module in methods.items():
        setattr(cls, name, _StandIn(cls, name, f"{package}.{module}", source))


class _StandIn:
    """In the place of a method."""

    __slots__ = ("_cls", "_module", "_name", "_source")

    def __init__(self, cls: type[object], name: str, module: str, source: str) -> None:
        self._cls = cls
        self._name = name
        self._module = module
        self._source = source

    def __get__(self, instance: object, owner: type[object] | None = None) -> Any:
        return self._load().__get__(instance, owner)

    def _load(self) -> Callable[..., Any]:
        """Put this method, and those of its module that are not there yet, into the class."""
        source = vars(getattr(import_module(self._module), self._source))
        present = vars(self._cls)
        for name, function in source.items():
            if isinstance(present.get(name), _StandIn):
                setattr(self._cls, name, function)
        method: Callable[..., Any] = source[self._name]
        return method
