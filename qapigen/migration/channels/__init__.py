"""The I/O shell of migration: from a uri to something that bytes go through.

In: a uri, TLS where it is wanted, bytes.  Out: channels, and bytes.
Must not know: what the bytes mean, guests, commands.
"""

from __future__ import annotations

from .channel import Bytes, Channel, ChannelError, IncomingChannel, OutgoingChannel
from .opening import Acceptor, Connector, incoming, outgoing
from .uri import UnknownProtocol, parse_incoming, parse_outgoing

__all__ = [
    "Acceptor",
    "Bytes",
    "Channel",
    "ChannelError",
    "Connector",
    "IncomingChannel",
    "OutgoingChannel",
    "UnknownProtocol",
    "incoming",
    "outgoing",
    "parse_incoming",
    "parse_outgoing",
]
