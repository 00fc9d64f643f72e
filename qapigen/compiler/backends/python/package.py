"""What the backends of one run share: identifiers, documentation, definitions by module.

In: a schema and a request.  Out: a :class:`Package`, the same for all backends of the request.
Must not know: templates, views.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard
from weakref import WeakKeyDictionary

from ...ir import (
    Alternate,
    Command,
    Definition,
    Enum,
    Event,
    InlineMembers,
    Member,
    Schema,
    Struct,
    TypeRef,
    Union,
)
from ...passes.implicit import type_of
from ...passes.reach import type_names
from .. import Request
from .circles import circles
from .documentation import Documentation
from .names import Names, value_names

if TYPE_CHECKING:
    from ...emit.render import Renderer

__all__ = ["Package", "package_of"]

#: For what is returned where a union of more classes is expected, pyright tries each of them, which
#: takes minutes for a thousand.
_MANY_CLASSES = 50


class Package:
    """A schema as a Python package; what is in it is computed when it is first asked for."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._constants: dict[str, dict[str, str]] = {}

    @cached_property
    def names(self) -> Names:
        """The identifiers."""
        return Names(self.schema)

    @cached_property
    def docs(self) -> Documentation:
        """The docstrings' texts."""
        return Documentation(self.schema)

    @cached_property
    def modules(self) -> dict[str, list[Definition]]:
        """The definitions of each schema module that has any, in source order."""
        found: dict[str, list[Definition]] = {}
        for definition in self.schema.definitions:
            found.setdefault(definition.module, []).append(definition)
        return found

    def commands(self, module: str) -> list[Command]:
        """The commands of a schema module, in source order."""
        return [d for d in self.modules.get(module, ()) if isinstance(d, Command)]

    def events(self, module: str) -> list[Event]:
        """The events of a schema module, in source order."""
        return [d for d in self.modules.get(module, ()) if isinstance(d, Event)]

    def typed(self, module: str) -> list[Definition]:
        """The definitions of a schema module that make classes, in source order."""
        return [d for d in self.modules.get(module, ()) if _is_typed(d)]

    @cached_property
    def arrays(self) -> frozenset[str]:
        """The types that the schema has arrays of."""
        refs = [ref for definition in self.schema.definitions for ref in _parts(definition)]
        return frozenset([ref.name for ref in refs if ref.is_array])

    def constant(self, enum: str, value: str) -> str:
        """The name of a value in the class of an enum."""
        found = self._constants.get(enum)
        if found is None:
            definition = type_of(self.schema, enum)
            assert isinstance(definition, Enum)
            found = self._constants[enum] = value_names([v.name for v in definition.values])
        return found[value]

    def has_many_classes(self, type_name: str) -> bool:
        """Whether the annotation of a type stands for so many classes that checkers get slow."""
        names, count = [type_name], 0
        for name in names:  # which grows
            found = type_of(self.schema, name)
            if isinstance(found, Alternate):  # these may hold each other
                names += [a.type.name for a in found.alternatives if a.type.name not in names]
            count += len(self.names.branches.get(name, ()))
        return count > _MANY_CLASSES

    @cached_property
    def circles(self) -> dict[str, int]:
        """The types that contain themselves, with the number of the circle that each is on."""
        definitions = self.schema.definitions
        return circles({d.name: type_names(d) for d in definitions if not _is_action(d)})


# A schema compares and hashes by its whole contents, so it makes a slow key; and what was made
# of it is not wanted for longer than the run that has the renderer.
_PACKAGES: WeakKeyDictionary[Renderer, Package] = WeakKeyDictionary()


def package_of(schema: Schema, request: Request) -> Package:
    """The package for ``schema`` in the run that ``request`` belongs to."""
    found = _PACKAGES.get(request.renderer)
    if found is None or found.schema is not schema:
        found = _PACKAGES[request.renderer] = Package(schema)
    return found


def _is_typed(definition: Definition) -> bool:
    """Whether the definition makes classes."""
    if _is_action(definition):
        return isinstance(definition.data, InlineMembers)
    return True


def _is_action(definition: Definition) -> TypeGuard[Command | Event]:
    return isinstance(definition, Command | Event)


def _parts(definition: Definition) -> Sequence[TypeRef]:
    """All type references of a definition but those to bases and boxed data, never arrays."""
    match definition:
        case Struct():
            return [m.type for m in definition.members]
        case Union():
            branches = [b.type for b in definition.branches if b.type is not None]
            return [m.type for m in _inline(definition.base)] + branches
        case Alternate():
            return [a.type for a in definition.alternatives]
        case Command():
            returns = [definition.returns] if definition.returns is not None else []
            return [m.type for m in _inline(definition.data)] + returns
        case Event():
            return [m.type for m in _inline(definition.data)]
        case _:
            return ()


def _inline(data: str | InlineMembers | None) -> tuple[Member, ...]:
    return data.members if isinstance(data, InlineMembers) else ()
