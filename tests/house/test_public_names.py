"""``__all__`` is there and true: what it names exists, what is public it names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.house.modules import QAPIGEN, Module

WITH_NAMES = [
    module
    for module in QAPIGEN.values()
    if not module.only_docstring and not module.name.endswith(".__main__")
]


def unlisted(tree: ast.Module, listed: list[str]) -> Iterator[str]:
    """Functions and classes that look public and are not in ``__all__``.

    Constants and type variables need no listing: they explain the code around them.
    """
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and node.name not in listed:
            yield node.name


@pytest.mark.parametrize("module", WITH_NAMES, ids=lambda module: module.name)
def test_all_is_true(module: Module) -> None:
    loaded = import_module(module.name.removesuffix(".__init__"))
    listed = getattr(loaded, "__all__", None)
    assert listed is not None, f"{module.relative} has no __all__"
    assert len(set(listed)) == len(listed)
    missing = [name for name in listed if not hasattr(loaded, name)]
    assert not missing, f"{module.relative} lists what it does not have: {missing}"
    hidden = list(unlisted(module.tree, listed))
    assert not hidden, f"{module.relative}: list in __all__ or begin with '_': {hidden}"


def test_an_unlisted_name_is_found() -> None:
    tree = ast.parse("def a(): pass\nclass B: pass\ndef _c(): pass\nasync def d(): pass\nE = 1\n")
    assert list(unlisted(tree, ["a"])) == ["B", "d"]
