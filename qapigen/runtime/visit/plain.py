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

__all__ = ["check_member_name", "check_unicode", "json_leaf", "rebuild"]

#: The way from the root to a value, innermost component first.
_Trail: TypeAlias = "tuple[str, _Trail] | None"
#: A value to be copied, where the copy goes (container and key), its way and its depth.
_Task: TypeAlias = "tuple[object, Any, object, _Trail, int]"


def check_unicode(name: str, text: str) -> None:
    """Raise :class:`VisitError` for a string that has no UTF-8 form: a lone surrogate in it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        got = f"U+{ord(text[error.start]):04X} at index {error.start}"
        raise refusal(name, "a string without lone surrogates", got) from None


def check_member_name(key: object) -> None:
    """Raise :class:`VisitError` for what cannot be the name of a member in JSON."""
    if not isinstance(key, str):
        raise python_refusal("", "member names that are strings", key)
    check_unicode("", key)


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
    """A copy of ``value``: new dicts and lists, each scalar as ``leaf`` gives it.

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
                into[key] = _open(source, trail, level, tasks)
            else:
                into[key] = leaf(source)
        except VisitError as error:
            _locate(error, trail)
            raise
    return root[0]


def _open(
    source: dict[object, object] | list[object], trail: _Trail, level: int, tasks: list[_Task]
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
        copy = dict.fromkeys(source)  # keeps the order of the members
        inner = [
            (item, copy, key, (_component(key), trail), level + 1) for key, item in source.items()
        ]
    tasks.extend(reversed(inner))  # so that the first one is done first
    return copy


def _component(key: object) -> str:
    check_member_name(key)
    return ascii(cut(str(key)))[1:-1]


def _locate(error: VisitError, trail: _Trail) -> None:
    while trail is not None:
        component, trail = trail
        error.prefix(component)
