"""Arguments checked by a schema itself: what introspection does not tell counts, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.cli.call_arguments import Given, by_introspection, by_schema
from qapigen.cli.status import TROUBLE
from qapigen.compiler.ir import BUILTINS, Schema
from qapigen.compiler.passes.introspect import introspect
from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.visit import from_wire
from qapigen.runtime.visit.builtin import (
    visit_int,
    visit_int8,
    visit_int16,
    visit_int32,
    visit_int64,
    visit_size,
    visit_uint8,
    visit_uint16,
    visit_uint32,
    visit_uint64,
)
from qapigen.runtime.visit.keyval import KeyvalInput
from tests.cli.conftest import Call, one_error
from tests.cli.process import write_files
from tests.compiler.schema_texts import schema_of

SCHEMA = """
{ 'enum': 'Colour', 'data': [ 'red', 'blue' ] }
{ 'struct': 'Base', 'data': { 'x': 'int8' } }
{ 'struct': 'Point', 'base': 'Base', 'data': { '*room': 'size', '*more': [ 'Point' ] } }
{ 'union': 'Shape', 'base': { 'colour': 'Colour' }, 'discriminator': 'colour',
  'data': { 'red': 'Point' } }
{ 'alternate': 'Choice', 'data': { 'colour': 'Colour', 'n': 'uint8', 'p': 'Point' } }
{ 'command': 'take', 'data': { '*p': 'Point', '*shape': 'Shape', '*choice': 'Choice',
  '*bytes': [ 'uint8' ], '*sizes': [ 'size' ], '*points': [ 'Point' ], '*kind': 'QType',
  '*what': 'any', '*n': 'number', '*on': 'bool', '*none': 'null', '*text': 'str' } }
{ 'command': 'move', 'data': 'Point' }
{ 'command': 'draw', 'data': 'Shape', 'boxed': true }
{ 'command': 'stop' }
{ 'event': 'STOPPED' }
"""

SIMPLE = """
{ 'union': 'Addr', 'data': { 'port': 'uint16', 'ports': [ 'uint16' ] } }
{ 'command': 'dial', 'data': { 'a': 'Addr' } }
"""

VISITS: Mapping[str, Callable[..., int]] = {
    "int": visit_int,
    "int8": visit_int8,
    "int16": visit_int16,
    "int32": visit_int32,
    "int64": visit_int64,
    "uint8": visit_uint8,
    "uint16": visit_uint16,
    "uint32": visit_uint32,
    "uint64": visit_uint64,
    "size": visit_size,
}


@cache
def schema() -> Schema:
    return schema_of(SCHEMA)


def words(*given: str) -> Given:
    return Given.parse(given, None)


def text(value: object) -> Given:
    return Given.parse((), json.dumps(value))


@pytest.mark.parametrize(
    ("command", "arguments", "wire"),
    [
        ("stop", words(), {}),
        ("move", words("x=-128", "room=1.5K"), {"x": -128, "room": 1536}),
        ("draw", words("colour=blue"), {"colour": "blue"}),
        ("draw", words("colour=red", "x=0x7f"), {"colour": "red", "x": 127}),
        ("take", words("p.x=127", "p.more.0.x=1"), {"p": {"x": 127, "more": [{"x": 1}]}}),
        ("take", words("bytes.0=255", "sizes.0=1K"), {"bytes": [255], "sizes": [1024]}),
        ("take", words("choice=255"), {"choice": 255}),
        ("take", words("choice=blue"), {"choice": "blue"}),
        ("take", words("choice.x=1"), {"choice": {"x": 1}}),
        ("take", words("kind=qnum", "what=5", "on=on"), {"kind": "qnum", "what": 5, "on": True}),
        ("take", words("n=0.5", "text=1K"), {"n": 0.5, "text": "1K"}),
        ("take", text({"choice": 0}), {"choice": 0}),
        ("take", text({"p": {"x": 1, "room": -1}}), {"p": {"x": 1, "room": -1}}),
    ],
)
def test_fits(command: str, arguments: Given, wire: dict[str, Any]) -> None:
    assert by_schema(schema(), command, arguments) == wire


@pytest.mark.parametrize(
    ("command", "arguments", "desc"),
    [
        ("stop", words("x=1"), "member 'x' is unexpected"),
        ("halt", words(), "there is no command 'halt'"),
        ("STOPPED", words(), "there is no command 'STOPPED'"),
        ("move", words("x=128"), "x: expected an integer from -128 to 127, got string '128'"),
        ("move", words("x=1K"), "x: expected an integer, got string '1K'"),
        ("move", words("x=1", "room=-1"), "room: expected a size such as"),
        ("move", text({"x": 128}), "x: expected an integer from -128 to 127, got number 128"),
        ("move", text({"x": 1.0}), "x: expected an integer, got number 1.0"),
        ("draw", words("colour=red", "x=128"), "x: expected an integer from -128 to 127"),
        ("draw", words("colour=blue", "x=1"), "member 'x' is unexpected"),
        ("take", words("p.x=128"), "p.x: expected an integer from -128 to 127"),
        ("take", words("points.0.x=128"), "points.0.x: expected an integer from -128 to 127"),
        ("take", words("bytes.0=1", "bytes.1=256"), "bytes.1: expected an integer from 0 to 255"),
        ("take", words("bytes.0=1K"), "bytes.0: expected an integer, got"),
        ("take", words("shape.colour=red", "shape.x=-129"), "shape.x: expected an integer from"),
        ("take", words("choice.x=128"), "choice.x: expected an integer from -128 to 127"),
        ("take", text({"bytes": [-1]}), "bytes[0]: expected an integer from 0 to 255"),
        ("take", text({"choice": 256}), "choice: expected an integer from 0 to 255"),
        ("take", words("kind=int"), "kind: expected one of 'none', 'qnull'"),
    ],
)
def test_does_not_fit(command: str, arguments: Given, desc: str) -> None:
    with pytest.raises(QapiError) as caught:
        by_schema(schema(), command, arguments)
    assert desc in caught.value.desc


def test_simple_unions() -> None:
    simple = schema_of(SIMPLE, "2018")
    fits = {"a": {"type": "port", "data": 65535}}
    assert by_schema(simple, "dial", words("a.type=port", "a.data=65535")) == fits
    assert by_schema(simple, "dial", text(fits)) == fits
    with pytest.raises(QapiError, match=r"^a\.data: expected an integer from 0 to 65535"):
        by_schema(simple, "dial", words("a.type=port", "a.data=65536"))
    with pytest.raises(QapiError, match=r"^a\.data\.0: expected an integer from 0 to 65535"):
        by_schema(simple, "dial", words("a.type=ports", "a.data.0=65536"))


def test_introspection_stays_lenient() -> None:
    """It tells neither ranges nor sizes, so the server has the last word."""
    rows = introspect(schema())
    assert by_introspection(rows, "move", words("x=1K")) == {"x": 1024}
    assert by_introspection(rows, "move", text({"x": 128})) == {"x": 128}


@cache
def numbers() -> Schema:
    members = ", ".join(f"'*{name}': '{name}'" for name in VISITS)
    return schema_of(f"{{ 'command': 'count', 'data': {{ {members} }} }}")


def test_all_integer_types() -> None:
    assert set(VISITS) == {each.name for each in BUILTINS.values() if each.json_type == "int"}


_EDGES = [
    sign * 2**power + off
    for power in (0, 7, 8, 15, 16, 31, 32, 63, 64)
    for sign in (1, -1)
    for off in (-1, 0, 1)
]
INTEGERS = st.one_of(st.sampled_from(_EDGES), st.integers(-(2**65), 2**65))
TEXTS = st.one_of(
    INTEGERS.map(str),
    INTEGERS.map(hex),
    st.from_regex(r"\A ?[+-]?[0-9]{1,3}(\.[0-9]{0,2})?[bBkKmMeEx]?\Z"),
)


def verdict(read: Callable[[], object]) -> object:
    """What is read, or why nothing is."""
    try:
        return read()
    except VisitError as error:
        return error.problem
    except QapiError as error:
        return error.desc.partition(": ")[2]


@pytest.mark.parametrize("name", VISITS)
@given(st.data())
def test_texts_as_typed_code_reads_them(name: str, data: st.DataObject) -> None:
    word = data.draw(TEXTS)
    typed = verdict(lambda: VISITS[name](KeyvalInput(word), "", None))
    assert verdict(lambda: by_schema(numbers(), "count", words(f"{name}={word}"))[name]) == typed


@pytest.mark.parametrize("name", VISITS)
@given(st.one_of(INTEGERS, st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_json_as_typed_code_reads_it(name: str, value: object) -> None:
    """A negative number may stand for itself modulo 2**64; the server sees it as it was given."""
    typed = verdict(lambda: from_wire(VISITS[name], value))
    found = verdict(lambda: by_schema(numbers(), "count", Given({name: value}, is_json=True))[name])
    assert found == (value if isinstance(typed, int) else typed)


def test_from_a_file(call: Call, tmp_path: Path) -> None:
    """Nothing that does not fit is sent: there is nobody to send it to."""
    file = write_files(tmp_path, {"a.json": SCHEMA})
    line = ["call", "unix:/none/there", "take", "--schema", file]
    refused = one_error(call(*line, "bytes.0=256"), TROUBLE)
    assert (
        refused
        == "qapigen call: error: bytes.0: expected an integer from 0 to 255, got string '256'"
    )
    refused = one_error(call(*line, "--json", '{"bytes": [-1]}'), TROUBLE)
    assert "bytes[0]: expected an integer from 0 to 255" in refused
