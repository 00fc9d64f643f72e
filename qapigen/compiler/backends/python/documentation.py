"""Documentation of definitions and members as docstrings.

In: a schema.  Out: plain text for each definition and member.  The markup of the comments
stays as it is: it reads well as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...ir import (
    Alternate,
    Command,
    Definition,
    Doc,
    Enum,
    EnumValue,
    Event,
    InlineMembers,
    Member,
    Schema,
    SectionKind,
    Struct,
    Union,
    kind_of,
)
from .text import docstring

__all__ = ["Documentation"]

_LEFT_OUT = ("TODO",)
#: What starts with a list item, or with an example's line, keeps its lines in one column.
_LIST = re.compile(r"\s*([-*] |[0-9]+[.)] |->|<-)")


class Documentation:
    """The texts, by definition and by member or value."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema  # keeps the members, whose identities are keys here, alive
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

    def member(self, member: Member | EnumValue) -> str:
        """What the schema says about a member or value; empty if nothing."""
        return self._members.get(id(member), "")

    def member_docstring(self, member: Member | EnumValue) -> str | None:
        """The same as a docstring in a class; None if there is nothing to say."""
        key = id(member)
        found = self._docstrings.get(key)
        if found is None:  # members of a base are those of many classes
            text = self._members.get(key)
            if not text:
                return None
            found = self._docstrings[key] = docstring(text, indent=4)
        return found

    def type(self, definition: Definition) -> str:
        """The text for a type: what it is, its features, since when it is there."""
        return _text(definition, with_members=False)

    def action(self, definition: Command | Event) -> str:
        """The text for a command or event, its members' descriptions included."""
        return _text(definition, with_members=True)

    def action_docstring(self, definition: Command | Event, *, indent: int) -> str:
        """The same as a docstring; several parts of a package have it."""
        key = (id(definition), indent)
        found = self._actions.get(key)
        if found is None:
            found = self._actions[key] = docstring(self.action(definition), indent=indent)
        return found


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


def _text(definition: Definition, *, with_members: bool) -> str:
    blocks = list(_blocks(definition, with_members)) if definition.doc else []
    if not blocks:
        blocks = [f"The {kind_of(definition)} ``{definition.name}``."]
    return "\n\n".join(blocks)


def _blocks(definition: Definition, with_members: bool) -> Iterator[str]:
    assert definition.doc is not None
    for section in definition.doc.sections:
        match section.kind:
            case SectionKind.TEXT:
                yield section.text
            case SectionKind.MEMBER:
                if with_members or isinstance(definition, Alternate):
                    yield f"@{section.name}: {_indent(section.text)}"
            case SectionKind.FEATURE:
                yield f"Feature {section.name}: {_indent(section.text)}"
            case SectionKind.TAGGED:
                if section.name not in _LEFT_OUT:
                    yield f"{section.name}: {_indent(section.text)}"


def _indent(text: str) -> str:
    """``text`` with its second and later lines set in, as belonging to a tag."""
    if _LIST.match(text):
        return "\n" + "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
    return text.replace("\n", "\n    ")
