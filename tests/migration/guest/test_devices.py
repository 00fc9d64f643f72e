"""What of the devices travels."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import c_int64, c_uint64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qapi_migration.types.run_state import RunState
from qapigen.migration.guest.devices import (
    ITERABLE_IDS,
    CounterDevice,
    Device,
    DeviceSet,
    GlobalState,
    TimerDevice,
)
from qapigen.migration.stream.devices import DeviceDescription, Field, decode, encode


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def travel(device: Device) -> Mapping[str, object]:
    """The values as they come out of a stream."""
    return decode(device.description, encode(device.description, device.save()))


# --- timer ---


def test_the_timer_ticks_while_the_guest_runs() -> None:
    clock = Clock()
    timer = TimerDevice(clock)
    clock.now += 1
    assert timer.guest_ns == 0
    timer.run_changed(True)
    clock.now += 2
    assert timer.guest_ns == 2 * 10**9
    timer.run_changed(True)
    clock.now += 0.5
    timer.run_changed(False)
    clock.now += 4
    assert timer.guest_ns == 2_500_000_000
    timer.run_changed(True)
    clock.now += 1
    assert timer.guest_ns == 3_500_000_000


@pytest.mark.parametrize("running", [False, True])
def test_the_timer_goes_on_elsewhere(running: bool) -> None:
    here, there = Clock(), Clock()
    timer, other = TimerDevice(here), TimerDevice(there)
    timer.run_changed(True)
    here.now += 3
    timer.run_changed(running)
    assert travel(timer) == {"cpu_ticks_offset": 3 * 10**9, "cpu_clock_offset": 3 * 10**9}
    there.now = 7.0
    other.load(travel(timer))
    assert other.guest_ns == 3 * 10**9
    other.run_changed(True)
    there.now += 1
    other.run_changed(False)
    assert travel(other) == {"cpu_ticks_offset": 4 * 10**9, "cpu_clock_offset": 4 * 10**9}


def test_the_timer_takes_any_clocks() -> None:
    timer = TimerDevice(Clock())
    timer.load({"cpu_ticks_offset": -5, "cpu_clock_offset": 7})
    assert timer.guest_ns == 7
    assert timer.save() == {"cpu_ticks_offset": -5, "cpu_clock_offset": 7}


def test_the_timer_is_laid_out_as_on_other_machines() -> None:
    timer = TimerDevice(Clock())
    timer.load({"cpu_ticks_offset": 1, "cpu_clock_offset": 2})
    data = encode(timer.description, timer.save())
    assert data.hex() == "0000000000000001" + "00" * 8 + "0000000000000002"
    assert timer.description.version == 2


INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)


@given(ticks=INT64, ns=INT64, seconds=st.floats(0, 2e10), runs=st.booleans())
@example(ticks=2**63 - 1, ns=2**63 - 1, seconds=1.0, runs=True)
@example(ticks=2**63 - 1, ns=2**63 - 1, seconds=1.0, runs=False)
def test_clocks_that_came_leave_again(ticks: int, ns: int, seconds: float, runs: bool) -> None:
    """As numbers of a processor, they go round."""
    clock = Clock()
    timer = TimerDevice(clock)
    timer.load({"cpu_ticks_offset": ticks, "cpu_clock_offset": ns})
    timer.run_changed(runs)
    before = clock.now
    clock.now += seconds
    passed = int((clock.now - before) * 10**9) if runs else 0
    for _ in range(2):
        assert travel(timer) == {
            "cpu_ticks_offset": c_int64(ticks + passed).value,
            "cpu_clock_offset": c_int64(ns + passed).value,
        }
        timer.run_changed(False)


# --- counter ---


def test_the_counter_counts_on() -> None:
    written = [5, 100]
    counter = CounterDevice(lambda: written[0])
    other = CounterDevice(lambda: written[1])
    assert counter.count == 5
    written[0] = 8
    other.load(travel(counter))
    assert other.count == 8
    written[1] = 101
    assert other.count == 9
    assert travel(other) == {"count": 9}


@given(count=UINT64, here=UINT64, more=UINT64)
@example(count=2**64 - 1, here=0, more=1)
def test_a_count_that_came_leaves_again(count: int, here: int, more: int) -> None:
    written = here
    counter = CounterDevice(lambda: written)
    counter.load({"count": count})
    written += more
    assert travel(counter) == {"count": c_uint64(count + more).value}


def test_the_counter_may_tie_the_guest_to_its_host() -> None:
    assert CounterDevice(int).migratable
    assert not CounterDevice(int, migratable=False).migratable


# --- global state ---


def test_the_global_state_as_bytes() -> None:
    state = GlobalState()
    state.store(RunState.PAUSED)
    data = encode(state.description, state.save())
    assert data == b"\0\0\0\7" + b"paused".ljust(100, b"\0")


@pytest.mark.parametrize("run_state", RunState)
def test_every_state_travels(run_state: RunState) -> None:
    state, other = GlobalState(), GlobalState()
    assert other.arrived is None
    state.store(run_state)
    other.load(travel(state))
    assert other.arrived == run_state.value
    assert state.arrived is None


def test_a_guest_nobody_stopped_was_running() -> None:
    assert GlobalState().save() == {"size": 8, "runstate": b"running"}


@pytest.mark.parametrize(
    "raw", [b"x" * 100, b"\xc3\xa9".ljust(100, b"\0"), b"\xff".ljust(100, b"\0"), "running"]
)
def test_what_holds_no_name(raw: object) -> None:
    state = GlobalState()
    with pytest.raises(ValueError, match="globalstate"):
        state.load({"size": 1, "runstate": raw})
    assert state.arrived is None


def test_an_unknown_name_is_for_others_to_judge() -> None:
    state = GlobalState()
    state.load({"size": 9, "runstate": b"sleeping\0rest"})
    assert state.arrived == "sleeping"


# --- all of them ---


class Odd:
    """A device with an instance of its own."""

    migratable = False

    def __init__(self, name: str, instance: int) -> None:
        self.description = DeviceDescription(name, instance, 3, (Field("a", "bool"),))
        self.loaded: list[Mapping[str, object]] = []
        self.told: list[bool] = []

    def run_changed(self, running: bool) -> None:
        self.told.append(running)

    def save(self) -> Mapping[str, object]:
        return {"a": True}

    def load(self, values: Mapping[str, object]) -> None:
        self.loaded.append(values)


def test_order_and_numbers() -> None:
    devices = DeviceSet([TimerDevice(Clock()), Odd("x", 0), Odd("x", 1)])
    found = [(number, each.name, each.instance) for number, each, _ in devices.save()]
    assert found == [(0, "timer", 0), (4, "x", 0), (5, "x", 1), (6, "globalstate", 0)]
    assert [each.name for each in devices.descriptions] == ["timer", "x", "x", "globalstate"]
    assert len(devices) == 4


def test_numbers_of_a_bare_machine() -> None:
    """As in the machine type none, without and with a timer."""
    assert [number for number, _, _ in DeviceSet().save()] == [4]
    assert [number for number, _, _ in DeviceSet([TimerDevice(Clock())]).save()] == [0, 4]


def test_numbers_of_devices_and_iterables_differ() -> None:
    devices = DeviceSet([TimerDevice(Clock()), Odd("x", 0), Odd("x", 1)])
    assert not {*ITERABLE_IDS.values()} & {number for number, _, _ in devices.save()}
    assert ITERABLE_IDS == {"block": 1, "ram": 2, "dirty-bitmap": 3}


def test_values_fit_the_descriptions() -> None:
    devices = DeviceSet([TimerDevice(Clock()), CounterDevice(lambda: 3), Odd("x", 0)])
    for _, description, values in devices.save():
        assert decode(description, encode(description, values))


def test_two_of_a_name_and_instance() -> None:
    with pytest.raises(ValueError, match="same name and instance"):
        DeviceSet([Odd("x", 0), Odd("x", 0)])
    with pytest.raises(ValueError, match="same name and instance"):
        DeviceSet([GlobalState()])


def test_load_finds_the_device() -> None:
    one, other = Odd("x", 0), Odd("x", 1)
    devices = DeviceSet([one, other])
    devices.load("x", 1, 3, {"a": False})
    devices.load("x", 1, 2, {"a": True})
    assert one.loaded == []
    assert other.loaded == [{"a": False}, {"a": True}]


@pytest.mark.parametrize(
    ("name", "instance", "version", "reason"),
    [
        ("y", 0, 3, "no device y"),
        ("x", 1, 3, r"no device x \(instance 1\)"),
        ("x", 0, 4, "version 4 is newer than 3"),
    ],
)
def test_load_refuses(name: str, instance: int, version: int, reason: str) -> None:
    device = Odd("x", 0)
    with pytest.raises(ValueError, match=reason):
        DeviceSet([device]).load(name, instance, version, {"a": True})
    assert device.loaded == []


def test_the_run_state_travels() -> None:
    here, there = DeviceSet(), DeviceSet()
    here.store_state(RunState.SUSPENDED)
    assert there.arrived_state is None
    for _, description, values in here.save():
        data = encode(description, values)
        there.load(description.name, 0, description.version, decode(description, data))
    assert there.arrived_state == "suspended"


def test_which_device_is_not_migratable() -> None:
    assert DeviceSet([TimerDevice(Clock()), CounterDevice(int)]).not_migratable is None
    devices = DeviceSet([TimerDevice(Clock()), CounterDevice(int, migratable=False), Odd("x", 0)])
    assert devices.not_migratable == "counter"


def test_all_are_told_when_the_guest_runs() -> None:
    one, other = Odd("x", 0), Odd("x", 1)
    devices = DeviceSet([one, other])
    devices.run_changed(True)
    devices.run_changed(False)
    assert one.told == other.told == [True, False]
