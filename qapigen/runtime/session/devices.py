"""What a client has heard of devices since it began something with them.

In: events; which commands it executed.  Out: the events that are about the device that is meant.
Must not know: sockets, how one waits for an event.

Ids are used again: that a device was deleted may have been said of an earlier one of the same
id.  What came before the client's last command about a device is not about the one it means.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from ..messages import Event
from .listeners import EventQueue

__all__ = ["DEVICE_COMMANDS", "DEVICE_EVENTS", "DeviceHistory", "DeviceNews", "devices_of"]

#: Commands that begin something new with a device.
DEVICE_COMMANDS: Final = frozenset({"device_add", "device_del"})

#: How that ends.
DEVICE_EVENTS: Final = ("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR")

_MOST = 1000  # events, and devices, that are remembered
_PERIPHERAL = "/machine/peripheral/"  # where devices with an id are


class DeviceNews(NamedTuple):
    """What was heard of a device, the oldest first.

    ``asked``: the client has executed a command about it, and the events came since.
    """

    asked: bool
    events: list[Event]


class DeviceHistory(EventQueue):
    """The last events about devices, and since when they are about which one."""

    def __init__(self) -> None:
        super().__init__(DEVICE_EVENTS)
        #: How many events there have been.
        self.count = 0
        self._events: deque[tuple[int, Event]] = deque(maxlen=_MOST)
        self._since: OrderedDict[str, int] = OrderedDict()

    def offer(self, event: Event) -> None:
        """Remember an event if it is about a device."""
        if event.name in self.names:
            self._events.append((self.count, event))
            self.count += 1

    def executed(self, name: str, arguments: Mapping[str, object] | None, count: int) -> None:
        """One of the commands was not refused; there had been ``count`` events when it was sent.

        What comes before the answer to ``device_add`` is not about the device that it adds.
        """
        device = (arguments or {}).get("id")
        if isinstance(device, str):
            self._since[_id(device)] = self.count if name == "device_add" else count
            self._since.move_to_end(_id(device))
            if len(self._since) > _MOST:
                self._since.popitem(last=False)

    def news_of(self, device: str) -> DeviceNews:
        """What was heard of a device, which is named by its id or its path."""
        device = _id(device)
        since = self._since.get(device)
        events = [
            event
            for number, event in self._events
            if number >= (since or 0) and device in devices_of(event)
        ]
        return DeviceNews(since is not None, events)

    def clear(self) -> None:
        """Forget all events."""
        self._events.clear()


def devices_of(event: Event) -> tuple[object, object]:
    """The ids that an event names; paths of devices without an id are as they are."""
    data = event.data or {}
    path = data.get("path")
    return data.get("device"), _id(path) if isinstance(path, str) else None


def _id(device: str) -> str:
    return device.removeprefix(_PERIPHERAL)
