"""Visits without recursion: the same outcomes as with it, and any depth that QMP allows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapigen.runtime import decode, encode
from qapigen.runtime.codec.output import message_bytes
from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.model import Struct, unknown_members
from qapigen.runtime.visit import (
    Clone,
    WireInput,
    WireOutput,
    clone,
    from_keyval,
    from_wire,
    to_keyval,
    to_wire,
    walk,
)
from qapigen.runtime.visit.refusals import MAX_DEPTH, NoRoom
from qapigen.runtime.visit.unrolled import UnrolledClone, UnrolledInput, UnrolledOutput
from qapigen.runtime.visit.walk import UnrolledWalk

from ..sample_types import Node, visit_Node
from .drawn_values import JSON, values
from .every_type import EVERY_TYPE

# --- the same outcomes ---


def outcome(function: Callable[[], object]) -> object:
    """What comes out, or all that the error says."""
    try:
        return repr(function())
    except VisitError as error:
        return error.desc, error.expected, error.got


def spoil(data: st.DataObject, value: Any) -> None:
    """Put something else into a container somewhere in a value, once or twice."""
    parts = [value]
    for each in parts:  # which grows meanwhile
        if isinstance(each, dict):
            parts += each.values()
        elif isinstance(each, list):
            parts += each
        elif isinstance(each, Struct):
            parts += [getattr(each, name) for name in each.__dataclass_fields__]
    containers = [each for each in parts if isinstance(each, dict | list | Struct)]
    for _ in range(data.draw(st.integers(0, 2)) if containers else 0):
        place = data.draw(st.sampled_from(containers))
        odd = data.draw(JSON | st.just("\ud800"))
        if isinstance(place, list):
            place.insert(data.draw(st.integers(0, len(place))), odd)
        elif isinstance(place, dict):
            place[data.draw(st.sampled_from([*place, "surplus"]))] = odd
        elif place.__dataclass_fields__:
            setattr(place, data.draw(st.sampled_from(list(place.__dataclass_fields__))), odd)


@settings(max_examples=400)
@given(st.sampled_from(list(EVERY_TYPE)), st.booleans(), st.data())
def test_reading_is_the_same(name: str, lenient: bool, data: st.DataObject) -> None:
    visit = EVERY_TYPE[name]
    wire = to_wire(visit, data.draw(values(visit)))
    spoil(data, wire)
    assert outcome(
        lambda: UnrolledInput(wire, lenient=lenient).run(visit, "arguments", None)
    ) == outcome(lambda: visit(WireInput(wire, lenient=lenient), "arguments", None))


@settings(max_examples=400)
@given(st.sampled_from(list(EVERY_TYPE)), st.booleans(), st.data())
def test_writing_copying_and_walking_are_the_same(
    name: str, lenient: bool, data: st.DataObject
) -> None:
    visit = EVERY_TYPE[name]
    value = data.draw(values(visit))
    spoil(data, value)

    def written() -> object:
        visitor = WireOutput(lenient=lenient)
        visit(visitor, "return", value)
        return visitor.result

    unrolled = UnrolledOutput(lenient=lenient)
    assert outcome(lambda: unrolled.write(visit, "return", value)) == outcome(written)
    assert outcome(lambda: UnrolledClone().run(visit, "x", value)) == outcome(
        lambda: visit(Clone(), "x", value)
    )
    assert outcome(lambda: list(UnrolledWalk().parts(visit, value))) == outcome(
        lambda: list(walk(visit, value))
    )


def test_unknown_members_are_kept_copied_and_written() -> None:
    wire = {"name": "a", "child": {"name": "b", "x": [1, {"y": None}]}}
    node = UnrolledInput(wire, lenient=True).run(visit_Node, "", None)
    copy = UnrolledClone().run(visit_Node, "", node)
    assert copy.child is not None
    assert unknown_members(copy.child) == {"x": [1, {"y": None}]}
    assert UnrolledOutput(lenient=True).write(visit_Node, "", copy) == wire
    assert UnrolledOutput().write(visit_Node, "", copy) == {"name": "a", "child": {"name": "b"}}


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        # A later member of an outer object is reported after all that is before it.
        ({"name": "a", "child": {"name": "b", "x": 1}, "siblings": 5}, "child: member 'x'"),
        ({"name": "a", "child": {"name": "b"}, "siblings": 5, "x": 1}, "siblings: expected"),
        ({"name": "a", "siblings": [{"name": "b"}, {"name": 1}, 7]}, "siblings[1].name: expected"),
        ({"name": "a", "child": {"child": {}}, "x": 1}, "child: member 'name' is missing"),
    ],
)
def test_the_first_error_in_order_wins(wire: dict[str, object], error: str) -> None:
    with pytest.raises(VisitError) as caught:
        UnrolledInput(wire).run(visit_Node, "", None)
    assert caught.value.desc.startswith(error)


# --- any depth, from anywhere ---


def chain(depth: int) -> dict[str, object]:
    value: dict[str, object] = {"name": "leaf"}
    for _ in range(depth - 1):
        value = {"name": "n", "child": value}
    return value


def in_lists(depth: int) -> Any:
    """Objects and arrays in turn, an object outermost."""
    value: Any = {"name": "leaf"} if depth % 2 else []
    for level in range(depth - 1, 0, -1):
        value = {"name": "n", "siblings": value} if level % 2 else [value]
    return value


def typed_chain(depth: int) -> Node:
    node = Node(name="leaf")
    for _ in range(depth - 1):
        node = Node(name="n", child=node)
    return node


def depth_of(node: Node | None) -> int:
    depth = 0
    while node is not None:
        node, depth = node.child, depth + 1
    return depth


def written(depth: int) -> object:
    return to_wire(visit_Node, typed_chain(depth))


USES: dict[str, tuple[Callable[[int], object], Callable[[int], object]]] = {
    "from_wire": (lambda n: depth_of(from_wire(visit_Node, chain(n))), lambda n: n),
    "decode": (
        lambda n: depth_of(decode(visit_Node, message_bytes(chain(n)))),
        lambda n: n,
    ),
    "to_wire": (lambda n: message_bytes(written(n)), lambda n: message_bytes(chain(n))),
    "encode": (
        lambda n: encode(visit_Node, typed_chain(n)),
        lambda n: message_bytes(chain(n)).replace(b" ", b"").strip(),
    ),
    "clone": (lambda n: depth_of(clone(visit_Node, typed_chain(n))), lambda n: n),
    "walk": (
        lambda n: [path for path, _ in walk(visit_Node, typed_chain(n))][-1],
        lambda n: ".".join(["child"] * (n - 1) + ["name"]),
    ),
    "from_keyval": (
        lambda n: depth_of(from_keyval(visit_Node, keyval(n))),
        lambda n: n,
    ),
    "to_keyval": (lambda n: to_keyval(visit_Node, typed_chain(n)), lambda n: keyval(n)),
}


def keyval(depth: int) -> str:
    names = [f"{'child.' * level}name=n" for level in range(depth - 1)]
    return ",".join([*names, f"{'child.' * (depth - 1)}name=leaf"])


EVERY_USE = pytest.mark.parametrize("use", list(USES))


@EVERY_USE
@pytest.mark.parametrize("depth", [150, 300, MAX_DEPTH])
def test_what_qmp_allows_is_not_too_deep(use: str, depth: int) -> None:
    function, expected = USES[use]
    assert function(depth) == expected(depth)


@EVERY_USE
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 3000])
def test_what_is_deeper_is_refused(use: str, depth: int) -> None:
    with pytest.raises(QapiError, match="deep") as caught:
        USES[use][0](depth)
    if isinstance(caught.value, VisitError) and caught.value.expected:
        assert caught.value.expected == f"at most {MAX_DEPTH} levels of nesting"


def with_frames_left(left: int, function: Callable[[], object]) -> object:
    """Call a function where the stack has room for that many frames."""
    depth = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1

    def down(further: int) -> object:
        return function() if further <= 0 else down(further - 1)

    return down(sys.getrecursionlimit() - depth - left)


@EVERY_USE
@pytest.mark.parametrize("left", [30, 200, 500])
def test_the_stack_of_the_caller_makes_no_difference(use: str, left: int) -> None:
    function, expected = USES[use]
    if use == "encode":
        encode(visit_Node, typed_chain(2))  # loads a backend, which needs more of the stack
    assert with_frames_left(left, lambda: function(MAX_DEPTH)) == expected(MAX_DEPTH)
    with pytest.raises(QapiError, match="deep"):
        with_frames_left(left, lambda: function(MAX_DEPTH + 1))


def test_deep_inside_of_coroutines() -> None:
    async def down(further: int) -> int:
        if further:
            return await down(further - 1)
        await asyncio.sleep(0)
        node = decode(visit_Node, encode(visit_Node, typed_chain(MAX_DEPTH)))
        return depth_of(clone(visit_Node, node))

    async def several() -> list[int]:
        return await asyncio.gather(*(down(further) for further in (0, 200, 400)))

    assert asyncio.run(several()) == [MAX_DEPTH] * 3


def test_the_limit_of_recursion_is_left_alone() -> None:
    before = sys.getrecursionlimit()
    from_wire(visit_Node, chain(MAX_DEPTH))
    with pytest.raises(VisitError):
        from_wire(visit_Node, chain(MAX_DEPTH + 1))
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH])
def test_arrays_count(depth: int) -> None:
    wire = in_lists(depth)
    assert message_bytes(to_wire(visit_Node, from_wire(visit_Node, wire))) == message_bytes(wire)


def test_an_array_that_is_too_deep() -> None:
    with pytest.raises(VisitError, match="nested too deeply") as caught:
        from_wire(visit_Node, in_lists(MAX_DEPTH + 1))
    assert caught.value.path.startswith("siblings[0].siblings[0]")


def test_an_error_in_the_depth_is_found_and_located() -> None:
    wire = chain(400)
    inner: Any = wire
    while "child" in inner:
        inner = inner["child"]
    inner["name"] = 5
    with pytest.raises(VisitError, match="expected a string, got number 5") as caught:
        from_wire(visit_Node, wire, "arguments")
    assert caught.value.path.startswith("arguments.child.child.")
    assert caught.value.__context__ is None


def test_cycles_are_too_deep() -> None:
    loop = Node(name="x")
    loop.siblings = [loop, loop]
    functions: list[Callable[..., object]] = [to_wire, clone, walk, encode]
    for function in functions:
        with pytest.raises(VisitError, match="nested too deeply"):
            function(visit_Node, loop)


def test_a_visitor_used_by_hand_tells_its_own_limit() -> None:
    visits: list[Callable[[], object]] = [
        lambda: visit_Node(WireInput(chain(MAX_DEPTH)), "", None),
        lambda: visit_Node(WireOutput(), "", typed_chain(MAX_DEPTH)),
        lambda: visit_Node(Clone(), "", typed_chain(MAX_DEPTH)),
    ]
    for visit in visits:
        with pytest.raises(NoRoom, match="nested too deeply") as caught:
            visit()
        assert "stack" in caught.value.expected


def test_a_visit_that_never_ends_is_no_question_of_depth() -> None:
    def endless(v: Any, name: str, value: Any) -> Any:
        return endless(v, name, value)

    with pytest.raises(RecursionError):
        from_wire(endless, {})
