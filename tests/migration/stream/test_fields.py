"""Descriptions that make no sense are refused when they are made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qapigen.migration.stream.fields import DeviceDescription, Field, Structure, buffer_bytes

NUMBER = Field("n", "uint32")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Field("a", "uint128"), "uint128"),
        (lambda: Field("a", "buffer"), "size"),
        (lambda: Field("a", "unused_buffer"), "size"),
        (lambda: Field("a", "struct"), "structure"),
        (lambda: Field("a", "qtailq"), "structure"),
        (lambda: Field("a", "bitmap"), "count"),
        (lambda: Field("a", "qtailq", structure=Structure("e", 1, ()), count=2), "elements"),
        (lambda: DeviceDescription("d", 0, 1, (NUMBER, NUMBER)), "two fields 'n'"),
        (lambda: DeviceDescription("d", 0, 1, (Field("a", "buffer", size="n"), NUMBER)), "'a'"),
        (lambda: Structure("d", 1, (Field("t", "timer"), Field("a", "buffer", size="t"))), "'t'"),
        (
            lambda: Structure(
                "d", 1, (Field("n", "int8", count=2), Field("a", "buffer", size="n"))
            ),
            "'n'",
        ),
        (lambda: Structure("d", 1, (), (Structure("e/x", 1, ()),)), "e/x"),
    ],
)
def test_refused(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()


def test_unused_bytes_may_come_often() -> None:
    gap = Field("unused", "unused_buffer", size=2)
    assert DeviceDescription("d", 0, 1, (gap, NUMBER, gap)).fields == (gap, NUMBER, gap)


def test_arrays() -> None:
    assert Field("a", "int8", count=3).is_array
    assert not Field("a", "bitmap", count=3).is_array
    assert not NUMBER.is_array


def test_buffer_bytes() -> None:
    assert buffer_bytes(Field("a", "buffer", size=5), {}) == 5
    assert buffer_bytes(Field("a", "buffer", size="n"), {"n": 6}) == 6
    assert buffer_bytes(NUMBER, {}) == 0
    with pytest.raises(ValueError, match="'n'"):
        buffer_bytes(Field("a", "buffer", size="n"), {})
