"""How many clients may be connected that have never negotiated.

In: connections as they come and go.  Out: the oldest of them ends where there are too many.
Must not know: sockets, sessions, what negotiation is.

A client that is in earnest negotiates at once.  One that never does costs memory and a descriptor,
and an earnest one must not be kept out by many of those; so the oldest gives way to the newest.
"""

from __future__ import annotations

import logging
from typing import Protocol

__all__ = ["Admission", "Negotiator"]

_log = logging.getLogger(__name__)


class Negotiator(Protocol):
    """A connection, as far as it is judged here."""

    @property
    def negotiating(self) -> bool:
        """Whether the client still has to negotiate."""

    def abort(self) -> None:
        """End it now."""


class Admission:
    """Keeps the number of connections that have not negotiated at ``most``."""

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"at least one client has to be able to negotiate, got {most}")
        self._most = most
        # In the order in which they came; those that have negotiated are dropped when it is full.
        self._waiting: dict[Negotiator, None] = {}

    def admit(self, connection: Negotiator) -> None:
        """A client has come."""
        if len(self._waiting) >= self._most:
            self._waiting = {each: None for each in self._waiting if each.negotiating}
        if len(self._waiting) >= self._most:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            _log.warning("a client that does not negotiate is disconnected for a new one")
            oldest.abort()
        self._waiting[connection] = None

    def forget(self, connection: Negotiator) -> None:
        """A client has gone."""
        self._waiting.pop(connection, None)
