"""Values of type ``any``: plain data of any shape and depth.

In: dicts and lists around scalars.  Out: an independent copy of them.
Must not know: visitors.

Nothing here recurses: the peer chooses the depth of such a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ..errors import VisitError, cut
from ..model import NULL
from .kinds import wire_number
from .refusals import MAX_DEPTH, python_refusal, refusal, too_deep

__all__ = ["Trail", "check_member_name", "check_unicode", "json_leaf", "locate", "rebuild"]

#: The way from the root to a value, innermost component first.
Trail: TypeAlias = "tuple[str, Trail] | None"
#: A value to be copied, where the copy goes (container and key), its way and its depth.
_Task: TypeAlias = "tuple[object, Any, object, Trail, int]"


def check_unicode(name: str, text: str) -> None:
    """Raise :class:`VisitError` for a string that has no UTF-8 form: a lone surrogate in it."""
    try:
        str.encode(text)
    except UnicodeEncodeError as error:
        got = f"U+{ord(error.object[error.start]):04X} at index {error.start}"
        raise refusal(name, "a string without lone surrogates", got) from None


def check_member_name(key: object) -> str:
    """The name of a member as a plain string; :class:`VisitError` for what is none in JSON."""
    if not isinstance(key, str):
        raise python_refusal("", "member names that are strings", key)
    check_unicode("", key)
    return str.__str__(key)


def json_leaf(value: object) -> object:
    """A scalar in its JSON form, or :class:`VisitError` (without a place) if it has none."""
    if value is None or value is NULL:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        check_unicode("", value)
        return str.__str__(value)
    if isinstance(value, (int, float)):
        number = wire_number(value)
        if number is None:
            raise refusal("", "a finite number", "one that is not")
        return number
    raise python_refusal("", "a JSON value", value)


def rebuild(
    name: str, value: object, *, leaf: Callable[[object], object], depth: int = 0
) -> object:
    """A copy of ``value``: new dicts and lists, each scalar and key as ``leaf`` gives it.

    ``depth`` is that of the containers around the value.  Raises :class:`VisitError` with the
    place of what ``leaf`` refuses, of a key that is no string, of a value nested too deeply
    (a cycle is).
    """
    root: list[object] = [None]
    tasks: list[_Task] = [(value, root, 0, (name, None), depth)]
    while tasks:
        source, into, key, trail, level = tasks.pop()
        try:
            if isinstance(source, (dict, list)):
                into[key] = _open(source, leaf, trail, level, tasks)
            else:
                into[key] = leaf(source)
        except VisitError as error:
            locate(error, trail)
            raise
    return root[0]


def _open(
    source: dict[object, object] | list[object],
    leaf: Callable[[object], object],
    trail: Trail,
    level: int,
    tasks: list[_Task],
) -> object:
    """The copy of a container, still with empty places; filling them is put on the tasks."""
    if level >= MAX_DEPTH:
        raise too_deep("")
    copy: Any
    inner: list[_Task]
    if isinstance(source, list):
        copy = [None] * len(source)
        inner = [
            (item, copy, index, (f"[{index}]", trail), level + 1)
            for index, item in enumerate(source)
        ]
    else:
        inner = []
        copy = {}
        for key, item in source.items():
            component = _component(key)
            name = leaf(key)
            copy[name] = None  # keeps the order of the members
            inner.append((item, copy, name, (component, trail), level + 1))
    tasks.extend(reversed(inner))  # so that the first one is done first
    return copy


def _component(key: object) -> str:
    key = check_member_name(key)
    return ascii(cut(key))[1:-1]


def locate(error: VisitError, trail: Trail) -> None:
    """Put the way to a value in front of the path of an error."""
    while trail is not None:
        component, trail = trail
        error.prefix(component)
