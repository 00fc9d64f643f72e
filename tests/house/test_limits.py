"""Files and functions stay small enough to read at a sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.modules import QAPIGEN, Module

FILE_LINES = 400
FUNCTION_LINES = 60


def long_functions(tree: ast.Module, most: int) -> Iterator[str]:
    """The functions of more than ``most`` lines, docstrings included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > most:
                yield f"line {node.lineno}: {node.name} has {lines} lines"


@pytest.mark.parametrize("module", QAPIGEN.values(), ids=lambda module: module.name)
def test_file(module: Module) -> None:
    lines = len(module.text.splitlines())
    assert lines <= FILE_LINES, f"{module.relative} has {lines} lines; split it by purpose"


@pytest.mark.parametrize("module", QAPIGEN.values(), ids=lambda module: module.name)
def test_functions(module: Module) -> None:
    found = list(long_functions(module.tree, FUNCTION_LINES))
    assert not found, f"{module.relative}: {'; '.join(found)}"


def test_a_long_function_is_found() -> None:
    tree = ast.parse(
        "class C:\n    async def f(self):\n        one\n        two\n\ndef g(): pass\n"
    )
    assert list(long_functions(tree, 2)) == ["line 2: f has 3 lines"]
    assert not list(long_functions(tree, 3))
