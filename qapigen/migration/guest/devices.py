"""The guest's devices: what of them travels, and in which order.

In: the machine's doings (it runs, it halts), values that a stream brought.  Out: descriptions and
values for a stream.  Must not know: bytes, sections' framing, when devices are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from qapi_migration.types.run_state import RunState

from ..stream.devices import DeviceDescription, Field

__all__ = [
    "ITERABLE_IDS",
    "CounterDevice",
    "Device",
    "DeviceSet",
    "GlobalState",
    "TimerDevice",
]

#: Section numbers of what moves while the guest runs; devices use the others.  A receiver learns
#: all numbers from the stream, these are those of QEMU 7.2.
ITERABLE_IDS: Final[Mapping[str, int]] = MappingProxyType({"block": 1, "ram": 2, "dirty-bitmap": 3})
_FIRST_ID = 4
_TIMER_ID = 0

_NANOSECONDS = 10**9


class Device(Protocol):
    """A device that is saved in one piece.

    ``run_changed`` is called under the machine's lock; ``save`` and ``load`` while the guest
    stands still, by the thread that sends or loads.
    """

    @property
    def description(self) -> DeviceDescription:
        """Name, version and fields of the state."""

    @property
    def migratable(self) -> bool:
        """Whether the guest can move with this device in it."""

    def run_changed(self, running: bool) -> None:
        """The guest begins to run, or has halted."""

    def save(self) -> Mapping[str, object]:
        """A value for each field."""

    def load(self, values: Mapping[str, object]) -> None:
        """Take over what another machine saved.  Raises ValueError for a state that cannot be."""


class TimerDevice:
    """The guest's clocks: nanoseconds and processor ticks for which it has run, on any host.

    ``clock`` gives seconds that only ever grow.  A tick is a nanosecond here.
    """

    description = DeviceDescription(
        "timer",
        0,
        2,
        (
            Field("cpu_ticks_offset", "int64"),
            Field("unused", "unused_buffer", size=8),
            Field("cpu_clock_offset", "int64"),
        ),
    )
    migratable = True

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: float | None = None  # when it began to run
        self._nanoseconds = 0  # up to then
        self._ticks = 0

    @property
    def guest_ns(self) -> int:
        """What the guest's clock shows."""
        return self._nanoseconds + self._elapsed()

    def _elapsed(self) -> int:
        return 0 if self._since is None else int((self._clock() - self._since) * _NANOSECONDS)

    def run_changed(self, running: bool) -> None:
        """The clocks tick while the guest runs."""
        passed = self._elapsed()
        self._nanoseconds += passed
        self._ticks += passed
        self._since = self._clock() if running else None

    def save(self) -> Mapping[str, object]:
        """Both clocks as they are now; one that has gone too far goes on from the other end."""
        passed = self._elapsed()
        return {
            "cpu_ticks_offset": _as_int64(self._ticks + passed),
            "cpu_clock_offset": _as_int64(self._nanoseconds + passed),
        }

    def load(self, values: Mapping[str, object]) -> None:
        """Go on where the clocks of the other machine stood."""
        self._ticks = _integer(values, "cpu_ticks_offset")
        self._nanoseconds = _integer(values, "cpu_clock_offset")


class CounterDevice:
    """Counts the pages that the guest's programs write, on whichever host.

    ``written`` tells how many were written here.  With ``migratable`` false it stands for a
    device that ties a guest to its host.
    """

    description = DeviceDescription("counter", 0, 1, (Field("count", "uint64"),))

    def __init__(self, written: Callable[[], int], *, migratable: bool = True) -> None:
        self.migratable = migratable
        self._written = written
        self._elsewhere = 0

    @property
    def count(self) -> int:
        """Pages written so far."""
        return self._elsewhere + self._written()

    def run_changed(self, running: bool) -> None:
        """Makes no difference: who does not run does not write."""

    def save(self) -> Mapping[str, object]:
        """The count."""
        return {"count": self.count % 2**64}

    def load(self, values: Mapping[str, object]) -> None:
        """Go on counting from there."""
        self._elsewhere = _integer(values, "count") - self._written()


