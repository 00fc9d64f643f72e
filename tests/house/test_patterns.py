"""Regular expressions mean the same in every supported Python.

Up to Python 3.11.4 a possessive group (``(?:...)*+``) goes on where its last, failed try had
stopped rather than where that had begun (gh-106052).  A last alternative that never matches puts
the place right, so each possessive group has one.
"""

from __future__ import annotations

import re
import re._constants as opcodes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.house.modules import QAPIGEN


def patterns(value: object) -> Iterator[re.Pattern[Any]]:
    """The patterns among a module's values, also inside dicts and sequences, or bound to methods."""
    owner = getattr(value, "__self__", value)
    if isinstance(owner, re.Pattern):
        yield owner
    elif isinstance(value, dict):
        yield from (each for one in value.values() for each in patterns(one))
    elif isinstance(value, (list, tuple)):
        yield from (each for one in value for each in patterns(one))


def possessive_groups(parsed: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    """The bodies of groups repeated possessively, at any depth."""
    for opcode, argument in parsed:
        if opcode is opcodes.POSSESSIVE_REPEAT and not single_character(argument[2]):
            yield argument[2]
        yield from (group for body in bodies(argument) for group in possessive_groups(body))


def bodies(argument: object) -> Iterator[Any]:
    """What is nested in an operation."""
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, (list, tuple)):
        yield from (body for each in argument for body in bodies(each))


def single_character(body: Any) -> bool:
    characters = (opcodes.LITERAL, opcodes.NOT_LITERAL, opcodes.IN, opcodes.ANY)
    return len(body) == 1 and body[0][0] in characters


def guarded(body: Any) -> bool:
    """Whether the last alternative is one that never matches."""
    if len(body) != 1 or body[0][0] is not opcodes.BRANCH:
        return False
    last = body[0][1][1][-1]
    return len(last) == 1 and (
        last[0][0] is opcodes.FAILURE  # how some versions of Python read (?!)
        or (last[0][0] is opcodes.ASSERT_NOT and not last[0][1][1])
    )


def unguarded(pattern: re.Pattern[Any]) -> bool:
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    return not all(guarded(body) for body in possessive_groups(parsed))


def test_possessive_groups_are_guarded() -> None:
    sinners = [
        f"{name}: {pattern.pattern!r}"
        for name in QAPIGEN
        if not name.endswith("__main__")
        for value in vars(import_module(name.removesuffix(".__init__"))).values()
        for pattern in patterns(value)
        if unguarded(pattern)
    ]
    assert not sinners, "\n".join(sinners)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (r"(?:a|bc)*+", True),
        (r"((?:ab)?+)c", True),
        (r"x|(?:y(?:z(?!w)|(?!))*+)++", True),
        (r"(?:ab|(?!))*+", False),
        (r"(?:a++|(?:b(?=c)|(?!))?+|(?!))*+", False),
        (r"[ab]*+c?+.++", False),
        (r"(?:ab)*", False),
    ],
)
def test_what_is_guarded(text: str, wrong: bool) -> None:
    assert unguarded(re.compile(text)) is wrong


def test_a_guarded_group_goes_back() -> None:
    """The shortest example of the fault: the second try stops behind a newline and a sign."""
    assert re.compile("(?:\n#(?!#)|b|(?!))*+").match("\n#b\n##").span() == (0, 3)  # type: ignore[union-attr]
