"""Typed values part by part: each object, array and scalar in them, with its place.

In: a Python value of a schema type.  Out: pairs of a path and a part.
Must not know: JSON, commands.

Paths are those of error messages, with the names of the schema: ``flags[0].state``.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from ..errors import article
from ..model import Enum, NullType, Struct, is_missing
from .core import AlternateInfo, MembersFunction, UnionInfo, VisitFunction, Visitor
from .kinds import IntegerKind, python_kind
from .refusals import MAX_DEPTH, python_refusal, too_deep
from .unrolled import Unrolled

__all__ = ["UnrolledWalk", "Walk", "walk"]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)


class Walk(Visitor):
    """Notes the parts of one value; afterwards :attr:`found` lists them, outer parts first."""

    __slots__ = ("_depth", "_path", "found")

    def __init__(self) -> None:
        self.found: list[tuple[str, object]] = []
        self._path = ""  # of the container that is being visited
        self._depth = 0

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(self._place(name), article(cls.__name__), value)
        outer = self._enter(name, value)
        members(self, value)
        self._leave(outer)
        return value

    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        if value is not None or not is_missing(obj, python):
            visit(self, wire, value)

    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        value = getattr(obj, python, None)
        if value is not None:
            visit(self, wire, value)

    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        branch = info.classes.get(type(value))
        if value is None or branch is None:
            raise python_refusal(self._place(name), article(info.name), value)
        cls: type[Any] = type(value)
        self.struct(name, value, cls, branch.members)
        return value

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        visit = info.branches.get(python_kind(value))
        if visit is None or value is None:
            raise python_refusal(self._place(name), info.expected, value)
        visit(self, name, value)
        return value

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(self._place(name), "a list", value)
        outer = self._enter(name, value)
        for index, item in enumerate(value):
            visit(self, f"[{index}]", item)
        self._leave(outer)
        return value

    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        return self._scalar(name, value)

    def string(self, name: str, value: str | None) -> str:
        return self._scalar(name, value)

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        return self._scalar(name, value)

    def number(self, name: str, value: float | None) -> float:
        return self._scalar(name, value)

    def boolean(self, name: str, value: bool | None) -> bool:
        return self._scalar(name, value)

    def null(self, name: str, value: NullType | None) -> NullType:
        return self._scalar(name, value)

    def any(self, name: str, value: object) -> object:
        if value is None:
            raise python_refusal(self._place(name), "a value", value)
        # No recursion: the peer chooses the depth of such a value.
        tasks = [(self._place(name), value, self._depth)]
        while tasks:
            path, part, depth = tasks.pop()
            if depth > MAX_DEPTH:
                raise too_deep("")
            self.found.append((path, part))
            tasks.extend((*each, depth + 1) for each in reversed(_inner(path, part)))
        return value

    def _scalar(self, name: str, value: T | None) -> T:
        if value is None:
            raise python_refusal(self._place(name), "a value", value)
        self.found.append((self._place(name), value))
        return value

    def _enter(self, name: str, value: object) -> str:
        """Note a container and make it the one that names belong to; returns the outer one."""
        outer = self._path
        self._path = self._place(name)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep("")
        self.found.append((self._path, value))
        return outer

    def _leave(self, outer: str) -> None:
        self._path = outer
        self._depth -= 1

    def _place(self, name: str) -> str:
        return _joined(self._path, name)


#: A part with its path, or the parts of the container before.
_Note: TypeAlias = "tuple[str, object] | list[_Note]"


class UnrolledWalk(Unrolled, Walk):
    """Notes the same without recursion."""

    def parts(
        self, visit: Callable[[Visitor, str, T | None], object], value: T
    ) -> Iterator[tuple[str, object]]:
        """All that :func:`walk` gives."""
        notes = self.found
        self.run(visit, "", value)
        return _flat(notes)

    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        if not isinstance(value, cls):
            raise python_refusal(self._place(name), article(cls.__name__), value)
        self._open(name, value, lambda: members(self, value))
        return value

    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        if not isinstance(value, list):
            raise python_refusal(self._place(name), "a list", value)

        def content() -> None:
            for index, item in enumerate(value):
                visit(self, f"[{index}]", item)

        self._open(name, value, content)
        return value

    def _open(self, name: str, value: object, content: Callable[[], None]) -> None:
        """Note a container, and later what ``content`` visits in it."""
        path = self._place(name)
        inside: list[tuple[str, object]] = []
        self.found += ((path, value), cast("tuple[str, object]", inside))

        def fill() -> None:
            self._path, self.found = path, inside
            content()

        self._later("", fill)


def walk(
    visit: Callable[[Visitor, str, T | None], object], value: T
) -> Iterator[tuple[str, object]]:
    """The path and the value of each part of a typed value, in the order of the schema.

    A container comes before what is in it; the path of the value itself is ``""``.  Absent
    and missing members have no part, nor have those that only a lenient reading knows.  What an
    ``any`` holds is walked through as well.  Raises :class:`VisitError` where the structure does
    not fit the type; scalars are not looked at.
    """
    visitor = Walk()
    try:
        visit(visitor, "", value)
    except RecursionError:
        pass  # outside of the handler, so that errors do not show this one as their context
    else:
        return iter(visitor.found)
    return UnrolledWalk().parts(visit, value)


def _flat(notes: Sequence[_Note]) -> Iterator[tuple[str, object]]:
    todo = [iter(notes)]
    while todo:
        for each in todo[-1]:
            if isinstance(each, list):
                todo.append(iter(each))
                break
            yield each
        else:
            todo.pop()


def _joined(path: str, name: str) -> str:
    if path and name and not name.startswith("["):
        return f"{path}.{name}"
    return path + name


def _inner(path: str, part: object) -> list[tuple[str, object]]:
    if isinstance(part, dict):
        return [(_with_key(path, key), item) for key, item in part.items()]
    if isinstance(part, list):
        return [(f"{path}[{index}]", item) for index, item in enumerate(part)]
    return []


def _with_key(path: str, key: object) -> str:
    # The key is the peer's text; escaped, as error paths have it.
    shown = ascii(key)[1:-1] if isinstance(key, str) else ascii(key)
    return f"{path}.{shown}" if path and shown else path + shown
