"""Typed values from JSON text and to JSON text, in one step.

In: a generated visit function, and a text or a value.  Out: the value, or the text.
Must not know: messages, connections.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, TypeVar

from .codec import MAX_TEXT_BYTES, loads
from .codec.backends import active
from .visit import VisitFunction, Visitor, from_wire, to_wire

if TYPE_CHECKING:
    from .twins import Reader

__all__ = ["decode", "encode"]

T = TypeVar("T")

# A faster reader takes a hundred times longer to make than it saves each time, roughly.
_WORTH_IT = 100
_readers: dict[object, Reader | None] = {}  # None where there is none for a visit function
_DOUBTFUL = object()
_uses: dict[object, int] = {}  # of visit functions that are not among the readers yet


def decode(visit: VisitFunction[T], text: bytes | str, *, lenient: bool = False) -> T:
    """The typed value that a JSON text stands for, strictly checked.

    ``lenient`` is for what a newer peer says; see :func:`from_wire`.  Raises
    :class:`JsonError` for a text that is not JSON, :class:`VisitError` for a value that does
    not fit its type.
    """
    backend = active()
    if backend.typed and not lenient:
        try:
            read = _readers[visit]
        except (KeyError, TypeError):  # TypeError: the visit function has no hash
            read = _meet(visit)
        if read is not None and len(text) < MAX_TEXT_BYTES:
            value: T | None = read(text)
            if value is not None:
                return value
    try:
        found = backend.loads(text) if len(text) < MAX_TEXT_BYTES else _DOUBTFUL
    except (ValueError, RecursionError):
        found = _DOUBTFUL
    if found is _DOUBTFUL:
        found = loads(text)  # decides, and words the error
    return from_wire(visit, found, lenient=lenient)


def encode(
    visit: Callable[[Visitor, str, T | None], object], value: T, *, lenient: bool = False
) -> bytes:
    """One line of ASCII, as short as possible, for a typed value.

    ``lenient`` writes back what :func:`decode` has kept for it.  Raises :class:`VisitError`
    for a value that its type does not allow.
    """
    # What visitors write is finite.
    return active().encode(to_wire(visit, value, lenient=lenient), True)


def _meet(visit: Callable[..., object]) -> Reader | None:
    """Count a use of a visit function, and get the reader for it when it is worth it."""
    if not _is_generated(visit):
        return None
    uses = _uses[visit] = _uses.get(visit, 0) + 1
    if uses < _WORTH_IT:
        return None
    _uses.pop(visit, None)
    read = _readers[visit] = _find(visit)
    return read


def _find(visit: VisitFunction[T]) -> Reader | None:
    from .twins import reader_of

    return reader_of(visit)


def _is_generated(visit: Callable[..., object]) -> bool:
    """Is this a function of a package's folder ``visit``?  Others may do more than visit."""
    if not isinstance(visit, FunctionType) or ".visit." not in (visit.__module__ or ""):
        return False
    return getattr(sys.modules.get(visit.__module__), visit.__name__, None) is visit
