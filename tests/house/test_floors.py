"""Imports go downstairs only, and never in a circle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.floors import FLOORS, FOR_TYPE_CHECKERS, LIBRARIES
from tests.house.modules import GENERATED, QAPIGEN, Import, Module, find_modules

MODULES = QAPIGEN | GENERATED
OURS = {"qapigen", "qapi_migration", *(name.split(".")[0] for name in GENERATED)}


def target(found: Import, modules: dict[str, Module]) -> str:
    """The module that is imported, where it is one of ``modules``; else the name as it is."""
    names = [found.module] if found.name is None else [f"{found.module}.{found.name}", found.module]
    for name in names:
        for candidate in (name, f"{name}.__init__"):
            if candidate in modules:
                return candidate
    return found.module


def inside(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def room_of(name: str) -> str | None:
    return max((room for room in FLOORS if inside(name, (room,))), key=len, default=None)


def refused(module: Module, modules: dict[str, Module]) -> Iterator[str]:
    """What is wrong with the imports of a module, a sentence each."""
    room = room_of(module.name)
    if room is None:
        yield f"{module.name} has no floor; give it one in tests/house/floors.py"
        return
    for found in module.imports():
        name = target(found, modules)
        library = name.split(".")[0]
        place = f"{module.path.name}:{found.line}: "
        if library in OURS:
            if not inside(name, (room, *FLOORS[room])):
                yield f"{place}{room} may not import {name}"
        elif library in LIBRARIES:
            if not inside(module.name, (LIBRARIES[library],)):
                yield f"{place}only {LIBRARIES[library]} knows {library}"
        elif FOR_TYPE_CHECKERS.get(library) == module.name:
            continue
        elif library not in sys.stdlib_module_names:
            yield f"{place}{library} is no dependency"


def circle(modules: dict[str, Module]) -> list[str]:
    """Modules that import each other in a circle, the first one again at the end."""
    edges = {
        name: {target(found, modules) for found in module.imports()} & modules.keys() - {name}
        for name, module in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name not in done:
            for other in sorted(edges[name]):
                if found := visit(other, [*trail, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := visit(name, []))), [])


@pytest.mark.parametrize("name", sorted(MODULES))
def test_floor(name: str) -> None:
    problems = list(refused(MODULES[name], MODULES))
    assert not problems, "\n".join(problems)


def test_no_circles() -> None:
    """Generated modules may name each other, as the files of a schema may; ours may not."""
    found = circle(QAPIGEN)
    assert not found, "imports go in a circle: " + " -> ".join(found)


def test_every_edge_leads_to_a_room() -> None:
    """The table names rooms, no strangers."""
    known = (*FLOORS, "qapigen", "qapigen.compiler", "qapigen.runtime", "qapigen.migration")
    for room, allowed in FLOORS.items():
        assert all(inside(name, known) for name in allowed), room


def test_the_table_goes_downstairs() -> None:
    """A room may import only rooms that stand before it in the table, and packages as a whole."""
    seen: set[str] = {"qapigen", "qapigen.compiler", "qapigen.runtime", "qapigen.migration"}
    for room, allowed in FLOORS.items():
        assert all(inside(name, tuple(seen)) for name in allowed), room
        seen.add(room)


WRONG = {
    "qapigen.compiler.backends.bad": "from ..syntax.tree import Value",
    "qapigen.compiler.passes.bad": "from .. import check",
    "qapigen.compiler.check.bad": "import qapigen.compiler.syntax.load",
    "qapigen.compiler.syntax.bad": "from lark import Lark",
    "qapigen.compiler.disk": "import yaml",
    "qapigen.runtime.errors": "def late():\n    from .model import NULL",
    "qapigen.runtime.bad": "",
    "qapi_migration.bad": "from qapigen.compiler.ir import Schema",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_import_is_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(WRONG[name], encoding="utf-8")
    assert len(list(refused(Module(name, path), MODULES))) == 1


def test_a_circle_is_found(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text("from . import b", encoding="utf-8")
    (package / "b.py").write_text("def late():\n    from .c import C", encoding="utf-8")
    (package / "c.py").write_text("from package.a import A", encoding="utf-8")
    assert circle(find_modules(tmp_path)) == ["package.a", "package.b", "package.c", "package.a"]
