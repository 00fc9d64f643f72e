from __future__ import annotations

from itertools import islice

from qapigen.runtime.session.backoff import backoff


def test_waits_grow_until_the_longest() -> None:
    waits = list(islice(backoff(0.5, factor=3, most_seconds=10), 5))
    assert waits == [0.5, 1.5, 4.5, 10, 10]


def test_the_usual_ones_never_end() -> None:
    waits = list(islice(backoff(), 100))
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[-1] <= 5
