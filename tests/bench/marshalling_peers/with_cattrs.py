"""The plain dataclasses with a cattrs converter, parsed and written by orjson.

It converts what it can ("7" to 7) and knows no ranges.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, TypeAlias, get_args

import orjson
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.orjson import OrjsonConverter, make_converter

from tests.bench.marshalling_peers import Peer, Way, plain_types
from tests.bench.marshalling_peers.enums import OverlapCheckMode

__all__ = ["peer"]

_Structure: TypeAlias = "Callable[[Any, Any], Any]"
_Unstructure: TypeAlias = "Callable[[Any], Any]"


def peer() -> Peer:
    """The ways of cattrs: hooks of one converter, looked up once."""
    converter = make_converter(
        forbid_extra_keys=True, omit_if_default=True, detailed_validation=False
    )
    _rename(converter)
    _choose(converter)
    types: dict[str, Any] = {
        "MigrationStats": plain_types.MigrationStats,
        "XBZRLECacheStats": plain_types.XBZRLECacheStats,
        "MigrationInfo": plain_types.MigrationInfo,
        "MigrateSetParameters": plain_types.MigrateSetParameters,
        "SchemaInfo_list": list[plain_types.SchemaInfo],
        "BlockdevOptions": plain_types.BlockdevNode,
    }
    return {name: _way(converter, type_) for name, type_ in types.items()}


def _way(converter: OrjsonConverter, type_: Any) -> Way:
    structure = converter.get_structure_hook(type_)
    unstructure = converter.get_unstructure_hook(type_)
    return Way(
        decode=lambda text: structure(orjson.loads(text), type_),
        encode=lambda made: orjson.dumps(unstructure(made)),
        from_value=lambda value: structure(value, type_),
        to_value=unstructure,
    )


def _wire(name: str) -> str:
    return name.replace("_", "-")


def _rename(converter: OrjsonConverter) -> None:
    """Tell cattrs the names on the wire."""

    def overrides(cls: Any) -> dict[str, Any]:
        return {field.name: override(rename=_wire(field.name)) for field in fields(cls)}

    converter.register_structure_hook_factory(
        is_dataclass, lambda cls: make_dict_structure_fn(cls, converter, **overrides(cls))
    )
    converter.register_unstructure_hook_factory(
        is_dataclass,
        lambda cls: make_dict_unstructure_fn(
            cls, converter, _cattrs_omit_if_default=True, **overrides(cls)
        ),
    )


def _choose(converter: OrjsonConverter) -> None:
    """Tell cattrs how the wire says which class of a union is meant."""
    for base, member in plain_types.UNIONS.items():
        # By a predicate: a hook for a class would count for its subclasses too.
        is_base = partial(operator.is_, base)
        converter.register_structure_hook_func(is_base, _by_tag(converter, base, member))
        converter.register_unstructure_hook_func(is_base, _by_class(converter))

    check = plain_types.OverlapCheckFlags | OverlapCheckMode
    for union, string in ((plain_types.BlockdevRef, str), (check, OverlapCheckMode)):
        converter.register_structure_hook(union, _string_or_object(converter, union, string))


def _by_tag(converter: OrjsonConverter, base: Any, member: str) -> _Structure:
    classes = {plain_types.tag_of(cls): cls for cls in base.__subclasses__()}
    hooks: dict[str, _Structure] = {}

    def structure(value: Any, _: object) -> Any:
        tag = value[member]
        hook = hooks.get(tag)
        if hook is None:
            hook = hooks[tag] = converter.get_structure_hook(classes[tag])
        return hook(value, classes[tag])

    return structure


def _string_or_object(converter: OrjsonConverter, union: Any, string: Any) -> _Structure:
    (cls,) = set(get_args(union)) - {string}
    hooks: list[_Structure] = []

    def structure(value: Any, _: object) -> Any:
        if value.__class__ is str:
            return string(value)
        if not hooks:
            hooks.append(converter.get_structure_hook(cls))
        return hooks[0](value, cls)

    return structure


def _by_class(converter: OrjsonConverter) -> _Unstructure:
    hooks: dict[type[Any], _Unstructure] = {}

    def unstructure(value: Any) -> Any:
        cls = value.__class__
        hook = hooks.get(cls)
        if hook is None:
            hook = hooks[cls] = converter.get_unstructure_hook(cls)
        return hook(value)

    return unstructure
