"""The mark of what is deprecated."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from qapigen.runtime.deprecation import deprecated


def test_the_same_thing_with_a_mark() -> None:
    def old(value: int) -> int:
        return value + 1

    async def soon() -> None:
        pass

    class Old:
        pass

    things: list[Any] = [old, soon, Old]
    for thing in things:
        marked = deprecated("use another")(thing)
        assert marked is thing
        assert marked.__deprecated__ == "use another"
    assert inspect.iscoroutinefunction(soon)


def test_nobody_is_warned_at_run_time() -> None:
    @deprecated("use another")
    def old() -> int:
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert old() == 1
