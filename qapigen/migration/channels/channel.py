"""What a migration's bytes go through, whatever it is made of.

In: nothing.  Out: the two faces of a channel, and how it fails.
Must not know: sockets, pipes, what the bytes mean.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from qapigen.runtime.errors import QapiError

__all__ = [
    "MOST_PIECES",
    "Bytes",
    "Channel",
    "ChannelError",
    "IncomingChannel",
    "OutgoingChannel",
    "describe_failure",
    "gathered",
    "rest_of",
]

#: Pieces that a system call takes at once; POSIX promises 16, Linux 1024.
MOST_PIECES = min(max(os.sysconf("SC_IOV_MAX"), 16), 1024)

#: What can be written: any bytes that lie next to each other, as of a numpy array's ``data``.
Bytes: TypeAlias = bytes | bytearray | memoryview


class ChannelError(QapiError):
    """A channel that cannot be opened, or that broke; the text says why.

    As an answer to a command it is a GenericError.
    """


class OutgoingChannel(Protocol):
    """The source's end.

    One thread writes, another one may read at the same time; :meth:`shutdown` may be called by
    any thread.  Everything raises :class:`ChannelError`.
    """

    @property
    def position(self) -> int:
        """Bytes written so far, without what encryption adds.  Any thread may ask."""

    @property
    def two_way(self) -> bool:
        """Whether there can be a return path."""

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        """Write all of it, one piece after another; waits until the system has taken it."""

    def read(self, most: int) -> bytes:
        """What came on the return path, at most so many bytes; waits for some, b"" at the end."""

    def shutdown(self) -> None:
        """Break it: calls that wait fail at once, and so do all later ones.  Never waits."""

    def end_writing(self) -> None:
        """Say that nothing follows, where that is possible and the way back stays open."""

    def close(self, *, whole: bool = False) -> None:
        """Give back what it holds.  May be called again.

        Waits for the end of a command that the channel leads to; :meth:`shutdown` by another
        thread cuts that short.  A ``whole`` stream arrives in any case: such a command is left
        to itself; if it ends before and says that it has failed, that is a
        :class:`ChannelError`.  Otherwise a channel that was shut down ends without regard to
        what lies in it: the command is terminated, and a peer on a socket can see that nobody
        listens.
        """


class IncomingChannel(Protocol):
    """The destination's end; threads and errors as with :class:`OutgoingChannel`."""

    @property
    def two_way(self) -> bool:
        """Whether there can be a return path."""

    def read_into(self, view: memoryview) -> int:
        """Fill the beginning of ``view``; waits for some bytes.  How many; 0 at the end."""

    def write(self, data: Bytes | Sequence[Bytes]) -> None:
        """Write all of it to the return path."""

    @property
    def deserted(self) -> bool:
        """Whether the source is known to have gone: nothing that is written reaches it."""

    def shutdown(self) -> None:
        """Break it: calls that wait fail at once, and so do all later ones.  Never waits."""

    def close(self) -> None:
        """Give back what it holds.  May be called again."""


class Channel(OutgoingChannel, IncomingChannel, Protocol):
    """Both faces: what all channels here are."""

    def write_now(self, data: bytes) -> None:
        """Write what there is room for, without waiting and without failing; a last word."""

    def linger(self, seconds: float) -> None:
        """Say that nothing follows and drop what comes until the peer ends, too.

        Ends after ``seconds`` at the latest, and at a :meth:`shutdown`.
        """


def gathered(data: Bytes | Sequence[Bytes]) -> Iterator[list[memoryview]]:
    """The pieces of ``data`` as views of single bytes, as many as one system call takes."""
    pieces = data if isinstance(data, (list, tuple)) else (data,)
    batch: list[memoryview] = []
    for piece in pieces:
        view = memoryview(piece)
        if not view.nbytes:
            continue
        batch.append(view if view.format == "B" and view.ndim == 1 else view.cast("B"))
        if len(batch) == MOST_PIECES:
            yield batch
            batch = []
    if batch:
        yield batch


def rest_of(batch: list[memoryview], done: int) -> list[memoryview]:
    """What is left of a batch after so many bytes of it."""
    for number, view in enumerate(batch):
        if done < len(view):
            return [view[done:], *batch[number + 1 :]] if done else batch[number:]
        done -= len(view)
    return []


def describe_failure(error: BaseException) -> str:
    """Why a system call failed, in the system's words and without a number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
