"""Generated unions and alternates at work."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import NULL, schema_name
from qapigen.runtime.visit import clone, from_wire, to_wire


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_unions")


@pytest.fixture(scope="module")
def visit(demo: Any) -> Any:
    return import_module("demo_unions.visit.demo")


@pytest.fixture(scope="module")
def places(constructs_folder: Path) -> Any:
    return import_module("demo_alternates")


@pytest.fixture(scope="module")
def visit_places(places: Any) -> Any:
    return import_module("demo_alternates.visit.demo")


def test_construct(demo: Any) -> None:
    """A class for each branch fills in the discriminator."""
    square = demo.Shape_Square(side=2.0, label="a")
    assert square.form is demo.Form.SQUARE
    assert repr(square) == "Shape_Square(label='a', form=<Form.SQUARE: 'square'>, side=2.0)"
    assert isinstance(square, demo.Shape)
    assert not isinstance(demo.CircleData(radius=1), demo.Shape)
    with pytest.raises(TypeError):
        demo.Shape_Square(side=2.0, form=demo.Form.CIRCLE)
    assert [f.name for f in dataclasses.fields(square) if f.init] == [
        *("label", "hidden", "side", "tilt"),
    ]
    assert dataclasses.replace(square, side=3.0) == demo.Shape_Square(side=3.0, label="a")
    for twin in (pickle.loads(pickle.dumps(square)), copy.deepcopy(square)):
        assert twin == square
    assert schema_name(demo.Shape_Square) == "Shape"


def test_match(demo: Any) -> None:
    def area(shape: Any) -> float:
        match shape:
            case demo.Shape_Square(side=side, tilt=None):
                return float(side * side)
            case demo.Shape_Circle(radius=radius):
                return float(3 * radius * radius)
            case demo.Shape_Point() | demo.Shape_3d():
                return 0.0
            case _:
                return -1.0

    assert area(demo.Shape_Square(side=2)) == 4
    assert area(demo.Shape_Circle(radius=1)) == 3
    assert area(demo.Shape_3d()) == 0
    assert area(demo.Shape_Square(side=2, tilt=1)) == -1


SHAPES: list[tuple[str, str, dict[str, object]]] = [
    ("Shape", "Shape_Square", {"label": "a", "form": "square", "side": 1.5, "tilt": 2}),
    ("Shape", "Shape_Circle", {"form": "circle", "hidden": True, "radius": 1}),
    ("Shape", "Shape_Point", {"form": "point"}),
    ("Shape", "Shape_3d", {"form": "3d"}),
    ("Drawing", "Drawing_Circle", {"form": "circle", "layer": 1, "radius": 2}),
    ("Drawing", "Drawing_Square", {"form": "square", "layer": 1}),
    ("Picture", "Picture_Paper", {"medium": "paper"}),
    (
        "Picture",
        "Picture_Screen_Circle",
        {"medium": "screen", "form": "circle", "layer": 1, "radius": 2},
    ),
    ("Picture", "Picture_Screen_3d", {"medium": "screen", "form": "3d", "layer": 1}),
    ("ByKind", "ByKind_Qstring", {"kind": "qstring", "radius": 1}),
    ("ByKind", "ByKind_None", {"kind": "none"}),
]


@pytest.mark.parametrize(("union", "cls", "wire"), SHAPES)
def test_wire(demo: Any, visit: Any, union: str, cls: str, wire: dict[str, object]) -> None:
    function = getattr(visit, f"visit_{union}")
    value = from_wire(function, wire)
    assert type(value) is getattr(demo, cls)
    written = to_wire(function, value)
    assert written == wire
    assert isinstance(written, dict)
    assert list(written) == list(wire)
    assert clone(function, value) == value
    backwards = from_wire(function, dict(reversed(wire.items())))
    assert backwards == value


@pytest.mark.parametrize(
    ("union", "wire", "message"),
    [
        ("Shape", {}, "'form' is missing"),
        ("Shape", {"form": "oval"}, "form: .*'oval'"),
        ("Shape", {"form": None}, "form: "),
        ("Shape", {"form": ["circle"]}, "form: "),
        ("Shape", {"form": "circle"}, "'radius' is missing"),
        ("Shape", {"form": "circle", "radius": 1, "side": 1}, "'side' is unexpected"),
        ("Shape", {"label": 1, "form": "oval"}, "label: "),
        ("Drawing", {"form": "point"}, "'layer' is missing"),
        ("Picture", {"medium": "screen", "form": "oval", "layer": 1}, "form: .*'oval'"),
        ("Picture", {"medium": "paper", "form": "circle"}, "'form' is unexpected"),
        ("Gallery", {"pictures": [{"medium": "wall"}]}, r"pictures\[0\].medium: "),
        ("Gallery", {"pictures": [], "best": {"form": "circle", "radius": "1"}}, "best.radius: "),
        ("Shape", [], "expected an object"),
    ],
)
def test_refusals(visit: Any, union: str, wire: object, message: str) -> None:
    with pytest.raises(VisitError, match=message):
        from_wire(getattr(visit, f"visit_{union}"), wire)


def test_a_changed_tag_is_refused(demo: Any, visit: Any) -> None:
    shape = demo.Shape_Point()
    shape.form = demo.Form.CIRCLE
    with pytest.raises(VisitError, match="form"):
        to_wire(visit.visit_Shape, shape)
    with pytest.raises(VisitError):
        to_wire(visit.visit_Shape, demo.Drawing_Point(layer=1))


def test_tag_of_another_module(constructs_folder: Path) -> None:
    """The enum lives elsewhere, and a member has the name of the package it is found in."""
    day, tags = import_module("demo_far_union"), import_module("demo_far_union.types.far_tags")
    rain = day.Day_Rain(types=[1])
    assert rain.weather is tags.Weather.RAIN
    assert rain.types == [1]
    visit = import_module("demo_far_union.visit.demo")
    wire = {"weather": "sun", "hours": 8, "days": [{"weather": "rain"}]}
    value = from_wire(visit.visit_Day, wire)
    assert value == day.Day_Sun(hours=8, days=[day.Day_Rain()])
    assert to_wire(visit.visit_Day, value) == wire
    for either in ("today", {"hours": 1}):
        assert to_wire(visit.visit_DayOrName, from_wire(visit.visit_DayOrName, either)) == either


def test_simple_union(constructs_folder: Path) -> None:
    demo = import_module("demo_simple_union")
    visit = import_module("demo_simple_union.visit.demo")
    for wire, value in (
        ({"type": "circle", "data": {"radius": 1}}, demo.Shape_Circle(data=demo.Circle(radius=1))),
        ({"type": "name", "data": "oval"}, demo.Shape_Name(data="oval")),
        ({"type": "sides", "data": [3, 4]}, demo.Shape_Sides(data=[3, 4])),
    ):
        assert from_wire(visit.visit_Shape, wire) == value
        assert to_wire(visit.visit_Shape, value) == wire
    with pytest.raises(VisitError, match="data: expected a string"):
        from_wire(visit.visit_Shape, {"type": "name", "data": 1})
    with pytest.raises(VisitError, match="'data' is missing"):
        from_wire(visit.visit_Shape, {"type": "name"})
    kinds = {"first": "name", "others": ["circle", "sides"]}
    found = from_wire(visit.visit_Kinds, kinds)
    assert found.others == [demo.ShapeKind.CIRCLE, demo.ShapeKind.SIDES]
    assert to_wire(visit.visit_Kinds, found) == kinds


def test_alternates(places: Any, visit_places: Any) -> None:
    for wire, value in (
        ("home", "home"),
        (None, NULL),
        ({"x": 1, "y": 2, "inside": "home"}, places.Spot(x=1, y=2, inside="home")),
        ({"x": 1, "y": 2, "inside": None}, places.Spot(x=1, y=2, inside=NULL)),
    ):
        found = from_wire(visit_places.visit_Place, wire)
        assert found == value
        assert to_wire(visit_places.visit_Place, found) == wire
    level = places.Level.HIGH
    levels: list[tuple[object, object]] = [("high", level), (5, 5), (True, True)]
    for given, value in [*levels, (["high"], [level])]:
        found = from_wire(visit_places.visit_LevelOrNumber, given)
        assert found == value
        assert type(found) is type(value)
        assert to_wire(visit_places.visit_LevelOrNumber, found) == given


@pytest.mark.parametrize(
    ("alternate", "wire", "message"),
    [
        ("Place", 1, "expected a string or an object or null"),
        ("Place", {"x": 1}, "'y' is missing"),
        ("LevelOrNumber", "middle", "'middle'"),
        ("LevelOrNumber", 256, "from 0 to 255"),
        ("LevelOrNumber", 1.5, "an integer"),
        ("LevelOrNumber", None, "expected"),
        ("LevelOrNumber", ["high", 1], r"\[1\]"),
        ("Only", "home", "expected an object"),
    ],
)
def test_refused_alternates(visit_places: Any, alternate: str, wire: object, message: str) -> None:
    with pytest.raises(VisitError, match=message):
        from_wire(getattr(visit_places, f"visit_{alternate}"), wire)
