"""A server with sample commands, and a client that knows bytes only."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from qapigen.runtime.addresses import Address, TcpAddress, UnixAddress, parse_address
from qapigen.runtime.aio.context import current_session
from qapigen.runtime.aio.server import Server
from qapigen.runtime.commands import ArgumentsStyle, CommandSpec, Registry
from qapigen.runtime.events import wall_clock
from qapigen.runtime.messages import Event, VersionTriple

__all__ = ["NEGOTIATE", "RawClient", "Samples", "command", "sample_server"]

VERSION = VersionTriple(7, 2, 22)
NEGOTIATE = b'{"execute": "qmp_capabilities"}'
NEGOTIATE_OOB = b'{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}'


def command(name: str, arguments: dict[str, object] | None = None, **others: object) -> bytes:
    """A command as bytes; ``id`` is its name unless another is given."""
    message: dict[str, object] = {"execute": name, "id": name, **others}
    if arguments is not None:
        message["arguments"] = arguments
    return json.dumps(message).encode()


class Samples:
    """Handlers, all of which take their arguments as they are."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.go = asyncio.Event()
        self.waiting = asyncio.Event()
        self.calls: list[str] = []

    def echo(self, arguments: dict[str, object]) -> object:
        self.calls.append("echo")
        return arguments

    async def echo_soon(self, arguments: dict[str, object]) -> object:
        async with asyncio.timeout(30):  # noqa: ASYNC100 - needs to know its task
            return {"task": asyncio.current_task() is not None, **arguments}

    async def wait(self, arguments: dict[str, object]) -> object:
        """Answers when ``go`` is set."""
        self.calls.append("wait")
        self.waiting.set()
        await self.go.wait()
        return {"peer": current_session().name, **arguments}

    def whoami(self, arguments: dict[str, object]) -> object:
        context = current_session()
        return {"name": context.name, "peer": context.peer}

    def big(self, arguments: dict[str, Any]) -> object:
        return {"text": "x" * arguments["size"]}

    def say(self, arguments: dict[str, Any]) -> object:
        """Emits events before it answers."""
        assert self.server is not None
        for number in range(arguments["count"]):
            self.server.emit(event(arguments.get("name", "SAID"), number=number))
        return {}

    def getfd(self, arguments: dict[str, Any]) -> object:
        current_session().getfd(arguments["fdname"])
        return {}

    def closefd(self, arguments: dict[str, Any]) -> object:
        current_session().closefd(arguments["fdname"])
        return {}

    def fail(self, arguments: dict[str, object]) -> object:
        raise KeyError("on purpose")

    async def cancel(self, arguments: dict[str, object]) -> object:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    def quit(self, arguments: dict[str, object]) -> object:
        current_session().shutdown()
        return {}


_NAMES = ("echo", "echo_soon", "whoami", "big", "say", "getfd", "closefd", "fail", "cancel", "quit")
_SPECS = {
    name: CommandSpec(name=name, method=name, arguments=ArgumentsStyle.RAW) for name in _NAMES
} | {
    "wait": CommandSpec(name="wait", method="wait", arguments=ArgumentsStyle.RAW),
    "urgent": CommandSpec(
        name="urgent", method="echo", arguments=ArgumentsStyle.RAW, allow_oob=True
    ),
}


def event(name: str, **data: object) -> Event:
    """An event of now."""
    return Event(name, dict(data) or None, wall_clock())


def sample_server(**options: Any) -> tuple[Server, Samples]:
    """A server that does not serve anybody yet, and its handlers."""
    samples = Samples()
    server = Server(Registry(_SPECS, [samples]), version=VERSION, **options)
    samples.server = server
    return server, samples


class RawClient:
    """Sends bytes, reads lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, address: Address | str, *, tls: ssl.SSLContext | None = None, host: str | None = None
    ) -> RawClient:
        """Connect and do not read anything."""
        place = parse_address(address) if isinstance(address, str) else address
        options: dict[str, Any] = {"limit": 2**26, "ssl": tls, "server_hostname": host}
        if isinstance(place, UnixAddress):
            # uvloop itself knows no abstract names.
            connected = socket.socket(socket.AF_UNIX)
            connected.connect(place.sockaddr)
            both = await asyncio.open_unix_connection(sock=connected, **options)
        else:
            assert isinstance(place, TcpAddress)
            both = await asyncio.open_connection(place.host or "localhost", place.port, **options)
        return cls(*both)

    @classmethod
    async def ready(cls, address: Address | str, *, oob: bool = False) -> RawClient:
        """Connect and negotiate."""
        client = await cls.connect(address)
        assert "QMP" in await client.message()
        assert await client.ask(NEGOTIATE_OOB if oob else NEGOTIATE) == {"return": {}}
        return client

    def send(self, *texts: bytes) -> None:
        self.writer.write(b"".join(texts))

    async def line(self) -> bytes:
        """The next line, b"" at the end."""
        return await self.reader.readline()

    async def message(self) -> dict[str, Any]:
        line = await self.line()
        assert line.endswith(b"\r\n"), line
        message: dict[str, Any] = json.loads(line)
        return message

    async def ask(self, text: bytes) -> dict[str, Any]:
        """Send a text and read a message."""
        self.send(text)
        return await self.message()

    async def call(self, name: str, arguments: dict[str, object] | None = None) -> Any:
        """The value that a command returns."""
        reply = await self.ask(command(name, arguments))
        assert reply.get("id") == name and "return" in reply, reply
        return reply["return"]

    async def rest(self) -> bytes:
        """All that comes until the end."""
        return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def __aenter__(self) -> RawClient:
        return self

    async def __aexit__(self, *unused: object) -> None:
        await self.close()


async def until(condition: Callable[[], object]) -> None:
    """Let others run until something is true."""
    while not condition():  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)


@contextmanager
def null() -> Iterator[TextIO]:
    """An open file whose descriptor can be sent."""
    with open(os.devnull) as file:
        yield file


def raw_socket(path: Path) -> socket.socket:
    """A blocking connection, whose greeting has not been read."""
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(path))
    connected.settimeout(10)
    return connected
