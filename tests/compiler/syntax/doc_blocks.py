"""Documentation blocks that stand in a test as the texts of their lines."""

from __future__ import annotations

from qapigen.compiler.ir import Section, SectionKind
from tests.compiler.schema_texts import tree_of

__all__ = ["FREE", "block", "definition_block", "sections"]

FREE = "free-form"

_TAGS = {
    SectionKind.TEXT: "text",
    SectionKind.MEMBER: "@",
    SectionKind.FEATURE: "feature @",
    SectionKind.TAGGED: "",
}


def block(*lines: str) -> str:
    """A block of these lines; a mark at their start stays outside the comment sign."""
    return "".join(f"{line}\n" for line in ("##", *map(_comment, lines), "##"))


def _comment(line: str) -> str:
    mark = line[:1] if line[:1] in ("«", "‹") else ""
    text = line.removeprefix(mark)
    return f"{mark}# {text}" if text.rstrip("»›") else f"{mark}#{text}"


def definition_block(*lines: str) -> str:
    """The block of a command ``aa`` that has an argument ``a``, a feature ``f`` and a result."""
    return block("@aa:", *lines)


def sections(*lines: str, dialect: str) -> list[tuple[str, str]]:
    """The sections of a block: what it is (``text``, ``@a``, ``feature @f``, a tag) and its text."""
    (doc,) = tree_of(block(*lines) + "{ 'command': 'aa' }" * lines[0].startswith("@"), dialect).docs
    return [(_shown(section), section.text) for section in doc.sections]


def _shown(section: Section) -> str:
    tag = _TAGS[section.kind]
    return tag if section.kind is SectionKind.TEXT else tag + section.name
