"""The plain dataclasses with mashumaro's codecs, parsed and written by orjson.

It converts what it can ("7" to 7) and knows no ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder
from mashumaro.codecs.orjson import ORJSONDecoder, ORJSONEncoder
from mashumaro.config import BaseConfig
from mashumaro.dialect import Dialect
from mashumaro.types import Discriminator

from tests.bench.marshalling_peers import Peer, Way, plain_types

__all__ = ["peer"]


def peer() -> Peer:
    """The ways of mashumaro: a decoder and an encoder for each type."""
    for each in vars(plain_types).values():
        if is_dataclass(each) and isinstance(each, type):
            _configure(each)
    types: dict[str, Any] = {
        "MigrationStats": plain_types.MigrationStats,
        "XBZRLECacheStats": plain_types.XBZRLECacheStats,
        "MigrationInfo": plain_types.MigrationInfo,
        "MigrateSetParameters": plain_types.MigrateSetParameters,
        "SchemaInfo_list": list[plain_types.SchemaInfo],
        "BlockdevOptions": plain_types.BlockdevNode,
    }
    dialect = _by_class()
    return {name: _way(type_, dialect) for name, type_ in types.items()}


def _configure(cls: Any) -> None:
    """Tell mashumaro the names on the wire, and to be as strict as it can."""
    options: dict[str, object] = {
        "aliases": {field.name: field.name.replace("_", "-") for field in fields(cls)},
        "serialize_by_alias": True,
        "forbid_extra_keys": True,
        "omit_default": True,
    }
    if cls in plain_types.UNIONS:
        options["discriminator"] = Discriminator(
            field=plain_types.UNIONS[cls],
            include_subtypes=True,
            variant_tagger_fn=plain_types.tag_of,
        )
    cls.Config = type("Config", (BaseConfig,), options)


def _by_class() -> type[Dialect]:
    """How to write an object of a union: by itself mashumaro writes the members of the base."""
    by_class: type[Dialect] = type("ByClass", (Dialect,), {})
    encoders: dict[type[Any], Callable[[Any], Any]] = {}

    def serialize(value: Any) -> Any:
        cls = value.__class__
        encode = encoders.get(cls)
        if encode is None:
            encode = encoders[cls] = BasicEncoder(cls, default_dialect=by_class).encode
        return encode(value)

    by_class.serialization_strategy = {
        base: {"serialize": serialize} for base in plain_types.UNIONS
    }
    return by_class


def _way(type_: Any, dialect: type[Dialect]) -> Way:
    return Way(
        decode=ORJSONDecoder(type_).decode,
        encode=ORJSONEncoder(type_, default_dialect=dialect).encode,
        from_value=BasicDecoder(type_).decode,
        to_value=BasicEncoder(type_, default_dialect=dialect).encode,
    )
