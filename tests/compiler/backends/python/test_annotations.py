"""The order of names, and what a module of generated code has to import for its annotations."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.python.annotations import Scope, all_key, isort_key
from qapigen.compiler.backends.python.names import Names
from qapigen.compiler.ir import TypeRef
from tests.compiler.backends.python.test_names import schema_of

NAMES = st.lists(st.from_regex(r"[A-Za-z_][abAB_019]{0,6}", fullmatch=True), unique=True)


def test_order_of_names() -> None:
    expected = ["A1", "MAX", "Abc", "B2b", "B10a", "B_x", "Bx", "a1", "a_b", "b"]
    assert sorted(set(expected), key=all_key) == expected
    assert sorted(["b", "X", "ab", "Bc", "aB", "bC", "bc"], key=isort_key) == [
        *("Bc", "X", "aB", "ab", "b", "bC", "bc"),
    ]


@given(NAMES)
def test_numbers_are_ordered_by_value(names: list[str]) -> None:
    def parts(name: str) -> list[tuple[bool, int, str]]:
        found = [part for part in re.split("([0-9]+)", name) if part]
        return [(not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in found]

    def kind(name: str) -> int:
        return 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2

    assert sorted(names, key=all_key) == sorted(names, key=lambda n: (kind(n), parts(n), n))
    assert sorted(names, key=isort_key) == sorted(
        names, key=lambda n: (kind(n), parts(n.lower()), n)
    )


SCHEMA = """
{ 'include': 'other.json' }
{ 'enum': 'Here', 'data': [ 'a' ] }
"""
OTHER = "{ 'enum': 'There', 'data': [ 'a' ] }"


def scope_of_demo() -> Scope:
    return Scope(Names(schema_of(SCHEMA, **{"other.json": OTHER})), "demo")


def test_annotations_asked_for_twice() -> None:
    scope = scope_of_demo()
    there = TypeRef("There")
    assert [scope.annotation(there), scope.annotation(there)] == ["There", "There"]
    assert scope.annotation(TypeRef("There", is_array=True), optional=True) == "list[There] | None"
    assert scope.annotation(TypeRef("Here")) == "Here"
    assert scope.annotation(TypeRef("any")) == "Any"
    assert scope.annotation(TypeRef("null", is_array=True)) == "list[NullType]"
    assert scope.typing == {"Any"}
    assert scope.runtime == {"model": {"NullType"}}
    assert scope.annotation_imports(".") == ["from .other import There"]


def test_visit_functions_of_a_type_and_of_its_array() -> None:
    scope = scope_of_demo()
    assert scope.visit(TypeRef("Here")) == "visit_Here"
    assert scope.visit(TypeRef("Here", is_array=True)) == "visit_Here_list"
    assert not scope.package
    refs = [TypeRef(name, is_array) for name in ("There", "str") for is_array in (False, True)]
    expected = ["visit.other.visit_There", "visit.other.visit_There_list"]
    expected += ["visit_str", "visit_str_list"]
    assert [scope.visit(ref) for ref in refs + refs] == expected + expected
    assert scope.package
    assert scope.runtime == {"visit": {"visit_str", "visit_str_list"}}
