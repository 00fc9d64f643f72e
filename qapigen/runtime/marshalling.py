"""Typed values from JSON text and to JSON text, in one step.

In: a generated visit function, and a text or a value.  Out: the value, or the text.
Must not know: messages, connections.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from .codec import MAX_TEXT_BYTES, loads
from .codec.backends import Name, active, when_changed
from .visit import VisitFunction, Visitor, from_wire, written_by_visit
from .visit.specialised import REFUSALS, pair_of

if TYPE_CHECKING:
    from .twins import Reader, Writer

__all__ = ["decode", "encode"]

T = TypeVar("T")
F = TypeVar("F")

# A faster function takes some hundred times longer to make than it saves each time.  Whatever was
# used so often will probably be used so often again.
_WORTH_IT = 100
_TRIED_IN_VAIN = -1000  # uses: so long until the next try
_DOUBTFUL = object()

# What was made for visit functions with the backend in use, None where there is none.
_readers: dict[object, Reader | None] = {}
_writers: dict[object, Writer | None] = {}
_made: dict[Name, tuple[dict[object, Reader | None], dict[object, Writer | None]]] = {}
# How often visit functions were used that are not among them yet.
_reads: dict[object, int] = {}
_writes: dict[object, int] = {}


def decode(visit: VisitFunction[T], text: bytes | str, *, lenient: bool = False) -> T:
    """The typed value that a JSON text stands for, strictly checked.

    ``lenient`` is for what a newer peer says; see :func:`from_wire`.  Raises
    :class:`JsonError` for a text that is not JSON, :class:`VisitError` for a value that does
    not fit its type.
    """
    try:
        read = _readers[visit]
    except (KeyError, TypeError):  # TypeError: the visit function has no hash
        read = _meet(visit, _readers, _reads, _make_reader)
    # What it takes is right for the lenient as well.
    if read is not None and len(text) < MAX_TEXT_BYTES:
        value: T | None = read(text)
        if value is not None:
            return value
    return _decode_by_steps(visit, text, lenient)


def _decode_by_steps(visit: VisitFunction[T], text: bytes | str, lenient: bool) -> T:
    try:
        found = active().loads(text) if len(text) < MAX_TEXT_BYTES else _DOUBTFUL
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
    if not lenient:
        try:
            write = _writers[visit]
        except (KeyError, TypeError):
            write = _meet(visit, _writers, _writes, _make_writer)
        if write is not None:
            text = write(value)
            if text is not None:
                return text
        straight = pair_of(visit).write
        if straight is not None:
            try:
                plain = straight(value)
            except REFUSALS:
                pass
            else:
                return active().encode(plain, True)
    return active().encode(written_by_visit(visit, value, lenient=lenient), False)


# --- functions made for types that prove to be in use ---


def _meet(
    visit: Callable[..., object],
    made: dict[object, F | None],
    uses: dict[object, int],
    make: Callable[[Any], F | None],
) -> F | None:
    """Count a use of a visit function, and make a faster one when it is worth it."""
    if not _is_generated(visit):
        return None
    count = uses[visit] = uses.get(visit, 0) + 1
    if count < _WORTH_IT:
        return None
    try:
        function = make(visit)
    except RecursionError:  # the type is deep, or the stack of this caller nearly full
        uses[visit] = _TRIED_IN_VAIN
        return None
    del uses[visit]
    made[visit] = function
    return function


def _make_reader(visit: VisitFunction[Any]) -> Reader | None:
    from .twins import reader_of

    backend = active()
    if backend.typed:
        return reader_of(visit)
    return None if backend.bare is None else reader_of(visit, backend.bare.loads)


def _make_writer(visit: VisitFunction[Any]) -> Writer | None:
    from .twins import writer_of

    backend = active()
    if backend.typed:
        return writer_of(visit)
    bare = backend.bare
    return None if bare is None else writer_of(visit, bare.dumps, bare.options)


@when_changed
def _use(backend: Name) -> None:
    """Go on with what was made for another backend."""
    global _readers, _writers
    _readers, _writers = _made.setdefault(backend, ({}, {}))
    _reads.clear()
    _writes.clear()


def _is_generated(visit: Callable[..., object]) -> bool:
    """Is this a function of a package's folder ``visit``?  Others may do more than visit."""
    if not isinstance(visit, FunctionType) or ".visit." not in (visit.__module__ or ""):
        return False
    return getattr(sys.modules.get(visit.__module__), visit.__name__, None) is visit
