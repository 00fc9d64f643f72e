"""Typed values as text for people: one ``key: value`` in a line, nested by indentation.

In: a Python value of a schema type.  Out: lines, of bounded number and length.
Must not know: JSON text, commands.

The text is for reading and logging, not for programs, so nothing is refused: what does not fit
its type is shown between angle brackets.  Strings are in quotes only where they would be taken
for something else.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

from ..errors import article, describe
from ..model import NULL, Enum, NullType, Struct, unknown_members
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .kinds import IntegerKind, python_kind

__all__ = ["LINE_LIMIT", "STRING_LIMIT", "TextOutput", "to_text"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)

LINE_LIMIT = 1000  # lines, where the caller does not choose
STRING_LIMIT = 200  # characters of one string, likewise

_MOST_DEPTH = 64  # containers inside each other that are shown
_STEP = "  "  # of indentation

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+")
# What a string would be taken for if it had no quotes.
_TAKEN_FOR_ELSE = re.compile(
    r"""true|false|null|\[\]|\{\}|\.\.\.|-|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"""
    r"""|["<].*|-\ .*|.*:\ .*|.*:"""
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class _EnoughError(Exception):
    """The last line that may be made was made."""


class TextOutput(Visitor):
    """Writes one value; afterwards :attr:`lines` is its text, line by line."""

    __slots__ = ("_depth", "_indent", "_label", "_lead", "_line_limit", "_string_limit", "lines")

    def __init__(self, *, line_limit: int = LINE_LIMIT, string_limit: int = STRING_LIMIT) -> None:
        self.lines: list[str] = []
        self._line_limit = line_limit
        self._string_limit = string_limit
        self._label = ""  # "name:" of the member whose value is visited next
        self._indent = ""  # what lines of the container that is being visited begin with
        self._lead = ""  # the same for its next line, which may stand behind a "- "
        self._depth = 0

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            return self._misfit(value)

        def content() -> None:
            members(self, value)
            for wire, item in unknown_members(value).items():
                self._member(wire, partial(self._plain, item))

        self._container(content, empty="{}")
        return value

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        self._member(wire, lambda: self._misfit(None) if value is None else visit(self, "", value))

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        if value is not None:
            self._member(wire, lambda: visit(self, "", value))

    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        branch = info.classes.get(type(value))
        if value is None or branch is None:
            return self._misfit(value)
        cls: type[Any] = type(value)
        self.struct(name, value, cls, branch.members)
        return value

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        visit = info.branches.get(python_kind(value))
        if visit is None or value is None:
            return self._misfit(value)
        visit(self, name, value)
        return value

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            return self._misfit(value)
        self._items(value, lambda item: visit(self, "", item))
        return value

    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        if not isinstance(value, str):
            return self._misfit(value)
        plain = str.__str__(value)
        self._scalar(plain if _PLAIN_NAME.fullmatch(plain) else self._quoted_if_needed(plain))
        return value

    def string(self, name: str, value: str | None) -> str:
        return self._leaf(value, str)

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        return self._leaf(value, int)

    def number(self, name: str, value: float | None) -> float:
        return self._leaf(value, (int, float))

    def boolean(self, name: str, value: bool | None) -> bool:
        return self._leaf(value, bool)

    def null(self, name: str, value: NullType | None) -> NullType:
        return self._leaf(value, NullType)

    def any(self, name: str, value: object) -> object:
        if value is None:
            return self._misfit(value)
        self._plain(value)
        return value

    def _leaf(self, value: T | None, kind: type[Any] | tuple[type[Any], ...]) -> T:
        is_bool = isinstance(value, bool)  # a bool is an int as well, but not in a schema
        if value is None or not isinstance(value, kind) or (is_bool and kind is not bool):
            return self._misfit(value)
        self._plain(value)
        return value

    def _plain(self, value: object) -> None:
        """Any value, as plain data shows itself."""
        if isinstance(value, dict):
            self._container(lambda: self._plain_members(value), empty="{}")
        elif isinstance(value, list):
            self._items(value, self._plain)
        elif value is None or value is NULL:
            self._scalar("null")
        elif isinstance(value, str):
            self._scalar(self._quoted_if_needed(str.__str__(value)))
        elif isinstance(value, bool):
            self._scalar("true" if value else "false")
        elif isinstance(value, (int, float)):
            # The words bound the length of an integer of any size.
            self._scalar(describe(value).removeprefix("number "))
        else:
            self._misfit(value)

    def _plain_members(self, value: Mapping[Any, object]) -> None:
        for key, item in value.items():
            self._member(key, partial(self._plain, item))

    def _misfit(self, value: T | None) -> T:
        if value is None:
            self._scalar("<nothing>")
        elif isinstance(value, Struct):
            self._scalar(f"<{article(type(value).__name__)}>")
        else:
            self._scalar(f"<{describe(value)}>")
        return cast("T", value)  # handed on as it is

    def _member(self, name: object, visit_value: Callable[[], object]) -> None:
        text = self._quoted_if_needed(name) if isinstance(name, str) else f"<{describe(name)}>"
        self._label = f"{text}:"
        visit_value()

    def _items(self, value: builtins.list[Any], visit_item: Callable[[Any], object]) -> None:
        def content() -> None:
            indent = self._indent
            lead = self._lead
            for item in value:
                self._lead = lead + "- "
                self._indent = indent + _STEP
                visit_item(item)
                lead = indent
            self._indent = indent

        self._container(content, empty="[]")

    def _container(self, content: Callable[[], object], *, empty: str) -> None:
        """A line for the name, if there is one, and what ``content`` writes below it."""
        label, self._label = self._label, ""
        indent = self._indent
        if label:
            self._line(label)
            self._indent = self._lead = indent + _STEP
        before = len(self.lines)
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            self._line("...")
        else:
            content()
        self._depth -= 1
        self._indent = indent
        if len(self.lines) > before:
            self._lead = indent
        elif label:
            self.lines[-1] += f" {empty}"
            self._lead = indent
        else:
            self._line(empty)

    def _scalar(self, text: str) -> None:
        label, self._label = self._label, ""
        self._line(f"{label} {text}" if label else text)

    def _line(self, text: str) -> None:
        if len(self.lines) >= self._line_limit:
            raise _EnoughError
        self.lines.append(self._lead + text)
        self._lead = self._indent

    def _quoted_if_needed(self, text: str) -> str:
        shown = text[: self._string_limit]
        rest = f"... ({len(text)} characters)" if len(shown) < len(text) else ""
        is_clear = shown.isprintable() and shown.strip() == shown and bool(shown)
        if is_clear and not rest and not _TAKEN_FOR_ELSE.fullmatch(shown):
            return shown
        return f'"{"".join(map(_escaped, shown))}"{rest}'


def to_text(
    visit: Callable[[Visitor, str, T | None], object],
    value: T,
    *,
    line_limit: int = LINE_LIMIT,
    string_limit: int = STRING_LIMIT,
) -> str:
    """The lines of a typed value for people, joined; no line end behind the last one.

    Absent members are left out, those that only a lenient reading knows come last; a
    mandatory one that is missing shows as ``<nothing>``.  Of a value with more than ``line_limit``
    lines the first are shown, then a line ``...``; a string longer than ``string_limit``
    characters is cut.  Nothing is refused.
    """
    visitor = TextOutput(line_limit=line_limit, string_limit=string_limit)
    try:
        visit(visitor, "", value)
    except _EnoughError:
        visitor.lines.append("...")
    return "\n".join(visitor.lines)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return "".join(f"\\u{unit:04x}" for unit in _utf16_units(character))


def _utf16_units(character: str) -> Iterable[int]:
    code = ord(character)
    if code < 0x10000:
        return (code,)
    code -= 0x10000
    return (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
