"""A sliding view on input that comes in pieces.

In: pieces of any size, which belong to their giver again once they have been read.  Out:
contiguous bytes, without copying more than the record that a cut between two pieces divides.
Must not know: what the bytes mean.

Readers are generators that yield None when they need more input, so input may be cut anywhere:
``raw = yield from window.take(8)``.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

__all__ = ["Reading", "Window"]

_T = TypeVar("_T")

#: A reader at work: yields None for "more input, please" and returns what it read.
Reading = Generator[None, None, _T]

_NOTHING = memoryview(b"")


class Window:
    """The input from the first byte that has not been read; for one thread.

    ``view[pos:end]`` is there to be read, and whoever read something moves ``pos``.
    """

    __slots__ = ("_before", "_piece", "_seam", "end", "pos", "view")

    def __init__(self) -> None:
        self.view = _NOTHING
        self.pos = 0
        self.end = 0
        self._before = 0  # bytes of the stream in front of view[0]
        # While the rest of one piece is joined with the beginning of the next: that next
        # piece, and where in the view it begins.
        self._piece = _NOTHING
        self._seam = 0

    @property
    def offset(self) -> int:
        """The place in the stream of the next byte to be read."""
        return self._before + self.pos

    @property
    def left(self) -> int:
        """Bytes that came and have not been read, when all pieces have been looked at."""
        return self.end - self.pos

    def feed(self, piece: bytes | bytearray | memoryview) -> None:
        """Put a piece behind what is there.

        It must stay as it is until a reader asks for more, and :meth:`release` has been called.
        """
        assert not self._piece, "the last piece has not been read"
        view = memoryview(piece)
        if view.format != "B" or view.ndim != 1:
            view = view.cast("B")
        if self.pos < self.end:
            self._seam = self.end
            self._piece = view
        else:
            self._before += self.end
            self.view = view
            self.pos = 0
            self.end = view.nbytes

    def release(self) -> None:
        """Copy what has not been read, for the piece it lies in is about to change."""
        rest = bytes(self.view[self.pos : self.end])
        self._before += self.pos
        self.view = memoryview(rest)
        self.pos = 0
        self.end = len(rest)

    def has(self, size: int) -> bool:
        """Whether so many bytes lie in the view now; joins pieces if that helps."""
        if self.end - self.pos >= size:
            return True
        return bool(self._piece) and self._join(size)

    def _join(self, size: int) -> bool:
        """Go on to the piece behind the seam, or copy of it what the record across needs."""
        piece = self._piece
        if self.pos >= self._seam:  # nothing of the old piece is left: read the new one itself
            self._before += self._seam
            self.pos -= self._seam
            self.view = piece
            self.end = piece.nbytes
            self._piece = _NOTHING
            return self.end - self.pos >= size
        taken = self.end - self._seam
        more = piece[taken : self.pos + size - self._seam]
        rest = b"".join((self.view[self.pos : self.end], more))
        self._before += self.pos
        self._seam -= self.pos
        self.view = memoryview(rest)
        self.pos = 0
        self.end = len(rest)
        if taken + more.nbytes == piece.nbytes:
            self._piece = _NOTHING  # the whole of it has been copied
        return self.end >= size

    # --- for readers; each is used with `yield from` ---

    def want(self, size: int) -> Reading[None]:
        """Come back when so many bytes can be looked at."""
        while not self.has(size):
            yield None

    def take(self, size: int) -> Reading[memoryview]:
        """The next ``size`` bytes; the view is valid until the next call."""
        while not self.has(size):
            yield None
        start = self.pos
        self.pos = start + size
        return self.view[start : self.pos]

    def number(self, size: int) -> Reading[int]:
        """The next ``size`` bytes as an unsigned number."""
        return int.from_bytes((yield from self.take(size)), "big")

    def counted(self) -> Reading[bytes]:
        """A counted string: a byte that says how many follow."""
        size = yield from self.number(1)
        return bytes((yield from self.take(size)))
