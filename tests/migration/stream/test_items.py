"""Items are what they say, and refer to the input instead of copying it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from qapigen.migration.stream.items import Command, Device, Pages, RamList, Zeros
from qapigen.migration.stream.reader import StreamReader
from tests.migration.stream.sample_streams import EXAMPLE, example


def test_pages_are_views() -> None:
    stream = bytearray(example())
    whole = np.frombuffer(stream, np.uint8)
    pages = [item for item in StreamReader(EXAMPLE).feed(stream) if isinstance(item, Pages)]
    assert [np.shares_memory(item.data, whole) for item in pages] == [True]


def test_items_that_stay_can_be_compared() -> None:
    items = list(StreamReader(EXAMPLE).feed(example()))
    assert [item for item in items if isinstance(item, RamList)] == [RamList((("pc.ram", 0x4000),))]
    (device,) = (item for item in items if isinstance(item, Device))
    assert (device.name, device.instance, device.version) == ("globalstate", 0, 1)
    zeros = [item for item in items if isinstance(item, Zeros)]
    assert [(item.block, item.indexes.tolist(), item.fill) for item in zeros] == [
        ("pc.ram", [0], 0),
        ("pc.ram", [2, 3], 0),
    ]


def test_items_do_not_change() -> None:
    command = next(item for item in StreamReader(EXAMPLE).feed(example()))
    with pytest.raises(FrozenInstanceError):
        command.machine = "other"  # type: ignore[misc, union-attr]
    assert not isinstance(command, Command)
