"""Schema text to tokens.

In: the text of a file.  Out: tokens for the grammar; problems go to the report and the text
goes on behind them.  Must not know: the grammar, what tokens mean.

One compiled alternation finds every token together with the blanks and comments before it, and
tokens carry an offset instead of a line and column: this is where a compiler of this language
spends its time, and positions are only wanted when something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from ..diagnostics import Report
from ..dialect import Dialect
from ..source import SourceFile, Span
from . import sections
from .comments import DOC_BLOCK, unterminated_block
from .strings import decode_string
from .tree import Bool, Null, Str

__all__ = ["END", "KEY", "EndToken", "OpeningBrace", "Source", "Token", "tokens"]


@dataclass(slots=True)
class Source:
    """What is to be read: a file, from the offset ``start`` on."""

    file: SourceFile
    dialect: Dialect
    report: Report
    start: int = 0

    def span(self, start: int, end: int) -> Span:
        """The characters ``start`` up to ``end`` of the file."""
        return Span(self.file, start, end)


class Token(NamedTuple):
    """Punctuation."""

    type: str
    start: int
    end: int


class OpeningBrace(NamedTuple):
    """``{``; it knows its source, because building an object may find a key given twice."""

    start: int
    end: int
    source: Source
    type: str = "LBRACE"


class _StringToken(Str):
    __slots__ = ()
    type = "STRING"


class _KeyToken(Str):
    """A string and the colon behind it, with blanks at most between them."""

    __slots__ = ()
    type = "KEY"

    def parts(self, text: str) -> tuple[_StringToken, Token]:
        """The string and the colon as tokens of their own."""
        colon = text.index(":", self.end)
        return _StringToken(*self), Token("COLON", colon, colon + 1)


class _TrueToken(Bool):
    __slots__ = ()
    type = "TRUE"


class _FalseToken(Bool):
    __slots__ = ()
    type = "FALSE"


class _NullToken(Null):
    __slots__ = ()
    type = "NULL"


class EndToken(NamedTuple):
    """The end of the file; lark copies a position from the last token, which none needs."""

    start: int
    end: int
    type: str = "END"
    start_pos: int = 0
    end_pos: int = 0
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


#: The type of the last token.
END = "END"

#: The type of a string with the colon behind it, which is one token; its ``parts`` are two.
KEY = "KEY"

_SKIP = r"(?:\s++|#(?!#)[^\n]*+|(?!))*+"
_SKIP_ALL = r"(?:\s++|#[^\n]*+|(?!))*+"  # where documentation is comments
_PUNCTUATION = {
    "}": "RBRACE",
    "[": "LBRACKET",
    "]": "RBRACKET",
    ":": "COLON",
    ",": "COMMA",
}
_STRING, _COLON, _MARK, _BRACE, _DOC, _TRUE, _FALSE, _NULL, _QUOTE, _STOP, _STRAY = range(1, 12)
_LITERALS = (_TRUE, _FALSE, _NULL)


def _pattern(string: str, null: str, stray: str, skip: str = _SKIP) -> re.Pattern[str]:
    """A token with all that is skipped before it; strings that need work match the quote only."""
    return re.compile(
        rf"{skip}(?:{string}(\s*+:)?"
        rf"|([\]}}\[:,])|({{)|(##)|(true)|(false)|({null})|(')|(\Z)|{stray})",
        re.DOTALL,
    )


# A stray character is told alone, or with the rest of its word, which is passed over in any case.
_ANY_STRING = r"'([^'\\\n]*+)'"
_PRINTABLE_STRING = r"'([ -&(-\[\]-~]*+)'"
_STRAY_2018 = r"(.)[^\s'\[\]{}:,#]*+"
_TOKENS_2018 = _pattern(_ANY_STRING, "null", _STRAY_2018)
_TOKENS_MODERN = _pattern(_PRINTABLE_STRING, r"(?!)", r"([^\s'\[\]{}:,]++)")


@cache
def _tokens_without_documentation() -> re.Pattern[str]:
    return _pattern(_ANY_STRING, "null", _STRAY_2018, _SKIP_ALL)


def _tokens_of(dialect: Dialect) -> re.Pattern[str]:
    if not dialect.doc_comments:
        return _tokens_without_documentation()
    return _TOKENS_MODERN if dialect.stray_words else _TOKENS_2018


def tokens(source: Source) -> Iterator[object]:
    """The tokens of a source, the last of them END."""
    found = _tokens(source)
    return _with_all_commas(found) if source.dialect.loose_commas else found


_BEFORE_A_VALUE = ("STRING", "RBRACE", "RBRACKET", "TRUE", "FALSE", "NULL")  # a comma is wanted
_VALUES = ("STRING", "KEY", "LBRACE", "LBRACKET", "TRUE", "FALSE", "NULL")


def _with_all_commas(found: Iterator[Any]) -> Iterator[object]:
    """The tokens with the commas between values that are missing, without those behind the last."""
    before, comma, depth = "", None, 0
    for token in found:
        kind = token.type
        if comma is not None and kind not in ("RBRACE", "RBRACKET"):
            yield comma
        elif comma is None and depth and kind in _VALUES and before in _BEFORE_A_VALUE:
            yield Token("COMMA", token.start, token.start)
        comma = None
        if kind == "COMMA" and before in _BEFORE_A_VALUE:
            comma = token
        else:
            yield token
        depth += (kind in ("LBRACE", "LBRACKET")) - (kind in ("RBRACE", "RBRACKET"))
        before = kind


def _tokens(source: Source) -> Iterator[object]:
    text = source.file.text
    pattern = _tokens_of(source.dialect)
    make = tuple.__new__  # half the time of a named tuple's own constructor
    at = source.start
    while True:
        for found in pattern.finditer(text, at):
            kind = found.lastindex
            end = found.end()
            if kind == _COLON:
                start, close = found.span(_STRING)
                yield make(_KeyToken, (found[_STRING], start - 1, close + 1))
            elif kind == _STRING:
                yield make(_StringToken, (found[_STRING], found.start(_STRING) - 1, end))
            elif kind == _MARK:
                yield make(Token, (_PUNCTUATION[found[_MARK]], end - 1, end))
            elif kind == _BRACE:
                yield OpeningBrace(end - 1, end, source)
            elif kind in _LITERALS:
                yield _literal(kind, end)
            elif kind == _DOC:
                at = yield from _doc_block(source, end - 2)
                break
            elif kind == _QUOTE:
                token, at = _long_string(source, end - 1)
                yield token
                break
            elif kind == _STOP:
                yield EndToken(end, end)
                return
            else:
                _stray(source, *found.span(_STRAY))
                passed = _foreign_comment(text, found.start(_STRAY))
                if passed:
                    at = passed
                    break


def _literal(kind: int, end: int) -> _TrueToken | _FalseToken | _NullToken:
    if kind == _TRUE:
        return _TrueToken(True, end - 4, end)
    if kind == _FALSE:
        return _FalseToken(False, end - 5, end)
    return _NullToken(end - 4, end)


def _long_string(source: Source, start: int) -> tuple[_StringToken, int]:
    """A string with escapes or bad characters; gives the token and where to go on."""
    text, end = decode_string(source.file, start, source.dialect, source.report)
    return _StringToken(text, start, end), end


def _foreign_comment(text: str, start: int) -> int:
    """The offset behind a comment of C that starts here; 0 if none does."""
    opening = text[start : start + 2]
    if opening not in ("//", "/*"):
        return 0
    end = text.find("*/", start + 2) + 2 if opening == "/*" else 1
    if end == 1:
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    return end


_WORD = re.compile(r"[^\s'\[\]{}:,#]++")
_OF_PYTHON = {
    "True": "it is written 'true'",
    "False": "it is written 'false'",
    "None": "the language has no such value: leave the key out",
}


def _stray(source: Source, start: int, end: int) -> None:
    word = source.file.text[start:end]
    shown = repr(word if len(word) <= 40 else word[:40] + "...")
    hint = None
    whole = _WORD.match(source.file.text, start)
    word = whole[0] if whole is not None else word
    if word[0] == '"':
        hint = "strings stand in single quotes"
    elif word[0].isdigit() or word[0] == "-":
        hint = "the language has no numbers"
    elif word[0] == "\ufeff":
        hint = "save the file without a byte-order mark"
    elif word.startswith(("//", "/*")):
        hint = "comments begin with '#'"
    elif word in _OF_PYTHON:
        hint = _OF_PYTHON[word]
    elif word.startswith("null"):
        hint = "only schemas of QEMU 4.1 and earlier have null"
    source.report.error("stray-character", source.span(start, end), f"stray {shown}", hint=hint)


def _doc_block(source: Source, start: int) -> Generator[object, None, int]:
    """The tokens of the block whose ``##`` is at ``start``; gives the offset behind it."""
    found = DOC_BLOCK.match(source.file.text, start)
    if found is None:
        end = unterminated_block(source.file, start, source.report)
        yield from sections.cut_open(source.file, start, end, source.dialect, source.report)
        return end
    yield from sections.cut(source.file, start, found.end(), source.dialect, source.report)
    return found.end()
