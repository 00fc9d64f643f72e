"""What a reader of a forward stream hands out, one after the other.

Arrays are views of the reader's input: they are valid until the next item is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .format import CommandNumber, SectionType

__all__ = [
    "Command",
    "Configuration",
    "Deltas",
    "Description",
    "Device",
    "EndOfStream",
    "Item",
    "Pages",
    "RamList",
    "SectionEnd",
    "Zeros",
]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The sender's machine type; it fits the receiver's."""

    machine: str


@dataclass(frozen=True, slots=True)
class RamList:
    """The sender's RAM blocks and their lengths in bytes, in its order; they fit."""

    blocks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """Contents of pages: one row of ``data`` for each index."""

    block: str
    indexes: NDArray[np.int64]
    data: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Zeros:
    """Pages that consist of one byte's value; senders in use send only 0."""

    block: str
    indexes: NDArray[np.int64]
    fill: int


@dataclass(frozen=True, slots=True, eq=False)
class Deltas:
    """Differences to what the pages hold (xbzrle): one for each index, in their order.

    A page may be there twice.  Whether they are deltas of a page has not been looked at.
    """

    block: str
    indexes: tuple[int, ...]
    data: tuple[memoryview, ...]


@dataclass(frozen=True, slots=True)
class SectionEnd:
    """A section has been read, its footer too."""

    kind: SectionType
    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """The state of a device, by names of fields."""

    name: str
    instance: int
    version: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Command:
    """A command between sections; its data has a length that fits the number."""

    number: CommandNumber
    data: bytes


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """Everything is there; only a description for tools may follow."""


@dataclass(frozen=True, slots=True)
class Description:
    """What followed the end: the text for tools; None if it was too long, or something else."""

    text: str | None


Item = (
    Configuration
    | RamList
    | Pages
    | Zeros
    | Deltas
    | SectionEnd
    | Device
    | Command
    | EndOfStream
    | Description
)
