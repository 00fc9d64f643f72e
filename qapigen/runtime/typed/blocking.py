"""The base of generated clients that block.

In: typed arguments.  Out: typed answers and events.
Must not know: which commands and events there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ..session.listeners import UNREAD_EVENTS
from ..visit import VisitFunction
from .events import EventReader, TypedEvent
from .marshalling import typed_answer, wire_arguments

if TYPE_CHECKING:
    import ssl

    from ..addresses import Address
    from ..blocking.client import Client
    from ..blocking.subscription import Subscription
    from ..messages import Event, Greeting
    from ..session.client import Mode

__all__ = ["BlockingTypedClient", "TypedSubscription"]

R = TypeVar("R")
E = TypeVar("E", bound=TypedEvent)


class BlockingTypedClient:
    """A connection to a server, with a method for each command.

    All methods for commands take ``timeout`` in seconds, and raise what
    :meth:`blocking.Client.execute` raises; wrong arguments are a :class:`VisitError` before
    anything is sent, and so is an answer that breaks the schema.  ``client`` is the untyped
    client.
    """

    def __init__(self, client: Client, /) -> None:
        self.client = client

    @classmethod
    def connect(
        cls,
        address: str | Address,
        *,
        timeout: float | None = None,
        tls: ssl.SSLContext | None = None,
        tls_hostname: str | None = None,
        mode: Mode = "qmp",
        oob: bool = True,
        wait: bool | None = None,
        answer_bytes: int | None = None,
    ) -> Self:
        """Connect to a server and negotiate, as :meth:`blocking.Client.connect` does."""
        from ..blocking.client import Client  # generated packages do not load sockets on their own

        return cls(
            Client.connect(
                address,
                timeout=timeout,
                tls=tls,
                tls_hostname=tls_hostname,
                mode=mode,
                oob=oob,
                wait=wait,
                answer_bytes=answer_bytes,
            )
        )

    def close(self) -> None:
        """End the connection; commands that wait for an answer get :class:`ConnectionLost`."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def greeting(self) -> Greeting | None:
        """What the server said first; None for a guest agent."""
        return self.client.greeting

    # --- events ---

    def events(self, *kinds: type[E], limit: int | None = UNREAD_EVENTS) -> TypedSubscription[E]:
        """The events of these classes from now on, to be iterated over.

        To be used with ``with``, around the command that causes the events, or directly:
        ``for event in client.events(StopEvent):``.  More than ``limit`` events that nobody
        takes push out the oldest ones (None: no limit); ``left_out`` counts those.
        """
        reader = EventReader(kinds)
        return TypedSubscription(self.client.subscribe(*reader.names, limit=limit), reader)

    def wait_event(self, *kinds: type[E], timeout: float | None = None) -> E:
        """The first event of these classes; it may have come before, if nobody waited for it.

        Raises TimeoutError, :class:`ConnectionLost`.
        """
        reader = EventReader(kinds)
        return reader.read(self.client.wait_event(*reader.names, timeout=timeout))

    def kept_events(self, *kinds: type[E]) -> list[E]:
        """The events of these classes that :meth:`wait_event` could give at once.

        Raises :class:`VisitError` for data that break the schema.
        """
        reader = EventReader(kinds)
        return [reader.read(event) for event in self.client.kept_events(*reader.names)]

    def on_event(self, callback: Callable[[E], object], *kinds: type[E]) -> Callable[[], None]:
        """Call a function with each further event of these classes.

        What it raises is logged.  The result, called, ends that.
        """
        reader = EventReader(kinds)

        def call(event: Event) -> None:
            callback(reader.read(event))

        return self.client.on_event(call, *reader.names)

    # --- what generated methods call ---

    def _ask(
        self,
        name: str,
        returns: VisitFunction[R],
        visit: VisitFunction[Any] | None = None,
        arguments: object = None,
        *,
        timeout: float | None,
        oob: bool = False,
        fds: Iterable[int] = (),
    ) -> R:
        """Execute a command that returns something."""
        wire = wire_arguments(visit, arguments)
        answer = self.client.execute(name, wire, timeout=timeout, oob=oob, fds=fds)
        return typed_answer(returns, answer)

    def _tell(
        self,
        name: str,
        visit: VisitFunction[Any] | None = None,
        arguments: object = None,
        *,
        timeout: float | None,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> None:
        """Execute a command that returns nothing."""
        wire = wire_arguments(visit, arguments)
        self.client.execute(
            name, wire, timeout=timeout, oob=oob, fds=fds, success_response=success_response
        )

    def _raw(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        timeout: float | None,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> Any:
        """Execute a command whose arguments and answer are plain data (``gen: false``)."""
        return self.client.execute(
            name, arguments, timeout=timeout, oob=oob, fds=fds, success_response=success_response
        )


class TypedSubscription(Generic[E]):
    """Events from the moment on when this was made, in order.

    An iterator, and a context manager that ends it.  An event whose data break the
    schema raises :class:`VisitError` in its place; one can go on behind it.
    """

    def __init__(self, subscription: Subscription, reader: EventReader[E]) -> None:
        self._subscription = subscription
        self._reader = reader

    def get(self, *, timeout: float | None = None) -> E:
        """The next event; raises TimeoutError, :class:`ConnectionLost`."""
        return self._reader.read(self._subscription.get(timeout=timeout))

    @property
    def dropped(self) -> int:
        """How many events were lost because too many were not read."""
        return self._subscription.dropped

    @property
    def left_out(self) -> dict[str, int]:
        """How many of them had which name."""
        return self._subscription.left_out

    def close(self) -> None:
        """End this; whoever iterates over it comes to the end."""
        self._subscription.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> E:
        return self._reader.read(next(self._subscription))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
