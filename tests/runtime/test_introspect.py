"""Arguments checked by what a server says about its commands."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapi_migration.commands import SPECS
from qapi_migration.introspect import SCHEMA_JSON
from qapigen.compiler.passes.introspect import introspect
from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.introspect import ArgumentReader, TextArgumentReader
from qapigen.runtime.visit import from_wire, to_wire
from qapigen.runtime.visit.keyval import from_keyval, to_keyval
from qapigen.runtime.visit.keyval_syntax import parse_keyval
from tests.compiler.schema_texts import schema_of
from tests.runtime.visit.drawn_values import JSON, values

SCHEMA = """
{ 'enum': 'Colour', 'data': [ 'warm', 'cold', 'on' ] }
{ 'struct': 'Lamp', 'data': { 'watts': 'size', '*colour': 'Colour', '*dim': 'number' } }
{ 'alternate': 'LampRef', 'data': { 'name': 'str', 'lamp': 'Lamp', 'none': 'null' } }
{ 'alternate': 'Level', 'data': { 'percent': 'int', 'is': 'bool' } }
{ 'union': 'Order', 'base': { 'colour': 'Colour' }, 'discriminator': 'colour',
  'data': { 'warm': 'Lamp2', 'cold': 'Box' } }
{ 'struct': 'Lamp2', 'data': { 'n': 'int' } }
{ 'struct': 'Box', 'data': { '*lids': [ 'str' ] } }
{ 'command': 'set', 'data': { '*lamps': [ 'Lamp' ], '*ref': 'LampRef', '*level': 'Level',
  '*what': 'any', '*flag': 'bool', '*nothing': 'null', '*text': 'str' } }
{ 'command': 'order', 'data': 'Order', 'boxed': true }
{ 'command': 'nothing' }
{ 'pragma': { 'command-name-exceptions': [ 'device_add' ] } }
{ 'command': 'device_add', 'data': { 'driver': 'str', '*id': 'str' }, 'gen': false }
{ 'event': 'LIT', 'data': { 'lamp': 'Lamp' } }
"""


@cache
def rows() -> list[dict[str, Any]]:
    return introspect(schema_of(SCHEMA))


def read(command: str, arguments: dict[str, Any]) -> object:
    return ArgumentReader(rows()).read(command, arguments)


def read_texts(command: str, text: str) -> object:
    return TextArgumentReader(rows()).read(command, parse_keyval(text))


def test_names() -> None:
    reader = ArgumentReader(rows())
    assert reader.commands() == ["set", "order", "nothing", "device_add"]
    assert reader.events() == ["LIT"]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("nothing", {}),
        ("set", {}),
        ("set", {"lamps": []}),
        ("set", {"lamps": [{"watts": 2**64 - 1, "colour": "cold", "dim": 0.5}, {"watts": 0}]}),
        ("set", {"ref": None}),
        ("set", {"ref": "a"}),
        ("set", {"ref": {"watts": 1}}),
        ("set", {"level": True}),
        ("set", {"level": 3}),
        ("set", {"what": {"a": [None, 1.5]}}),
        ("set", {"flag": False, "nothing": None, "text": ""}),
        ("order", {"colour": "warm", "n": -1}),
        ("order", {"colour": "cold", "lids": ["a"]}),
        ("order", {"colour": "on"}),
        ("device_add", {"driver": "x", "drive": "y", "n": 1}),
    ],
)
def test_fits(command: str, arguments: dict[str, Any]) -> None:
    assert read(command, arguments) == arguments


@pytest.mark.parametrize(
    ("command", "arguments", "desc"),
    [
        ("nothing", {"a": 1}, "member 'a' is unexpected"),
        ("set", {"lamp": 1}, "member 'lamp' is unexpected; did you mean 'lamps'?"),
        ("set", {"lamps": {}}, "lamps: expected an array, got an object"),
        ("set", {"lamps": [{"watts": 1}, {}]}, "lamps[1]: member 'watts' is missing"),
        ("set", {"lamps": [{"watts": 1.0}]}, "lamps[0].watts: expected an integer"),
        ("set", {"lamps": [{"watts": True}]}, "lamps[0].watts: expected an integer"),
        ("set", {"lamps": [{"watts": 2**64}]}, "lamps[0].watts: expected an integer"),
        ("set", {"lamps": [{"watts": 1, "dim": True}]}, "lamps[0].dim: expected a finite number"),
        ("set", {"lamps": [{"watts": 1, "colour": "Warm"}]}, "did you mean 'warm'?"),
        ("set", {"lamps": [{"watts": 1, "colour": 1}]}, "expected one of 'warm', 'cold', 'on'"),
        ("set", {"ref": 1}, "ref: expected a string or an object or null, got number 1"),
        ("set", {"ref": {}}, "ref: member 'watts' is missing"),
        ("set", {"level": "on"}, "level: expected"),
        ("set", {"flag": 1}, "flag: expected a boolean, got number 1"),
        ("set", {"nothing": 0}, "nothing: expected null"),
        ("set", {"text": None}, "text: expected a string, got null"),
        ("order", {}, "member 'colour' is missing"),
        ("order", {"colour": "warm"}, "member 'n' is missing"),
        ("order", {"colour": "cold", "n": 1}, "member 'n' is unexpected"),
        ("device_add", {"id": "x"}, "member 'driver' is missing"),
    ],
)
def test_does_not_fit(command: str, arguments: dict[str, Any], desc: str) -> None:
    with pytest.raises(VisitError) as caught:
        read(command, arguments)
    assert desc in caught.value.desc


def test_nested_too_deeply() -> None:
    inner: dict[str, Any] = {}
    node = inner
    for _ in range(100_000):
        node["next"] = node = {}
    schema = "{ 'struct': 'Node', 'data': { '*next': 'Node' } }{ 'command': 'c', 'data': 'Node' }"
    reader = ArgumentReader(introspect(schema_of(schema)))
    with pytest.raises(VisitError, match="nested too deeply"):
        reader.read("c", inner)


@pytest.mark.parametrize(
    ("command", "text", "arguments"),
    [
        (
            "set",
            "lamps.0.watts=64K,lamps.0.dim=0.5,lamps.1.watts=0x10,lamps.1.colour=on",
            {"lamps": [{"watts": 65536, "dim": 0.5}, {"watts": 16, "colour": "on"}]},
        ),
        ("set", "ref=lamp0", {"ref": "lamp0"}),
        ("set", "ref.watts=1", {"ref": {"watts": 1}}),
        ("set", "level=on", {"level": True}),
        ("set", "level=017", {"level": 15}),
        ("set", "flag=no,text=5", {"flag": False, "text": "5"}),
        ("set", "what.a=5", {"what": {"a": "5"}}),
        ("order", "colour=cold,lids.0=a,lids.1=b", {"colour": "cold", "lids": ["a", "b"]}),
        ("device_add", "driver=x,addr=5", {"driver": "x", "addr": "5"}),
    ],
)
def test_texts(command: str, text: str, arguments: dict[str, Any]) -> None:
    assert read_texts(command, text) == arguments


@pytest.mark.parametrize(
    ("command", "text", "desc"),
    [
        ("set", "lamps.0.watts=many", "lamps.0.watts: expected an integer of at most 64 bits"),
        ("set", "lamps.0.watts=32E", "lamps.0.watts: expected an integer of at most 64 bits"),
        ("set", "lamps.0.watts.a=1", "lamps.0.watts: expected an integer"),
        ("set", "lamps=1", "lamps: expected an array, got string '1'"),
        ("set", "flag=maybe", "flag: expected on or off, got string 'maybe'"),
        ("set", "level=maybe", "level: expected on or off"),
        ("set", "nothing=null", "nothing: expected null, which"),
        ("set", "ref.0=a", "ref: expected a string or an object or null, got an array"),
        ("order", "colour=on,n=1", "member 'n' is unexpected"),
    ],
)
def test_wrong_texts(command: str, text: str, desc: str) -> None:
    with pytest.raises(VisitError) as caught:
        read_texts(command, text)
    assert desc in caught.value.desc


@pytest.mark.parametrize("name", ["sett", "LIT", "int", "0", ""])
def test_no_such_command(name: str) -> None:
    with pytest.raises(QapiError, match="there is no command"):
        read(name, {})


COMMAND = {"name": "c", "meta-type": "command", "arg-type": "0", "ret-type": "0"}


@pytest.mark.parametrize(
    "answer",
    [
        *(None, {}, [1], [{}], [{"name": 1, "meta-type": "command"}], [{"name": "c"}]),
        [COMMAND],
        [{"name": "c", "meta-type": "command"}],
        [COMMAND, {"name": "0", "meta-type": "object"}],
        [COMMAND, {"name": "0", "meta-type": "object", "members": [{"name": "a", "type": "?"}]}],
        [COMMAND, {"name": "0", "meta-type": "object", "members": 5}],
    ],
)
def test_broken_answers(answer: object) -> None:
    with pytest.raises(QapiError, match="the answer to query-qmp-schema") as caught:
        ArgumentReader(answer).read("c", {"a": 1})
    assert not isinstance(caught.value, VisitError)


def test_an_old_server() -> None:
    """Before QEMU 6.2, enums had but a list of names."""
    old = [row for row in rows() if row["meta-type"] != "enum"]
    old += [{"name": row["name"], "meta-type": "enum", "values": row["values"]} for row in enums()]
    reader = ArgumentReader(old)
    assert reader.read("order", {"colour": "on"}) == {"colour": "on"}
    with pytest.raises(VisitError, match="expected one of"):
        reader.read("order", {"colour": "of"})


def enums() -> list[dict[str, Any]]:
    return [row for row in rows() if row["meta-type"] == "enum"]


TYPED = {name: SPECS[name] for name in SPECS if SPECS[name].visit_arguments is not None}
SHIPPED = json.loads(SCHEMA_JSON)


@given(st.data(), st.sampled_from(sorted(TYPED)))
def test_takes_what_typed_code_writes(data: st.DataObject, name: str) -> None:
    visit = TYPED[name].visit_arguments
    assert visit is not None
    wire: Any = to_wire(visit, data.draw(values(visit)))
    assert ArgumentReader(SHIPPED).read(name, wire) == wire


@given(st.data(), st.sampled_from(sorted(TYPED)))
def test_reads_texts_as_typed_code_does(data: st.DataObject, name: str) -> None:
    visit = TYPED[name].visit_arguments
    assert visit is not None
    text = to_keyval(visit, data.draw(values(visit, sayable=True)))
    wire = to_wire(visit, from_keyval(visit, text))
    assert TextArgumentReader(SHIPPED).read(name, parse_keyval(text)) == wire


@given(
    st.sampled_from(sorted(TYPED)),
    st.dictionaries(st.sampled_from(["uri", "value", "id", "capabilities", "enable"]), JSON),
)
def test_refuses_no_more_than_typed_code(name: str, arguments: dict[str, Any]) -> None:
    visit = TYPED[name].visit_arguments
    assert visit is not None
    try:
        ArgumentReader(SHIPPED).read(name, arguments)
    except VisitError:
        with pytest.raises(VisitError):
            from_wire(visit, arguments)
