"""The visit functions of all types at hand: the sample types and a whole generated package."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import qapi_migration.visit
from qapigen.runtime.visit import VisitFunction, builtin

from .. import sample_types

__all__ = ["EVERY_TYPE"]


def _functions(module: ModuleType) -> dict[str, VisitFunction[Any]]:
    place = module.__name__.rpartition(".")[2]
    return {
        f"{place}.{name}": function
        for name, function in vars(module).items()
        if name.startswith("visit_")
        and not name.endswith(("_members", "_base"))
        and getattr(function, "__module__", None) == module.__name__
    }


def _generated() -> list[ModuleType]:
    package = qapi_migration.visit
    return [
        import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)
    ]


#: By module and name.
EVERY_TYPE = {
    name: function
    for module in (builtin, sample_types, *_generated())
    for name, function in _functions(module).items()
}
