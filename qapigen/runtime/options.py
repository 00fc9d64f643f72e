"""Arguments of command line options: JSON or key=value text to typed values.

In: the text behind an option, such as ``driver=raw,file.filename=x`` or ``{"driver": ...}``.
Out: what the visit function returns; :class:`QapiError` for anything else.
Must not know: what options there are.
"""

from __future__ import annotations

from typing import TypeVar

from .codec import loads
from .visit import VisitFunction, from_wire
from .visit.keyval import from_keyval

__all__ = ["from_option"]

T = TypeVar("T")


def from_option(visit: VisitFunction[T], text: str, *, implied_key: str | None = None) -> T:
    """The typed form of an option's argument.

    A text that begins with ``{`` is JSON, read as strictly as the arguments of a command; any
    other is key=value text, whose first item may leave out ``implied_key``.  Raises
    :class:`JsonError`, :class:`VisitError` or, for ``help``, :class:`HelpRequested`, which are
    all :class:`QapiError`.
    """
    if text.startswith("{"):
        return from_wire(visit, loads(text))
    return from_keyval(visit, text, implied_key=implied_key)
