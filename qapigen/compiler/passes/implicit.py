"""Types that no schema writes down: ``QType`` and the enums of simple unions.

In: a schema and a type name.  Out: its definition.  (QAPI language, implicit entities.)
"""

from __future__ import annotations

from ..ir import Builtin, Enum, EnumValue, Schema, TypeDefinition, Union
from ..source import SourceFile, Span

__all__ = ["QTYPE", "kind_enum", "type_of"]

_NOWHERE = Span(SourceFile("built-in", "", ""), 0, 0)

#: The JSON types as an enum; any schema may refer to it.
QTYPE = Enum(
    name="QType",
    module="",
    span=_NOWHERE,
    values=tuple(
        EnumValue(name, None, (), _NOWHERE)
        for name in ("none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool")
    ),
    prefix="QTYPE",
)


def kind_enum(union: Union) -> Enum:
    """The enum of a simple union's branch names, ``<Union>Kind``."""
    return Enum(
        name=f"{union.name}Kind",
        module=union.module,
        span=union.span,
        values=tuple(EnumValue(b.case, b.cond, (), b.span) for b in union.branches),
    )


def type_of(schema: Schema, name: str) -> TypeDefinition | Builtin:
    """The type of that name, implicit ones too; KeyError if there is none."""
    try:
        return schema.type(name)
    except KeyError:
        if name == "QType":
            return QTYPE
        union = schema.type(name.removesuffix("Kind"))
        if isinstance(union, Union) and union.simple and name.endswith("Kind"):
            return kind_enum(union)
        raise
