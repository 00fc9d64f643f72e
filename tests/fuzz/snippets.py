"""Snippets of real schemas, and small damage to them.

In: the schemas of one release.  Out: texts of a few definitions that are right by themselves, as far
as their release goes; and the same with something wrong, or just unusual, about them.
"""

from __future__ import annotations

import random
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qapigen.compiler.dialect import RELEASES

from .mutations import mutate

__all__ = ["Snippets", "damage", "of_releases", "pieces"]

_PIECE = re.compile(r"(?:^##\n(?:#.*\n)*?##\n)?^\{(?:.*\n)+?(?=\n|##|\{|#|\Z)", re.MULTILINE)
_NAME = re.compile(
    r"^\{\s*'(?:struct|enum|union|alternate|command|event)'\s*:\s*'([^']+)'", re.MULTILINE
)
_MOST = 6  # definitions in a snippet

_DOC_LINES = (
    *(
        "# @x: text",
        "# @x:",
        "#   indented",
        "#     more",
        "# text",
        "#",
        "# Since: 1.0",
        "# Since:",
    ),
    *("# Returns: it", "# Returns:", "# Errors:", "# Errors: none", "# Features:", "# Note: this"),
    *("# Notes:", "# Example:", "# Examples::", "# TODO: later", "# = Title", "# @a b: c", "# @x"),
    *("# .. note::", "# .. qmp-example::", "# ::", "#  @x: y", "#x", "#\ttab", "# One. Two", "##"),
    *(
        "# " + "y" * 69,
        "# " + "y" * 68,
        "# https://" + "z" * 80,
        "# @x : y",
        "# @: y",
        "# Since:: 2",
    ),
    *("# Note:: text", "# * item", "# 1. Item", "#   1. Item. Two", "# e.g. This", "# i.e. This"),
)
_WORDS = (
    *("'if': 'A'", "'if': { 'not': 'B' }", "'if': 'defined(A)'", "'if': [ 'A' ]", "'if': { }"),
    *("'features': [ 'f' ]", "'features': [ 'deprecated' ]", "'features': [ ]", "'boxed': true"),
    *("'gen': false", "'gen': true", "'coroutine': true", "'allow-oob': true", "'prefix': 'P'"),
    *("'base': 'X'", "'discriminator': 'type'", "'data': { }", "'data': 'X'", "'returns': 'int'"),
    *("'success-response': false", "'allow-preconfig': true", "'returns': [ 'str' ]", "'x': 'y'"),
)
_TYPES = (
    *("int", "str", "bool", "any", "null", "number", "QType", "uint8", "size", "Nope", "q_empty"),
    *(
        "",
        "*",
        "a b",
        "__org.x_a",
        "x-y",
        "X-Y",
        "has-a",
        "u",
        "kind",
        "UPPER",
        "under_score",
        "1st",
    ),
)


def pieces(text: str) -> list[str]:
    """The top-level definitions of a file, each with the documentation before it."""
    return [found[0] for found in _PIECE.finditer(text) if _NAME.search(found[0])]


@dataclass(frozen=True)
class Snippets:
    """Definitions of a release by name, to be drawn from."""

    release: str
    by_name: dict[str, str]

    @classmethod
    def of(cls, release: str, texts: Iterable[str]) -> Snippets:
        """All definitions in the texts."""
        by_name = {}
        for text in texts:
            for piece in pieces(text):
                name = _NAME.search(piece)
                assert name is not None  # pieces have one
                by_name[name[1]] = piece
        return cls(release, by_name)

    def draw(self, rng: random.Random) -> str:
        """A definition and what it needs; what would make it long is a struct without members."""
        wanted = [rng.choice(list(self.by_name))]
        taken: dict[str, str] = {}
        while wanted:
            name = wanted.pop(0)
            if name in taken:
                continue
            piece = self.by_name[name]
            if len(taken) >= _MOST:
                taken[name] = f"{{ 'struct': '{name}', 'data': {{ }} }}\n"
                continue
            taken[name] = piece
            wanted += [word for word in re.findall(r"'([^'\n]+)'", piece) if word in self.by_name]
        return "\n".join(taken.values())


def of_releases(corpus: Path) -> list[Snippets]:
    """The main schema of each release of the corpus, oldest first; none without the archive."""
    archive = corpus / "releases.tar.xz"
    texts = defaultdict[str, list[str]](list)
    if archive.is_file():
        with tarfile.open(archive) as tar:
            for member in tar:
                found = re.fullmatch(r"[^/]+/([\d.]+)/qapi/[^/]+\.json", member.name)
                file = tar.extractfile(member) if found else None
                if found and file is not None:
                    texts[found[1]].append(file.read().decode())
    return [Snippets.of(release, texts[release]) for release in RELEASES if release in texts]


def damage(rng: random.Random, text: str) -> str:
    """The text with one to three changes, some of which are harmless."""
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        text = rng.choice(_CHANGES)(rng, text)
    return text


def _insert_doc_line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    places = [at for at, line in enumerate(lines) if line.startswith("#")] or [0]
    lines.insert(rng.choice(places) + rng.choice((0, 1)), rng.choice(_DOC_LINES))
    return "\n".join(lines)


def _change_doc_line(rng: random.Random, text: str) -> str:
    """Another indentation, another place, twice, or not at all."""
    lines = text.split("\n")
    places = [at for at, line in enumerate(lines) if line.startswith("# ")]
    if not places:
        return text
    at = rng.choice(places)
    line = lines.pop(at)
    body = line[2:]
    changed = [f"#{rng.choice((' ', '  ', '   ', '     '))}{body.lstrip()}", line]
    match rng.randrange(4):
        case 0:
            lines[at:at] = changed[:1]
        case 1:
            lines[at:at] = [line, rng.choice(changed)]
        case 2:
            lines.insert(rng.choice(places), rng.choice(changed))
    return "\n".join(lines)


def _insert_entry(rng: random.Random, text: str) -> str:
    places = [found.end() for found in re.finditer(r"^\{|, |\{ ", text, re.MULTILINE)]
    if not places:
        return text
    at = rng.choice(places)
    return f"{text[:at]} {rng.choice(_WORDS)}, {text[at:]}"


def _replace_string(rng: random.Random, text: str) -> str:
    """A name, a type or a key becomes another one."""
    words = list(re.finditer(r"'[^'\n]*'", text))
    if not words:
        return text
    at = rng.choice(words)
    new = rng.choice(words)[0] if rng.random() < 0.5 else f"'{rng.choice(_TYPES)}'"
    if rng.random() < 0.2:
        new = f"[ {new} ]"
    return text[: at.start()] + new + text[at.end() :]


def _swap_pieces(rng: random.Random, text: str) -> str:
    found = text.split("\n\n")
    rng.shuffle(found)
    return "\n\n".join(found)


_CHANGES = (
    *(_insert_doc_line, _insert_doc_line, _change_doc_line, _change_doc_line),
    *(_insert_entry, _replace_string, _replace_string, _swap_pieces, mutate),
)
