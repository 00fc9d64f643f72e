"""Typed values straight from text: what is read is what the visit gives, or nothing is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapi_migration.visit.migration import visit_MigrationInfo
from qapigen.runtime.codec import loads
from qapigen.runtime.errors import QapiError
from qapigen.runtime.twins.reading import may_hide_colons
from qapigen.runtime.visit import VisitFunction, WireInput, to_wire
from qapigen.runtime.visit import builtin as builtins

from ..codec.json_texts import SCALARS, SPACES, as_bytes
from ..sample_types import visit_FlagStatus_list, visit_RunStats
from ..visit.drawn_values import values
from .libraries import EACH, LIBRARIES, Library, some

READERS = {library.name: some(library.reader_of) for library in LIBRARIES}


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


@EACH
@settings(max_examples=300)
@given(harm=st.booleans(), data=st.data())
def test_what_is_read_is_what_the_visit_gives(
    library: Library, harm: bool, data: st.DataObject
) -> None:
    readers = READERS[library.name]
    visit, read = readers[data.draw(st.sampled_from(list(readers)))]
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


@EACH
@pytest.mark.parametrize(
    ("visit", "text"),
    [
        (visit_RunStats, STATS.replace("1,", '1, "transferred": 1,')),
        (visit_RunStats, STATS.replace("1", "1.0")),
        (visit_RunStats, STATS.replace("1", "1e0")),
        (visit_RunStats, STATS.replace("1", "true")),
        (visit_RunStats, STATS.replace("1", "9223372036854775808")),
        (visit_RunStats, STATS.replace("2", "null")),
        (visit_RunStats, STATS.replace("3", "1e400")),
        (visit_RunStats, STATS.replace("3", '3, "x": 1')),
        (visit_RunStats, STATS + "x"),
        (visit_RunStats, "\ufeff" + STATS),
        (visit_RunStats, "[]"),
        (visit_MigrationInfo, "[]"),
        (visit_MigrationInfo, '""'),
        (builtins.visit_str_list, "{}"),
        (builtins.visit_str_list, '"ab"'),
        (builtins.visit_size_list, "[-1]"),
        (builtins.visit_size_list, "[18446744073709551616]"),
        (builtins.visit_str_list, r'["\ud800"]'),
        (builtins.visit_str_list, '["\ud800"]'),
        (builtins.visit_QType_list, '["QNULL"]'),
    ],
)
def test_the_unusual_is_left_to_the_visit(
    library: Library, visit: VisitFunction[Any], text: str
) -> None:
    read = library.reader(visit)
    assert read(text) is None
    assert read(as_bytes(text)) is None


@EACH
def test_an_escaped_colon_hides_no_member(library: Library) -> None:
    visit, read = READERS[library.name]["migration.visit_MigrateIncomingArguments"]
    right = '{"uri": "tcp:[::1]:4444"}'
    assert read(right) == read(right.encode()) == by_the_visit(visit, right)
    for twice in ('{"uri": "", "uri": "a"}', '{"uri": "", "uri": "\\u003a"}', FIRST):
        assert read(twice) is None
        assert read(twice.encode()) is None


FIRST = '{"uri": "\\u003A", "uri": "\\u003A"}'


@EACH
def test_a_list_of_structs_counts_every_colon(library: Library) -> None:
    read = library.reader(visit_FlagStatus_list)
    text = f"[{FLAG}, {FLAG}]"
    assert read(text) == by_the_visit(visit_FlagStatus_list, text) != []
    assert read(text.replace("}, {", ', "state": true}, {')) is None


@EACH
def test_what_is_read_shares_nothing_with_the_next(library: Library) -> None:
    visit, read = READERS[library.name]["builtin.visit_str_list"]
    first, second = read('["a"]'), read('["a"]')
    assert first == second == by_the_visit(visit, '["a"]')
    assert first is not second


@EACH
def test_colons_in_strings_are_no_members(library: Library) -> None:
    visit, read = READERS[library.name]["migration.visit_MigrateArguments"]
    text = '{"uri": "tcp:[::1]:4444", "blk": true}'
    assert read(text) == read(text.encode()) == by_the_visit(visit, text) is not None
    for wrong in ('"x": 1', '"blk": true', '"b:": 1', '"x": ":"'):
        assert read(text.replace("}", f", {wrong}}}")) is None


@EACH
def test_what_is_no_text_is_left_to_others(library: Library) -> None:
    read = library.reader(visit_RunStats)
    for text in (b"\xff", "", b"", "\ud800"):
        assert read(text) is None


@pytest.mark.parametrize("text", [r'"\u003a"', r'"\u003A"', r'"\u003b"'])
def test_escapes_that_may_be_colons(text: str) -> None:
    assert may_hide_colons(text)
    assert may_hide_colons(text.encode())


@pytest.mark.parametrize("text", ['"u003a"', r'"\\"', '":"', r'"\u0041"'])
def test_escapes_that_are_none(text: str) -> None:
    assert not may_hide_colons(text)
    assert not may_hide_colons(text.encode())
