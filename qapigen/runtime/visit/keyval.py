"""Key=value text to typed values and back.

In: an option's text, or a typed value.  Out: the other; :class:`VisitError` where there is none.
Must not know: JSON text, commands.

The rules are those of the wire, but all scalars are texts: integers may be hexadecimal or octal,
a size may have a suffix, a boolean is ``on`` or ``off``.  The text has no null, no empty array
and no empty object.  Paths in errors are keys: ``servers.0.port``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from ..errors import VisitError, describe
from ..model import NullType
from .core import AlternateInfo, VisitFunction, Visitor
from .keyval_syntax import parse_keyval, write_keyval
from .kinds import IntegerKind
from .refusals import NoRoom, python_refusal, refusal
from .scalar_texts import boolean_text, boolean_value, integer_value, number_value, size_value
from .unrolled import UnrolledInput, UnrolledOutput
from .wire_in import WireInput
from .wire_out import WireOutput

__all__ = ["KeyvalInput", "KeyvalOutput", "from_keyval", "to_keyval"]

T = TypeVar("T")

_BRACKETS = re.compile(r"\[(\d+)\]")
_SCALAR_KINDS = ("string", "boolean", "number")


class KeyvalInput(WireInput):
    """Reads dicts and lists around texts, as :func:`.keyval_syntax.parse_keyval` gives them.

    Strings, enums, objects, arrays and ``any`` are what they are on the wire; ``any`` is not
    converted, so its leaves stay texts.
    """

    __slots__ = ()

    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        """The branch for objects or arrays, or that of the scalars which can read the text.

        The language forbids alternates in which a text could mean two of them: an enum beside
        a boolean has no value ``on``, one beside a number none that starts like a number.
        """
        text = self._value
        if not isinstance(text, str):
            return super().alternate(name, value, info)
        refused: VisitError | None = None
        for visit in filter(None, map(info.branches.get, _SCALAR_KINDS)):
            try:
                result: T = visit(self, name, None)
            except VisitError as error:
                refused = refused or error
            else:
                return result
        raise refused or refusal(name, info.expected, describe(text))

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        """An integer; a minus sign before an unsigned one wraps in 64 bits, as C has it."""
        text = self._value
        is_size = kind.name == "size"
        number = None
        if isinstance(text, str):
            number = size_value(text) if is_size else integer_value(text)
        if number is None:
            expected = "a size such as 4096, 64K or 1.5G" if is_size else "an integer"
            raise refusal(name, expected, describe(text))
        if kind.low == 0 and -(2**64) < number < 0:
            number += 2**64
        if not kind.low <= number <= kind.high:
            raise refusal(name, kind.expected, describe(text))
        return number

    def number(self, name: str, value: float | None) -> float:
        text = self._value
        number = number_value(text) if isinstance(text, str) else None
        if number is None:
            raise refusal(name, "a finite number", describe(text))
        return number

    def boolean(self, name: str, value: bool | None) -> bool:
        text = self._value
        boolean = boolean_value(text) if isinstance(text, str) else None
        if boolean is None:
            raise refusal(name, "on or off", describe(text))
        return boolean


class KeyvalOutput(WireOutput):
    """Writes one value; afterwards ``result`` has its form with texts for all scalars."""

    __slots__ = ()

    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        number = super().integer(name, value, kind)
        self.result = str(self.result)
        return number

    def number(self, name: str, value: float | None) -> float:
        number = super().number(name, value)
        self.result = repr(self.result)
        return number

    def boolean(self, name: str, value: bool | None) -> bool:
        boolean = super().boolean(name, value)
        self.result = boolean_text(boolean)
        return boolean

    def null(self, name: str, value: NullType | None) -> NullType:
        raise python_refusal(name, "a value other than null in key=value text", value)


class _UnrolledInput(UnrolledInput, KeyvalInput):
    """Reads the same without recursion."""


class _UnrolledOutput(UnrolledOutput, KeyvalOutput):
    """Writes the same without recursion."""


def from_keyval(visit: VisitFunction[T], text: str, *, implied_key: str | None = None) -> T:
    """The typed form of an option's key=value text.

    ``implied_key`` is the member that a first item without ``=`` is the value of.  Raises
    :class:`VisitError`, and :class:`.keyval_syntax.HelpRequested` for text that asks for help.
    """
    parameters = parse_keyval(text, implied_key=implied_key)
    try:
        return _read(visit, parameters)
    except VisitError as error:
        raise _with_keys(error) from None


def to_keyval(
    visit: Callable[[Visitor, str, T | None], object], value: T, *, implied_key: str | None = None
) -> str:
    """The key=value text that :func:`from_keyval` reads as a value equal to this one.

    Raises :class:`VisitError` for a value that its type does not allow, and for what the text
    cannot say: null, empty arrays and objects, and anything but strings in an ``any``.
    """
    try:
        result = _written(visit, value)
    except VisitError as error:
        raise _with_keys(error) from None
    if not isinstance(result, dict):
        raise python_refusal("", "an object for key=value text", value)
    return write_keyval(result, implied_key=implied_key)


def _read(visit: VisitFunction[T], parameters: object) -> T:
    try:
        return visit(KeyvalInput(parameters), "", None)
    except (NoRoom, RecursionError):
        pass
    return _UnrolledInput(parameters).run(visit, "", None)


def _written(visit: Callable[[Visitor, str, T | None], object], value: T) -> object:
    visitor = KeyvalOutput()
    try:
        visit(visitor, "", value)
    except (NoRoom, RecursionError):
        pass
    else:
        return visitor.result
    return _UnrolledOutput().write(visit, "", value)


def _with_keys(error: VisitError) -> VisitError:
    """The same error, with a key as its path: ``a.0.b`` for ``a[0].b``."""
    path = _BRACKETS.sub(r".\1", error.path)
    return VisitError(error.problem, expected=error.expected, got=error.got, path=path)
