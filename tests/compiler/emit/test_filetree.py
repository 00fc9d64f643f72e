"""Output in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.emit.filetree import FileTree, diff


def test_files_are_sorted() -> None:
    tree = FileTree({"b/c": "1", "a": "2", "b": "3"})
    assert list(tree.items()) == [("a", "2"), ("b", "3"), ("b/c", "1")]
    assert (len(tree), tree["a"]) == (3, "2")
    assert FileTree([("x", "1")]) == {"x": "1"}
    assert FileTree() == {}


@pytest.mark.parametrize("path", ["", ".", "/", "/a", "..", "../a", "a/../b", "a/..", "//a"])
def test_paths_that_leave_the_root(path: str) -> None:
    with pytest.raises(ValueError, match="not a path below the output directory"):
        FileTree({path: ""})


@pytest.mark.parametrize("path", ["a", "a/b", ".hidden", "a..b", "...", "a b", "é/ü"])
def test_paths_that_stay(path: str) -> None:
    assert list(FileTree({path: ""})) == [path]


def test_merging() -> None:
    left, right = FileTree({"a": "1", "b": "2"}), FileTree({"b": "2", "0": "3"})
    assert dict(left | right) == {"0": "3", "a": "1", "b": "2"}
    assert list(left | right) == ["0", "a", "b"]
    assert dict(left) == {"a": "1", "b": "2"}
    with pytest.raises(ValueError, match="two outputs want to be 'b'"):
        left | FileTree({"b": "other"})
    with pytest.raises(ValueError, match="below"):
        left | {"../x": ""}


def test_below() -> None:
    assert dict(FileTree({"a": "1", "b/c": "2"}).below("p/q")) == {"p/q/a": "1", "p/q/b/c": "2"}
    with pytest.raises(ValueError, match="below"):
        FileTree({"a": ""}).below("..")


def test_diff() -> None:
    assert diff("f", "a\nb\n", "a\nc\n") == ("--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
    assert diff("f", None, "a\n") == "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"
    assert diff("f", "a\n", None) == "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    assert diff("f", "a\n", "a\n") == ""


def test_diff_of_empty_files() -> None:
    assert diff("f", None, "") == "--- /dev/null\n+++ b/f\n"
    assert diff("f", "", None) == "--- a/f\n+++ /dev/null\n"
    assert diff("f", "", "") == diff("f", None, None) == ""


@pytest.mark.parametrize("odd", ["\r", "\x0c", "\x85", "\u2028"])
def test_only_newlines_end_lines(odd: str) -> None:
    assert diff("f", f"a{odd}b\n", "c\n").split("\n")[2:] == ["@@ -1 +1 @@", f"-a{odd}b", "+c", ""]


def test_diff_of_files_without_a_last_newline() -> None:
    assert diff("f", "a", "b\n") == (
        "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
    )


@given(st.text(alphabet="ab\n", max_size=12), st.text(alphabet="ab\n", max_size=12))
def test_only_different_texts_differ(old: str, new: str) -> None:
    assert bool(diff("f", old, new)) is (old != new)
    assert all(line for line in diff("f", old, new).split("\n")[:-1])


@given(st.none() | st.text(alphabet="a\n", max_size=3), st.none() | st.text(max_size=3))
def test_files_that_come_and_go_differ(old: str | None, new: str | None) -> None:
    assert bool(diff("f", old, new)) is (old != new)
