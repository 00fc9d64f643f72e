"""A QMP server on asyncio: listeners, clients, events for all of them, an orderly end.

In: a registry of commands, addresses, events.  Out: served clients.
Must not know: what QMP says (that is the session's), which commands there are.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from ..addresses import Address, FdAddress, StdioAddress, TcpAddress, UnixAddress, parse_address
from ..codec.incremental import DEFAULT_LIMITS, Limits
from ..commands import CommandPolicy, Registry, Reply
from ..errors import QapiError
from ..events import RateLimiter, limited_events
from ..messages import Event, Greeting, VersionTriple
from ..session.dialects import QMP, Dialect, message_line
from ..session.server import ServerSession
from .admission import Admission
from .channels import PipeChannel, SocketChannel, open_stdio, try_watching
from .connection import ServerConnection
from .context import CommandContext
from .descriptors import NamedDescriptors
from .gate import CommandGate
from .inherited import open_descriptor
from .listeners import Listener, open_tcp, open_unix, peer_of
from .traffic import TrafficLog
from .transport import ChannelTransport

__all__ = ["Server", "ServerPolicy"]

_GRACE_SECONDS: Final = 5.0
_BACKLOG_BYTES: Final = 16 * 1024 * 1024
_MOST_NEGOTIATING: Final = 64

_log = logging.getLogger(__name__)


class ServerPolicy(CommandPolicy, Protocol):
    """What a server refuses and hides; ``session.policy.SchemaPolicy`` is one."""

    def shown_event(self, event: Event, /) -> Event | None:
        """The event as clients may see it, None if they may not."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a client came from, and how it is spoken to."""

    address: Address
    tls: ssl.SSLContext | None = None
    listener: Listener | None = None
    descriptors: NamedDescriptors = field(default_factory=NamedDescriptors)


