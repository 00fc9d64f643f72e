"""A client without an event loop, for scripts and tests.

In: an address, commands.  Out: what the server answers, and events.
Must not know: asyncio, which commands there are.
"""

from __future__ import annotations

from .client import Client, reconnecting
from .subscription import Subscription

__all__ = ["Client", "Subscription", "reconnecting"]
