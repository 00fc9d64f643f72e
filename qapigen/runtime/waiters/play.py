"""Scripts with a client: what they ask for is executed and listened for.

In: a client, a script, how long it may take.  Out: the script's result.
Must not know: what is waited for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import ConnectionLost, RemoteError
from ..typed.aio import AsyncTypedClient
from ..typed.blocking import BlockingTypedClient
from .scripts import Ask, Kept, Listen, News, Script, Step

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
        self.step: Step | None = None
        self.go_on(None)

    def go_on(self, answer: object) -> None:
        """Give it what it asked for: errors of the server and the connection are raised there."""
        try:
            if isinstance(answer, RemoteError | ConnectionLost):
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
                        elif isinstance(step, Listen):
                            answer = await events.get(timeout=step.seconds)
                        else:
                            answer = _heard_before(client, step, names)
                    except (RemoteError, ConnectionLost) as error:
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
                elif isinstance(step, Listen):
                    answer = events.get(timeout=max(min(left, step.seconds), 0))
                else:
                    answer = _heard_before(client, step, names)
            except (RemoteError, ConnectionLost) as error:
                answer = error
            except TimeoutError:
                if not isinstance(step, Listen) or step.seconds >= left:
                    raise TimeoutError(f"{failure} after {timeout} s") from None
            play.go_on(answer)
        return play.result


def _heard_before(
    client: Client | BlockingClient, step: Kept | News, names: tuple[str, ...]
) -> object:
    if isinstance(step, News):
        return client.news_of_device(step.device)
    return client.kept_events(*names)
