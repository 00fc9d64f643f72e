"""Awaiting without a detour: the first step of a coroutine is made at once.

Most handlers that are coroutines never wait for anything.  Those are done when the call
returns; only one that waits goes on as a task of its own.
In: an awaitable, a loop, a context.  Out: its result, or the task that goes on with it.
Must not know: QMP.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Awaitable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Finished", "start"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finished(Generic[T]):
    """What a coroutine gave that did not have to wait."""

    result: T


def start(
    awaitable: Awaitable[T],
    loop: asyncio.AbstractEventLoop,
    context: contextvars.Context,
) -> Finished[T] | asyncio.Task[T]:
    """Begin to run an awaitable in ``context``; raises what it raises in its first step.

    The task exists from the start, so timeouts and task groups work from the first step on.
    """
    coroutine = awaitable if isinstance(awaitable, Coroutine) else _waiting(awaitable)
    started: _Started[T] = _Started(coroutine)
    task: asyncio.Task[T] = loop.create_task(started, context=context)
    if asyncio.current_task(loop) is not None:
        return task  # a task that is at its step now cannot be left for another one
    _enter_task(loop, task)
    try:
        context.run(started.first_step)
    finally:
        _leave_task(loop, task)
    return Finished(started.result()) if started.finished else task


async def _waiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


class _Started(Coroutine[Any, Any, T]):
    """A coroutine whose first step may have been made; a task drives the others."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._waiting_for: list[object] = []  # what the first step gave, until it is handed on
        self._results: list[T] = []
        self._failed = False

    @property
    def finished(self) -> bool:
        """Whether the first step was the last one."""
        return bool(self._results)

    def result(self) -> T:
        """The result, if it is finished."""
        return self._results[0]

    def first_step(self) -> None:
        """Run until it has to wait, or to its end."""
        try:
            self._waiting_for.append(self._coroutine.send(None))
        except StopIteration as stop:
            self._results.append(stop.value)
        except BaseException:
            self._failed = True
            raise

    def send(self, value: Any, /) -> Any:
        """The next step; nothing is left to do if the first one was the last."""
        if self._waiting_for:
            return self._waiting_for.pop()
        if self._results:
            raise StopIteration(self._results[0])
        if self._failed:
            raise StopIteration(None)
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise at the place where it waits."""
        self._waiting_for.clear()
        if self._results or self._failed:
            return self.send(None)
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """Give it up."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, T]:
        raise RuntimeError("only a task goes on with this")