class GlobalState:
    """Not a real device: the run state that the guest was in, which travels with it."""

    _BUFFER = 100

    description = DeviceDescription(
        "globalstate",
        0,
        1,
        (Field("size", "uint32"), Field("runstate", "buffer", size=_BUFFER)),
    )
    migratable = True

    def __init__(self) -> None:
        self._stored = RunState.RUNNING
        self._arrived: str | None = None

    @property
    def arrived(self) -> str | None:
        """The name that came with the guest, None if none came; not looked at any further."""
        return self._arrived

    @property
    def stored(self) -> RunState:
        """The state that travels with the guest: what was stored last, at first ``running``."""
        return self._stored

    def store(self, state: RunState) -> None:
        """Note the state that the guest has before it is halted for its move."""
        self._stored = state

    def run_changed(self, running: bool) -> None:
        """Is told by :meth:`store` alone: to halt for a move is no state of the guest's."""

    def save(self) -> Mapping[str, object]:
        """The stored name, and its length with the zero byte behind it."""
        name = self._stored.value.encode("ascii")
        return {"size": len(name) + 1, "runstate": name}

    def load(self, values: Mapping[str, object]) -> None:
        """Keep the name.  Raises ValueError for what is not a text with a zero byte behind it."""
        raw = values["runstate"]
        if not isinstance(raw, bytes):
            raise ValueError("globalstate: runstate is no buffer")
        name, zero, _ = raw.partition(b"\0")
        if not zero or not name.isascii():
            raise ValueError("globalstate: runstate holds no name")
        self._arrived = name.decode("ascii")


def _as_int64(number: int) -> int:
    """What a signed number of 64 bits is after it has grown to this."""
    return (number + 2**63) % 2**64 - 2**63


def _integer(values: Mapping[str, object], name: str) -> int:
    value = values[name]
    if not isinstance(value, int):
        raise ValueError(f"{name} is no integer")
    return value


class DeviceSet:
    """The devices of a machine in the order in which they are saved; the global state is last.

    Raises ValueError for two devices of the same name and instance.
    """

    def __init__(self, devices: Sequence[Device] = ()) -> None:
        self._global_state = GlobalState()
        ordered: list[Device] = [*devices, self._global_state]
        self._devices = {_key(device.description): device for device in ordered}
        if len(self._devices) != len(ordered):
            raise ValueError("two devices have the same name and instance")
        self._ids = _section_ids(ordered)

    def __iter__(self) -> Iterator[Device]:
        return iter(self._devices.values())

    def __len__(self) -> int:
        """The number of devices."""
        return len(self._devices)

    @property
    def descriptions(self) -> list[DeviceDescription]:
        """What a stream to this machine may hold."""
        return [device.description for device in self]

    @property
    def not_migratable(self) -> str | None:
        """The name of the first device that keeps the guest from moving."""
        return next((each.description.name for each in self if not each.migratable), None)

    @property
    def arrived_state(self) -> str | None:
        """The name of the run state that came with the guest; see :class:`GlobalState`."""
        return self._global_state.arrived

    @property
    def stored_state(self) -> RunState:
        """The state that is to travel with the guest."""
        return self._global_state.stored

    def store_state(self, state: RunState) -> None:
        """Note the state that is to travel with the guest."""
        self._global_state.store(state)

    def run_changed(self, running: bool) -> None:
        """Tell all devices that the guest begins to run, or has halted."""
        for device in self:
            device.run_changed(running)

    def save(self) -> Iterator[tuple[int, DeviceDescription, Mapping[str, object]]]:
        """Section number, description and values of each device, in order."""
        for section_id, device in zip(self._ids, self, strict=True):
            yield section_id, device.description, device.save()

    def load(self, name: str, instance: int, version: int, values: Mapping[str, object]) -> None:
        """Give one device its values.

        Raises ValueError if there is no such device, if the state is of a newer version, or if
        it cannot be.
        """
        device = self._devices.get((name, instance))
        if device is None:
            raise ValueError(f"there is no device {name} (instance {instance}) in this machine")
        known = device.description.version
        if version > known:
            raise ValueError(f"device {name}: version {version} is newer than {known}, known here")
        device.load(values)


def _key(description: DeviceDescription) -> tuple[str, int]:
    return description.name, description.instance


def _section_ids(devices: Sequence[Device]) -> list[int]:
    """The timer comes before what is iterable, all others behind it."""
    timer = _key(TimerDevice.description)
    following = iter(range(_FIRST_ID, _FIRST_ID + len(devices)))
    return [
        _TIMER_ID if _key(device.description) == timer else next(following) for device in devices
    ]
