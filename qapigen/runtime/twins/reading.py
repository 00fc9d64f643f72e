"""Straight code that makes typed values from parsed JSON text, all levels in one function.

In: a shape, and a function that parses text.  Out: a function that reads text, or gives None.
Must not know: msgspec, how errors are worded.

Neither orjson nor msgspec sees a member that is there twice; the number of colons in the text
tells.  The code counts the members that it finds.  Each has a colon in the text, and so has each
that was replaced by a later one; so nothing was there twice if there are no more colons than
members.  Colons inside of strings are looked at only where the numbers differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from ..model import NULL
from .lines import Lines
from .shapes import (
    Boolean,
    Choice,
    Integer,
    Items,
    Number,
    Object,
    Shape,
    Text,
    TextOrNull,
)

__all__ = ["Reader", "Reading", "may_hide_colons", "reader_of_objects"]

#: Gives a value, or None where the visit has to decide.
Reader: TypeAlias = Callable[[str | bytes], Any]


class Reading(ABC):
    """Writes such a function; subclasses know what the parser gives."""

    def __init__(self, parse: Callable[[str | bytes], Any], *failures: type[Exception]) -> None:
        self.lines = Lines(*failures)
        self._parse = parse
        self._counts: list[int] = []  # members sure to be there, for each open block

    def reader(self, shape: Object | Items) -> Reader:
        """The function."""
        lines = self.lines
        lines.add(f"found = {lines.constant(self._parse)}(given)")
        mark = lines.mark()
        self._counts.append(0)
        made = self.value(shape, "found")
        lines.fill(mark, f"n = {self._counts.pop()}")
        count = 'given.count(":") if given.__class__ is str else given.count(b":")'
        explained = lines.constant(self.explained)
        lines.add(f"colons = {count}")
        lines.refuse_if(f"colons != n and not {explained}(found, given, n, colons)")
        lines.add(f"return {made}")
        return lines.function()

    @abstractmethod
    def value(self, shape: Shape, found: str) -> str:
        """Write the checks of what was found in a variable; the expression of its typed form."""

    @abstractmethod
    def members(self, shape: Object, found: str, made: str) -> None:
        """Write what fills an object."""

    @staticmethod
    @abstractmethod
    def explained(found: Any, text: str | bytes, members: int, colons: int) -> bool:
        """Whether there are just as many colons more than members as its strings have."""

    def count(self) -> None:
        """Count a member."""
        self._counts[-1] += 1

    @contextmanager
    def perhaps(self, head: str) -> Iterator[None]:
        """A block whose members are counted only when it is run."""
        with self.lines.block(head):
            self._counts.append(0)
            yield
            counted = self._counts.pop()
            if counted:
                self.lines.add(f"n += {counted}")

    def object(self, shape: Object, found: str) -> str:
        """Write what makes an object; the variable with it."""
        made = self.lines.local()
        new, cls = self.lines.constant(object.__new__), self.lines.constant(shape.cls)
        self.lines.add(f"{made} = {new}({cls})")
        self.members(shape, found, made)
        return made

    def objects(self, shape: Items, found: str) -> str:
        """Write what makes a list anew; the variable with it."""
        made, item = self.lines.local(), self.lines.local()
        self.lines.add(f"{made} = []")
        with self.perhaps(f"for {item} in {found}:"):
            self.lines.add(f"{made}.append({self.value(shape.item, item)})")
        return made


def may_hide_colons(text: str | bytes) -> bool:
    """Whether a string in a text may have a colon that was written as an escape."""
    if isinstance(text, str):
        return "\\" in text and "\\u003" in text
    return b"\\" in text and b"\\u003" in text


class _FromObjects(Reading):
    """From dicts and lists as orjson makes them.

    Its strings have no lone surrogates, its ints fit into 64 bits with or without sign, its
    floats are finite.
    """

    def value(self, shape: Shape, found: str) -> str:
        match shape:
            case Choice(cls):
                members = {each.value: each for each in cls}
                return f"{self.lines.constant(members)}[{found}]"
            case Object():
                self.lines.refuse_if(f"{found}.__class__ is not dict")
                return self.object(shape, found)
            case Items(item):
                self.lines.refuse_if(f"{found}.__class__ is not list")
                if isinstance(item, Object | Choice | TextOrNull | Items):
                    return self.objects(shape, found)
                with self.lines.block(f"for item in {found}:"):
                    self.lines.refuse_if(_wrong(item, "item"))
                return found
            case TextOrNull():
                wrong = f"{found} is not None and {_wrong(Text(), found)}"
                self.lines.refuse_if(wrong)
                null = self.lines.constant(NULL)
                return f"{null} if {found} is None else {found}"
            case _:
                self.lines.refuse_if(_wrong(shape, found))
                return found

    def members(self, shape: Object, found: str, made: str) -> None:
        for member in shape.members:
            target = f"{made}.{member.python}"
            if member.optional:
                # A null is a value like any other and does not stand for an absent member.
                with self.perhaps(f"if {member.wire!r} in {found}:"):
                    self._member(member.shape, f"{found}[{member.wire!r}]", target)
                self.lines.add("else:", f"    {target} = None")
            else:
                self._member(member.shape, f"{found}[{member.wire!r}]", target)

    def _member(self, shape: Shape, source: str, target: str) -> None:
        self.count()
        if isinstance(shape, Choice):
            self.lines.add(f"{target} = {self.value(shape, source)}")
        elif isinstance(shape, Object | Items | TextOrNull):
            variable = self.lines.local()
            self.lines.add(f"{variable} = {source}")
            self.lines.add(f"{target} = {self.value(shape, variable)}")
        else:
            self.lines.add(f"{target} = v = {source}")
            self.value(shape, "v")

    @staticmethod
    def explained(found: Any, text: str | bytes, members: int, colons: int) -> bool:
        todo: list[Any] = [found]
        # The list grows while the loop goes through it: no recursion, and no second list.
        for each in todo:
            kind = each.__class__
            if kind is str:
                colons -= each.count(":")
            elif kind is dict:
                # No more of them than the code has found, so there are no unknown ones, and
                # no name has a colon.
                members -= len(each)
                colons -= len(each)
                todo += each.values()
            elif kind is list:
                todo += each
        return members == colons == 0 and not may_hide_colons(text)


def _wrong(shape: Shape, value: str) -> str:
    """The condition that refuses a scalar."""
    match shape:
        case Text():
            return f"{value}.__class__ is not str"
        case Boolean():
            return f"{value} is not True and {value} is not False"
        case Number():
            return f"{value}.__class__ is not float and {value}.__class__ is not int"
        case Integer(kind):
            if kind.low == -(2**63):
                outside = f"{value} > {kind.high}"
            elif kind.high == 2**64 - 1:
                outside = f"{value} < {kind.low}"
            else:
                outside = f"not {kind.low} <= {value} <= {kind.high}"
            return f"{value}.__class__ is not int or {outside}"
        case _:
            raise TypeError(shape)


def reader_of_objects(shape: Object | Items, parse: Callable[[str | bytes], object]) -> Reader:
    """The function that reads text with a parser that gives dicts and lists, as orjson's does."""
    return _FromObjects(parse).reader(shape)
