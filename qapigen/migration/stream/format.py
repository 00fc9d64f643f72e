"""Numbers of the migration stream, and the error of those who read it.

In and out: nothing, these are facts of the wire as of the machine's stream version 3.
Must not know: who reads or writes.  All integers of the stream are big-endian.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from enum import IntEnum, IntFlag
from types import MappingProxyType

__all__ = [
    "COMMAND_LENGTHS",
    "IGNORABLE_COMMANDS",
    "MAGIC",
    "MOST_BUFFER_BYTES",
    "MOST_DESCRIPTION_BYTES",
    "MOST_ELEMENTS",
    "MOST_NAME_BYTES",
    "MOST_RETURN_BYTES",
    "OFFSET_MASK",
    "PAGE_BITS",
    "PAGE_SIZE",
    "RAM_INSTANCE",
    "RAM_NAME",
    "RAM_VERSION",
    "RETURN_LENGTHS",
    "VERSION",
    "XBZRLE_ENCODING",
    "CommandNumber",
    "RamFlag",
    "ReturnType",
    "SectionType",
    "StreamError",
    "counted",
]

MAGIC = 0x5145564D  # "QEVM"
VERSION = 3

#: Target page and host page alike; the bits below it carry the flags of RAM records.
PAGE_BITS = 12
PAGE_SIZE = 1 << PAGE_BITS
OFFSET_MASK = ~(PAGE_SIZE - 1)

RAM_NAME = "ram"
RAM_INSTANCE = 0
RAM_VERSION = 4

#: The byte in front of a delta's length: there is but one encoding.
XBZRLE_ENCODING = 1

# Bounds that are looked at before anything is allocated.
MOST_NAME_BYTES = 255
MOST_RETURN_BYTES = 512  # data of one message of the return path
MOST_DESCRIPTION_BYTES = 16 << 20  # a longer one is skipped: nothing depends on it
MOST_BUFFER_BYTES = 1 << 20  # a device's buffer whose size another field gives
MOST_ELEMENTS = 1 << 16  # elements of a device's list


class SectionType(IntEnum):
    """The byte that starts an item, or something inside of one."""

    EOF = 0x00
    START = 0x01
    PART = 0x02
    END = 0x03
    FULL = 0x04
    SUBSECTION = 0x05
    VMDESCRIPTION = 0x06
    CONFIGURATION = 0x07
    COMMAND = 0x08
    FOOTER = 0x7E


class RamFlag(IntFlag):
    """The low bits of the word in front of a record of the RAM section."""

    FULL = 0x01  # obsolete: never sent, refused
    ZERO = 0x02
    MEM_SIZE = 0x04
    PAGE = 0x08
    EOS = 0x10
    CONTINUE = 0x20
    XBZRLE = 0x40
    HOOK = 0x80
    COMPRESS_PAGE = 0x100


class CommandNumber(IntEnum):
    """What the source tells the destination between sections."""

    OPEN_RETURN_PATH = 1
    PING = 2
    POSTCOPY_ADVISE = 3
    POSTCOPY_LISTEN = 4
    POSTCOPY_RUN = 5
    POSTCOPY_RAM_DISCARD = 6
    PACKAGED = 7
    SWITCHOVER_START = 11  # QEMU 10 and later


#: The lengths a command's data may have; a command that is not listed has its own rule.
COMMAND_LENGTHS: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {
        CommandNumber.OPEN_RETURN_PATH: (0,),
        CommandNumber.PING: (4,),
        CommandNumber.POSTCOPY_ADVISE: (0, 16),
        CommandNumber.POSTCOPY_LISTEN: (0,),
        CommandNumber.POSTCOPY_RUN: (0,),
        CommandNumber.PACKAGED: (4,),
        CommandNumber.SWITCHOVER_START: (0,),
    }
)

#: Commands that tell of the source's progress and ask for nothing: SWITCHOVER_START says that the
#: guest over there stands still now, between the last PART and the END of its memory.
IGNORABLE_COMMANDS = frozenset({CommandNumber.SWITCHOVER_START})


class ReturnType(IntEnum):
    """What the destination tells the source."""

    SHUT = 1
    PONG = 2
    REQ_PAGES_ID = 3
    REQ_PAGES = 4


#: The lengths a message's data may have; REQ_PAGES_ID has a name, and so its own rule.
RETURN_LENGTHS: Mapping[int, int] = MappingProxyType(
    {ReturnType.SHUT: 4, ReturnType.PONG: 4, ReturnType.REQ_PAGES: 12}
)


class StreamError(Exception):
    """The bytes are not what this machine can take: what was expected, and what came.

    ``offset`` is the byte of the stream where the wrong thing begins, ``errno`` the class of
    the failure: EINVAL for most, ENOTSUP for what is legal but not supported here, ERANGE for
    a command of a wrong length, ENOENT for an unknown subsection, EIO for an early end.
    """

    def __init__(self, message: str, *, offset: int, number: int = errno.EINVAL) -> None:
        super().__init__(f"{message} (byte {offset} of the stream)")
        self.message = message
        self.offset = offset
        self.errno = number


def counted(name: str) -> bytes:
    """A name as a counted string: one byte of length, then the name; ValueError if too long."""
    raw = name.encode()
    if not 0 < len(raw) <= MOST_NAME_BYTES:
        raise ValueError(f"a name of {len(raw)} bytes cannot be sent: {name[:40]!r}")
    return bytes((len(raw),)) + raw
