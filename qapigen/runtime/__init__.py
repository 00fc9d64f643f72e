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
    from .messages import ABSENT, Command, Event, Timestamp
    from .model import NULL, Enum, NullType, QType, Struct, python_name, schema_name, wire_name
    from .specs import LazySpecs
    from .visit import Visitor, clone, from_wire, to_wire

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
    "dumps",
    "from_wire",
    "loads",
    "make_event",
    "parse_event",
    "python_name",
    "schema_name",
    "to_wire",
    "wall_clock",
    "wire_name",
]

_MODULES = {
    "codec": ("JsonError", "dumps", "loads"),
    "commands": ("ArgumentsStyle", "CommandSpec", "Registry"),
    "errors": ("QapiError", "VisitError"),
    "events": ("Emitter", "EventSpec", "make_event", "parse_event", "wall_clock"),
    "messages": ("ABSENT", "Command", "Event", "Timestamp"),
    "model": (
        "NULL",
        "Enum",
        "NullType",
        "QType",
        "Struct",
        "python_name",
        "schema_name",
        "wire_name",
    ),
    "specs": ("LazySpecs",),
    "visit": ("Visitor", "clone", "from_wire", "to_wire"),
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
