"""vCPUs: with a clock of ours, and in threads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from qapigen.migration.guest.cpu import BATCH_PAGES, MOST_CPUS, VCpus
from qapigen.migration.guest.ram import WORDS, GuestRam, RamBlock
from qapigen.migration.guest.workloads import Workload, parse_workload
from qapigen.migration.stream.format import PAGE_SIZE

PAGES = 1000
PATIENCE = 60  # seconds until a test that hangs gives up


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Endless:
    """Writes page 0 all the time, and tells when each vCPU has begun."""

    rate = 1e9
    seed = 0

    def __init__(self) -> None:
        self.begun: list[Event] = []

    def fit(self, pages: int, cpus: int) -> None:
        self.begun = [Event() for _ in range(cpus)]

    def step(self, cpu: int, budget_pages: int, rng: np.random.Generator) -> np.ndarray:
        self.begun[cpu].set()
        return np.zeros(budget_pages, np.int64)

    def wait(self) -> None:
        """Until all of them write."""
        for event in self.begun:
            assert event.wait(PATIENCE)
            event.clear()


@pytest.fixture
def ram() -> GuestRam:
    return GuestRam([RamBlock("small", 8 * PAGE_SIZE), RamBlock("pc.ram", PAGES * PAGE_SIZE)])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def threads_end() -> Iterator[None]:
    """No thread is left over."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before  # others may have ended meanwhile


def stepped(text: str, ram: GuestRam, clock: Clock, count: int = 1) -> VCpus:
    """vCPUs that run as far as they are taken, and are running."""
    cpus = VCpus(parse_workload(text), count, ram, clock, threads=False)
    cpus.start()
    return cpus


# --- with a clock of ours ---


def test_halted_at_first(ram: GuestRam, clock: Clock) -> None:
    cpus = VCpus(parse_workload("dirty"), 2, ram, clock, threads=False)
    assert not cpus.running
    cpus.step(clock.now + 1)
    assert cpus.written == 0
    assert cpus.count == 2


