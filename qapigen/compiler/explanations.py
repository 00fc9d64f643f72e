"""What diagnostics mean: a page for each code, written for somebody who is stuck.

In: what a person calls a code; the shipped pages, Markdown of a simple kind.
Out: the code, or those that may have been meant; a page as blocks; the index of all pages.
Must not know: terminals.

A page starts with the line ``# E101: TITLE`` and one that has the name and the dialects; then
come headings, paragraphs and fences.  ``tests/compiler/test_explanations.py`` compiles the fences
below headings that begin with ``Wrong`` and ``Right``, under the options of their first line:

``dialect=2018,7.2``  the dialects it is for, in place of those of the page
``file=lamp.json``    a file of one schema with the other fences of the section, the root first
``root=lamps.json``   the root that is asked for, where that is no file of the section
``config=none``       no configuration symbol is defined
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .codes import CODES, Code, Stage, find_code
from .emit.assets import asset_folder

__all__ = [
    "STAGE_TITLES",
    "Block",
    "Fence",
    "Heading",
    "Page",
    "Paragraph",
    "by_stage",
    "code_named",
    "index",
    "parse_page",
    "read_page",
    "similar",
]

#: What the codes of a stage have in common.
STAGE_TITLES = {
    Stage.READ: "Reading: text, syntax, directives, the form of comments",
    Stage.HEAD: "The head of a definition: its kind, name, keys and flags",
    Stage.BODY: "The rest of a definition on its own",
    Stage.DEFINE: "Names given twice",
    Stage.TYPES: "Types and discriminators that a definition refers to",
    Stage.STRUCTURE: "Clashes, cycles, features, missing descriptions",
    Stage.DOCS: "Descriptions of what does not exist",
    Stage.LIMITS: "Limits of the whole schema",
    Stage.CONFIGURATION: "What a configuration leaves of a schema",
    Stage.ADVICE: "Warnings: what is legal and hardly meant",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of running text; ```code``` and ``[text](target)`` are marked up."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """Lines to be shown as they are; ``language`` and ``options`` stand behind the backticks."""

    language: str
    options: Mapping[str, str]
    text: str


#: A part of a page.
Block = Heading | Paragraph | Fence


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a code: the first line without ``#``, dialects that have the check, the rest.

    ``blocks`` begins with the paragraph that has the name and the dialects.
    """

    title: str
    dialects: tuple[str, ...]
    blocks: tuple[Block, ...]


# Finding codes.


def code_named(name: str) -> Code | None:
    """The code that ``name`` means: ``E101``, ``e101``, ``E0101`` or the name ``unknown-type``."""
    return find_code(name) or CODES.get(_as_slug(name))


def similar(name: str) -> list[str]:
    """Codes or names that may have been meant by what is none of them, the likeliest first."""
    digits = re.fullmatch(r"[A-Za-z]?([0-9]{1,9})", name)
    if digits:
        numbers = [find_code(letter + digits[1]) for letter in "EW"]
        return [code.id for code in numbers if code is not None]
    from difflib import get_close_matches

    slug = _as_slug(name)[:100]
    close = get_close_matches(slug, CODES, n=3, cutoff=0.7)
    return close or [each for each in CODES if slug and slug in each][:3]


def _as_slug(name: str) -> str:
    return "-".join(name.lower().replace("_", " ").split())


def by_stage() -> Iterator[tuple[str, list[Code]]]:
    """All codes, stage by stage, each stage with its title."""
    for stage in Stage:
        yield STAGE_TITLES[stage], [code for code in CODES.values() if code.stage is stage]


# Reading pages.

_NAME_LINE = re.compile(r"Name: `[a-z-]+`\. Dialects: ([\w., ]+?)\.(?=\s|$)")


def read_page(code: Code) -> Page:
    """The shipped page of a code; OSError from a broken install."""
    path = asset_folder("diagnostics") / f"{code.id}.md"
    return parse_page(path.read_text(encoding="utf-8"))


def parse_page(text: str) -> Page:
    """A page from its text; ValueError if it does not begin as pages do."""
    first, _, rest = text.partition("\n")
    named = _NAME_LINE.match(rest.lstrip("\n"))
    if not first.startswith("# ") or named is None:
        raise ValueError("a page starts with '# CODE: TITLE' and 'Name: ... Dialects: ...'")
    return Page(first[2:], tuple(named[1].split(", ")), tuple(_blocks(rest.split("\n"))))


def _blocks(lines: list[str]) -> Iterator[Block]:
    paragraph: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.strip() and not line.startswith(("#", "```")):
            paragraph.append(line)
            continue
        if paragraph:
            yield Paragraph(tuple(paragraph))
            paragraph = []
        if line.startswith("#"):
            yield Heading(line.lstrip("#").strip())
        elif line:
            end = lines.index("```", at)
            yield _fence(line, lines[at:end])
            at = end + 1
    if paragraph:
        yield Paragraph(tuple(paragraph))


def _fence(opening: str, lines: list[str]) -> Fence:
    language, *words = opening[3:].split() or [""]
    pairs = (word.partition("=") for word in words)
    return Fence(language, {key: value for key, _, value in pairs}, "\n".join(lines) + "\n")


# The index.

_INDEX_HEAD = """\
# What diagnostics mean

A page for each code that the compiler gives: what the rule is, why there is one, a schema that
breaks it and one that does not. `qapigen explain CODE` prints a page, `qapigen explain` this list.
Codes never change their meaning. E stands for errors; W for warnings, which are about schemas that
are legal, and which `-W error` makes errors and `-W off` leaves out. E047 and E048 are rules of
[style](../usage.md#style): warnings, too, unless the verdict of a release is asked for.
"""


def index() -> str:
    """``README.md``, the index of all pages."""
    parts = [_INDEX_HEAD]
    for title, codes in by_stage():
        rows = (f"| [{c.id}]({c.id}.md) | {c.slug} | {_cell(c.title)} |" for c in codes)
        parts.append(
            "\n".join([f"## {title}\n", "| Code | Name | What is wrong |", "|---|---|---|"])
        )
        parts[-1] += "\n" + "\n".join(rows) + "\n"
    return "\n".join(parts)


def _cell(text: str) -> str:
    return re.sub(r"([\\|*_])", r"\\\1", text)
