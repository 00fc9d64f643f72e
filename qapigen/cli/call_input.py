"""Arguments that are not on the command line, which everybody on a machine can read.

In: the word that says where they are.  Out: their text.
Must not know: what the text says.
"""

from __future__ import annotations

from ..runtime.codec import MAX_TEXT_BYTES
from ..runtime.errors import QapiError, cut
from .standard_input import read_bytes

__all__ = ["is_elsewhere", "text_of"]


def is_elsewhere(word: str) -> bool:
    """Does a word stand for a text that is elsewhere: ``-`` for standard input, ``@FILE``?"""
    return word == "-" or word.startswith("@")


def text_of(word: str) -> str:
    """The text that the word stands for; :class:`QapiError` names what cannot be read, and why."""
    try:
        if word == "-":
            data = read_bytes(MAX_TEXT_BYTES)
        else:
            with open(word[1:], "rb") as file:
                data = file.read(MAX_TEXT_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a path that no system knows
        raise QapiError(f"{_place(word)}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) == MAX_TEXT_BYTES:
        raise QapiError(f"{_place(word)}: longer than {MAX_TEXT_BYTES - 1} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise QapiError(f"{_place(word)}: not UTF-8 at byte {error.start}") from None


def _place(word: str) -> str:
    return "standard input" if word == "-" else cut(word[1:])
