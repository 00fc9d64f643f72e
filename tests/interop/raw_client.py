"""A client of the tests' own: JSON lines over a Unix socket, blocking, nothing of qapigen in it.

In: the path of a socket.  Out: greetings, answers and events as JSON values.
Must not know: schemas, typed values.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Message", "RawClient", "Refused", "connected"]

#: How long a peer may stay silent: long enough for a machine that is busy with other tests.
PATIENCE_SECONDS = 30.0

Message = dict[str, Any]


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, error_class: str, desc: str) -> None:
        super().__init__(f"{error_class}: {desc}")
        self.error_class = error_class
        self.desc = desc


class RawClient:
    """One connection.  Events that arrive in between are kept in ``events``, in their order."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        self._socket = connection
        self._lines = connection.makefile("rb")
        self.events: list[Message] = []

    def close(self) -> None:
        """Leave; a second time does nothing."""
        self._lines.close()
        self._socket.close()

    def receive(self) -> Message:
        """The next message; EOFError when the server is gone."""
        line = self._lines.readline()
        # The guest agent marks the answer to guest-sync-delimited with a byte that is no JSON.
        text = line.lstrip(b"\xff")
        if not text:
            raise EOFError("the server closed the connection")
        message = json.loads(text)
        assert isinstance(message, dict), message
        return message

    def negotiate(self) -> Message:
        """Read the greeting and leave the negotiation mode."""
        greeting = self.receive()
        self.execute("qmp_capabilities")
        return greeting

    def execute(
        self, name: str, arguments: Mapping[str, object] | None = None, *, fds: Sequence[int] = ()
    ) -> Any:
        """The answer to a command; :class:`Refused` for an error."""
        request: Message = {"execute": name}
        if arguments is not None:
            request["arguments"] = arguments
        data = json.dumps(request).encode() + b"\n"
        if fds:
            socket.send_fds(self._socket, [data], list(fds))
        else:
            self._socket.sendall(data)
        message = self.receive()
        while "event" in message:
            self.events.append(message)
            message = self.receive()
        if "error" in message:
            raise Refused(message["error"]["class"], message["error"]["desc"])
        return message["return"]

    def wait_for(self, name: str, fits: Callable[[Message], bool] = lambda data: True) -> Message:
        """The first event of that name whose data fit, waiting for it if it is not there yet."""
        for event in self._all_events():
            if event["event"] == name and fits(event.get("data", {})):
                return event
        raise AssertionError("unreachable")

    def _all_events(self) -> Iterator[Message]:
        yield from list(self.events)
        while True:
            message = self.receive()
            assert "event" in message, f"nobody asked for this: {message}"
            self.events.append(message)
            yield message


@contextmanager
def connected(path: Path) -> Iterator[RawClient]:
    """A client of the server that listens there."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_SECONDS)
    try:
        connection.connect(str(path))
        client = RawClient(connection)
    except BaseException:
        connection.close()
        raise
    try:
        yield client
    finally:
        client.close()
