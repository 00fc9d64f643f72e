"""The second opinion agrees with the writer, and is not easily pleased."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from qapigen.migration.stream import writer
from tests.migration.stream import layout_parser
from tests.migration.stream.layout_parser import LayoutError, parse
from tests.migration.stream.sample_streams import PAGE, PAUSED, example, example_page, pattern, rich


def test_shares_no_code() -> None:
    tree = ast.parse(Path(layout_parser.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    assert modules == {"__future__", "collections", "dataclasses", "json", "struct"}


def test_example() -> None:
    found = parse(example())
    assert found.machine == "none"
    assert found.blocks == {"pc.ram": 4 * PAGE}
    assert found.ram["pc.ram"] == bytes(PAGE) + example_page().tobytes() + bytes(2 * PAGE)
    assert found.counts == {"named": 1, "normal": 1, "zero": 3}
    assert found.sections == [
        ("start", "ram", 2),
        ("part", "ram", 2),
        ("end", "ram", 2),
        ("full", "globalstate", 4),
    ]
    assert found.field_of("globalstate", "runstate") == PAUSED["runstate"]
    assert found.field_of("globalstate", "size") == b"\0\0\0\7"
    with pytest.raises(KeyError):
        found.field_of("globalstate", "other")


def test_rich() -> None:
    found = parse(rich())
    large, small = pattern(40), pattern(2, 2)
    assert found.commands == [(1, b""), (2, b"\0\0\0\1")]
    assert found.counts == {"named": 3, "normal": 11, "zero": 33, "empty sections": 1}
    assert bytes(found.ram["small"]) == small.tobytes()
    expected = bytearray(40 * PAGE)
    for index in (1, 2, 3, 5, 6, 7, 8, 39):
        expected[index * PAGE : (index + 1) * PAGE] = large[index].tobytes()
    assert found.ram["large"] == expected
    assert list(found.devices) == [("timer", 0), ("clock", 1), ("globalstate", 0)]
    assert len(found.devices["clock", 1]) == 13 + 2 + 10 + 4 + 3


FOOTER = 0x41


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 0x50),
        (7, 2),
        (8, 1),
        (0x14, 9),
        (0x17, 0x73),
        (0x29, 8),
        (0x37, 0x50),
        (FOOTER, 0x7F),
        (FOOTER + 4, 3),
        (0x46, 5),
        (0x4A, 7),
        (0x52, 0x22),
        (0x52, 0x0A),
        (0x61, 0x50),
        (0x62, 0x48),
        (0x1098, 2),
        (0x109A, 0x68),
        (0x111A, 1),
        (0x111F, 0xFD),
    ],
)
def test_refused(at: int, value: int) -> None:
    raw = bytearray(example())
    raw[at] = value
    with pytest.raises(LayoutError):
        parse(bytes(raw))


@pytest.mark.parametrize("at", range(0, len(example()), 97))
def test_cut(at: int) -> None:
    with pytest.raises(LayoutError):
        parse(example()[:at])


def test_no_description() -> None:
    with pytest.raises(LayoutError, match="no description"):
        parse(example()[:0x111B])


def test_devices_are_described() -> None:
    with pytest.raises(LayoutError, match="not described"):
        parse(example()[:0x111B] + writer.vm_description(PAGE, []))
