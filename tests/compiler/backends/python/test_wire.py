"""Straight-line code does what visits do: the same results, refusals in the same words."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qapigen.compiler.backends.python.names import Names
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Command, Event, InlineMembers, Schema, TypeRef
from qapigen.compiler.pipeline import Options, analyze, render_all
from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import Enum, Struct
from qapigen.runtime.visit import WireInput, WireOutput, from_wire, to_wire
from qapigen.runtime.visit.specialised import REFUSALS, pair_of
from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.compiler.backends.python.made_schemas import WireValues, schema_texts
from tests.compiler.backends.python.packages import construct_package, files_of, write
from tests.compiler.backends.python.test_made_schemas import SLOW, imported
from tests.compiler.backends.python.wire_mistakes import spoil_json, spoil_typed

COUNTER = count()


def visits(
    schema: Schema, package: str, values: WireValues
) -> Iterator[tuple[Any, Callable[[], object]]]:
    """Each visit function for a type, arguments or data, with what makes JSON for it."""
    names = Names(schema)
    for definition in schema.definitions:
        home = names.modules[definition.module]
        if isinstance(definition, Command | Event):
            if not isinstance(definition.data, InlineMembers):
                continue
            kind = "command" if isinstance(definition, Command) else "event"
            made = [(names.data[kind, definition.name], _members(values, definition.data))]
        else:
            ref, name = TypeRef(definition.name), names.types[definition.name]
            made = [(name, _value(values, ref))]
            made.append((f"{name}_list", _value(values, TypeRef(definition.name, True))))
        module = importlib.import_module(f"{package}.visit.{home}")
        for py_name, make in made:
            visit = getattr(module, f"visit_{py_name}", None)
            if visit is not None:
                yield visit, make


def _members(values: WireValues, data: InlineMembers) -> Callable[[], object]:
    return lambda: values.members(data.members, 0)


def _value(values: WireValues, ref: TypeRef) -> Callable[[], object]:
    return lambda: values.value(ref)


def read_generic(visit: Any, value: object) -> object:
    return visit(WireInput(value), "at", None)


def write_generic(visit: Any, value: object) -> object:
    visitor = WireOutput()
    visit(visitor, "at", value)
    return visitor.result


def outcome(function: Callable[..., object], *arguments: object) -> tuple[str, object]:
    """The result, with the classes in it, or the error's text."""
    try:
        result = function(*arguments)
    except VisitError as error:
        return "error", str(error)
    return "result", shape(result)


def shape(value: object) -> object:
    """What can be compared and tells 1 from 1.0 and from True."""
    if isinstance(value, Struct):
        members = {n: shape(getattr(value, n)) for n in value.__dataclass_fields__}
        return type(value), members, hasattr(value, "_unknown")
    if isinstance(value, dict):
        return type(value), [(key, shape(each)) for key, each in value.items()]
    if isinstance(value, list):
        return type(value), [shape(each) for each in value]
    if isinstance(value, Enum):
        return type(value), value.value, value.is_known
    return type(value), repr(value)


def check_both(visit: Any, wire: object, chance: random.Random) -> None:
    """Right and nearly right values, in both directions."""
    pair = pair_of(visit)
    assert pair.read is not None
    assert pair.write is not None
    typed = pair.read(wire)  # what is right is taken
    assert shape(typed) == shape(read_generic(visit, wire))
    assert shape(to_wire(visit, typed)) == shape(write_generic(visit, typed)) == shape(wire)
    if not has_unusual_numbers(wire):  # these are left to the visit
        assert shape(pair.write(typed)) == shape(wire)
    for _ in range(4):
        spoiled = spoil_json(wire, chance)
        assert outcome(from_wire, visit, spoiled, "at") == outcome(read_generic, visit, spoiled)
        wrong = spoil_typed(typed, chance)
        assert outcome(to_wire, visit, wrong, "at") == outcome(write_generic, visit, wrong)


