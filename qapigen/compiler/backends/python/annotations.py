"""Types of the schema as annotations, visit functions and imports.

In: type references, the identifiers.  Out: expressions, and the imports that they need.
One :class:`Scope` stands for one generated module.
"""

from __future__ import annotations

import re

from ...ir import BUILTINS, TypeRef
from .names import Names
from .text import import_from

__all__ = ["Scope", "all_key", "isort_key", "type_expression"]

_DIGITS = re.compile(r"([0-9]+)")
_PYTHON = {"string": "str", "number": "float", "int": "int", "boolean": "bool"}


def type_expression(ref: TypeRef, names: Names) -> str:
    """The annotation for a type."""
    builtin = BUILTINS.get(ref.name)
    if builtin is None:
        text = names.types[ref.name]
    elif ref.name == "null":
        text = "NullType"
    elif ref.name == "any":
        text = "Any"
    else:
        text = _PYTHON[builtin.json_type]
    return f"list[{text}]" if ref.is_array else text


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
        self.package = False  # whether other modules of the same folder are needed
        self.types_package = False  # whether other modules' classes are needed

    def annotation(self, ref: TypeRef, *, optional: bool = False) -> str:
        """The annotation for a type; what it needs will be imported."""
        text = type_expression(ref, self.names)
        if ref.name in ("null", "QType"):
            self.use("model", "NullType" if ref.name == "null" else "QType")
        elif ref.name == "any":
            self.typing.add("Any")
        home = self.names.module_of(ref.name)
        if home is not None:
            self.annotated.setdefault(home, set()).add(self.names.types[ref.name])
        return f"{text} | None" if optional else text

    def visit(self, ref: TypeRef) -> str:
        """The visit function for a type, by its name in this module of visit functions."""
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

    def use(self, module: str, name: str) -> None:
        """Import a name from a module of the runtime."""
        self.runtime.setdefault(module, set()).add(name)

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


_Key = tuple[int, list[tuple[bool, int, str]], str]


def isort_key(name: str) -> _Key:
    """The order of imported names: constants, classes, the rest; numbers by their value."""
    return _kind(name), _natural(name.lower()), name


def all_key(name: str) -> _Key:
    """The order of names in ``__all__``: the same, but upper case before lower case."""
    return _kind(name), _natural(name), name


def _kind(name: str) -> int:
    return 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2


def _natural(text: str) -> list[tuple[bool, int, str]]:
    parts = [part for part in _DIGITS.split(text) if part]
    return [(not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]
