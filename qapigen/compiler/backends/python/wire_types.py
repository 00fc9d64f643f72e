"""How straight-line code reads and writes a value of each type: conditions and expressions.

In: type references.  Out: their two :class:`Side` values, and the imports that they need.
"""

from __future__ import annotations

from typing import NamedTuple

from ...ir import BUILTINS, Alternate, Enum, TypeRef
from ...passes.implicit import type_of
from .annotations import Scope
from .package import Package

__all__ = ["SPECIALISED", "Side", "WireTypes", "Wired"]

#: The module of the runtime that says what the functions are for.
SPECIALISED = "visit.specialised"
_BUILTIN = "visit.wire_builtin"

_INT64 = "-0x8000000000000000 <= @ <= 0x7FFFFFFFFFFFFFFF"
_UINT64 = "0 <= @ <= 0xFFFFFFFFFFFFFFFF"
_RANGES = {
    "int": _INT64,
    "int8": "-128 <= @ <= 127",
    "int16": "-32768 <= @ <= 32767",
    "int32": "-0x80000000 <= @ <= 0x7FFFFFFF",
    "int64": _INT64,
    "uint8": "0 <= @ <= 255",
    "uint16": "0 <= @ <= 65535",
    "uint32": "0 <= @ <= 0xFFFFFFFF",
    "uint64": _UINT64,
    "size": _UINT64,
}
_WRONG = {name: ("@.__class__ is not int", f"not {test}") for name, test in _RANGES.items()} | {
    "str": ("@.__class__ is not str", "not (@.isascii() or @.encode())"),
    "bool": ("@.__class__ is not bool",),
}


class Side(NamedTuple):
    """One direction for values of a type; ``@`` stands for the value.

    ``wrong``: a value is refused if any of these holds; ``form`` is what becomes of it then,
    by ``function`` where it is empty; ``module`` of the runtime has the function, if any.
    """

    wrong: tuple[str, ...]
    form: str
    function: str
    module: str = ""


class Wired(NamedTuple):
    """How values of a type are read and written.

    ``null``: null is one of its values.  ``circle`` is that of the type, see
    :mod:`.circles`; functions of types on a circle count how deep they are.
    """

    read: Side
    write: Side
    null: bool = False
    circle: int | None = None


class WireTypes:
    """The types as the functions of one module see them."""

    def __init__(self, package: Package, scope: Scope) -> None:
        self.schema = package.schema
        self.names = package.names
        self.circles = package.circles
        self.scope = scope
        self._found: dict[str, Wired] = {}

    def of(self, ref: TypeRef) -> Wired:
        """How values of a type are read and written."""
        key = f"[{ref.name}]" if ref.is_array else ref.name
        found = self._found.get(key)
        if found is None:
            builtin = ref.name in BUILTINS or ref.name == "QType"
            found = self._found[key] = _builtin(ref) if builtin else self._defined(ref)
        return found

    def _defined(self, ref: TypeRef) -> Wired:
        py_name = self.names.types[ref.name]
        name = f"{py_name}_list" if ref.is_array else py_name
        home = self.names.module_of(ref.name)
        found = type_of(self.schema, ref.name)
        if home != self.scope.module:
            self.scope.package = True
            read, write = f"wire.{home}.read_{name}", f"wire.{home}.write_{name}"
        else:
            read, write = f"read_{name}", f"write_{name}"
            if isinstance(found, Enum) and not ref.is_array:
                return Wired(
                    Side((), f"_members_{py_name}[@]", read),
                    Side((f"@.__class__ is not {py_name}",), f"_values_{py_name}[@]", write),
                )
        null = isinstance(found, Alternate) and not ref.is_array and _takes_null(found)
        return Wired(Side((), "", read), Side((), "", write), null, self.circles.get(ref.name))

    def expression(self, side: Side, value: str, step: str = "") -> str:
        """What becomes of ``value``; ``step`` is a further argument of the function."""
        if not side.form:
            return self.call(side, f"{value}{step}")
        if "NULL" in side.form:
            self.scope.use("model", "NULL")
        return side.form.replace("@", value)

    def call(self, side: Side, arguments: str) -> str:
        """A call of the function, which is imported if need be."""
        if side.module:
            self.scope.use(side.module, side.function)
        return f"{side.function}({arguments})"


def _builtin(ref: TypeRef) -> Wired:
    """A built-in type: most are looked at in place, for others the runtime has functions."""
    name = f"{ref.name}_list" if ref.is_array else ref.name
    read, write = f"read_{name}", f"write_{name}"
    wrong: tuple[str, ...] = ()
    form = read_form = ""
    if not ref.is_array:
        wrong = _WRONG.get(ref.name, ())
        form = read_form = "@" if wrong else ""
        if ref.name == "any":
            read_form = "NULL if @ is None else @"
    null = not ref.is_array and ref.name in ("any", "null")
    return Wired(Side(wrong, read_form, read, _BUILTIN), Side(wrong, form, write, _BUILTIN), null)


def _takes_null(alternate: Alternate) -> bool:
    return any(a.type == TypeRef("null") for a in alternate.alternatives)
