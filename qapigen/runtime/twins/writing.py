"""Straight code that writes typed values as JSON text, all levels in one function.

In: a shape, and a function that writes plain data.  Out: a function that writes a value, or
gives None.
Must not know: msgspec, how errors are worded.

All is checked before it is written, what the JSON library would check is left to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

from ..model import NULL
from ..visit.kinds import ALIKE_BELOW, ALIKE_FROM
from .lines import Lines
from .shapes import (
    Boolean,
    Choice,
    Integer,
    Items,
    Member,
    Number,
    Object,
    Shape,
    Text,
    TextOrNull,
)

__all__ = ["Writer", "Writing", "writer_of_objects"]

#: Gives the text, or None where the visit has to decide.
Writer: TypeAlias = Callable[[Any], bytes | None]


class Writing(ABC):
    """Writes such a function; subclasses know what the JSON library is given."""

    #: What stands for an absent member that may also be null.
    absent: object = None

    def __init__(self, *failures: type[Exception]) -> None:
        self.lines = Lines(*failures)
        self._strings = False  # there may be other characters than those of ASCII

    def writer(self, shape: Object | Items) -> Writer:
        """The function."""
        made = self.value(shape, "given")
        self.lines.add(f"text = {self.text(made)}")
        if self._strings:
            # DEL is of ASCII, but is written as an escape.
            self.lines.refuse_if("0x7F in text or not text.isascii()")
        self.lines.add("return text")
        return self.lines.function()

    @abstractmethod
    def text(self, made: str) -> str:
        """The expression that writes plain data."""

    @abstractmethod
    def members(self, shape: Object, given: str) -> str:
        """Write the checks of all members; the expression of the plain object."""

    @abstractmethod
    def integer(self, shape: Integer, given: str) -> str:
        """The condition that refuses an int that is out of range; "" if the library does."""

    def wrong(self, shape: Shape, given: str) -> str:
        """The condition that refuses a scalar."""
        match shape:
            case Text():
                self._strings = True
                return f"{given}.__class__ is not str"
            case Boolean():
                return f"{given} is not True and {given} is not False"
            case Integer():
                outside = self.integer(shape, given)
                return f"{given}.__class__ is not int" + (f" or {outside}" if outside else "")
            case Number():
                kind = f"{given}.__class__ is not float and {given}.__class__ is not int"
                # Not true of what is no number either.
                alike = (
                    f"{ALIKE_FROM} <= {given} < {ALIKE_BELOW} or {given} == 0"
                    f" or {-ALIKE_BELOW} < {given} <= {-ALIKE_FROM}"
                )
                return f"({kind}) or not ({alike})"
            case Choice(cls):
                return f"{given}.__class__ is not {self.lines.constant(cls)}"
            case _:
                return ""

    def value(self, shape: Shape, given: str) -> str:
        """Write the checks of a value in a variable; the expression of its plain form."""
        match shape:
            case Object(cls):
                self.lines.refuse_if(f"{given}.__class__ is not {self.lines.constant(cls)}")
                return self.members(shape, given)
            case Items(item):
                self.lines.refuse_if(f"{given}.__class__ is not list")
                return self._items(item, given)
            case TextOrNull():
                null = self.lines.constant(NULL)
                self.lines.refuse_if(f"{given} is not {null} and ({self.wrong(Text(), given)})")
                return f"None if {given} is {null} else {given}"
            case Choice(cls):
                self.lines.refuse_if(self.wrong(shape, given))
                # An open value of the class is none of them.
                return f"{self.lines.constant({each: each.value for each in cls})}[{given}]"
            case _:
                self.lines.refuse_if(self.wrong(shape, given))
                return given

    def _items(self, item: Shape, given: str) -> str:
        each = self.lines.local()
        if not isinstance(item, Object | Items | TextOrNull | Choice):
            with self.lines.block(f"for {each} in {given}:"):
                self.lines.refuse_if(self.wrong(item, each))
            return given
        made = self.lines.local()
        self.lines.add(f"{made} = []")
        with self.lines.block(f"for {each} in {given}:"):
            self.lines.add(f"{made}.append({self.value(item, each)})")
        return made


class _ToObjects(Writing):
    """To dicts and lists, for orjson with options.

    It refuses strings with lone surrogates, and ints of more than 53 bits.
    """

    def __init__(self, dumps: Callable[..., bytes], options: int) -> None:
        super().__init__()
        self._dumps = dumps
        self._options = options

    def text(self, made: str) -> str:
        return f"{self.lines.constant(self._dumps)}({made}, None, {self._options})"

    def integer(self, shape: Integer, given: str) -> str:
        low, high = shape.kind.low, shape.kind.high
        if high < 2**53:
            return f"not {low} <= {given} <= {high}"
        return "" if low else f"{given} < 0"

    def members(self, shape: Object, given: str) -> str:
        made = self.lines.local()
        first = next((i for i, each in enumerate(shape.members) if each.optional), None)
        rows: list[str] = []
        for member in shape.members[:first]:
            variable = self.lines.local()
            self.lines.add(f"{variable} = {given}.{member.python}")
            rows.append(f"{member.wire!r}: {self.value(member.shape, variable)}")
        whole = f"{{{', '.join(rows)}}}"
        if first is None:
            return whole
        self.lines.add(f"{made} = {whole}")
        for member in shape.members[first:]:
            self._member(member, given, made)
        return made

    def _member(self, member: Member, given: str, made: str) -> None:
        variable = self.lines.local()
        self.lines.add(f"{variable} = {given}.{member.python}")
        if not member.optional:
            value = self.value(member.shape, variable)
            self.lines.add(f"{made}[{member.wire!r}] = {value}")
            return
        with self.lines.block(f"if {variable} is not None:"):
            value = self.value(member.shape, variable)
            self.lines.add(f"{made}[{member.wire!r}] = {value}")


def writer_of_objects(shape: Object | Items, dumps: Callable[..., bytes], options: int) -> Writer:
    """The function that writes text with ``dumps``, which is orjson's, and ``options``."""
    return _ToObjects(dumps, options).writer(shape)
