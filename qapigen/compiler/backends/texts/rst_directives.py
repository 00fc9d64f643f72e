"""Explicit markup of reStructuredText: all that begins with ``.. ``.

In: the lines of one such block.  Out: blocks.
Must not know: how other blocks are read, the reader of nested lines is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .blocks import Block, Fence, Inline, Paragraph, Quote, Text, Titled
from .rst_inline import inlines
from .text_lines import dedent, guess_language, strip_blank

__all__ = ["explicit"]

#: Reads the blocks of lines inside a directive.
Nested = Callable[[Sequence[str]], tuple[Block, ...]]

_DIRECTIVE = re.compile(r"\.\. +([A-Za-z][\w+.:-]*?)::(?: +(.*))?\Z")
_FOOTNOTE = re.compile(r"\.\. +(\[[^\]]{1,60}\]) +(.*)\Z")
_OPTION = re.compile(r":([A-Za-z][\w-]*):(?: +(.*))?\Z")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]{1,30}\Z")

_ADMONITIONS = {
    "attention": "Attention",
    "caution": "Caution",
    "danger": "Danger",
    "error": "Error",
    "hint": "Hint",
    "important": "Important",
    "note": "Note",
    "seealso": "See also",
    "tip": "Tip",
    "warning": "Warning",
}
_CODE = frozenset(("code", "code-block", "sourcecode", "parsed-literal"))


def explicit(lines: Sequence[str], nested: Nested) -> list[Block]:
    """The blocks of ``lines``, the first of which begins with ``..``, the others indented.

    Comments and targets show nothing; a directive that means nothing here shows as typed.
    """
    found = _DIRECTIVE.match(lines[0])
    if found is None:
        note = _FOOTNOTE.match(lines[0])
        if note is None:
            return []
        return list(nested([f"{note[1]} {note[2]}", *dedent(lines[1:])]))
    name, argument = found[1], (found[2] or "").strip()
    body = dedent(strip_blank(lines[1:]))
    if name in _ADMONITIONS:
        gap = [""] if len(lines) > 1 and not lines[1] else []
        content = strip_blank([argument, *gap, *_options(body)[1]])
        return [Quote((Text(_ADMONITIONS[name]),), nested(content))]
    if name == "admonition":
        return [Quote(inlines(argument), nested(_options(body)[1]))]
    if name == "qmp-example":
        return [_example(body, nested)]
    if name in _CODE:
        return [_code(argument, _options(body)[1])]
    if name == "table":
        title = (Paragraph(inlines(argument)),) if argument else ()
        return [*title, *nested(_options(body)[1])]
    return [Fence("\n".join(lines), "text")]


def _options(body: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options at the head of a directive's lines, and the lines behind them."""
    options: dict[str, str] = {}
    for index, line in enumerate(body):
        found = _OPTION.match(line)
        if found is None:
            return options, strip_blank(body[index:])
        options[found[1]] = (found[2] or "").strip()
    return options, []


def _example(body: Sequence[str], nested: Nested) -> Block:
    """An exchange of messages, or text around such with the option ``annotated``."""
    options, content = _options(body)
    title: tuple[Inline, ...] = (Text("Example"),)
    if options.get("title"):
        title = (Text("Example: "), *inlines(options["title"]))
    if "annotated" in options:
        return Titled(title, nested(content))
    text = "\n".join(content)
    return Titled(title, (Fence(text, guess_language(text)),) if text else ())


def _code(language: str, content: Sequence[str]) -> Block:
    text = "\n".join(content)
    if language.upper() in ("QMP", "JSON"):
        return Fence(text, guess_language(text))
    return Fence(text, language if _LANGUAGE.match(language) else "text")
