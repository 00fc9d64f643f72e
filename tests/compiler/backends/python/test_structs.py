"""Generated structs at work."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, QType, Struct, python_name, schema_name, wire_name
from qapigen.runtime.visit import clone, from_wire, to_wire

WIRE = {
    "id": -(2**63),
    "text": "ü \U0001f600",
    "number": 1.5,
    "truth": False,
    "nothing": None,
    "value": {"a": [1, None]},
    "kind": "qbool",
    "tiny": 127,
    "size": 2**64 - 1,
    "names": ["", "b"],
    "nothings": [None],
    "kinds": ["none"],
    "own": {"id": 1},
    "more": [],
    "maybe": None,
}


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_structs")


@pytest.fixture(scope="module")
def visit(demo: Any) -> Any:
    return import_module("demo_structs.visit.demo")


@pytest.fixture(scope="module")
def names(constructs_folder: Path) -> Any:
    return import_module("demo_names")


def test_construct(demo: Any) -> None:
    middle = demo.Middle(id=1)
    assert (middle.id, middle.label) == (1, None)
    assert issubclass(demo.Middle, Struct)
    assert repr(middle) == "Middle(id=1)"
    assert repr(demo.Middle(id=1, label="a")) == "Middle(id=1, label='a')"
    assert demo.Nothing() == demo.Nothing()
    with pytest.raises(TypeError, match="id"):
        demo.Middle(label="a")
    with pytest.raises(TypeError, match="positional"):
        demo.Middle(1)
    with pytest.raises(TypeError, match="lable"):
        demo.Middle(id=1, lable="a")
    with pytest.raises(AttributeError):
        middle.lable = "a"


def test_equality(demo: Any) -> None:
    assert demo.Middle(id=1) == demo.Middle(id=1)
    assert demo.Middle(id=1) != demo.Middle(id=1, label="")
    assert demo.Base(id=1) != demo.Middle(id=1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(demo.Base(id=1))


def test_is_a_dataclass(demo: Any) -> None:
    middle = demo.Middle(id=1)
    assert all(dataclasses.is_dataclass(cls) for cls in (demo.Base, demo.Middle, demo.Nothing))
    assert [field.name for field in dataclasses.fields(demo.Middle)] == ["id", "label"]
    assert dataclasses.replace(middle, label="a") == demo.Middle(id=1, label="a")
    tree = demo.Tree(name="a", parent=demo.Tree(name="b", children=[]), children=[])
    assert dataclasses.asdict(tree) == {
        "name": "a",
        "parent": {"name": "b", "parent": None, "children": []},
        "children": [],
    }
    assert dataclasses.astuple(middle) == (1, None)


def test_pickles_and_copies(demo: Any, visit: Any) -> None:
    value = from_wire(visit.visit_Everything, WIRE)
    twins = [
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        clone(visit.visit_Everything, value),
    ]
    for twin in twins:
        assert twin == value
        assert twin is not value
        assert twin.own is not value.own
        assert twin.nothing is NULL
    shallow = copy.copy(value)
    assert shallow == value
    assert shallow.own is value.own


def test_wire(demo: Any, visit: Any) -> None:
    value = from_wire(visit.visit_Everything, WIRE)
    assert value.own == demo.Base(id=1)
    assert value.kind is QType.QBOOL
    assert value.nothing is NULL
    assert value.maybe is NULL
    assert value.void is None
    assert value.label is None
    written = to_wire(visit.visit_Everything, value)
    assert written == WIRE
    assert isinstance(written, dict)
    assert list(written) == list(WIRE)


def test_order_on_the_wire_is_the_schemas(visit: Any) -> None:
    value = from_wire(visit.visit_Middle, {"label": "a", "id": 1})
    written = to_wire(visit.visit_Middle, value)
    assert isinstance(written, dict)
    assert list(written) == ["id", "label"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": "1"}, "id"),
        ({"id": True}, "id"),
        ({"tiny": 128}, "tiny"),
        ({"size": 1.0}, "size"),
        ({"label": None}, "label"),
        ({"nothing": 0}, "nothing"),
        ({"kind": "qfloat"}, "kind"),
        ({"names": ["a", 1]}, "names[1]"),
        ({"own": {}}, "own"),
        ({"own": {"id": 1, "extra": 1}}, "own"),
        ({"more": [{"id": 1}, {"id": None}]}, "more[1].id"),
        ({"void": False}, "void"),
        ({"extra": 1}, ""),
    ],
)
def test_refusals(visit: Any, change: dict[str, object], path: str) -> None:
    with pytest.raises(VisitError) as caught:
        from_wire(visit.visit_Everything, WIRE | change, "arguments")
    assert caught.value.path == f"arguments.{path}".rstrip(".")


def test_missing_members(visit: Any) -> None:
    with pytest.raises(VisitError, match="'id' is missing"):
        from_wire(visit.visit_Middle, {"label": "a"})
    with pytest.raises(VisitError, match="did you mean 'label'"):
        from_wire(visit.visit_Middle, {"id": 1, "lable": "a"})


def test_wrong_values_never_reach_the_wire(demo: Any, visit: Any) -> None:
    tree = demo.Tree(name="a", children=[demo.Tree(name=1, children=[])])
    with pytest.raises(VisitError) as caught:
        to_wire(visit.visit_Tree, tree, "return")
    assert caught.value.path == "return.children[0].name"
    with pytest.raises(VisitError):
        to_wire(visit.visit_Middle, demo.Base(id=1))


def test_recursion(demo: Any, visit: Any) -> None:
    wire: dict[str, object] = {"name": "leaf", "children": []}
    for depth in range(50):
        wire = {"name": str(depth), "children": [wire]}
    value = from_wire(visit.visit_Tree, wire)
    assert to_wire(visit.visit_Tree, value) == wire
    assert clone(visit.visit_Tree, value) == value


def test_names_on_the_wire(names: Any) -> None:
    """Each field knows its name in the schema."""
    for cls, pairs in {
        names.Any_: {"str_": "str", "int_": "int", "list_": "list", "self_": "self"},
        names.Struct_: {"class_": "class", "v": "v", "obj": "obj", "types": "types"},
        names.com_example_Odd: {
            "com_example_x": "__com.example_x",
            "_2d_x_y": "__2d.x_y",
            "a_b": "a-b",
        },
        names.x_Odd: {"a_b": "a_b", "UUID": "UUID", "a": "a", "A": "A"},
    }.items():
        found = {f.name: f.metadata["wire"] for f in dataclasses.fields(cls)}
        assert found == pairs
        for py_name, wire in pairs.items():
            assert wire_name(cls, py_name) == wire
            assert python_name(cls, wire) == py_name
    assert schema_name(names.x_Odd) == "x-Odd"
    assert schema_name(names.PrintArguments) == "q_obj_print-arg"
    with pytest.raises(KeyError):
        wire_name(names.x_Odd, "b")


def test_odd_names_at_work(names: Any) -> None:
    visit = import_module("demo_names.visit.demo")
    wire = {"__com.example_x": 1, "__2d.x_y": 2, "a-b": 3}
    value = from_wire(visit.visit_com_example_Odd, wire)
    assert (value.com_example_x, value._2d_x_y, value.a_b) == (1, 2, 3)
    assert to_wire(visit.visit_com_example_Odd, value) == wire
    assert value == names.com_example_Odd(com_example_x=1, _2d_x_y=2, a_b=3)


def test_docstrings(demo: Any) -> None:
    assert demo.Base.__doc__ == "What all of them have."
    quoted = import_module("demo_docs").Quoted
    assert '"""' in quoted.__doc__
    assert "\\n" in quoted.__doc__
    assert "\x1b" not in Path(import_module("demo_docs.types.demo").__file__ or "").read_text()
