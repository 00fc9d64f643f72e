"""Python text in black's form."""

from __future__ import annotations

import gc

import pytest

from qapigen.compiler.emit.pyformat import FormatFailure, format_python


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("x = 'a'", 'x = "a"\n'),
        ("x=[1,\n2]\n", "x = [1, 2]\n"),
        ("", ""),
        ("# only a comment", "# only a comment\n"),
        ("def f(): return 1", "def f():\n    return 1\n"),
    ],
)
def test_form(text: str, formatted: str) -> None:
    assert format_python("a.py", text) == formatted
    assert format_python("a.py", formatted) == formatted


def test_lines_are_as_long_as_black_has_them() -> None:
    call = "name = function(" + ", ".join(f"argument_{n}" for n in range(7)) + ")"
    lines = format_python("a.py", call).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 88


def test_stubs_have_a_form_of_their_own() -> None:
    text = "class A:\n    x: int\n\n\nclass B: ...\n"
    assert format_python("a.pyi", text) == "class A:\n    x: int\n\nclass B: ...\n"
    assert format_python("a.py", text) == text


@pytest.mark.parametrize(
    "text", ["def (:", "x = [", "x\n  y\n", "'''", "\0", "x = 1\ny\0", "print 1", "x = 'a"]
)
def test_text_that_is_no_python(text: str) -> None:
    with pytest.raises(FormatFailure, match=r"^out/a\.py: error: .*no Python.*\d+:\d+"):
        format_python("out/a.py", text)


def test_collection_of_garbage_is_as_before() -> None:
    before = gc.get_threshold()
    format_python("a.py", "x = 1")
    with pytest.raises(FormatFailure):
        format_python("a.py", "x = ")
    assert gc.get_threshold() == before
