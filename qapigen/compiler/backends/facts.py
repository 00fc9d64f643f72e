"""The facts of a schema as plain JSON values (format ``qapi-ir/1``).

In: a :class:`~qapigen.compiler.ir.Schema`.  Out: dictionaries, lists, strings, booleans.
Must not know: how a schema is written or checked.

Every key is there, also where its value is the default; names stand alone where an object
would hold nothing else.
"""

from __future__ import annotations

from typing import Any

from ..ir import (
    All,
    Alternate,
    Alternative,
    Branch,
    Command,
    Cond,
    Definition,
    Doc,
    Enum,
    EnumValue,
    Event,
    Feature,
    InlineMembers,
    Member,
    Module,
    Not,
    Schema,
    Section,
    SectionKind,
    Struct,
    Symbol,
    TypeRef,
    Union,
    kind_of,
)
from ..ir import Any as AnyOf

__all__ = ["FORMAT", "facts"]

#: The name of the format.
FORMAT = "qapi-ir/1"

Fact = dict[str, Any]


def facts(schema: Schema) -> Fact:
    """All facts of ``schema``, in source order."""
    return {
        "format": FORMAT,
        "dialect": schema.dialect,
        "modules": [_module(module) for module in schema.modules],
        "definitions": [_definition(definition) for definition in schema.definitions],
        "docs": [_doc(doc) for doc in schema.docs],
    }


def _module(module: Module) -> Fact:
    return {"name": module.name, "includes": [include.module for include in module.includes]}


# Definitions.


def _definition(definition: Definition) -> Fact:
    return {
        "kind": kind_of(definition),
        "name": definition.name,
        "module": definition.module,
        "line": definition.span.line,
        "if": _cond(definition.cond),
        "features": _features(definition.features),
        **_body(definition),
    }


def _body(definition: Definition) -> Fact:
    """What only this kind of definition has."""
    match definition:
        case Enum():
            values = [_value(value) for value in definition.values]
            return {"prefix": definition.prefix, "members": values}
        case Struct():
            members = [_member(member) for member in definition.members]
            return {"base": definition.base, "members": members}
        case Union():
            return _union(definition)
        case Alternate():
            return {"alternatives": [_alternative(a) for a in definition.alternatives]}
        case Command():
            return _command(definition)
        case Event():
            return {"data": _data(definition.data), "boxed": definition.boxed}


def _union(union: Union) -> Fact:
    return {
        "base": _data(union.base),
        "discriminator": union.discriminator,
        "simple": union.simple,
        "branches": [_branch(branch) for branch in union.branches],
    }


def _command(command: Command) -> Fact:
    return {
        "data": _data(command.data),
        "returns": _optional_type(command.returns),
        "boxed": command.boxed,
        "gen": command.gen,
        "success-response": command.success_response,
        "allow-oob": command.allow_oob,
        "allow-preconfig": command.allow_preconfig,
        "coroutine": command.coroutine,
    }


# Their parts.


def _data(data: str | InlineMembers | None) -> str | Fact | None:
    if isinstance(data, InlineMembers):
        return {"members": [_member(member) for member in data.members]}
    return data


def _member(member: Member) -> Fact:
    return {
        "name": member.name,
        "type": _type(member.type),
        "optional": member.optional,
        "if": _cond(member.cond),
        "features": _features(member.features),
    }


def _value(value: EnumValue) -> Fact:
    features = _features(value.features)
    return {"name": value.name, "if": _cond(value.cond), "features": features}


def _branch(branch: Branch) -> Fact:
    type_ = _optional_type(branch.type)
    return {"case": branch.case, "type": type_, "if": _cond(branch.cond)}


def _alternative(alternative: Alternative) -> Fact:
    type_ = _type(alternative.type)
    return {"name": alternative.name, "type": type_, "if": _cond(alternative.cond)}


def _features(features: tuple[Feature, ...]) -> list[Fact]:
    return [{"name": feature.name, "if": _cond(feature.cond)} for feature in features]


def _type(type_: TypeRef) -> str | list[str]:
    return [type_.name] if type_.is_array else type_.name


def _optional_type(type_: TypeRef | None) -> str | list[str] | None:
    return None if type_ is None else _type(type_)


def _cond(cond: Cond | None) -> str | Fact | None:
    match cond:
        case None:
            return None
        case Symbol():
            return cond.name
        case All():
            return {"all": [_cond(part) for part in cond.conds]}
        case AnyOf():
            return {"any": [_cond(part) for part in cond.conds]}
        case Not():
            return {"not": _cond(cond.cond)}


# Documentation.


def _doc(doc: Doc) -> Fact:
    return {
        "symbol": doc.symbol,
        "module": doc.module,
        "line": doc.span.line,
        "body": _body_text(doc),
        "members": _described(doc.of_kind(SectionKind.MEMBER)),
        "features": _described(doc.of_kind(SectionKind.FEATURE)),
        "sections": _sections(doc),
    }


def _described(sections: tuple[Section, ...]) -> list[Fact]:
    return [{"name": section.name, "text": section.text} for section in sections]


def _body_text(doc: Doc) -> str:
    """The text before the first member, feature or tagged section."""
    texts: list[str] = []
    for section in doc.sections:
        if section.kind is not SectionKind.TEXT:
            break
        texts.append(section.text)
    return "\n\n".join(texts)


def _sections(doc: Doc) -> list[Fact]:
    """Tagged sections and, without a tag, the text behind the first section that is no text."""
    found: list[Fact] = []
    begun = False
    for section in doc.sections:
        begun |= section.kind is not SectionKind.TEXT
        if section.kind is SectionKind.TAGGED:
            found.append({"tag": section.name, "text": section.text})
        elif section.kind is SectionKind.TEXT and begun:
            found.append({"tag": None, "text": section.text})
    return found
