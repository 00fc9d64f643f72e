"""Which dialect is a schema written in?

In: the root and a reader.  Out: the name of a dialect.  Evidence is looked for in the text, the
strongest first: what only one dialect has.  A schema without any evidence is modern.
"""

from __future__ import annotations

import os.path
import re

from ..dialect import DIALECTS
from ..source import Reader, ReadError

__all__ = ["detect_dialect"]

# Indentation is matched once and for all (``*+``) and does not run on over blank lines, which would
# take a time that grows with their square.
_INDENT = r"^[^\S\n]*+"
_INCLUDE = re.compile(_INDENT + r"\{\s*+'include'\s*+:\s*+'([^'\\\n]+)'", re.MULTILINE)
_PRAGMA = re.compile(
    _INDENT + r"'([a-z-]+)'\s*+:\s*+(?:\[|true|false)|'pragma'\s*+:\s*+\{\s*+'([a-z-]+)'",
    re.MULTILINE,
)
_MODERN_KEYS = re.compile(r"^[^#\n]*'(?:features|if|allow-preconfig|coroutine)'\s*:", re.MULTILINE)
_MODERN_DOCS = re.compile(_INDENT + r"# (?:Errors:|\.\. qmp-example::|\.\. note::)", re.MULTILINE)
_OLD_DOCS = re.compile(_INDENT + r"# (?:Examples?|Notes?):(?!:)", re.MULTILINE)
_OLD_SYNTAX = re.compile(r"^[^#\n]*(?::\s*null\b|'(?:[^'\\\n]|\\.)*\\[^\\])", re.MULTILINE)

#: Files that are looked at; a schema that says nothing in so many of them is modern.
_MOST_FILES = 200


def detect_dialect(root: str, read: Reader) -> str:
    """The name of the dialect that fits the schema best."""
    texts = _texts(root, read)
    pragmas = {name for text in texts for pair in _PRAGMA.findall(text) for name in pair if name}
    modern_pragmas = DIALECTS["modern"].pragmas
    if pragmas & DIALECTS["2018"].pragmas:
        return "2018"
    if any(map(_MODERN_DOCS.search, texts)):
        return "modern"
    modern = bool(pragmas & modern_pragmas) or any(map(_MODERN_KEYS.search, texts))
    if any(map(_OLD_DOCS.search, texts)):
        return "7.2" if modern else "2018"
    if not modern and any(map(_OLD_SYNTAX.search, texts)):
        return "2018"
    return "modern"


def _texts(root: str, read: Reader) -> list[str]:
    """The texts of the root and all that it includes, as far as they can be read."""
    pending, seen, texts = [root], set[str](), list[str]()
    while pending and len(texts) < _MOST_FILES:
        path = pending.pop(0)
        if os.path.abspath(path) in seen:
            continue
        seen.add(os.path.abspath(path))
        try:
            text = read(path)
        except ReadError:
            continue  # reading the schema will tell
        texts.append(text)
        folder = os.path.dirname(path)
        pending += [os.path.join(folder, name) for name in _INCLUDE.findall(text)]
    return texts
