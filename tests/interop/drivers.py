"""Both of our clients behind the same blocking calls, so that one test has both.

In: an address.  Out: a connected client and its calls.
Must not know: which server it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from qapigen.runtime import blocking, waiters
from qapigen.runtime.aio import client as aio
from qapigen.runtime.messages import Event

__all__ = ["DRIVERS", "AsyncDriver", "BlockingDriver", "Driver"]


class Driver:
    """A client; ``client`` is what it drives, for calls that need no driving."""

    client: Any

    def __init__(self, address: str, **options: Any) -> None:
        self.address = address
        self.options = {"timeout": 30.0} | options

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def execute(self, name: str, arguments: Any = None, **options: Any) -> Any:
        """The answer to a command."""
        raise NotImplementedError

    def get(self, events: Any, **options: Any) -> Event:
        """The next event of a subscription."""
        raise NotImplementedError

    def wait_event(self, *names: str, **options: Any) -> Event:
        """An event of one of these names."""
        raise NotImplementedError

    def wait(self, name: str, *arguments: Any, **options: Any) -> Any:
        """One of the functions of ``waiters``."""
        raise NotImplementedError

    def gather(self, name: str, arguments: Sequence[Any], **options: Any) -> list[Any]:
        """The answers to many commands at a time, errors among them."""
        raise NotImplementedError

    def together(self, commands: Sequence[tuple[str, Any, bool]]) -> list[int]:
        """Start commands (name, arguments, out of band) together; in which order they finish."""
        raise NotImplementedError


class BlockingDriver(Driver):
    """The blocking client, called as it is."""

    def __enter__(self) -> Self:
        self.client = blocking.Client.connect(self.address, **self.options)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def execute(self, name: str, arguments: Any = None, **options: Any) -> Any:
        return self.client.execute(name, arguments, **options)

    def get(self, events: Any, **options: Any) -> Event:
        found: Event = events.get(**options)
        return found

    def wait_event(self, *names: str, **options: Any) -> Event:
        found: Event = self.client.wait_event(*names, **options)
        return found

    def wait(self, name: str, *arguments: Any, **options: Any) -> Any:
        return getattr(waiters, f"{name}_blocking")(self.client, *arguments, **options)


class AsyncDriver(Driver):
    """The client for asyncio, with a loop that runs while a call lasts."""

    def __enter__(self) -> Self:
        self.runner = asyncio.Runner()
        try:
            self.client = self.runner.run(aio.Client.connect(self.address, **self.options))
        except BaseException:
            self.runner.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.client.close())
        self.runner.close()

    def execute(self, name: str, arguments: Any = None, **options: Any) -> Any:
        return self.runner.run(self.client.execute(name, arguments, **options))

    def get(self, events: Any, **options: Any) -> Event:
        found: Event = self.runner.run(events.get(**options))
        return found

    def wait_event(self, *names: str, **options: Any) -> Event:
        found: Event = self.runner.run(self.client.wait_event(*names, **options))
        return found

    def wait(self, name: str, *arguments: Any, **options: Any) -> Any:
        return self.runner.run(getattr(waiters, name)(self.client, *arguments, **options))

    def gather(self, name: str, arguments: Sequence[Any], **options: Any) -> list[Any]:
        async def run() -> list[Any]:
            calls = (self.client.execute(name, each, **options) for each in arguments)
            return await asyncio.gather(*calls, return_exceptions=True)

        return self.runner.run(run())

    def together(self, commands: Sequence[tuple[str, Any, bool]]) -> list[int]:
        finished: list[int] = []

        async def one(number: int, name: str, arguments: Any, oob: bool) -> None:
            await self.client.execute(name, arguments, oob=oob)
            finished.append(number)

        async def run() -> None:
            await asyncio.gather(*(one(at, *each) for at, each in enumerate(commands)))

        self.runner.run(run())
        return finished


#: Both of them.
DRIVERS: dict[str, type[Driver]] = {"asyncio": AsyncDriver, "blocking": BlockingDriver}
