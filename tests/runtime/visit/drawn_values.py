"""Hypothesis strategies of typed values, made from visit functions alone."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from qapigen.runtime.model import NULL, Struct
from qapigen.runtime.visit import AlternateInfo, UnionInfo, VisitFunction, Visitor
from qapigen.runtime.visit.kinds import IntegerKind

Draw = Callable[[st.SearchStrategy[Any]], Any]

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = FLOATS | st.integers(-(2**63), 2**64 - 1)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"(__[a-z.-]{0,5}_)?[A-Za-z][A-Za-z0-9_-]{0,9}", fullmatch=True)
TEXT_TREES: st.SearchStrategy[Any] = st.recursive(
    TEXT,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)
_DEEP = 3  # from here on, what may be absent is


class Drawing(Visitor):
    """Makes a value; ``sayable`` is one that key=value text has words for."""

    def __init__(self, draw: Draw, *, sayable: bool) -> None:
        self.draw = draw
        self.sayable = sayable
        self.depth = 0

    def struct(self, name: str, value: Any, cls: Any, members: Any) -> Any:
        obj = cls.__new__(cls)
        self.depth += 1
        members(self, obj)
        self.depth -= 1
        return obj

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = visit(self, wire, None)
        assume(not (self.sayable and is_empty(value)))
        setattr(obj, python, value)

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = None
        if self.depth < _DEEP and self.draw(st.booleans()):
            value = visit(self, wire, None)
        setattr(obj, python, None if self.sayable and is_empty(value) else value)

    def union(self, name: str, value: Any, info: UnionInfo[Any]) -> Any:
        cls = self.draw(st.sampled_from(list(info.classes)))
        branch = info.classes[cls]
        obj = self.struct(name, None, cls, branch.members)
        for tag in self.draw(st.sampled_from(branch.ways)):
            setattr(obj, tag.python, type(getattr(obj, tag.python))(tag.value))
        return obj

    def alternate(self, name: str, value: Any, info: AlternateInfo[Any]) -> Any:
        kinds = [kind for kind in info.branches if not (self.sayable and kind == "null")]
        return info.branches[self.draw(st.sampled_from(kinds))](self, name, None)

    def list(self, name: str, value: Any, visit: VisitFunction[Any]) -> builtins.list[Any]:
        length = self.draw(st.integers(self.sayable, 1 if self.depth >= _DEEP else 3))
        self.depth += 1
        items = [visit(self, "", None) for _ in range(length)]
        self.depth -= 1
        assume(not (self.sayable and self.depth and any(map(is_empty, items))))
        return items

    def enum(self, name: str, value: Any, cls: Any) -> Any:
        return self.draw(st.sampled_from(list(cls)))

    def string(self, name: str, value: str | None) -> Any:
        return self.draw(TEXT)

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> Any:
        return self.draw(st.integers(kind.low, kind.high))

    def number(self, name: str, value: float | None) -> Any:
        return self.draw(NUMBERS)

    def boolean(self, name: str, value: bool | None) -> Any:
        return self.draw(st.booleans())

    def null(self, name: str, value: Any) -> Any:
        return NULL

    def any(self, name: str, value: object) -> object:
        made = self.draw(TEXT_TREES if self.sayable else JSON)
        return NULL if made is None else made


def is_empty(value: object) -> bool:
    """Is a value null, an empty array or an object without members?"""
    if isinstance(value, Struct):
        return all(getattr(value, name) is None for name in value.__dataclass_fields__)
    return value == [] or value is NULL


@st.composite
def values(draw: Draw, visit: VisitFunction[Any], *, sayable: bool = False) -> Any:
    """Any value that a visit function knows."""
    return visit(Drawing(draw, sayable=sayable), "", None)
