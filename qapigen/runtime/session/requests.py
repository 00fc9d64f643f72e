"""What a client's session takes and gives: requests, answers, bytes to send.

In: commands.  Out: their lines, and values for what comes back.
Must not know: what has been sent, what the server said before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from .. import codec
from ..errors import ProtocolError, QapiError, RemoteError
from ..messages import Event, Failure

__all__ = ["Answer", "Outgoing", "Ready", "Received", "Request", "line", "remote_error"]


class Ready(NamedTuple):
    """The server takes commands now; these capabilities are enabled."""

    enabled: tuple[str, ...]


class Answer(NamedTuple):
    """The reply to a request: a value, or the error in its place.

    An error that is no :class:`RemoteError` is not the server's: its answer was of no use.
    """

    id: str
    value: object
    error: QapiError | None = None


#: What :meth:`ClientSession.receive` gives; nothing comes after a :class:`ProtocolError`.
Received: TypeAlias = Ready | Answer | Event | ProtocolError


class Outgoing(NamedTuple):
    """Bytes to send, and file descriptors that go with the first of them.

    ``finished``: the ids of requests among them that get no answer if all goes well.
    """

    data: bytes
    fds: tuple[int, ...] = ()
    finished: tuple[str, ...] = ()


class Request:
    """A command on its way."""

    __slots__ = ("abandoned", "data", "fds", "id", "name", "oob", "success_response")

    def __init__(self, name: str, request_id: str, data: bytes) -> None:
        self.name = name
        self.id = request_id
        self.data = data
        self.oob = False
        self.fds: tuple[int, ...] = ()
        self.success_response = True
        self.abandoned = False


def line(message: Mapping[str, object]) -> bytes:
    """A message as it is sent; :class:`QapiError` for one that cannot be."""
    data = codec.encode(message) + b"\n"
    if len(data) > codec.MAX_TEXT_BYTES:
        raise QapiError(f"the command is too long: {len(data)} bytes")
    return data


def remote_error(reply: Failure, request: Request) -> RemoteError:
    """The error of a reply."""
    return RemoteError(reply.desc, reply.error_class, id=request.id, command=request.name)
