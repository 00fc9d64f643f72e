"""The mark of what a schema calls deprecated, as type checkers and editors know it (PEP 702).

In: a function or a class of generated code, and what to say of it.  Out: the same, marked.
Must not know: schemas, warnings.

Python has ``warnings.deprecated`` from 3.13 on.  This is what that does if it is given no category:
a mark, and no warning when the thing is used, for a program that talks to old servers has to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

__all__ = ["deprecated"]

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    T = TypeVar("T")

    def deprecated(message: str) -> Callable[[T], T]:
        """A decorator that keeps ``message`` in the attribute ``__deprecated__``."""

        def mark(thing: T) -> T:
            thing.__deprecated__ = message
            return thing

        return mark
