"""Values that nearly fit their types: one place of them, or a few, is something else."""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from typing import Any

from qapigen.runtime.model import NULL, Enum, QType, Struct

__all__ = ["spoil_json", "spoil_typed"]


class _Text(str):
    __slots__ = ()


class _Int(int):
    __slots__ = ()


#: What JSON can hold, at the edges of what types take, and what only Python has.
JSON_JUNK: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 1.5, -0.0, "", "x", "\xe9\U0001f600", "a\ud800", {}, []),
    *(127, 128, -128, -129, 255, 256, 32768, -32769, 65536, 2**31, -(2**31) - 1, 2**32),
    *(2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**64, 2**64 - 1, 10**400, 1e308, 10.0**20),
    *(float("inf"), float("nan"), {"type": "x"}, [None], [[]], {"": 1}, "none", "qnull"),
)
PYTHON_JUNK: tuple[object, ...] = (
    *(NULL, QType.QNULL, _Text("x"), _Int(3), (), (1,), {"a"}, b"x", object, {1: 2}),
    *({"a": {2: 3}}, [object()], 1j, QType, QType.open("never-heard-of")),
)


def _junk(choices: tuple[object, ...], chance: random.Random) -> object:
    # A copy, for it may be spoiled in turn.
    return copy.deepcopy(chance.choice(choices))


def spoil_json(value: object, chance: random.Random) -> object:
    """A copy of a JSON value with another value, a member or an item more or less somewhere."""
    root = [copy.deepcopy(value)]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        _spoil_place(chance.choice(_places(root)), chance)
    return root[0]


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Where there is a value: its container and its key."""
    found: list[tuple[Any, Any]] = [(root, 0)]
    for container, key in found:
        inner = container[key]
        if isinstance(inner, dict | list):
            keys = inner if isinstance(inner, dict) else range(len(inner))
            found += [(inner, each) for each in keys]
    return found


def _spoil_place(place: tuple[Any, Any], chance: random.Random) -> None:
    container, key = place
    value = container[key]
    how = chance.randrange(8)
    if how == 0 and isinstance(container, dict):
        del container[key]
    elif how == 1 and isinstance(value, dict):
        value[chance.choice(["", "new", "type", "data"])] = _junk(JSON_JUNK, chance)
    elif how == 2 and isinstance(value, dict):
        container[key] = defaultdict(str, value)
    elif how == 3 and isinstance(value, list):
        value.append(_junk(JSON_JUNK, chance))
    elif how == 4 and isinstance(value, str):
        container[key] = _Text(value)
    elif how == 5 and type(value) is int:
        container[key] = chance.choice(
            [_Int(value), float(value) if abs(value) < 2**60 else -value]
        )
    else:
        container[key] = _junk(JSON_JUNK if chance.random() < 0.8 else PYTHON_JUNK, chance)


def spoil_typed(value: Any, chance: random.Random) -> Any:
    """The same for a typed value: members of other values, or unset."""
    root = [copy.deepcopy(value)]
    found: list[tuple[Any, Any]] = [(root, 0)]
    for container, key in found:
        inner = getattr(container, key) if isinstance(container, Struct) else container[key]
        if isinstance(inner, Struct):
            found += [(inner, name) for name in inner.__dataclass_fields__]
        elif isinstance(inner, list):
            found += [(inner, index) for index in range(len(inner))]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        _spoil_member(*chance.choice(found), chance)
    return root[0]


def _spoil_member(container: Any, key: Any, chance: random.Random) -> None:
    struct = isinstance(container, Struct)
    value: Any = getattr(container, key, None) if struct else container[key]
    how = chance.randrange(5)
    if how == 0 and struct and hasattr(container, key):
        delattr(container, key)
        return
    if how == 1 and isinstance(value, Enum):
        value = chance.choice([type(value).open("never-heard-of"), str(value)])
    elif how == 2 and isinstance(value, list):
        value = [*value, _junk(JSON_JUNK, chance)]
    else:
        value = _junk(JSON_JUNK if chance.random() < 0.7 else PYTHON_JUNK, chance)
    if struct:
        setattr(container, key, value)
    else:
        container[key] = value
