"""Straight-line code in place of a visit: how it is found, and what it promises.

In: a visit function.  Out: the two functions that read and write what it visits, if there are.
Must not know: JSON text, any particular visitor.

Such a pair is an addition to a visit function and never a replacement.  It may take a *subset* of
what the visit function takes, with equal results, and refuses all the rest by raising
:class:`Mismatch` or another of :data:`REFUSALS`.  Then the visit function is run, which accepts
the unusual or words the error; so the pair has to tell nobody what was wrong, and where.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from ..errors import VisitError
from .deferred import DeferredVisit

__all__ = [
    "MAX_STEPS",
    "REFUSALS",
    "Mismatch",
    "Pair",
    "ReadTable",
    "SpecialisedTable",
    "WriteTable",
    "pair_of",
    "specialised",
]

F = TypeVar("F", bound=Callable[..., object])

#: What a module of a generated package's folder ``wire`` tells under the name ``SPECIALISED``:
#: the functions that read and write, by the name of the visit function.
SpecialisedTable: TypeAlias = "dict[str, tuple[Callable[..., Any], Callable[..., object]]]"

#: What generated code looks unions up in: functions that read, by tag, or write, by class.
ReadTable: TypeAlias = "dict[str, Callable[..., Any]]"
WriteTable: TypeAlias = "dict[type[object], Callable[..., dict[str, object]]]"

#: How often functions of types that contain each other in a circle may call one another.  The
#: limit of visits is far above, so whatever is deeper is theirs to judge.
MAX_STEPS: Final = 64

_NOTE: Final = "__specialised__"  # the attribute of a visit function with its pair


class Mismatch(Exception):
    """The value is not of the usual form of its type; no error yet, for the visit decides."""


#: What the functions of a pair raise for anything unusual: besides Mismatch what Python itself
#: has to say about members that are missing (KeyError) or unset (AttributeError), values that
#: cannot be looked up (TypeError), lone surrogates, depth.
REFUSALS: Final = (
    Mismatch,
    KeyError,
    TypeError,
    AttributeError,
    UnicodeEncodeError,
    RecursionError,
    VisitError,
)


class Pair(NamedTuple):
    """What is known about ``visit``: its functions, or None where there are none."""

    visit: object
    read: Callable[[Any], Any] | None
    write: Callable[[Any], object] | None


def specialised(read: Callable[[Any], Any], write: Callable[[Any], object]) -> Callable[[F], F]:
    """Decorator of a visit function written by hand: ``read`` and ``write`` do the same, faster.

    Those of generated packages need none, :func:`pair_of` knows where to look.
    """

    def note(visit: F) -> F:
        setattr(visit, _NOTE, Pair(visit, read, write))
        return visit

    return note


def pair_of(visit: object) -> Pair:
    """The functions that go with a visit function."""
    pair: Pair | None = getattr(visit, _NOTE, None)
    # The attributes of a function go over to those that wrap it, which may do something else.
    if pair is None or pair[0] is not visit:
        pair = _look_up(visit)
    return pair


def _look_up(visit: object) -> Pair:
    """The same, from the generated package where ``visit`` lives; loads the module."""
    if isinstance(visit, DeferredVisit):
        pair = Pair(visit, *pair_of(visit.function)[1:])
    else:
        home: str = getattr(visit, "__module__", None) or ""
        name: str = getattr(visit, "__name__", "")
        package, found, module = home.rpartition(".visit.")
        if not found or getattr(sys.modules.get(home), name, None) is not visit:
            return Pair(visit, None, None)
        pair = Pair(visit, *_table(f"{package}.wire", module).get(name, (None, None)))
    # A function of a module takes attributes; what takes none is looked up each time.
    if isinstance(getattr(visit, "__dict__", None), dict):
        setattr(visit, _NOTE, pair)
    return pair


def _table(folder: str, module: str) -> Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]]:
    """What the module says; nothing if the package was generated without this folder."""
    wanted = f"{folder}.{module}"
    try:
        table: SpecialisedTable = getattr(import_module(wanted), "SPECIALISED", {})
    except ModuleNotFoundError as error:
        if error.name not in (folder, wanted):
            raise
        return {}
    return table
