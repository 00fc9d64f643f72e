"""Arguments of command line options: JSON or key=value text to typed values.

In: the text behind an option, such as ``driver=raw,file.filename=x`` or ``{"driver": ...}``.
Out: what the visit function returns; :class:`QapiError` for anything else.
Must not know: what options there are.
"""

from __future__ import annotations

from typing import TypeVar

from .codec.grammar import error_at
from .codec.incremental import JsonError, Parsed, TextReader
from .codec.strict import decoded
from .visit import VisitFunction, from_wire
from .visit.keyval import from_keyval

__all__ = ["from_option"]

T = TypeVar("T")


def from_option(visit: VisitFunction[T], text: str, *, implied_key: str | None = None) -> T:
    """The typed form of an option's argument.

    A text that begins with ``{`` is JSON, and what QMP takes beyond (strings in single quotes),
    read as strictly as a command.  Any other is key=value text, whose first item may leave out
    ``implied_key``.  Raises :class:`JsonError`, :class:`VisitError` or, for ``help``,
    :class:`HelpRequested`, which are all :class:`QapiError`.
    """
    if text.startswith("{"):
        return from_wire(visit, _json(text))
    return from_keyval(visit, text, implied_key=implied_key)


def _json(text: str) -> object:
    """The value of a text as a QMP server reads it; :class:`JsonError` if it is not just one."""
    data = decoded(text).encode()
    reader = TextReader()
    values: list[Parsed] = []
    for each in reader.feed(data):
        if isinstance(each, JsonError):
            raise each
        values.append(each)
    if not values:
        raise error_at("the text ends too early", data)
    if len(values) > 1 or not reader.at_rest:
        raise error_at("expected the end of the text", data[: values[0].size_bytes])
    return values[0].value
