"""A descriptor that the process was started with, as what it is.

In: ``fd:N``.  Out: a stream socket, or a channel over anything else that can be read and written.
Must not know: event loops, QMP.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat

from ..addresses import FdAddress
from ..errors import QapiError
from .channels import PipeChannel

__all__ = ["open_descriptor"]


def open_descriptor(address: FdAddress) -> socket.socket | PipeChannel:
    """Take over a descriptor; :class:`QapiError` if nobody can talk through it."""
    try:
        kind = os.fstat(address.fd).st_mode
    except OSError as error:
        raise QapiError(f"{address}: {error.strerror}") from error
    if stat.S_ISSOCK(kind):
        return _socket(address)
    if fcntl.fcntl(address.fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDWR:
        raise QapiError(f"{address}: it goes in one direction only")
    return PipeChannel(address.fd, address.fd, owned=True)


def _socket(address: FdAddress) -> socket.socket:
    opened = socket.socket(fileno=address.fd)
    if opened.type != socket.SOCK_STREAM:
        opened.detach()
        raise QapiError(f"{address}: it is no stream socket")
    opened.set_inheritable(False)
    opened.setblocking(False)
    return opened
