"""All that generated code imports.

In: nothing.  Out: the names below, each loaded from its module when it is first used, so that
importing the package costs nothing.
Must not know: the compiler, anything outside of the standard library.
"""

from __future__ import annotations

# Type checkers take a name like this for true; the typing module itself is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .codec import JsonError, dumps, loads
    from .commands import ArgumentsStyle, CommandSpec, Registry
    from .errors import QapiError, VisitError
    from .events import Emitter, EventSpec, make_event, parse_event, wall_clock
    from .marshalling import decode, encode
    from .messages import ABSENT, Command, Event, Timestamp
    from .model import (
        NULL,
        Enum,
        NullType,
        QType,
        Struct,
        missing_members,
        python_name,
        schema_name,
        unknown_members,
        wire_name,
    )
    from .options import from_option
    from .specs import LazySpecs
    from .visit import Visitor, clone, from_wire, to_wire
    from .visit.keyval import from_keyval, to_keyval
    from .visit.text import to_text
    from .visit.walk import walk

__all__ = [
    "ABSENT",
    "NULL",
    "ArgumentsStyle",
    "Command",
    "CommandSpec",
    "Emitter",
    "Enum",
    "Event",
    "EventSpec",
    "JsonError",
    "LazySpecs",
    "NullType",
    "QType",
    "QapiError",
    "Registry",
    "Struct",
    "Timestamp",
    "VisitError",
    "Visitor",
    "clone",
    "decode",
    "dumps",
    "encode",
    "from_keyval",
    "from_option",
    "from_wire",
    "loads",
    "make_event",
    "missing_members",
    "parse_event",
    "python_name",
    "schema_name",
    "to_keyval",
    "to_text",
    "to_wire",
    "unknown_members",
    "walk",
    "wall_clock",
    "wire_name",
]

_MODULES = {
    "codec": ("JsonError", "dumps", "loads"),
    "commands": ("ArgumentsStyle", "CommandSpec", "Registry"),
    "errors": ("QapiError", "VisitError"),
    "events": ("Emitter", "EventSpec", "make_event", "parse_event", "wall_clock"),
    "marshalling": ("decode", "encode"),
    "messages": ("ABSENT", "Command", "Event", "Timestamp"),
    "model": (
        "NULL",
        "Enum",
        "NullType",
        "QType",
        "Struct",
        "missing_members",
        "python_name",
        "schema_name",
        "unknown_members",
        "wire_name",
    ),
    "options": ("from_option",),
    "specs": ("LazySpecs",),
    "visit": ("Visitor", "clone", "from_wire", "to_wire"),
    "visit.keyval": ("from_keyval", "to_keyval"),
    "visit.text": ("to_text",),
    "visit.walk": ("walk",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            value: object = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = value  # found without this function from now on
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
