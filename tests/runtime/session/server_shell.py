"""A shell around a server session that tests look into: no sockets, every step by hand."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from qapigen.runtime.commands import ArgumentsStyle, CommandSpec, Registry, is_awaitable
from qapigen.runtime.messages import Greeting, VersionTriple
from qapigen.runtime.session.server import Job, ServerSession
from qapigen.runtime.visit import visit_any

__all__ = ["GREETING", "NEGOTIATE", "OOB", "SPECS", "Handlers", "Shell", "open_session"]

GREETING = Greeting(VersionTriple(7, 2, 0), "test", ("oob",))
NEGOTIATE = b'{"execute": "qmp_capabilities"}'
OOB = b'{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}'

RAW = ArgumentsStyle.RAW
SPECS = {
    spec.name: spec
    for spec in (
        CommandSpec(name="echo", method="echo", arguments=RAW),
        CommandSpec(name="wait", method="wait", arguments=RAW),
        CommandSpec(name="fail", method="fail"),
        CommandSpec(name="quiet", method="quiet", success_response=False),
        CommandSpec(name="early", method="early", allow_preconfig=True),
        CommandSpec(name="now", method="now", allow_oob=True, visit_returns=visit_any),
        CommandSpec(name="now-wait", method="wait", arguments=RAW, allow_oob=True),
        CommandSpec(name="guest-sync-delimited", method="sync", arguments=RAW),
        CommandSpec(name="old", method="early", features=("deprecated",)),
    )
}


class Pause:
    """Something to wait for, without an event loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Handlers:
    """Serves the commands above."""

    def echo(self, arguments: dict[str, object], /) -> object:
        return arguments

    async def wait(self, arguments: dict[str, object], /) -> object:
        await Pause()
        return arguments

    def fail(self) -> None:
        raise ValueError("a bug")

    def quiet(self) -> None:
        return None

    early = quiet

    def now(self) -> str:
        return "now"

    def sync(self, arguments: dict[str, object], /) -> object:
        return arguments["id"]


class Shell:
    """Runs the jobs of a session; those that wait stay until :meth:`finish`."""

    def __init__(self, session: ServerSession) -> None:
        self.session = session
        self.waiting: dict[Job, Any] = {}
        self.written = b""

    def settle(self) -> None:
        """Run what can run, and write what there is to write."""
        while (job := self.session.next_job()) is not None or self.session.pending:
            if job is None:
                continue
            reply = job.run()
            if is_awaitable(reply):
                coroutine: Any = reply
                coroutine.send(None)
                self.waiting[job] = coroutine
            else:
                self.session.finish(job, reply)  # type: ignore[arg-type]
        self.written += self.session.outgoing()

    def send(self, data: bytes) -> list[Any]:
        """What the session says to some bytes."""
        self.session.receive(data)
        return self.said()

    def finish(self, job: Job) -> list[Any]:
        """Let a waiting command end; what the session says then."""
        try:
            self.waiting.pop(job).send(None)
        except StopIteration as stop:
            self.session.finish(job, stop.value)
        return self.said()

    def said(self) -> list[Any]:
        """What the session said since the last time; each message on its line."""
        self.settle()
        lines, self.written = self.written.split(b"\r\n"), b""
        assert lines.pop() == b""
        return [json.loads(line) for line in lines]

    @property
    def running(self) -> list[str]:
        """The commands that wait for :meth:`finish`, in the order in which they began."""
        return [job.name for job in self.waiting]

    def abandon(self) -> None:
        """Close the coroutines that nobody will wait for."""
        for coroutine in self.waiting.values():
            coroutine.close()
        self.waiting.clear()


def open_session(opening: bytes = NEGOTIATE, **options: Any) -> Shell:
    """A session that has been connected and told ``opening``; what it said is forgotten."""
    options = {"greeting": GREETING} | options
    shell = Shell(ServerSession(Registry(SPECS, [Handlers()]), **options))
    shell.session.connection_made()
    shell.session.receive(opening)
    shell.settle()
    shell.written = b""
    return shell
