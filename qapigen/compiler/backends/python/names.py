"""Schema names to Python identifiers.

In: a schema.  Out: :class:`Names`, one identifier for everything that generated code names.
The rules, which never change, nor does a name when definitions are added behind all others:

* every character that identifiers cannot hold becomes ``_``; leading ``_`` go away
  (``__com.example_x`` is ``com_example_x``); a leading digit gets a ``_`` before it, in an enum
  value ``VALUE_``, for ``_2X`` would be a private name there;
* a Python keyword, or a name that generated code needs itself, gets a ``_`` behind it;
* of two names that become the same, the later one in the schema gets a ``_`` behind it; what is
  derived from a definition's name stands with it, before the next definition;
* enum values are upper case; arguments of command ``do-it`` are ``DoItArguments``, data of
  event ``IT_DONE`` are ``ItDoneEventData``;
* the class for a branch of a union is the union's name, ``_`` and the case: ``Shape_Circle``.
  Schemas tend to have a type ``ShapeCircle`` or ``CircleShape`` too, and names of types have no
  ``_`` in the modern dialect, so this is the one form that does not clash.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from keyword import iskeyword

from ...ir import (
    BUILTINS,
    Command,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Member,
    Schema,
    TypeDefinition,
    Union,
)
from ...passes.implicit import kind_enum
from ...passes.members import Variant, variants

__all__ = ["Names", "camel_case", "identifier", "identifiers", "value_names"]

_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9_]")
_WORDS = re.compile(r"[A-Za-z0-9]+")

#: Names that generated modules use for themselves, by what they are.
_USED = frozenset(
    (
        # built-in types in annotations
        *("str", "int", "float", "bool", "list", "dict", "tuple", "object", "type"),
        # typing and dataclasses
        *(
            "Annotated",
            "Any",
            "Final",
            "Literal",
            "Mapping",
            "TYPE_CHECKING",
            "TypeAlias",
            "annotations",
        ),
        *("dataclass", "json", "importlib", "import_module"),
        # the runtime
        *("AlternateInfo", "Answer", "ArgumentsStyle", "CommandSpec", "Emitter", "Enum", "Event"),
        *("EventSpec", "LazySpecs", "NULL", "NullType", "QType", "Registry", "Struct", "Timestamp"),
        *("UnionInfo", "Visitor", "make_event", "members", "unserved"),
        *("AsyncTypedClient", "BlockingTypedClient", "Iterable", "TypedEvent", "add_lazy_methods"),
        # the package's own modules and names
        *("types", "visit", "wire", "commands", "events", "introspect", "registry", "self"),
        *("AsyncClient", "AsyncCommands", "BlockingClient", "BlockingCommands"),
        *("v", "obj", "name", "value", "arguments", "timestamp", "COMMANDS", "EVENTS", "SPECS"),
        # what the package looks up while it loads classes into itself
        *("AttributeError", "getattr", "globals"),
    )
)
#: What clients have besides the methods for commands.
_USED_BY_CLIENTS = frozenset(
    ("client", "close", "connect", "events", "greeting", "kept_events", "on_event", "wait_event")
)
#: Names that classes cannot have besides: those that functions which read and write use, those
#: that methods are given, and the package of clients.
_USED_BY_CLASSES = _USED.union(
    (
        *("MAX_STEPS", "Mismatch", "ReadTable", "SPECIALISED", "SpecialisedTable", "WriteTable"),
        *("client", "count", "data", "depth", "each", "item", "len", "read", "super"),
        *("DeferredVisit", "fds", "not_served", "oob", "timeout"),
    )
)
#: And the names of their variables, and what functions for types start with.
_VARIABLE = re.compile(r"v[0-9]+")
_PREFIXES = ("visit_", "read_", "write_")
#: Modules that would hide, in their package, what the package itself uses or offers.
_MODULES_USED = frozenset(("import_module", "registry"))
#: What annotations import for built-in types; others are Python's own.
_IMPORTED = {"any": "Any", "null": "NullType"}
#: Member names that would hide a type in the annotations of their class.
_MEMBERS_USED = frozenset(
    # Any variable called TYPE_CHECKING is true for type checkers.
    (
        *("str", "int", "float", "bool", "list", "dict", "object", "self", "TYPE_CHECKING"),
        "not_served",  # what the methods of handlers call
    )
)


def identifier(name: str, used: Iterable[str] = ()) -> str:
    """The identifier for one name, unless it clashes with another."""
    text = _allowed(name)
    while iskeyword(text) or text in used:
        text += "_"
    return text


@lru_cache(maxsize=8192)  # schemas use the same few names for members again and again
def _allowed(name: str) -> str:
    """The name in characters that identifiers can hold."""
    text = _NOT_IDENTIFIER.sub("_", name).lstrip("_") or "_"
    return f"_{text}" if text[0].isdigit() else text


def identifiers(names: Iterable[str], used: Iterable[str] = ()) -> dict[str, str]:
    """Distinct identifiers for distinct names; earlier names have the first choice."""
    reserved = frozenset(used)
    taken: set[str] = set()
    result: dict[str, str] = {}
    for name in names:
        text = result[name] = _apart(identifier(name), reserved, taken)
        taken.add(text)
    return result


def _apart(name: str, *taken: Container[str]) -> str:
    """The name with as many ``_`` behind it as make it none of those ``taken``."""
    while any(name in names for names in taken):
        name += "_"
    return name


def value_names(values: Iterable[str]) -> dict[str, str]:
    """The constants for the values of an enum."""
    constants: dict[str, str] = {}
    taken: set[str] = set()
    for value in values:
        text = identifier(value.upper())
        # '_2X' would be private, '_2_' internal to enums, 'MRO' is a method of classes.
        if text[0] == "_" or text == "MRO":
            text = f"VALUE_{text.strip('_')}"
        while text in taken:
            text += "_"
        taken.add(text)
        constants[value] = text
    return constants


def camel_case(name: str) -> str:
    """``query-migrate`` and ``QUERY_MIGRATE`` as ``QueryMigrate``."""
    words = _WORDS.findall(name)
    if name.upper() == name:
        words = [word.lower() for word in words]
    return "".join(word[0].upper() + word[1:] for word in words)


class Names:
    """The identifiers of a schema's Python package.

    ``modules`` are the Python names of schema modules; ``types`` of definitions and implicit
    enums; ``branches`` of union variants by union and position; ``data`` the classes of inline
    arguments and event data, by kind and name of the command or event; ``commands`` and
    ``events`` the methods and functions for them; ``handlers`` and ``emitters`` the classes that
    hold those, by schema module; ``client_methods`` the methods for commands and
    ``event_classes`` the classes for events in clients.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.modules = _module_names(schema)
        self.home: dict[str, str] = {}
        self.types: dict[str, str] = {"QType": "QType"}
        self.kinds: dict[str, Enum] = {}
        self.branches: dict[str, tuple[tuple[Variant, str], ...]] = {}
        self.data: dict[tuple[str, str], str] = {}
        self.commands: dict[str, str] = {}
        self.events: dict[str, str] = {}
        self.handlers: dict[str, str] = {}
        self.emitters: dict[str, str] = {}
        self.client_methods: dict[str, str] = {}
        self.event_classes: dict[str, str] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        # A package exports the classes of all modules, and annotations name them among methods and
        # functions.  Those of one kind never meet those of another, and may have the same names.
        self._classes: set[str] = set()
        self._functions: dict[str, set[str]] = {"command": set(), "event": set(), "client": set()}
        # One after the other: no name depends on what comes later in the schema.
        for definition in schema.definitions:
            self._claim(definition)

    def _claim(self, definition: Definition) -> None:
        """The names for a definition and for all that is made of it."""
        if isinstance(definition, Command):
            self._command(definition)
        elif isinstance(definition, Event):
            self._event(definition)
        else:
            self._type(definition)
            if isinstance(definition, Union):
                if definition.simple:
                    kind = self.kinds[definition.name] = kind_enum(definition)
                    self._type(kind)
                self.branches[definition.name] = self._branches(definition)

    def _type(self, definition: TypeDefinition) -> None:
        self.types[definition.name] = self._class(definition.name)
        self.home[definition.name] = definition.module

    def _branches(self, union: Union) -> tuple[tuple[Variant, str], ...]:
        found: list[tuple[Variant, str]] = []
        for variant in variants(self.schema, union):
            cases = [camel_case(case) for _, case in variant.cases]
            name = "_".join([self.types[union.name].rstrip("_"), *cases])
            found.append((variant, self._class(name)))
        return tuple(found)

    def _command(self, command: Command) -> None:
        name = command.name
        if isinstance(command.data, InlineMembers):
            self.data["command", name] = self._class(f"{camel_case(name)}Arguments")
        self._module_class(self.handlers, command.module, "Commands")
        self.commands[name] = self._function("command", name, _USED)
        self.client_methods[name] = self._function("client", name, _USED | _USED_BY_CLIENTS)

    def _event(self, event: Event) -> None:
        name = event.name
        if isinstance(event.data, InlineMembers):
            self.data["event", name] = self._class(f"{camel_case(name)}EventData")
        self._module_class(self.emitters, event.module, "Events")
        self.event_classes[name] = self._class(f"{camel_case(name)}Event")
        self.events[name] = self._function("event", name.lower(), _USED)

    def _module_class(self, found: dict[str, str], module: str, what: str) -> None:
        """The class of a schema module, such as the handlers of its commands, with its first."""
        if module not in found:
            found[module] = self._class(camel_case(self.modules[module]) + what)

    def _class(self, name: str) -> str:
        text = identifier(name, _USED_BY_CLASSES)
        # Not what a visit function is called, nor what would make two of those the same.
        if text.startswith(_PREFIXES):
            text = f"{text[0].upper()}{text[1:]}"
        if _VARIABLE.fullmatch(text):
            text += "_"
        if text.endswith(("_list", "_members", "_base")):
            text += "_"
        text = _apart(text, self._classes, *self._functions.values())
        self._classes.add(text)
        return text

    def _function(self, kind: str, name: str, used: frozenset[str]) -> str:
        """The method or function for a command or event."""
        others = self._functions[kind]
        text = _apart(identifier(name, used), self._classes, others)
        others.add(text)
        return text

    def members(self, names: Iterable[str], classes: Iterable[str] = ()) -> dict[str, str]:
        """The attributes for members, in a class whose annotations use ``classes``."""
        return identifiers(names, _MEMBERS_USED.union(classes))

    def arguments(self, members: Sequence[Member], used: Iterable[str] = ()) -> dict[str, str]:
        """The parameters for members, in a function that names ``used`` for itself."""
        return self.members([m.name for m in members], [*self.classes(members), *used])

    def attributes(self, cls: str, members: Sequence[Member]) -> dict[str, str]:
        """The attributes for the ``members`` of the class ``cls``."""
        if cls not in self._attributes:  # types and visit functions ask for the same
            self._attributes[cls] = self.arguments(members)
        return self._attributes[cls]

    def classes(self, members: Sequence[Member]) -> list[str]:
        """The classes that the annotations of members import."""
        names = (member.type.name for member in members)
        found = (_IMPORTED.get(name) if name in BUILTINS else self.types[name] for name in names)
        return [each for each in found if each is not None]

    def module_of(self, type_name: str) -> str | None:
        """The Python module that a type lives in; None for built-in types."""
        home = self.home.get(type_name)
        return None if home is None else self.modules[home]


def _module_names(schema: Schema) -> dict[str, str]:
    """Python modules for the schema's files: their paths without ``.json``, joined by ``_``."""
    paths = [module.name for module in schema.modules]
    stems = {path: path.removesuffix(".json").replace("../", "") for path in paths}
    taken: set[str] = set()
    result: dict[str, str] = {}
    for path in paths:
        text = identifier(stems[path].lower(), _MODULES_USED)
        while text in taken:
            text += "_"
        taken.add(text)
        result[path] = text
    return result
