"""The graph of files, and documentation put with its definition."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import SectionKind
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.source import ReadError
from qapigen.compiler.syntax.load import load
from qapigen.compiler.syntax.tree import Object, SourceTree, Str
from tests.compiler.schema_texts import (
    BOTH,
    Case,
    assert_case,
    params,
    problems,
    reader,
    schema_of,
    shown,
    tree_of,
)


def struct(name: str) -> str:
    return f"{{ 'struct': '{name}', 'data': {{ }} }}\n"


def include(path: str) -> str:
    return f"{{ 'include': '{path}' }}\n"


def names(tree: SourceTree) -> list[str]:
    """The names of all definitions in order."""
    found = []
    for expression in tree.expressions:
        assert isinstance(expression.value, Object)
        name = expression.value.entries["struct"].value
        assert isinstance(name, Str)
        found.append(name.text)
    return found


def modules(tree: SourceTree) -> dict[str, list[str]]:
    return {m.name: [i.module for i in m.includes] for m in tree.modules}


# Includes.


@pytest.mark.parametrize("dialect", BOTH)
def test_files_stand_in_place_of_their_first_include(dialect: str) -> None:
    files = {
        "root.json": struct("Aa") + include("b.json") + struct("Dd") + include("b.json"),
        "b.json": struct("Bb") + include("c.json"),
        "c.json": struct("Cc"),
    }
    tree = tree_of(files, dialect)
    assert names(tree) == ["Aa", "Bb", "Cc", "Dd"]
    assert modules(tree) == {
        "root.json": ["b.json", "b.json"],
        "b.json": ["c.json"],
        "c.json": [],
    }


@pytest.mark.parametrize(
    ("root", "other", "written", "module"),
    [
        ("root.json", "a.json", "a.json", "a.json"),
        ("root.json", "./a.json", "./a.json", "a.json"),
        ("root.json", "sub/a.json", "sub/a.json", "sub/a.json"),
        ("root.json", "sub/../a.json", "sub/../a.json", "a.json"),
        ("root.json", "..//a.json", "..//a.json", "../a.json"),
        ("dir/root.json", "dir/a.json", "a.json", "a.json"),
        ("./dir/root.json", "./dir/sub/a.json", "sub/a.json", "sub/a.json"),
        ("dir/root.json", "dir/../a.json", "../a.json", "../a.json"),
        ("/top/root.json", "/top/a.json", "a.json", "a.json"),
        ("/top/root.json", "/else/a.json", "/else/a.json", "../else/a.json"),
    ],
)
def test_paths_and_module_names(root: str, other: str, written: str, module: str) -> None:
    """Paths start at the folder of the includer, module names at that of the root."""
    tree = tree_of({root: include(written), other: struct("Aa")})
    assert [m.name for m in tree.modules] == ["root.json", module]
    (expression,) = tree.expressions
    assert expression.file.path == other
    assert expression.file.module == module


def test_a_file_is_the_same_by_any_path() -> None:
    files = {
        "root.json": include("a.json") + include("sub/../a.json") + include("sub/b.json"),
        "a.json": struct("Aa"),
        "sub/b.json": include("../a.json") + include("./c.json"),
        "sub/./c.json": struct("Cc"),
    }
    tree = tree_of(files)
    assert names(tree) == ["Aa", "Cc"]
    assert modules(tree) == {
        "root.json": ["a.json", "a.json", "sub/b.json"],
        "a.json": [],
        "sub/b.json": ["a.json", "sub/c.json"],
        "sub/c.json": [],
    }


def test_places_of_includes() -> None:
    text = f"\n  {include('a.json')}"
    (directive,) = tree_of({"root.json": text, "a.json": ""}).modules[0].includes
    assert (directive.span.line, directive.span.column) == (2, 3)
    assert text[directive.span.start : directive.span.end] == include("a.json").strip()


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    ("files", "place", "notes"),
    [
        ({"a.json": include("a.json")}, "a.json:1:1", []),
        ({"d/a.json": "\n" + include("../d/a.json")}, "d/a.json:2:1", []),
        (
            {"a.json": include("b.json"), "b.json": struct("Bb") + include("a.json")},
            "b.json:2:1",
            ["a.json:1:1"],
        ),
        (
            {
                "a.json": include("s/b.json"),
                "s/b.json": include("../c.json"),
                "s/../c.json": include("./s/b.json"),
            },
            "s/../c.json:1:1",
            ["a.json:1:1", "s/b.json:1:1"],
        ),
    ],
)
def test_loops(files: dict[str, str], place: str, notes: list[str], dialect: str) -> None:
    (found,) = problems(files, dialect)
    assert shown((found,)) == [f"{place}: include-loop"]
    assert [str(note.span) for note in found.notes] == notes
    assert found.focus is not None
    assert str(found.focus) != place


def test_two_ways_to_a_file_are_no_loop() -> None:
    files = {
        "root.json": include("a.json") + include("b.json"),
        "a.json": include("c.json"),
        "b.json": include("c.json"),
        "c.json": struct("Cc"),
    }
    assert problems(files) == ()


def chain(length: int) -> dict[str, str]:
    """A chain of files, the last of which defines something."""
    files = {f"{n}.json": include(f"{n + 1}.json") for n in range(length - 1)}
    return files | {f"{length - 1}.json": struct("End")}


def test_long_chains() -> None:
    assert names(tree_of(chain(100))) == ["End"]
    (found,) = problems(chain(1000))
    assert found.code.slug == "include-loop"
    assert "deep" in found.message


def test_a_wide_schema() -> None:
    files = {"root.json": "".join(include(f"{n}.json") for n in range(300))}
    files |= {f"{n}.json": struct(f"Aa{n}") for n in range(300)}
    assert names(tree_of(files)) == [f"Aa{n}" for n in range(300)]


def test_missing_files_are_all_told() -> None:
    files = {"root.json": include("no.json") + include("a.json"), "a.json": include("no.json")}
    found = problems(files)
    assert shown(found) == ["root.json:1:1: include-unreadable", "a.json:1:1: include-unreadable"]
    assert found[0].message == "cannot read 'no.json': No such file or directory"
    assert found[0].focus is not None
    assert (found[0].focus.column, found[0].focus.end_column) == (14, 23)
    assert found[1].span is not None
    assert [str(at) for at in found[1].span.include_trail] == ["root.json:2:1"]


@pytest.mark.parametrize("dialect", BOTH)
def test_the_root_is_missing(dialect: str) -> None:
    (found,) = analyze("no.json", reader("x"), dialect).diagnostics
    assert found.code.slug == "root-unreadable"
    assert (found.span, found.path) == (None, "no.json")
    assert "No such file" in found.message


def test_a_reader_that_fails() -> None:
    """Whatever the reason is: it is told at the directive."""

    def read(path: str) -> str:
        if path == "root.json":
            return include("locked.json")
        raise ReadError(os.strerror(errno.EACCES))

    report = Report()
    assert load("root.json", read, DIALECTS["modern"], report) is None
    (found,) = report.sorted()
    assert found.message == "cannot read 'locked.json': Permission denied"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        (lambda path: path.write_bytes(b"# \n\n\xff"), "not UTF-8: byte 0xff in line 3"),
        (lambda path: os.mkfifo(path), "not a regular file"),
    ],
    ids=["missing", "directory", "loop", "dangling", "encoding", "pipe"],
)
def test_files_that_cannot_be_read(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "bad.json")
    root = tmp_path / "root.json"
    root.write_text(include("bad.json"), encoding="utf-8")
    (found,) = analyze(str(root), read_source).diagnostics
    assert found.code.slug == "include-unreadable"
    assert found.message.endswith(reason)
    (found,) = analyze(str(tmp_path / "bad.json"), read_source).diagnostics
    assert found.code.slug == "root-unreadable"
    assert found.message.endswith(reason)


def test_symbolic_links_are_files_of_their_own(tmp_path: Path) -> None:
    """Files are told apart by path, so the same text is read twice and clashes."""
    (tmp_path / "a.json").write_text(struct("Aa"), encoding="utf-8")
    (tmp_path / "link.json").symlink_to("a.json")
    root = tmp_path / "root.json"
    root.write_text(include("a.json") + include("link.json"), encoding="utf-8")
    (found,) = analyze(str(root), read_source).diagnostics
    assert found.code.slug == "redefined"


# Documentation and what follows it (E41, E42).

SYMBOL = "##\n# @Aa:\n##\n"
FREE = "##\n# Text.\n##\n"
AFTER = [
    ("", "the end of the file"),
    (FREE + "{ 'pragma': { } }", "another documentation block"),
    (f"{SYMBOL}{struct('Aa')}", "another documentation block"),
    ("{ 'pragma': { } }", "'pragma'"),
    (include("sub.json"), "'include'"),
]


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(("rest", "what"), AFTER)
def test_documentation_without_definition(rest: str, what: str, dialect: str) -> None:
    files = {"root.json": f"\n  {SYMBOL}{rest}", "sub.json": struct("Aa")}
    (found,) = problems(files, dialect)
    assert shown((found,)) == ["root.json:2:3: doc-not-followed"]
    assert what in found.message


CASES = [
    Case("doc-free-form-first", f"«##»\n# Text.\n##\n{struct('Aa')}", f"{SYMBOL}{struct('Aa')}"),
    Case("doc-free-form-first", f"«##»\n##\n{struct('Aa')}", f"##\n##\n{SYMBOL}{struct('Aa')}"),
    Case(
        "doc-free-form-first",
        f"«##»\n#\n# Text.\n##\n# comment\n{struct('Aa')}",
        f"{FREE}{{ 'pragma': {{ }} }}\n{struct('Aa')}",
    ),
    Case("doc-not-followed", "«##»\n# @Aa:\n##\n", FREE),
]


@params(CASES)
def test_blocks_before_definitions(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


def test_a_wrong_block_is_told_once() -> None:
    """Not also as one that nothing follows."""
    found = problems("##\n# @Aa:\n# @x:\n##\n")
    assert [d.code.slug for d in found] == ["doc-empty-section"]


@pytest.mark.parametrize("dialect", BOTH)
def test_documentation_is_attached(dialect: str) -> None:
    files = {
        "root.json": f"{FREE}{include('sub.json')}{FREE}{SYMBOL}# comment\n\n{struct('Aa')}",
        "sub.json": f"{FREE}{SYMBOL.replace('Aa', 'Bb')}{struct('Bb')}{struct('Cc')}",
    }
    tree = tree_of(files, dialect)
    assert [e.doc.symbol if e.doc else None for e in tree.expressions] == ["Bb", None, "Aa"]
    assert [(doc.symbol, doc.module, doc.span.line) for doc in tree.docs] == [
        (None, "root.json", 1),
        (None, "sub.json", 1),
        ("Bb", "sub.json", 4),
        (None, "root.json", 5),
        ("Aa", "root.json", 8),
    ]
    schema = schema_of(files, dialect)
    assert [d.doc.symbol if d.doc else None for d in schema.definitions] == ["Bb", None, "Aa"]
    assert [doc.span.start for doc in schema.docs] == [doc.span.start for doc in tree.docs]
    (text,) = tree.docs[0].sections
    assert (text.kind, text.name, text.text) == (SectionKind.TEXT, "", "Text.")


@pytest.mark.parametrize("dialect", BOTH)
def test_documentation_does_not_reach_into_an_include(dialect: str) -> None:
    files = {"root.json": f"{SYMBOL}{include('sub.json')}", "sub.json": struct("Aa")}
    assert [d.code.slug for d in problems(files, dialect)] == ["doc-not-followed"]
