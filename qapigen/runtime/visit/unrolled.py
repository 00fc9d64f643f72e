"""Visits without recursion, for what is nested more deeply than the stack has room for.

In: what other visitors take.  Out: what they give, up to the limit of nesting.
Must not know: JSON text, commands.

A level of nesting takes some four to six frames of the stack, of which a thread has no more than
``sys.getrecursionlimit()``; that limit is not ours to change, other threads run under it.
Recursion is faster, so what is here is for when it has failed.

An object or array is made when the visit comes to it, and filled later.  What was left for later
is done depth first, and an error waits for what is before it; so the first error in the order
of the schema is the same as with recursion.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

from ..errors import VisitError, article, describe
from ..model import Struct, unknown_members
from .clone import Clone
from .core import MembersFunction, VisitFunction
from .plain import Trail, locate
from .refusals import MAX_DEPTH, python_refusal, refusal, too_deep
from .wire_in import WireInput
from .wire_out import WireOutput

__all__ = ["Unrolled", "UnrolledClone", "UnrolledInput", "UnrolledOutput"]

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", bound=Struct)


class _Later(NamedTuple):
    """What fills a container, the way to it, and its depth."""

    fill: Callable[[], object]
    trail: Trail
    depth: int


class Unrolled:
    """What makes a visitor one that does not recurse; it is to be started with :meth:`run`."""

    _depth: int  # of the container that is being filled
    _trail: Trail = None  # the way to it, or to its item

    def run(self, visit: Callable[[Any, str, Any], R], name: str, value: object) -> R:
        """What ``visit`` gives, filled."""
        made: list[R] = []
        self._pending: list[_Later] = []
        todo: list[_Later | VisitError] = [
            _Later(lambda: made.append(visit(self, name, value)), None, 0)
        ]
        while todo:
            each = todo.pop()
            if isinstance(each, VisitError):
                raise each
            self._trail, self._depth = each.trail, each.depth
            try:
                each.fill()
            except VisitError as error:
                locate(error, self._trail)
                todo.append(error)
            todo.extend(reversed(self._pending))  # so that the first one is done first
            self._pending.clear()
        return made[0]

    def _later(self, name: str, fill: Callable[[], object]) -> None:
        """Have the container of that name filled later."""
        depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise too_deep(name)
        self._pending.append(_Later(fill, (name, self._trail), depth))

    def _items(self, items: Iterable[T]) -> Iterator[T]:
        """The items of the array that is being filled, while the way leads to them."""
        around = self._trail
        for index, item in enumerate(items):
            self._trail = (f"[{index}]", around)
            yield item


class UnrolledInput(Unrolled, WireInput):
    """Reads as :class:`WireInput` does."""

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        data = self._value
        if not isinstance(data, dict):
            raise refusal(name, "an object", describe(data))
        obj = cls.__new__(cls)
        self._later(name, partial(self._fill_object, obj, data, members))
        return obj

    def _fill_object(self, obj: S, data: dict[str, object], members: MembersFunction[S]) -> None:
        self._object, self._taken = data, 0
        members(self, obj)
        if self._taken != len(data):
            self._surplus(data, members, obj)

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        data = self._value
        if not isinstance(data, list):
            raise refusal(name, "an array", describe(data))
        items: list[T] = []
        self._later(name, partial(self._fill_array, items, data, visit))
        return items

    def _fill_array(
        self,
        items: builtins.list[T],
        data: builtins.list[object],
        visit: VisitFunction[T],
    ) -> None:
        for item in self._items(data):
            self._value = item
            items.append(visit(self, "", None))


class UnrolledOutput(Unrolled, WireOutput):
    """Writes as :class:`WireOutput` does; :meth:`write` gives the result."""

    def write(self, visit: Callable[[Any, str, T | None], object], name: str, value: T) -> object:
        """The JSON form of a value."""

        def result_of(visitor: UnrolledOutput, name: str, value: T | None) -> object:
            visit(visitor, name, value)
            return visitor.result

        return self.run(result_of, name, value)

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(name, article(cls.__name__), value)
        filled: dict[str, object] = {}
        self._later(name, partial(self._fill_object, filled, value, members))
        self.result = filled
        return value

    def _fill_object(self, filled: dict[str, object], obj: S, members: MembersFunction[S]) -> None:
        self._object = filled
        members(self, obj)
        if self._lenient:
            self._write_unknown(obj, filled)

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(name, "a list", value)
        items: list[object] = []
        self._later(name, partial(self._fill_array, items, value, visit))
        self.result = items
        return value

    def _fill_array(
        self,
        items: builtins.list[object],
        value: builtins.list[T],
        visit: VisitFunction[T],
    ) -> None:
        for item in self._items(value):
            visit(self, "", item)
            items.append(self.result)


class UnrolledClone(Unrolled, Clone):
    """Copies as :class:`Clone` does."""

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(name, article(cls.__name__), value)
        copy = cls.__new__(cls)
        self._later(name, partial(self._fill_object, copy, value, members))
        return copy

    def _fill_object(self, copy: S, value: S, members: MembersFunction[S]) -> None:
        self._source = value
        members(self, copy)
        unknown = unknown_members(value)
        if unknown:
            self._copy_unknown(unknown, copy)

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(name, "a list", value)
        items: list[T] = []
        self._later(name, partial(self._fill_array, items, value, visit))
        return items

    def _fill_array(
        self,
        items: builtins.list[T],
        value: builtins.list[T],
        visit: VisitFunction[T],
    ) -> None:
        items.extend(visit(self, "", item) for item in self._items(value))
