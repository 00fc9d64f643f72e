"""Arguments and answers of commands, between their types and the wire.

In: visit functions and typed values, or answers as JSON values.  Out: the other form.
Must not know: connections, which commands there are.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from ..visit import VisitFunction, from_wire, to_wire

__all__ = ["typed_answer", "wire_arguments"]

R = TypeVar("R")


def wire_arguments(visit: VisitFunction[Any] | None, arguments: object) -> dict[str, object] | None:
    """Arguments as they are sent, None without ``visit``; VisitError for wrong ones."""
    if visit is None:
        return None
    # What has the type of arguments is an object on the wire.
    return cast("dict[str, object]", to_wire(visit, arguments, "arguments"))


def typed_answer(visit: VisitFunction[R], answer: object) -> R:
    """The answer in its type; another release may have said more or less.

    Raises :class:`VisitError` for an answer that breaks the schema.
    """
    return from_wire(visit, answer, "return", lenient=True)