def test_the_rate(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=100", ram, clock)
    for step in range(1, 101):
        cpus.step(clock.now + step / 10)
        assert abs(cpus.written - step * 10) <= 1
    assert np.flatnonzero(ram.main.touched).tolist() == [*range(cpus.written)]
    assert not ram["small"].touched.any()


def test_a_slow_rate_adds_up(ram: GuestRam, clock: Clock) -> None:
    """Less than a page a step is not nothing."""
    cpus = stepped("rate=1", ram, clock)
    written = []
    for step in range(1, 21):
        cpus.step(clock.now + step * 0.25)
        written.append(cpus.written)
    assert written == [step // 4 for step in range(1, 21)]


def test_the_rate_is_that_of_all_together(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=100", ram, clock, count=4)
    cpus.step(clock.now + 1)
    assert cpus.written == 100


def test_many_pages_in_one_step(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=1000000", ram, clock)
    cpus.step(clock.now + 1)
    assert cpus.written == 1_000_000
    assert ram.main.pages.view(np.uint64)[:, 0].tolist() == [1000] * PAGES


def test_pages_are_marked(ram: GuestRam, clock: Clock) -> None:
    ram.start_logging()
    cpus = stepped("dirty", ram, clock)
    cpus.step(clock.now + 1 / 1024)
    assert ram.main.dirty.take().tolist() == [*range(125)]
    cpus.step(clock.now + 2 / 1024)
    assert ram.main.dirty.take().tolist() == [*range(122), 125, 126, 127]


def test_each_cpu_writes_words_of_its_own(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=2,hot=1", ram, clock, count=2)
    for second in (1, 2, 3):
        cpus.step(clock.now + second)
    assert ram.main.pages.view(np.uint64)[0, :3].tolist() == [3, 3, 0]


def test_time_that_stands_still_or_goes_back(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=100", ram, clock)
    cpus.step(clock.now + 1)
    cpus.step(clock.now + 1)
    cpus.step(clock.now)
    assert cpus.written == 100


def test_a_halted_cpu_misses_nothing_later(ram: GuestRam, clock: Clock) -> None:
    """The time of a halt is not made up for."""
    cpus = stepped("rate=100", ram, clock)
    cpus.step(clock.now + 1)
    cpus.stop()
    cpus.step(clock.now + 2)
    assert cpus.written == 100
    clock.now += 5
    cpus.start()
    cpus.step(clock.now)
    assert cpus.written == 100
    cpus.step(clock.now + 1)
    assert cpus.written == 200


def test_starting_twice_changes_nothing(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=100", ram, clock)
    clock.now += 1
    cpus.start()
    cpus.step(clock.now)
    assert cpus.written == 100


@pytest.mark.parametrize(("percent", "pages"), [(0, 1000), (20, 800), (99, 10)])
def test_the_throttle(ram: GuestRam, clock: Clock, percent: int, pages: int) -> None:
    cpus = stepped("rate=1000", ram, clock, count=2)
    cpus.throttle = percent
    assert cpus.throttle == percent
    cpus.step(clock.now + 1)
    assert abs(cpus.written - pages) <= 2
    cpus.throttle = 0
    cpus.step(clock.now + 2)
    assert abs(cpus.written - pages - 1000) <= 2


@pytest.mark.parametrize("percent", [-1, 100])
def test_no_such_throttle(ram: GuestRam, clock: Clock, percent: int) -> None:
    cpus = stepped("rate=1000", ram, clock)
    with pytest.raises(ValueError, match="from 0 to 99 percent"):
        cpus.throttle = percent
    assert cpus.throttle == 0


@pytest.mark.parametrize("count", [0, -1, MOST_CPUS + 1])
def test_a_wrong_number_of_cpus(ram: GuestRam, clock: Clock, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 255 vCPUs"):
        VCpus(parse_workload("idle"), count, ram, clock)


def test_the_most_cpus(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=25500", ram, clock, count=MOST_CPUS)
    cpus.step(clock.now + 1)
    assert cpus.written == 25500
    assert MOST_CPUS < WORDS


def test_a_workload_that_does_not_fit(ram: GuestRam, clock: Clock) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        VCpus(parse_workload("rate=1,hot=1001"), 1, ram, clock)


@pytest.mark.parametrize("seed", [0, 7])
def test_equal_seeds_make_equal_memories(clock: Clock, seed: int) -> None:
    digests = []
    for own in (seed, seed, 99):
        ram = GuestRam([RamBlock("pc.ram", PAGES * PAGE_SIZE)])
        cpus = stepped(f"rate=500,pattern=random,seed={own}", ram, clock, count=2)
        for step in range(5):
            cpus.step(clock.now + step)
        digests.append(ram.digests())
    assert digests[0] == digests[1] != digests[2]


def test_cpus_of_one_seed_do_different_things(ram: GuestRam, clock: Clock) -> None:
    cpus = stepped("rate=20,pattern=random", ram, clock, count=2)
    cpus.step(clock.now + 1)
    words = ram.main.pages.view(np.uint64)
    assert words[:, 0].tolist() != words[:, 1].tolist()


# --- in threads ---


@pytest.mark.usefixtures("threads_end")
def test_threads_are_not_stepped(ram: GuestRam, clock: Clock) -> None:
    with pytest.raises(RuntimeError, match="threads of their own"):
        VCpus(parse_workload("idle"), 1, ram, clock).step(1.0)


@pytest.mark.usefixtures("threads_end")
@pytest.mark.parametrize("count", [1, 3])
def test_threads_write_until_they_are_stopped(ram: GuestRam, count: int) -> None:
    workload = Endless()
    checked: Workload = workload
    cpus = VCpus(checked, count, ram, time.monotonic)
    for _ in range(3):
        cpus.start()
        cpus.start()
        assert cpus.running
        workload.wait()
        cpus.stop()
        cpus.stop()
        assert not cpus.running
        ram.start_logging()
        seen = cpus.written, ram.digests()
        assert seen == (cpus.written, ram.digests())
        assert ram.main.dirty.take().tolist() == []
        ram.stop_logging()
    assert cpus.written > 0
    words = ram.main.pages.view(np.uint64)[0, :count]
    assert words.all()


@pytest.mark.usefixtures("threads_end")
def test_no_write_of_a_thread_is_lost(ram: GuestRam) -> None:
    """Whoever copies what the log tells has all memory when the vCPUs have stopped."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    cpus = VCpus(parse_workload("rate=100000000,pattern=random"), 2, ram, time.monotonic)
    copy = RamBlock("copy", ram.main.size)

    def transfer() -> int:
        pages = ram.main.dirty.take()
        copy.load_pages(pages, ram.main.pages[pages])
        return len(pages)

    try:
        ram.start_logging()
        cpus.start()
        moved = 0
        while moved < 20 * PAGES:
            moved += transfer()
    finally:
        cpus.stop()
        sys.setswitchinterval(before)
    transfer()
    assert (copy.pages == ram.main.pages).all()


@pytest.mark.usefixtures("threads_end")
def test_idle_needs_no_thread(ram: GuestRam) -> None:
    cpus = VCpus(parse_workload("idle"), 4, ram, time.monotonic)
    before = set(threading.enumerate())
    cpus.start()
    assert cpus.running
    assert set(threading.enumerate()) <= before  # others may have ended meanwhile
    cpus.stop()


@pytest.mark.usefixtures("threads_end")
def test_a_thread_lets_go_what_it_missed(ram: GuestRam) -> None:
    """A clock that leaps makes no burst."""
    workload = parse_workload("rate=1000,hot=10")
    leaps = iter([0.0, 1000.0])
    cpus = VCpus(workload, 1, ram, lambda: next(leaps, 1000.0))
    ram.start_logging()
    cpus.start()
    while not cpus.written:
        ram.main.dirty.take()
    cpus.stop()
    assert 0 < cpus.written <= BATCH_PAGES


@pytest.mark.usefixtures("threads_end")
def test_a_host_without_threads(ram: GuestRam, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a thread cannot be started, those that were are stopped."""
    started = 0
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        nonlocal started
        if started == 2:
            raise RuntimeError("can't start new thread")
        started += 1
        original(thread)

    cpus = VCpus(parse_workload("dirty"), 3, ram, time.monotonic)
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="new thread"):
        cpus.start()
    assert not cpus.running
