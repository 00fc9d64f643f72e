"""Numbers of the format, and the error that says where."""

from __future__ import annotations

import errno

import pytest

from qapigen.migration.stream.format import (
    MAGIC,
    OFFSET_MASK,
    PAGE_BITS,
    PAGE_SIZE,
    RamFlag,
    SectionType,
    StreamError,
    counted,
)


def test_magic() -> None:
    assert MAGIC.to_bytes(4, "big") == b"QEVM"


def test_flags_lie_below_a_page() -> None:
    assert 1 << PAGE_BITS == PAGE_SIZE
    assert all(flag < PAGE_SIZE and flag & OFFSET_MASK == 0 for flag in RamFlag)


def test_section_types() -> None:
    assert [kind.value for kind in SectionType] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7E]


@pytest.mark.parametrize("name", ["a", "pc.ram", "ü" * 127, "x" * 255])
def test_counted(name: str) -> None:
    raw = counted(name)
    assert raw[0] == len(raw) - 1
    assert raw[1:].decode() == name


@pytest.mark.parametrize("name", ["", "x" * 256, "ü" * 128])
def test_counted_refuses(name: str) -> None:
    with pytest.raises(ValueError, match="bytes cannot be sent"):
        counted(name)


def test_error_says_where() -> None:
    error = StreamError("expected a, b came", offset=17)
    assert (error.offset, error.errno) == (17, errno.EINVAL)
    assert str(error) == "expected a, b came (byte 17 of the stream)"
    assert StreamError("no", offset=0, number=errno.EIO).errno == errno.EIO
