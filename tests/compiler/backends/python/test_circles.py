"""Which nodes of a graph lead back to themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.backends.python.circles import circles

NODES = "abcdefg"


def test_a_chain_is_none() -> None:
    assert circles({"a": ["b", "c"], "b": ["c"], "c": []}) == {}


def test_a_node_alone() -> None:
    assert circles({"a": ["a"], "b": ["a"]}) == {"a": 0}


def test_two_circles_one_behind_the_other() -> None:
    found = circles({"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["e", "c"], "e": []})
    assert set(found) == {"a", "b", "c", "d"}
    assert found["a"] == found["b"] != found["c"] == found["d"]


def test_a_circle_of_any_length() -> None:
    count = 5000
    edges = {str(n): [str((n + 1) % count), "elsewhere"] for n in range(count)}
    assert set(circles(edges).values()) == {0}


@given(st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES))))
def test_each_leads_to_the_other(edges: dict[str, list[str]]) -> None:
    def reached(start: str) -> set[str]:
        found: set[str] = set()
        pending = list(edges.get(start, ()))
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                pending += edges.get(node, ())
        return found

    found = circles(edges)
    reach = {node: reached(node) for node in NODES}
    assert set(found) == {node for node in NODES if node in reach[node]}
    for one in found:
        for other in found:
            together = other in reach[one] and one in reach[other]
            assert (found[one] == found[other]) is together
