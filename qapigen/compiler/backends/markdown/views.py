"""What templates print: final texts in Markdown, nothing left to decide.

In: nothing.  Out: the values of ``markdown/module.md.j2`` and ``markdown/index.md.j2``.
Must not know: the schema.  No text ends with a newline.

What there are thousands of is a tuple with names, quick to make and to take apart in a template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "DefinitionView",
    "GroupView",
    "IndexEntryView",
    "IndexGroupView",
    "IndexView",
    "PageView",
    "PartView",
]


class GroupView(NamedTuple):
    """A piece of a definition: a text, or a list with a title.

    All lines of an entry but the first are indented by four.  Blank lines belong between those
    of a ``loose`` list, since there are some in them.
    """

    title: str = ""
    text: str = ""
    entries: tuple[str, ...] = ()

    @property
    def loose(self) -> bool:
        """Whether an entry has more than a paragraph, which sets the list apart as a whole."""
        return any("\n\n" in entry for entry in self.entries)


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """A definition.  ``marks`` are those of its heading, ``facts`` what is said right below."""

    marks: str
    name: str
    kind: str
    facts: tuple[str, ...]
    groups: tuple[GroupView, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """A part of a page: text (headings among it), or a definition and no text."""

    text: str = ""
    definition: DefinitionView | None = None


@dataclass(frozen=True, slots=True)
class PageView:
    """The page of a module.  ``facts`` stand below the title, with links to other pages."""

    title: str
    facts: tuple[str, ...]
    parts: tuple[PartView, ...]


class IndexEntryView(NamedTuple):
    """A line of the index: a link, and what is said behind it (maybe nothing)."""

    text: str
    link: str
    remark: str


@dataclass(frozen=True, slots=True)
class IndexGroupView:
    """A list of the index."""

    title: str
    entries: tuple[IndexEntryView, ...]


@dataclass(frozen=True, slots=True)
class IndexView:
    """The page that leads to all others.  Its groups are never empty."""

    title: str
    groups: tuple[IndexGroupView, ...]
