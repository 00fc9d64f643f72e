"""What the classes of a generated package are like for those who use and read them."""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib
import inspect
import pickle
import typing
from typing import Any

import pytest

import qapi_migration
from qapigen.runtime.model import Enum, Struct, wire_name
from qapigen.runtime.visit.core import member_names

MODULES = ["common", "control", "migration", "misc", "objects", "run_state"]


def classes_of(module: str) -> list[type]:
    types = importlib.import_module(f"qapi_migration.types.{module}")
    found = [getattr(types, name) for name in types.__all__]
    return [each for each in found if isinstance(each, type)]


CLASSES = [each for module in MODULES for each in classes_of(module)]
STRUCTS: list[Any] = [each for each in CLASSES if issubclass(each, Struct)]
ENUMS: list[Any] = [each for each in CLASSES if issubclass(each, Enum)]


def by_name(cls: type) -> str:
    return cls.__name__


def filled(cls: Any) -> Any:
    """An object with something in each mandatory member."""
    parameters = inspect.signature(cls).parameters.values()
    return cls(**{each.name: each.name for each in parameters if each.default is each.empty})


def test_there_are_some() -> None:
    assert len(STRUCTS) > 20
    assert len(ENUMS) > 10


@pytest.mark.parametrize("cls", STRUCTS, ids=by_name)
def test_constructors_take_the_members_by_name_in_the_order_of_the_wire(cls: Any) -> None:
    parameters = list(inspect.signature(cls).parameters.values())
    fields = dataclasses.fields(cls)
    assert [each.name for each in parameters] == [each.name for each in fields if each.init]
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters)
    assert all(each.default in (None, each.empty) for each in parameters)


@pytest.mark.parametrize("cls", STRUCTS, ids=by_name)
def test_members_are_visited_in_the_order_of_the_fields(cls: Any) -> None:
    module = cls.__module__.rpartition(".")[2]
    visits = importlib.import_module(f"qapi_migration.visit.{module}")
    members = getattr(visits, f"visit_{cls.__name__}_members")
    names = [wire_name(cls, field.name) for field in dataclasses.fields(cls)]
    assert member_names(members, filled(cls)) == names


@pytest.mark.parametrize("cls", STRUCTS, ids=by_name)
def test_objects_are_ordinary_values(cls: Any) -> None:
    value = filled(cls)
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value, 2))):
        assert twin == value
        assert type(twin) is cls
    assert dataclasses.replace(value) == value
    assert "None" not in repr(value)
    assert "unset" not in repr(value)
    with pytest.raises(AttributeError):
        value.no_such_member = 1


@pytest.mark.parametrize("cls", STRUCTS, ids=by_name)
def test_annotations_can_be_resolved_with_the_names_of_the_package(cls: Any) -> None:
    names = {name: getattr(qapi_migration, name) for name in dir(qapi_migration)}
    hints = typing.get_type_hints(cls, localns=names)
    assert {field.name for field in dataclasses.fields(cls)} <= set(hints)
    assert not any(isinstance(hint, str) for hint in hints.values())


@pytest.mark.parametrize("cls", ENUMS, ids=by_name)
def test_enums_can_be_opened(cls: Any) -> None:
    assert all(cls.open(member.value) is member for member in cls)
    value = cls.open("not of this version")
    assert isinstance(value, cls)
    assert value not in list(cls)


@pytest.mark.parametrize("module", MODULES)
def test_each_class_and_each_attribute_is_documented(module: str) -> None:
    types = importlib.import_module(f"qapi_migration.types.{module}")
    tree = ast.parse(inspect.getsource(types))
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        assert ast.get_docstring(cls), cls.name
        assert undocumented(cls) == [], cls.name


def undocumented(cls: ast.ClassDef) -> list[str]:
    """The attributes of a class that no string follows: an editor has nothing to show."""
    found = []
    for statement, behind in zip(cls.body, [*cls.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign | ast.Assign):
            continue
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        name = ast.unparse(target)
        documented = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
        if not name.startswith("__") and not documented:
            found.append(name)
    return found


def test_an_undocumented_attribute_is_found() -> None:
    source = 'class A:\n    __slots__ = ()\n    x: int\n    """Known."""\n    y: int\n    Z = "z"\n'
    cls = ast.parse(source).body[0]
    assert isinstance(cls, ast.ClassDef)
    assert undocumented(cls) == ["y", "Z"]


def test_the_package_lists_its_classes() -> None:
    assert {cls.__name__ for cls in CLASSES} <= set(dir(qapi_migration))
