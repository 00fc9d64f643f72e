"""Types of the schema as annotations, visit functions and imports.

In: type references, the identifiers.  Out: expressions, and the imports that they need.
One :class:`Scope` stands for one generated module.
"""

from __future__ import annotations

import builtins
import re
from functools import lru_cache

from ...ir import BUILTINS, InlineMembers, TypeRef
from .names import Names
from .text import import_from, string

__all__ = ["Scope", "all_key", "isort_key", "type_expression"]

_DIGITS = re.compile(r"[0-9]+")
_PYTHON = {"string": "str", "number": "float", "int": "int", "boolean": "bool"}


def type_expression(ref: TypeRef, names: Names) -> str:
    """The annotation for a type."""
    text = _element(ref.name, names)
    return f"list[{text}]" if ref.is_array else text


def _element(name: str, names: Names) -> str:
    builtin = BUILTINS.get(name)
    if builtin is None:
        return names.types[name]
    if name == "null":
        return "NullType"
    return "Any" if name == "any" else _PYTHON[builtin.json_type]


class Scope:
    """What a generated module needs from elsewhere.

    ``module`` is the Python name of its schema module.
    """

    def __init__(self, names: Names, module: str) -> None:
        self.names = names
        self.module = module
        self.typing: set[str] = set()
        self.runtime: dict[str, set[str]] = {}
        self.annotated: dict[str, set[str]] = {}  # classes of type modules, for annotations only
        self.classes: set[str] = set()  # classes of this schema module, needed at run time
        self.local_visits: set[str] = set()  # visit functions of this schema module
        self.defines = False  # whether this is the module that defines the classes
        self.package = False  # whether other modules of the same folder are needed
        self.types_package = False  # whether other modules' classes are needed
        # What was asked for before, by type name ('[name]' for an array): what it needs was noted.
        self._elements: dict[str, str] = {}
        self._visits: dict[str, str] = {}

    def annotation(self, ref: TypeRef, *, optional: bool = False) -> str:
        """The annotation for a type; what it needs will be imported."""
        text = self._elements.get(ref.name)
        if text is None:
            text = self._elements[ref.name] = self._imported(ref.name)
        if ref.is_array:
            text = f"list[{text}]"
        return f"{text} | None" if optional else text

    def _imported(self, name: str) -> str:
        """The annotation for a type that was not met in this module yet."""
        if name in ("null", "QType"):
            self.use("model", "NullType" if name == "null" else "QType")
        elif name == "any":
            self.typing.add("Any")
        home = self.names.module_of(name)
        if home == self.module and self.defines and hasattr(builtins, self.names.types[name]):
            # Above its definition, mypy takes the bare name for the built-in one.
            self.package = True
            return f"_types.{home}.{self.names.types[name]}"
        if home is not None:
            self.annotated.setdefault(home, set()).add(self.names.types[name])
        return _element(name, self.names)

    def visit(self, ref: TypeRef) -> str:
        """The visit function for a type, by its name in this module of visit functions."""
        key = f"[{ref.name}]" if ref.is_array else ref.name
        function = self._visits.get(key)
        if function is None:
            function = self._visits[key] = self._new_visit(ref)
        return function

    def _new_visit(self, ref: TypeRef) -> str:
        """The visit function for a type that was not met in this module yet."""
        suffix = "_list" if ref.is_array else ""
        if ref.name in BUILTINS or ref.name == "QType":
            function = f"visit_{ref.name}{suffix}"
            self.use("visit", function)
            return function
        function = f"visit_{self.names.types[ref.name]}{suffix}"
        home = self.names.module_of(ref.name)
        if home == self.module:
            return function
        self.package = True
        return f"visit.{home}.{function}"

    def constructor(self, name: str, data: str | InlineMembers | None) -> str:
        """The class ``name``, that of a command's or event's data, in an expression."""
        home = self.names.module_of(data) if isinstance(data, str) else self.module
        if home == self.module:
            self.classes.add(name)
            return name
        self.types_package = True
        return f"_types.{home}.{name}"

    def use(self, module: str, name: str) -> None:
        """Import a name from a module of the runtime."""
        self.runtime.setdefault(module, set()).add(name)

    def deprecation(self, kind: str, name: str) -> str:
        """What ``_deprecated`` is told of a thing of the schema (PEP 702), a literal.

        The function has an underscore, so that no member or method is called like it.
        """
        self.use("deprecation", "deprecated as _deprecated")
        return string(f"the {kind} {name} is deprecated")

    def runtime_imports(self) -> list[str]:
        """The import lines for the runtime."""
        return [
            import_from(f"qapigen.runtime.{module}", sorted(names, key=isort_key))
            for module, names in sorted(self.runtime.items())
        ]

    def annotation_imports(self, folder: str) -> list[str]:
        """The import lines for classes that only annotations name; ``folder`` leads to them."""
        return [
            import_from(f"{folder}{module}", sorted(names, key=isort_key), indent=4)
            for module, names in sorted(self.annotated.items())
            if not (folder == "." and module == self.module)
        ]


# The keys are strings, which compare faster than tuples.  A class is sorted into its module, its
# package and each import of it, so keys are kept.


@lru_cache(maxsize=8192)
def isort_key(name: str) -> str:
    """The order of imported names: constants, classes, the rest; numbers by their value."""
    return f"{_kind(name)}{_natural(name.lower())}\0{name}"


@lru_cache(maxsize=8192)
def all_key(name: str) -> str:
    """The order of names in ``__all__``: the same, but upper case before lower case."""
    return f"{_kind(name)}{_natural(name)}\0{name}"


def _kind(name: str) -> int:
    return 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2


def _natural(text: str) -> str:
    """``text`` with its numbers in a form that sorts by value, then as they are written.

    Digits come before letters and ``_`` anyway, so what is no number can stay.
    """
    return _DIGITS.sub(_sortable, text)


def _sortable(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0")
    return f"{len(digits):03}{digits}{number[0]}\0"
