"""The same types in other libraries: a module for each, written as its users would.

Every module has ``peer()``, which gives its ways to read and write each type.  They check as
much as their library can check when asked to: types without conversion, unknown members, ranges,
enums.  What they do not check all the same is measured too, by the bench ``strictness``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

__all__ = ["PEERS", "Peer", "Way", "find_peer"]

#: The peers, each a module here, and what they are called.
PEERS = {
    "with_msgspec": "msgspec",
    "with_pydantic": "pydantic",
    "with_mashumaro": "mashumaro + orjson",
    "with_cattrs": "cattrs + orjson",
}

_Function: TypeAlias = "Callable[[Any], Any]"


@dataclass(frozen=True)
class Way:
    """How to read and write one type: from and to text, from and to parsed JSON.

    ``prepare`` is called before the others, and takes no part in what is measured.
    """

    decode: _Function
    encode: _Function
    from_value: _Function
    to_value: _Function
    prepare: Callable[[], object] = lambda: None


#: The ways of each type, by the schema's name of it.
Peer: TypeAlias = Mapping[str, Way]


def find_peer(module: str) -> Peer | str:
    """What a peer can do; where it is not installed, the sentence that says so."""
    try:
        peer: Peer = import_module(f"{__name__}.{module}").peer()
    except ModuleNotFoundError as error:
        return f"{PEERS[module]}: {error.name} is not installed"
    return peer
