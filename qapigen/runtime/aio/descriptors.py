"""File descriptors that clients sent: those nobody claimed yet, and those that got a name.

In: descriptors.  Out: the same, each of them owned by exactly one; all others are closed.
Must not know: connections, commands.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ..errors import QapiError, cut
from .channels import close_descriptors

__all__ = ["NamedDescriptors", "ReceivedDescriptors"]

_MOST_UNCLAIMED: Final = 253  # as many as fit into one message


class ReceivedDescriptors:
    """What came over one connection, until a command claims it; message by message."""

    def __init__(self) -> None:
        self._messages: deque[list[int]] = deque()

    def receive(self, descriptors: list[int], *, replace: bool) -> None:
        """Keep those of one message; ``replace`` those that no command has claimed."""
        if replace:
            self.close()
        self._messages.append(descriptors)
        while sum(map(len, self._messages)) > _MOST_UNCLAIMED:
            close_descriptors(self._messages.popleft())

    def claim(self) -> int:
        """The descriptor that came with the command; the caller closes it.

        A command takes one: others that the same message brought are closed, as QEMU does.
        Raises :class:`QapiError` if none came.
        """
        if not self._messages:
            raise QapiError("no file descriptor came along with the command (SCM_RIGHTS)")
        claimed, *surplus = self._messages.popleft()
        close_descriptors(surplus)
        return claimed

    def close(self) -> None:
        """Close all of them."""
        while self._messages:
            close_descriptors(self._messages.popleft())


class NamedDescriptors:
    """What ``getfd`` gave a name, for all clients of one address."""

    def __init__(self) -> None:
        self._descriptors: dict[str, int] = {}

    def store(self, name: str, descriptor: int) -> None:
        """Take over a descriptor, in place of one that had the name.

        Raises :class:`QapiError`, and closes it, if the name begins with a digit.
        """
        if "0" <= name[:1] <= "9":
            close_descriptors([descriptor])
            raise QapiError(f"fdname: {cut(name)!a} must not begin with a digit")
        replaced = self._descriptors.pop(name, None)
        if replaced is not None:
            close_descriptors([replaced])
        self._descriptors[name] = descriptor

    def take(self, name: str) -> int:
        """A descriptor, which the caller closes from now on; :class:`QapiError` if none."""
        if name not in self._descriptors:
            raise QapiError(f"there is no file descriptor named {cut(name)!a}")
        return self._descriptors.pop(name)

    def names(self) -> list[str]:
        """The names in use."""
        return list(self._descriptors)

    def close(self) -> None:
        """Close all of them."""
        close_descriptors(list(self._descriptors.values()))
        self._descriptors.clear()
