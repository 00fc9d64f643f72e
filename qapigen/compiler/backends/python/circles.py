"""Which types contain themselves, in whatever many steps.

In: what each node of a graph points to.  Out: the circles.
Must not know: what the nodes are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["circles"]


def circles(edges: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The number of its circle for each node that is on one.

    Two nodes have the same number if each leads to the other.  Ends of edges that are no keys
    lead nowhere.  Tarjan's algorithm, without recursion: schemas may be of any depth.
    """
    found: dict[str, int] = {}
    order: dict[str, int] = {}  # when a node was met
    lowest: dict[str, int] = {}  # the earliest one that it leads back to
    path: list[str] = []  # nodes whose circle is still open
    on_path: set[str] = set()
    for root in edges:
        if root in order:
            continue
        tasks: list[tuple[str, Iterator[str]]] = []
        _enter(root, edges, order, lowest, path, on_path, tasks)
        while tasks:
            node, ends = tasks[-1]
            for end in ends:
                if end not in edges:
                    continue
                if end not in order:
                    _enter(end, edges, order, lowest, path, on_path, tasks)
                    break
                if end in on_path:
                    lowest[node] = min(lowest[node], order[end])
            else:
                tasks.pop()
                if tasks:
                    outer = tasks[-1][0]
                    lowest[outer] = min(lowest[outer], lowest[node])
                if lowest[node] == order[node]:
                    _close(node, edges, path, on_path, found)
    return found


def _enter(
    node: str,
    edges: Mapping[str, Sequence[str]],
    order: dict[str, int],
    lowest: dict[str, int],
    path: list[str],
    on_path: set[str],
    tasks: list[tuple[str, Iterator[str]]],
) -> None:
    order[node] = lowest[node] = len(order)
    path.append(node)
    on_path.add(node)
    tasks.append((node, iter(edges[node])))


def _close(
    node: str,
    edges: Mapping[str, Sequence[str]],
    path: list[str],
    on_path: set[str],
    found: dict[str, int],
) -> None:
    """Take the nodes behind ``node`` off the path: they are one circle, or a node alone."""
    start = path.index(node)
    circle = path[start:]
    del path[start:]
    on_path.difference_update(circle)
    if len(circle) > 1 or node in edges[node]:
        number = len(set(found.values()))
        found.update(dict.fromkeys(circle, number))
