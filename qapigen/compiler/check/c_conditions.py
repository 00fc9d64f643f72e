"""Conditions as C text, as schemas of QEMU 3.0 to 6.1 have them.

In: an expression of the C preprocessor.  Out: the :class:`Cond` that says the same.
Must not know: trees, the dialect.

What is not made of ``defined``, ``!``, ``&&``, ``||`` and parentheses is kept as it is: a symbol
whose name is that text, which a configuration leaves undecided.
"""

from __future__ import annotations

import re

from ..ir import All, Any, Cond, Not, Symbol

__all__ = ["c_condition"]

_TOKEN = re.compile(
    r"\s*(?:(defined)\s*(?:\(\s*([A-Za-z_]\w*)\s*\)|\s([A-Za-z_]\w*))|(&&|\|\||!|\(|\)))\s*"
)
_DEEPEST = 50


class _Unknown(Exception):
    """The text has something else in it."""


def c_condition(text: str) -> Cond:
    """The condition that ``text`` states."""
    try:
        return _Reader(_split(text)).whole()
    except _Unknown:
        return Symbol(" ".join(text.split()))


def _split(text: str) -> list[str]:
    """Names of symbols and operators, in order."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _Unknown
        tokens.append(found[2] or found[3] or found[4])
        at = found.end()
    return tokens


class _Reader:
    """Reads by descent; nothing is nested more than ``_DEEPEST`` deep."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Cond:
        found = self._any()
        if self._at != len(self._tokens):
            raise _Unknown
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _any(self) -> Cond:
        parts = [self._all()]
        while self._peek() == "||":
            self._at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self) -> Cond:
        parts = [self._one()]
        while self._peek() == "&&":
            self._at += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Cond:
        word = self._peek()
        self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unknown
        if word == "!":
            found: Cond = Not(self._one())
        elif word == "(":
            found = self._any()
            if self._peek() != ")":
                raise _Unknown
            self._at += 1
        elif word in ("", ")", "&&", "||"):
            raise _Unknown
        else:
            found = Symbol(word)
        self._depth -= 1
        return found
