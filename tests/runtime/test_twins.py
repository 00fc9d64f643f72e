"""Typed values straight from text: what is read is what the visit gives, or nothing is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("msgspec", reason="not installed: msgspec")

from qapigen.runtime import twins
from qapigen.runtime.codec import loads
from qapigen.runtime.errors import QapiError
from qapigen.runtime.twins import Reader, reader_of
from qapigen.runtime.visit import VisitFunction, WireInput, to_wire
from qapigen.runtime.visit import builtin as builtins

from .codec.json_texts import SCALARS, SPACES, as_bytes
from .sample_types import (
    visit_FlagStatus_list,
    visit_Mixed,
    visit_Node,
    visit_Payment,
    visit_RunStats,
)
from .visit.drawn_values import values
from .visit.every_type import EVERY_TYPE

READERS: dict[str, tuple[VisitFunction[Any], Reader]] = {
    name: (visit, read)
    for name, visit in EVERY_TYPE.items()
    if (read := reader_of(visit)) is not None
}


def test_which_types_have_twins() -> None:
    assert {
        "migration.visit_MigrationInfo",
        "migration.visit_MigrateSetParameters",
        "migration.visit_MigrationCapabilityStatus_list",
        "sample_types.visit_RunStats",
        "builtin.visit_size_list",
    } <= READERS.keys()
    for visit in (visit_Node, visit_Payment, visit_Mixed, builtins.visit_any, builtins.visit_int):
        assert reader_of(visit) is None


def by_the_visit(visit: VisitFunction[Any], text: str | bytes) -> object:
    try:
        return visit(WireInput(loads(text)), "", None)
    except QapiError:
        return None


def kinds(value: object) -> object:
    """A value in a form that tells 1 from 1.0, and a string from a member of an enum."""
    return repr(value)


class Spoiling:
    """Writes a JSON value with blanks and members anyhow, and now and then something else."""

    def __init__(self, data: st.DataObject, *, harm: bool) -> None:
        self._draw = data.draw
        self._harm = harm

    def _chance(self) -> bool:
        return self._harm and self._draw(st.integers(0, 9)) == 0

    def text(self, value: object) -> str:
        if self._chance():
            return self._draw(SCALARS)
        if isinstance(value, dict):
            return "{" + ",".join(self._members(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self.text(item) for item in value) + "]"
        ascii_only = self._draw(st.booleans())
        return self._blank() + json.dumps(value, ensure_ascii=ascii_only) + self._blank()

    def _members(self, value: dict[str, object]) -> list[str]:
        names = self._draw(st.permutations(list(value)))
        if names and self._chance():
            names = [*names, self._draw(st.sampled_from([*names, "a", ""]))]
        if names and self._chance():
            del names[0]
        return [
            f"{self._blank()}{json.dumps(name)}:{self.text(value.get(name, 0))}" for name in names
        ]

    def _blank(self) -> str:
        if self._harm:
            return self._draw(SPACES)
        return self._draw(st.sampled_from(["", "", " ", "\n\t\r"]))


@settings(max_examples=300)
@given(st.sampled_from(list(READERS)), st.booleans(), st.data())
def test_what_is_read_is_what_the_visit_gives(name: str, harm: bool, data: st.DataObject) -> None:
    visit, read = READERS[name]
    value = data.draw(values(visit))
    text = Spoiling(data, harm=harm).text(to_wire(visit, value))
    for form in (text, as_bytes(text)):
        found = read(form)
        expected = by_the_visit(visit, form)
        if found is not None:
            assert found == expected
            assert kinds(found) == kinds(expected)
        else:
            # What is right is read, up to texts that look as if they might hide a member.
            assert harm or "\\u003" in text
    if not harm:
        assert expected == value


STATS = '{"transferred": 1, "normal-bytes": 2, "mbps": 3}'
FLAG = '{"flag": "set-up", "state": true}'


@pytest.mark.parametrize(
    ("visit", "text"),
    [
        (visit_RunStats, STATS.replace("1,", '1, "transferred": 1,')),
        (visit_RunStats, STATS.replace("1", "1.0")),
        (visit_RunStats, STATS.replace("1", "1e0")),
        (visit_RunStats, STATS.replace("1", "true")),
        (visit_RunStats, STATS.replace("1", "9223372036854775808")),
        (visit_RunStats, STATS.replace("2", "null")),
        (visit_RunStats, STATS.replace("3", "18446744073709551616")),
        (visit_RunStats, STATS.replace("3", "-9223372036854775809")),
        (visit_RunStats, STATS.replace("3", "1e400")),
        (visit_RunStats, STATS.replace("3", '3, "x": 1')),
        (visit_RunStats, STATS + "x"),
        (visit_RunStats, "\ufeff" + STATS),
        (visit_RunStats, "[]"),
        (builtins.visit_size_list, "[-1]"),
        (builtins.visit_size_list, "[18446744073709551616]"),
        (builtins.visit_number_list, "[18446744073709551616]"),
        (builtins.visit_str_list, r'["\ud800"]'),
        (builtins.visit_str_list, '["\ud800"]'),
        (builtins.visit_QType_list, '["QNULL"]'),
    ],
)
def test_the_unusual_is_left_to_the_visit(visit: VisitFunction[Any], text: str) -> None:
    read = reader_of(visit)
    assert read is not None
    assert read(text) is None
    assert read(as_bytes(text)) is None


def test_an_escaped_colon_hides_no_member() -> None:
    visit, read = READERS["migration.visit_MigrateIncomingArguments"]
    right = '{"uri": "tcp:[::1]:4444"}'
    assert read(right) == read(right.encode()) == by_the_visit(visit, right)
    for twice in ('{"uri": "", "uri": "a"}', '{"uri": "", "uri": "\\u003a"}', FIRST):
        assert read(twice) is None
        assert read(twice.encode()) is None


FIRST = '{"uri": "\\u003A", "uri": "\\u003A"}'


def test_a_list_of_structs_counts_every_colon() -> None:
    read = reader_of(visit_FlagStatus_list)
    assert read is not None
    text = f"[{FLAG}, {FLAG}]"
    assert read(text) == by_the_visit(visit_FlagStatus_list, text) != []
    assert read(text.replace("}, {", ', "state": true}, {')) is None


def test_a_lax_msgspec_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "_MUST_REFUSE", (*twins._MUST_REFUSE, (b"1", int)))
    assert reader_of(visit_RunStats) is None


def test_a_reader_shares_nothing_with_the_next() -> None:
    visit, read = READERS["builtin.visit_str_list"]
    first, second = read('["a"]'), read('["a"]')
    assert first == second == by_the_visit(visit, '["a"]')
    assert first is not second
