"""State of devices as a table of fields: written, and described for tools.

In: descriptions and values.  Out: bytes, JSON data.  The way back is in ``device_reading``.
Must not know: which devices there are, sections around the state.

Values are a mapping from the names of fields.  What a field holds follows from its type:
``bool``, ``float``, ``int``; ``bytes`` for a buffer; an ``int`` or None (not armed) for a timer;
an ``int`` whose lowest bit comes first for a bitmap; a mapping for a struct, a sequence of them
for a qtailq; with ``count``, a sequence of ``count`` such values (for a bitmap it is the number
of bits).  A subsection is sent if there is a mapping under its name.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from .device_reading import NOT_ARMED, NULL_MARK, WORD_BITS, decode, own_subsection, reading
from .fields import SCALARS, DeviceDescription, Field, Shape, Structure, buffer_bytes
from .format import SectionType, counted

__all__ = [
    "DeviceDescription",
    "Field",
    "Structure",
    "decode",
    "encode",
    "entry",
    "own_subsection",
    "reading",
]

# --- writing ---


def encode(description: DeviceDescription, values: Mapping[str, object]) -> bytes:
    """The state as it stands in the payload; ValueError names what is missing or does not fit."""
    parts: list[bytes] = []
    _encode(description, values, parts)
    return b"".join(parts)


def _encode(shape: Shape, values: Mapping[str, object], parts: list[bytes]) -> None:
    for field in shape.fields:
        if field.type == "unused_buffer":
            parts.append(
                bytes(buffer_bytes(field, values) * (1 if field.count is None else field.count))
            )
        elif field.name not in values:
            raise ValueError(f"{shape.name!r} lacks a value for {field.name!r}")
        else:
            _encode_field(field, values, parts)
    for subsection in shape.subsections:
        inner = values.get(subsection.name)
        if inner is not None:
            parts.append(bytes((SectionType.SUBSECTION,)) + counted(subsection.name))
            parts.append(struct.pack(">I", subsection.version))
            _encode(subsection, _mapping(subsection.name, inner), parts)


def _encode_field(field: Field, values: Mapping[str, object], parts: list[bytes]) -> None:
    value = values[field.name]
    if not field.is_array:
        _encode_value(field, value, buffer_bytes(field, values), parts)
        return
    items = _sequence(field, value)
    if len(items) != field.count:
        raise ValueError(f"{field.name!r} has {len(items)} values, not {field.count}")
    for item in items:
        _encode_value(field, item, buffer_bytes(field, values), parts)


def _encode_value(field: Field, value: object, size: int, parts: list[bytes]) -> None:
    match field.type:
        case "buffer":
            parts.append(_buffer(field, value, size))
        case "bitmap":
            parts.append(_bitmap(field, value))
        case "nullptr":
            parts.append(bytes((NULL_MARK,)))
        case "struct":
            assert field.structure is not None
            _encode(field.structure, _mapping(field.name, value), parts)
        case "qtailq":
            assert field.structure is not None
            for element in _sequence(field, value):
                parts.append(b"\1")
                _encode(field.structure, _mapping(field.name, element), parts)
            parts.append(b"\0")
        case _:
            parts.append(_scalar(field, value))


def _scalar(field: Field, value: object) -> bytes:
    if field.type == "timer" and value is None:
        value = NOT_ARMED
    try:
        return struct.pack(SCALARS[field.type], value)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{field.name!r}: {value!r} is no {field.type}") from error


def _buffer(field: Field, value: object, size: int) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview) or len(value) > size:
        raise ValueError(f"{field.name!r}: not at most {size} bytes")
    return bytes(value).ljust(size, b"\0")


def _bitmap(field: Field, value: object) -> bytes:
    bits = field.count or 0
    if not isinstance(value, int) or value < 0 or value.bit_length() > bits:
        raise ValueError(f"{field.name!r}: not a bitmap of {bits} bits")
    words = -(-bits // WORD_BITS)
    mask = (1 << WORD_BITS) - 1
    return b"".join(struct.pack(">Q", value >> (WORD_BITS * word) & mask) for word in range(words))


def _mapping(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name!r} is no mapping from names to values")
    return value


def _sequence(field: Field, value: object) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{field.name!r} is no sequence of values")
    return value


# --- telling tools ---


def entry(
    description: DeviceDescription, values: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The device as a member of the list that follows the stream.

    Without ``values``, ValueError names the first field whose size depends on them.
    """
    if values is None:
        values = _blank(description)
    return {
        "name": description.name,
        "instance_id": description.instance,
        "vmsd_name": description.name,
        **_shape_entry(description, values),
    }


def _shape_entry(shape: Shape, values: Mapping[str, object]) -> dict[str, object]:
    entries: list[dict[str, object]] = []
    names = [field.name for field in shape.fields]
    for at, field in enumerate(shape.fields):
        name = field.name
        if names.count(name) > 1:
            name = f"{name}[{names[:at].count(name)}]"
        entries += _field_entries(field, name, values)
    found: dict[str, object] = {"version": shape.version, "fields": entries}
    subsections: list[dict[str, object]] = []
    for subsection in shape.subsections:
        if (inner := values.get(subsection.name)) is not None:
            inner_entry = _shape_entry(subsection, _mapping(subsection.name, inner))
            subsections.append({"vmsd_name": subsection.name, **inner_entry})
    if subsections:
        found["subsections"] = subsections
    return found


def _field_entries(
    field: Field, name: str, values: Mapping[str, object]
) -> list[dict[str, object]]:
    """One entry; for an array of structs one for each, as they may differ."""
    if field.is_array and not field.count:
        return []
    value = values.get(field.name)
    size = buffer_bytes(field, values)
    if field.type == "struct":
        assert field.structure is not None
        items = _sequence(field, value) if field.is_array else (value,)
        return [
            {
                "name": name,
                **({"index": index} if field.is_array else {}),
                "type": "struct",
                "struct": {
                    "vmsd_name": field.structure.name,
                    **_shape_entry(field.structure, _mapping(name, item)),
                },
                "size": _encoded_bytes(field, item, size),
            }
            for index, item in enumerate(items)
        ]
    if field.is_array and field.type != "unused_buffer":
        value = _sequence(field, value)[0]
    return [
        {
            "name": name,
            **({"array_len": field.count} if field.is_array else {}),
            "type": "uint64" if field.type == "nullptr" else field.type,
            "size": _encoded_bytes(field, value, size),
        }
    ]


def _encoded_bytes(field: Field, value: object, size: int) -> int:
    if field.type == "unused_buffer":
        return size
    parts: list[bytes] = []
    _encode_value(field, value, size, parts)
    return sum(map(len, parts))


def _blank(shape: Shape) -> dict[str, object]:
    """Values that are as long as any others; ValueError if there are longer ones."""
    for subsection in shape.subsections:
        raise ValueError(f"whether {subsection.name!r} is sent depends on the values")
    found: dict[str, object] = {}
    for field in shape.fields:
        if isinstance(field.size, str) or field.type == "qtailq":
            raise ValueError(f"the size of {field.name!r} depends on the values")
        value: object = b"" if field.type == "buffer" else 0
        if field.structure is not None:
            value = _blank(field.structure)
        found[field.name] = [value] * (field.count or 0) if field.is_array else value
    return found
