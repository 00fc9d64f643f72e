"""Running the scenario of a test on each of the event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any

import pytest

from qapigen.runtime.aio import loops

#: Far more than any scenario needs; one that hangs fails instead.
_LONGEST_SECONDS = 60

Play = Callable[[Coroutine[Any, Any, object]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Play:
    """Runs a scenario, once with each event loop."""
    fast = request.param == "uvloop"
    if fast and find_spec("uvloop") is None:
        pytest.skip("not installed: uvloop")

    def run(scenario: Coroutine[Any, Any, object]) -> None:
        loops.run(_watched(scenario), uvloop=fast)

    return run


async def _watched(scenario: Coroutine[Any, Any, object]) -> None:
    async with asyncio.timeout(_LONGEST_SECONDS):
        await scenario
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, f"tasks are left over: {left}"
