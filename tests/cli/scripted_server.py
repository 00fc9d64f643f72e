"""A server of few words, in a thread: it answers as a test tells it to.

In: a function from a request to the bytes of an answer.  Out: the address of the server, and what
was asked.
Must not know: what the answers mean.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["LastWords", "Request", "Script", "failure", "line", "scripted", "success"]

Request = dict[str, Any]


class LastWords(bytes):
    """What is sent before the connection ends."""


#: What is answered to a request; None ends the connection.
Script = Callable[[Request], bytes | None]

#: A test that takes longer has gone wrong.
PATIENCE_SECONDS = 60.0

GREETING = {"QMP": {"version": {"qemu": {"major": 9, "minor": 0, "micro": 0}, "package": ""}}}


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\r\n"


def success(request: Request, value: object) -> bytes:
    """The reply that returns a value."""
    return line({"return": value, "id": request["id"]})


def failure(request: Request, error_class: str, desc: str) -> bytes:
    """The reply of a command that failed."""
    return line({"error": {"class": error_class, "desc": desc}, "id": request["id"]})


@contextmanager
def scripted(
    folder: Path, script: Script, *, greeting: bytes | None = None
) -> Iterator[tuple[str, list[Request]]]:
    """Address and requests of a server for one client; ``greeting`` replaces the usual one."""
    path = folder / "scripted.sock"
    requests: list[Request] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(2)
        listener.settimeout(PATIENCE_SECONDS)
        told = line({"QMP": GREETING["QMP"] | {"capabilities": []}})
        talk = threading.Thread(
            target=_talk, args=(listener, script, told if greeting is None else greeting, requests)
        )
        talk.start()
        try:
            yield f"unix:{path}", requests
        finally:
            with socket.socket(socket.AF_UNIX) as late:  # so that nobody waits for a first client
                late.connect(str(path))
            talk.join()


def _talk(
    listener: socket.socket, script: Script, greeting: bytes, requests: list[Request]
) -> None:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE_SECONDS)
    with connection, connection.makefile("rb") as lines:
        if greeting:
            connection.sendall(greeting)
        for text in lines:
            request = json.loads(text.lstrip(b"\xff"))
            requests.append(request)
            is_first = request["execute"] == "qmp_capabilities"
            answer = success(request, {}) if is_first else script(request)
            if answer is None:
                return
            if answer:  # else the client may be gone already
                connection.sendall(answer)
            if isinstance(answer, LastWords):
                return
