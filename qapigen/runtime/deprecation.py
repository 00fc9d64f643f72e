"""The mark of what a schema calls deprecated, as type checkers and editors know it (PEP 702).

In: a function or a class of generated code, and what to say of it.  Out: the same, marked.
Must not know: schemas, warnings.

Python has ``warnings.deprecated`` from 3.13 on.  This is what that does if it is given no category:
a mark, and no warning when the thing is used, for a program that talks to old servers has to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

__all__ = ["deprecated"]

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    T = TypeVar("T")

    class deprecated:  # noqa: N801 # as Python calls it
        """A decorator that keeps ``message`` in the attribute ``__deprecated__``.

        Members of generated classes have it in their annotation, within ``Annotated``.
        """

        def __init__(self, message: str) -> None:
            self.message = message

        def __call__(self, thing: T) -> T:
            thing.__deprecated__ = self.message
            return thing
