"""Why a server has ended TLS before it began.

In: a socket whose other side may have gone.  Out: what that said last, in words.
Must not know: certificates, QMP.
"""

from __future__ import annotations

import socket
from contextlib import suppress

__all__ = ["last_words"]

_ALERT = 21
_KINDS = range(20, 24)  # of records, in the first byte
_MAJOR = 3  # of every version, in the second
_RECORD_BYTES = 5  # in front of the alert's level and description


def last_words(connection: socket.socket) -> str | None:
    """What has come and was not read: an alert, or what is no TLS; None for anything else."""
    data = b""
    with suppress(OSError):  # nothing has come, or nothing can
        data = connection.recv(_RECORD_BYTES + 2)
    if len(data) < 2:
        return None
    if data[0] not in _KINDS or data[1] != _MAJOR:
        return "the server does not speak it"
    if data[0] != _ALERT or len(data) < _RECORD_BYTES + 2:
        return None
    return f"the server sent the alert '{_name(data[-1])}'"


def _name(description: int) -> str:
    import ssl  # whoever comes here has it

    try:
        known = ssl.AlertDescription(description)
    except ValueError:
        return str(description)
    return known.name.removeprefix("ALERT_DESCRIPTION_").lower().replace("_", " ")
