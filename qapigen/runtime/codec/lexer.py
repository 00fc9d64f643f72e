"""The tokens of QMP's input, as tables and regular expressions.

In: nothing.  Out: what each byte does in each state, and what can be taken at a stretch.
Must not know: what tokens make a text, streams.

A table drives the lexer, as in QEMU, and cuts the same tokens (QMP, lexer).  Most of the time
would go there, so regular expressions take many tokens at once where that is safe.
"""

from __future__ import annotations

import enum
import re
from typing import Final

__all__ = [
    "ATOMS",
    "GROUPS",
    "LEVELS",
    "OBJECT",
    "RUNS",
    "SHORT_BLANKS",
    "SKIPPED",
    "TABLE",
    "State",
]


class State(enum.IntEnum):
    """What the lexer is in the middle of, or what follows from a byte."""

    START = 0  # between tokens
    DOUBLE = 1  # a string, by its quotes
    DOUBLE_ESCAPE = 2
    SINGLE = 3
    SINGLE_ESCAPE = 4
    KEYWORD = 5
    MINUS = 6  # parts of a number
    ZERO = 7
    INTEGER = 8
    POINT = 9
    FRACTION = 10
    E = 11
    E_SIGN = 12
    EXPONENT = 13
    RECOVERY = 14  # skipping, after an error
    END = 15  # the byte is the last of the token
    END_BEFORE = 16  # the byte is the first of the next token
    ERROR = 17


_S = State
_DIGITS = b"0123456789"
_NON_ZERO = _DIGITS[1:]
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_INNER = bytes(range(0x20, 0xFE))  # what strings are made of
_STRUCTURE = b"{}[]:,"

# For each state: what it does with bytes that are not listed, and with those that are.
_MOVES: dict[State, tuple[State, tuple[tuple[bytes, State], ...]]] = {
    _S.START: (
        _S.ERROR,
        (
            (_STRUCTURE, _S.END),
            (b'"', _S.DOUBLE),
            (b"'", _S.SINGLE),
            (_LETTERS, _S.KEYWORD),
            (b"-", _S.MINUS),
            (b"0", _S.ZERO),
            (_NON_ZERO, _S.INTEGER),
        ),
    ),
    _S.DOUBLE: (
        _S.ERROR,
        ((_INNER, _S.DOUBLE), (b"\\", _S.DOUBLE_ESCAPE), (b'"', _S.END)),
    ),
    _S.DOUBLE_ESCAPE: (_S.ERROR, ((_INNER, _S.DOUBLE),)),
    _S.SINGLE: (
        _S.ERROR,
        ((_INNER, _S.SINGLE), (b"\\", _S.SINGLE_ESCAPE), (b"'", _S.END)),
    ),
    _S.SINGLE_ESCAPE: (_S.ERROR, ((_INNER, _S.SINGLE),)),
    _S.KEYWORD: (_S.END_BEFORE, ((_LETTERS, _S.KEYWORD),)),
    _S.MINUS: (_S.ERROR, ((b"0", _S.ZERO), (_NON_ZERO, _S.INTEGER))),
    # QEMU takes no exponent behind a lone zero, which JSON allows.
    _S.ZERO: (_S.END_BEFORE, ((_DIGITS, _S.ERROR), (b".", _S.POINT), (b"eE", _S.E))),
    _S.INTEGER: (_S.END_BEFORE, ((_DIGITS, _S.INTEGER), (b".", _S.POINT), (b"eE", _S.E))),
    _S.POINT: (_S.ERROR, ((_DIGITS, _S.FRACTION),)),
    _S.FRACTION: (_S.END_BEFORE, ((_DIGITS, _S.FRACTION), (b"eE", _S.E))),
    _S.E: (_S.ERROR, ((b"+-", _S.E_SIGN), (_DIGITS, _S.EXPONENT))),
    _S.E_SIGN: (_S.ERROR, ((_DIGITS, _S.EXPONENT),)),
    _S.EXPONENT: (_S.END_BEFORE, ((_DIGITS, _S.EXPONENT),)),
}


def _row(default: State, moves: tuple[tuple[bytes, State], ...]) -> tuple[State, ...]:
    row = [default] * 256
    for characters, state in moves:
        for each in characters:
            row[each] = state
    return tuple(row)


#: For each state inside or between tokens, the state that follows each byte.
TABLE: Final = {state: _row(default, moves) for state, (default, moves) in _MOVES.items()}

#: What leaves a state as it is: taken at once.  Here and below each possessive group ends with an
#: alternative that never matches, without which Python up to 3.11.4 goes on where the last, failed
#: try of the group stopped (gh-106052).
RUNS: Final = {
    _S.START: re.compile(rb"[ \t\n\r]*+"),
    _S.DOUBLE: re.compile(rb'(?:[^"\\\x00-\x1f\xfe\xff]++|\\[\x20-\xfd]|(?!))*+'),
    _S.SINGLE: re.compile(rb"(?:[^'\\\x00-\x1f\xfe\xff]++|\\[\x20-\xfd]|(?!))*+"),
    _S.KEYWORD: re.compile(rb"[a-z]*+"),
    _S.INTEGER: re.compile(rb"[0-9]*+"),
    _S.FRACTION: re.compile(rb"[0-9]*+"),
    _S.EXPONENT: re.compile(rb"[0-9]*+"),
}
#: What is skipped after an error: up to structure and control bytes, of which a newline is one
#: and a tab is not (QMP, recovery).
SKIPPED: Final = re.compile(rb"[^{}\[\]:,\x00-\x08\x0a-\x1f\xfe\xff]*+")

#: How long a run of blanks ATOMS take; also how much of a longer one is kept.
SHORT_BLANKS: Final = 64
# Tokens that are surely complete, with the one that mostly follows, and blanks.
_INSIDE = rb'[^"\\\x00-\x1f\xfe\xff]*+'
_ATOM = (
    rb'"' + _INSIDE + rb"(?:\\[\x20-\xfd]" + _INSIDE + rb'|(?!))*+"'
    rb"(?:[:,](?: (?![ \t\n\r])|(?!))?+|(?!))?+"
    rb"|-?(?:0(?![0-9])|[1-9][0-9]*+)(?:\.[0-9]++|(?!))?+(?:[eE][+-]?[0-9]++|(?!))?+"
    rb"(?:,|(?=[ \t\n\r:\]}]))"
    rb"|[:,]++|[ \t\n\r]{1,64}+(?![ \t\n\r])|[a-z]++(?=[ \t\n\r,:\]}])"
)
_PAIR = rb"\{(?:" + _ATOM + rb"|(?!))*+\}|\[(?:" + _ATOM + rb"|(?!))*+\]"
_ITEMS = _ATOM + b"|" + _PAIR + b"|(?!)"
#: How deep GROUPS and OBJECT go into brackets.
LEVELS: Final = 2
_PAIRS = rb"\{(?:" + _ITEMS + rb")*+\}|\[(?:" + _ITEMS + rb")*+\]"
#: Tokens inside brackets, and :data:`GROUPS`: with balanced pairs of brackets among them.
ATOMS: Final = re.compile(rb"(?:" + _ATOM + rb"|(?!))*+")
GROUPS: Final = re.compile(rb"(?:" + _ATOM + b"|" + _PAIRS + rb"|(?!))*+")
#: A whole object that is not deep, and blanks around it.
OBJECT: Final = re.compile(
    rb"[ \t\n\r]*+(\{(?:" + _ATOM + b"|" + _PAIRS + rb"|(?!))*+\})[ \t\n\r]*+"
)
