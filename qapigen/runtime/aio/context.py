"""What a handler can learn and do about the connection that its command came on.

In: descriptors that came, the connection's name, doors into the server.  Out:
:class:`CommandContext`, found with :func:`current_session` while a command runs.
Must not know: sockets, event loops, JSON.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from ..errors import QapiError, cut
from ..messages import Event
from .channels import close_descriptors

__all__ = [
    "CommandContext",
    "DescriptorCommands",
    "Descriptors",
    "current_session",
    "enter",
]

_MOST_UNCLAIMED: Final = 253  # as many as fit into one message


class Descriptors:
    """The file descriptors of one connection: those that came, and those that got a name."""

    def __init__(self) -> None:
        self._received: deque[int] = deque()
        self._named: dict[str, int] = {}

    def receive(self, descriptors: list[int], *, replace: bool) -> None:
        """Keep what came until a command claims it; ``replace`` what no command has claimed."""
        if replace:
            self._forget_received()
        self._received += descriptors
        while len(self._received) > _MOST_UNCLAIMED:
            close_descriptors([self._received.popleft()])

    def claim(self) -> int:
        """The descriptor that came with the command; the caller closes it.

        Raises :class:`QapiError` if none came.
        """
        if not self._received:
            raise QapiError("no file descriptor came along with the command (SCM_RIGHTS)")
        return self._received.popleft()

    def store(self, name: str) -> None:
        """``getfd``: give the descriptor that came a name, in place of one that had it.

        Raises :class:`QapiError`: no descriptor came, or the name begins with a digit.
        """
        descriptor = self.claim()
        if "0" <= name[:1] <= "9":
            close_descriptors([descriptor])
            raise QapiError(f"fdname: {cut(name)!a} must not begin with a digit")
        replaced = self._named.pop(name, None)
        if replaced is not None:
            close_descriptors([replaced])
        self._named[name] = descriptor

    def drop(self, name: str) -> None:
        """``closefd``: close a named descriptor; :class:`QapiError` if there is none."""
        close_descriptors([self.take(name)])

    def take(self, name: str) -> int:
        """A named descriptor, which the caller closes from now on; QapiError if there is none."""
        if name not in self._named:
            raise QapiError(f"there is no file descriptor named {cut(name)!a}")
        return self._named.pop(name)

    def names(self) -> list[str]:
        """The names in use."""
        return list(self._named)

    def close(self) -> None:
        """Close all of them."""
        self._forget_received()
        close_descriptors(list(self._named.values()))
        self._named.clear()

    def _forget_received(self) -> None:
        close_descriptors(list(self._received))
        self._received.clear()


class CommandContext:
    """The connection as handlers see it."""

    def __init__(
        self,
        name: str,
        *,
        peer: str,
        emit: Callable[[Event], None],
        shutdown: Callable[[], None],
    ) -> None:
        self.name = name
        """A name for the log, such as ``client-3``."""
        self.peer = peer
        """Where the client connected, and from where if that can be told."""
        self.descriptors = Descriptors()
        """The client's file descriptors."""
        self.emit = emit
        """Tells all clients of the server about an event."""
        self.shutdown = shutdown
        """Ends the server in an orderly way, once the command is answered (``quit``)."""

    def getfd(self, name: str) -> None:
        """Serve ``getfd``."""
        self.descriptors.store(name)

    def closefd(self, name: str) -> None:
        """Serve ``closefd``."""
        self.descriptors.drop(name)

    def take_fd(self, name: str) -> int:
        """A descriptor that ``getfd`` stored; the caller closes it.  Raises QapiError."""
        return self.descriptors.take(name)

    def __repr__(self) -> str:
        return f"CommandContext({self.name!r}, peer={self.peer!r})"


_CURRENT: ContextVar[CommandContext] = ContextVar("qapigen.runtime.aio.session")


def current_session() -> CommandContext:
    """The connection that the running command came on; RuntimeError outside of a command.

    Tasks that a handler starts see it, too.
    """
    try:
        return _CURRENT.get()
    except LookupError:
        raise RuntimeError("no command is being executed here") from None


class DescriptorCommands:
    """A handler that serves ``getfd`` and ``closefd``, each client with descriptors of its own.

    Other handlers get them with ``current_session().take_fd(name)``.
    """

    def getfd(self, *, fdname: str) -> None:
        """Give the descriptor that came along a name."""
        current_session().getfd(fdname)

    def closefd(self, *, fdname: str) -> None:
        """Close the descriptor of that name."""
        current_session().closefd(fdname)


def enter(context: CommandContext) -> None:
    """Make a connection the current one, for the rest of this Python context."""
    _CURRENT.set(context)
