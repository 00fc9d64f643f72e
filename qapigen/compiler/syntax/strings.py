"""Strings that hold an escape sequence or a character that the language refuses.

In: the offset of an opening quote.  Out: the decoded text and the offset behind the string.
Problems are reported at the opening quote, the exact character is the focus.
"""

from __future__ import annotations

import re

from ..diagnostics import Report
from ..dialect import Dialect
from ..source import SourceFile, Span

__all__ = ["decode_string"]

_BODY = re.compile(r"((?:[^'\\\n]|\\[^\n]|(?!))*+)('?)")
_UNICODE = re.compile(r"[0-9a-fA-F]{4}")
_C_ESCAPES = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "\\": "\\",
    "/": "/",
    "'": "'",
    '"': '"',
}
_UNPRINTABLE = re.compile(r"[^ -~]")


def decode_string(
    file: SourceFile, start: int, dialect: Dialect, report: Report
) -> tuple[str, int]:
    """The value of the string whose opening quote is at ``start``, and where it ends.

    A string that its line does not close ends with the line.
    """
    found = _BODY.match(file.text, start + 1)
    assert found is not None  # the pattern matches the empty string
    quote = Span(file, start, start + 1)
    if not found[2]:
        end = file.text.find("\n", found.end())  # a backslash may be left, which ends nothing
        end = len(file.text) if end < 0 else end
        report.error(
            "unterminated-string",
            quote,
            "this string does not end on its line",
            focus=Span(file, start, end),
            hint="add the closing quote",
        )
        return found[1], end
    decode = _Decoder(file, quote, dialect, report)
    return decode.body(found[1], found.start(1)), found.end()


class _Decoder:
    """Decodes one string; remembers where it is for the messages."""

    def __init__(self, file: SourceFile, quote: Span, dialect: Dialect, report: Report) -> None:
        self.file = file
        self.quote = quote
        self.dialect = dialect
        self.report = report

    def error(self, slug: str, message: str, start: int, end: int, hint: str | None) -> None:
        focus = Span(self.file, start, end)
        self.report.error(slug, self.quote, message, focus=focus, hint=hint)

    def body(self, body: str, offset: int) -> str:
        if self.dialect.printable_strings:
            for bad in _UNPRINTABLE.finditer(body):
                at = offset + bad.start()
                shown = "a tab" if bad[0] == "\t" else ascii(bad[0])
                self.error(
                    "string-character",
                    f"strings hold printable ASCII only, not {shown}",
                    at,
                    at + 1,
                    None,
                )
                break
        parts: list[str] = []
        at = 0
        while (backslash := body.find("\\", at)) >= 0:
            parts.append(body[at:backslash])
            text, length = self.escape(body[backslash : backslash + 6], offset + backslash)
            parts.append(text)
            at = backslash + length
        return "".join([*parts, body[at:]])

    def escape(self, text: str, offset: int) -> tuple[str, int]:
        """The escape at the start of ``text``: its value and its length."""
        mark = text[1]
        if not self.dialect.c_escapes:
            if mark == "\\":
                return "\\", 2
            hint = r"the only escape is \\"
        elif mark == "u":
            return self.unicode_escape(text, offset)
        elif mark in _C_ESCAPES:
            return _C_ESCAPES[mark], 2
        else:
            hint = "escapes are " + " ".join(f"\\{c}" for c in _C_ESCAPES) + r" \uXXXX"
        self.error("bad-escape", f"no escape sequence \\{mark}", offset, offset + 2, hint)
        return mark, 2

    def unicode_escape(self, text: str, offset: int) -> tuple[str, int]:
        digits = _UNICODE.match(text, 2)
        if digits is None:
            self.error(
                "bad-unicode-escape",
                "\\u wants four hexadecimal digits",
                offset,
                offset + len(text),
                None,
            )
            return "", 2
        value = int(digits[0], 16)
        if not 0 < value < 0x80:
            self.error(
                "unicode-escape-range",
                f"\\u{digits[0]} is not an ASCII character other than NUL",
                offset,
                offset + 6,
                "escapes reach from \\u0001 to \\u007f",
            )
            return "", 6
        return chr(value), 6
