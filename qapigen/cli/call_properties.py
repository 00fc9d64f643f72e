"""Values of properties, of whose types a schema says nothing: the program itself tells them.

In: texts, what the program answers about a kind of device or an object.  Out: values as JSON.
Must not know: the rest of the arguments, connections.

device_add and qom-set take what their schema does not describe, and QEMU is strict about the types
of it (device_add since 9.2): a text is no boolean.  Before, device_add made texts of all values, as
on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..runtime.codec import JsonError, loads
from ..runtime.errors import RemoteError
from ..runtime.visit.keyval_syntax import Keyval
from ..runtime.visit.scalar_texts import boolean_value, integer_value, number_value, size_value

__all__ = ["COMMANDS", "Execute", "ReadProperty", "guess", "guessed", "property_reader"]

#: Runs a command of the program; :class:`RemoteError` if that refuses.
Execute: TypeAlias = Callable[[str, dict[str, object]], object]
#: The value of a property by its name and what was given for it.
ReadProperty: TypeAlias = Callable[[str, Keyval], object]

#: The commands that take properties.
COMMANDS = ("device_add", "qom-set", "object-add")

#: The first release whose device_add looks at the types of values.
_STRICT = (9, 2)

#: Devices of several modules, about which older programs are better not asked: device_add takes
#: texts there, and says itself what is missing.
_OF_MODULES = ("virtio-gpu", "virtio-vga")

#: What an alias of a virtio device leaves out: virtio-blk is virtio-blk-pci on a PC.
_BUSES = ("-pci", "-ccw", "-device")

#: An integer to the program, and to people a slot and a function such as 06.1: as a number it is
#: both in one.
_SLOT = ("addr", "int32")


def property_reader(
    execute: Execute, release: tuple[int, int], command: str, values: Mapping[str, Any]
) -> ReadProperty:
    """What reads the properties among the arguments of a command; ``release`` is the program's.

    The program is asked as far as it takes to know their types.
    """
    if command == "device_add":
        driver = str(values.get("driver"))
        if release < _STRICT and driver.startswith(_OF_MODULES):
            return lambda _, value: value if isinstance(value, str) else guess(value)
        return _typed(_of_device(execute, driver))
    if command == "qom-set":
        types = _types(execute, "qom-list", path=values.get("path"))
        return _typed({"value": types.get(str(values.get("property")), "")})
    # Before QEMU 6.0, objects have their properties in a member without a type.
    if command == "object-add" and "props" in values:
        return _typed(_types(execute, "qom-list-properties", typename=values.get("qom-type")))
    return guessed


def _of_device(execute: Execute, driver: str) -> Mapping[str, str]:
    for suffix in ("", *_BUSES):
        if types := _types(execute, "device-list-properties", typename=f"{driver}{suffix}"):
            return types
    return {}


def _types(execute: Execute, command: str, **arguments: object) -> Mapping[str, str]:
    """The types of properties by name; none if the program does not tell."""
    try:
        return dict(_rows(execute(command, arguments)))
    except RemoteError:
        return {}  # it will say itself what is wrong


def _rows(answer: object) -> Iterator[tuple[str, str]]:
    for row in answer if isinstance(answer, list) else ():
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            yield row["name"], str(row.get("type"))


def _typed(types: Mapping[str, str]) -> ReadProperty:
    def read(name: str, value: Keyval) -> object:
        kind = types.get(name)
        if not kind or not isinstance(value, str):
            return guess(value)
        found = None if (name, kind) == _SLOT else _scalar(kind, value)
        return value if found is None else found  # the program says what is wrong with a text

    return read


def _scalar(kind: str, text: str) -> object:
    """The value of a text; None where it stays a text."""
    if kind == "bool":
        return boolean_value(text)
    if kind == "size":
        return size_value(text)
    if kind.startswith(("int", "uint")):
        found = integer_value(text)
        return size_value(text) if found is None else found
    return number_value(text) if kind in ("number", "double") else None


def guess(value: Keyval) -> object:
    """Texts that are JSON stand for what they say, all others for themselves."""
    if isinstance(value, dict):
        return {name: guess(each) for name, each in value.items()}
    if isinstance(value, list):
        return [guess(each) for each in value]
    try:
        return loads(value)
    except JsonError:
        return value


def guessed(name: str, value: Keyval) -> object:
    """The value of a property of which nothing is known."""
    return guess(value)
