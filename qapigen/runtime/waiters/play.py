"""Scripts with a client: what they ask for is executed and listened for.

In: a client, a script, how long it may take.  Out: the script's result.
Must not know: what is waited for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import RemoteError
from ..typed.aio import AsyncTypedClient
from ..typed.blocking import BlockingTypedClient
from .scripts import Ask, Listen, Script

if TYPE_CHECKING:
    from ..aio.client import Client
    from ..blocking.client import Client as BlockingClient

__all__ = ["play", "play_blocking"]

R = TypeVar("R")


class _Playing(Generic[R]):
    """A script that is being played: what it asks for now, None when it has ended."""

    result: R

    def __init__(self, script: Script[R]) -> None:
        self._script = script
        self.step: Ask | Listen | None = None
        self.go_on(None)

    def go_on(self, answer: object) -> None:
        """Give it what it asked for: RemoteErrors are raised there, others are answers."""
        try:
            if isinstance(answer, RemoteError):
                self.step = self._script.throw(answer)
            else:
                self.step = self._script.send(answer)
        except StopIteration as end:
            self.step = None
            self.result = end.value


async def play(
    client: Client | AsyncTypedClient,
    script: Script[R],
    names: tuple[str, ...],
    timeout: float | None,
    failure: str,
) -> R:
    """Play a script; TimeoutError with ``failure`` as its beginning."""
    import asyncio  # programs without an event loop do without

    if isinstance(client, AsyncTypedClient):
        client = client.client
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            with client.subscribe(*names) as events:
                play = _Playing(script)
                while (step := play.step) is not None:
                    answer: object
                    try:
                        if isinstance(step, Ask):
                            answer = await client.execute(step.name, step.arguments)
                        else:
                            answer = await events.get(timeout=step.seconds)
                    except RemoteError as error:
                        answer = error
                    except TimeoutError:
                        answer = None  # no event came, for nothing else has a limit here
                    play.go_on(answer)
                return play.result
    except TimeoutError:
        if not limit.expired():
            raise  # by a function that is told of the progress
        raise TimeoutError(f"{failure} after {timeout} s") from None


def play_blocking(
    client: BlockingClient | BlockingTypedClient,
    script: Script[R],
    names: tuple[str, ...],
    timeout: float | None,
    failure: str,
    clock: Callable[[], float] = time.monotonic,
) -> R:
    """The same without an event loop."""
    end = math.inf if timeout is None else clock() + timeout
    if isinstance(client, BlockingTypedClient):
        client = client.client
    with client.subscribe(*names) as events:
        play = _Playing(script)
        while (step := play.step) is not None:
            left = end - clock()
            answer: object = None
            try:
                if isinstance(step, Ask):
                    limit = None if timeout is None else max(left, 0)
                    answer = client.execute(step.name, step.arguments, timeout=limit)
                else:
                    answer = events.get(timeout=max(min(left, step.seconds), 0))
            except RemoteError as error:
                answer = error
            except TimeoutError:
                if isinstance(step, Ask) or step.seconds >= left:
                    raise TimeoutError(f"{failure} after {timeout} s") from None
            play.go_on(answer)
        return play.result
