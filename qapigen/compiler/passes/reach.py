"""Which schema modules a module needs.

In: a schema and names of modules.  Out: these and all whose types they use, in schema order.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ir import Command, Definition, InlineMembers, Schema, Union
from .implicit import kind_enum

__all__ = ["modules_needed", "type_names"]


def type_names(definition: Definition) -> list[str]:
    """The names of all types that a definition mentions."""
    found: list[str] = []
    for name in ("base", "data"):
        value = getattr(definition, name, None)
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, InlineMembers):
            found += [m.type.name for m in value.members]
    for name in ("members", "branches", "alternatives"):
        found += [m.type.name for m in getattr(definition, name, ()) if m.type is not None]
    if isinstance(definition, Command) and definition.returns is not None:
        found.append(definition.returns.name)
    return found


def modules_needed(schema: Schema, chosen: Iterable[str]) -> tuple[str, ...]:
    """The chosen modules and those that they cannot do without."""
    home = {d.name: d.module for d in schema.definitions}
    simple = (d for d in schema.definitions if isinstance(d, Union) and d.simple)
    home |= {kind_enum(union).name: union.module for union in simple}
    uses: dict[str, set[str]] = {}
    for definition in schema.definitions:
        # What has no home is built in.
        found = {home[name] for name in type_names(definition) if name in home}
        uses.setdefault(definition.module, set()).update(found)
    needed: set[str] = set()
    pending = list(chosen)
    while pending:
        module = pending.pop()
        if module not in needed:
            needed.add(module)
            pending += uses.get(module, ())
    return tuple(m.name for m in schema.modules if m.name in needed)