def has_unusual_numbers(value: object) -> bool:
    """Whether there may be a number that JSON libraries write in several ways."""
    if isinstance(value, dict | list):
        return any(map(has_unusual_numbers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and value != 0 and not 1e-4 <= abs(value) < 1e15


@given(texts=schema_texts(), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_made_schemas(
    texts: dict[str, str], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    schema = analyze("root.json", texts.__getitem__, "7.2").schema
    assert schema is not None
    package = f"wired_{next(COUNTER)}"
    folder = tmp_path_factory.mktemp("wired")
    write(folder, files_of(texts, package, dialect="7.2"))
    values = WireValues(schema, seed)
    with imported(folder, package):
        for visit, make in visits(schema, package, values):
            for _ in range(3):
                check_both(visit, make(), values.random)


#: There are values of all types but enums without values, and members without an end.
@pytest.mark.parametrize("name", [n for n in CONSTRUCTS if n not in ("enums", "names", "clashes")])
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_constructs(name: str, constructs_folder: Path, seed: int) -> None:
    construct = CONSTRUCTS[name]
    root = next(iter(construct.files))
    schema = analyze(root, construct.files.__getitem__, construct.dialect).schema
    assert schema is not None
    values = WireValues(schema, seed)
    for visit, make in visits(schema, construct_package(name), values):
        check_both(visit, make(), values.random)


@pytest.fixture(scope="module")
def own(schemas: Path) -> Schema:
    schema = analyze(str(schemas / "qapi-schema.json"), read_source).schema
    assert schema is not None
    return schema


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_own_schemas(own: Schema, seed: int) -> None:
    """The committed package; all of its types."""
    values = WireValues(own, seed)
    for visit, make in visits(own, "qapi_migration", values):
        check_both(visit, make(), values.random)


@pytest.fixture(scope="module")
def qemu(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    """All of QEMU 7.2, as a package that can be imported."""
    schema = analyze(str(corpus / "qemu-7.2/qapi/qapi-schema.json"), read_source).schema
    assert schema is not None
    folder = tmp_path_factory.mktemp("wired_qemu")
    backends = ("types", "visit", "wire")
    write(folder, render_all(schema, Options(package="wired_qemu", backends=backends)))
    with imported(folder, "wired_qemu"):
        yield schema


def test_corpus(qemu: Schema) -> None:
    values = WireValues(qemu, 1)
    for visit, make in visits(qemu, "wired_qemu", values):
        for _ in range(3):
            check_both(visit, make(), values.random)


NEST = "{ 'struct': 'Nest', 'data': { '*in': 'Nest', '*all': [ 'Nest' ], '*any': 'Either' } }" + """
{ 'alternate': 'Either', 'data': { 'one': 'Nest', 'many': [ 'Either' ] } }
{ 'struct': 'Flat', 'data': { 'nest': 'Nest' } }
"""


@pytest.mark.parametrize("step", ["in", "all", "any", "many"])
@pytest.mark.parametrize("levels", [3, 60, 70, 300, 1100])
def test_depth(step: str, levels: int, tmp_path: Path) -> None:
    """Types that contain themselves: straight code goes down a little, then visits have it."""
    package = f"nests_{next(COUNTER)}"
    write(tmp_path, files_of({"demo.json": NEST}, package))
    with imported(tmp_path, package):
        visit = importlib.import_module(f"{package}.visit.demo").visit_Nest
        wire: Any = {}
        for _ in range(levels):
            wire = [wire] if step == "many" else {step: [wire] if step == "all" else wire}
        wire = {"any": wire} if step == "many" else wire
        result = outcome_or_depth(from_wire, visit, wire)
        assert result == ("taken" if levels < 1000 else "is nested too deeply")
        read = pair_of(visit).read
        assert read is not None
        if levels > 64:
            with pytest.raises(REFUSALS):
                read(wire)
        elif levels < 30:
            assert write_generic(visit, read(wire)) == wire == to_wire(visit, read(wire))


def outcome_or_depth(function: Callable[..., object], visit: Any, wire: object) -> str:
    """Deep values do not compare; whether they are taken is what matters."""
    try:
        function(visit, wire, *(["at"] if function is from_wire else []))
    except VisitError as error:
        return error.desc[-20:]
    return "taken"


def test_a_circle_of_objects(tmp_path: Path) -> None:
    package = f"nests_{next(COUNTER)}"
    write(tmp_path, files_of({"demo.json": NEST}, package))
    with imported(tmp_path, package):
        visit = importlib.import_module(f"{package}.visit.demo").visit_Nest
        nest = from_wire(visit, {"in": {}})
        nest.in_.in_ = nest
        with pytest.raises(VisitError, match="nested too deeply"):
            to_wire(visit, nest)


def test_lenient_reading_takes_the_short_way_too(own: Schema) -> None:
    from qapi_migration.visit.migration import visit_MigrationInfo

    wire = {"status": "active", "total-time": 3}
    assert from_wire(visit_MigrationInfo, wire, lenient=True) == from_wire(
        visit_MigrationInfo, wire
    )
    newer = wire | {"new": 1, "status": "newer"}
    info = from_wire(visit_MigrationInfo, newer, lenient=True)
    assert to_wire(visit_MigrationInfo, info, lenient=True) == newer | {"new": 1}
    with pytest.raises(VisitError):
        to_wire(visit_MigrationInfo, info)


def test_without_the_folder(tmp_path: Path) -> None:
    """A package may be generated without it; then visits do all."""
    files = files_of({"demo.json": NEST}, "unwired", backends=("types", "visit"))
    write(tmp_path, files)
    assert not any("wire" in path.split("/") for path in files)
    with imported(tmp_path, "unwired"):
        visit = importlib.import_module("unwired.visit.demo").visit_Flat
        assert pair_of(visit)[1:] == (None, None)
        assert to_wire(visit, from_wire(visit, {"nest": {}})) == {"nest": {}}


ODD = """
{ 'struct': 'read_x', 'data': { 'v0': 'v0', 'data': 'data', '*count': 'len' } }
{ 'struct': 'x', 'data': {} }
{ 'struct': 'write_x', 'data': { '*x': 'x' } }
{ 'enum': 'v0', 'data': [ 'a' ] }
{ 'struct': 'data', 'data': { 'obj': 'int', 'value': 'isinstance' } }
{ 'enum': 'len', 'data': [ 'each' ] }
{ 'struct': 'isinstance', 'data': { '*item': [ 'x' ], 'mismatch': 'Mismatch' } }
{ 'struct': 'Mismatch', 'data': { '*read_x': 'read_x', '*depth': 'depth' } }
{ 'struct': 'depth', 'data': { 'yes': 'bool', '*wire': 'wire' } }
{ 'enum': 'wire', 'data': [ 'x' ] }
"""


def test_names_that_functions_use(tmp_path: Path) -> None:
    """Types may be called like anything in the functions that read and write them."""
    texts = {"demo.json": ODD}
    schema = analyze("demo.json", texts.__getitem__, "2018").schema
    assert schema is not None
    write(tmp_path, files_of(texts, "odd_names", dialect="2018"))
    chance = random.Random(2)
    values: dict[str, object] = {
        "Read_x": {"v0": "a", "data": {"obj": 1, "value": {"mismatch": {}}}, "count": "each"},
        "x": {},
        "Write_x": {"x": {}},
        "isinstance": {"item": [{}], "mismatch": {"depth": {"yes": True, "wire": "x"}}},
    }
    with imported(tmp_path, "odd_names"):
        module = importlib.import_module("odd_names.visit.demo")
        for name, wire in values.items():
            check_both(getattr(module, f"visit_{name}"), wire, chance)
