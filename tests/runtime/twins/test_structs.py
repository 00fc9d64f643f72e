"""What is special with msgspec; the rest is tested with every library."""

from __future__ import annotations

import pytest

pytest.importorskip("msgspec", reason="not installed: msgspec")

from qapigen.runtime.twins import reader_of, structs, writer_of
from qapigen.runtime.visit import builtin

from ..sample_types import visit_RunStats


def test_a_lax_msgspec_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structs, "_MUST_REFUSE", (*structs._MUST_REFUSE, (b"1", int)))
    assert reader_of(visit_RunStats) is None


@pytest.mark.parametrize(
    ("visit", "text"),
    [
        (builtin.visit_number_list, "[18446744073709551616]"),
        (builtin.visit_number_list, "[-9223372036854775809]"),
        (
            visit_RunStats,
            '{"transferred": 1, "normal-bytes": 2, "mbps": 18446744073709551616}',
        ),
    ],
)
def test_integers_that_become_floats_are_left_to_the_visit(visit: object, text: str) -> None:
    read = reader_of(visit)  # type: ignore[arg-type]
    assert read is not None
    assert read(text) is None


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63)])
def test_integers_are_written_to_the_end_of_their_range(value: int) -> None:
    write = writer_of(builtin.visit_int_list)
    assert write is not None
    assert write([value]) == str([value]).encode()
