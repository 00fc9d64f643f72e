"""What a handler can learn and do about the connection that its command came on.

In: descriptors that came, the connection's name, doors into the server.  Out:
:class:`CommandContext`, found with :func:`current_session` while a command runs.
Must not know: sockets, event loops, JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from ..messages import Event
from .channels import close_descriptors
from .descriptors import NamedDescriptors, ReceivedDescriptors

__all__ = [
    "CommandContext",
    "DescriptorCommands",
    "current_session",
    "enter",
]


class CommandContext:
    """The connection as handlers see it."""

    def __init__(
        self,
        name: str,
        *,
        peer: str,
        emit: Callable[[Event], None],
        shutdown: Callable[[], None],
        named_descriptors: NamedDescriptors | None = None,
    ) -> None:
        self.name = name
        """A name for the log, such as ``client-3``."""
        self.peer = peer
        """Where the client connected, and from where if that can be told."""
        self.descriptors = ReceivedDescriptors()
        """File descriptors that came, and that no command has claimed."""
        self.named_descriptors = named_descriptors or NamedDescriptors()
        """Those that have a name; all clients of one address share them."""
        self.emit = emit
        """Tells all clients of the server about an event."""
        self.shutdown = shutdown
        """Ends the server in an orderly way, once the command is answered (``quit``)."""

    def getfd(self, name: str) -> None:
        """Serve ``getfd``: name the descriptor that came, in place of one that had the name.

        Raises :class:`QapiError`: no descriptor came, or the name begins with a digit.
        """
        self.named_descriptors.store(name, self.descriptors.claim())

    def closefd(self, name: str) -> None:
        """Serve ``closefd``: close a named descriptor; :class:`QapiError` if there is none."""
        close_descriptors([self.take_fd(name)])

    def take_fd(self, name: str) -> int:
        """A descriptor that ``getfd`` stored; the caller closes it.  Raises QapiError."""
        return self.named_descriptors.take(name)

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
    """A handler that serves ``getfd`` and ``closefd``.

    As in QEMU, where a monitor has them, the names belong to the address that a client is
    served at: they are still there when the client has gone, for all others at this address,
    until the server ends.  A connection that was not accepted at an address (``stdio``, a
    connected ``fd:N``) has its own.

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
