"""What a server says that nobody has asked for.

In: messages.  Out: records of the log.
Must not know: requests, sockets.

A reply that cannot be assigned may hold anything, a password as well: the log has its kind and
its id, never what it says.
"""

from __future__ import annotations

from ..errors import cut, describe
from ..messages import ABSENT, Failure, Success

__all__ = ["note_stray", "warn_of_stray"]


def note_stray(what: str, *, detail: str = "") -> None:
    """Mention something that may well happen, at level INFO."""
    _log("info", f"ignored {what}" + (f": {detail}" if detail else ""))


def warn_of_stray(reply: Success | Failure, command: str = "") -> str:
    """Warn of a reply that belongs to nothing; the words for it.

    ``command`` is the one whose answer was due, if that is known.
    """
    kind = "a reply" if isinstance(reply, Success) else f"the error {cut(reply.error_class)!a}"
    which = "without an id" if reply.id is ABSENT else f"with the unknown id {_id(reply.id)}"
    due = f" where the answer to {cut(command)!a} was due" if command else ""
    _log("warning", f"the server sent {kind} {which}{due}")
    return f"{kind} {which}"


def _id(value: object) -> str:
    return ascii(cut(value)) if isinstance(value, str) else describe(value)


def _log(level: str, text: str) -> None:
    import logging  # slow to import, and most programs never come here

    getattr(logging.getLogger("qapigen.runtime"), level)("%s", text)
