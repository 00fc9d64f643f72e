"""Documentation of definitions and members as docstrings.

In: a schema.  Out: Markdown for each definition and member, also as literals.
Must not know: the markup of the comments, how blocks are printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ...ir import (
    Command,
    Definition,
    Doc,
    Enum,
    EnumValue,
    Event,
    InlineMembers,
    Member,
    Schema,
    Section,
    SectionKind,
    Struct,
    Union,
    kind_of,
)
from ..texts.blocks import Fence, Text, Titled
from ..texts.docstrings import DocstringWriter
from ..texts.escape import code_span
from ..texts.markup import parser_for
from ..texts.text_lines import guess_language
from .text import docstring

__all__ = ["Documentation"]

_LEFT_OUT = ("TODO",)
#: What the members of a definition are called where it is not just that.
_TITLES = {"command": "Arguments", "event": "Data", "alternate": "Alternatives"}


class Documentation:
    """The texts, by definition and by member or value."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema  # keeps the members, whose identities are keys here, alive
        self._parse = parser_for(schema.dialect)
        self._writer = DocstringWriter()
        self._members: dict[int, str] = {}
        self._docstrings: dict[int, str] = {}
        self._actions: dict[tuple[int, int], str] = {}
        for definition in schema.definitions:
            if definition.doc is not None:
                self._describe(definition, definition.doc)

    def _describe(self, definition: Definition, doc: Doc) -> None:
        """Give the members that the definition itself has their texts."""
        wanted = SectionKind.MEMBER
        texts = {s.name: s.text for s in doc.sections if s.kind is wanted}
        if texts:
            for member in _own_members(definition):
                if member.name in texts:
                    self._members[id(member)] = texts[member.name]

    def member_docstring(self, member: Member | EnumValue) -> str | None:
        """What the schema says about a member or value, for a class; None if nothing."""
        key = id(member)
        found = self._docstrings.get(key)
        if found is None:  # members of a base are those of many classes
            text = self._markdown(self._members.get(key, ""))
            if not text:
                return None
            found = self._docstrings[key] = docstring(text, indent=4)
        return found

    def type(self, definition: Definition) -> str:
        """The text for a type: what it is, its features, since when it is there."""
        return self._text(definition, with_members=False)

    def action(self, definition: Command | Event) -> str:
        """The text for a command or event, its members' descriptions included."""
        return self._text(definition, with_members=True)

    def action_docstring(self, definition: Command | Event, *, indent: int) -> str:
        """The same as a docstring; several parts of a package have it."""
        key = (id(definition), indent)
        found = self._actions.get(key)
        if found is None:
            found = self._actions[key] = docstring(self.action(definition), indent=indent)
        return found

    def _markdown(self, text: str) -> str:
        return self._writer.text(self._parse(text)) if text else ""

    def _text(self, definition: Definition, *, with_members: bool) -> str:
        blocks = filter(None, self._blocks(definition, with_members))
        return "\n\n".join(blocks) or f"The {kind_of(definition)} {code_span(definition.name)}."

    def _blocks(self, definition: Definition, with_members: bool) -> Iterator[str]:
        sections = definition.doc.sections if definition.doc is not None else ()
        # What a type says about attributes of its class stands there.
        elsewhere = set() if with_members else {m.name for m in _own_members(definition)}
        for kind, run in groupby(sections, lambda section: section.kind):
            match kind:
                case SectionKind.TEXT:
                    yield from (self._markdown(section.text) for section in run)
                case SectionKind.MEMBER:
                    shown = [section for section in run if section.name not in elsewhere]
                    yield self._list(_TITLES.get(kind_of(definition), "Members"), shown)
                case SectionKind.FEATURE:
                    yield self._list("Features", run)
                case SectionKind.TAGGED:
                    yield from (self._tagged(s) for s in run if s.name not in _LEFT_OUT)

    def _list(self, title: str, sections: Iterable[Section]) -> str:
        """What is said about members or features; empty if there are none."""
        items = [
            self._writer.entry(f"- {code_span(s.name)}", self._parse(s.text), indent="    ")
            for s in sections
        ]
        # Blank lines in an item set the whole list apart.
        between = "\n\n" if any("\n\n" in item for item in items) else "\n"
        return f"{title}\n\n{between.join(items)}" if items else ""

    def _tagged(self, section: Section) -> str:
        """A section with a tag, such as ``Returns:``."""
        if section.name in ("Example", "Examples"):
            fence = Fence(section.text, guess_language(section.text))
            return self._writer.text([Titled((Text(section.name),), (fence,))])
        return self._writer.labelled(section.name, self._parse(section.text))


def _own_members(definition: Definition) -> tuple[Member | EnumValue, ...]:
    match definition:
        case Enum():
            return definition.values
        case Struct():
            return definition.members
        case Union(base=InlineMembers(members)):
            return members
        case Command(data=InlineMembers(members)) | Event(data=InlineMembers(members)):
            return members
        case _:
            return ()
