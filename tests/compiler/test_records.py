"""Records behave as frozen, slotted dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from qapigen.compiler.records import record


@record(frozen=True, slots=True)
class Point:
    """A point."""

    x: int
    y: int = 0

    def __str__(self) -> str:
        return f"({self.x}, {self.y})"


@record(frozen=True, slots=True)
class Pair:
    x: int
    y: int = 0


@record(frozen=True, slots=True)
class One:
    value: Any


@record(frozen=True, slots=True, kw_only=True)
class Named:
    name: str
    note: str = "none"


@record(frozen=True, slots=True, kw_only=True)
class Sized(Named):
    size: int


def test_construction() -> None:
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(1, 2) == Point(y=2, x=1)
    assert Point.__doc__ == "A point."
    assert Point.__module__ == __name__


@pytest.mark.parametrize(
    ("positional", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_wrong_arguments(positional: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Point(*positional, **named)


def test_keywords_only() -> None:
    assert Sized(name="a", size=1).note == "none"
    with pytest.raises(TypeError):
        Sized("a", "b", 1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Sized(name="a")  # type: ignore[call-arg]


def test_inheritance() -> None:
    sized = Sized(name="a", size=1, note="b")
    assert isinstance(sized, Named)
    assert (sized.name, sized.note, sized.size) == ("a", "b", 1)
    assert sized != Named(name="a", note="b")


def test_frozen() -> None:
    for node in (Point(1), Sized(name="a", size=1)):
        name = dataclasses.fields(node)[0].name
        with pytest.raises(AttributeError, match=f"'{name}' cannot be changed"):
            setattr(node, name, 5)
        with pytest.raises(AttributeError):
            delattr(node, name)
        with pytest.raises(AttributeError):
            node.other = 5  # type: ignore[union-attr]
        assert type(node) in (Point, Sized)


def test_slots() -> None:
    assert not hasattr(Point(1), "__dict__")
    assert not hasattr(Sized(name="a", size=1), "__dict__")


def test_equality_and_hash() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Pair(1, 2)
    assert Point(1, 2) != (1, 2)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert One("a") == One("a")
    assert len({One("a"), One("a"), One("b")}) == 2
    with pytest.raises(TypeError):
        hash(One([]))


def test_text() -> None:
    assert repr(Pair(1, 2)) == "Pair(x=1, y=2)"
    assert repr(One(Pair(1))) == "One(value=Pair(x=1, y=0))"
    assert str(Point(1, 2)) == "(1, 2)"


def test_patterns() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert Named.__match_args__ == ()


def test_copies() -> None:
    for node in (Point(1, 2), One([1]), Sized(name="a", size=1)):
        for twin in (copy.copy(node), copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
            assert twin == node
            assert type(twin) is type(node)


def test_dataclass_functions() -> None:
    assert dataclasses.is_dataclass(Point)
    fields = dataclasses.fields(Sized)
    assert [field.name for field in fields] == ["name", "note", "size"]
    assert [field.default for field in fields][:2] == [dataclasses.MISSING, "none"]
    assert all(field.kw_only for field in fields)
    assert not any(field.kw_only for field in dataclasses.fields(Point))
    assert dataclasses.replace(Point(1, 2), y=3) == Point(1, 3)
    sized = Sized(name="a", size=1)
    assert dataclasses.replace(sized, size=2) == Sized(name="a", size=2)
    assert dataclasses.asdict(One([Pair(1)])) == {"value": [{"x": 1, "y": 0}]}
