"""Our texts are our own: nothing from the corpus' comments, nothing of the machine we work on.

Facts and names carry over from QEMU's schemas, sentences never do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.shipped import known_files
from tests.outside import REPOSITORY

#: A run of so many words is a quotation.
RUN = 8

#: Texts that could hold one.  The corpus' own formats (JSON facts) are no texts.
TEXTS = ("*.json", "*.md", "*.py", "*.j2", "*.lark", "*.toml")

_WORD = re.compile(r"[a-z0-9_]+(?:['-][a-z0-9_]+)*")

# Written so that this file does not match itself.
_MACHINE_PATH = re.compile(r"(?<![\w.])/(?:w[o]rk|f[a]rm|r[o]ot|home/[a-z]\w*)/")


def words(text: str) -> list[str]:
    """The words of a text in lower case; marks and comment signs are no part of them."""
    return _WORD.findall(text.lower())


def runs(found: list[str]) -> Iterator[tuple[str, ...]]:
    """All runs of :data:`RUN` words."""
    return zip(*(found[start:] for start in range(RUN)), strict=False)


def comments(text: str) -> Iterator[str]:
    """The blocks of comment lines of a schema."""
    block: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            block.append(line.lstrip().lstrip("#"))
        elif block:
            yield "\n".join(block)
            block = []
    if block:
        yield "\n".join(block)


@pytest.fixture(scope="module")
def foreign(corpus: Path) -> frozenset[tuple[str, ...]]:
    """All runs of words in the comments of QEMU's schemas."""
    found: set[tuple[str, ...]] = set()
    for path in corpus.rglob("*.json"):
        if "example" not in path.relative_to(corpus).parts:  # that folder is no work of QEMU's
            text = path.read_text(encoding="utf-8", errors="replace")
            for block in comments(text):
                found.update(runs(words(block)))
    return frozenset(found)


def our_texts() -> list[Path]:
    return [path for path in known_files() if any(path.match(pattern) for pattern in TEXTS)]


def test_there_is_something_to_compare(foreign: frozenset[tuple[str, ...]]) -> None:
    assert len(foreign) > 40_000
    assert len(our_texts()) > 50


def test_no_quotations(foreign: frozenset[tuple[str, ...]]) -> None:
    quoted = [
        f"{path.relative_to(REPOSITORY)}: {' '.join(run)}"
        for path in our_texts()
        for run in runs(words(path.read_text(encoding="utf-8", errors="replace")))
        if run in foreign
    ]
    assert not quoted, "\n".join(quoted)


def test_a_quotation_is_found() -> None:
    schema = "{ 'a': 'b' } # no\n##\n# @x: One two, three four\n#     five six - seven eight\n##\n"
    block = next(comments(schema))
    assert ("one", "two", "three", "four", "five", "six", "seven", "eight") in set(
        runs(words(block))
    )


def test_no_machine_paths() -> None:
    folders = "|".join(re.escape(str(folder)) for folder in (REPOSITORY, Path.home()))
    here = re.compile(rf"(?<![\w.])(?:{folders})(?:/|\b(?!\.))")
    told = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()}"
        for path in known_files()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if _MACHINE_PATH.search(line) or here.search(line)
    ]
    assert not told, "\n".join(told)


@pytest.mark.parametrize(
    ("text", "found"),
    [("see /{}/main/x", True), ("at /{}/x", True), ("net{}/x", False), ("a/{}/x", False)],
)
def test_a_machine_path_is_found(text: str, *, found: bool) -> None:
    assert bool(_MACHINE_PATH.search(text.format("work"))) is found
