"""A server that does what a test tells it, over a real socket, in a thread of its own.

A script is a function that is given each connection; it says and expects things in order.
What goes wrong in a script fails the test when the peer is closed.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["GREETING", "Peer", "Visit"]

GREETING: dict[str, Any] = {
    "QMP": {
        "version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "test"},
        "capabilities": [],
    }
}
PATIENCE_SECONDS = 20.0  # for a client that hangs; no test waits for it


class Visit:
    """One connection of a client."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        self.socket = connection
        self.fds: list[int] = []
        self.unread = b""

    def say(self, *messages: object) -> None:
        """Send messages, or bytes as they are, with one write."""
        self.socket.sendall(b"".join(_bytes(message) for message in messages))

    def hear(self) -> dict[str, Any]:
        """The next command, and the file descriptors that came until now in ``fds``."""
        while b"\n" not in self.unread:
            data = self._receive()
            assert data, f"the client has gone; unread: {self.unread!r}"
            self.unread += data
        line, _, self.unread = self.unread.partition(b"\n")
        command: dict[str, Any] = json.loads(line.rpartition(b"\xff")[2])
        return command

    def answer(self, value: object = None, *, before: tuple[object, ...] = ()) -> dict[str, Any]:
        """Hear a command and let it succeed; ``before`` is said first.  Gives the command."""
        command = self.hear()
        self.say(*before, success(command, value))
        return command

    def refuse(self, desc: str, error_class: str = "GenericError") -> dict[str, Any]:
        """Hear a command and let it fail."""
        command = self.hear()
        error = {"class": error_class, "desc": desc}
        self.say({"id": command["id"], "error": error})
        return command

    def greet(self, *capabilities: str) -> dict[str, Any]:
        """Greet and let the negotiation succeed; gives the command of the client."""
        body = GREETING["QMP"] | {"capabilities": list(capabilities)}
        self.say({"QMP": body})
        command = self.answer()
        assert command["execute"] == "qmp_capabilities"
        return command

    def synchronise(self) -> int:
        """Do a guest agent's part; gives the number."""
        command = self.hear()
        assert command["execute"] == "guest-sync-delimited"
        number: int = command["arguments"]["id"]
        self.say(b"\xff", {"return": number})
        return number

    def see_end(self) -> None:
        """The client has nothing more to say, and closes."""
        assert self._receive() == b""

    def serve(self, answers: dict[str, object]) -> None:
        """Answer commands until the client closes."""
        while True:
            try:
                command = self.hear()
            except (AssertionError, ConnectionError):
                return
            self.say(success(command, answers.get(command["execute"])))

    def _receive(self) -> bytes:
        if self.socket.family != socket.AF_UNIX:
            return self.socket.recv(65536)
        data, fds, _, _ = socket.recv_fds(self.socket, 65536, 8)
        self.fds += fds
        return data


def success(command: dict[str, Any], value: object = None) -> dict[str, object]:
    """The reply of a command that succeeded."""
    return {"return": {} if value is None else value, "id": command["id"]}


def event(name: str, **data: object) -> dict[str, object]:
    """An event."""
    timestamp = {"seconds": 1, "microseconds": 2}
    return {"event": name, "data": data, "timestamp": timestamp}


def _bytes(message: object) -> bytes:
    return message if isinstance(message, bytes) else json.dumps(message).encode() + b"\r\n"


class Peer:
    """Listens, and runs one script after the other, each with a connection of its own."""

    def __init__(
        self,
        place: Path | None,
        *scripts: Callable[[Visit], object],
        wrap: Callable[[socket.socket], socket.socket] = lambda connection: connection,
        backlog: int = 5,
        forgiven: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._scripts = scripts
        self._wrap = wrap
        self._forgiven = forgiven
        self.failures: list[BaseException] = []
        if place is None:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
            self.address = f"tcp:127.0.0.1:{self.listener.getsockname()[1]}"
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(place))
            self.listener.listen(backlog)
            self.address = f"unix:{place}"
        self.listener.settimeout(PATIENCE_SECONDS)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            for script in self._scripts:
                connection, _ = self.listener.accept()
                with self._wrap(connection) as wrapped:
                    script(Visit(wrapped))
        except self._forgiven:
            pass
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            self.failures.append(error)
        finally:
            self.listener.close()

    def wait(self) -> None:
        """Until the scripts have come to their ends, and the connections have been closed."""
        self._thread.join(PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "the script did not come to its end"
        if self.failures:
            raise self.failures[0] from error
