"""The errors that visitors raise, and their sentences.

In: a place, what was wanted, what came.  Out: :class:`VisitError` values, to be raised.
Must not know: visitors.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import VisitError, article, cut, describe, did_you_mean
from ..model import NULL, Enum, Struct, schema_name

__all__ = [
    "MAX_DEPTH",
    "NoRoom",
    "enum_refusal",
    "missing",
    "python_refusal",
    "refusal",
    "too_deep",
    "unexpected",
]

#: Objects and arrays inside each other that a visit follows (QMP, limits).
MAX_DEPTH = 1024

_SHOWN_VALUES = 8  # enum values that an error text lists


class NoRoom(VisitError):
    """A visit that recurses met more levels of nesting than the stack of its caller has room for.

    The functions that start such visits go on with :mod:`.unrolled` then, so that this is seen
    only where a visitor is used by hand.
    """

    def __init__(self, name: str) -> None:
        expected = "no more levels of nesting than the stack has room for"
        super().__init__("the value is nested too deeply", expected=expected, got="more", path=name)


def refusal(name: str, expected: str, got: str) -> VisitError:
    """The error of a value that is not what its type wants."""
    return VisitError(f"expected {expected}, got {got}", expected=expected, got=got, path=name)


def python_refusal(name: str, expected: str, value: object) -> VisitError:
    """The same for a Python value, where None means that there is nothing."""
    if value is None:
        return refusal(name, expected, "nothing")
    if value is NULL:
        return refusal(name, expected, "null")
    if isinstance(value, Struct):
        return refusal(name, expected, article(type(value).__name__))
    return refusal(name, expected, describe(value))


def enum_refusal(name: str, cls: type[Enum], value: str) -> VisitError:
    """The error of a string that is no value of an enum, with a near miss if there is one."""
    values = [member.value for member in cls]
    shown = ", ".join(f"'{each}'" for each in values[:_SHOWN_VALUES])
    expected = f"one of {shown}" if values else f"a value of {schema_name(cls)}, which has none"
    if len(values) > _SHOWN_VALUES:
        expected += f" and {len(values) - _SHOWN_VALUES} more"
    got = describe(value)
    text = f"expected {expected}, got {got}{did_you_mean(value, values)}"
    return VisitError(text, expected=expected, got=got, path=name)


def missing(wire: str) -> VisitError:
    """The error of an object without a mandatory member; the place is the object's."""
    expected = f"member '{wire}'"
    return VisitError(f"{expected} is missing", expected=expected, got="nothing")


def unexpected(wire: str, known: Iterable[str]) -> VisitError:
    """The error of an object with a member that its type does not know."""
    # The name is the peer's text: shown escaped and cut, and never part of the path.
    got = f"member {cut(wire)!a}"
    text = f"{got} is unexpected{did_you_mean(wire, known)}"
    return VisitError(text, expected="no further member", got=got)


def too_deep(name: str) -> VisitError:
    """The error of a value that is nested more deeply than a visit follows."""
    expected = f"at most {MAX_DEPTH} levels of nesting"
    return VisitError("the value is nested too deeply", expected=expected, got="more", path=name)
