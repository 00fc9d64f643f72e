"""In what QMP and the protocol of the guest agent differ, and how a server's messages look.

In: messages.  Out: bytes.
Must not know: who says what, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..codec.output import message_bytes
from ..errors import QapiError
from ..messages import ABSENT, error_reply

__all__ = ["GUEST_AGENT", "QMP", "QMP_PRETTY", "Dialect", "message_line", "reply_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """In what QMP and the protocol of the guest agent differ."""

    newline: bytes = b"\r\n"
    """The end of each message."""
    negotiates: bool = True
    """There are a greeting, a negotiation, and events."""
    delimited_command: str | None = None
    """The command whose reply has a byte 0xFF in front, for a client that resynchronizes."""
    pretty: bool = False
    """Messages for people: indented, several lines each."""


#: What QEMU speaks.
QMP: Final = Dialect()
#: The same for people who read along; most programs cannot.
QMP_PRETTY: Final = Dialect(pretty=True)
#: What the guest agent speaks (QMP, guest agent).
GUEST_AGENT: Final = Dialect(
    newline=b"\n", negotiates=False, delimited_command="guest-sync-delimited"
)


def message_line(message: dict[str, object], dialect: Dialect = QMP) -> bytes:
    """A message as a client of this dialect gets it, its newline included.

    Raises :class:`QapiError` for what JSON cannot say.
    """
    line = message_bytes(message, pretty=dialect.pretty)
    return line if dialect.newline == b"\r\n" else line[:-2] + dialect.newline


def reply_line(reply: dict[str, object], dialect: Dialect = QMP) -> bytes:
    """The same for a reply; one that JSON cannot say becomes an error reply with its id.

    So there is one reply to each command, whatever its handler gave.
    """
    try:
        return message_bytes(reply) if dialect is QMP else message_line(reply, dialect)
    except QapiError as error:
        # If it was an error reply, nothing but its id can be what cannot be said.
        reply_id = ABSENT if "error" in reply else reply.get("id", ABSENT)
        sorry = QapiError(f"the reply cannot be written: {error.desc}")
        return reply_line(error_reply(sorry, reply_id), dialect)
