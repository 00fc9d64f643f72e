"""The first step of a coroutine is made at once; everything else is as with any task."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Generator

import pytest

from qapigen.runtime.aio.eager import Finished, start

from .conftest import Play

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("test")


async def begin(awaitable: Awaitable[object]) -> Finished[object] | asyncio.Task[object]:
    """Call ``start`` outside of a task, as a transport would."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[object] = loop.create_future()

    def call() -> None:
        try:
            outcome.set_result(start(awaitable, loop, contextvars.copy_context()))
        except BaseException as error:  # noqa: BLE001 - handed on
            outcome.set_exception(error)

    loop.call_soon(call)
    found = await outcome
    assert isinstance(found, Finished | asyncio.Task)
    return found


async def give(value: object) -> object:
    return value


class Custom:
    """An awaitable that is no coroutine."""

    def __await__(self) -> Generator[None, None, str]:
        yield
        return "custom"


def test_one_that_waits_for_nothing_is_finished(play: Play) -> None:
    async def scenario() -> None:
        assert await begin(give(7)) == Finished(7)
        await asyncio.sleep(0)  # the task behind it ends without a word

    play(scenario())


def test_one_that_waits_becomes_a_task(play: Play) -> None:
    async def scenario() -> None:
        gate = asyncio.get_running_loop().create_future()

        async def wait() -> object:
            await asyncio.sleep(0)
            return await gate

        task = await begin(wait())
        assert isinstance(task, asyncio.Task)
        gate.set_result("done")
        assert await task == "done"
        custom = await begin(Custom())
        assert isinstance(custom, asyncio.Task) and await custom == "custom"

    play(scenario())


def test_a_result_that_is_there_before_the_task_goes_on(play: Play) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        gate, seen = loop.create_future(), loop.create_future()

        async def wait() -> object:
            return await gate

        def call() -> None:
            task = start(wait(), loop, contextvars.copy_context())
            gate.set_result("early")
            seen.set_result(task)

        loop.call_soon(call)
        task = await seen
        assert await task == "early"

    play(scenario())


def test_timeouts_and_task_groups_work_from_the_first_step_on(play: Play) -> None:
    async def scenario() -> None:
        async def grouped() -> object:
            async with asyncio.timeout(30), asyncio.TaskGroup() as group:
                task = group.create_task(give("in a group"))
            return task.result()

        async def too_long() -> object:
            async with asyncio.timeout(0):
                await asyncio.get_running_loop().create_future()
            raise AssertionError

        task = await begin(grouped())
        assert isinstance(task, asyncio.Task) and await task == "in a group"
        late = await begin(too_long())
        assert isinstance(late, asyncio.Task)
        with pytest.raises(TimeoutError):
            await late

    play(scenario())


def test_what_is_raised(play: Play) -> None:
    async def scenario() -> None:
        async def fail(*, late: bool) -> object:
            if late:
                await asyncio.sleep(0)
            raise KeyError("on purpose")

        with pytest.raises(KeyError):
            await begin(fail(late=False))
        await asyncio.sleep(0)
        task = await begin(fail(late=True))
        assert isinstance(task, asyncio.Task)
        with pytest.raises(KeyError):
            await task

    play(scenario())


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_cancelling(play: Play, turns: int) -> None:
    """Right after the first step, too."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        ended: list[bool] = []
        tasks: list[asyncio.Task[object]] = []

        async def wait() -> object:
            try:
                return await loop.create_future()
            finally:
                ended.append(True)

        def call() -> None:
            task = start(wait(), loop, contextvars.copy_context())
            assert isinstance(task, asyncio.Task)
            tasks.append(task)

        loop.call_soon(call)
        if turns == 0:
            loop.call_soon(lambda: tasks[0].cancel())
        await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        assert ended == [True]

    play(scenario())


def test_inside_of_a_task_the_first_step_comes_later(play: Play) -> None:
    async def scenario() -> None:
        task = start(give(1), asyncio.get_running_loop(), contextvars.copy_context())
        assert isinstance(task, asyncio.Task)
        assert await task == 1

    play(scenario())


def test_all_steps_are_in_the_same_context(play: Play) -> None:
    async def scenario() -> None:
        async def look() -> object:
            before = VARIABLE.get("nothing")
            VARIABLE.set("mine")
            await asyncio.sleep(0)
            return before, VARIABLE.get()

        task = await begin(look())
        assert isinstance(task, asyncio.Task)
        assert await task == ("nothing", "mine")
        assert VARIABLE.get("nothing") == "nothing"

    play(scenario())
