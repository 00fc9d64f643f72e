"""What a server says about its commands: arguments checked by its own introspection data.

In: the answer to query-qmp-schema, and arguments as JSON or as nested texts.  Out: arguments as
JSON, or :class:`VisitError`.
Must not know: connections, generated code, schema files.

Introspection tells less than a schema does: integers have no range, and a size is an integer
like any other.  What it leaves open, the server checks itself.  Entries that are made from a
schema can be exact: with the name of an integer type (``uint8``, ``size``) for ``json-type``,
its rules count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from .errors import QapiError, VisitError, article, cut, describe, did_you_mean
from .visit.keyval import KeyvalInput
from .visit.kinds import (
    INT8,
    INT16,
    INT32,
    INT64,
    SIZE,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    IntegerKind,
    json_kind,
    wire_number,
)
from .visit.refusals import missing, refusal, too_deep, unexpected
from .visit.scalar_texts import boolean_value, integer_value, number_value, size_value
from .visit.wire_in import WireInput

__all__ = ["OPEN_COMMANDS", "ArgumentReader", "SchemaInfo", "TextArgumentReader"]

#: One entry of the answer to query-qmp-schema.
SchemaInfo: TypeAlias = Mapping[str, Any]

#: What takes members that its schema does not name: they are properties of a device.
OPEN_COMMANDS = frozenset({"device_add", "netdev_add"})

_LOWEST, _HIGHEST = -(2**63), 2**64 - 1  # of all integers on the wire

_INTEGERS: Mapping[str, IntegerKind] = {
    kind.name: kind for kind in (INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, SIZE)
}


class ArgumentReader:
    """Checks arguments that are JSON already, as strictly as the server would.

    ``rows`` is the answer of the server.  Raises :class:`QapiError` for one that is no list of
    named entries.
    """

    def __init__(self, rows: object) -> None:
        if not isinstance(rows, list) or not all(map(_is_entry, rows)):
            raise QapiError("the answer to query-qmp-schema is no list of entries")
        self._infos: dict[str, SchemaInfo] = {row["name"]: row for row in rows}

    def commands(self) -> list[str]:
        """The names of the commands, in the order of the answer."""
        return [name for name, info in self._infos.items() if info["meta-type"] == "command"]

    def events(self) -> list[str]:
        """The names of the events, in the order of the answer."""
        return [name for name, info in self._infos.items() if info["meta-type"] == "event"]

    def read(self, command: str, arguments: Mapping[str, object]) -> dict[str, object]:
        """The arguments of a command, to be sent; :class:`VisitError` for what does not fit.

        :class:`QapiError` for a command that the server does not have.
        """
        info = self._infos.get(command, {"meta-type": ""})
        if info["meta-type"] != "command":
            near = did_you_mean(command, self.commands())
            raise QapiError(f"there is no command {cut(command)!a}{near}")
        try:
            target = self._infos[info["arg-type"]]
            is_open = command in OPEN_COMMANDS and not target.get("variants")
            return self._object(target, arguments, is_open=is_open)
        except (KeyError, TypeError) as error:
            text = f"the answer to query-qmp-schema does not tell what '{command}' takes"
            raise QapiError(text) from error
        except RecursionError:
            raise too_deep("arguments") from None

    # What depends on the form that arguments have.

    def item(self, index: int) -> str:
        """The component of a path that stands for an item of an array."""
        return f"[{index}]"

    def any(self, value: object) -> object:
        """A value of which the schema says nothing."""
        return value

    def unnamed(self, name: str, value: object) -> object:
        """A member that its schema does not name, of a command that takes any."""
        return self.any(value)

    def scalar(self, kind: str, value: object) -> object:
        """A value of a builtin type, by its word in introspection or its name."""
        if kind in _INTEGERS:
            WireInput(value).integer("", None, _INTEGERS[kind])
            return value
        fits, expected = _SCALARS[kind]
        if not fits(value):
            raise refusal("", expected, describe(value))
        return value

    def alternative(self, value: object, kinds: Mapping[str, str]) -> Iterable[str]:
        """The types among the alternatives, by kind of JSON value, that a value may have."""
        kind = json_kind(value)
        return [kinds[kind]] if kind in kinds else []

    # The walk.

    def _value(self, name: str, value: object) -> object:
        info = self._infos[name]
        meta = info["meta-type"]
        if meta == "builtin":
            kind = info["json-type"]
            return self.any(value) if kind == "value" else self.scalar(kind, value)
        if meta == "enum":
            return _enum(info, value)
        if meta == "array":
            return self._array(info["element-type"], value)
        if meta == "object":
            return self._object(info, value)
        return self._alternate(info, value)

    def _array(self, element: str, value: object) -> list[object]:
        if not isinstance(value, list):
            raise refusal("", "an array", describe(value))
        return [self._inside(self.item(at), element, each) for at, each in enumerate(value)]

    def _object(
        self, info: SchemaInfo, value: object, *, is_open: bool = False
    ) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise refusal("", "an object", describe(value))
        found: dict[str, object] = {}
        known = self._members(info, value, found)
        for wire in value:
            if wire not in known:
                if not is_open:
                    raise unexpected(wire, [each for each in known if each not in value])
                found[wire] = self.unnamed(wire, value[wire])
        return found

    def _members(
        self, info: SchemaInfo, value: Mapping[str, object], found: dict[str, object]
    ) -> list[str]:
        """Read the members of an object type, those of its branch included; their names."""
        for member in info["members"]:
            wire = member["name"]
            if wire in value:
                found[wire] = self._inside(wire, member["type"], value[wire])
            elif "default" not in member:
                raise missing(wire)
        known = [member["name"] for member in info["members"]]
        for variant in info.get("variants", ()):
            if variant["case"] == found[info["tag"]]:
                known += self._members(self._infos[variant["type"]], value, found)
        return known

    def _alternate(self, info: SchemaInfo, value: object) -> object:
        kinds = {self._kind(member["type"]): member["type"] for member in info["members"]}
        refused: VisitError | None = None
        for name in self.alternative(value, kinds):
            try:
                return self._value(name, value)
            except VisitError as error:
                refused = refused or error
        expected = " or ".join(kind if kind == "null" else article(kind) for kind in kinds)
        raise refused or refusal("", expected, describe(value))

    def _kind(self, name: str) -> str:
        """The kind of JSON value that a type has."""
        info = self._infos[name]
        if info["meta-type"] == "builtin":
            kind: str = info["json-type"]
            return "number" if kind == "int" or kind in _INTEGERS else kind
        return {"enum": "string", "array": "array"}.get(info["meta-type"], "object")

    def _inside(self, component: str, name: str, value: object) -> object:
        try:
            return self._value(name, value)
        except VisitError as error:
            error.prefix(component)
            raise


class TextArgumentReader(ArgumentReader):
    """Reads dicts and lists around texts, as :func:`.visit.keyval_syntax.parse_keyval` gives them.

    A size suffix is taken behind any integer whose type is not known exactly, for introspection
    does not tell sizes apart.
    """

    def item(self, index: int) -> str:
        return str(index)

    def scalar(self, kind: str, value: object) -> object:
        if kind in _INTEGERS:
            return KeyvalInput(value).integer("", None, _INTEGERS[kind])
        read, expected = _TEXTS[kind]
        found = read(value) if isinstance(value, str) else None
        if found is None:
            raise refusal("", expected, describe(value))
        return found

    def alternative(self, value: object, kinds: Mapping[str, str]) -> Iterable[str]:
        if not isinstance(value, str):
            return super().alternative(value, kinds)
        return [kinds[kind] for kind in ("string", "boolean", "number") if kind in kinds]


def _is_entry(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("name"), str)
        and isinstance(row.get("meta-type"), str)
    )


def _enum(info: SchemaInfo, value: object) -> str:
    # The newer list has the features of values as well; before QEMU 6.2 there is but the old one.
    values = [row["name"] for row in info["members"]] if "members" in info else info["values"]
    if isinstance(value, str) and value in values:
        return value
    shown = ", ".join(f"'{each}'" for each in values[:8]) + (", ..." if len(values) > 8 else "")
    near = did_you_mean(value, values) if isinstance(value, str) else ""
    expected = f"one of {shown}"
    text = f"expected {expected}, got {describe(value)}{near}"
    raise VisitError(text, expected=expected, got=describe(value))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _LOWEST <= value <= _HIGHEST


def _is_number(value: object) -> bool:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_one and wire_number(value) is not None  # type: ignore[arg-type] # it is one


#: What a scalar must be, by its word in introspection, and how an error text calls it.
_SCALARS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "string": (lambda value: isinstance(value, str), "a string"),
    "int": (_is_integer, "an integer of at most 64 bits"),
    "number": (_is_number, "a finite number"),
    "boolean": (lambda value: isinstance(value, bool), "a boolean"),
    "null": (lambda value: value is None, "null"),
}


def _integer_of(text: str) -> int | None:
    found = integer_value(text)
    if found is None:
        found = size_value(text)
    return found if found is not None and _LOWEST <= found <= _HIGHEST else None


#: The same for texts: how a scalar is read, None where it cannot be.
_TEXTS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "string": (lambda text: text, "a text"),
    "int": (_integer_of, "an integer of at most 64 bits, such as 4096 or 64K"),
    "number": (number_value, "a finite number"),
    "boolean": (boolean_value, "on or off"),
    "null": (lambda _: None, "null, which key=value text cannot say"),
}
