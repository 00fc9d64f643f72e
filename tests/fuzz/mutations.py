"""Small and large damage to the text of a schema."""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["mutate"]

_PIECES = (
    *("{", "}", "[", "]", ":", ",", "'", '"', "#", "##", "\n", "\r", "\r\n", "\t", "\\", "\\u00e9"),
    *(
        "true",
        "false",
        "null",
        "0",
        "-1",
        "\0",
        "\ufeff",
        "\xa0",
        "é",
        "\u2028",
        "*",
        "q_",
        "__x.y_",
    ),
    *("'if'", "'features'", "'data'", "'base'", "'include'", "'pragma'", "{ 'all': [ ] }", "'any'"),
    *("# @a:\n", "# Returns:\n", "# Since: 1\n", "#\n", "##\n", "Features:", "{ 'struct': 'S' }"),
)

Mutation = Callable[[random.Random, str], str]


def _place(rng: random.Random, text: str) -> int:
    return rng.randrange(len(text) + 1)


def _insert(rng: random.Random, text: str) -> str:
    at = _place(rng, text)
    return text[:at] + rng.choice(_PIECES) + text[at:]


def _delete(rng: random.Random, text: str) -> str:
    at = _place(rng, text)
    return text[:at] + text[at + rng.choice((1, 1, 1, 2, 10, 300)) :]


def _replace(rng: random.Random, text: str) -> str:
    at = _place(rng, text)
    return text[:at] + rng.choice(_PIECES) + text[at + 1 :]


def _truncate(rng: random.Random, text: str) -> str:
    return text[: _place(rng, text)]


def _duplicate(rng: random.Random, text: str) -> str:
    start = _place(rng, text)
    end = min(len(text), start + rng.choice((1, 20, 200, 2000)))
    at = _place(rng, text)
    return text[:at] + text[start:end] + text[at:]


def _swap_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _swap_words(rng: random.Random, text: str) -> str:
    """Put a string where another was: names, types and keys change places."""
    words = text.split("'")
    if len(words) < 4:
        return text
    one, other = rng.randrange(1, len(words), 2), rng.randrange(1, len(words), 2)
    words[one] = words[other]
    return "'".join(words)


def _nest(rng: random.Random, text: str) -> str:
    at = _place(rng, text)
    depth = rng.choice((10, 1000, 20_000))
    return text[:at] + rng.choice("[{") * depth + text[at:]


def _lengthen(rng: random.Random, text: str) -> str:
    at = _place(rng, text)
    return text[:at] + rng.choice(("a", "'", "#", "\n", " ", "_")) * 100_000 + text[at:]


_USUAL: tuple[Mutation, ...] = (
    *(_insert, _delete, _replace, _truncate, _duplicate, _swap_lines),
    *(_swap_words, _swap_words, _swap_words),
)
_RARE: tuple[Mutation, ...] = (_nest, _lengthen)


def mutate(rng: random.Random, text: str) -> str:
    """The text with one to six mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        kind = rng.choice(_RARE) if rng.random() < 0.02 else rng.choice(_USUAL)
        text = kind(rng, text)
    return text
