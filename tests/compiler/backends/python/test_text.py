"""Python text in black's form: literals, docstrings, blocks, and what is too long for it."""

from __future__ import annotations

import ast
import inspect
from types import UnionType
from typing import get_args

import black
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.python.text import (
    WIDTH,
    all_block,
    docstring,
    exploded,
    import_block,
    is_wide,
    string,
    union_of,
)

TEXTS = st.text(st.sampled_from("ab  \n\n\"'\\\t\x01\r\xa0\u2028é"), max_size=30)


@given(TEXTS)
def test_strings_are_what_they_say(text: str) -> None:
    literal = string(text)
    assert ast.literal_eval(literal) == text
    assert literal.isascii()
    assert literal.isprintable()


@pytest.mark.parametrize(
    ("text", "indent", "expected"),
    [
        ("Plain.", 4, '"""Plain."""'),
        ("  Plain. ", 4, '"""Plain."""'),
        ('Say "x"', 4, '"""Say "x" """'),
        ('"x" said', 0, '""" "x" said"""'),
        ('a """ b', 0, '"""a \\"\\"\\" b"""'),
        ("a \\ b", 0, '"""a \\\\ b"""'),
        ("a\tb", 0, '"""a       b"""'),
        (
            "a\u202eb\u200f\u200b\xad\ufeff\U000e0041c",
            0,
            '"""a\ufffdb\ufffd\ufffd\ufffd\ufffd\ufffdc"""',
        ),
        ("a\x01b", 0, '"""a\N{REPLACEMENT CHARACTER}b"""'),
        ("One\ntwo", 4, '"""One\n    two\n    """'),
        ("One\n\n\n\ntwo", 4, '"""One\n\n\n\n    two\n    """'),
        ("One\n\n\n\ntwo", 0, '"""One\n\n\n\ntwo\n"""'),
        ("One  \n   \ntwo", 4, '"""One\n\n    two\n    """'),
        ("One\n  two\n    three", 4, '"""One\n    two\n      three\n    """'),
        ("One\n  two\nthree", 4, '"""One\n      two\n    three\n    """'),
    ],
)
def test_docstrings(text: str, indent: int, expected: str) -> None:
    assert docstring(text, indent=indent) == expected


@given(TEXTS, st.sampled_from((0, 4, 8)))
def test_docstrings_are_tidy(text: str, indent: int) -> None:
    literal = docstring(text, indent=indent)
    margin = " " * indent
    value = ast.literal_eval(literal)
    first, *lines = literal.split("\n")
    assert all(line.startswith(margin) for line in lines if line)
    assert all(line == line.rstrip() for line in (first, *lines))
    if lines:
        assert lines[-1] == f'{margin}"""'
    # Whatever the indentation, readers get the same text.
    assert inspect.cleandoc(value) == inspect.cleandoc(ast.literal_eval(docstring(text, indent=0)))


def test_exploded() -> None:
    assert exploded("f(", ["a", "b"]) == "f(\n    a,\n    b,\n)"
    assert exploded("f(", ["a"], ") -> x:", indent=4) == "f(\n        a,\n    ) -> x:"
    assert exploded("f(", []) == "f(\n)"


def test_import_blocks() -> None:
    groups = [["import a", "import b"], ["import c"]]
    assert import_block(groups, []) == "import a\nimport b\n\nimport c"
    assert import_block([["import a"]], ["import x", "import y"]) == (
        "import a\n\nif TYPE_CHECKING:\n    import x\n    import y"
    )


def test_all_blocks() -> None:
    assert all_block(["a", "b"]) == '__all__ = [\n    "a",\n    "b",\n]'
    assert all_block([]) == "__all__: list[str] = []"


FULL, LONG = "x" * WIDTH, "x" * (WIDTH + 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        (FULL, False),
        (f"a\n{FULL}\nb", False),
        (LONG, True),
        (f"a\n{LONG}", True),
        (f'"""{LONG}"""', False),
        (f'"""\n{LONG}\n"""\n', False),
        (f'"""\n{LONG}\n"""\n{LONG}\n', True),
        (f'"""\n{LONG}\n{LONG}\n"""\n{LONG}\n', True),
        (f'"""a"""\n{LONG}\n', True),
    ],
)
def test_long_lines_of_code(text: str, *, expected: bool) -> None:
    assert is_wide(text) is expected


@pytest.mark.parametrize("count", [2, 199, 200, 201, 202, 258, 300, 301, 1000])
def test_unions(count: int) -> None:
    """All the choices in their order, in black's form, in a type of one kind."""
    classes = {f"Branch{number}": type("Branch", (), {}) for number in range(count)}
    line = union_of("Several: TypeAlias", list(classes)) + "\n"
    assert black.format_str(line, mode=black.Mode()) == line
    value = eval(line.partition("=")[2].strip(), classes.copy())
    assert isinstance(value, UnionType)
    assert get_args(value) == tuple(classes.values())
