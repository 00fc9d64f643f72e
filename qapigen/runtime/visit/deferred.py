"""A visit function of another module, looked up no sooner than it is needed.

In: a way to find the function.  Out: what can be used in its place.
Must not know: modules, what is visited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from .core import VisitFunction, Visitor

__all__ = ["DeferredVisit"]

T = TypeVar("T")


class DeferredVisit(Generic[T]):
    """Visits as the function that ``find`` gives does; ``find`` is called once at most.

    Generated code has it where modules need each other, or need not be loaded yet.
    """

    def __init__(self, find: Callable[[], VisitFunction[T]]) -> None:
        self._find = find
        self._function: VisitFunction[T] | None = None

    @property
    def function(self) -> VisitFunction[T]:
        """The function itself."""
        if self._function is None:
            self._function = self._find()
        return self._function

    def __call__(self, visitor: Visitor, name: str, value: T | None, /) -> T:
        """Visit."""
        return self.function(visitor, name, value)
