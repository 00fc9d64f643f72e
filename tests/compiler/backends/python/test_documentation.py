"""What docstrings say of a definition, section by section."""

from __future__ import annotations

import ast
import inspect

import pytest

from tests.compiler.backends.python.packages import files_of

SIMPLE_UNION = """
##
# @Shape:
#
# One of them.
#
# @type: which one:
# - round, without corners
# - square, with four
##
{ 'union': 'Shape', 'data': { 'round': 'str', 'square': 'int' } }
"""

STRUCT = """
##
# @Spot:
#
# A place.
#
# @x: to the right
#
#     .. qmp-example::
#
#        -> { "x": 1 }
#
# Features:
#
# @far: Stay at home.
#
# @near: It moves.
#
#     .. note:: Much.
#
# TODO: Write more.
#
# Since: 1.0
##
{ 'struct': 'Spot', 'data': { 'x': 'int' }, 'features': [ 'far', 'near' ] }
"""

ONLY_A_COMMENT = """
##
# @Spot:
#
# @x:
#     .. nothing to see
##
{ 'struct': 'Spot', 'data': { 'x': 'int' } }
"""


def docstrings(schema: str, dialect: str) -> list[str]:
    """All docstrings of the types' module but the first, which is its own."""
    files = files_of({"a.json": schema}, "p", dialect=dialect, backends=("types",))
    tree = ast.parse(files["p/types/a.py"])
    return [
        inspect.cleandoc(node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ][1:]


def test_the_tag_of_a_simple_union() -> None:
    """It is no attribute of a class that the union itself has, so the union tells about it."""
    text = """One of them.

Members

- `type`: which one:

    - round, without corners
    - square, with four"""
    assert text in docstrings(SIMPLE_UNION, "2018")


def test_struct() -> None:
    text = """A place.

Features

- `far`: Stay at home.

- `near`: It moves.

    Note: Much.

Since: 1.0"""
    member = """to the right

Example

```text
-> { "x": 1 }
```"""
    assert docstrings(STRUCT, "modern") == [text, member]


@pytest.mark.parametrize("dialect", ["9.2", "modern"])
def test_what_shows_nothing_is_no_docstring(dialect: str) -> None:
    assert docstrings(ONLY_A_COMMENT, dialect) == ["The struct `Spot`."]
