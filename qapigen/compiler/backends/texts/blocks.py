"""What documentation text consists of, whatever markup it was written in.

In: nothing.  Out: inline parts and blocks, made by the parsers, printed by :mod:`.writer`.
Must not know: any markup, the schema.

Text is raw everywhere: nothing in these values is escaped for anything.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = [
    "Block",
    "Code",
    "Emphasis",
    "Fence",
    "Heading",
    "Inline",
    "Link",
    "Listing",
    "Name",
    "Paragraph",
    "Quote",
    "Strong",
    "Text",
    "Titled",
]


class Text(NamedTuple):
    """Plain text; newlines are where the source had them and mean no more than a blank."""

    text: str


class Code(NamedTuple):
    """Something to be shown as typed."""

    text: str


class Emphasis(NamedTuple):
    """Stressed text."""

    text: str


class Strong(NamedTuple):
    """Strongly stressed text."""

    text: str


class Link(NamedTuple):
    """Text that leads to an absolute URL."""

    text: str
    url: str


class Name(NamedTuple):
    """The name of something in the schema.

    ``text`` is what to show, the name itself or other words for it.  ``member`` tells that the
    text means a member of the definition at hand, if it has one of that name.
    """

    name: str
    text: str
    member: bool


Inline: TypeAlias = Text | Code | Emphasis | Strong | Link | Name


class Paragraph(NamedTuple):
    """Running text."""

    inlines: tuple[Inline, ...]


class Heading(NamedTuple):
    """A title; ``style`` is how it was marked, the level follows from the order of styles."""

    style: str
    inlines: tuple[Inline, ...]


class Listing(NamedTuple):
    """A list; ``start`` is the number of the first item, None for bullets."""

    start: int | None
    items: tuple[tuple[Block, ...], ...]


class Fence(NamedTuple):
    """Lines to be shown as they are; ``language`` may be empty."""

    text: str
    language: str


class Quote(NamedTuple):
    """Blocks set apart, with a title (a note, say) or without."""

    title: tuple[Inline, ...]
    blocks: tuple[Block, ...]


class Titled(NamedTuple):
    """Blocks under a title that is no heading, such as an example."""

    title: tuple[Inline, ...]
    blocks: tuple[Block, ...]


Block: TypeAlias = Paragraph | Heading | Listing | Fence | Quote | Titled
