"""The modules of our packages as the house tests look at them: names, paths, syntax trees.

A package's ``__init__`` goes by that name (``qapigen.runtime.__init__``), so that a package and
its contents are different things.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.outside import REPOSITORY

__all__ = ["GENERATED", "QAPIGEN", "Import", "Module", "find_modules"]


@dataclass(frozen=True)
class Import:
    """One imported thing: ``module`` is absolute, ``name`` is None for ``import module``."""

    module: str
    name: str | None
    line: int


@dataclass(frozen=True)
class Module:
    """One Python file."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def relative(self) -> str:
        """The path from the root of the repository."""
        return self.path.relative_to(REPOSITORY).as_posix()

    @property
    def only_docstring(self) -> bool:
        """Whether there is nothing in it but a docstring."""
        return all(isinstance(node, ast.Expr) for node in self.tree.body)

    def imports(self) -> Iterator[Import]:
        """What it imports, also inside functions and for type checkers only."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, None, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                for alias in node.names:
                    yield Import(module, alias.name, node.lineno)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".")[: -node.level]
        return ".".join([*package, *([node.module] if node.module else [])])


def find_modules(root: Path) -> dict[str, Module]:
    """The modules of the packages directly below ``root``, by name."""
    found = {}
    for path in sorted(root.glob("*/**/*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        found[name] = Module(name, path)
    return found


#: The modules of the project's own package.
QAPIGEN = {
    name: module for name, module in find_modules(REPOSITORY).items() if name.startswith("qapigen.")
}

#: The modules of the generated packages.
GENERATED = find_modules(REPOSITORY / "generated")
