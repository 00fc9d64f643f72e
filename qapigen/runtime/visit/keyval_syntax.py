"""Key=value text, the syntax of command line options: to nested texts and back.

In: ``driver=raw,file.filename=disk.img,tags.0=a``.  Out: dicts and lists around strings; and the
other way.
Must not know: schema types, visitors.

The rules are those of QEMU's options.  Items stand between commas; a key is made of fragments
with points between them, each a name of the schema language or, except the first, an index; a
comma in a value is written twice.  The last of equal keys wins.  The first item may be a bare
value, whose key is then the implied one.  An item ``help`` or ``?`` asks for help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ..errors import QapiError, VisitError, cut, describe
from .refusals import MAX_DEPTH, too_deep

__all__ = ["MAX_FRAGMENT_LENGTH", "HelpRequested", "Keyval", "parse_keyval", "write_keyval"]

#: What a value of key=value text is made of.
Keyval: TypeAlias = "str | dict[str, Keyval] | list[Keyval]"
#: The way from the root to a container, innermost fragment first.
_Trail: TypeAlias = "tuple[str, _Trail] | None"

MAX_FRAGMENT_LENGTH = 127  # characters of one fragment of a key

_KEY = re.compile(r"[^=,]*")
_NAME = re.compile(r"(?:__[A-Za-z0-9.-]*_)?[A-Za-z][A-Za-z0-9_-]*")
_INDEX = re.compile(r"[0-9]+")
_VALUE = re.compile(r"[^,]*+(?:,,[^,]*+|(?!))*+")
_HELP = ("help", "?")


class HelpRequested(QapiError):
    """The text asks for help; an error only where nobody has help to offer.

    ``parameters`` is what else the text says, which may choose the help to be given.
    """

    def __init__(self, parameters: dict[str, Keyval]) -> None:
        super().__init__("help is not available for this option")
        self.parameters = parameters


def parse_keyval(text: str, *, implied_key: str | None = None) -> dict[str, Keyval]:
    """The nested values of a key=value text; its leaves are strings.

    ``implied_key`` is the key of a first item that is a bare value; without it there must be
    none.  Raises :class:`VisitError` for text that breaks the rules and :class:`HelpRequested`
    for text that keeps them and asks for help.
    """
    root: dict[str, Any] = {}
    wants_help = False
    at = 0
    while at < len(text):
        key, value, end = _item(text, at, implied_key if at == 0 else None)
        if value is None:
            wants_help = True
        else:
            _put(root, _fragments(key), value)
        at = end + 1  # behind the comma
    _make_arrays(root)
    if wants_help:
        raise HelpRequested(root)
    return root


def write_keyval(parameters: Mapping[str, Keyval], *, implied_key: str | None = None) -> str:
    """The key=value text that :func:`parse_keyval` reads as ``parameters``.

    The value of ``implied_key`` comes first and without its key, where it can.  Raises
    :class:`VisitError` for what the syntax cannot say: empty objects (but the outermost) and
    arrays, names that are none, anything but strings.
    """
    first: list[str] = []
    items: list[str] = []
    for name in parameters:
        _check_fragment(name, "")
    tasks: list[tuple[str, object]] = [*parameters.items()]
    tasks.reverse()
    while tasks:
        key, value = tasks.pop()
        if isinstance(value, (dict, list)):
            tasks.extend(reversed(_inner(key, value)))
        elif not isinstance(value, str):
            raise _unsayable(key, "a string", describe(value))
        elif key == implied_key and not first and _may_be_bare(value):
            first.append(value)
        else:
            items.append(f"{key}={value.replace(',', ',,')}")
    return ",".join(first + items)


def _item(text: str, at: int, implied_key: str | None) -> tuple[str, str | None, int]:
    """Key and value of the item at an offset, and where it ends; no value: it asks for help."""
    found = _KEY.match(text, at)
    assert found is not None  # it may be empty
    key, end = found.group(), found.end()
    if text[end : end + 1] == "=":
        raw = _VALUE.match(text, end + 1)
        assert raw is not None
        return key, raw.group().replace(",,", ","), raw.end()
    if key in _HELP:
        return key, None, end
    if key and implied_key is not None:
        return implied_key, key, end
    _fragments(key)
    shown = f"{cut(key)!a}"
    raise VisitError(f"expected '=' after parameter {shown}", expected="'='", got="nothing")


def _fragments(key: str) -> list[str]:
    found: list[str] = []
    at = 0
    while True:
        match = (_INDEX.match(key, at) if found else None) or _NAME.match(key, at)
        if match is None or key[match.end() : match.end() + 1] not in ("", "."):
            text = f"{cut(key)!a} is no name of a parameter"
            raise VisitError(text, expected="the name of a parameter", got=describe(key))
        fragment = match.group()
        if len(fragment) > MAX_FRAGMENT_LENGTH:
            raise _too_long(key, fragment)
        # 00 is the index 0.
        found.append((fragment.lstrip("0") or "0") if _is_index(fragment) else fragment)
        if len(found) > MAX_DEPTH:
            raise too_deep("")
        if match.end() == len(key):
            return found
        at = match.end() + 1


def _put(root: dict[str, Any], fragments: list[str], value: str) -> None:
    inner: object = root
    for depth, fragment in enumerate(fragments[:-1]):
        assert isinstance(inner, dict)
        inner = inner.setdefault(fragment, {})
        if not isinstance(inner, dict):
            raise _inconsistent(".".join(fragments[: depth + 1]), "a value and parameters in it")
    assert isinstance(inner, dict)
    if isinstance(inner.get(fragments[-1]), dict):
        raise _inconsistent(".".join(fragments), "a value and parameters in it")
    inner[fragments[-1]] = value


def _make_arrays(root: dict[str, Any]) -> None:
    """Turn objects whose keys are indexes into arrays, the innermost first."""
    places: list[tuple[dict[str, Any], str, _Trail]] = []
    level: list[tuple[dict[str, Any], _Trail]] = [(root, None)]
    while level:
        outer, trail = level.pop()
        for key, value in outer.items():
            if isinstance(value, dict):
                places.append((outer, key, (key, trail)))
                level.append((value, (key, trail)))
    for outer, key, trail in reversed(places):
        outer[key] = _array_or_object(outer[key], trail)


def _array_or_object(members: dict[str, Any], trail: _Trail) -> object:
    indexes = sum(map(_is_index, members))
    if not indexes:
        return members
    if indexes < len(members):
        raise _inconsistent(_joined(trail), "names and indexes")
    for index in range(indexes):
        if str(index) not in members:
            expected = f"item {index}"
            text = f"{expected} is missing"
            raise VisitError(text, expected=expected, got="nothing", path=_joined(trail))
    return [members[str(index)] for index in range(indexes)]


def _joined(trail: _Trail) -> str:
    fragments: list[str] = []
    while trail is not None:
        fragment, trail = trail
        fragments.append(fragment)
    return ".".join(reversed(fragments))


def _is_index(fragment: str) -> bool:
    return fragment[0] in "0123456789"


def _may_be_bare(value: str) -> bool:
    return bool(value) and value not in _HELP and "=" not in value and "," not in value


def _inner(key: str, value: Mapping[str, Keyval] | list[Keyval]) -> list[tuple[str, object]]:
    if not value:
        what = "array" if isinstance(value, list) else "object"
        raise _unsayable(key, f"an {what} that is not empty", f"an empty {what}")
    if key.count(".") >= MAX_DEPTH - 1:
        raise too_deep("")
    if isinstance(value, list):
        return [(f"{key}.{index}", item) for index, item in enumerate(value)]
    for name in value:
        _check_fragment(name, key)
    return [(f"{key}.{name}", item) for name, item in value.items()]


def _check_fragment(name: object, place: str) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _unsayable(place, "members with names of parameters", describe(name))
    if len(name) > MAX_FRAGMENT_LENGTH:
        raise _unsayable(place, f"names of up to {MAX_FRAGMENT_LENGTH} characters", describe(name))


def _inconsistent(path: str, got: str) -> VisitError:
    expected = "one kind of parameters"
    return VisitError(f"expected {expected}, got {got}", expected=expected, got=got, path=path)


def _too_long(key: str, fragment: str) -> VisitError:
    whole = "parameter" if key == fragment else "a part of parameter"
    text = f"{whole} {cut(key)!a} is longer than {MAX_FRAGMENT_LENGTH} characters"
    expected = f"at most {MAX_FRAGMENT_LENGTH} characters"
    return VisitError(text, expected=expected, got=f"{len(fragment)} characters")


def _unsayable(path: str, expected: str, got: str) -> VisitError:
    text = f"key=value text can say {expected}, not {got}"
    return VisitError(text, expected=expected, got=got, path=path)
