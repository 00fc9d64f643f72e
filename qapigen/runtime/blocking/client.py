"""The client: one command at a time, and events, without an event loop.

In: an address, commands.  Out: what the server answers, as JSON values, and events.
Must not know: asyncio, which commands there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..addresses import Address
from ..errors import ConnectionLost, RemoteError
from ..messages import Event, Greeting
from ..session.attempts import Attempts
from ..session.backoff import Retries, backoff
from ..session.client import ClientSession, Mode
from ..session.devices import DEVICE_COMMANDS, DeviceHistory, DeviceNews
from ..session.listeners import KEPT_EVENTS, UNREAD_EVENTS, Callback, Predicate
from .connecting import Deadline, accept_stream, attach, open_stream
from .link import Link
from .subscription import Subscription

if TYPE_CHECKING:
    import socket
    import ssl

    from .stream import Stream

__all__ = ["Client", "reconnecting"]


class Client:
    """A connection to a QMP server or a guest agent.

    Made by :meth:`connect`; to be closed with :meth:`close`, or by using it as a context
    manager.  Several threads may use it, one at a time: a call waits until that of another
    thread has returned.  Events are noticed while a command or an event is waited for, and by
    :meth:`poll`.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._unseen = self._subscription((), KEPT_EVENTS)
        self._devices = DeviceHistory()
        link.listeners.add(self._devices)

    # --- connecting ---

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
        """Connect to a server and negotiate, within ``timeout`` seconds (None: for ever).

        ``address`` is a text as :func:`..addresses.parse_address` reads it, or its value.
        ``tls`` is the context of a client; ``tls_hostname`` the name that must be in the
        server's certificate, if that is not the host of the address.  ``mode``
        ``"guest-agent"`` speaks to a guest agent.  ``oob``: enable out-of-band execution
        where the server offers it.  ``wait``: a socket that is not there yet, or refuses, is
        tried again until the timeout; by default only if there is one.
        ``answer_bytes``: how long an answer may be; by default 64 MiB, and 80 MiB of a guest
        agent, of whose files 48 MiB can be read at once.

        Raises :class:`ConnectionLost` if nobody listens there, :class:`ProtocolError` if it is
        no such server, :class:`QapiError` for a wrong address, TimeoutError.  A server that is
        busy with another client does not greet.
        """
        deadline = Deadline(timeout)
        attempts = Attempts(timeout, wait=wait)
        stream = open_stream(
            address, deadline, tls=tls, tls_hostname=tls_hostname, attempts=attempts
        )
        session = ClientSession(mode=mode, oob=oob, answer_bytes=answer_bytes)
        return cls._ready(stream, session, deadline, str(address))

    @classmethod
    def accept(
        cls,
        address: str | Address,
        *,
        timeout: float | None = None,
        mode: Mode = "qmp",
        oob: bool = True,
        answer_bytes: int | None = None,
    ) -> Self:
        """Listen until a server connects to ``address`` (QEMU: ``server=off``).

        The file of a Unix socket belongs to its owner alone and replaces one that a dead
        process left behind.  TCP needs a port: 0 would be one that nobody knows.

        Raises :class:`QapiError` where it cannot listen, else as :meth:`connect` does.
        """
        deadline = Deadline(timeout)
        stream = accept_stream(address, deadline)
        session = ClientSession(mode=mode, oob=oob, answer_bytes=answer_bytes)
        return cls._ready(stream, session, deadline, str(address))

    @classmethod
    def from_socket(
        cls,
        connection: socket.socket,
        *,
        timeout: float | None = None,
        mode: Mode = "qmp",
        oob: bool = True,
        answer_bytes: int | None = None,
    ) -> Self:
        """Negotiate over a connected stream socket, which belongs to the client from now on."""
        deadline = Deadline(timeout)
        stream = attach(connection, deadline)
        session = ClientSession(mode=mode, oob=oob, answer_bytes=answer_bytes)
        return cls._ready(stream, session, deadline, "the socket")

    @classmethod
    def _ready(cls, stream: Stream, session: ClientSession, deadline: Deadline, where: str) -> Self:
        link = Link(stream, session)
        client = cls(link)  # which keeps the events that come before the server is ready
        try:
            link.until(lambda: link.ready or None, deadline, f"{where}: no answer")
        except BaseException:
            link.close()
            raise
        return client

    # --- commands ---

    def execute(
        self,
        name: str,
        arguments: Mapping[str, object] | None = None,
        *,
        timeout: float | None = None,
        oob: bool = False,
        fds: Iterable[int] = (),
        success_response: bool = True,
    ) -> object:
        """Execute a command and wait for what it returns, a JSON value.

        ``arguments`` are JSON values under the schema's names.  ``timeout`` is in seconds;
        after it, the command may have had its effect or not.  ``oob``: overtake other
        commands (``exec-oob``).  ``fds``, at most 253, are sent along over a Unix socket without
        TLS; they stay the caller's.  ``success_response`` false: the command answers only if it
        fails; this returns None when it is sent, and a failure is only logged.

        Raises :class:`RemoteError` for an error reply, :class:`ConnectionLost`, TimeoutError,
        and :class:`QapiError` for what cannot be sent.
        """
        heard = self._devices.count if name in DEVICE_COMMANDS else -1  # -1: not about a device
        try:
            answer = self._link.execute(
                name,
                arguments,
                Deadline(timeout),
                oob=oob,
                fds=fds,
                success_response=success_response,
            )
            if answer.error is not None:
                raise answer.error
        except RemoteError:
            heard = -1
            raise
        finally:
            if heard >= 0:
                self._devices.executed(name, arguments, heard)
        return answer.value

    # --- events ---

    def subscribe(self, *names: str, limit: int | None = UNREAD_EVENTS) -> Subscription:
        """The events of these names (none: of all) from now on.

        To be used with ``with``, around the command that causes the events::

            with client.subscribe("STOP") as events:
                client.execute("stop")
                event = events.get(timeout=5)

        More than ``limit`` events that nobody takes push out the oldest ones (None: no limit);
        the subscription's ``left_out`` counts those.
        """
        return self._subscription(names, limit)

    def events(self, *names: str, limit: int | None = UNREAD_EVENTS) -> Subscription:
        """The same, to be iterated over: ``for event in client.events("STOP"):``.

        The iterator ends when the subscription is closed, and raises :class:`ConnectionLost`
        when the connection is lost.
        """
        return self.subscribe(*names, limit=limit)

    def _subscription(self, names: tuple[str, ...], limit: int | None) -> Subscription:
        return Subscription(self._link.listeners, self._wait_for_event, names, limit=limit)

    def _wait_for_event(
        self, find: Callable[[], Event | None], timeout: float | None, failure: str
    ) -> Event:
        return self._link.until(find, Deadline(timeout), failure)

    def wait_event(
        self, *names: str, wanted: Predicate | None = None, timeout: float | None = None
    ) -> Event:
        """The first event of these names for which ``wanted`` is true.

        It may have come before: the last 1000 events that were not waited for are kept.
        Every event is given once.  Raises TimeoutError, :class:`ConnectionLost`.
        """
        kept = frozenset(names)

        def find() -> Event | None:
            return self._unseen.take(
                lambda event: (
                    (not kept or event.name in kept) and (wanted is None or wanted(event))
                )
            )

        return self._wait_for_event(find, timeout, f"no event of {', '.join(names) or 'any name'}")

    def kept_events(self, *names: str) -> list[Event]:
        """The events of these names (none: of all) that :meth:`wait_event` could give at once.

        The oldest is the first; they stay where they are.
        """
        kept = self._unseen.peek()
        return [event for event in kept if not names or event.name in names]

    def news_of_device(self, device: str) -> DeviceNews:
        """The events about a device's end that came since this client's last command about it.

        ``device`` is its id or QOM path.
        """
        return self._devices.news_of(device)

    def clear_events(self) -> None:
        """Forget the events that are kept for :meth:`wait_event`."""
        self._unseen.clear()
        self._devices.clear()

    def on_event(self, callback: Callback, *names: str) -> Callable[[], None]:
        """Call a function with each further event of these names (none: of all).

        What it raises is logged.  The result, called, ends that.
        """
        return self._link.listeners.call(callback, names)

    def poll(self) -> None:
        """Take notice of the events that have come; does not wait for any.

        While another thread uses the client, that one does.
        """
        self._link.poll()

    # --- the connection ---

    @property
    def greeting(self) -> Greeting | None:
        """What the server said first; None for a guest agent."""
        return self._link.session.greeting

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities that were enabled: ``oob`` or none."""
        return self._link.session.enabled

    @property
    def lost(self) -> ConnectionLost | None:
        """Why there is no connection any more; None as long as nothing else was noticed."""
        return self._link.lost

    def close(self) -> None:
        """End the connection; another thread that waits gets :class:`ConnectionLost`."""
        self._link.close()

    def wait_closed(self, timeout: float | None = None) -> None:
        """Wait until the server has ended the connection; TimeoutError."""
        link = self._link
        link.until(lambda: link.lost, Deadline(timeout), "the connection goes on")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def reconnecting(
    address: str | Address,
    *,
    timeout: float | None = None,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
    mode: Mode = "qmp",
    delays: Callable[[], Iterable[float]] = backoff,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Client]:
    """A client for each connection, as often as the loop asks for another one::

        for client in reconnecting("unix:qmp.sock"):
            try:
                ...
            except ConnectionLost:
                continue

    Each attempt may take ``timeout`` seconds; between attempts that fail, the seconds of
    ``delays`` are waited, and where those end, the error of the last attempt is raised.  They
    start anew after a connection that held for at least as long as the next of them; one that
    ended sooner counts as an attempt that failed.  The client is closed when the loop goes on
    or ends.
    """
    retries = Retries(delays)
    while True:
        try:
            client = Client.connect(
                address,
                timeout=timeout,
                tls=tls,
                tls_hostname=tls_hostname,
                mode=mode,
                wait=False,
            )
        except (ConnectionLost, TimeoutError) as error:
            sleep(retries.failed(error))
            continue
        begun = clock()
        with client:
            yield client
        assert client.lost is not None
        if seconds := retries.ended(clock() - begun, client.lost):
            sleep(seconds)
