"""Functions that are made at run time for types that are in frequent use: text to value and back.

In: a generated visit function, the JSON library that is to be used.  Out: a function that reads or
writes JSON text as the visit would, or gives None and leaves the decision to the visit.
Must not know: messages, connections, how errors are worded.

:mod:`.shapes` finds out what a type consists of.  :mod:`.reading` and :mod:`.writing` make code for
it, on plain objects or, in :mod:`.structs`, on twins of its classes that msgspec fills and writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..visit.core import VisitFunction
from .reading import Reader, reader_of_objects
from .shapes import Items, Object, shape_of
from .writing import Writer, writer_of_objects

__all__ = ["Reader", "Writer", "reader_of", "writer_of"]


def reader_of(
    visit: VisitFunction[Any], loads: Callable[[str | bytes], object] | None = None
) -> Reader | None:
    """The function that reads what ``visit`` visits; None for a type that is unfit for it.

    ``loads`` is orjson's; without it msgspec is used.  Only for visit functions that do nothing
    but tell a visitor what there is, as generated ones do.  Takes about a millisecond: worth it
    for types that are read often.
    """
    shape = shape_of(visit)
    if not isinstance(shape, Object | Items):
        return None
    if loads is not None:
        return reader_of_objects(shape, loads)
    from .structs import reader_of_structs

    return reader_of_structs(shape)


def writer_of(
    visit: VisitFunction[Any], dumps: Callable[..., bytes] | None = None, options: int = 0
) -> Writer | None:
    """The function that writes what ``visit`` visits; None for a type that is unfit for it.

    ``dumps`` is orjson's, to be called with ``options``, which make it refuse ints of more than 53
    bits; without it msgspec is used.
    """
    shape = shape_of(visit)
    if not isinstance(shape, Object | Items):
        return None
    if dumps is not None:
        return writer_of_objects(shape, dumps, options)
    from .structs import writer_of_structs

    return writer_of_structs(shape)
