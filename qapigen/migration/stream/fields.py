"""What the state of a device consists of.

In: names, types, sizes.  Out: frozen descriptions that are known to be consistent.
Must not know: values, bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["SCALARS", "DeviceDescription", "Field", "Shape", "Structure", "buffer_bytes"]

#: Types of fixed width, and how they are packed.
SCALARS: Mapping[str, str] = MappingProxyType(
    {
        "bool": ">?",
        "int8": ">b",
        "int16": ">h",
        "int32": ">i",
        "int64": ">q",
        "uint8": ">B",
        "uint16": ">H",
        "uint32": ">I",
        "uint64": ">Q",
        "int32 equal": ">i",
        "uint32 equal": ">I",
        "uint8 equal": ">B",
        "uint16 equal": ">H",
        "int64 equal": ">q",
        "int32 le": ">i",
        "float64": ">d",
        "CPU_Double_U": ">d",
        "timer": ">Q",
    }
)
_STRUCTURED = {"struct", "qtailq"}
_SIZED = {"buffer", "unused_buffer"}
_TYPES = {*SCALARS, *_STRUCTURED, *_SIZED, "bitmap", "nullptr"}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a device's state.

    ``size`` is needed for buffers: bytes, or the name of an earlier field that holds them.
    ``count`` makes an array; a bitmap needs it for its bits.  ``structure`` is what a struct or
    an element of a qtailq consists of.  ``own`` is the receiver's value for the types that
    compare ("equal", "le"); None takes any.
    """

    name: str
    type: str
    size: int | str | None = None
    count: int | None = None
    structure: Structure | None = None
    own: int | None = None

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise ValueError(f"field {self.name!r} has the unknown type {self.type!r}")
        if self.type in _SIZED and self.size is None:
            raise ValueError(f"field {self.name!r}: a {self.type} needs a size")
        if self.type in _STRUCTURED and self.structure is None:
            raise ValueError(f"field {self.name!r}: a {self.type} needs a structure")
        if self.type == "bitmap" and self.count is None:
            raise ValueError(f"field {self.name!r}: a bitmap needs a count of bits")
        if self.type == "qtailq" and self.count is not None:
            raise ValueError(f"field {self.name!r}: a qtailq has as many elements as come")

    @property
    def is_array(self) -> bool:
        """Whether the value is a sequence of ``count`` values."""
        return self.count is not None and self.type != "bitmap"


@dataclass(frozen=True, slots=True)
class Structure:
    """Fields and subsections under a name: a struct, an element, or a subsection."""

    name: str
    version: int
    fields: tuple[Field, ...]
    subsections: tuple[Structure, ...] = ()

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """A device that is sent in one piece, under a name that is unique with its instance."""

    name: str
    instance: int
    version: int
    fields: tuple[Field, ...]
    subsections: tuple[Structure, ...] = ()

    def __post_init__(self) -> None:
        _check(self)


#: What has fields and subsections.
Shape = Structure | DeviceDescription


def _check(shape: Shape) -> None:
    """Names are unique where values are found by them; sizes come from earlier numbers."""
    earlier: dict[str, Field] = {}
    for field in shape.fields:
        if isinstance(field.size, str):
            giver = earlier.get(field.size)
            if giver is None or giver.is_array or "int" not in giver.type:
                raise ValueError(f"field {field.name!r}: no number {field.size!r} before it")
        if field.name in earlier and field.type != "unused_buffer":
            raise ValueError(f"{shape.name!r} has two fields {field.name!r}")
        earlier[field.name] = field
    for subsection in shape.subsections:
        if not subsection.name.startswith(f"{shape.name}/"):
            raise ValueError(f"subsection {subsection.name!r} is none of {shape.name!r}")


def buffer_bytes(field: Field, values: Mapping[str, object]) -> int:
    """The bytes of a buffer."""
    size = field.size
    if isinstance(size, str):
        found = values.get(size)
        if not isinstance(found, int):
            raise ValueError(f"{field.name!r} needs a value for {size!r}")
        size = found
    return size or 0
