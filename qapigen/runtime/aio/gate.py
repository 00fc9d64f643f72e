"""One command at a time in the whole process, and nobody comes first twice.

In: who starts, suspends and ends a command.  Out: calls to those whose turn it is.
Must not know: commands, connections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

__all__ = ["CommandGate"]


class CommandGate:
    """Whose turn it is to execute a command (QMP, ordering and flow control).

    Only a command that waits for something can meet another one: it holds the gate meanwhile.
    Those who come then are served in their order, one command each.  A gate that is not
    ``exclusive`` lets everybody pass.
    """

    def __init__(self, *, exclusive: bool = True) -> None:
        self._exclusive = exclusive
        self._held = False
        self._waiting: deque[Callable[[], None]] = deque()

    @property
    def free(self) -> bool:
        """Whether a command may start now; else it has to :meth:`wait`."""
        return not (self._held or self._waiting)

    def wait(self, begin: Callable[[], None]) -> None:
        """Call ``begin`` when it is its turn."""
        self._waiting.append(begin)

    def hold(self) -> None:
        """The command that was started waits for something: let nobody pass."""
        self._held = self._exclusive

    def release(self) -> None:
        """The command that held the gate has ended: the next ones begin."""
        self._held = False
        while self._waiting and not self._held:
            self._waiting.popleft()()