class Server:
    """Serves commands to any number of clients on any number of addresses.

    ``version`` and ``package`` are told in the greeting; ``oob`` offers out-of-band execution.
    Commands run one at a time for all clients, as in QEMU; with ``exclusive=False`` a handler
    that waits lets those of other clients run meanwhile.  ``backlog_bytes`` is how much a client
    may leave unread before it loses its connection to further events.  Of clients that have not
    negotiated yet, ``most_negotiating`` may be connected; the oldest gives way.  A text that is no
    JSON gets one error; with ``repeat_errors`` as many as from QEMU up to 10.2.  ``traffic`` makes
    the log of a connection from its name (:func:`~.traffic.log_traffic`); by default there is
    none.  ``clock`` gives seconds that never go back.

    A server belongs to the event loop on which ``serve`` was called, and so do all calls.  It
    ends with :meth:`close` or :meth:`shutdown`, or when nobody is left whom it could serve:
    it listens nowhere, and the last client has gone.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        version: VersionTriple,
        package: str = "",
        oob: bool = True,
        dialect: Dialect = QMP,
        limits: Limits = DEFAULT_LIMITS,
        policy: ServerPolicy | None = None,
        preconfig: Callable[[], bool] | None = None,
        exclusive: bool = True,
        backlog_bytes: int = _BACKLOG_BYTES,
        most_negotiating: int = _MOST_NEGOTIATING,
        repeat_errors: bool = False,
        traffic: Callable[[str], TrafficLog] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gate = CommandGate(exclusive=exclusive)
        self.backlog_bytes = backlog_bytes
        self._admission = Admission(most_negotiating)
        self._registry = registry
        greeting = Greeting(version, package, ("oob",) if oob else ())
        self._greeting = greeting if dialect.negotiates else None
        self._dialect = dialect
        self._limits = limits
        self._policy = policy
        self._preconfig = preconfig
        self._repeat_errors = repeat_errors
        self._traffic = traffic
        self._clock = clock
        self._limiter = RateLimiter(clock, limited=limited_events(version.major, version.minor))
        self._release: asyncio.TimerHandle | None = None
        # With the descriptors that their clients share.
        self._listeners: dict[Listener, NamedDescriptors] = {}
        self._connections: dict[ServerConnection, _Place] = {}
        self._handshakes: set[asyncio.Task[None]] = set()
        self._left_over: set[asyncio.Task[Reply]] = set()  # commands of clients that have gone
        self._count = 0
        self._stopping = False
        self._nobody = asyncio.Event()  # set when the last client has gone
        self._nobody.set()
        self._closed = asyncio.Event()
        self._close_task: asyncio.Task[None] | None = None

    # --- who is served ---

    async def serve(
        self,
        address: Address | str,
        *,
        tls: ssl.SSLContext | None = None,
        mode: int = 0o600,
        most_clients: int | None = None,
    ) -> Address:
        """Serve clients at an address, from the moment this returns; where they find it.

        That is the address itself, with the port that was chosen if it was 0.  ``fd:N`` is a
        socket that listens or is connected, or anything that can be read and written; the
        descriptor belongs to the server from now on.  ``mode`` are the permissions of a Unix
        socket's file.  ``most_clients=1`` makes others wait until a client leaves, as QEMU does.
        Raises :class:`QapiError` if that is not possible, and RuntimeError if the server ends.
        """
        if self._stopping:
            raise RuntimeError("a server that ends serves nobody any more")
        address = parse_address(address) if isinstance(address, str) else address
        match address:
            case UnixAddress():
                sockets = open_unix(address, mode=mode)
            case TcpAddress():
                address, sockets = await open_tcp(address)
            case FdAddress():
                self._refuse_twice(address)
                opened = open_descriptor(address)
                if isinstance(opened, PipeChannel):
                    self._serve_pipes(opened, address, tls)
                    return address
                if not opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    self._accepted(opened, _Place(address, tls))
                    return address
                sockets = [opened]
            case StdioAddress():
                self._refuse_twice(address)
                self._serve_pipes(open_stdio(), address, tls)
                return address
        self._listen(address, sockets, tls, most_clients)
        return address

    @property
    def addresses(self) -> list[Address]:
        """Where the server listens."""
        return [listener.address for listener in self._listeners]

    @property
    def clients(self) -> list[CommandContext]:
        """The connections of now."""
        return [connection.context for connection in self._connections]

    def _listen(
        self,
        address: Address,
        sockets: list[socket.socket],
        tls: ssl.SSLContext | None,
        most_clients: int | None,
    ) -> None:
        def accepted(connected: socket.socket, listener: Listener) -> None:
            place = _Place(address, tls, listener, self._listeners[listener])
            self._accepted(connected, place)

        if self._stopping:  # since serve() was called
            for each in sockets:
                each.close()
            raise RuntimeError("a server that ends serves nobody any more")
        listener = Listener(address, sockets, accepted=accepted, most_clients=most_clients)
        self._listeners[listener] = NamedDescriptors()

    def _serve_pipes(
        self, channel: PipeChannel, address: Address, tls: ssl.SSLContext | None
    ) -> None:
        if tls is not None:
            channel.close()
            raise QapiError(f"{address}: TLS needs a socket")
        loop = asyncio.get_running_loop()
        try:
            try_watching(loop, channel)
        except OSError as error:
            channel.close()
            raise QapiError(f"{address}: {error.strerror}") from error
        ChannelTransport(loop, channel, self._connection(_Place(address), str(address)))

    def _refuse_twice(self, address: Address) -> None:
        """A descriptor has one user only: two would take each other's input."""
        served = [*self.addresses, *(place.address for place in self._connections.values())]
        if any(_descriptors(address) & _descriptors(each) for each in served):
            raise QapiError(f"{address}: it is served already")

    def _accepted(self, connected: socket.socket, place: _Place) -> None:
        """Greet a client; behind TLS that takes a moment."""
        if place.tls is None:
            connection = self._connection(place, peer_of(connected, place.address))
            loop = asyncio.get_running_loop()
            ChannelTransport(
                loop, SocketChannel(connected), connection, extra={"socket": connected}
            )
            return
        task = asyncio.get_running_loop().create_task(self._shake_hands(connected, place))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, connected: socket.socket, place: _Place) -> None:
        peer = peer_of(connected, place.address)
        made: list[ServerConnection] = []

        def make() -> ServerConnection:
            made.append(self._connection(place, peer))
            made[0].handshake = asyncio.current_task()
            return made[0]

        try:
            await asyncio.get_running_loop().connect_accepted_socket(make, connected, ssl=place.tls)
        except (OSError, asyncio.CancelledError) as error:
            _log.info("%s: no connection with %s: %s", place.address, peer, error)
            connected.close()
            for connection in made:
                self.connection_ended(connection)
            if isinstance(error, asyncio.CancelledError):
                raise

    def _connection(self, place: _Place, peer: str) -> ServerConnection:
        self._count += 1
        context = CommandContext(
            f"client-{self._count}",
            peer=peer,
            emit=self.emit,
            shutdown=self.shutdown,
            named_descriptors=place.descriptors,
        )
        session = ServerSession(
            self._registry,
            greeting=self._greeting,
            dialect=self._dialect,
            limits=self._limits,
            policy=self._policy,
            preconfig=self._preconfig,
            repeat_errors=self._repeat_errors,
        )
        traffic = self._traffic(context.name) if self._traffic is not None else None
        connection = ServerConnection(session, context, self, traffic=traffic)
        self._connections[connection] = place
        self._nobody.clear()
        self._admission.admit(connection)
        return connection

    def connection_ended(self, connection: ServerConnection) -> None:
        """A connection tells that it is gone."""
        place = self._connections.pop(connection, None)
        if place is None:
            return
        self._admission.forget(connection)
        for task in connection.tasks:
            self._left_over.add(task)
            task.add_done_callback(self._left_over.discard)
        if place.listener is not None:
            place.listener.client_left()
        else:
            place.descriptors.close()
        if not self._connections:
            self._nobody.set()
            if not self._listeners:
                self.shutdown()

    # --- events ---

    def emit(self, event: Event) -> None:
        """Tell all clients that are in command mode; some events at most once a second.

        Events that a command causes come before its reply.  Only for the thread of the event
        loop: others use ``loop.call_soon_threadsafe(server.emit, event)``.
        """
        now = self._limiter.offer(event)
        if now is not None:
            self._broadcast(now)
        self._wait_for_release()

    def _broadcast(self, event: Event) -> None:
        shown = event if self._policy is None else self._policy.shown_event(event)
        if shown is None or not self._connections:
            return
        line = message_line(shown.to_wire(), self._dialect)
        for connection in list(self._connections):
            connection.send_event(shown, line)

    def _wait_for_release(self) -> None:
        """Have a timer run if the limiter holds events back."""
        due = self._limiter.next_release
        if due is None or self._release is not None or self._closed.is_set():
            return
        delay = max(0.0, due - self._clock())
        self._release = asyncio.get_running_loop().call_later(delay, self._send_released)

    def _send_released(self) -> None:
        self._release = None
        for event in self._limiter.released():
            self._broadcast(event)
        self._wait_for_release()

    # --- the end ---

    @property
    def stopping(self) -> bool:
        """Whether nothing new is started, because the server ends."""
        return self._stopping

    def shutdown(self) -> None:
        """End in an orderly way, like :meth:`close`, but without waiting for it.

        For handlers: the command that calls this is still answered (``quit``).
        """
        self._stopping = True
        if self._close_task is None:
            self._close_task = asyncio.get_running_loop().create_task(self._close(_GRACE_SECONDS))

    async def close(self, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        """Accept nobody any more, let commands that run end, send what is left, then close.

        What is not over after ``grace_seconds`` is cancelled.  May be called again.
        """
        self._stopping = True
        if self._close_task is None:
            loop = asyncio.get_running_loop()
            self._close_task = loop.create_task(self._close(grace_seconds))
        await asyncio.shield(self._close_task)

    async def wait_closed(self) -> None:
        """Wait until the server has ended, for whatever reason."""
        await self._closed.wait()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *unused: object) -> None:
        await self.close()

    async def _close(self, grace_seconds: float) -> None:
        listeners, self._listeners = self._listeners, {}
        for listener in listeners:
            listener.close()
        for task in self._handshakes:
            task.cancel()
        for connection in list(self._connections):
            connection.close()
        await self._wait_for_clients(grace_seconds)
        if self._release is not None:
            self._release.cancel()
            self._release = None
        for descriptors in listeners.values():
            descriptors.close()
        self._closed.set()

    async def _wait_for_clients(self, grace_seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + grace_seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self._nobody.wait()
                while self._left_over or self._handshakes:
                    await asyncio.wait(self._left_over | self._handshakes)
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await self._nobody.wait()
            for task in self._left_over:
                task.cancel()
            while self._left_over or self._handshakes:
                await asyncio.wait(self._left_over | self._handshakes)


def _descriptors(address: Address) -> set[int]:
    """The descriptors that an address names by their numbers."""
    if isinstance(address, StdioAddress):
        return {0, 1}
    return {address.fd} if isinstance(address, FdAddress) else set()
