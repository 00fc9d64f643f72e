"""A client for a few sample commands, in the form in which clients are generated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qapigen.runtime.typed.aio import AsyncTypedClient
from qapigen.runtime.typed.blocking import BlockingTypedClient
from qapigen.runtime.typed.events import TypedEvent
from qapigen.runtime.visit import visit_str
from tests.runtime.sample_commands import (
    RunPassData,
    StartArguments,
    visit_RunPassData,
    visit_StartArguments,
)
from tests.runtime.sample_types import RunInfo, visit_RunInfo

__all__ = ["AsyncSample", "BlockingSample", "RunPassEvent", "StopEvent"]


class AsyncSample(AsyncTypedClient):
    """For asyncio."""

    async def start(self, *, uri: str, timeout: float | None = None, oob: bool = False) -> None:
        await self._tell(
            "start", visit_StartArguments, StartArguments(uri=uri), timeout=timeout, oob=oob
        )

    async def query_run(self, *, timeout: float | None = None) -> RunInfo:
        return await self._ask("query-run", visit_RunInfo, timeout=timeout)

    async def add_fd(self, *, timeout: float | None = None, fds: Iterable[int] = ()) -> str:
        return await self._ask("add-fd", visit_str, timeout=timeout, fds=fds)

    async def halt(self, *, timeout: float | None = None) -> None:
        await self._tell("halt", timeout=timeout, success_response=False)

    async def raw(self, arguments: dict[str, Any], /, *, timeout: float | None = None) -> Any:
        return await self._raw("raw", arguments, timeout=timeout)


class BlockingSample(BlockingTypedClient):
    """The same without an event loop."""

    def start(self, *, uri: str, timeout: float | None = None, oob: bool = False) -> None:
        self._tell("start", visit_StartArguments, StartArguments(uri=uri), timeout=timeout, oob=oob)

    def query_run(self, *, timeout: float | None = None) -> RunInfo:
        return self._ask("query-run", visit_RunInfo, timeout=timeout)

    def add_fd(self, *, timeout: float | None = None, fds: Iterable[int] = ()) -> str:
        return self._ask("add-fd", visit_str, timeout=timeout, fds=fds)

    def halt(self, *, timeout: float | None = None) -> None:
        self._tell("halt", timeout=timeout, success_response=False)

    def raw(self, arguments: dict[str, Any], /, *, timeout: float | None = None) -> Any:
        return self._raw("raw", arguments, timeout=timeout)


class RunPassEvent(TypedEvent, name="RUN_PASS", visit=visit_RunPassData):
    """A pass has begun."""

    data: RunPassData


class StopEvent(TypedEvent, name="STOP"):
    """It stands still."""

    data: None
